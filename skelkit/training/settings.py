"""Settings, which are frozen dataclasses of plain values, and presets of them: chosen by name and checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

from ..utils.validation import one_of

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

S = TypeVar("S", bound="DataclassInstance")

PRESET_NAMES = ("smoke", "laptop", "gpu", "paper")
"""Presets of every package: `smoke` runs all of it, `laptop` fits two cores, `paper` is as published."""

NUMBERS: dict[type, type] = {int: Integral, float: Real}


def choose(presets: Mapping[str, S], preset: str, changes: Mapping[str, Any]) -> S:
    """A preset with some settings changed.

    Raises:
        ValueError: an unknown preset or setting (lists the known ones), or an invalid value.
    """
    one_of(preset, presets, "preset")
    for name in changes:
        one_of(name, (f.name for f in fields(presets[preset])), "setting")
    return replace(presets[preset], **changes)


def check(
    settings: DataclassInstance,
    least: Mapping[str, int],
    choices: Mapping[str, Iterable[str]] | None = None,
) -> None:
    """Check the values of settings: `Literal`, int and float fields against their type.

    Args:
        settings: a dataclass.
        least: smallest valid value, by the name of the setting.
        choices: valid values that the type does not list, by the name of the setting.

    Raises:
        ValueError: an invalid value; names the setting, the value and the valid ones.
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
