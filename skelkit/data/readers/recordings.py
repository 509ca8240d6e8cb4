"""Recordings of a folder: which files they are, what their names say, and what their frame numbers mean."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ..clips import ClipSet
from ..errors import UnreadableFile
from .common import Location, clip_set, quote, shortened

Subjects = list[str] | list[int] | None


MOST_LOOKED_AT, MOST_OPENED = 20_000, 50
"""Files of a folder whose names are looked at, and that are opened, to recognise what it holds."""


def inside(path: Path) -> Iterator[Path]:
    """The files of a folder and its subfolders, sorted in each folder; or the file that the path is."""
    if not path.is_dir():
        yield path
        return
    for where, folders, names in os.walk(path):
        folders.sort()
        yield from (Path(where, name) for name in sorted(names))


def first(path: Path, belongs: Callable[[Path], bool], suffixes: tuple[str, ...] = ()) -> Path | None:
    """The first file of a kind among `MOST_LOOKED_AT` of a folder, or the file itself; None if none is.

    Args:
        suffixes: endings of the files, in lower case, if `belongs` opens them; `MOST_OPENED` are.
    """
    files = islice(inside(path), MOST_LOOKED_AT)
    if suffixes:
        files = islice((file for file in files if file.suffix.lower() in suffixes), MOST_OPENED)
    return next(filter(belongs, files), None)


def recordings(path: Path, belongs: Callable[[Path], bool], what: str) -> tuple[Path, list[Path], list[str]]:
    """The recordings in a folder and its subfolders, or the one recording that the path is.

    Args:
        path: a file, or a folder.
        belongs: whether a file is a recording.
        what: names recordings, for the error.

    Returns:
        The folder that names are relative to, the files sorted by path, and their names with ``/`` and
        without suffix.

    Raises:
        FileNotFoundError: there is no such file or folder.
        UnreadableFile: there is no recording.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file or folder")
    if not path.is_dir():
        return path.parent, [path], [path.stem]
    found = sorted(filter(belongs, inside(path)))
    if not found:
        raise UnreadableFile(path, f"no {what} in this folder", fix="pass the folder that holds them")
    return path, found, [p.relative_to(path).with_suffix("").as_posix() for p in found]


def classify(
    base: Path, names: Sequence[str], pattern: str | None, default: str = "", outermost: str = ""
) -> tuple[list[str], Subjects]:
    """Class of each recording, and its subject if the pattern has such a group.

    Args:
        base: folder or archive that the names are relative to.
        names: of the recordings, with ``/``.
        pattern: regular expression with a group ``class`` and optionally ``subject``, searched in each name;
            it must fit every one. Default: the class is the name of the recording's folder if there are
            subfolders, or "all". Subjects that are all digits become numbers.
        default: a pattern that is tried first if none is given; nothing happens where it does not fit.
        outermost: class of a recording outside any folder, if others are in folders. Default: name of `base`.

    Raises:
        ValueError: `pattern` is no regular expression with a group ``class``.
        UnreadableFile: a name that `pattern` does not fit.

    >>> classify(Path("data"), ["wave/ann_1", "wave/bob_1", "sit/ann_1"], None)
    (['wave', 'wave', 'sit'], None)
    >>> classify(Path("data"), ["7_wave", "12_sit"], r"(?P<subject>[0-9]+)_(?P<class>.+)")
    (['wave', 'sit'], [7, 12])
    """
    if pattern is None and not default:
        return _folders(base, names, outermost), None
    expression = _compiled(pattern or default)
    found = []
    for name in names:
        groups = match.groupdict() if (match := expression.search(name)) else {}
        found.append(groups)
        if pattern is not None and not (groups and groups["class"] and groups.get("subject", "?")):
            raise UnreadableFile(
                base / name,
                f"pattern {pattern!r} does not fit {name!r}",
                fix="pass a pattern whose groups fit every file",
            )
    if not all(found):
        return _folders(base, names, outermost), None
    classes = [groups["class"] for groups in found]
    if "subject" not in expression.groupindex:
        return classes, None
    subjects = [groups["subject"] for groups in found]
    if all(re.fullmatch("[0-9]{1,17}", s) for s in subjects):
        return classes, [int(s) for s in subjects]
    return classes, subjects


