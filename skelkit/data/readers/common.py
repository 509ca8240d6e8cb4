"""What readers share: limits, checks of names and numbers, and the step from arrays to a ClipSet."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...skeletons.layouts import known_skeleton
from ...skeletons.skeleton import Skeleton
from ...utils.files import fault, read_whole
from ..clips import ClipSet
from ..errors import Place, UnreadableFile
from ..ntu.names import NAME

Location = str | Path | Place
"""A file, or a place in it."""

MOST_BYTES = 64 * 2**30
"""Size limit of files, for readers that give no other."""

MOST_PERSONS, MOST_CLASSES = 16, 10_000

UP = {
    "x": ("-y", "x", "z"),
    "-x": ("y", "-x", "z"),
    "y": ("x", "y", "z"),
    "-y": ("x", "-y", "-z"),
    "z": ("x", "z", "-y"),
    "-z": ("x", "-z", "y"),
}
"""Source axes of x, y (up) and z for each upward axis; a minus sign inverts one. All are rotations."""

_DIRECTIONS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that change the direction of the text after them."""


def quote(value: object, most: int = 60) -> str:
    """A short description of any value, also of a hostile file. (`repr` of a nested list may not end.)

    >>> quote("a" * 99, 3), quote([1, 2]), quote(np.ones((2, 3))), quote(-1)
    ("'aaa…'", 'a list of 2', 'float64 [2, 3]', '-1')
    """
    if isinstance(value, str):
        return repr(value if len(value) <= most else value[:most] + "…")
    if isinstance(value, int) and abs(value) > 10**20:
        return f"a whole number of {value.bit_length()} bits"
    if value is None or isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {list(value.shape)}"
    return f"a {type(value).__name__}" + (f" of {len(value)}" if hasattr(value, "__len__") else "")


def plain_name(where: Location, what: str, name: object) -> str:
    """The name itself, if it can be shown and stored: no control characters, no changes of text direction.

    Markup is allowed: code that puts a name in a page escapes it there.

    Args:
        where: the place in the file, for the error.
        what: kind of name, for the error.

    Raises:
        UnreadableFile: no string, an empty or a very long one, or one with such characters.

    >>> plain_name("clips.csv", "class", "<b>sit</b>")
    '<b>sit</b>'
    >>> plain_name("clips.csv", "class", "sit" + chr(27) + "[2J")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    skelkit.data.errors.UnreadableFile: clips.csv: found the class 'sit\\x1b[2J', expected ...
    """
    if not isinstance(name, str) or not name.strip() or len(name) > 200:
        raise UnreadableFile(where, f"the {what} {quote(name)}", "a name of 1 to 200 characters", "rename it")
    plain = name.isascii() and name.isprintable()  # almost all names
    if not plain and any(
        unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in _DIRECTIONS for c in name
    ):
        raise UnreadableFile(
            where, f"the {what} {quote(name)}", "a name without control characters", "rename it"
        )
    return name


def check_file(path: str | Path, most_bytes: int = MOST_BYTES) -> Path:
    """The path, if it is a regular file (no folder, pipe or device) of at most `most_bytes` bytes.

    Raises:
        FileNotFoundError: there is no such file.
        UnreadableFile: it is larger, or consists of holes.
    """
    path = Path(path)
    try:
        is_file = path.is_file()
    except OSError:  # not a possible file name
        is_file = False
    if not is_file:
        raise FileNotFoundError(f"{quote(str(path), 300)[1:-1]}: no such file")
    if (size := path.stat().st_size) > most_bytes:
        raise UnreadableFile(path, f"{size:,} bytes", f"at most {most_bytes:,}", "split the file")
    if found := fault(path, most_bytes):
        raise UnreadableFile(path, found, "a whole file", "copy it again")
    return path


def read_file(path: str | Path, most_bytes: int = MOST_BYTES) -> bytes:
    """The content of a file that has passed `check_file`, never more than its size.

    Raises:
        FileNotFoundError, UnreadableFile: as `check_file`; or the file cannot be read, or has no size, like
            those of ``/proc``.
    """
    path = check_file(path, most_bytes)
    try:
        return read_whole(path)
    except OSError as error:
        raise UnreadableFile(path, str(error), "a file on a disk", "copy it to one") from None


def upright(poses: np.ndarray, up: str) -> np.ndarray:
    """Poses [..., 3] whose axis `up` points up, rotated so that y points up.

    Raises:
        ValueError: `up` is not a key of `UP`.

    >>> upright(np.array([1.0, 2.0, 3.0]), "z").tolist(), upright(np.array([1.0, 2.0, 3.0]), "-y").tolist()
    ([1.0, 3.0, -2.0], [1.0, -2.0, -3.0])
    """
    if up not in UP:
        raise ValueError(f"up={up!r}; known: {', '.join(UP)}")
    signs = np.array([-1 if axis[0] == "-" else 1 for axis in UP[up]], dtype=poses.dtype)
    return poses if up == "y" else poses[..., ["xyz".index(axis[-1]) for axis in UP[up]]] * signs


