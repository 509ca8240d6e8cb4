"""MediaPipe Pose as its users save it: json or csv with 33 landmarks for each frame.

Json: a list of frames (or an object with one, such as ``{"frames": […]}``); a frame is a list of 33
landmarks ``{"x", "y", "z", "visibility"}`` or ``[x, y, z, visibility]``, an object that has one as
``pose_world_landmarks``, ``pose_landmarks``, …, or null where nobody was found. Csv: see `landmark_csv`.
World landmarks are metres with the origin between the hips, x to the right, y down, z away from the camera;
the others are shares of the width and height of the image, of which x and y are read. (MediaPipe, "Pose
landmark detection guide".)
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ...skeletons.layouts import KNOWN
from ..clips import ClipSet
from ..errors import UnreadableFile
from . import json_files, landmark_csv, mediapipe_json, recordings, tracks
from .common import upright
from .mediapipe_json import Frames
from .pixels import ASPECT, from_image
from .reader import Reader

JOINTS = 33


def read_mediapipe(
    path: str | Path,
    *,
    fps: float = 30.0,
    pattern: str | None = None,
    persons: int = 2,
    height: float = 1.7,
    score: float = 0.0,
    aspect: float = ASPECT,
) -> ClipSet:
    """Each file of a folder and its subfolders (or the one file) as a clip.

    World landmarks are read if a file has them.

    Args:
        path: a .json or .csv, or a folder with such files.
        fps: frames per second, which the files do not contain.
        pattern: regular expression for names of files, see `recordings.classify`.
        persons: persons of a clip; several in a frame are linked, see `tracks.linked`.
        height, aspect: for landmarks in the image, see `pixels.from_image`.
        score: landmarks of lower visibility are set to zero, like missing joints.

    Raises:
        FileNotFoundError: there is no such file or folder.
        UnreadableFile: no such file, or a damaged one; names the frame or line.
    """
    path = Path(path)
    _, files, names = recordings.recordings(path, lambda p: bool(_kind(p)), "MediaPipe landmarks")
    size = sum(file.stat().st_size for file in files)
    arrays: list[np.ndarray | None] = []
    for file in files:
        placed = _slots(file, persons)
        if placed is None:
            arrays.append(None)
        elif is_world(placed):
            arrays.append(upright(placed[..., :3] * (placed[..., 3:] >= score), "-y"))
        else:
            options = {"height": height, "least_score": score, "aspect": aspect}
            arrays.append(from_image(file, placed[..., :2], placed[..., 3], **options))
    return recordings.assembled(path, names, arrays, pattern, size=size, skeleton="mediapipe33", fps=fps)


def is_world(placed: np.ndarray) -> bool:
    """Whether landmarks [T, M, 33, 4] have their origin between the hips, in most frames: world landmarks."""
    hips = placed[:, :, 23:25]
    seen = (hips[..., 3] > 0).all(-1)
    return bool(seen.any()) and float(np.median(np.abs(hips[..., :3].mean(2)[seen]).max(-1))) < 0.02


def _slots(file: Path, persons: int) -> np.ndarray | None:
    """Person slots [T, M, 33, 4] (x, y, z, visibility) of a file; None if nobody is in it."""
    if file.suffix.lower() == ".csv":
        rows = landmark_csv.read(file, KNOWN["mediapipe33"].joints)
        frames: Frames = [(number, [(name or None, joints)]) for (number, name), joints in rows.items()]
    else:
        frames = mediapipe_json.read(file)
    return tracks.placed(file, frames, persons, file.stat().st_size)


def _kind(path: Path) -> str:
    """How a file was recognised, "" if it is none of MediaPipe."""
    if path.name.lower().endswith("windows.csv"):
        return ""
    if landmark_csv.layout_of(path, KNOWN["mediapipe33"].joints) is not None:
        return "a table with the 33 landmarks of MediaPipe Pose"
    text = json_files.head(path) if path.suffix.lower() == ".json" and path.is_file() else ""
    points = '"x"' in text and '"y"' in text and ("isibility" in text or "andmark" in text)
    named = points or re.search(r'"(pose_)?(world_)?landmarks"\s*:\s*\[', text) is not None
    return "json with landmarks" if named and text.lstrip()[:1] in ("[", "{") else ""


def _why(path: Path) -> str:
    file = recordings.first(path, lambda p: bool(_kind(p)), (".json", ".csv"))
    if file is None:
        return ""
    try:
        placed = _slots(file, 1)
    except (UnreadableFile, FileNotFoundError):
        placed = None
    if placed is None:
        return _kind(file)
    if is_world(placed):
        return f"{_kind(file)}; metres, since the origin lies between the hips"
    return f"{_kind(file)}; positions in the image (shares: of one of 16:9, see option aspect), without depth"


READER = Reader(
    kind="MediaPipe files",
    description="a .json or .csv of MediaPipe Pose, or a folder of them",
    notes="33 landmarks for each frame, as a list or a table. World landmarks are metres; others are scaled "
    "like all positions in an image. One clip per file.",
    read=read_mediapipe,
    can_read=lambda path: recordings.first(path, lambda p: bool(_kind(p)), (".json", ".csv")) is not None,
    why=_why,
    not_read=lambda path: landmark_csv.unread(path, KNOWN["mediapipe33"].joints),
)
