"""BVH: joint angles as motion-capture systems write them, turned into joint positions.

A BVH file holds a tree of joints (``HIERARCHY``), each with an ``OFFSET`` from its parent and a list of ``CHANNELS``, and
one line of numbers per frame (``MOTION``). A joint's place in the world is, with parent p,

    R_j = R_p R(channel 1) R(channel 2) …        rotation channels in the order written, degrees, about the joint's own axes
    x_j = x_p + R_p t_j                          t_j: the OFFSET, each component replaced by that position channel, if there is one

Position channels *replace* the offset (they are not added to it), and where they stand among the rotation channels does
not matter. A reference root, a root joint whose only child carries position channels itself, is no body part: its
transform applies to its child, but it is left out unless ``keep_reference_root=True``.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NoReturn

import numpy as np

from .. import skeletons
from ..skeletons import Skeleton
from .clips import ClipSet

PATTERN = r"dataset-\d+_(?P<class>[^_/]+)_(?P<subject>[^_/]+)_\d+\.bvh$"
"""The file names of the Bandai-Namco Research Motion Dataset: ``dataset-2_<class>_<style>_<number>.bvh``."""

_CHANNELS = {f"{axis}{kind}": (kind, i) for kind in ("position", "rotation") for i, axis in enumerate("xyz")}


@dataclass(frozen=True, eq=False)
class Bvh:
    """One file: V joints in file order, each one's parent (-1 for the first), poses float32 [T, V, 3] in metres, frames per second."""

    joints: tuple[str, ...]
    parents: tuple[int, ...]
    poses: np.ndarray
    fps: float

    @property
    def skeleton(self) -> Skeleton:
        """The built-in skeleton with these joint names (in its own order), else this file's tree; root = first joint of highest degree."""
        for known in skeletons.KNOWN.values():
            if set(known.joints) == set(self.joints):
                return known
        bones = [(self.joints[p], j) for j, p in zip(self.joints, self.parents, strict=True) if p >= 0]
        degree = [sum(joint in bone for bone in bones) for joint in self.joints]
        return Skeleton(f"BVH-{len(self.joints)}", self.joints, bones, root=self.joints[int(np.argmax(degree))])


@dataclass
class _Joint:
    name: str
    parent: int
    line: int
    site: bool = False
    offset: list[float] | None = None
    channels: list[tuple[str, int]] = field(default_factory=list)  # (position | rotation, axis)


