"""A codec that keeps the k frames of each clip that restore it best."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .keyframes import keyframes
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
class Adaptive:
    """The k frames of each clip that restore it best: dense where it moves, sparse where it rests.

    The frames are found exactly, by dynamic programming over the squared error of every possible gap; first and last
    frame are always kept. Which frames were kept is stored with the clip and counted.

    Args:
        keyframes: k, at least 2 (a clip of one frame keeps that one).
        dtype: as in `Uniform`.
    """

    keyframes: int = 24
    dtype: ValueType = "float32"

    def __post_init__(self):
        check_whole(self, "keyframes", least=2)
        check_choice(self, "dtype", DTYPES)

    def encode(self, x: Tensor) -> Packed:
        """Clips [N, C, T, V, M] as they would be stored."""
        tracks, who, gaps = person_tracks(x)
        every = tracks()  # [P, T, V, C]
        index = keyframes(every, min(self.keyframes, x.shape[2]))
        kept = every.gather(1, index[:, :, None, None].expand(-1, -1, *every.shape[2:]))
        small = index.to(torch.uint8 if x.shape[2] <= 256 else torch.int32)
        return Packed(
            **quantise(kept, self.dtype, over=(1, 2)), who=who, frames=x.shape[2], index=small, gaps=gaps
        )

    def decode(self, packed: Packed, frames: int | None = None) -> Tensor:
        """The clips again, float32 [N, C, T, V, M]; with `frames`, that many evenly over the clip."""
        positions = positions_among(packed.index.long(), frame_times(packed, frames))
        return from_tracks(interpolate(packed.float_values, positions), packed)
