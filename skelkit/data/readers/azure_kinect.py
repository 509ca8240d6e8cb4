"""Azure Kinect body tracking: json of the SDK's `offline_processor`, or csv as its users save it.

``{"joint_names": [32 names], "frames": [{"timestamp_usec": …, "bodies": [{"body_id": 1, "joint_positions":
[32][3]}]}]}``; millimetres, x to the right, y down, z away from the depth camera. ``body_id`` is the
identity of a person. Csv: see `landmark_csv`. (Azure-Kinect-Samples,
`body-tracking-samples/offline_processor/main.cpp`; Azure Kinect DK documentation, "Body tracking joints".)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...skeletons.layouts import KNOWN
from ...utils.validation import positive
from ..clips import ClipSet
from ..errors import UnreadableFile
from . import azure_kinect_json, json_files, landmark_csv, recordings, tracks
from .common import upright
from .reader import Reader


def read_azure_kinect(
    path: str | Path,
    *,
    fps: float | None = None,
    pattern: str | None = None,
    persons: int = 2,
    scale: float | None = None,
) -> ClipSet:
    """Each file of a folder and its subfolders (or the one file) as a clip.

    Args:
        path: a .json or .csv, or a folder with such files.
        fps: frames per second. Default: the camera's rate that is next to that of the timestamps; 30 for csv.
        pattern: regular expression for names of files, see `recordings.classify`.
        persons: persons of a clip, those seen longest.
        scale: metres per unit. Default: 0.001; for csv with bodies smaller than 20 units, 1.

    Raises:
        FileNotFoundError: there is no such file or folder.
        UnreadableFile: no such file, or a damaged one; names the frame or line.
    """
    path = Path(path)
    if scale is not None:
        positive(scale, "scale", "metres per unit of the file")
    _, files, names = recordings.recordings(path, lambda p: bool(_kind(p)), "Azure Kinect recording")
    size = sum(file.stat().st_size for file in files)
    arrays: list[np.ndarray | None] = []
    rates = set()
    for file in files:
        frames, rate = _frames(file)
        rates.add(rate)
        placed = tracks.placed(file, frames, persons, file.stat().st_size)
        metres = None if placed is None else upright(placed[..., :3], "-y") * (scale or unit(placed))
        arrays.append(metres)
    if fps is None and len(rates) > 1:
        found = " and ".join(f"{rate:g}" for rate in sorted(rates))
        raise UnreadableFile(path, f"{found} frames per second", "one rate", "read them apart, or pass fps")
    rest: dict[str, Any] = {"size": size, "skeleton": "azure32", "fps": fps or rates.pop()}
    return recordings.assembled(path, names, arrays, pattern, **rest)


def unit(placed: np.ndarray) -> float:
    """Metres per unit of joints [T, M, 32, 4]: 0.001 if the median body spans more than 20 units, else 1."""
    bodies = placed[(placed[..., 3] > 0).any(-1)][..., :3]
    return 0.001 if len(bodies) and np.median((bodies.max(1) - bodies.min(1)).max(1)) > 20 else 1.0


def _frames(file: Path) -> tuple[azure_kinect_json.Frames, float]:
    """The frames of a file, and frames per second."""
    if file.suffix.lower() == ".csv":
        rows = landmark_csv.read(file, KNOWN["azure32"].joints)
        return [(frame, [(name or None, joints)]) for (frame, name), joints in rows.items()], 30.0
    return azure_kinect_json.read(file)


def _kind(path: Path) -> str:
    """How a file was recognised, "" if it is none of Azure Kinect."""
    if path.name.lower().endswith("windows.csv"):
        return ""
    if landmark_csv.layout_of(path, KNOWN["azure32"].joints) is not None:
        return (
            "a table with the 32 joints of Azure Kinect; millimetres, or metres if bodies span less than 20"
        )
    if path.suffix.lower() == ".json" and path.is_file():
        text = json_files.head(path)
        if '"bone_list"' in text or ('"joint_positions"' in text and '"bodies"' in text):
            return "json of the offline processor (bone_list, frames, bodies): 32 joints, millimetres"
    return ""


def _why(path: Path) -> str:
    file = recordings.first(path, lambda p: bool(_kind(p)), (".json", ".csv"))
    return "" if file is None else _kind(file)


READER = Reader(
    kind="Azure Kinect files",
    description="a .json or .csv of Azure Kinect body tracking, or a folder of them",
    notes="32 joints in millimetres, from the SDK's offline processor or a table. The frame rate is that of "
    "the timestamps; `body_id` is the identity of a person. One clip per file.",
    read=read_azure_kinect,
    why=_why,
    not_read=lambda path: landmark_csv.unread(path, KNOWN["azure32"].joints),
    says_fps=lambda path: recordings.first(path, lambda p: p.suffix.lower() == ".csv") is None,
)
