"""The interface of every codec."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from ...utils.construct import from_known_fields
from .packed import Packed
from .quantisation import ValueType


class Codec(ABC):
    """Compresses clips and restores them.

    Subclasses are frozen dataclasses whose fields are the settings of the codec. They implement `encode`,
    `decode` and `sizes`, and may override `bytes_per_person` with a formula.
    """

    label: ClassVar[str] = ""
    """Name in figures. Default: the name in `CODECS`."""
    stores_last_frame: ClassVar[bool] = False
    """Whether the last frame is always stored; `comparison` then stores it in the uniform codec too."""

    dtype: ValueType = "float32"
    """Number type of the stored values."""

    @abstractmethod
    def encode(self, x: Tensor) -> Packed:
        """Compress clips x [N, C, T, V, M], in metres.

        The result shares no memory with x and keeps no gradient.

        Raises:
            ValueError: x does not have 5 axes.
        """

    @abstractmethod
    def decode(self, packed: Packed, frames: int | None = None) -> Tensor:
        """Restore clips as float32 [N, C, frames, V, M]; the frames are evenly spaced over the clip.

        Default: all T frames.

        Raises:
            ValueError: `frames` is below 1.
        """

    @classmethod
    @abstractmethod
    def sizes(cls, frames: int, dtype: ValueType) -> Iterator[Self]:
        """All sizes of this codec for clips of `frames` frames, from most bytes to fewest."""

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """The codec that takes its fields from the settings of the same names; other fields keep their
        defaults.

        Raises:
            ValueError: the settings ask for a number type that this codec cannot store.
        """
        codec = from_known_fields(cls, settings)
        check_dtype(codec, settings.get("dtype", codec.dtype))
        return codec

    def bytes_per_person(self, frames: int, joints: int) -> int:
        """Bytes for one person present in all frames of one clip, including the presence flag."""
        return self.encode(torch.ones(1, 3, frames, joints, 1)).nbytes


def check_dtype(codec: Codec, dtype: ValueType) -> None:
    """Raise ValueError if a codec stores numbers of another type than the one asked for."""
    if codec.dtype != dtype:
        raise ValueError(
            f"{type(codec).__name__} stores {codec.dtype} values; dtype={dtype!r} is not possible"
        )
