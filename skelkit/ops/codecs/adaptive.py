"""A codec that stores the k frames of each clip from which it is restored best."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from .codec import Codec
from .keyframes import keyframes
from .packed import Packed, check_choice, check_whole, frame_times
from .persons import from_tracks, interpolate, person_tracks, positions_among
from .quantisation import DTYPES, ValueType, quantise, stored_bytes


@dataclass(frozen=True)
class Adaptive(Codec):
    """The k frames of each clip with the least reconstruction error: dense in motion, sparse in rest.

    The frames are optimal: dynamic programming minimises the squared error of linear interpolation. The first
    and the last frame are always stored. The frame numbers are stored with the clip, and their bytes are
    counted.

    Args:
        keyframes: k, at least 2 (a clip of one frame stores that frame).
        dtype: number type of the stored values, as in `Uniform`.

    Raises:
        ValueError: a setting outside its range.
    """

    label = "adaptive keyframes"
    stores_last_frame = True

    keyframes: int = 24
    dtype: ValueType = "float32"

    def __post_init__(self) -> None:
        check_whole(self, "keyframes", least=2)
        check_choice(self, "dtype", DTYPES)

    @classmethod
    def sizes(cls, frames: int, dtype: ValueType) -> Iterator[Adaptive]:
        return (cls(count, dtype) for count in range(frames, 1, -1))

    def encode(self, x: Tensor) -> Packed:
        tracks = person_tracks(x)
        poses = tracks.frames()  # [P, T, V, C]
        index = keyframes(poses, min(self.keyframes, x.shape[2]))  # [P, K]
        stored = poses.gather(1, index[:, :, None, None].expand(-1, -1, *poses.shape[2:]))
        return Packed(
            **quantise(stored, self.dtype, over=(1, 2)),
            presence=tracks.presence,
            frames=x.shape[2],
            index=index.to(_index_type(x.shape[2])),
            gaps=tracks.gaps,
        )

    def decode(self, packed: Packed, frames: int | None = None) -> Tensor:
        assert packed.index is not None
        positions = positions_among(packed.index.long(), frame_times(packed, frames))
        return from_tracks(interpolate(packed.float_values, positions), packed)

    def bytes_per_person(self, frames: int, joints: int) -> int:
        count = min(self.keyframes, frames)
        return (
            stored_bytes(count * joints * 3, self.dtype, scales=3) + count * _index_type(frames).itemsize + 1
        )


def _index_type(frames: int) -> torch.dtype:
    return torch.uint8 if frames <= 256 else torch.int32
