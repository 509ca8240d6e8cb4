"""Bytes that a codec needs per person, and codecs at equal bytes."""

from __future__ import annotations

from .adaptive import Adaptive
from .dct import DCT
from .quantisation import DTYPES, ValueType
from .uniform import Uniform

Codec = Uniform | Adaptive | DCT

BY_NAME: dict[str, type] = {"uniform": Uniform, "adaptive": Adaptive, "dct": DCT}


def bytes_per_person(codec: Codec, frames: int, joints: int) -> int:
    """Bytes that one person present in every frame of one clip takes, presence flag included.

    >>> bytes_per_person(Uniform(interval=5), 120, 25)  # 24 frames x 25 joints x 3 axes x 4 bytes, and the flag
    7201
    """
    match codec:
        case Uniform():
            count, steps, index = len(codec.kept(frames)), 3, 0
        case Adaptive():
            count, steps, index = min(codec.keyframes, frames), 3, 1 if frames <= 256 else 4
        case DCT():
            count, steps, index = (k := min(codec.coefficients, frames)), k, 0
    scales = (
        8 * steps if codec.dtype == "int8" else 0
    )  # a float32 scale and offset per axis, or per coefficient
    return count * (joints * 3 * DTYPES[codec.dtype].itemsize + index) + scales + 1


def at_equal_bytes(
    kind: type[Adaptive] | type[DCT], codec: Codec, frames: int, joints: int, dtype: ValueType | None = None
) -> Codec:
    """The codec of another kind that stores as much as fits in the bytes of `codec` and not one byte more.

    Raises:
        ValueError: even its smallest setting takes more.

    >>> at_equal_bytes(Adaptive, Uniform(interval=5), 120, 25)  # one keyframe less pays for the frame numbers
    Adaptive(keyframes=23, dtype='float32')
    """
    budget = bytes_per_person(codec, frames, joints)
    name = "keyframes" if kind is Adaptive else "coefficients"
    for count in range(frames, 1 if kind is Adaptive else 0, -1):
        candidate = kind(**{name: count}, dtype=dtype or codec.dtype)
        if bytes_per_person(candidate, frames, joints) <= budget:
            return candidate
    raise ValueError(
        f"no {kind.__name__} codec of {dtype or codec.dtype} values fits in {budget} bytes ({codec}); give more bytes or smaller values"
    )
