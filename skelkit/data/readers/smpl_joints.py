"""Joint positions of an SMPL motion: as a file stores them, or computed from its rest joints.

With rotation vectors v and rest joints J, joint j with parent p turns by R_j = R_p exp(v_j), and lies at
x_j = x_p + R_p (J_j - J_p); the pelvis lies at J_0 + trans, since the translation follows the rotation about
the pelvis. (Loper et al., "SMPL: A Skinned Multi-Person Linear Model", 2015, equations 2 to 4.)
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ...skeletons.layouts import KNOWN
from ..errors import UnreadableFile
from . import npy
from .common import check_room
from .rotations import posed, rotations

JOINTS = ("joints", "jtr", "Jtr", "joints3d", "joints_3d")
REST = ("J", "J_rest", "rest_joints", "joints_rest")
TURNS = ("poses", "root_orient", "pose_body")

_COUNTS = (22, 24, 45, 52, 55, 73, 127, 144)
"""Joints that the body models return: the body's, those of SMPL, SMPL-H and SMPL-X, and with landmarks."""

_FRAMES = 4096  # at a time: the matrices of a frame take 1.6 KB


def positions(file: Path) -> np.ndarray:
    """Positions float32 [T, 22 or 24, 3], in metres, with the axes of the file.

    Raises:
        UnreadableFile: neither joints nor rest joints, or arrays that do not fit together.
    """
    found = npy.names(file)
    if key := next((key for key in JOINTS if key in found), ""):
        return _stored(npy.find(file, key))
    if key := next((key for key in REST if key in found), ""):
        return _computed(file, ("poses",) if "poses" in found else TURNS[1:], npy.find(file, key))
    raise UnreadableFile(
        file,
        "poses and shape without joints: positions need the licensed body model (SMPL), which this kit does "
        "not have",
        fix="export joints with the body model: save its joints [frames, joints, 3] in the file as 'joints', "
        "or its rest joints [joints, 3] as 'J'",
    )


def _stored(joints: npy.Stored) -> np.ndarray:
    shape = joints.shape
    fits = len(shape) == 3 and shape[1] in _COUNTS and shape[2] == 3 and shape[0] > 0
    if joints.dtype.kind != "f" or not fits:
        counts = ", ".join(map(str, _COUNTS))
        expected = f"[frames, joints, 3] with {counts} joints"
        raise UnreadableFile(joints.where, joints.describe(), expected, "save the joints of a body model")
    check_room(joints.where, shape[0], 1, 22, joints.path.stat().st_size)
    return joints.whole()[:, : 24 if shape[1] == 24 else 22].astype(np.float32)


def _computed(file: Path, keys: tuple[str, ...], rest: npy.Stored) -> np.ndarray:
    arrays = npy.find_all(file, (*keys, "trans"), "a motion")
    _check(file, arrays, rest)
    frames = arrays["trans"].shape[0]
    check_room(file, frames, 1, 22, file.stat().st_size)
    vectors = np.concatenate([arrays[key].whole()[:, :66] for key in keys], 1)[:, :66].reshape(frames, 22, 3)
    trans, still = arrays["trans"].whole(), rest.whole().reshape(-1, 3)[:22].astype(np.float64)
    parents = replace(KNOWN["smpl22"], root="pelvis").parents
    out = np.empty((frames, 22, 3), np.float32)
    for begin in range(0, frames, _FRAMES):
        part = slice(begin, begin + _FRAMES)
        turns = rotations(vectors[part].astype(np.float64))
        out[part] = posed(still, parents, turns, trans[part] + still[0])
    return out


def _check(file: Path, arrays: dict[str, npy.Stored], rest: npy.Stored) -> None:
    """Refuse arrays of other shapes than [T, 66 or more], [T, 3] and [22 or more, 3]."""
    *turns, trans = arrays.values()
    frames = trans.shape[0] if len(trans.shape) == 2 and trans.shape[1] == 3 else 0
    widths = [stored.shape[1] for stored in turns if len(stored.shape) == 2 and stored.shape[0] == frames]
    joints = rest.shape[-2] if len(rest.shape) in (2, 3) and rest.shape[-1] == 3 else 0
    fits = len(widths) == len(turns) and frames > 0 and 66 <= sum(widths) <= 500 and 22 <= joints < 1000
    if not fits or {stored.dtype.kind for stored in (*arrays.values(), rest)} != {"f"}:
        listed = ", ".join(f"{key} {stored.describe()}" for key, stored in arrays.items())
        raise UnreadableFile(
            file,
            f"{listed}, rest joints {rest.describe()}",
            "floats [frames, 66 or more], trans [frames, 3] and rest joints [22 or more, 3]",
            "save whole arrays",
        )
