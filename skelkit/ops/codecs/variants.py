"""Codecs to compare with each other at one sampling interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .budget import at_equal_bytes
from .codec import Codec
from .quantisation import ValueType
from .uniform import Uniform

MakeCodec = Callable[[int, ValueType, int, int], Codec]
"""(interval s, dtype, frames T, joints V) -> codec."""


def comparison(kinds: Mapping[str, type[Codec]]) -> dict[str, MakeCodec]:
    """Codecs by their label in figures: the variants of `Uniform`, and every other codec at equal bytes.

    Args:
        kinds: codec classes by name, as in `CODECS`.
    """
    makers: dict[str, MakeCodec] = {
        "uniform, indexed": lambda s, dtype, frames, joints: Uniform(s, dtype=dtype),
        "uniform, with last frame": lambda s, dtype, frames, joints: Uniform(s, endpoint=True, dtype=dtype),
        "uniform, half-pixel (published)": lambda s, dtype, frames, joints: Uniform(
            s, "half_pixel", dtype=dtype
        ),
    }
    others = {kind.label or name: kind for name, kind in kinds.items() if kind is not Uniform}
    return makers | {f"{label}, equal bytes": _equal_to_uniform(kind) for label, kind in others.items()}


def _equal_to_uniform(kind: type[Codec]) -> MakeCodec:
    def make(interval: int, dtype: ValueType, frames: int, joints: int) -> Codec:
        reference = Uniform(interval, endpoint=kind.stores_last_frame, dtype=dtype)
        return at_equal_bytes(kind, reference, frames, joints)

    return make
