"""What all readers of other people's files share: what is refused, and how their numbers become clips."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np

from ... import skeletons
from ...skeletons.skeleton import Skeleton
from ...utils.validation import one_of, printable
from ..clips import ClipSet
from ..ntu.names import NAME

MOST_BYTES = 64 * 2**30
"""No reader opens a larger file unless told to."""

MOST_PERSONS, MOST_CLASSES = 16, 10_000

UP = {"y": (0, 1, 2), "z": (0, 2, -1), "-y": (0, -1, -2)}
"""Where each of x, y (up) and z comes from; a minus turns it round. All three are rotations, so left stays left."""

_DIRECTIONS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Refused(ValueError):
    """A file that is not what it should be: "path: place: found …, expected …; what to do", without what a terminal would obey."""

    def __init__(self, message: str):
        message = message if len(message) < 2000 else f"{message[:1500]} … {message[-400:]}"
        super().__init__(printable(message))


def fail(where: object, found: str, expected: str, do: str) -> NoReturn:
    raise Refused(f"{where}: found {found}, expected {expected}; {do}")


def quote(value: object, most: int = 60) -> str:
    """Any value in a few words, whatever a hostile file made of it. (The `repr` of a nested list can have no end.)

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


def plain_name(where: object, what: str, name: object) -> str:
    """The name of a clip, class, joint or file, if it can be shown and stored: no control characters, none that turn the line round.

    Markup stays as it is: whoever puts a name in a page escapes it there.

    >>> plain_name("clips.csv:7", "class", "<b>sit</b>")
    '<b>sit</b>'
    >>> plain_name("clips.csv:7", "class", "sit" + chr(27) + "[2J")
    Traceback (most recent call last):
    skelkit.data.readers.foreign.Refused: clips.csv:7: found the class 'sit\\x1b[2J', expected a name without control characters; rename it
    """
    if not isinstance(name, str) or not name.strip() or len(name) > 200:
        fail(where, f"the {what} {quote(name)}", "a name of 1 to 200 characters", "rename it")
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in _DIRECTIONS for c in name):
        fail(where, f"the {what} {quote(name)}", "a name without control characters", "rename it")
    return name


def check_file(path: str | Path, most_bytes: int = MOST_BYTES) -> Path:
    """The path, if it is a file (no folder, pipe or device) that is not too large."""
    path = Path(path)
    try:
        there = path.is_file()
    except OSError:  # a name that no file can have
        there = False
    if not there:
        raise FileNotFoundError(f"{quote(str(path), 300)[1:-1]}: no such file")
    if (size := path.stat().st_size) > most_bytes:
        fail(path, f"{size:,} bytes", f"at most {most_bytes:,}", "split the file")
    return path


def known_skeleton(skeleton: Skeleton | str | None) -> Skeleton | None:
    """A skeleton itself, or a built-in one by its short name."""
    if not isinstance(skeleton, str):
        return skeleton
    one_of(skeleton, skeletons.KNOWN, "built-in skeleton", "; or pass a Skeleton")
    return skeletons.KNOWN[skeleton]


def upright(poses: np.ndarray, up: str) -> np.ndarray:
    """[..., 3] with the axis `up` pointing up -> [..., 3] with y up, turned about x.

    >>> upright(np.array([1.0, 2.0, 3.0]), "z").tolist(), upright(np.array([1.0, 2.0, 3.0]), "-y").tolist()
    ([1.0, 3.0, -2.0], [1.0, -2.0, -3.0])
    """
    if up not in UP:
        raise ValueError(f"up={up!r}; known: {', '.join(UP)}")
    signs = np.array([-1 if place < 0 else 1 for place in UP[up]], dtype=poses.dtype)
    return poses if up == "y" else poses[..., [abs(place) for place in UP[up]]] * signs


def trimmed(poses: np.ndarray) -> np.ndarray:
    """[T, …] without the padding at the end: the zero frames after the last in which anything of anybody is not zero.

    Zero frames before it stay: nobody was seen in them. A clip of zeros alone keeps its first frame.
    """
    there = np.flatnonzero((poses != 0).reshape(len(poses), -1).any(1))
    return poses[: there[-1] + 1 if len(there) else 1]


