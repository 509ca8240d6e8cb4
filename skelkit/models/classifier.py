"""A classifier to deploy: an encoder, its last layer, and the metadata that its inputs depend on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..ops import motion
from ..skeletons.skeleton import Skeleton
from ..utils import checkpoint
from ..utils.files import write_atomic
from ..utils.validation import MALFORMED, one_of, reason
from .stgcn import STGCN, GraphSize

FORMAT = "skelkit-classifier-1"

_METADATA = ("classes", "frames", "fps", "seconds", "stream")
"""Attributes that are stored as plain values."""


class Classifier(nn.Module):
    """Centred clips [N, 3, T, V, M] in metres -> class logits [N, classes].

    Args:
        encoder: its `features` are the input of the last layer.
        head: last layer, from features to logits. None: the classifier of the encoder.
        classes: names of the actions.
        frames: T, to which every clip is resized.
        fps: frames per second of the recordings.
        seconds: typical length of a clip.
        stream: a name in `motion.STREAMS`; the stream on which the encoder was trained.

    Raises:
        ValueError: no last layer, or one for another number of features or classes; an unknown stream;
            frames, fps or seconds that are not positive.

    >>> from skelkit.skeletons import NTU25
    >>> encoder = STGCN(NTU25, "student", torch.Generator().manual_seed(0), classes=2)
    >>> model = Classifier(encoder, None, ["wave", "walk"], frames=64, fps=30, seconds=2.5)
    >>> model(torch.rand(4, 3, 64, 25, 2)).shape
    torch.Size([4, 2])
    """

    def __init__(
        self,
        encoder: STGCN,
        head: nn.Linear | None,
        classes: Sequence[str],
        frames: int,
        fps: float,
        seconds: float,
        stream: str = "joint",
    ):
        super().__init__()
        last = encoder.classifier if head is None else head
        if last is None:
            raise ValueError(
                "an encoder without a classifier needs head=nn.Linear(encoder.width, number of classes)"
            )
        found, expected = (last.in_features, last.out_features), (encoder.width, len(classes))
        if found != expected:
            raise ValueError(
                f"the head maps {found[0]} features to {found[1]} classes, "
                f"expected {expected[0]} to {expected[1]}"
            )
        one_of(stream, motion.STREAMS, "stream")
        if not (int(frames) >= 1 and fps > 0 and seconds > 0):
            raise ValueError(f"frames={frames}, fps={fps}, seconds={seconds}: all three must be positive")
        self.encoder, self.head = encoder, head
        self.classes, self.stream = tuple(classes), stream
        self.frames, self.fps, self.seconds = int(frames), float(fps), float(seconds)

    @property
    def output_layer(self) -> nn.Linear:
        """The layer that gives the logits."""
        layer = self.encoder.classifier if self.head is None else self.head
        assert layer is not None
        return layer

    @property
    def skeleton(self) -> Skeleton:
        """The skeleton of the encoder."""
        return self.encoder.skeleton

    def stream_input(self, x: Tensor) -> Tensor:
        """The input of the encoder, [N, 3, T, V, M]: joints, bones or motion of centred clips x.

        Raises:
            ValueError: x does not have 5 axes, or the joints of the skeleton.
        """
        return motion.as_stream(motion.check_batch(x, self.skeleton), self.skeleton, self.stream)

    def forward(self, x: Tensor) -> Tensor:
        """Class logits [N, classes] of clips [N, 3, T, V, M], centred by `motion.centre`."""
        return self.output_layer(self.encoder.features(self.stream_input(x)))

    def save(self, path: str | Path) -> Path:
        """Write one safetensors file, complete or not at all.

        Raises:
            TypeError: the encoder is not an `STGCN`.
        """
        if not isinstance(self.encoder, STGCN):
            raise TypeError(
                f"a {type(self.encoder).__name__} cannot be saved as a classifier yet; "
                "the encoder must be an STGCN"
            )
        tensors = {name: v.detach().cpu().contiguous() for name, v in self.state_dict().items()}
        own = self.encoder.classifier
        about = {name: getattr(self, name) for name in _METADATA} | {
            "skeleton": self.skeleton.to_dict(),
            "size": asdict(self.encoder.size),
            "channels": self.encoder.channels,
            "own": own.out_features if own is not None else 0,
            "head": self.head is not None,
        }
        return write_atomic(path, checkpoint.seal(FORMAT, json.dumps(about), tensors))

    @classmethod
    def load(cls, path: str | Path) -> Classifier:
        """Read a file that `save` wrote. The classifier is on the CPU, in evaluation mode.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: the file has another format or version, or is damaged.
        """
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such file")
        try:
            tree, tensors = checkpoint.unseal(path, FORMAT, "classifier")
        except checkpoint.DamagedFile as damage:
            raise ValueError(f"{damage}; copy it again, or write it again with Classifier.save") from None
        try:
            return cls._restored(json.loads(tree), tensors)
        except MALFORMED as error:
            raise ValueError(
                f"{path}: whole, but not what Classifier.save writes ({reason(error)}); write it again"
            ) from None

    @classmethod
    def _restored(cls, about: dict[str, Any], tensors: dict[str, Tensor]) -> Classifier:
        """The classifier of these fields and weights. Raises any of `MALFORMED` if they are no such."""
        stored = sum(v.numel() for v in tensors.values())
        needed = about["own"] + len(about["skeleton"]["joints"])
        size = size_within(about["size"], about["channels"], stored - needed)
        skeleton = Skeleton.from_dict(about["skeleton"])
        generator = torch.Generator().manual_seed(0)
        encoder = STGCN(skeleton, size, generator, about["own"], about["channels"])
        head = nn.utils.skip_init(nn.Linear, encoder.width, len(about["classes"])) if about["head"] else None
        model = cls(encoder, head, **{name: about[name] for name in _METADATA})
        model.load_state_dict(tensors)
        return model.eval()


def size_within(stored: dict[str, Any], channels: int, room: int) -> GraphSize:
    """The size of a graph network as a file describes it, before anything of that size is made.

    Args:
        stored: fields of the size.
        channels: of the input.
        room: number of weights that the file holds for the blocks.

    Raises:
        ValueError: blocks without channels, or far larger than the file.
    """
    blocks = tuple((int(width), int(stride)) for width, stride in stored["blocks"])
    size = GraphSize(**stored | {"blocks": blocks})
    needed, inside = 0, channels
    for width, stride in blocks:
        needed, inside = needed + 3 * inside * width + width**2 * size.kernel, width
        if min(width, stride, inside, size.kernel) < 1:
            raise ValueError("a block without channels")
    if needed > room + 10_000:
        raise ValueError(f"blocks of {needed:,} weights, but {room:,} are stored")
    return size