def trimmed(poses: np.ndarray) -> np.ndarray:
    """Poses [T, …] without their padding: the all-zero frames at the end.

    All-zero frames before the last other frame stay: they show that nobody was seen. A clip that is zero
    everywhere keeps its first frame.
    """
    nonzero = np.flatnonzero((poses != 0).reshape(len(poses), -1).any(1))
    return poses[: nonzero[-1] + 1 if len(nonzero) else 1]


def check_room(where: Location, frames: int, persons: int, joints: int, size: int) -> None:
    """Refuse clips that would be far larger than the `size` bytes of their file, before memory is allocated.

    Real files hold about as many bytes as their clips. One array used a thousand times, a frame number of a
    billion or a clip with a thousand persons does not. (A ClipSet stores all frames with as many persons as
    the fullest.)
    """
    if persons > MOST_PERSONS:
        raise UnreadableFile(
            where,
            f"{persons} persons in a clip",
            f"at most {MOST_PERSONS}",
            "leave out persons that do not belong to the action",
        )
    need = frames * persons * joints * 12
    if need > 2**26 + 64 * size:
        raise UnreadableFile(
            where,
            f"{need:,} bytes of poses",
            f"fewer, from {size:,} bytes of file",
            "correct the file, its numbers do not fit together",
        )


def check_labels(path: str | Path, names: Sequence[str], labels: Sequence[object]) -> list[int]:
    """Labels as Python integers from 0 to `MOST_CLASSES` - 1, one per clip name.

    Raises:
        UnreadableFile: another number of labels than of names, or a label that is no such integer.
    """
    if len(labels) != len(names):
        raise UnreadableFile(
            path,
            f"{len(labels)} labels for {len(names)} clips",
            "one label for each clip",
            "write both again from the same clips",
        )
    indices = []
    for name, label in zip(names, labels, strict=True):
        index = int(label) if isinstance(label, (int, np.integer)) and not isinstance(label, bool) else -1
        if not 0 <= index < MOST_CLASSES:
            raise UnreadableFile(
                Place(path, clip=shortened(name)),
                f"the label {quote(label)}",
                f"a class index from 0 to {MOST_CLASSES - 1:,}",
                "correct the label",
            )
        indices.append(index)
    return indices


def shortened(name: str) -> str:
    """The name, at most 60 characters of it."""
    return name if len(name) <= 60 else name[:60] + "…"


def ntu_groups(names: Sequence[str]) -> dict[str, list[int]]:
    """Setup, view (camera) and subject (performer) of each clip, if all names follow NTU RGB+D; otherwise {}.

    >>> ntu_groups(["S001C002P003R001A010", "S017C003P020R002A060.skeleton"])
    {'setup': [1, 17], 'view': [2, 3], 'subject': [3, 20]}
    """
    groups: dict[str, list[int]] = {"setup": [], "view": [], "subject": []}
    for name in names:
        match = NAME.fullmatch(name.removesuffix(".skeleton"))
        if match is None:
            return {}
        for key, numbers in groups.items():
            numbers.append(int(match[key]))
    return groups


# Without numpy's warnings about damaged numbers: what float32 cannot hold becomes infinite, and from_arrays
# refuses it.
@np.errstate(over="ignore", invalid="ignore")
def clip_set(
    path: str | Path,
    arrays: Sequence[np.ndarray],
    *,
    names: Sequence[str],
    labels: Sequence[object],
    size: int,
    skeleton: Skeleton | str | None = None,
    classes: Sequence[str] | None = None,
    **rest: Any,
) -> ClipSet:
    """`ClipSet.from_arrays` for numbers read from a file; its errors name the file.

    Args:
        arrays: poses [T, M, V, 3] of each clip, metres, y up.
        size: bytes of the file, see `check_room`.
        skeleton: a `Skeleton` or the short name of a built-in one. Default: the built-in one with as many
            joints.
        classes, rest: as in `ClipSet.from_arrays` (fps, subject, view, setup).

    Raises:
        UnreadableFile: see `ClipSet.from_arrays`, `check_labels` and `check_room`.
    """
    if not arrays:
        raise UnreadableFile(path, "no clips", "at least one", "pass another file")
    indices = check_labels(path, names, labels)
    if classes is not None and max(indices) >= len(classes):
        raise UnreadableFile(
            path,
            f"the label {max(indices)}",
            f"0 to {len(classes) - 1}, one for each class",
            "pass the names of all classes",
        )
    skeleton = known_skeleton(skeleton)
    check_room(path, sum(map(len, arrays)), max(array.shape[1] for array in arrays), arrays[0].shape[2], size)
    arrays = [np.require(array, np.float32, "W") for array in arrays]  # torch takes no read-only arrays
    try:
        return ClipSet.from_arrays(
            arrays, names=names, labels=indices, skeleton=skeleton, classes=classes, **rest
        )
    except ValueError as error:
        raise UnreadableFile(path, str(error)) from None


def number(text: str, decimal: str = ".") -> float:
    """The number in a table cell, NaN if it is no finite plain decimal number.

    Differs from `float`: "1_000", "inf" and Arabic digits are NaN.

    >>> number(" 1.5e3 "), number("1,5", ","), number("1_000"), number("inf")
    (1500.0, 1.5, nan, nan)
    """
    text = text.strip() if decimal == "." else text.strip().replace(".", "?").replace(decimal, ".")
    try:
        value = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
