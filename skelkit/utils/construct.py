"""Build a dataclass from the settings that it knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

T = TypeVar("T")


def from_known_fields(kind: type[T], values: Mapping[str, Any]) -> T:
    """An instance of the dataclass `kind` with those of the values that are named like its fields.

    Fields without a value keep their defaults.

    Raises:
        TypeError: `kind` is not a dataclass.

    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Point:
    ...     x: int = 0
    ...     y: int = 0
    >>> from_known_fields(Point, {"y": 2, "colour": "red"}).y
    2
    """
    if not is_dataclass(kind):
        raise TypeError(f"{kind.__name__} is not a dataclass; declare its settings as dataclass fields")
    known = {field.name for field in fields(kind) if field.init}
    return kind(**{name: value for name, value in values.items() if name in known})
