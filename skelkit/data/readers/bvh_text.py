"""The text of a BVH file and the joint hierarchy in it; errors name the line."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from ..errors import Place, UnreadableFile
from .common import check_file, number, plain_name

_CHANNELS = {f"{axis}{kind}": (kind, i) for kind in ("position", "rotation") for i, axis in enumerate("xyz")}


MOST_JOINTS, MOST_LINES = 2000, 5_000_000
"""Limits of a file; five million frames are half a day at 120 frames per second."""


@dataclass
class Joint:
    """One joint or end site.

    Args:
        name: of an end site, ``End_`` and the name of its joint.
        parent: index of the parent joint, -1 for the root.
        line: line of its opening brace, counted from 1.
        site: whether it is an end site.
        offset: three numbers, in the units of the file.
        channels: ("position" or "rotation", axis 0 to 2), in the order of the file.
    """

    name: str
    parent: int
    line: int
    site: bool = False
    offset: list[float] | None = None
    channels: list[tuple[str, int]] = field(default_factory=list)


def lines_of(path: Path, content: bytes) -> list[str]:
    """The lines of a file with this content, without line ends (LF, CRLF or CR)."""
    check_size(path, content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")  # never fails; damaged numbers are found where they are parsed
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def check_beginning(path: str | Path) -> Path:
    """The path, if the first word of the file is HIERARCHY; a large file is not read to find out."""
    path = check_file(path)
    if path.stat().st_size > 2**20:
        with path.open("rb") as file:
            begin = file.read(2**16).removeprefix(b"\xef\xbb\xbf").split(maxsplit=1)
        if not begin or begin[0].upper() != b"HIERARCHY":
            where, found = Place(path, line=1), repr(begin[0][:20].decode("latin-1")) if begin else "nothing"
            raise UnreadableFile(where, found, "HIERARCHY", "pass a BVH file")
    return path


def check_size(path: Path, content: bytes) -> None:
    """Refuse a BVH file with far more joints times frames than numbers: joints without channels need none.

    A joint of a real file takes at least six bytes in each frame (three rotations), and there are not two
    thousand.
    """
    joints = len(re.findall(rb"(?i)\bOFFSET\b", content))
    lines = content.count(b"\n") + content.count(b"\r") + 1
    if lines > MOST_LINES or joints > MOST_JOINTS or joints * lines > 2_000_000 + len(content):
        raise UnreadableFile(
            path,
            f"{joints:,} joints in {lines:,} lines of {len(content):,} bytes",
            "joints that move",
            "leave out those without channels",
        )


class Words:
    """The words of the hierarchy one by one, with their line numbers; braces are words of their own."""

    def __init__(self, path: Path, lines: Sequence[str]) -> None:
        self.path, self.line = path, 1
        self._ahead: tuple[str, int] | None = None
        self._words = self._split(lines)

    @staticmethod
    def _split(lines: Sequence[str]) -> Iterator[tuple[str, int]]:
        row = 1
        for row, line in enumerate(lines, 1):
            for word in line.replace("{", " { ").replace("}", " } ").split():
                yield word, row
        while True:
            yield "", max(1, row - (not lines[-1].strip()))

    def peek(self) -> tuple[str, int]:
        """The next word and its line; "" at the end of the file."""
        if self._ahead is None:
            self._ahead = next(self._words)
        return self._ahead

    def take(self) -> str:
        """The next word, which is then passed; `line` is its line."""
        word, self.line = self.peek()
        self._ahead = None
        return word

    def refuse(self, word: str, expected: str, fix: str = "correct the hierarchy") -> NoReturn:
        """Raise the error that this word, in the current line, is not what was expected."""
        found = repr(word) if word else "the end of the file"
        raise UnreadableFile(
            Place(self.path, line=self.line), found, expected, fix if word else "get the whole file"
        )

    def numbers(self, count: int, of: str) -> list[float]:
        """The next `count` words as finite numbers."""
        values = []
        for _ in range(count):
            word = self.take()
            if not math.isfinite(value := number(word)):
                self.refuse(word, f"{count} finite numbers after {of}")
            values.append(value)
        return values


def read_hierarchy(words: Words) -> list[Joint]:
    """The joints and end sites in file order; leaves `words.line` at the line of MOTION."""
    joints: list[Joint] = []
    inside: list[int] = []  # indices of joints whose braces are open
    if (word := words.take()).upper() != "HIERARCHY":
        words.refuse(word, "HIERARCHY", "pass a BVH file")
    while (key := (word := words.take()).upper()) != "MOTION":
        here = joints[inside[-1]] if inside else None
        if key in ("ROOT", "JOINT", "END"):
            if (key == "ROOT") == bool(joints) or (key != "ROOT" and (here is None or here.site)):
                words.refuse(
                    word,
                    "one ROOT, and each JOINT and End Site inside the braces of a joint",
                    "write one tree per file",
                )
            inside.append(len(joints))
            joints.append(_read_name(words, key, joints, inside[-2] if here else -1))
        elif here is None:
            words.refuse(word, "MOTION after the last '}'" if joints else "ROOT", "balance the braces")
        elif key == "OFFSET":
            here.offset = words.numbers(3, "OFFSET")
        elif key == "CHANNELS" and not here.channels and not here.site:
            _read_channels(words, here)
        elif key == "}":
            if here.offset is None:
                words.refuse(word, f"OFFSET and three numbers in {here.name!r}")
            inside.pop()
        else:
            words.refuse(
                word,
                f"OFFSET, CHANNELS (once), JOINT, End Site or '}}' in {here.name!r} of line {here.line}",
            )
    if inside:
        words.refuse(
            word,
            f"'}}' for {joints[inside[-1]].name!r}, whose '{{' is on line {joints[inside[-1]].line}",
            "balance the braces",
        )
    if not joints:
        words.refuse(word, "ROOT and a name")
    return joints


def _read_name(words: Words, key: str, joints: list[Joint], parent: int) -> Joint:
    """A joint with the name between ROOT, JOINT or End and the brace; names may hold spaces."""
    if len(joints) == MOST_JOINTS:
        words.refuse(key, f"at most {MOST_JOINTS:,} joints", "leave out those without channels")
    line, parts = words.line, []
    while words.peek()[0] not in ("{", "}", "") and words.peek()[1] == line:
        parts.append(words.take())
    name = " ".join(parts) if key != "END" else f"End_{joints[parent].name}"
    if not name:
        words.refuse(words.take(), f"a name after {key}")
    plain_name(Place(words.path, line=line), "joint", name)
    same = next((j for j in joints if j.name == name), None)
    if same and key == "END":  # a second end site of one joint
        name += f"_{sum(j.site and j.parent == parent for j in joints) + 1}"
    elif same:
        raise UnreadableFile(
            Place(words.path, line=line),
            f"joint {name!r} again",
            f"each name once (it is also on line {same.line})",
            "rename one of the two",
        )
    if (brace := words.take()) != "{":
        words.refuse(brace, f"'{{' after {name!r}", "balance the braces")
    return Joint(name, parent, words.line, site=key == "END")


def _read_channels(words: Words, joint: Joint) -> None:
    count = words.take()
    if not re.fullmatch("[0-9]{1,4}", count):
        words.refuse(count[:40], "the number of channels")
    for _ in range(int(count)):
        word = words.take()
        if (channel := _CHANNELS.get(word.lower())) is None:
            words.refuse(word, f"one of {count} channels ([XYZ]position, [XYZ]rotation) of {joint.name!r}")
        if channel[0] == "position" and channel in joint.channels:
            words.refuse(word, f"each position channel of {joint.name!r} once")
        joint.channels.append(channel)
