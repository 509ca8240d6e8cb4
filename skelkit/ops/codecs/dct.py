"""A codec that keeps the lowest cosine coefficients over time."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .packed import Packed, check_choice, check_whole, frame_times, from_tracks, person_tracks, steps
from .quantisation import DTYPES, ValueType, quantise


@dataclass(frozen=True)
class DCT:
    """The lowest `coefficients` of each coordinate's cosine transform over time (DCT-II).

    On smooth motion this needs the fewest bytes; it rings where motion is abrupt.

    Args:
        coefficients: K; a clip of fewer frames keeps one per frame.
        dtype: of the stored coefficients; int8 has a scale and an offset per clip, person and coefficient.
    """

    coefficients: int = 24
    dtype: ValueType = "float32"

    def __post_init__(self):
        check_whole(self, "coefficients")
        check_choice(self, "dtype", DTYPES)

    def encode(self, x: Tensor) -> Packed:
        """Clips [N, C, T, V, M] as they would be stored."""
        tracks, who, gaps = person_tracks(x)
        every = tracks().float()  # [P, T, V, C]
        basis = cosines(steps(x.shape[2], x.device), x.shape[2], self.coefficients)
        values = (basis.T @ every.flatten(2)).unflatten(2, every.shape[2:])
        return Packed(**quantise(values, self.dtype, over=(2, 3)), who=who, frames=x.shape[2], gaps=gaps)

    def decode(self, packed: Packed, frames: int | None = None) -> Tensor:
        """The clips again, float32 [N, C, T, V, M]; with `frames`, that many evenly over the clip."""
        basis = cosines(frame_times(packed, frames), packed.frames, packed.values.shape[1])
        return from_tracks(
            (basis @ packed.float_values.flatten(2)).unflatten(2, packed.values.shape[2:]), packed
        )


def cosines(times: Tensor, frames: int, count: int) -> Tensor:
    """Orthonormal DCT-II basis of `frames` frames at any times, float32 [len(times), min(count, frames)]."""
    order = steps(min(count, frames), times.device)
    scale = torch.where(order == 0, 1.0, 2.0).div(frames).sqrt()
    return (scale * torch.cos(torch.pi / frames * (times[:, None] + 0.5) * order)).float()
