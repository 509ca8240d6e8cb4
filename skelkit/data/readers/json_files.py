"""JSON files: their structure is counted before it is parsed, and lists of numbers become arrays."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import Place, UnreadableFile
from .common import Location, check_file, quote, read_file

MOST_BYTES = 2**27
"""Size limit of a file: it is in memory twice while it is parsed."""

MOST_MEMORY = 600 * 2**20
"""Limit of the memory that the lists, dicts, numbers and strings of a file take in Python."""

_HEAD = 2**16


def parse(where: Location, content: bytes) -> Any:
    """The value of a JSON text, checked by `check_structure` before memory is allocated.

    Raises:
        UnreadableFile: no JSON, not UTF-8, nested too deep, or far more structure than clips need.

    >>> parse("a.json", b'{"frames": [1, 2.5]}')
    {'frames': [1, 2.5]}
    """
    place = where if isinstance(where, Place) else Place(where)
    check_structure(place, content)
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        raise UnreadableFile(
            replace(place, line=error.lineno), error.msg, "json", "get the whole file"
        ) from None
    except (ValueError, RecursionError) as error:  # not UTF-8, numbers of thousands of digits, deep nesting
        raise UnreadableFile(
            place, f"something that is no json ({quote(str(error))})", "json", "get the whole file"
        ) from None


def check_structure(where: Location, content: bytes) -> None:
    """Refuse a text whose lists, dicts, numbers and strings would take more than `MOST_MEMORY`.

    The sizes are those of CPython: an empty list takes three characters of the text and 72 bytes.
    """
    lists, dicts, values = content.count(b"["), content.count(b"{"), content.count(b",")
    need = 72 * lists + 250 * dicts + 32 * (values + lists + dicts) + 30 * content.count(b'"')
    if need > MOST_MEMORY:
        raise UnreadableFile(
            where,
            f"{values:,} values in {lists + dicts:,} lists and objects, {need / 1e6:.0f} MB in memory",
            f"at most {MOST_MEMORY / 1e6:.0f} MB",
            "split the recording",
        )


def read_json(path: str | Path, most_bytes: int = MOST_BYTES) -> Any:
    """The value in a JSON file of at most `most_bytes` bytes.

    Raises:
        FileNotFoundError: there is no such file.
        UnreadableFile: as `parse`, or the file is too large or no plain file.
    """
    return parse(Path(path), read_file(path, most_bytes))


def head(path: str | Path) -> str:
    """The first 64 KiB of a file as text, "" if it cannot be read: enough to recognise its format."""
    try:
        with check_file(path, 2**40).open("rb") as file:
            return file.read(_HEAD).decode("utf-8-sig", "replace")
    except (OSError, UnreadableFile):
        return ""


def begins_with(path: str | Path, opening: str, *keys: str) -> bool:
    """Whether a .json file opens with this bracket and has all the keys in its first 64 KiB."""
    path = Path(path)
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    text = head(path)
    return text.lstrip().startswith(opening) and all(re.search(rf'"{key}"\s*:', text) for key in keys)


def numbers(
    where: Location, what: str, values: object, count: int | Sequence[int] | None = None
) -> np.ndarray:
    """A list of finite numbers as float64 [n].

    Args:
        where, what: the place and the name of the list, for the error.
        count: its length, or the allowed lengths. Default: any.

    Raises:
        UnreadableFile: anything but a list of numbers, or another length.

    >>> numbers("a.json", "pose", [1, 2.5]).tolist()
    [1.0, 2.5]
    """
    allowed = None if count is None else (count,) if isinstance(count, int) else tuple(count)
    if not isinstance(values, list) or not set(map(type, values)) <= {int, float}:
        odd = (
            next((v for v in values if type(v) not in (int, float)), None)
            if isinstance(values, list)
            else None
        )
        found = f"{what}: {quote(values)}" + (
            f", among them {quote(odd)}" if isinstance(values, list) else ""
        )
        raise UnreadableFile(where, found, "a list of numbers", "correct the file")
    if allowed is not None and len(values) not in allowed:
        expected = " or ".join(map(str, allowed))
        raise UnreadableFile(where, f"{what}: {len(values)} numbers", expected, "correct the file")
    try:
        array = np.array(values, np.float64)
    except OverflowError:
        array = np.array([np.inf])
    if not np.isfinite(array).all():
        raise UnreadableFile(where, f"{what}: numbers that are NaN or infinite", "coordinates", "correct it")
    return array


def fields(where: Location, what: str, value: object, *names: str) -> list[Any]:
    """The values of these fields of an object.

    Raises:
        UnreadableFile: no object, or a field is missing.
    """
    missing = [name for name in names if not isinstance(value, dict) or name not in value]
    if not isinstance(value, dict) or missing:
        keys = (
            ", ".join(map(quote, list(value)[:12])) or "no fields"
            if isinstance(value, dict)
            else quote(value)
        )
        raise UnreadableFile(where, f"{what}: {keys}", " and ".join(names), "correct the file")
    return [value[name] for name in names]


def items(where: Location, what: str, value: object) -> list[Any]:
    """The value itself, if it is a list. Raises UnreadableFile for anything else."""
    if not isinstance(value, list):
        raise UnreadableFile(where, f"{what}: {quote(value)}", "a list", "correct the file")
    return value
