"""Rotation vectors as matrices, and the positions of a tree of joints that turn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def rotations(vectors: np.ndarray) -> np.ndarray:
    """Rotation matrices [..., 3, 3] of rotation vectors [..., 3]: axis times angle in radians.

    Rodrigues' formula, R = I + sin(a) K + (1 - cos(a)) K², with the cross-product matrix K of the axis.

    >>> rotations(np.array([0.0, 0.0, np.pi / 2])).round(9) @ [1.0, 0.0, 0.0]
    array([0., 1., 0.])
    """
    angle = np.linalg.norm(vectors, axis=-1)[..., None]
    x, y, z = np.moveaxis(vectors / np.maximum(angle, 1e-12), -1, 0)
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(*x.shape, 3, 3)
    angle = angle[..., None]
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)


def posed(rest: np.ndarray, parents: Sequence[int], turns: np.ndarray, root: np.ndarray) -> np.ndarray:
    """Positions float64 [T, V, 3] of the joints of a tree, each of which turns what hangs on it.

        R_j = R_p turn_j,    x_j = x_p + R_p (rest_j - rest_p)

    Args:
        rest: positions [V, 3] without any turn.
        parents: index of each joint's parent, which comes before it; -1 for the first.
        turns: rotation matrices [T, V, 3, 3] relative to the parent.
        root: positions [T, 3] of the first joint.
    """
    turns, position = turns.copy(), np.empty((*turns.shape[:2], 3))
    position[:, 0] = root
    for joint, parent in enumerate(parents):
        if parent >= 0:
            position[:, joint] = position[:, parent] + turns[:, parent] @ (rest[joint] - rest[parent])
            turns[:, joint] = turns[:, parent] @ turns[:, joint]
    return position
