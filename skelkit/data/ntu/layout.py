"""The text layout of NTU RGB+D ``.skeleton`` files.

    frames
    bodies                               for every frame
    tracking id and nine more numbers    for every body: cut-off edges, hands, lean, tracking state
    25
    x y z and nine more numbers          for every joint: depth and colour image, orientation, tracking state

(Shahroudy et al., "NTU RGB+D: A Large Scale Dataset for 3D Human Activity Analysis", 2016.) A file of one
or two seconds has 230 kB of text, and the data set has 114,480 of them. Nothing is therefore parsed number
by number: the beginnings of all words are found at once, and x, y and z of all joints are parsed digit
column by digit column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from ...utils.files import write_atomic
from ..errors import Place, UnreadableFile
from .text_index import TextIndex

JOINTS = 25
"""Joints of a body."""

LIMIT = 16 << 20
"""Bytes of the largest file that is read; a body takes 3 kB per frame."""

MOST_FRAMES = 100_000
"""Frames of the longest file that is read, about an hour."""

MOST_BODIES = 100
"""Most bodies per frame; Kinect v2 tracks six."""

_BODY_WORDS, _JOINT_WORDS = 10, 12  # words of the line before the joint count, and of a joint's line

# Places of x, y and z of all joints, counted from a body's first word.
_COORDINATES = np.array([_JOINT_WORDS * joint + axis for joint in range(JOINTS) for axis in range(3)])

# Most lines of a file that are not a joint's.
_MOST_OTHER_LINES = 1 + MOST_FRAMES + 2 * LIMIT // (2 * _JOINT_WORDS * JOINTS)

Frames = Sequence[Sequence[tuple[int, np.ndarray]]]
"""For each frame the bodies: tracking id, and joints [25, 3] in metres."""


@dataclass(frozen=True, eq=False)
class Recording:
    """Content of one file.

    Attributes:
        frames: number of frames.
        bodies: tracking id -> (frames in which the body is present, int64 [n], ascending; joints, float32
            [n, 25, 3], metres).
    """

    frames: int
    bodies: dict[int, tuple[np.ndarray, np.ndarray]]


def parse(data: bytes, path: str | Path = "this file") -> Recording:
    """Parse a ``.skeleton`` file; lines may end in LF or CRLF, blank lines are skipped.

    The columns after z are counted but not parsed: in the published files they contain infinities for joints
    outside an image.

    Args:
        data: content of the file.
        path: name of the file in errors.

    Raises:
        UnreadableFile: names the line, for anything that is not a whole file.

    >>> parse(text([[], [(72057594037944340, np.ones((25, 3)))]])).bodies[72057594037944340][0].tolist()
    [1]
    """
    if len(data) > LIMIT:
        found, expected = f"{len(data)} bytes", f"{LIMIT} at most"
        raise UnreadableFile(Place(path, line=1), found, expected, "pass a file of one clip")
    index = TextIndex(data, path, _JOINT_WORDS, _MOST_OTHER_LINES)
    frames, frame_of, identity, rows = _bodies(index)
    if not rows:
        return Recording(frames, {})
    joints = index.numbers(index.first[rows][:, None] + _COORDINATES).reshape(-1, JOINTS, 3)
    frame = np.array(frame_of)
    if len(set(identity)) == 1:
        return Recording(frames, {identity[0]: (frame, joints)})
    where: dict[int, list[int]] = {}
    for place, body in enumerate(identity):
        where.setdefault(body, []).append(place)
    return Recording(frames, {body: (frame[places], joints[places]) for body, places in where.items()})


def _bodies(index: TextIndex) -> tuple[int, list[int], list[int], list[int]]:
    """Number of frames; then for every body in every frame: frame, tracking id, row of its first joint."""
    frames = _frame_count(index)
    row = 1
    frame_of: list[int] = []
    identity: list[int] = []
    rows: list[int] = []
    for frame in range(frames):
        bodies = index.whole(row)
        if bodies is None or bodies > MOST_BODIES:
            _refuse_body_count(index, row, bodies, frame)
        row += 1
        for body in range(bodies):
            tracking_id = index.whole(row, _BODY_WORDS, digits=20)  # an int: a float holds only 16 digits
            if tracking_id is None or (body and tracking_id in identity[-body:]):
                _refuse_id(index, row, tracking_id, f"body {body + 1} of {bodies} in frame {frame}", frame)
            if index.whole(row + 1) != JOINTS:
                _refuse_joint_count(index, row + 1)
            irregular = index.next_irregular(row + 1)
            if irregular < row + 2 + JOINTS:
                joint = irregular - row - 1
                index.refuse(irregular, "", f"the {_JOINT_WORDS} numbers of joint {joint} of {JOINTS}")
            frame_of.append(frame)
            identity.append(tracking_id)
            rows.append(row + 2)
            row += 2 + JOINTS
    if row < index.rows:
        expected = f"the end of the file after {frames} frames"
        fix = "correct the number of frames in line 1, or remove the rest"
        index.refuse(row, repr(index.text(row)), expected, fix)
    return frames, frame_of, identity, rows


def _frame_count(index: TextIndex) -> int:
    frames = index.whole(0)
    if frames is None:
        index.refuse(0, "", "the number of frames")
    most = min(MOST_FRAMES, index.rows - 1)
    if frames > most:
        expected = f"{most} at most in a file of {index.rows} lines"
        index.refuse(0, f"{frames} frames", expected, "get the whole file, or correct this line")
    return frames


def _refuse_body_count(index: TextIndex, row: int, bodies: int | None, frame: int) -> NoReturn:
    if bodies is None:
        index.refuse(row, "", f"the number of bodies in frame {frame}")
    index.refuse(row, f"{bodies} bodies", f"{MOST_BODIES} at most", "correct this line")


def _refuse_id(index: TextIndex, row: int, tracking_id: int | None, which: str, frame: int) -> NoReturn:
    if tracking_id is None:
        index.refuse(row, "", f"the tracking id of {which} and {_BODY_WORDS - 1} more numbers")
    index.refuse(
        row, f"tracking id {tracking_id} again", f"each body once in frame {frame}", "remove one of the two"
    )


def _refuse_joint_count(index: TextIndex, row: int) -> NoReturn:
    if index.whole(row) is None:
        index.refuse(row, "", "the number of joints")
    index.refuse(row, f"{index.text(row)} joints", "25, those of Kinect v2", "pass a file of NTU RGB+D")


def text(frames: Frames, newline: str = "\r\n") -> bytes:
    """Frames in the official layout, with seven digits as published. The inverse of `parse`.

    The columns after z are plausible values: the image positions of a pinhole camera, and a unit quaternion.
    """
    lines = [str(len(frames))]
    for bodies in frames:
        lines.append(str(len(bodies)))
        for body, joints in bodies:
            xyz = np.asarray(joints, np.float64).reshape(JOINTS, 3)
            depth = np.where(np.abs(xyz[:, 2:]) < 1e-6, 1.0, xyz[:, 2:])
            image = xyz[:, :2] / depth * [1, -1]
            turn = np.concatenate([np.ones((JOINTS, 1)), xyz], 1)
            turn /= np.linalg.norm(turn, axis=1, keepdims=True)
            numbers = np.concatenate([xyz, 366 * image + [256, 212], 1060 * image + [960, 540], turn], 1)
            lines += [f"{body} 0 1 1 1 1 0 {xyz[3, 0] / 10:.7g} {xyz[3, 1] / 10:.7g} 2", str(JOINTS)]
            lines += [_LINE % tuple(row) for row in numbers.tolist()]
    return newline.join([*lines, ""]).encode()


_LINE = " ".join(["%.7g"] * (_JOINT_WORDS - 1)) + " 2"


def write(path: str | Path, frames: Frames, newline: str = "\r\n") -> Path:
    """Write a ``.skeleton`` file in the official layout, see `text`."""
    return write_atomic(path, text(frames, newline))
