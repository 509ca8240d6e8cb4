"""ASF: the skeleton of Acclaim's motion capture, on which AMC files move.

``:units`` has the factor that lengths were multiplied by, and ``deg`` or ``rad``; ``:root`` the order of the
root's channels; ``:bonedata`` the direction of each bone (in world axes, at rest) and its length, the
orientation of its own axes (``axis``), and its channels (``dof``); ``:hierarchy`` the children of each bone.
(Acclaim Skeleton File Definition 1.10, Schafer, 1995.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from ..errors import Place, UnreadableFile
from .common import number, plain_name
from .text_lines import read_lines

MOST_BYTES, MOST_BONES = 2**19, 500

MOVES, TURNS = ("tx", "ty", "tz"), ("rx", "ry", "rz")

_SPACES = str.maketrans(",()", "   ")


@dataclass
class Bone:
    """A bone, or the root, which has no length.

    Args:
        name: of the bone; the joint at its end goes by it.
        offset: from its beginning to its end at rest, in units of the file; of the root, its place.
        axis: angles about x, y and z, in this order, of the bone's own axes.
        channels: what an AMC file has for it, in this order.
        parent: index of its parent, -1 for the root.
    """

    name: str = ""
    offset: tuple[float, ...] = (0.0, 0.0, 0.0)
    axis: tuple[float, ...] = (0.0, 0.0, 0.0)
    channels: tuple[str, ...] = ()
    parent: int = -1


@dataclass
class Asf:
    """The content of an ASF file: bones after their parents, metres and radians per unit."""

    bones: list[Bone]
    metres: float
    radians: float


class _Lines:
    """The words of each line by section; `at` is the line that errors name."""

    def __init__(self, path: Path) -> None:
        self.path, self.at = path, 0
        self.sections: dict[str, list[tuple[int, list[str]]]] = {"": []}
        section = self.sections[""]
        for line, content in enumerate(read_lines(path, MOST_BYTES), 1):
            words = content.partition("#")[0].translate(_SPACES).split()
            if words and words[0].startswith(":"):
                section = self.sections.setdefault(words[0].lower(), [])
                words = words[1:]
            if words:
                section.append((line, words))
        for name in (":root", ":bonedata", ":hierarchy"):
            if name not in self.sections:
                raise UnreadableFile(path, f"no section {name}", "an ASF skeleton", "get the whole file")

    def section(self, name: str) -> Iterator[list[str]]:
        """The words of each line of a section; there are none without words."""
        for line, words in self.sections.get(name, []):
            self.at = line
            yield words

    def refuse(self, found: str, expected: str) -> NoReturn:
        raise UnreadableFile(Place(self.path, line=self.at), found[:99], expected, "correct this line")

    def numbers(self, words: list[str], count: int = 3) -> tuple[float, ...]:
        values = tuple(map(number, words[:count]))
        if len(values) < count or not all(abs(value) < 1e9 for value in values):
            self.refuse(repr(" ".join(words)), f"{count} number{'s' * (count > 1)}")
        return values

    def channels(self, words: list[str], known: tuple[str, ...]) -> tuple[str, ...]:
        found = tuple(word.lower() for word in words)
        if not set(found) <= set(known) or len(set(found)) < len(found):
            self.refuse(f"the channels {' '.join(words)!r}", f"some of {' '.join(known)}, each once")
        return found

    def angles(self, words: list[str]) -> tuple[float, ...]:
        values = self.numbers(words)
        if any(values) and "".join(words[3:]).upper() not in ("", "XYZ"):
            self.refuse(repr(" ".join(words)), "angles in the order XYZ")
        return values


def read(path: Path) -> Asf:
    """The skeleton in an ASF file.

    Raises:
        FileNotFoundError: there is no such file.
        UnreadableFile: a damaged file; names the line.
    """
    lines, length, radians = _Lines(path), 1.0, math.pi / 180
    for words in lines.section(":units"):
        if words[0].lower() == "length":
            (length,) = lines.numbers(words[1:], 1)
            if not length > 1e-6:
                lines.refuse(f"the length {length:g}", "a factor above zero")
        elif words[0].lower() == "angle" and words[-1].lower().startswith("rad"):
            radians = 1.0
    bones = _hierarchy(lines, {"root": _root(lines)} | _bones(lines))
    return Asf(bones, 0.0254 / length, radians)


def _root(lines: _Lines) -> Bone:
    root = Bone("root")
    for key, *words in lines.section(":root"):
        if key.lower() == "order":
            root.channels = lines.channels(words, MOVES + TURNS)
        elif key.lower() == "orientation":
            root.axis = lines.numbers(words)
        elif key.lower() == "position":
            root.offset = lines.numbers(words)
        elif key.lower() == "axis" and "".join(words).upper() != "XYZ":
            lines.refuse(repr(" ".join(words)), "the order XYZ")
    return root


def _bones(lines: _Lines) -> dict[str, Bone]:
    found: dict[str, Bone] = {}
    bone, direction, length = Bone(), (0.0, 0.0, 0.0), 0.0
    for key, *words in lines.section(":bonedata"):
        match key.lower():
            case "begin":
                bone, direction, length = Bone(), (0.0, 0.0, 0.0), 0.0
            case "name":
                bone.name = plain_name(Place(lines.path, line=lines.at), "bone", " ".join(words))
            case "direction":
                direction = lines.numbers(words)  # type: ignore[assignment]
            case "length":
                (length,) = lines.numbers(words, 1)
            case "axis":
                bone.axis = lines.angles(words)
            case "dof":
                bone.channels = lines.channels(words, TURNS)
            case "end":
                if not bone.name or bone.name in found or bone.name == "root" or len(found) == MOST_BONES:
                    lines.refuse(f"the bone {bone.name!r}", f"each name once, at most {MOST_BONES}")
                bone.offset = tuple(length * value for value in direction)
                found[bone.name], bone = bone, Bone()
    return found


def _hierarchy(lines: _Lines, bones: dict[str, Bone]) -> list[Bone]:
    """The bones in an order in which parents come first, with their parents."""
    children: dict[str, list[str]] = {}
    placed: set[str] = {"root"}
    for parent, *names in lines.section(":hierarchy"):
        if not names:  # begin, end
            continue
        for name in (parent, *names):
            if name not in bones or (name is not parent and name in placed):
                lines.refuse(f"the bone {name!r}", "a bone of :bonedata, below one other")
            placed.add(name) if name is not parent else None
        children.setdefault(parent, []).extend(names)
    order, queue = [bones["root"]], [0]
    while queue:
        above = queue.pop()
        for name in children.get(order[above].name, []):
            bones[name].parent = above
            queue.append(len(order))
            order.append(bones[name])
    if len(order) < 2 or len(order) < len(bones):
        raise UnreadableFile(
            lines.path, f"{len(order)} of {len(bones)} bones below the root", "all", "correct :hierarchy"
        )
    return order
