"""Landmarks of MediaPipe Pose in json, in the forms that people write; see `mediapipe`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import Place, UnreadableFile
from . import json_files, landmark_csv, tracks
from .common import quote

JOINTS = 33

Frames = list[tuple[int, list[tracks.Person]]]

_FRAMES = ("frames", "data", "landmarks", "poses", "results", "pose_landmarks", "pose_world_landmarks")
_WORLD = ("pose_world_landmarks", "world_landmarks", "pose_world", "landmarks_world")
_IMAGE = ("pose_landmarks", "landmarks", "pose", "keypoints", "joints", "landmark")
_NUMBERS = ("frame", "frame_index", "frame_id", "frame_number", "frame_idx")


def read(file: Path) -> Frames:
    """Number of each frame, and the landmarks [33, 4] of each person in it, who have no identity.

    Raises:
        FileNotFoundError: there is no such file.
        UnreadableFile: names the frame.
    """
    content = json_files.read_json(file)
    if isinstance(content, dict):
        content = next((content[k] for k in _FRAMES if isinstance(content.get(k), list)), content)
    frames = json_files.items(file, "the file", content)
    dicts = [frame for frame in frames if isinstance(frame, dict)]
    landmarks = next((k for k in (*_WORLD, *_IMAGE) if any(frame.get(k) for frame in dicts)), "")
    counter = next((k for k in _NUMBERS if dicts and all(_is_number(f.get(k)) for f in dicts)), "")
    if len(dicts) < len(frames) or len({frame[counter] for frame in dicts if counter}) < len(frames):
        counter = ""
    found_frames: Frames = []
    for place, frame in enumerate(frames):
        where = Place(file, part=f"frame {place}")
        found = frame.get(landmarks) if isinstance(frame, dict) else frame
        people: list[tracks.Person] = [(None, _landmarks(where, person)) for person in _people(where, found)]
        found_frames.append((frame[counter] if counter else place, people))
    return found_frames


def _is_number(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**31


def _people(where: Place, found: object) -> list[Sequence[object]]:
    """The lists of landmarks of a frame: none, one or several."""
    if isinstance(found, dict):
        found = next((found[k] for k in ("landmark", "landmarks") if k in found), list(found.values()))
    if not found:
        return []
    people = json_files.items(where, "the landmarks", found)
    if len(people) == JOINTS and not (isinstance(people[0], list) and len(people[0]) == JOINTS):
        return [people]
    if all(isinstance(person, list) and len(person) == JOINTS for person in people):
        return people
    raise UnreadableFile(where, f"{len(people)} landmarks", f"{JOINTS} of each person", "save all landmarks")


def _landmarks(where: Place, person: Sequence[object]) -> np.ndarray:
    """Landmarks [33, 4] of a person: x, y, z, visibility, which is zero if a coordinate is missing."""
    rows = []
    for place, landmark in enumerate(person):
        if isinstance(landmark, dict):
            shown = next((landmark[k] for k in ("visibility", "v", "score") if k in landmark), 1.0)
            landmark = [landmark.get("x"), landmark.get("y"), landmark.get("z", 0.0), shown]
        row = [*landmark, 1.0][:4] if isinstance(landmark, list) and len(landmark) in (3, 4) else []
        if len(row) != 4 or not all(type(v) in (int, float) or v is None for v in row):
            raise UnreadableFile(
                where, f"landmark {place}: {quote(landmark)}", "x, y, z, visibility", "correct it"
            )
        rows.append([np.nan if v is None or abs(v) > 1e30 else v for v in row])
    values = np.array(rows, np.float64)
    missing = ~np.isfinite(values).all(1)
    values[:, 3] = np.maximum(values[:, 3], landmark_csv.LEAST)
    values[missing] = 0
    return values
