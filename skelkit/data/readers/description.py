"""The TOML description of a table or of arrays: sections, keys and checks."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...skeletons.layouts import known_skeleton
from ...skeletons.skeleton import Skeleton
from ..errors import Place, UnreadableFile
from ..layout_choice import choose
from .common import UP, Location, plain_name, quote, read_file

Kind = type | tuple[type, ...]

SECTIONS: dict[str, dict[str, Kind]] = {
    "source": {"path": str, "delimiter": str, "decimal": str},
    "columns": {
        **dict.fromkeys(("clip", "frame", "person", "label", "subject", "view", "setup", "joints"), str),
        "axes": list,
        "words": dict,
    },
    "arrays": {
        **dict.fromkeys(("poses", "axes", "length", "label", "classes", "subject", "view", "setup"), str)
    },
    "skeleton": {"name": str, "joints": list, "bones": list, "root": str, "pairs": list},
    "units": {"length": str, "up": str, "fps": (int, float)},
}
"""Section -> key -> type of its value."""

_METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001}

_CHOICES: tuple[tuple[str, str, Iterable[str]], ...] = (
    ("source", "delimiter", ",;\t| "),
    ("source", "decimal", ".,"),
    ("units", "length", _METRES),
    ("units", "up", UP),
)
"""Section, key and allowed values."""

MOST_JOINTS = 500

_STRINGS = re.compile(
    r'''"""(?:\\.|[^\\])*?"""|\'{3}.*?\'{3}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|\#[^\n]*''', re.DOTALL
)
"""Strings and comments of TOML, which may hold dots."""

_DEEP = re.compile(r"(?:\.[ \t]*[\w-]+[ \t]*){8}")
"""A key of tables in tables: `tomllib` takes time and memory that grow with the square of the depth."""


@dataclass(frozen=True)
class Description:
    """The content of a TOML file, checked.

    Args:
        path: the TOML file.
        source: the table or arrays described.
        delimiter, decimal: of a table: what separates its cells, and the decimal point.
        columns, arrays: the sections of these names, one of which is empty.
        skeleton: None if the section is missing.
        metres: metres per unit of length.
        up: the axis that points up, a key of `skelkit.data.readers.common.UP`.
        fps: frames per second.
        says_fps: whether the file gives them.
    """

    path: Path
    source: Path
    delimiter: str
    decimal: str
    columns: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, str] = field(default_factory=dict)
    skeleton: Skeleton | None = None
    metres: float = 1.0
    up: str = "y"
    fps: float = 30.0
    says_fps: bool = False

    def section(self, name: str, key: str = "") -> Place:
        """The place of a section or of a key in it, for errors."""
        return _place(self.path, name, key)


def _place(path: Path, section: str, key: str = "") -> Place:
    return Place(path, part=f"[{section}] {key}".rstrip())


def describe(path: str | Path, source: str | Path | None = None) -> Description:
    """The content of a TOML file; every key is known and its value of the right type.

    Args:
        path: the TOML file.
        source: the table or arrays. Default: ``[source] path``.

    Raises:
        FileNotFoundError, UnreadableFile: as `skelkit.data.readers.tables.read_table`.
    """
    content = parsed(Path(path))
    path = Path(path)
    _check_keys(path, content)
    _check_choices(path, content)
    about, units = content.get("source", {}), content.get("units", {})
    if source is None and "path" not in about:
        raise UnreadableFile(
            _place(path, "source"), "no path", "the table or arrays described", 'add path = "…"'
        )
    columns, arrays = content.get("columns", {}), content.get("arrays", {})
    if bool(columns) == bool(arrays):
        raise UnreadableFile(
            path,
            "both [columns] and [arrays]" if columns else "neither [columns] nor [arrays]",
            "one of them",
            "describe a .csv or a .npz",
        )
    return Description(
        path,
        path.parent / about["path"] if source is None else Path(source),
        about.get("delimiter", ","),
        about.get("decimal", "."),
        columns,
        arrays,
        skeleton_from(path, content.get("skeleton", {})),
        _METRES[units.get("length", "m")],
        units.get("up", "y"),
        float(units.get("fps", 30)),
        "fps" in units,
    )


def parsed(path: Path) -> dict[str, Any]:
    content = read_file(path, 2**16)
    try:
        text = content.decode("utf-8-sig")
        if deep := _DEEP.search(_STRINGS.sub("s", text)):
            found = f"the key …{deep.group()[:20]}…, more than eight levels deep"
            raise UnreadableFile(path, found, "[section] and key = value", "correct that line")
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnreadableFile(
            path, f"no TOML ({quote(str(error), 120)})", "sections and keys", "correct that line"
        ) from None
    except UnreadableFile:
        raise
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(
            path, f"no TOML ({quote(str(error), 120)})", "text in UTF-8", "save it as UTF-8"
        ) from None


def _check_keys(path: Path, content: dict[str, Any]) -> None:
    """Refuse unknown sections and keys, and values of another type."""
    for section, values in content.items():
        if section not in SECTIONS or not isinstance(values, dict):
            raise UnreadableFile(
                path, f"[{quote(section)}]", f"the sections {', '.join(SECTIONS)}", "leave it out"
            )
        for key, value in values.items():
            if key not in SECTIONS[section]:
                raise UnreadableFile(
                    _place(path, section),
                    quote(key),
                    f"the keys {', '.join(SECTIONS[section])}",
                    "leave it out",
                )
            kind = SECTIONS[section][key]
            if not isinstance(value, kind) or isinstance(value, bool) or value in ("", [], {}):
                raise UnreadableFile(
                    _place(path, section, key),
                    quote(value),
                    "a number" if isinstance(kind, tuple) else f"a {kind.__name__}",
                    "correct it",
                )


def _check_choices(path: Path, content: dict[str, Any]) -> None:
    """Refuse values that are not among the allowed ones, or do not go together."""
    for section, key, known in _CHOICES:
        value = content.get(section, {}).get(key)
        if value is not None and value not in list(known):
            raise UnreadableFile(
                _place(path, section, key), quote(value), " or ".join(map(repr, known)), "choose one"
            )
    about = content.get("source", {})
    delimiter, decimal = about.get("delimiter", ","), about.get("decimal", ".")
    if delimiter == decimal:
        raise UnreadableFile(
            _place(path, "source"),
            f"{decimal!r} between cells and in numbers",
            "two different ones",
            'set delimiter = ";"',
        )
    fps = content.get("units", {}).get("fps", 30)
    if not 0 < fps < 1e6:
        raise UnreadableFile(_place(path, "units", "fps"), quote(fps), "frames per second", "correct it")


def skeleton_from(path: Path, about: dict[str, Any]) -> Skeleton | None:
    """The skeleton described; None if the section is missing."""
    where = _place(path, "skeleton")
    if not about:
        return None
    if "joints" not in about:
        name = about.get("name", "")
        try:
            return known_skeleton(name)
        except ValueError as error:
            raise UnreadableFile(
                where, quote(name), "a built-in skeleton, or joints, bones and root", str(error)
            ) from None
    joints, bones, sides = about["joints"], about.get("bones", []), about.get("pairs", [])
    for what, given in (("joints", joints), ("bones", bones), ("pairs", sides)):
        if len(given) > MOST_JOINTS:
            raise UnreadableFile(
                where, f"{len(given)} {what}", f"at most {MOST_JOINTS}", "leave out those without data"
            )
    pairs = [_pair(_place(path, "skeleton", f"bones, number {i}"), bone) for i, bone in enumerate(bones, 1)]
    both = [_pair(_place(path, "skeleton", f"pairs, number {i}"), pair) for i, pair in enumerate(sides, 1)]
    names = tuple(plain_name(where, "joint", joint) for joint in joints)
    name = plain_name(where, "name", about.get("name", f"{len(names)} joints"))
    try:
        return Skeleton(name, names, tuple(pairs), root=about.get("root", names[0]), pairs=tuple(both))
    except ValueError as error:
        raise UnreadableFile(where, str(error), "joints connected to one tree", "correct the bones") from None


def _pair(where: Place, bone: object) -> tuple[str, str]:
    """The names of the two joints of a bone."""
    if isinstance(bone, list) and len(bone) == 2 and all(isinstance(joint, str) for joint in bone):
        return bone[0], bone[1]
    found = (
        f"[{', '.join(quote(joint, 20) for joint in bone[:4])}]" if isinstance(bone, list) else quote(bone)
    )
    raise UnreadableFile(
        where, found, 'the names of two joints, like ["hip", "knee"]', "write names, not numbers"
    )


def skeleton_of(about: Description, clips: Sequence[np.ndarray]) -> Skeleton:
    """The skeleton described, or else the built-in one that clips [T, M, V, 3] have.

    Raises:
        UnreadableFile: the skeleton has another number of joints; no built-in one has as many, or several do
            and the poses do not settle which.
    """
    joints = clips[0].shape[2]
    try:
        skeleton = about.skeleton or choose(clips)
    except ValueError as error:
        raise UnreadableFile(
            about.section("skeleton"),
            f"nothing, and {joints} joints",
            "a skeleton that has as many",
            str(error),
        ) from None
    if len(skeleton) != joints:
        raise UnreadableFile(
            about.source,
            f"{joints} joints",
            f"{len(skeleton)}, as {skeleton.name} in {about.path}",
            "describe the skeleton of these joints",
        )
    return skeleton


def as_groups(where: Location, what: str, values: Sequence[object]) -> list[str] | list[int]:
    """Names of subjects, views or setups as they are, or numbers if all are digits.

    >>> as_groups("a.csv", "subject", ["7", "12"]), as_groups("a.csv", "subject", ["7", "Ann"])
    ([7, 12], ['7', 'Ann'])
    """
    names = [plain_name(where, what, value) for value in values]
    if all(name.isascii() and name.isdigit() and len(name) < 18 for name in names):
        return [int(name) for name in names]
    return names
