"""Northwestern-UCLA: a folder (or .zip) of json files, one per clip, the format of CTR-GCN and others.

``a08_s02_e01_v03.json`` is action 8 by subject 2, environment 1, view 3; its ``skeletons`` are
[frames][20][3], the joints of Kinect v1. There are no actions 7 and 10. The published split trains on
views 1 and 2 and tests on view 3: ``clips.split("view", train=[1, 2])``. (Wang et al., "Cross-view Action
Modeling, Learning, and Recognition", 2014; layout: `feeders/feeder_ucla.py` of CTR-GCN.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ...skeletons.layouts import KINECT20
from ...utils.validation import positive
from ..clips import ClipSet
from ..errors import Place, UnreadableFile
from . import archives, json_files
from .common import clip_set, plain_name, quote, read_file
from .reader import Reader

NAME = re.compile(r"a([0-9]{2})_s([0-9]{2})_e([0-9]{2})_v([0-9]{2})\.json")

ACTIONS = {
    1: "pick up with one hand",
    2: "pick up with two hands",
    3: "drop trash",
    4: "walk around",
    5: "sit down",
    6: "stand up",
    8: "donning",
    9: "doffing",
    11: "throw",
    12: "carry",
}

MOST_BYTES = 8 * 2**20
"""Size limit of one clip; the longest has 0.2 MB. (Python lists take about sixty times their text.)"""


def read_nwucla(path: str | Path, *, fps: float = 30.0, scale: float = 1.0) -> ClipSet:
    """All clips of the folder or archive; subject, view and (as setup) environment come from the file names.

    Args:
        path: a folder whose json files are named like ``a01_s01_e00_v01.json``, or a .zip with them in any
            folder. Other files are ignored.
        fps: frames per second, which the files do not contain. (Kinect v1 records 30.)
        scale: metres per unit of the file.

    Raises:
        FileNotFoundError: there is no such file or folder.
        UnreadableFile: a damaged file, or no file with such a name.
    """
    path = Path(path)
    positive(scale, "scale", "metres per unit of the file")
    arrays, names, numbers, size = [], [], [], 0
    for where, match, content in _files(path):
        arrays.append(_poses(where, content, scale))
        names.append(match.string.removesuffix(".json"))
        numbers.append([int(part) for part in match.groups()])
        size += len(content)
    if not arrays:
        raise UnreadableFile(
            path,
            "no file named like a01_s01_e00_v01.json",
            "one for each clip",
            "pass the folder that holds them (all_sqe)",
        )
    action, subject, setup, view = zip(*numbers, strict=True)
    known = sorted(set(action))
    return clip_set(
        path,
        arrays,
        names=names,
        labels=[known.index(number) for number in action],
        size=size,
        skeleton=KINECT20,
        fps=fps,
        classes=[ACTIONS.get(number, f"action {number}") for number in known],
        subject=subject,
        view=view,
        setup=setup,
    )


def _files(path: Path) -> Iterator[tuple[Place, re.Match[str], bytes]]:
    """Place, name (matched with `NAME`) and content of each clip's file."""
    if path.is_dir():
        for file in sorted(path.iterdir()):
            if match := NAME.fullmatch(file.name):
                content = read_file(file, MOST_BYTES)
                yield Place(file), match, content
        return
    for member, content in archives.members(path, ".json", MOST_BYTES):
        if match := NAME.fullmatch(member.rpartition("/")[2]):
            yield Place(f"{path}/{member}"), match, content


@np.errstate(over="ignore", invalid="ignore")
def _poses(where: Place, content: bytes, scale: float) -> np.ndarray:
    """Poses [T, 1, 20, 3] of one file, in metres."""
    clip = json_files.parse(where, content)
    skeletons = clip.get("skeletons") if isinstance(clip, dict) else None
    if not isinstance(skeletons, list):
        raise UnreadableFile(
            where,
            quote(clip if skeletons is None else skeletons),
            '"skeletons": [frames][20][3]',
            "get the file from its authors",
        )
    if isinstance(clip, dict) and "file_name" in clip:
        plain_name(where, "file_name", clip["file_name"])
    if (irregular := _irregularity(skeletons)) is not None:
        raise UnreadableFile(where, f"skeletons: {irregular}", "numbers [frames][20][3]", "correct the file")
    return np.array(skeletons, dtype=np.float64)[:, None] * scale


def _irregularity(skeletons: list[object]) -> str | None:
    """What is not a frame of 20 joints of three numbers; None if all are.

    Checked before numpy makes an array: of strings it would make one with room for the longest everywhere.
    """
    for number, frame in enumerate(skeletons):
        if not isinstance(frame, list) or len(frame) != 20:
            return f"frame {number}: {quote(frame)}"
        for place, joint in enumerate(frame):
            if not isinstance(joint, list) or len(joint) != 3 or not all(map(_is_number, joint)):
                return f"frame {number}, joint {place}: {quote(joint)}"
    return None if skeletons else "no frames"


def _is_number(value: object) -> bool:
    return type(value) is float or (type(value) is int and abs(value) < 2**53)


def _is_nwucla(path: Path) -> bool:
    if path.is_dir():
        return any(NAME.fullmatch(entry.name) for entry in path.iterdir())
    if path.suffix.lower() != ".zip":
        return False
    return any(NAME.fullmatch(name.rpartition("/")[2]) for name in archives.names(path))


READER = Reader(
    kind="NW-UCLA files",
    description="a folder or .zip of NW-UCLA .json",
    notes="Northwestern-UCLA as CTR-GCN keeps it, one file per clip.",
    read=read_nwucla,
    can_read=_is_nwucla,
    suffixes=(".zip",),
)