def read(path: str | Path, scale: float = 0.01, end_sites: bool = False, keep_reference_root: bool = False) -> Bvh:
    """World positions of all joints in all frames of one BVH file; y up if the file is.

    Args:
        path: the file; lines may end in LF, CRLF or CR, blank lines are skipped.
        scale: metres per unit of the file; 0.01 for centimetres.
        end_sites: also give each ``End Site`` as a joint, named ``End_`` and its parent's name.
        keep_reference_root: keep a root that is no body part (see the top of this module).

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: "path:line: found …, expected …; what to do" for anything that is not a whole, regular BVH file.

    The frame rate is 1 / ``Frame Time``: the whole number if the digits written allow one (0.0333333 is 30), else to 0.001.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    if not (scale > 0 and math.isfinite(scale)):
        raise ValueError(f"scale must be a positive number of metres per unit of the file; got {scale}")
    lines = _lines(path)
    words = _Words(path, lines)
    joints = _read_hierarchy(words)
    columns = sum(len(j.channels) for j in joints)
    fps, motion, rows = _read_motion(path, lines, words.line, columns)
    with np.errstate(over="ignore", invalid="ignore"):
        poses = (forward_kinematics(joints, motion) * scale).astype(np.float32)
    if not np.isfinite(poses).all():
        row = rows[int((~np.isfinite(poses)).any((1, 2)).argmax())]
        _fail(path, row, "a position too large for float32", "coordinates of a body", "check the offsets, the positions and scale")
    children = [sum(j.parent == i for j in joints) for i in range(len(joints))]
    drop_root = not keep_reference_root and children[0] == 1 and any(kind == "position" for kind, _ in joints[1].channels)
    kept = [i for i, j in enumerate(joints) if (end_sites or not j.site) and not (drop_root and i == 0)]
    parents = tuple(kept.index(joints[i].parent) if joints[i].parent in kept else -1 for i in kept)
    return Bvh(tuple(joints[i].name for i in kept), parents, np.ascontiguousarray(poses[:, kept]), fps)


def forward_kinematics(joints: Sequence[_Joint], motion: np.ndarray) -> np.ndarray:
    """Positions [T, V, 3] from the channels [T, columns], float64, in the file's units; each joint after its parent."""
    place = np.tile(np.array([j.offset for j in joints]), (len(motion), 1, 1))  # [T, V, 3]
    turns = defaultdict(list)  # k -> (joint, axis, column) of the k-th rotation channel of every joint
    column = 0
    for index, joint in enumerate(joints):
        order = 0
        for kind, axis in joint.channels:
            if kind == "position":
                place[:, index, axis] = motion[:, column]
            else:
                turns[order].append((index, axis, column))
                order += 1
            column += 1
    turn = np.tile(np.eye(3), (len(motion), len(joints), 1, 1))  # [T, V, 3, 3], each joint's own
    for order in sorted(turns):
        index, axis, source = np.array(turns[order]).T
        turn[:, index] = turn[:, index] @ _about(axis, np.deg2rad(motion[:, source]))
    for index, joint in enumerate(joints):  # from here on in the world
        if joint.parent >= 0:
            parent = turn[:, joint.parent]
            place[:, index] = place[:, joint.parent] + (parent @ place[:, index, :, None])[..., 0]
            turn[:, index] = parent @ turn[:, index]
    return place


