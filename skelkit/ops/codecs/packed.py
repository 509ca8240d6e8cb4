"""The compressed form of a batch, and checks of the settings of a codec."""

from __future__ import annotations

import numbers
from collections.abc import Iterable
from dataclasses import dataclass, fields

from torch import Tensor

from .. import motion


@dataclass(frozen=True)
class Packed:
    """A batch of compressed clips, exactly as it is stored.

    A track is one person in one clip; a person who is absent from all frames has no track.

    Attributes:
        values: [P, K, V, C], one row per track: stored frames, or cosine coefficients.
        presence: uint8[N, M], 0: absent, 1: present in all frames, 2: absent in some frames. The tracks are
            those with a nonzero flag, in this order.
        frames: T, the number of frames before compression.
        scale, offset: float32, only for int8 values: value = stored * scale + offset.
        index: [P, K], numbers of the stored frames, only where they differ between tracks.
        gaps: uint8[G, ceil(T / 8)], for each track with flag 2 one bit per frame, set where the person is
            absent. Rows beyond their number are not read.
    """

    values: Tensor
    presence: Tensor
    frames: int
    scale: Tensor | None = None
    offset: Tensor | None = None
    index: Tensor | None = None
    gaps: Tensor | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of everything stored: values, scales, frame numbers, presence."""
        stored = (getattr(self, field.name) for field in fields(self))
        return sum(v.numel() * v.element_size() for v in stored if isinstance(v, Tensor))

    @property
    def float_values(self) -> Tensor:
        """The values, dequantised: float32 [P, K, V, C]."""
        values = self.values.float()
        if self.scale is None or self.offset is None:
            return values
        return values * self.scale + self.offset


def frame_times(packed: Packed, frames: int | None) -> Tensor:
    """Times to restore, in frames, float64 [frames]: evenly spaced over the clip. Default: all T frames.

    Raises:
        ValueError: `frames` is below 1.
    """
    if frames is not None and frames < 1:
        raise ValueError(f"decode(frames={frames}): expected at least one frame")
    return motion.spread(0, packed.frames - 1, frames or packed.frames, packed.values.device)


def check_whole(codec: object, name: str, least: int = 1) -> None:
    """Raise ValueError unless this setting of the codec is a whole number of at least `least`."""
    value = getattr(codec, name)
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise ValueError(
            f"{type(codec).__name__}({name}={value!r}): expected a whole number, at least {least}"
        )


def check_choice(codec: object, name: str, known: Iterable[str]) -> None:
    """Raise ValueError unless this setting of the codec is a known choice."""
    value, known = getattr(codec, name), list(known)
    if value not in known:
        raise ValueError(f"{type(codec).__name__}({name}={value!r}): expected one of {', '.join(known)}")
