"""Joint positions from the features of HumanML3D, of which the first 4 + 3 (V - 1) are needed.

In each frame: the angle by which the root turns until the next frame, halved (1); its velocity along x and z
(2), as seen when facing z; its height (1); positions of the other joints from the root's place on the floor
(3 (V - 1)), also as seen when facing z; then rotations, velocities and foot contacts: 12 V - 1 numbers. (Guo
et al., 2022, section 5, and `recover_from_ric` in `motion_representation.ipynb`.)
"""

from __future__ import annotations

import numpy as np

FEATURES = {263: 22, 251: 21}
"""Numbers of a frame -> joints."""


def positions(features: np.ndarray) -> np.ndarray:
    """Positions float64 [T, V, 3], y up, of features [T, 12 V - 1]; the root begins at x = z = 0."""
    joints = FEATURES[features.shape[1]]
    values = features[:, : 4 + 3 * (joints - 1)].astype(np.float64)
    heading = 2 * np.concatenate([[0.0], np.cumsum(values[:-1, 0])])  # radians about y
    steps = np.concatenate([np.zeros((1, 2)), values[:-1, 1:3]])  # seen with the heading after the step
    root = np.cumsum(_turned(heading, steps[:, 0], steps[:, 1]), 0)
    others = values[:, 4:].reshape(len(values), joints - 1, 3)
    out = np.empty((len(values), joints, 3))
    out[:, 0, 1], out[:, 1:, 1] = values[:, 3], others[..., 1]
    out[:, 0, [0, 2]] = root
    out[:, 1:, [0, 2]] = root[:, None] + _turned(heading[:, None], others[..., 0], others[..., 2])
    return out


def _turned(heading: np.ndarray, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """World coordinates x and z [..., 2] of what is seen at x and z by one who has turned by `heading`.

    The stored rotation is from the world to the body, so this is its inverse.
    """
    cos, sin = np.cos(heading), np.sin(heading)
    return np.stack([cos * x - sin * z, sin * x + cos * z], -1)
