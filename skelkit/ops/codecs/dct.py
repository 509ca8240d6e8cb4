"""A codec that stores the lowest cosine coefficients of each coordinate over time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ...utils.precision import in_float32
from .codec import Codec
from .packed import Packed, check_choice, check_whole, frame_times
from .persons import from_tracks, person_tracks
from .quantisation import DTYPES, ValueType, quantise, stored_bytes


@dataclass(frozen=True)
class DCT(Codec):
    """The lowest `coefficients` of the discrete cosine transform (DCT-II) of each coordinate over time.

    It needs the fewest bytes for smooth motion, and rings where the motion is abrupt.

    Args:
        coefficients: K; a clip of fewer frames stores one per frame.
        dtype: number type of the stored coefficients; int8 has a scale and an offset per clip, person and
            coefficient.

    Raises:
        ValueError: a setting outside its range.
    """

    label = "cosine transform"

    coefficients: int = 24
    dtype: ValueType = "float32"

    def __post_init__(self) -> None:
        check_whole(self, "coefficients")
        check_choice(self, "dtype", DTYPES)

    @classmethod
    def sizes(cls, frames: int, dtype: ValueType) -> Iterator[DCT]:
        return (cls(count, dtype) for count in range(frames, 0, -1))

    @in_float32
    def encode(self, x: Tensor) -> Packed:
        tracks = person_tracks(x)
        poses = tracks.frames().float()  # [P, T, V, C]
        frames = torch.arange(x.shape[2], device=x.device, dtype=torch.float64)
        basis = cosines(frames, x.shape[2], self.coefficients)  # [T, K]
        values = (basis.T @ poses.flatten(2)).unflatten(2, poses.shape[2:])  # [P, K, V, C]
        return Packed(
            **quantise(values, self.dtype, over=(2, 3)),
            presence=tracks.presence,
            frames=x.shape[2],
            gaps=tracks.gaps,
        )

    @in_float32
    def decode(self, packed: Packed, frames: int | None = None) -> Tensor:
        basis = cosines(frame_times(packed, frames), packed.frames, packed.values.shape[1])
        values = packed.float_values
        return from_tracks((basis @ values.flatten(2)).unflatten(2, values.shape[2:]), packed)

    def bytes_per_person(self, frames: int, joints: int) -> int:
        count = min(self.coefficients, frames)
        return stored_bytes(count * joints * 3, self.dtype, scales=count) + 1


def cosines(times: Tensor, frames: int, count: int) -> Tensor:
    """Orthonormal DCT-II basis functions at any times, float32 [len(times), min(count, frames)].

    Args:
        times: float64, in frames.
        frames: T, the length of the transform.
        count: K, the number of basis functions.
    """
    order = torch.arange(min(count, frames), device=times.device, dtype=torch.float64)
    scale = torch.where(order == 0, 1.0, 2.0).div(frames).sqrt()
    return (scale * torch.cos(torch.pi / frames * (times[:, None] + 0.5) * order)).float()
