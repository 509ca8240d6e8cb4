"""MSR-Action3D: ``a01_s02_e03_skeleton3D.txt`` is action 1 by subject 2, take 3.

Every twenty lines are the joints of a frame: x, y, z in metres, y up, and a confidence. The files without
"3D" have pixels and depth in the same order and are read if there are no others. Published splits train on
the odd subjects. (Li et al., "Action recognition based on a bag of 3D points", 2010; data page of W. Li,
"MSR Action3D".)
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ..clips import ClipSet
from ..errors import UnreadableFile
from . import recordings, text_numbers
from .common import clip_set
from .pixels import from_image
from .reader import Reader

NAME = re.compile(r"a([0-9]{2})_s([0-9]{2})_e([0-9]{2})_skeleton(3D)?\.txt")

JOINTS = 20

ACTIONS = (
    *("high arm wave", "horizontal arm wave", "hammer", "hand catch", "forward punch", "high throw"),
    *("draw x", "draw tick", "draw circle", "hand clap", "two hand wave", "side-boxing", "bend"),
    *(
        "forward kick",
        "side kick",
        "jogging",
        "tennis swing",
        "tennis serve",
        "golf swing",
        "pick up & throw",
    ),
)


def read_msr_action3d(path: str | Path, *, fps: float = 15.0, height: float = 1.7) -> ClipSet:
    """All recordings of a folder and its subfolders; class and subject come from the file names.

    Args:
        path: a folder with files named like ``a01_s01_e01_skeleton3D.txt``, or one such file.
        fps: frames per second. (The data set's paper says 15.)
        height: of a person in metres, for files without "3D" (pixels), see `pixels.in_metres`.

    Raises:
        FileNotFoundError: there is no such file or folder.
        UnreadableFile: no such file, or a damaged one; names the line.
    """
    path = Path(path)
    _, files, _ = recordings.recordings(path, _is_msr, "a01_s01_e01_skeleton3D.txt")
    matches = [match for file in files if (match := NAME.fullmatch(file.name))]
    in_space = any(match[4] for match in matches)
    chosen = [(f, m) for f, m in zip(files, matches, strict=True) if bool(m[4]) is in_space]
    names = [match[0].removesuffix(".txt") for _, match in chosen]
    arrays: list[np.ndarray | None] = []
    for file, _ in chosen:
        rows = text_numbers.read(file, (4, 3))
        if len(rows) % JOINTS:
            raise UnreadableFile(file, f"{len(rows)} lines", f"{JOINTS} for each frame", "get the whole file")
        joints = rows.reshape(-1, 1, JOINTS, rows.shape[1])
        arrays.append(joints[..., :3] if in_space else from_image(file, joints[..., :2], height=height))
    kept = recordings.with_people(
        path, names, [array if array is not None and len(array) else None for array in arrays]
    )
    action, subject, _ = zip(*[[int(n) for n in chosen[i][1].groups()[:3]] for i in kept], strict=True)
    labels, classes = recordings.numbered(action, ACTIONS)
    return clip_set(
        path,
        list(kept.values()),
        names=[names[i] for i in kept],
        labels=labels,
        size=sum(file.stat().st_size for file, _ in chosen),
        skeleton="msr20",
        fps=fps,
        classes=classes,
        subject=subject,
    )


def _is_msr(path: Path) -> bool:
    return NAME.fullmatch(path.name) is not None


def _why(path: Path) -> str:
    found = recordings.first(path, _is_msr)
    if found is None:
        return ""
    unit = "metres" if "3D" in found.name else "pixels, since the name lacks 3D"
    return f"files named like a01_s01_e01_skeleton3D.txt; twenty joints in MSR-Action3D's order, {unit}"


READER = Reader(
    kind="MSR-Action3D files",
    description="MSR-Action3D (a folder of a01_s01_e01_skeleton3D.txt)",
    notes="Class and subject come from the file names. Split: `--by subject --train 1 3 5 7 9`.",
    read=read_msr_action3d,
    why=_why,
)
