"""A codec that stores every s-th frame and interpolates between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from .codec import Codec
from .packed import Packed, check_choice, check_whole, frame_times
from .persons import from_tracks, interpolate, person_tracks, positions_among
from .quantisation import DTYPES, ValueType, quantise, stored_bytes


@dataclass(frozen=True)
class Uniform(Codec):
    """Every `interval`-th frame, restored by linear interpolation. (CHARON, section on compression.)

    Args:
        interval: s; frames 0, s, 2s, … are stored.
        restore: "indexed" restores each stored frame at its own time. "half_pixel" is the resize of the
            published code.
        endpoint: store the last frame too; without it the frames after the last stored one repeat it.
        dtype: number type of the stored values; int8 has a scale and an offset per clip, person and axis.

    Raises:
        ValueError: a setting outside its range.

    Differs from the authors: their half-pixel reconstruction spreads the stored frames evenly over the clip,
    which shifts it by (s - 1) / 2 frames. It is included for comparison; the default is "indexed".

    >>> ramp = torch.arange(1.0, 8.0).reshape(1, 1, 7, 1, 1).expand(1, 3, 7, 25, 1)
    >>> codec = Uniform(interval=3)
    >>> codec.decode(codec.encode(ramp))[0, 0, :, 0, 0].tolist()
    [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    """

    interval: int = 5
    restore: Literal["indexed", "half_pixel"] = "indexed"
    endpoint: bool = False
    dtype: ValueType = "float32"

    def __post_init__(self) -> None:
        check_whole(self, "interval")
        check_choice(self, "restore", ("indexed", "half_pixel"))
        check_choice(self, "dtype", DTYPES)

    @classmethod
    def sizes(cls, frames: int, dtype: ValueType) -> Iterator[Uniform]:
        return (cls(interval, dtype=dtype) for interval in range(1, frames + 1))

    def stored_frames(self, frames: int, device: torch.device | str | None = None) -> Tensor:
        """Indices of the stored frames of a clip of `frames` frames, Long[K]."""
        index = torch.arange(0, frames, self.interval, device=device)
        if self.endpoint and (frames - 1) % self.interval:
            return torch.cat([index, torch.full((1,), frames - 1, device=device)])
        return index

    def encode(self, x: Tensor) -> Packed:
        tracks = person_tracks(x)
        stored = tracks.frames(self.stored_frames(x.shape[2], x.device))  # [P, K, V, C]
        return Packed(
            **quantise(stored, self.dtype, over=(1, 2)),
            presence=tracks.presence,
            frames=x.shape[2],
            gaps=tracks.gaps,
        )

    def decode(self, packed: Packed, frames: int | None = None) -> Tensor:
        stored = self.stored_frames(packed.frames, packed.values.device)
        times = frame_times(packed, frames)
        if self.restore == "half_pixel":
            positions = (times + 0.5) * (len(stored) / packed.frames) - 0.5
        else:
            positions = positions_among(stored[None], times)[0]
        return from_tracks(interpolate(packed.float_values, positions.expand(len(packed.values), -1)), packed)

    def bytes_per_person(self, frames: int, joints: int) -> int:
        count = len(self.stored_frames(frames))
        return stored_bytes(count * joints * 3, self.dtype, scales=3) + 1
