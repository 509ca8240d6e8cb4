"""The text of an NTU RGB+D ``.skeleton`` file: where each tracked body's joints are, or the line at which it is no such file.

    frames
    bodies                                            for every frame
    tracking id and nine more numbers                 for every body: cut-off edges, hands, lean, tracking state
    25
    x y z and nine more numbers                       for every joint: in the depth and colour images, orientation, tracking state

(Shahroudy et al., "NTU RGB+D: A Large Scale Dataset for 3D Human Activity Analysis", 2016.) Such a file is 230 kB of text a
second or two long, and a data set has 114,480 of them, so nothing here is done number by number: the places where words begin are found
in all of the text at once, only x, y and z are looked at, and these are turned into numbers digit column by digit column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import NoReturn

import numpy as np

from ...utils.files import write_atomic
from .decimals import decimals

JOINTS, LIMIT, MOST_FRAMES, MOST_BODIES = 25, 16 << 20, 100_000, 100
"""Joints of a body; bytes of the largest file that is read (a body takes 3 kB a frame); frames in it (an hour); bodies in a frame (Kinect v2 sees six)."""

_ABOUT, _NUMBERS = 10, 12  # words of the line before the joint count, and of a joint's line

_PLACES = np.array(
    [_NUMBERS * joint + axis for joint in range(JOINTS) for axis in range(3)]
)  # of x, y, z after a body's first word

_MOST_ODD = (
    1 + MOST_FRAMES + 2 * LIMIT // (2 * _NUMBERS * JOINTS)
)  # lines that are no joint's: a file cannot have more

_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, eq=False)
class Recording:
    """One file. ``bodies``: tracking id -> (frames int64 [n] in which the camera saw it, ascending, joints float32 [n, 25, 3] in metres)."""

    frames: int
    bodies: dict[int, tuple[np.ndarray, np.ndarray]]


def parse(data: bytes, path: str | Path = "this file") -> Recording:
    """What is in the bytes of a ``.skeleton`` file; lines may end in LF or CRLF, blank lines are skipped.

    The columns after z are counted, not read: the authors' files may hold infinities there, for joints outside an image.

    Args:
        path: what errors call the file.

    Raises:
        ValueError: "path: line 17: found …, expected …; what to do" for anything that is not a whole file.

    >>> parse(text([[], [(72057594037944340, np.ones((25, 3)))]])).bodies[72057594037944340][0].tolist()
    [1]
    """
    words = _Words(data, path)
    frames, frame, identity, rows = _bodies(words)
    if not rows:
        return Recording(frames, {})
    joints = words.numbers(words.first[rows][:, None] + _PLACES).reshape(-1, JOINTS, 3)
    frame, alone = np.array(frame), len(set(identity)) == 1
    if alone:
        return Recording(frames, {identity[0]: (frame, joints)})
    where: dict[int, list[int]] = {}
    for place, body in enumerate(identity):
        where.setdefault(body, []).append(place)
    return Recording(frames, {body: (frame[places], joints[places]) for body, places in where.items()})


def _bodies(words: _Words) -> tuple[int, list[int], list[int], list[int]]:
    """Frames; then of every body in every frame: its frame, its tracking id and the row of its first joint."""
    frames = words.whole(0)
    if frames is None:
        words.fail(0, "", "the number of frames")
    if frames > (most := min(MOST_FRAMES, words.rows - 1)):
        words.fail(
            0,
            f"{frames} frames",
            f"{most} at most in a file of {words.rows} lines",
            "get the whole file, or mend this line",
        )
    at, frame_of, identity, rows = 1, [], [], []
    for frame in range(frames):
        bodies = words.whole(at)
        if bodies is None:
            words.fail(at, "", f"the number of bodies in frame {frame}")
        if bodies > MOST_BODIES:
            words.fail(at, f"{bodies} bodies", f"{MOST_BODIES} at most", "mend this line")
        at += 1
        for body in range(bodies):
            who = words.whole(at, _ABOUT, digits=20)  # as int: 17 digits are more than a float holds
            if who is None:
                words.fail(
                    at,
                    "",
                    f"the tracking id of body {body + 1} of {bodies} in frame {frame} and {_ABOUT - 1} more numbers",
                )
            if body and who in identity[-body:]:
                words.fail(
                    at,
                    f"tracking id {who} again",
                    f"each body once in frame {frame}",
                    "leave one of the two out",
                )
            identity.append(who)
            if (joints := words.whole(at + 1)) != JOINTS:
                if joints is None:
                    words.fail(at + 1, "", "the number of joints")
                words.fail(
                    at + 1,
                    f"{words.text(at + 1)} joints",
                    "25, those of Kinect v2",
                    "pass a file of NTU RGB+D",
                )
            if (odd := words.next_odd(at + 1)) < at + 2 + JOINTS:
                words.fail(odd, "", f"the {_NUMBERS} numbers of joint {odd - at - 1} of {JOINTS}")
            frame_of.append(frame)
            rows.append(at + 2)
            at += 2 + JOINTS
    if at < words.rows:
        words.fail(
            at,
            repr(words.text(at)),
            f"the end of the file after {frames} frames",
            "correct the number of frames in line 1, or cut the rest off",
        )
    return frames, frame_of, identity, rows


class _Words:
    """Where words and lines begin. ``rows``: lines that are not blank; ``first`` [rows + 1]: the place of each one's first word among all words."""

    def __init__(self, data: bytes, path: str | Path):
        self.path, self.original = path, data
        if len(data) > LIMIT:
            raise ValueError(
                f"{path}: line 1: found {len(data)} bytes, expected {LIMIT} at most; pass a file of one clip"
            )
        # More than one space somewhere, or blank lines? If it is not that, it is a control character.
        if not self._divide(data.strip()) and not self._divide(
            b"\n".join([b" ".join(w) for line in data.split(b"\n") if (w := line.split())])
        ):
            place = next(place for place, letter in enumerate(data) if letter < 9 or 13 < letter < 32)
            found = f"the control character {data[place]}"
            raise ValueError(
                f"{path}: line {data.count(10, 0, place) + 1}: found {found}, expected text; get the file again"
            )
        many = np.diff(self.first)
        odd = np.flatnonzero(many != _NUMBERS)[:_MOST_ODD]  # the lines that are no joint's, few
        begin, end = self.before[self.first[odd]] + 1, self.before[self.first[odd] + 1]
        end -= self.letters[end - 1] == 13
        first_words = [self.data[i:j] for i, j in zip(begin.tolist(), end.tolist(), strict=True)]
        odd = odd.tolist()
        self._odd = dict(
            zip(odd, zip(many[odd].tolist(), first_words, [*odd, self.rows][1:], strict=True), strict=True)
        )

    def _divide(self, data: bytes) -> bool:
        """Whether there is one space, or one end of a line, between any two words, and no control character; only then is all of this right."""
        self.data = b"\n" + data + (b"\n|" if data else b"|")
        self.letters = np.frombuffer(self.data, np.uint8)
        space = self.letters <= 32
        self.before = np.flatnonzero(
            space[:-1] > space[1:]
        )  # of each word, the space before it; that after the last
        spaces = self.letters[self.before]
        self.first = np.flatnonzero(spaces == 10)
        self.rows = len(self.first) - 1
        returns = np.count_nonzero(self.letters[self.before[self.first[1:]] - 1] == 13)  # CRLF
        alone = np.count_nonzero(space) == len(self.before) + returns
        return alone and not ((spaces < 9) | (spaces - np.uint8(14) < 18)).any()

    def next_odd(self, row: int) -> int:
        """The first line after this one, which is no joint's, that is none either; the number of lines if there is none."""
        return self._odd[row][2]

    def _line(self, row: int) -> tuple[int, bytes]:
        """The number of a line, from 0, and its words in one string."""
        lines = (
            (number, words) for number, line in enumerate(BytesIO(self.original)) if (words := line.split())
        )
        number, words = next(islice(lines, row, None))
        return number, b" ".join(words)

    def text(self, row: int) -> str:
        """The words of a line, shortened."""
        line = self._line(row)[1]
        return line[:40].decode("ascii", "backslashreplace") + ("…" if len(line) > 40 else "")

    def whole(self, row: int, many: int = 1, digits: int = 9) -> int | None:
        """The whole number that a line of so many words begins with; None if it is no such line."""
        found, word, _ = self._odd.get(row, (0, b"", 0))
        return int(word) if found == many and word.isdigit() and len(word) <= digits else None

    def numbers(self, places: np.ndarray) -> np.ndarray:
        """float32 of the words at these places, of any shape, none of which is the last of its line or within 15 letters of the first."""
        start, end = self.before[places] + 1, self.before[places + 1]
        values, plain = decimals(self.letters, start.ravel(), end.ravel())
        for i in np.flatnonzero(~plain).tolist():
            values[i] = self._number(int(places.flat[i]), start.flat[i], end.flat[i])
        return values.astype(np.float32).reshape(places.shape)

    def _number(self, place: int, start: int, end: int) -> float:
        """A word that is no plain decimal: exponents, a plus sign, very many digits."""
        word = self.data[start:end]
        try:
            value = float(word) if b"_" not in word else np.nan
        except ValueError:
            value = np.nan
        if not abs(value) <= _LARGEST:
            row = int(np.searchsorted(self.first, place, "right")) - 1
            found = repr(word[:40].decode("ascii", "backslashreplace"))
            self.fail(
                row,
                found,
                "a finite coordinate in metres that float32 can hold",
                "leave this file out, or mend the line",
            )
        return value

    def fail(
        self, row: int, found: str, expected: str, do: str = "mend this line, or get the whole file"
    ) -> NoReturn:
        if row >= self.rows:
            line, found, do = (
                (self._line(self.rows - 1)[0] if self.rows else 0),
                "the end of the file",
                "get the whole file",
            )
        else:
            many = int(self.first[row + 1] - self.first[row])
            line, found = self._line(row)[0], found or f"{self.text(row)!r} ({many} word{'s' * (many > 1)})"
        raise ValueError(f"{self.path}: line {line + 1}: found {found}, expected {expected}; {do}")


def text(frames: Sequence[Sequence[tuple[int, np.ndarray]]], newline: str = "\r\n") -> bytes:
    """Frames as the official layout has them, each a list of (tracking id, joints [25, 3] in metres); seven digits, as published.

    The columns after z are made up: a pinhole camera's image places and a unit quaternion. `parse` is its inverse.
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


_LINE = " ".join(["%.7g"] * (_NUMBERS - 1)) + " 2"


def write(
    path: str | Path, frames: Sequence[Sequence[tuple[int, np.ndarray]]], newline: str = "\r\n"
) -> Path:
    """A ``.skeleton`` file in the official layout, see `text`."""
    return write_atomic(path, text(frames, newline))
