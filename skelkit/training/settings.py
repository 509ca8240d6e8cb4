"""Settings are frozen dataclasses of plain values, presets are named ones: how both are asked for and checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


def check(
    settings: Any, least: Mapping[str, int], choices: Mapping[str, Iterable[str]] | None = None
) -> None:
    """Raise ValueError unless every setting has a valid value.

    Args:
        settings: a dataclass; `Literal`, int and float fields are checked against their type.
        least: smallest valid value, by the name of the setting.
        choices: valid values that the type does not name, by the name of the setting.
    """
    choices = choices or {}
    for name, kind in get_type_hints(type(settings)).items():
        value, known = getattr(settings, name), tuple(choices.get(name, get_args(kind)))
        if known and value not in known:
            raise ValueError(
                f"{name}={value!r}: expected {', '.join(map(repr, known[:-1]))} or {known[-1]!r}"
            )
        if kind in NUMBERS and not isinstance(value, NUMBERS[kind]):
            raise ValueError(f"{name}={value!r}: expected a {'whole ' * (kind is int)}number")
    for name, smallest in least.items():
        if getattr(settings, name) < smallest:
            raise ValueError(f"{name}={getattr(settings, name)}: expected at least {smallest}")
