"""SBU Kinect Interaction: ``s01s02/03/001/skeleton_pos.txt``, two persons of 15 joints in each line.

A line is the frame number and x, y, z of 30 joints, separated by commas and normalised; in millimetres they
are 1280 - 2560 x, 960 - 1920 y, 10000 / 7.8125 z (readme of the data set). The folders are the pair of
people, the action and the take. The published protocol tests on pairs, in five folds. (Yun et al., 2012.)
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ..clips import ClipSet
from . import recordings, text_numbers
from .common import clip_set
from .reader import Reader

FILE = "skeleton_pos.txt"

ACTIONS = (
    *("approaching", "departing", "kicking", "punching"),
    *("pushing", "hugging", "shaking hands", "exchanging objects"),
)

_FOLDERS = re.compile(r"(?P<pair>s[0-9]{2}s[0-9]{2})/(?P<action>0[1-8])/[^/]+$")

_PER_UNIT, _OFFSET = np.array([-2.56, -1.92, 10 / 7.8125]), np.array([1.28, 0.96, 0.0])


def read_sbu(path: str | Path, *, fps: float = 15.0, pattern: str | None = None) -> ClipSet:
    """All recordings of a folder; the subject is the pair of people, such as "s01s02".

    Args:
        path: a folder with ``s01s02/01/001/skeleton_pos.txt`` and others, or one such file.
        fps: frames per second. (The data set's paper says 15.)
        pattern: regular expression for the folder of each file, see `recordings.classify`. Default: the
            folders of the data set.

    Raises:
        FileNotFoundError: there is no such file or folder.
        UnreadableFile: no such file, or a damaged one; names the line.
    """
    path = Path(path)
    _, files, _ = recordings.recordings(path, lambda p: p.name == FILE, FILE)
    names = [file.resolve().parent.as_posix() for file in files]
    matches = [_FOLDERS.search(name) for name in names]
    size = sum(file.stat().st_size for file in files)
    arrays = [poses(text_numbers.read(file, 91, ",")) for file in files]
    if pattern is not None or not all(matches):
        shown = [file.parent.relative_to(path if path.is_dir() else path.parent).as_posix() for file in files]
        return recordings.assembled(path, shown, arrays, pattern, size=size, skeleton="sbu15", fps=fps)
    found = [match for match in matches if match is not None]
    kept = recordings.with_people(path, names, arrays)
    labels, classes = recordings.numbered([int(found[i]["action"]) for i in kept], ACTIONS)
    return clip_set(
        path,
        list(kept.values()),
        names=[found[i][0] for i in kept],
        labels=labels,
        size=size,
        skeleton="sbu15",
        fps=fps,
        classes=classes,
        subject=[found[i]["pair"] for i in kept],
    )


def poses(rows: np.ndarray) -> np.ndarray:
    """Poses [T, 2, 15, 3] in metres, y up, of lines [T, 91]; a person of zeros is absent."""
    normalised = rows[:, 1:].reshape(-1, 2, 15, 3)
    seen = (normalised != 0).any((2, 3), keepdims=True)
    return (normalised * _PER_UNIT + _OFFSET) * seen


def _why(path: Path) -> str:
    found = recordings.first(path, lambda p: p.name == FILE)
    return "" if found is None else f"files named {FILE}: two persons of 15 joints, normalised coordinates"


READER = Reader(
    kind="SBU files",
    description="SBU Kinect Interaction (a folder with skeleton_pos.txt)",
    notes="Two persons of 15 joints. The subject is the pair of people, as in the published protocol.",
    read=read_sbu,
    why=_why,
)
