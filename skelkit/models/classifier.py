"""What is deployed: an encoder, the layer that names the action, and all that has to be known to feed them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

from ..ops import motion
from ..skeletons.skeleton import Skeleton
from ..utils import checkpoint
from ..utils.files import write_atomic
from ..utils.validation import one_of
from .stgcn import STGCN, GraphSize

FORMAT = "skelkit-classifier-1"

_PLAIN = ("classes", "frames", "fps", "seconds", "stream")


class Classifier(nn.Module):
    """Centred clips [N, 3, T, V, M] in metres -> logits [N, classes].

    Args:
        encoder: its `features` are read.
        head: from features to logits; None takes the encoder's own classifier.
        classes: names of the actions.
        frames: T, which every clip is resized to.
        fps, seconds: of the recordings, and how long one typically is.
        stream: of `motion.STREAMS`; what the encoder was trained on.

    Raises:
        ValueError: no head, or one for other features or another number of classes; an unknown stream; no frames or no seconds.

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
        self.encoder, self.head = encoder, head
        self.classes, self.frames, self.fps, self.seconds, self.stream = (
            tuple(classes),
            int(frames),
            float(fps),
            float(seconds),
            stream,
        )
        if self.output_layer is None:
            raise ValueError(
                "an encoder without a classifier needs head=nn.Linear(encoder.width, number of classes)"
            )
        if (found := (self.output_layer.in_features, self.output_layer.out_features)) != (
            expected := (encoder.width, len(self.classes))
        ):
            raise ValueError(
                f"the head maps {found[0]} features to {found[1]} classes, expected {expected[0]} to {expected[1]}"
            )
        one_of(stream, motion.STREAMS, "stream")
        if not (self.frames >= 1 and self.fps > 0 and self.seconds > 0):
            raise ValueError(f"frames={frames}, fps={fps}, seconds={seconds}: all three must be positive")

    @property
    def output_layer(self) -> nn.Linear | None:
        """The layer that gives the logits."""
        return self.encoder.classifier if self.head is None else self.head

    @property
    def skeleton(self) -> Skeleton:
        return self.encoder.skeleton

    def stream_input(self, x: Tensor) -> Tensor:
        """The stream of centred clips that the encoder sees, [N, 3, T, V, M]."""
        return motion.as_stream(motion.check_batch(x, self.skeleton), self.skeleton, self.stream)

    def forward(self, x: Tensor) -> Tensor:
        """Logits [N, classes] of clips [N, 3, T, V, M] that `motion.centre` has centred."""
        return self.output_layer(self.encoder.features(self.stream_input(x)))

    def save(self, path: str | Path) -> Path:
        """Write one safetensors file; complete under its name or not at all."""
        if not isinstance(self.encoder, STGCN):
            raise TypeError(
                f"a {type(self.encoder).__name__} cannot be saved as a classifier yet; the encoder must be an STGCN"
            )
        tensors = {name: v.detach().cpu().contiguous() for name, v in self.state_dict().items()}
        own = self.encoder.classifier
        about = {name: getattr(self, name) for name in _PLAIN} | {
            "skeleton": self.skeleton.to_dict(),
            "size": asdict(self.encoder.size),
            "channels": self.encoder.channels,
            "own": own.out_features if own is not None else 0,
            "head": self.head is not None,
        }
        return write_atomic(path, checkpoint.seal(FORMAT, json.dumps(about), tensors))

    @classmethod
    def load(cls, path: str | Path) -> Classifier:
        """Read what `save` wrote, in evaluation mode, on the CPU.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: it is no such file, of another version, cut off or damaged.
        """
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such file")
        try:
            tree, tensors = checkpoint.unseal(path, FORMAT, "classifier")
        except checkpoint.DamagedFile as damage:
            raise ValueError(f"{damage}; copy it again, or write it again with Classifier.save") from None
        about = json.loads(tree)
        size = GraphSize(
            **{**about["size"], "blocks": tuple(tuple(block) for block in about["size"]["blocks"])}
        )
        encoder = STGCN(
            Skeleton.from_dict(about["skeleton"]),
            size,
            torch.Generator().manual_seed(0),
            about["own"],
            about["channels"],
        )
        head = nn.utils.skip_init(nn.Linear, encoder.width, len(about["classes"])) if about["head"] else None
        model = cls(encoder, head, **{name: about[name] for name in _PLAIN})
        model.load_state_dict(tensors)
        return model.eval()
