"""Florence 3D Actions: ``Florence_dataset_WorldCoordinates.txt``, all recordings in one file.

A line is video, actor, category and x, y, z of 15 joints. (Seidenari et al., 2013; readme of the data set.
It does not say the unit: the coordinates are taken as millimetres if the median body spans more than 20
units, else as metres.)
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ...utils.validation import positive
from ..clips import ClipSet
from ..errors import UnreadableFile
from . import recordings, text_numbers
from .common import clip_set, number
from .json_files import head
from .reader import Reader

ACTIONS = (
    *("wave", "drink from a bottle", "answer phone", "clap", "tight lace", "sit down", "stand up"),
    *("read watch", "bow"),
)

_NAME = re.compile("florence.*world.*\\.txt", re.IGNORECASE)


def read_florence3d(path: str | Path, *, fps: float = 30.0, scale: float | None = None) -> ClipSet:
    """All videos of the file; the subject is the actor.

    Args:
        path: the file, or the folder that has it.
        fps: frames per second, which the file does not contain.
        scale: metres per unit. Default: 0.001 if the median body spans more than 20 units, else 1.

    Raises:
        FileNotFoundError: there is no such file or folder.
        UnreadableFile: no such file, or a damaged one; names the line.
    """
    path = Path(path)
    if scale is not None:
        positive(scale, "scale", "metres per unit of the file")
    file = recordings.first(path, _is_florence)
    if file is None:
        raise UnreadableFile(path, "no Florence_dataset_WorldCoordinates.txt", "that file", "pass its folder")
    rows = text_numbers.read(file, 48)
    about = rows[:, :3].astype(int)
    if not len(rows) or (about != rows[:, :3]).any() or about.min() < 0 or about.max() > 10**6:
        raise UnreadableFile(file, "odd numbers of videos", "video, actor, category", "get the file again")
    joints = rows[:, 3:].reshape(-1, 1, 15, 3)
    span = float(np.median((joints.max(2) - joints.min(2)).max(-1)))
    metres = joints * (scale or (0.001 if span > 20 else 1.0))
    begins = np.flatnonzero(np.r_[True, (about[1:] != about[:-1]).any(1)])
    videos = about[begins]
    labels, classes = recordings.numbered(videos[:, 2].tolist(), ACTIONS)
    return clip_set(
        file,
        np.split(metres, begins[1:]),
        names=[f"video {video}" for video in videos[:, 0]],
        labels=labels,
        size=file.stat().st_size,
        skeleton="florence15",
        fps=fps,
        classes=classes,
        subject=videos[:, 1].tolist(),
    )


def _is_florence(path: Path) -> bool:
    if _NAME.fullmatch(path.name) is None or not path.is_file():
        return False
    cells = head(path).partition("\n")[0].split()
    return len(cells) == 48 and all(number(cell) == number(cell) for cell in cells)


def _why(path: Path) -> str:
    found = recordings.first(path, _is_florence)
    return "" if found is None else f"{found.name}, lines of 48 numbers: 15 joints"


READER = Reader(
    kind="Florence 3D files",
    description="Florence 3D Actions (Florence_dataset_WorldCoordinates.txt)",
    notes="Fifteen joints; the subject is the actor. Millimetres or metres, by the size of bodies.",
    read=read_florence3d,
    why=_why,
)
