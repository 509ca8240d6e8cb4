"""Northwestern-UCLA: a folder (or zip archive) of json files, one per clip, as CTR-GCN and what followed it read them.

``a08_s02_e01_v03.json`` is action 8 by subject 2, environment 1, view 3; in it ``skeletons`` holds [frames][20][3], Kinect v1's joints.
There are no actions 7 and 10. Train on views 1 and 2, test on view 3: ``clips.split("view", train=[1, 2])``.
(Wang et al., "Cross-view Action Modeling, Learning, and Recognition", 2014; layout: `feeders/feeder_ucla.py` of CTR-GCN.)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ...skeletons.layouts import KINECT20
from ..clips import ClipSet
from . import archives
from .common import check_file, clip_set, fail, plain_name, quote

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
"""Of one clip; the longest has a fifth of a megabyte. (Lists take some sixty times their text.)"""


@np.errstate(over="ignore", invalid="ignore")
def read_nwucla(path: str | Path, *, fps: float = 30.0, scale: float = 1.0) -> ClipSet:
    """All clips of the folder or archive; subject, view and (as setup) environment come from the file names.

    Args:
        path: a folder whose json files are named like ``a01_s01_e00_v01.json``, or a .zip with them in any folder. Other files are left alone.
        fps: frames per second; the files do not say. (Kinect v1 records 30.)
        scale: metres per unit of the file.

    Raises:
        FileNotFoundError: there is no such file or folder.
        ValueError: "file[:line]: found …, expected …; what to do".
    """
    path = Path(path)
    if not (scale > 0 and np.isfinite(scale)):
        raise ValueError(f"scale must be a positive number of metres per unit of the file; got {scale}")
    arrays, names, numbers, size = [], [], [], 0
    for where, name, content in _files(path):
        arrays.append(_poses(where, content)[:, None] * scale)
        names.append(name.removesuffix(".json"))
        numbers.append([int(part) for part in NAME.fullmatch(name).groups()])
        size += len(content)
    if not arrays:
        fail(
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


def is_nwucla(folder: Path) -> bool:
    """Whether `read_nwucla` takes this folder."""
    return any(NAME.fullmatch(entry.name) for entry in folder.iterdir())


def _files(path: Path) -> Iterator[tuple[str, str, bytes]]:
    """(where for errors, file name, content) of each clip."""
    if path.is_dir():
        for file in sorted(path.iterdir()):
            if NAME.fullmatch(file.name):
                yield str(file), file.name, check_file(file, MOST_BYTES).read_bytes()
        return
    for member, content in archives.members(path, ".json", MOST_BYTES):
        name = member.rpartition("/")[2]
        if NAME.fullmatch(name):
            yield f"{path}/{member}", name, content


def _poses(where: str, content: bytes) -> np.ndarray:
    """[T, 20, 3] of one file."""
    try:
        clip = json.loads(content)
    except json.JSONDecodeError as error:
        fail(f"{where}:{error.lineno}", error.msg, "json", "get the whole file")
    except (
        ValueError,
        RecursionError,
    ) as error:  # no UTF-8, numbers of thousands of digits, lists without end
        fail(where, f"something that is no json ({quote(str(error))})", "json", "get the whole file")
    skeletons = clip.get("skeletons") if isinstance(clip, dict) else None
    if not isinstance(skeletons, list):
        fail(
            where,
            quote(clip if skeletons is None else skeletons),
            '"skeletons": [frames][20][3]',
            "get the file from its authors",
        )
    if "file_name" in clip:
        plain_name(where, "file_name", clip["file_name"])
    if (odd := _odd(skeletons)) is not None:
        fail(where, f"skeletons: {odd}", "numbers [frames][20][3]", "mend the file")
    return np.array(skeletons, dtype=np.float64)


def _odd(skeletons: list) -> str | None:
    """What is not frames of 20 joints of three numbers. Looked for first: numpy would make room for the longest string everywhere."""
    for number, frame in enumerate(skeletons):
        if not isinstance(frame, list) or len(frame) != 20:
            return f"frame {number}: {quote(frame)}"
        for place, joint in enumerate(frame):
            if (
                not isinstance(joint, list)
                or len(joint) != 3
                or not all(type(v) is float or (type(v) is int and abs(v) < 2**53) for v in joint)
            ):
                return f"frame {number}, joint {place}: {quote(joint)}"
    return None if skeletons else "no frames"
