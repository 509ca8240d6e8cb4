"""Pre-trained encoders, the result of `pretrain`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ..models import STGCN, parameters
from ..models.persons import Tracks, tracks
from ..ops.motion import as_stream
from ..skeletons.skeleton import Skeleton
from .presets import Settings


@dataclass
class Pretrained:
    """Encoders that were trained without labels.

    Attributes:
        method: name of the objective, in `OBJECTIVES`.
        settings: of the training.
        skeleton: of the clips.
        encoders: one; two (f and g) for ASMa; more after `concatenate_encoders`.
        losses: mean loss of each epoch.
        ranks: effective rank of the features of some clips after each epoch.
        knn: leave-one-out k-NN accuracy on training clips with the first weights and with the last, if the
            clips have labels of several classes; labels are used for nothing else.
        head: number of parameters that were trained besides the encoders and discarded; 0 for "scratch".
        seconds: training time.
        streams: input of each encoder. Default: that of the settings for all.
    """

    method: str
    settings: Settings
    skeleton: Skeleton
    encoders: list[STGCN]
    losses: list[float] = field(default_factory=list)
    ranks: list[float] = field(default_factory=list)
    knn: tuple[float, float] | None = None
    head: int = 0
    seconds: float = 0.0
    streams: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.streams = self.streams or (self.settings.stream,) * len(self.encoders)

    def tokens(self, x: Tensor, hidden: Tensor | None = None) -> list[Tensor]:
        """Tokens [N, T', D] of each encoder; see `encoder_tokens`."""
        return encoder_tokens(self.encoders, self.streams, x, hidden)

    def features(self, x: Tensor, hidden: Tensor | None = None) -> Tensor:
        """Concatenated features of all encoders, [N, sum D]; arguments as in `encoder_tokens`."""
        return torch.cat([tokens.mean(1) for tokens in self.tokens(x, hidden)], 1)

    @property
    def parameters(self) -> int:
        """Number of parameters of all encoders."""
        return sum(parameters(encoder) for encoder in self.encoders)

    def __repr__(self) -> str:
        streams = ", ".join(dict.fromkeys(self.streams))
        trained = f", {len(self.losses)} epochs, loss {self.losses[-1]:.2f}" if self.losses else ""
        cost = f"{self.parameters:,} parameters{trained}, {self.seconds:.0f} s"
        return f"Pretrained({self.method}, {streams}: {cost})"


def encoder_tokens(
    encoders: Iterable[STGCN], streams: Sequence[str], x: Tensor, hidden: Tensor | None = None
) -> list[Tensor]:
    """Tokens [N, T', D] of each encoder, one for a stretch of frames.

    Args:
        streams: input of each encoder, of `motion.STREAMS`.
        x: centred clips [N, 3, T, V, M] in metres.
        hidden: joints to remove, bool[V].
    """
    read: dict[str, tuple[Tensor, Tracks]] = {}  # by stream: encoders of the same stream share the tracks
    tokens = []
    for encoder, stream in zip(encoders, streams, strict=True):
        if stream not in read:
            clips = encoder.check(as_stream(x, encoder.skeleton, stream))
            read[stream] = clips, tracks(clips)
        clips, people = read[stream]
        tokens.append(encoder.tokens(clips, hidden, people=people))
    return tokens


def concatenate_encoders(*several: Pretrained) -> Pretrained:
    """The encoders of several trainings as one, such as of joint, bone and motion. (ASMa, three streams.)

    Raises:
        ValueError: No trainings, or trainings that differ in skeleton, size or frames.

    >>> from skelkit import load, selfsup
    >>> clips = load("synthetic", clips=24, classes=["wave", "hug"])
    >>> options = {"preset": "smoke", "epochs": 1}
    >>> joint = selfsup.pretrain("asma", clips, **options)
    >>> bone = selfsup.pretrain("asma", clips, stream="bone", **options)
    >>> concatenate_encoders(joint, bone).streams
    ('joint', 'joint', 'bone', 'bone')
    """
    kinds = dict.fromkeys((p.skeleton, p.settings.size, p.settings.frames) for p in several)
    if len(kinds) != 1:
        found = (
            ", ".join(f"{skeleton.name} {size} with {frames} frames" for skeleton, size, frames in kinds)
            or "none"
        )
        raise ValueError(
            "encoders can only be combined if they have the same skeleton, size and number of frames; "
            f"found: {found}"
        )
    return Pretrained(
        " + ".join(dict.fromkeys(p.method for p in several)),
        several[0].settings,
        several[0].skeleton,
        [encoder for p in several for encoder in p.encoders],
        head=sum(p.head for p in several),
        seconds=sum(p.seconds for p in several),
        streams=tuple(stream for p in several for stream in p.streams),
    )
