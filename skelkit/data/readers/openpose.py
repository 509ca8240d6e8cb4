"""OpenPose: a folder with one json file per frame, ``<video>_000000000012_keypoints.json``.

Each has ``people``, whose ``pose_keypoints_2d`` is x, y, confidence of each joint (BODY_25: 75 numbers,
COCO: 54), and with ``--3d`` also ``pose_keypoints_3d``, x, y, z, found. A joint at (0, 0) was not found.
People have no identity: they are linked from frame to frame. (Format: OpenPose, `doc/02_output.md`.)
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ...utils.validation import positive
from ..clips import ClipSet
from ..errors import UnreadableFile
from . import json_files, recordings, tracks
from .common import number, upright
from .pixels import ASPECT, from_image
from .reader import Reader

NAME = re.compile(r"(?P<clip>.*?)_?(?P<frame>[0-9]{1,15})_keypoints\.json", re.IGNORECASE)

LAYOUTS = {25: "body25", 18: "coco18"}

_KEYS = ("pose_keypoints_3d", "pose_keypoints_2d", "pose_keypoints")
MOST_BYTES = 2**23  # of one frame; a person with face and hands has 6 KB


def read_openpose(
    path: str | Path,
    *,
    fps: float = 30.0,
    pattern: str | None = None,
    persons: int = 2,
    height: float = 1.7,
    score: float = 0.0,
    aspect: float = ASPECT,
    scale: float = 1.0,
) -> ClipSet:
    """Each video in the folder and its subfolders as a clip.

    Videos in one folder differ in what precedes the frame number. Joints in 3-D are read if there are any.

    Args:
        path: a folder.
        fps: frames per second, which the files do not contain.
        pattern: regular expression for names of clips, see `recordings.classify`.
        persons: persons of a clip, those seen longest and most surely, see `tracks.linked`.
        height, score, aspect: for two dimensions, see `pixels.from_image`.
        scale: for three dimensions: metres per unit, that of the camera calibration.

    Raises:
        FileNotFoundError: there is no such folder.
        UnreadableFile: no such files, or a damaged one; names it.
    """
    path = Path(path)
    positive(scale, "scale", "metres per unit of the file")
    videos = _videos(path)
    size = sum(file.stat().st_size for files in videos.values() for file in files.values())
    slots = [_placed(path, files, persons, size) for files in videos.values()]
    joints = {placed.shape[2] for placed in slots if placed is not None}
    if len(joints) > 1:
        raise UnreadableFile(path, "people of 25 joints and of 18", "one model", "read them apart")
    poses: list[np.ndarray | None] = []
    for placed in slots:
        if placed is not None and placed.shape[3] == 4:
            poses.append(upright(placed[..., :3] * (placed[..., 3:] > 0), "-y") * scale)
        elif placed is not None:
            options = {"height": height, "least_score": score, "aspect": aspect}
            poses.append(from_image(path, placed[..., :2], placed[..., 2], **options))
        else:
            poses.append(None)
    skeleton = LAYOUTS[joints.pop()] if joints else None
    return recordings.assembled(path, list(videos), poses, pattern, size=size, skeleton=skeleton, fps=fps)


def _videos(path: Path) -> dict[str, dict[int, Path]]:
    """Frame number -> file of each video, by its name: its folder, or what precedes the frame numbers."""
    found: dict[tuple[Path, str], dict[int, Path]] = {}
    for file in recordings.inside(path):
        if match := NAME.fullmatch(file.name):
            files = found.setdefault((file.parent, match["clip"]), {})
            if files.setdefault(int(match["frame"]), file) != file:
                raise UnreadableFile(file, "a second file of this frame", "one", "remove one")
    if not found:
        raise UnreadableFile(path, "no *_keypoints.json with a frame number", "them", "pass their folder")
    folders = [folder for folder, _ in found]
    names = {}
    for (folder, clip), files in found.items():
        parts = folder.relative_to(path).parts
        if folders.count(folder) > 1 or not parts:
            parts = (*parts, clip or path.name)
        names["/".join(parts)] = files
    return names


def _placed(path: Path, files: dict[int, Path], persons: int, size: int) -> np.ndarray | None:
    """Person slots [T, M, V, 3 or 4] of a video, with confidences last; None if nobody is in it."""
    people = {number: _people(file) for number, file in files.items()}
    if not (found := {key for frame in people.values() for key, _ in frame}):
        return None
    wanted = next(key for key in _KEYS if key in found)
    frames = {number: [joints for key, joints in frame if key == wanted] for number, frame in people.items()}
    if len({joints.shape for frame in frames.values() for joints in frame}) > 1:
        raise UnreadableFile(path, "people of 25 joints and of 18", "one model", "read them apart")
    people_of = [(n, [(None, p * (p[:, -1:] > 0)) for p in frame]) for n, frame in frames.items()]
    return tracks.placed(path, people_of, persons, size)


def _people(file: Path) -> list[tuple[str, np.ndarray]]:
    """(key, joints [V, 3 or 4]) of each list of joints in a file that is not empty."""
    (people,) = json_files.fields(file, "the file", json_files.read_json(file, MOST_BYTES), "people")
    if (count := len(json_files.items(file, "people", people))) > (most := tracks.MOST_DETECTIONS):
        raise UnreadableFile(file, f"{count} people", f"at most {most}", "leave some out")
    found = []
    for person in people:
        for key in _KEYS:
            if isinstance(person, dict) and person.get(key):
                each = 4 if key == "pose_keypoints_3d" else 3
                counts = [each * joints for joints in LAYOUTS]
                found.append((key, json_files.numbers(file, key, person[key], counts).reshape(-1, each)))
    return found


def _why(path: Path) -> str:
    file = recordings.first(path, lambda p: NAME.fullmatch(p.name) is not None) if path.is_dir() else None
    text = "" if file is None else json_files.head(file)
    if '"people"' not in text:
        return ""
    reason = "files named *_keypoints.json with people in them"
    match = re.search(r'"pose_keypoints(?:_2d)?"\s*:\s*\[([-+0-9eE., \n]+)\]', text)
    if match is None:
        return reason
    values = [number(cell) for cell in match[1].split(",")]
    shares = "; shares of the image (option aspect, default 16:9)" * (max(map(abs, values)) <= 1)
    return f"{reason}, {len(values)} numbers for each person: {LAYOUTS.get(len(values) // 3, '')}{shares}"


READER = Reader(
    kind="OpenPose folders",
    description="a folder of OpenPose *_keypoints.json",
    notes="One file per frame; BODY_25 or COCO-18, in the image or in 3-D. People are linked from frame to "
    "frame, and the two seen longest are kept (option `persons`). Class: name of the folder, or `--pattern`.",
    read=read_openpose,
    why=_why,
    whole_folders=True,
)
