"""The order of the joints of a body: head above neck above spine above hips, knees and feet below."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..skeletons.skeleton import Skeleton
from .joint_names import meanings

LEVELS: tuple[tuple[str, ...], ...] = (
    ("head", "nose"),
    ("neck", "spine shoulder", "spine chest"),
    ("spine mid", "spine2"),
    ("spine base", "SIDE hip"),
    ("SIDE knee",),
    ("SIDE ankle", "SIDE foot"),
)
"""From head to feet: names of joints of each level, of which the first that a skeleton has is taken.

SIDE stands for left and right, whose mean is taken.
"""


def heights(poses: Tensor, skeleton: Skeleton, up: Tensor | None = None) -> tuple[Tensor, list[str]]:
    """Height of each level of the body that the skeleton has, and its name.

    Args:
        poses: [F, V, 3] of persons without missing joints; NaN for missing ones.
        skeleton: names the joints.
        up: the direction upwards, [3]. Default: the direction from the feet to the shoulders, in each frame.

    Returns:
        [F, L] in the order of `LEVELS`, NaN where a joint is missing; and L names. Both are empty if `up` is
        not given and the skeleton has no shoulders or feet.
    """
    names = meanings(skeleton)
    found = [(name, joints) for level in LEVELS if (joints := _first(level, names)) for name in [level[0]]]
    feet, shoulders = _first(LEVELS[-1], names), _first(("SIDE shoulder",), names)
    if up is not None:
        direction = up.to(poses).expand(len(poses), 3)
    elif feet and shoulders:
        direction = poses[:, shoulders].mean(1) - poses[:, feet].mean(1)
    else:
        return poses.new_zeros(len(poses), 0), []
    levels = [(poses[:, joints].mean(1) * direction).sum(-1) for _, joints in found]
    return torch.stack(levels, 1), [name.replace("SIDE ", "") for name, _ in found]


def _first(names: Sequence[str], among: Sequence[str]) -> list[int]:
    """Places of the first of these names among the meanings of joints; both sides of one with SIDE."""
    for name in names:
        wanted = [name.replace("SIDE", side) for side in ("left", "right")] if "SIDE" in name else [name]
        if all(each in among for each in wanted):
            return [among.index(each) for each in wanted]
    return []


def in_order(heights: Tensor) -> float | None:
    """Share of neighbouring levels in which the one nearer the head is higher; None without levels.

    Args:
        heights: as `heights` returns them, [F, L].

    >>> in_order(torch.tensor([[1.6, 1.4, 0.9, 0.1], [1.6, 1.4, 0.0, 0.1]]))
    0.8333333134651184
    """
    steps = heights[:, :-1] - heights[:, 1:]
    known = ~steps.isnan()
    return float((steps > 0)[known].float().mean()) if known.any() else None
