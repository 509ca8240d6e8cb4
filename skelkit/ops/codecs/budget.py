"""Bytes per person, and codecs of equal size."""

from __future__ import annotations

from typing import TypeVar

from .codec import Codec, check_dtype
from .quantisation import ValueType

C = TypeVar("C", bound=Codec)


def bytes_per_person(codec: Codec, frames: int, joints: int) -> int:
    """Bytes for one person present in all frames of one clip, including the presence flag.

    >>> from skelkit import codecs
    >>> bytes_per_person(codecs.Uniform(interval=5), 120, 25)  # 24 frames x 25 joints x 3 axes x 4 bytes + 1
    7201
    """
    return codec.bytes_per_person(frames, joints)


def at_equal_bytes(
    kind: type[C], codec: Codec, frames: int, joints: int, dtype: ValueType | None = None
) -> C:
    """The largest codec of class `kind` that needs at most as many bytes per person as `codec`.

    Args:
        kind: a codec class.
        codec: sets the budget.
        frames, joints: T and V of the clips.
        dtype: number type of the stored values. Default: that of `codec`.

    Raises:
        ValueError: even the smallest codec of this class needs more bytes, or it cannot store this type.

    >>> from skelkit import codecs
    >>> at_equal_bytes(codecs.Adaptive, codecs.Uniform(interval=5), 120, 25)  # 24 frames cost too much
    Adaptive(keyframes=23, dtype='float32')
    """
    budget, dtype = codec.bytes_per_person(frames, joints), dtype or codec.dtype
    for candidate in kind.sizes(frames, dtype):
        check_dtype(candidate, dtype)
        if candidate.bytes_per_person(frames, joints) <= budget:
            return candidate
    raise ValueError(
        f"no {kind.__name__} codec of {dtype} values fits in {budget} bytes ({codec}); "
        "give more bytes or smaller values, or let `sizes` yield smaller codecs"
    )
