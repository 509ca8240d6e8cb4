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

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ... import skeletons
from ...skeletons.skeleton import Skeleton
from ...utils.validation import positive
from ..clips import ClipSet
from .bvh_text import Joint, Words, fail, lines_of, read_hierarchy, read_motion

PATTERN = r"dataset-\d+_(?P<class>[^_/]+)_(?P<subject>[^_/]+)_\d+\.bvh$"
"""The file names of the Bandai-Namco Research Motion Dataset: ``dataset-2_<class>_<style>_<number>.bvh``."""


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
        return Skeleton(
            f"BVH-{len(self.joints)}", self.joints, bones, root=self.joints[int(np.argmax(degree))]
        )


def read(
    path: str | Path, scale: float = 0.01, end_sites: bool = False, keep_reference_root: bool = False
) -> Bvh:
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
    positive(scale, "scale", "metres per unit of the file")
    lines = lines_of(path)
    words = Words(path, lines)
    joints = read_hierarchy(words)
    columns = sum(len(j.channels) for j in joints)
    fps, motion, rows = read_motion(path, lines, words.line, columns)
    with np.errstate(over="ignore", invalid="ignore"):
        poses = (forward_kinematics(joints, motion) * scale).astype(np.float32)
    if not np.isfinite(poses).all():
        row = rows[int((~np.isfinite(poses)).any((1, 2)).argmax())]
        fail(
            path,
            row,
            "a position too large for float32",
            "coordinates of a body",
            "check the offsets, the positions and scale",
        )
    children = [sum(j.parent == i for j in joints) for i in range(len(joints))]
    drop_root = (
        not keep_reference_root
        and children[0] == 1
        and any(kind == "position" for kind, _ in joints[1].channels)
    )
    kept = [i for i, j in enumerate(joints) if (end_sites or not j.site) and not (drop_root and i == 0)]
    parents = tuple(kept.index(joints[i].parent) if joints[i].parent in kept else -1 for i in kept)
    return Bvh(tuple(joints[i].name for i in kept), parents, np.ascontiguousarray(poses[:, kept]), fps)


def forward_kinematics(joints: Sequence[Joint], motion: np.ndarray) -> np.ndarray:
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


def read_folder(
    folder: str | Path,
    *,
    pattern: str | None = None,
    scale: float = 0.01,
    end_sites: bool = False,
    keep_reference_root: bool = False,
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
    paths = (
        sorted(p for p in folder.rglob("*") if p.suffix.lower() == ".bvh" and p.is_file())
        if folder.is_dir()
        else [folder]
    )
    if not paths:
        raise ValueError(
            f"{folder}: no .bvh file in this folder or its subfolders; pass the folder that holds them"
        )
    names = [p.relative_to(base).as_posix() for p in paths]
    class_of, subjects = _classify(base, names, pattern)
    files = [read(path, scale, end_sites, keep_reference_root) for path in paths]
    for path, file in zip(paths, files, strict=True):
        _check_alike(paths[0], files[0], path, file)
    skeleton = files[0].skeleton
    classes = sorted(set(class_of))
    return ClipSet.from_arrays(
        [file.poses[:, [file.joints.index(j) for j in skeleton.joints]] for file in files],
        labels=[classes.index(c) for c in class_of],
        classes=classes,
        subject=subjects,
        skeleton=skeleton,
        fps=files[0].fps,
        names=names,
    )


def _classify(base: Path, names: Sequence[str], pattern: str | None) -> tuple[list[str], list | None]:
    """Class and (perhaps) subject of each file."""
    try:
        expression = re.compile(pattern or PATTERN)
    except re.error as error:
        raise ValueError(f"pattern {pattern!r} is not a regular expression: {error}") from None
    if "class" not in expression.groupindex:
        raise ValueError(
            f"pattern {pattern!r} has no group named class; write it as (?P<class>…), and (?P<subject>…) for subjects"
        )
    found = []
    for name in names:
        groups = match.groupdict() if (match := expression.search(name)) else {}
        found.append(groups)
        if pattern is not None and not (groups and groups["class"] and groups.get("subject", "?")):
            raise ValueError(
                f"{base / name}: pattern {pattern!r} does not fit {name!r}; pass a pattern whose groups fit every file"
            )
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
        only = [
            f"only in {p}: {', '.join(sorted(v))}"
            for p, v in ((path, here - there), (first, there - here))
            if v
        ]
        raise ValueError(
            f"{path}: found other joints than in {first} ({'; '.join(only)}), expected the same; read such files one by one"
        )
    if tree(file) != tree(expected):
        moved = sorted(j for _, j in tree(file) - tree(expected))
        raise ValueError(
            f"{path}: found other parents than in {first} for {', '.join(moved)}, expected the same; read such files one by one"
        )
    if file.fps != expected.fps:
        raise ValueError(
            f"{path}: found {file.fps:g} fps, expected {expected.fps:g} fps as in {first}; read each frame rate by itself"
        )
