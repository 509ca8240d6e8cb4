"""Clips of recordings that come without class labels, as motion capture mostly does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ..clips import ClipSet
from ..errors import UnreadableFile
from . import recordings
from .common import clip_set

UNLABELLED = "all"
"""The class of all clips where nothing says another."""


def assembled(
    path: Path,
    names: Sequence[str],
    arrays: Sequence[np.ndarray],
    pattern: str | None,
    subjects: recordings.Subjects = None,
    **rest: Any,
) -> ClipSet:
    """Poses [T, V, 3] of each recording as clips of one class, or of the classes that a pattern finds.

    Args:
        path: the folder or file, for errors.
        names: of the recordings, with ``/``.
        arrays: metres, y up; a missing joint is zero.
        pattern: as for `recordings.classify`.
        subjects: of each recording, if `pattern` is not given.
        rest: as for `clip_set` (size, skeleton, fps).
    """
    kept = recordings.with_people(path, names, [array[:, None] for array in arrays])
    names = [names[i] for i in kept]
    words = [UNLABELLED] * len(names)
    if pattern is not None:
        words, subjects = recordings.classify(path, names, pattern)
    elif subjects is not None:
        subjects = [subjects[i] for i in kept]  # type: ignore[assignment]
    labels, classes = recordings.indexed(words)
    return clip_set(
        path, list(kept.values()), names=names, labels=labels, classes=classes, subject=subjects, **rest
    )


def folders(names: Sequence[str]) -> list[str] | None:
    """The folder of each recording; None if one is outside any.

    >>> folders(["CMU/01/walk", "CMU/02/run"]), folders(["walk"])
    (['CMU/01', 'CMU/02'], None)
    """
    found = [PurePosixPath(name).parent.as_posix() for name in names]
    return None if "." in found else found


def common_rate(files: Sequence[Path], rates: Sequence[float]) -> float:
    """The frame rate of all files.

    Raises:
        UnreadableFile: two differ, by more than their digits.
    """
    for file, rate in zip(files, rates, strict=True):
        if abs(rate - rates[0]) > 1e-3 * rates[0]:
            raise UnreadableFile(
                file,
                f"{rate:g} fps",
                f"{rates[0]:g} fps as in {files[0]}",
                "read the files of each frame rate separately",
            )
    return rates[0]