def check_room(path: object, frames: int, persons: int, joints: int, size: int) -> None:
    """Refuse clips far larger than the file they come from, before they are built.

    Real files hold about as many bytes as their clips; one array used a thousand times, a frame number of a billion or one
    clip with a thousand persons does not. A ClipSet holds all frames with as many persons as the fullest.
    """
    if persons > MOST_PERSONS:
        fail(
            path,
            f"{persons} persons in a clip",
            f"at most {MOST_PERSONS}",
            "leave out those who do not belong to the action",
        )
    need = frames * persons * joints * 12
    if need > 2**26 + 64 * size:
        fail(
            path,
            f"{need:,} bytes of poses",
            f"fewer, from {size:,} bytes of file",
            "mend the file, its numbers do not fit together",
        )


def check_labels(path: object, names: Sequence[str], labels: Sequence[object]) -> list[int]:
    """Class indices as plain numbers, few enough to count with."""
    if len(labels) != len(names):
        fail(
            path,
            f"{len(labels)} labels for {len(names)} clips",
            "one for each",
            "write both anew from the same clips",
        )
    for name, label in zip(names, labels, strict=True):
        if (
            isinstance(label, bool)
            or not isinstance(label, (int, np.integer))
            or not 0 <= label < MOST_CLASSES
        ):
            fail(
                f"{path}: {quote(name)}",
                f"the label {quote(label)}",
                f"a class index from 0 to {MOST_CLASSES - 1:,}",
                "mend the label",
            )
    return [int(label) for label in labels]


def ntu_groups(names: Sequence[str]) -> dict[str, list[int]]:
    """Setup, view (camera) and subject (performer), if all names are of NTU RGB+D's kind; else nothing.

    >>> ntu_groups(["S001C002P003R001A010", "S017C003P020R002A060.skeleton"])
    {'setup': [1, 17], 'view': [2, 3], 'subject': [3, 20]}
    """
    found = [NAME.fullmatch(name.removesuffix(".skeleton")) for name in names]
    return (
        {} if not all(found) else {key: [int(m[key]) for m in found] for key in ("setup", "view", "subject")}
    )


# Damaged numbers are no business of numpy's warnings: what float32 cannot hold becomes infinite, and from_arrays refuses that.
@np.errstate(over="ignore", invalid="ignore")
def clip_set(
    path: object,
    arrays: Sequence[np.ndarray],
    *,
    names: Sequence[str],
    labels: Sequence[object],
    size: int,
    **rest,
) -> ClipSet:
    """`ClipSet.from_arrays` for numbers that come from a file of `size` bytes: every error names it.

    Args:
        arrays: per clip [T, M, V, 3], metres, y up.
        rest: skeleton, fps, classes, subject, view, setup, as there; `skeleton` may be a short name.
    """
    if not arrays:
        fail(path, "no clips", "at least one", "pass another file")
    labels = check_labels(path, names, labels)
    rest["skeleton"] = known_skeleton(rest.get("skeleton"))
    if (classes := rest.get("classes")) is not None and max(labels) >= len(classes):
        fail(
            path,
            f"the label {max(labels)}",
            f"0 to {len(classes) - 1}, one for each class",
            "pass the names of all classes",
        )
    check_room(path, sum(map(len, arrays)), max(array.shape[1] for array in arrays), arrays[0].shape[2], size)
    arrays = [np.require(array, np.float32, "W") for array in arrays]  # torch takes no read-only arrays
    try:
        return ClipSet.from_arrays(arrays, names=names, labels=labels, **rest)
    except ValueError as error:
        raise Refused(f"{path}: {error}") from None


def number(text: str, decimal: str = ".") -> float:
    """What a table's cell says, NaN if it is no plain decimal number. (`float` also takes "1_000", "inf" and Arabic digits.)

    >>> number(" 1.5e3 "), number("1,5", ","), number("1_000"), number("inf")
    (1500.0, 1.5, nan, nan)
    """
    text = text.strip() if decimal == "." else text.strip().replace(".", "?").replace(decimal, ".")
    try:
        value = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
