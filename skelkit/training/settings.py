"""Settings are frozen dataclasses of plain values, presets are named ones: how both are asked for and checked."""

from __future__ import annotations

from dataclasses import fields, replace
from numbers import Integral, Real
from typing import Any, TypeVar, get_args, get_type_hints

from ..utils.validation import one_of

S = TypeVar("S")

NUMBERS = {int: Integral, float: Real}


def choose(presets: dict[str, S], preset: str, changes: dict[str, Any]) -> S:
    """A preset with some settings changed.

    Raises:
        ValueError: an unknown preset or setting, or a value that it cannot have; lists the known ones.
    """
    one_of(preset, presets, "preset")
    for name in changes:
        one_of(name, (f.name for f in fields(presets[preset])), "setting")
    return replace(presets[preset], **changes)


def check(settings, least: dict[str, int]) -> None:
    """Words must be among those that the type names, numbers be numbers, and no smaller than `least`."""
    for name, kind in get_type_hints(type(settings)).items():
        value = getattr(settings, name)
        if (known := get_args(kind)) and value not in known:
            raise ValueError(
                f"{name}={value!r}: expected {', '.join(map(repr, known[:-1]))} or {known[-1]!r}"
            )
        if kind in NUMBERS and not isinstance(value, NUMBERS[kind]):
            raise ValueError(f"{name}={value!r}: expected a {'whole ' * (kind is int)}number")
    for name, smallest in least.items():
        if getattr(settings, name) < smallest:
            raise ValueError(f"{name}={getattr(settings, name)}: expected at least {smallest}")
