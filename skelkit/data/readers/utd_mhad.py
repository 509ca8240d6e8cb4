"""UTD-MHAD: ``a1_s2_t3_skeleton.mat`` is action 1 by subject 2, trial 3; its ``d_skel`` is [20, 3, frames].

Twenty joints of Kinect v1, head first, in metres, y up. The published protocol trains on the odd subjects.
(Chen et al., 2015; page of the data set.) Needs scipy, which reads the files: ``pip install
skelkit[matlab]``.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ..clips import ClipSet
from . import mat_files, recordings
from .common import clip_set
from .reader import Reader

NAME = re.compile(r"a([0-9]{1,2})_s([0-9]{1,2})_t([0-9]{1,2})_skeleton\.mat")

ACTIONS = (
    *(
        "right arm swipe to the left",
        "right arm swipe to the right",
        "right hand wave",
        "two hand front clap",
    ),
    *("right arm throw", "cross arms in the chest", "basketball shoot", "right hand draw x"),
    *("right hand draw circle (clockwise)", "right hand draw circle (counter clockwise)", "draw triangle"),
    *(
        "bowling (right hand)",
        "front boxing",
        "baseball swing from right",
        "tennis right hand forehand swing",
    ),
    *("arm curl (two arms)", "tennis serve", "two hand push", "right hand knock on door"),
    *("right hand catch an object", "right hand pick up and throw", "jogging in place", "walking in place"),
    *("sit to stand", "stand to sit", "forward lunge (left foot forward)", "squat (two arms stretch out)"),
)


def read_utd_mhad(path: str | Path, *, fps: float = 30.0) -> ClipSet:
    """All recordings of a folder and its subfolders; class and subject come from the file names.

    Args:
        path: a folder with files named like ``a1_s1_t1_skeleton.mat``, or one such file.
        fps: frames per second, which the files do not contain. (Kinect v1 records 30.)

    Raises:
        FileNotFoundError: there is no such file or folder.
        ImportError: scipy is not installed.
        UnreadableFile: no such file, or a damaged one.
    """
    path = Path(path)
    _, files, _ = recordings.recordings(path, _is_utd, "a1_s1_t1_skeleton.mat")
    numbers = [tuple(map(int, match.groups())) for f in files if (match := NAME.fullmatch(f.name))]
    names = [file.name.removesuffix("_skeleton.mat") for file in files]
    kept = recordings.with_people(path, names, [_poses(file) for file in files])
    labels, classes = recordings.numbered([numbers[i][0] for i in kept], ACTIONS)
    return clip_set(
        path,
        list(kept.values()),
        names=[names[i] for i in kept],
        labels=labels,
        size=sum(file.stat().st_size for file in files) * 8,  # packed
        skeleton="kinect20_head",
        fps=fps,
        classes=classes,
        subject=[numbers[i][1] for i in kept],
    )


def _poses(file: Path) -> np.ndarray:
    """Poses [T, 1, 20, 3] of a file."""
    return mat_files.array(file, "d_skel", (20, 3, 0)).transpose(2, 0, 1)[:, None]


def _is_utd(path: Path) -> bool:
    return NAME.fullmatch(path.name) is not None


def _why(path: Path) -> str:
    found = recordings.first(path, _is_utd)
    return "" if found is None else "files named like a1_s1_t1_skeleton.mat; twenty joints, head first"


READER = Reader(
    kind="UTD-MHAD files",
    description="UTD-MHAD (a folder of a1_s1_t1_skeleton.mat)",
    notes="Class and subject come from the file names. Split: `--by subject --train 1 3 5 7`. Needs scipy: "
    "`pip install skelkit[matlab]`.",
    read=read_utd_mhad,
    why=_why,
)