def _folders(base: Path, names: Sequence[str], outermost: str) -> list[str]:
    folders = [PurePosixPath(name).parent.name for name in names]
    return [folder or outermost or base.name if any(folders) else "all" for folder in folders]


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"pattern {pattern!r} is not a regular expression: {error}") from None
    if "class" not in expression.groupindex:
        raise ValueError(
            f"pattern {pattern!r} has no group named class; "
            "write it as (?P<class>…), and (?P<subject>…) for subjects"
        )
    return expression


def indexed(words: Sequence[str]) -> tuple[list[int], list[str]]:
    """Class index of each recording, and the sorted class names.

    >>> indexed(["wave", "sit", "wave"])
    ([1, 0, 1], ['sit', 'wave'])
    """
    classes = sorted(set(words))
    places = {word: place for place, word in enumerate(classes)}
    return [places[word] for word in words], classes


def numbered(actions: Sequence[int], known: Sequence[str]) -> tuple[list[int], list[str]]:
    """Class index of each action number (from 1), and the names of the classes that occur.

    >>> numbered([3, 1, 9], ["walk", "sit", "stand"])
    ([1, 0, 2], ['walk', 'stand', 'action 9'])
    """
    numbers = sorted(set(actions))
    classes = [known[n - 1] if 1 <= n <= len(known) else f"action {n}" for n in numbers]
    return [numbers.index(n) for n in actions], classes


def with_people(
    path: Path, names: Sequence[str], arrays: Sequence[np.ndarray | None]
) -> dict[int, np.ndarray]:
    """Position -> poses of the recordings in which somebody is seen; a warning names the others.

    Args:
        arrays: poses of each recording; None if it has no frame or nobody is in it.

    Raises:
        UnreadableFile: nobody is seen in any.
    """
    kept = {i: array for i, array in enumerate(arrays) if array is not None and (array != 0).any()}
    if not kept:
        raise UnreadableFile(path, "nobody in any frame", "people", "pass recordings of people")
    if empty := [quote(shortened(name)) for i, name in enumerate(names) if i not in kept]:
        listed = ", ".join(empty[:6]) + " …" * (len(empty) > 6)
        warnings.warn(f"{path}: nobody is seen in {listed}; left out: {len(empty)}", stacklevel=3)
    return kept


def assembled(
    path: Path,
    names: Sequence[str],
    arrays: Sequence[np.ndarray | None],
    pattern: str | None,
    **rest: Any,
) -> ClipSet:
    """The recordings in which somebody is seen as clips, with classes and subjects from their names.

    Args:
        path: the folder or file, for errors.
        names: of the recordings, with ``/``.
        arrays: poses [T, M, V, 3] of each, or None.
        pattern: as for `classify`.
        rest: as for `clip_set` (size, skeleton, fps).
    """
    kept = with_people(path, names, arrays)
    words, subjects = classify(path, [names[i] for i in kept], pattern)
    labels, classes = indexed(words)
    return clip_set(
        path,
        list(kept.values()),
        names=[names[i] for i in kept],
        labels=labels,
        classes=classes,
        subject=subjects,
        **rest,
    )


def frame_places(where: Location, numbers: Sequence[int]) -> list[int]:
    """Frame of the clip for each frame number: the first is 0, and the common step of all is 1.

    Numbers between them that are missing are frames in which nobody was seen.

    Raises:
        UnreadableFile: a number occurs twice.

    >>> frame_places("a.json", [10, 15, 25])
    [0, 1, 3]
    """
    if len(set(numbers)) < len(numbers):
        twice = next(n for n, m in zip(sorted(numbers), sorted(numbers)[1:], strict=False) if n == m)
        raise UnreadableFile(where, f"frame {twice} twice", "each frame once", "number the frames")
    first_number = min(numbers, default=0)
    step = int(np.gcd.reduce([n - first_number for n in numbers])) if len(numbers) > 1 else 1
    return [(n - first_number) // step for n in numbers]
