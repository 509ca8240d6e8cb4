"""The text of a BVH file: its tree of joints and its numbers, or the line at which it is no BVH file."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NoReturn

import numpy as np

from .common import Refused, plain_name

_CHANNELS = {f"{axis}{kind}": (kind, i) for kind in ("position", "rotation") for i, axis in enumerate("xyz")}


@dataclass
class Joint:
    """One joint or end site as the file has it."""

    name: str
    parent: int
    line: int
    site: bool = False
    offset: list[float] | None = None
    channels: list[tuple[str, int]] = field(default_factory=list)  # (position | rotation, axis)


def lines_of(path: Path) -> list[str]:
    content = path.read_bytes()
    check_size(path, content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode(
            "latin-1"
        )  # any bytes: names stay distinct, and broken numbers are found where they are read
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def check_size(path: Path, content: bytes) -> None:
    """Refuse a BVH file whose joints times frames are out of proportion: joints without channels cost no number in the file.

    Joints of real files take six bytes in each frame at least (three rotations), and there are not two thousand.
    """
    joints, frames = (
        len(re.findall(rb"(?i)\bOFFSET\b", content)),
        content.count(b"\n") + content.count(b"\r") + 1,
    )
    if joints > 2000 or joints * frames > 2_000_000 + len(content):
        raise Refused(
            f"{path}: found {joints:,} joints in {frames:,} lines of {len(content):,} bytes, expected joints that move; leave out those without channels"
        )


def fail(path: Path, line: int, found: str, expected: str, do: str) -> NoReturn:
    raise Refused(f"{path}:{line}: found {found}, expected {expected}; {do}")


class Words:
    """The words of the hierarchy one by one, with the line they stand in; braces are words of their own."""

    def __init__(self, path: Path, lines: Sequence[str]):
        self.path, self.line = path, 1
        self._ahead = None
        self._words = self._split(lines)

    @staticmethod
    def _split(lines: Sequence[str]) -> Iterator[tuple[str, int]]:
        number = 1
        for number, line in enumerate(lines, 1):
            for word in line.replace("{", " { ").replace("}", " } ").split():
                yield word, number
        while True:
            yield "", max(1, number - (not lines[-1].strip()))

    def peek(self) -> tuple[str, int]:
        self._ahead = self._ahead or next(self._words)
        return self._ahead

    def next(self) -> str:
        word, self.line = self.peek()
        self._ahead = None
        return word

    def fail(self, word: str, expected: str, do: str = "mend the hierarchy") -> NoReturn:
        fail(
            self.path,
            self.line,
            repr(word) if word else "the end of the file",
            expected,
            do if word else "get the whole file",
        )

    def numbers(self, count: int, of: str) -> list[float]:
        values = []
        for _ in range(count):
            word = self.next()
            if not math.isfinite(value := _number(word)):
                self.fail(word, f"{count} finite numbers after {of}")
            values.append(value)
        return values


def _number(word: str) -> float:
    try:
        return float(word) if word.isascii() and "_" not in word else math.nan
    except ValueError:
        return math.nan


def read_hierarchy(words: Words) -> list[Joint]:
    """The joints and end sites in file order; `words.line` is then the line of MOTION."""
    joints: list[Joint] = []
    inside: list[int] = []  # joints whose braces are open
    if (word := words.next()).upper() != "HIERARCHY":
        words.fail(word, "HIERARCHY", "pass a BVH file")
    while (key := (word := words.next()).upper()) != "MOTION":
        here = joints[inside[-1]] if inside else None
        if key in ("ROOT", "JOINT", "END"):
            if (key == "ROOT") == bool(joints) or (key != "ROOT" and (here is None or here.site)):
                words.fail(
                    word,
                    "one ROOT, and each JOINT and End Site inside the braces of a joint",
                    "write one tree per file",
                )
            inside.append(len(joints))
            joints.append(_read_name(words, key, joints, inside[-2] if here else -1))
        elif here is None:
            words.fail(word, "MOTION after the last '}'" if joints else "ROOT", "balance the braces")
        elif key == "OFFSET":
            here.offset = words.numbers(3, "OFFSET")
        elif key == "CHANNELS" and not here.channels and not here.site:
            _read_channels(words, here)
        elif key == "}":
            if here.offset is None:
                words.fail(word, f"OFFSET and three numbers in {here.name!r}")
            inside.pop()
        else:
            words.fail(
                word,
                f"OFFSET, CHANNELS (once), JOINT, End Site or '}}' in {here.name!r}, whose '{{' is on line {here.line}",
            )
    if inside:
        words.fail(
            word,
            f"'}}' for {joints[inside[-1]].name!r}, whose '{{' is on line {joints[inside[-1]].line}",
            "balance the braces",
        )
    if not joints:
        words.fail(word, "ROOT and a name")
    return joints


def _read_name(words: Words, key: str, joints: list[Joint], parent: int) -> Joint:
    """What stands between ROOT, JOINT or End and the brace; names may hold spaces."""
    line, name = words.line, []
    while words.peek()[0] not in ("{", "}", "") and words.peek()[1] == line:
        name.append(words.next())
    name = " ".join(name) if key != "END" else f"End_{joints[parent].name}"
    if not name:
        words.fail(words.next(), f"a name after {key}")
    plain_name(f"{words.path}:{line}", "joint", name)
    same = next((j for j in joints if j.name == name), None)
    if same and key == "END":  # two ends of one joint
        name += f"_{sum(j.site and j.parent == parent for j in joints) + 1}"
    elif same:
        fail(
            words.path,
            line,
            f"joint {name!r} again",
            f"each name once (it stands on line {same.line})",
            "rename one of the two",
        )
    if (brace := words.next()) != "{":
        words.fail(brace, f"'{{' after {name!r}", "balance the braces")
    return Joint(name, parent, words.line, site=key == "END")


def _read_channels(words: Words, joint: Joint) -> None:
    count = words.next()
    if not re.fullmatch("[0-9]+", count):
        words.fail(count, "the number of channels")
    for _ in range(int(count)):
        word = words.next()
        if (channel := _CHANNELS.get(word.lower())) is None:
            words.fail(word, f"one of {count} channels ([XYZ]position, [XYZ]rotation) of {joint.name!r}")
        if channel[0] == "position" and channel in joint.channels:
            words.fail(word, f"each position channel of {joint.name!r} once")
        joint.channels.append(channel)


def read_motion(
    path: Path, lines: Sequence[str], start: int, columns: int
) -> tuple[float, np.ndarray, list[int]]:
    """Frames per second, the numbers float64 [T, columns], and the line each frame stands in (from 1)."""
    rows = [i for i, line in enumerate(lines[start:], start + 1) if line and not line.isspace()]
    last = rows[-1] if rows else start
    values = []
    for key, expected in (
        ("frames", "'Frames:' and a whole number above zero"),
        ("frame time", "'Frame Time:' and seconds above zero"),
    ):
        row = rows.pop(0) if rows else last
        name, _, value = lines[row - 1].partition(":")
        try:
            value = Decimal(value.strip()) if " ".join(name.lower().split()) == key else Decimal("nan")
        except InvalidOperation:
            value = Decimal("nan")
        if (
            not value.is_finite()
            or value <= 0
            or abs(value.adjusted()) > 9
            or (key == "frames" and value != int(value))
        ):
            fail(
                path,
                row,
                repr(lines[row - 1].strip()[:60]),
                expected,
                "get the whole file, or mend this line",
            )
        values.append(value)
    frames = int(values[0])
    if len(rows) != frames:
        line = rows[frames] if len(rows) > frames else last
        fail(
            path,
            line,
            f"{len(rows)} frames",
            f"the {frames} that 'Frames:' announces",
            "get the whole file, or correct 'Frames:'",
        )
    if not columns:
        fail(path, start, "a hierarchy without channels", "at least one", "give the root its channels")
    try:
        motion = np.loadtxt([lines[row - 1] for row in rows], dtype=np.float64, comments=None, ndmin=2)
    except ValueError as error:
        motion = error
    if isinstance(motion, ValueError) or motion.shape[1] != columns or not np.isfinite(motion).all():
        _explain(path, lines, rows, columns, motion)
    return _frame_rate(values[1]), motion, rows


def _explain(path: Path, lines: Sequence[str], rows: Sequence[int], columns: int, error: object) -> NoReturn:
    """Find the line that the fast reader stumbled over."""
    for row in rows:
        words = lines[row - 1].split()
        for place, word in enumerate(words, 1):
            if not math.isfinite(_number(word)):
                fail(
                    path,
                    row,
                    f"{word[:40]!r} as number {place}",
                    "finite numbers only",
                    "leave this frame out, or mend it",
                )
        if len(words) != columns:
            fail(
                path,
                row,
                f"{len(words)} numbers",
                f"{columns}, one per channel",
                "get the whole file, or mend this line",
            )
    fail(path, rows[0], f"motion that cannot be read ({error})", "plain decimal numbers", "mend the file")


def _frame_rate(seconds: Decimal) -> float:
    """Frames per second: whole if some number that rounds to the digits written gives a whole rate, else to 0.001."""
    half = Decimal(5).scaleb(min(seconds.as_tuple().exponent, 0) - 1)
    whole = round(1 / seconds)
    if whole and abs(1 / Decimal(whole) - seconds) <= half:
        return float(whole)
    return float(round(1 / seconds, 3) or 1 / seconds)
