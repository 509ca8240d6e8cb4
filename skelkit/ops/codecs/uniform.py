"""A codec that keeps every s-th frame and interpolates between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from .packed import (
    Packed,
    check_choice,
    check_whole,
    frame_times,
    from_tracks,
    interpolate,
    person_tracks,
    positions_among,
)
from .quantisation import DTYPES, ValueType, quantise


@dataclass(frozen=True)
class Uniform:
    """Every `interval`-th frame, restored by linear interpolation. (CHARON, section on compression.)

    Args:
        interval: s; frames 0, s, 2s, … are kept.
        restore: "indexed" puts each kept frame back at its own time. "half_pixel" is the resize of the published code.
        endpoint: keep the last frame too; without it the frames after the last kept one repeat it.
        dtype: of the stored values; int8 has a scale and an offset per clip, person and axis.

    Differs from the authors: their half-pixel restore spreads the kept frames evenly over the clip and so shifts it by
    (s - 1) / 2 frames; it is here to be looked at, "indexed" is the default.

    >>> ramp = torch.arange(1.0, 8.0).reshape(1, 1, 7, 1, 1).expand(1, 3, 7, 25, 1)
    >>> codec = Uniform(interval=3)
    >>> codec.decode(codec.encode(ramp))[0, 0, :, 0, 0].tolist()
    [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    """

    interval: int = 5
    restore: Literal["indexed", "half_pixel"] = "indexed"
    endpoint: bool = False
    dtype: ValueType = "float32"

    def __post_init__(self):
        check_whole(self, "interval")
        check_choice(self, "restore", ("indexed", "half_pixel"))
        check_choice(self, "dtype", DTYPES)

    def kept(self, frames: int, device=None) -> Tensor:
        """Which of `frames` frames are stored, Long[K]."""
        kept = torch.arange(0, frames, self.interval, device=device)
        return (
            torch.cat([kept, kept.new_tensor([frames - 1])])
            if self.endpoint and kept[-1] < frames - 1
            else kept
        )

    def encode(self, x: Tensor) -> Packed:
        """Clips [N, C, T, V, M] as they would be stored."""
        tracks, who, gaps = person_tracks(x)
        return Packed(
            **quantise(tracks(self.kept(x.shape[2], x.device)), self.dtype, over=(1, 2)),
            who=who,
            frames=x.shape[2],
            gaps=gaps,
        )

    def decode(self, packed: Packed, frames: int | None = None) -> Tensor:
        """The clips again, float32 [N, C, T, V, M]; with `frames`, that many evenly over the clip."""
        kept = self.kept(packed.frames, packed.values.device)
        times = frame_times(packed, frames)
        if self.restore == "half_pixel":
            positions = (times + 0.5) * (len(kept) / packed.frames) - 0.5
        else:
            positions = positions_among(kept[None], times)[0]
        return from_tracks(interpolate(packed.float_values, positions.expand(len(packed.values), -1)), packed)