def _about(axis: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Rotation matrices about coordinate axes. axis Long[n], angle [T, n] radians -> [T, n, 3, 3]."""
    matrix = np.zeros((*angle.shape, 3, 3))
    n, a, b = np.arange(len(axis)), (axis + 1) % 3, (axis + 2) % 3
    matrix[:, n, axis, axis] = 1
    matrix[:, n, a, a] = matrix[:, n, b, b] = np.cos(angle)
    matrix[:, n, b, a] = np.sin(angle)
    matrix[:, n, a, b] = -matrix[:, n, b, a]
    return matrix


# -- many files --------------------------------------------------------------------------------------------------------


def read_folder(
    folder: str | Path, *, pattern: str | None = None, scale: float = 0.01, end_sites: bool = False, keep_reference_root: bool = False
) -> ClipSet:
    """All BVH files of a folder and its subfolders (or one file) as a ClipSet; clips are named by their path in the folder.

    Args:
        folder: a folder with ``*.bvh`` files of the same joints and frame rate, or one such file.
        pattern: regular expression with a group ``class`` and, if wanted, ``subject``, searched in each file's path inside
            the folder (with ``/``). Subjects that are all digits become numbers. Unless given, `PATTERN` is used if it fits
            every file; if not, the class is the name of the folder that a file lies in, when there are subfolders, and
            "all" when there are none.
        scale, end_sites, keep_reference_root: as in `read`.

    Raises:
        ValueError: no BVH files, a pattern that does not fit a file, two files that differ in joints, bones or frame rate,
            and whatever `read` raises.
    """
    folder = Path(folder)
    if not folder.exists():
        raise FileNotFoundError(f"{folder}: no such file or folder")
    base = folder if folder.is_dir() else folder.parent
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() == ".bvh" and p.is_file()) if folder.is_dir() else [folder]
    if not paths:
        raise ValueError(f"{folder}: no .bvh file in this folder or its subfolders; pass the folder that holds them")
    names = [p.relative_to(base).as_posix() for p in paths]
    class_of, subjects = _classify(base, names, pattern)
    files = [read(path, scale, end_sites, keep_reference_root) for path in paths]
    for path, file in zip(paths, files, strict=True):
        _check_alike(paths[0], files[0], path, file)
    skeleton = files[0].skeleton
    classes = sorted(set(class_of))
    return ClipSet.from_arrays(
        [file.poses[:, [file.joints.index(j) for j in skeleton.joints]] for file in files],
        labels=[classes.index(c) for c in class_of], classes=classes, subject=subjects, skeleton=skeleton, fps=files[0].fps, names=names,
    )  # fmt: skip


def _classify(base: Path, names: Sequence[str], pattern: str | None) -> tuple[list[str], list | None]:
    """Class and (perhaps) subject of each file."""
    try:
        expression = re.compile(pattern or PATTERN)
    except re.error as error:
        raise ValueError(f"pattern {pattern!r} is not a regular expression: {error}") from None
    if "class" not in expression.groupindex:
        raise ValueError(f"pattern {pattern!r} has no group named class; write it as (?P<class>…), and (?P<subject>…) for subjects")
    found = []
    for name in names:
        groups = match.groupdict() if (match := expression.search(name)) else {}
        found.append(groups)
        if pattern is not None and not (groups and groups["class"] and groups.get("subject", "?")):
            raise ValueError(f"{base / name}: pattern {pattern!r} does not fit {name!r}; pass a pattern whose groups fit every file")
    if not all(found):
        return [(base / n).parent.name if any("/" in n for n in names) else "all" for n in names], None
    subjects = [groups["subject"] for groups in found] if "subject" in expression.groupindex else None
    if subjects and all(re.fullmatch("[0-9]+", s) for s in subjects):
        subjects = [int(s) for s in subjects]
    return [groups["class"] for groups in found], subjects


def _check_alike(first: Path, expected: Bvh, path: Path, file: Bvh) -> None:
    def tree(bvh: Bvh) -> set[tuple[str, str]]:
        return {(bvh.joints[p] if p >= 0 else "", j) for j, p in zip(bvh.joints, bvh.parents, strict=True)}

    here, there = set(file.joints), set(expected.joints)
    if here != there:
        only = [f"only in {p}: {', '.join(sorted(v))}" for p, v in ((path, here - there), (first, there - here)) if v]
        raise ValueError(f"{path}: found other joints than in {first} ({'; '.join(only)}), expected the same; read such files one by one")
    if tree(file) != tree(expected):
        moved = sorted(j for _, j in tree(file) - tree(expected))
        raise ValueError(f"{path}: found other parents than in {first} for {', '.join(moved)}, expected the same; read such files one by one")
    if file.fps != expected.fps:
        raise ValueError(f"{path}: found {file.fps:g} fps, expected {expected.fps:g} fps as in {first}; read each frame rate by itself")


# -- reading the text --------------------------------------------------------------------------------------------------


def _lines(path: Path) -> list[str]:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")  # any bytes: names stay distinct, and broken numbers are found where they are read
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _fail(path: Path, line: int, found: str, expected: str, do: str) -> NoReturn:
    raise ValueError(f"{path}:{line}: found {found}, expected {expected}; {do}")


class _Words:
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
        _fail(self.path, self.line, repr(word) if word else "the end of the file", expected, do if word else "get the whole file")

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


def _read_hierarchy(words: _Words) -> list[_Joint]:
    """The joints and end sites in file order; `words.line` is then the line of MOTION."""
    joints: list[_Joint] = []
    inside: list[int] = []  # joints whose braces are open
    if (word := words.next()).upper() != "HIERARCHY":
        words.fail(word, "HIERARCHY", "pass a BVH file")
    while (key := (word := words.next()).upper()) != "MOTION":
        here = joints[inside[-1]] if inside else None
        if key in ("ROOT", "JOINT", "END"):
            if (key == "ROOT") == bool(joints) or (key != "ROOT" and (here is None or here.site)):
                words.fail(word, "one ROOT, and each JOINT and End Site inside the braces of a joint", "write one tree per file")
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
            words.fail(word, f"OFFSET, CHANNELS (once), JOINT, End Site or '}}' in {here.name!r}, whose '{{' is on line {here.line}")
    if inside:
        words.fail(word, f"'}}' for {joints[inside[-1]].name!r}, whose '{{' is on line {joints[inside[-1]].line}", "balance the braces")
    if not joints:
        words.fail(word, "ROOT and a name")
    return joints


def _read_name(words: _Words, key: str, joints: list[_Joint], parent: int) -> _Joint:
    """What stands between ROOT, JOINT or End and the brace; names may hold spaces."""
    line, name = words.line, []
    while words.peek()[0] not in ("{", "}", "") and words.peek()[1] == line:
        name.append(words.next())
    name = " ".join(name) if key != "END" else f"End_{joints[parent].name}"
    if not name:
        words.fail(words.next(), f"a name after {key}")
    same = next((j for j in joints if j.name == name), None)
    if same and key == "END":  # two ends of one joint
        name += f"_{sum(j.site and j.parent == parent for j in joints) + 1}"
    elif same:
        _fail(words.path, line, f"joint {name!r} again", f"each name once (it stands on line {same.line})", "rename one of the two")
    if (brace := words.next()) != "{":
        words.fail(brace, f"'{{' after {name!r}", "balance the braces")
    return _Joint(name, parent, words.line, site=key == "END")


def _read_channels(words: _Words, joint: _Joint) -> None:
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


def _read_motion(path: Path, lines: Sequence[str], start: int, columns: int) -> tuple[float, np.ndarray, list[int]]:
    """Frames per second, the numbers float64 [T, columns], and the line each frame stands in (from 1)."""
    rows = [i for i, line in enumerate(lines[start:], start + 1) if line and not line.isspace()]
    last = rows[-1] if rows else start
    values = []
    for key, expected in (("frames", "'Frames:' and a whole number above zero"), ("frame time", "'Frame Time:' and seconds above zero")):
        row = rows.pop(0) if rows else last
        name, _, value = lines[row - 1].partition(":")
        try:
            value = Decimal(value.strip()) if " ".join(name.lower().split()) == key else Decimal("nan")
        except InvalidOperation:
            value = Decimal("nan")
        if not value.is_finite() or value <= 0 or abs(value.adjusted()) > 9 or (key == "frames" and value != int(value)):
            _fail(path, row, repr(lines[row - 1].strip()[:60]), expected, "get the whole file, or mend this line")
        values.append(value)
    frames = int(values[0])
    if len(rows) != frames:
        line = rows[frames] if len(rows) > frames else last
        _fail(path, line, f"{len(rows)} frames", f"the {frames} that 'Frames:' announces", "get the whole file, or correct 'Frames:'")
    if not columns:
        _fail(path, start, "a hierarchy without channels", "at least one", "give the root its channels")
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
                _fail(path, row, f"{word[:40]!r} as number {place}", "finite numbers only", "leave this frame out, or mend it")
        if len(words) != columns:
            _fail(path, row, f"{len(words)} numbers", f"{columns}, one per channel", "get the whole file, or mend this line")
    _fail(path, rows[0], f"motion that cannot be read ({error})", "plain decimal numbers", "mend the file")


def _frame_rate(seconds: Decimal) -> float:
    """Frames per second: whole if some number that rounds to the digits written gives a whole rate, else to 0.001."""
    half = Decimal(5).scaleb(min(seconds.as_tuple().exponent, 0) - 1)
    whole = round(1 / seconds)
    if whole and abs(1 / Decimal(whole) - seconds) <= half:
        return float(whole)
    return float(round(1 / seconds, 3) or 1 / seconds)
