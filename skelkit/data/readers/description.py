"""The TOML description of a table or of arrays: sections, keys and checks."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...skeletons.layouts import of_size
from ...skeletons.skeleton import Skeleton
from .common import UP, check_file, fail, known_skeleton, plain_name, quote

SECTIONS = {
    "source": {"path": str, "delimiter": str, "decimal": str},
    "columns": dict.fromkeys(("clip", "frame", "person", "label", "subject", "view", "setup", "joints"), str)
    | {"axes": list, "words": dict},
    "arrays": dict.fromkeys(("poses", "axes", "length", "label", "classes", "subject", "view", "setup"), str),
    "skeleton": {"name": str, "joints": list, "bones": list, "root": str},
    "units": {"length": str, "up": str, "fps": (int, float)},
}

_METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001}

MOST_JOINTS = 500


@dataclass(frozen=True)
class Description:
    """What the TOML file says, checked."""

    path: Path
    source: Path
    delimiter: str
    decimal: str
    columns: dict = field(default_factory=dict)
    arrays: dict = field(default_factory=dict)
    skeleton: Skeleton | None = None
    metres: float = 1.0
    up: str = "y"
    fps: float = 30.0


def describe(path: str | Path, source: str | Path | None = None) -> Description:
    """What a TOML file says, with every key known and of the right kind. Raises as `read_table`."""
    path = check_file(path, 2**16)
    try:
        content = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        fail(path, f"no TOML ({quote(str(error), 120)})", "sections and keys", "mend that line")
    except (ValueError, RecursionError) as error:
        fail(path, f"no TOML ({quote(str(error), 120)})", "text in UTF-8", "save it as UTF-8")
    _check_keys(path, content)
    about, units = content.get("source", {}), content.get("units", {})
    if source is None and "path" not in about:
        fail(f"{path}: [source]", "no path", "the table or arrays described", 'add path = "…"')
    source = path.parent / about["path"] if source is None else Path(source)
    columns, arrays = content.get("columns", {}), content.get("arrays", {})
    if bool(columns) == bool(arrays):
        fail(
            path,
            "both [columns] and [arrays]" if columns else "neither [columns] nor [arrays]",
            "one of them",
            "describe a .csv or a .npz",
        )
    for section, key, known in (
        ("source", "delimiter", ",;\t| "),
        ("source", "decimal", ".,"),
        ("units", "length", _METRES),
        ("units", "up", UP),
    ):
        if (value := content.get(section, {}).get(key)) is not None and value not in list(known):
            fail(f"{path}: [{section}] {key}", quote(value), " or ".join(map(repr, known)), "choose one")
    delimiter, decimal = about.get("delimiter", ","), about.get("decimal", ".")
    if delimiter == decimal:
        fail(
            f"{path}: [source]",
            f"{decimal!r} between cells and in numbers",
            "two different ones",
            'set delimiter = ";"',
        )
    fps = units.get("fps", 30)
    if not 0 < fps < 1e6:
        fail(f"{path}: [units] fps", quote(fps), "frames per second", "mend it")
    return Description(
        path,
        source,
        delimiter,
        decimal,
        columns,
        arrays,
        _skeleton(path, content.get("skeleton", {})),
        _METRES[units.get("length", "m")],
        units.get("up", "y"),
        float(fps),
    )


def _check_keys(path: Path, content: dict) -> None:
    for section, values in content.items():
        if section not in SECTIONS or not isinstance(values, dict):
            fail(path, f"[{quote(section)}]", f"the sections {', '.join(SECTIONS)}", "leave it out")
        for key, value in values.items():
            if key not in SECTIONS[section]:
                fail(
                    f"{path}: [{section}]",
                    quote(key),
                    f"the keys {', '.join(SECTIONS[section])}",
                    "leave it out",
                )
            kind = SECTIONS[section][key]
            if not isinstance(value, kind) or isinstance(value, bool) or value in ("", [], {}):
                fail(
                    f"{path}: [{section}] {key}",
                    quote(value),
                    "a number" if isinstance(kind, tuple) else f"a {kind.__name__}",
                    "mend it",
                )


def _skeleton(path: Path, about: dict) -> Skeleton | None:
    """The skeleton described; None if the section is missing."""
    where = f"{path}: [skeleton]"
    if not about:
        return None
    if "joints" not in about:
        try:
            return known_skeleton(about.get("name", ""))
        except ValueError as error:
            fail(
                where,
                quote(about.get("name", "")),
                "a built-in skeleton, or joints, bones and root",
                str(error),
            )
    joints, bones = about["joints"], about.get("bones", [])
    pairs = [
        bone
        for bone in bones
        if isinstance(bone, list) and len(bone) == 2 and all(isinstance(joint, str) for joint in bone)
    ]
    if len(joints) > MOST_JOINTS or len(pairs) < len(bones) or len(bones) > MOST_JOINTS:
        fail(
            where,
            f"{len(joints)} joints, {len(pairs)} bones",
            f"at most {MOST_JOINTS} joints, bones as pairs of them",
            "mend it",
        )
    joints = [plain_name(where, "joint", joint) for joint in joints]
    try:
        return Skeleton(
            plain_name(where, "name", about.get("name", f"{len(joints)} joints")),
            joints,
            pairs,
            root=about.get("root", joints[0]),
        )
    except ValueError as error:
        fail(where, str(error), "joints joined to one tree", "mend the bones")


def skeleton_of(told: Description, joints: int) -> Skeleton:
    """The skeleton described, or the built-in one with so many joints."""
    try:
        skeleton = told.skeleton or of_size(joints)
    except ValueError as error:
        fail(
            f"{told.path}: [skeleton]",
            f"nothing, and {joints} joints",
            "a skeleton that has as many",
            str(error),
        )
    if len(skeleton) != joints:
        fail(
            told.source,
            f"{joints} joints",
            f"{len(skeleton)}, as {skeleton.name} in {told.path}",
            "describe the skeleton of these joints",
        )
    return skeleton


def as_groups(where: object, what: str, values: Sequence[str]) -> list:
    """Names of subjects, views or setups as they are, or numbers if all are digits.

    >>> as_groups("a.csv", "subject", ["7", "12"]), as_groups("a.csv", "subject", ["7", "Ann"])
    ([7, 12], ['7', 'Ann'])
    """
    values = [plain_name(where, what, value) for value in values]
    return (
        [int(value) for value in values]
        if all(value.isascii() and value.isdigit() and len(value) < 18 for value in values)
        else values
    )
