"""One BVH file: joint angles of motion capture, converted to joint positions.

A BVH file holds a tree of joints (``HIERARCHY``), each with an ``OFFSET`` from its parent and a list of
``CHANNELS``, and one line of numbers per frame (``MOTION``). The position x_j and orientation R_j of joint j
with parent p are

    R_j = R_p R(channel 1) R(channel 2) …
    x_j = x_p + R_p t_j

with a rotation R of each rotation channel, in file order, in degrees about the joint's own axes, and with the
OFFSET t_j, whose components with a position channel are replaced by that channel.

Position channels *replace* the offset (they are not added to it), and their place among the rotation channels
does not matter. A reference root is no body part: a root joint that stays put, whose only child has position
channels itself and moves relative to it (or which is named root, reference, world, …). Its transform applies
to its child, but it is left out unless ``keep_reference_root=True``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ... import skeletons
from ...skeletons.skeleton import Skeleton
from ...utils.validation import positive
from ..errors import Place, UnreadableFile
from .bvh_motion import read_motion
from .bvh_text import Joint, Words, check_beginning, lines_of, read_hierarchy
from .common import read_file

STILL = 1e-3
"""A joint that moves by less than this share of the size of the body stays put."""

_REFERENCES = re.compile("(?i)root|ref|world|origin|armature|scene|ground|trajectory")


@dataclass(frozen=True, eq=False)
class Bvh:
    """Content of a BVH file.

    Args:
        joints: names of the V joints, in file order.
        parents: index of each joint's parent, -1 for the first.
        poses: positions float32 [T, V, 3] in metres.
        fps: frames per second.
    """

    joints: tuple[str, ...]
    parents: tuple[int, ...]
    poses: np.ndarray
    fps: float

    @property
    def skeleton(self) -> Skeleton:
        """The built-in skeleton with these joint names, in its own order; otherwise the tree of this file.

        The root of the latter is the centre of the tree among the joints of the midline: the joint with the
        fewest bones to the joint farthest from it, and of several the one with the most bones.
        """
        for known in skeletons.KNOWN.values():
            if set(known.joints) == set(self.joints):
                return known
        bones = tuple((self.joints[p], j) for j, p in zip(self.joints, self.parents, strict=True) if p >= 0)
        tree = Skeleton(f"BVH-{len(self.joints)}", self.joints, bones, root=self.joints[0])
        return replace(tree, root=_centre(tree), origin="", body_parts={})


def read(
    path: str | Path, scale: float = 0.01, end_sites: bool = False, keep_reference_root: bool = False
) -> Bvh:
    """World positions of all joints in all frames of one BVH file; y is up if it is in the file.

    The frame rate is 1 / ``Frame Time``: a whole number if one fits the digits as written (0.0333333 gives
    30), otherwise rounded to 0.001.

    Args:
        path: the file; lines may end in LF, CRLF or CR, blank lines are skipped.
        scale: metres per unit of the file; 0.01 for centimetres.
        end_sites: also return each ``End Site`` as a joint, named ``End_`` and its parent's name.
        keep_reference_root: keep a root that is no body part (see the module's docstring).

    Raises:
        FileNotFoundError: there is no such file.
        UnreadableFile: the file is not a complete, regular BVH file; names the line.
        ValueError: `scale` is not positive.
    """
    path = Path(path)
    return parse(path, read_file(check_beginning(path)), scale, end_sites, keep_reference_root)


def parse(path: Path, content: bytes, scale: float, end_sites: bool, keep_reference_root: bool) -> Bvh:
    """What `read` returns for a file with this content.

    Args:
        path: how errors name the file, such as ``archive.zip/member``.
        content: the bytes of the file.
        scale, end_sites, keep_reference_root: as in `read`.

    Raises:
        UnreadableFile: as `read`.
        ValueError: `scale` is not positive.
    """
    positive(scale, "scale", "metres per unit of the file")
    lines = lines_of(path, content)
    words = Words(path, lines)
    joints = read_hierarchy(words)
    columns = sum(len(j.channels) for j in joints)
    fps, motion, rows = read_motion(path, lines, words.line, columns)
    with np.errstate(over="ignore", invalid="ignore"):
        poses = (forward_kinematics(joints, motion) * scale).astype(np.float32)
    if not np.isfinite(poses).all():
        row = rows[int((~np.isfinite(poses)).any((1, 2)).argmax())]
        raise UnreadableFile(
            Place(path, line=row),
            "a position too large for float32",
            "coordinates of a body",
            "check the offsets, the positions and scale",
        )
    first = 1 if not keep_reference_root and _has_reference_root(joints, poses / scale) else 0
    keep = [i for i, joint in enumerate(joints) if i >= first and (end_sites or not joint.site)]
    parents = tuple(keep.index(joints[i].parent) if joints[i].parent in keep else -1 for i in keep)
    return Bvh(tuple(joints[i].name for i in keep), parents, np.ascontiguousarray(poses[:, keep]), fps)


def _centre(tree: Skeleton) -> str:
    """The joint of the midline that is nearest to its farthest joint; of several, that with most bones."""
    sided = {joint for pair in tree.mirror_pairs for joint in pair}
    midline = [joint for joint in tree.joints if joint not in sided] or list(tree.joints)
    farthest = {joint: int(replace(tree, root=joint).hops.max()) for joint in midline}
    bones = dict(zip(tree.joints, tree.degrees.tolist(), strict=True))
    return min(midline, key=lambda joint: (farthest[joint], -bones[joint]))


def _has_reference_root(joints: Sequence[Joint], positions: np.ndarray) -> bool:
    """Whether the first joint is no body part, see the docstring of the module.

    Args:
        positions: [T, V, 3], in the file's units.
    """
    if sum(joint.parent == 0 for joint in joints) != 1:
        return False
    if not any(kind == "position" for kind, _ in joints[1].channels):
        return False
    between = np.linalg.norm(positions[:, 1] - positions[:, 0], axis=-1)
    size = max(float(between.max()), float(np.ptp(positions, axis=1).max()), 1e-9)
    if np.ptp(positions[:, 0], axis=0).max() > STILL * size:
        return False
    return bool(_REFERENCES.search(joints[0].name)) or bool(np.ptp(between) > STILL * size)


def forward_kinematics(joints: Sequence[Joint], motion: np.ndarray) -> np.ndarray:
    """Positions [T, V, 3] from the channels [T, columns], float64, in the file's units.

    Args:
        joints: each after its parent.
    """
    position = np.tile(np.array([j.offset for j in joints]), (len(motion), 1, 1))  # [T, V, 3]
    rotations = defaultdict(list)  # k -> (joint, axis, column) of the k-th rotation channel of every joint
    column = 0
    for index, joint in enumerate(joints):
        order = 0
        for kind, axis in joint.channels:
            if kind == "position":
                position[:, index, axis] = motion[:, column]
            else:
                rotations[order].append((index, axis, column))
                order += 1
            column += 1
    rotation = np.tile(np.eye(3), (len(motion), len(joints), 1, 1))  # [T, V, 3, 3], relative to the parent
    for order in sorted(rotations):
        which, axes, columns = np.array(rotations[order]).T
        rotation[:, which] = rotation[:, which] @ _about(axes, np.deg2rad(motion[:, columns]))
    for index, joint in enumerate(joints):  # from here on in world coordinates
        if joint.parent >= 0:
            parent = rotation[:, joint.parent]
            position[:, index] = position[:, joint.parent] + (parent @ position[:, index, :, None])[..., 0]
            rotation[:, index] = parent @ rotation[:, index]
    return position


def _about(axis: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Rotation matrices [T, n, 3, 3] about coordinate axes Long[n] by angles [T, n] in radians."""
    matrix = np.zeros((*angle.shape, 3, 3))
    n, a, b = np.arange(len(axis)), (axis + 1) % 3, (axis + 2) % 3
    matrix[:, n, axis, axis] = 1
    matrix[:, n, a, a] = matrix[:, n, b, b] = np.cos(angle)
    matrix[:, n, b, a] = np.sin(angle)
    matrix[:, n, a, b] = -matrix[:, n, b, a]
    return matrix
