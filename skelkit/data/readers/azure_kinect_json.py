"""Frames of Azure Kinect's `offline_processor` in json; see `azure_kinect`."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ...skeletons.layouts import KNOWN
from ..errors import Place, UnreadableFile
from . import json_files, landmark_csv, tracks
from .common import quote

JOINTS = 32

RATES = (5.0, 15.0, 30.0)
"""Frame rates of the camera."""

Frames = list[tuple[int, list[tracks.Person]]]
"""Number of each frame, and identity and joints [32, 4] of each body in it; the last value is 1 if found."""


def read(file: Path) -> tuple[Frames, float]:
    """The frames of a file, and the camera's rate that is next to that of the timestamps, else 30.

    Raises:
        FileNotFoundError: there is no such file.
        UnreadableFile: names the frame.
    """
    names, frames = json_files.fields(file, "the file", json_files.read_json(file), "joint_names", "frames")
    order = _order(file, names)
    found: Frames = []
    times = []
    for number, frame in enumerate(json_files.items(file, "frames", frames)):
        where = Place(file, part=f"frame {number}")
        (bodies,) = json_files.fields(where, "the frame", frame, "bodies")
        found.append(
            (number, [_body(where, body, order) for body in json_files.items(where, "bodies", bodies)])
        )
        times.append(frame.get("timestamp_usec"))
    return _timed(file, found, times)


def _timed(file: Path, frames: Frames, times: list[Any]) -> tuple[Frames, float]:
    """The frames numbered by their times in microseconds, and their rate. Dropped frames show nobody."""
    if not all(type(time) is int and 0 <= time < 2**53 for time in times) or len(times) < 2:
        return frames, 30.0
    step = float(np.median(np.diff(times)))
    if step <= 0:
        raise UnreadableFile(
            file, "timestamp_usec that does not rise", "the time of each frame", "correct it"
        )
    rate = min(RATES, key=lambda rate: abs(rate - 1e6 / step))
    places = [round((time - times[0]) * rate / 1e6) for time in times]
    if all(before < after for before, after in pairwise(places)):
        frames = [(place, bodies) for place, (_, bodies) in zip(places, frames, strict=True)]
    return frames, rate


def _order(file: Path, names: object) -> list[int]:
    """Place in the file of each joint of the layout."""
    keys = [landmark_csv.key(n) for n in json_files.items(file, "joint_names", names) if isinstance(n, str)]
    wanted = [landmark_csv.key(joint) for joint in KNOWN["azure32"].joints]
    if sorted(keys) != sorted(wanted):
        odd = next((key for key in keys if key not in wanted), f"{len(keys)} names")
        raise UnreadableFile(
            file, f"joint_names: {quote(odd)}", "the 32 joints of Azure Kinect", "correct them"
        )
    return [keys.index(key) for key in wanted]


def _body(where: Place, body: object, order: list[int]) -> tuple[object, np.ndarray]:
    name, positions = json_files.fields(where, "a body", body, "body_id", "joint_positions")
    if type(name) is not int:
        raise UnreadableFile(where, f"body_id {quote(name)}", "a number", "correct it")
    rows = json_files.items(where, "joint_positions", positions)
    if len(rows) != JOINTS:
        raise UnreadableFile(where, f"{len(rows)} joint_positions", f"{JOINTS}", "correct the file")
    joints = np.stack([json_files.numbers(where, "joint_positions", row, 3) for row in rows])[order]
    return name, np.concatenate([joints, np.ones((JOINTS, 1))], 1)
