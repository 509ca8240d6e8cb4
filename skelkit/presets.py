"""Settings are frozen dataclasses of plain values, presets are named ones: how both are asked for and checked."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, TypeVar, get_args, get_type_hints

S = TypeVar("S")


def choose(presets: dict[str, S], preset: str, changes: dict[str, Any]) -> S:
    """A preset with some settings changed.

    Raises:
        ValueError: an unknown preset or setting, or a value that it cannot have; lists the known ones.
    """
    if preset not in presets:
        raise ValueError(f"no preset {preset!r}; known: {', '.join(presets)}")
    known = [f.name for f in fields(presets[preset])]
    if unknown := sorted(set(changes) - set(known)):
        raise ValueError(f"no setting {', '.join(unknown)}; known: {', '.join(known)}")
    return replace(presets[preset], **changes)


def check(settings, least: dict[str, int]) -> None:
    """Words must be among those that the type names, and numbers be no smaller than `least`."""
    for name, kind in get_type_hints(type(settings)).items():
        if (known := get_args(kind)) and getattr(settings, name) not in known:
            raise ValueError(f"{name}={getattr(settings, name)!r}: expected {', '.join(map(repr, known[:-1]))} or {known[-1]!r}")
    for name, smallest in least.items():
        if getattr(settings, name) < smallest:
            raise ValueError(f"{name}={getattr(settings, name)}: expected at least {smallest}")
