"""The left and right joints of a skeleton, from their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_OTHER = {"left": "right", "Left": "Right", "LEFT": "RIGHT", "l": "r", "L": "R"}
_OTHER |= {right: left for left, right in _OTHER.items()}

_HABITS = tuple(
    map(
        re.compile,
        (
            "left|right|Left|Right|LEFT|RIGHT",  # left_hip, HIP_LEFT, mixamorig:LeftUpLeg
            "(?<![A-Za-z])[LRlr](?![A-Za-z])",  # L_Hip, thigh.l, Bip01 L Thigh
            "(?<![A-Za-z])[LRlr](?=[A-Z][a-z])",  # LHip, lHand
            "(?<=[a-z0-9])[LR](?![A-Za-z])",  # HipL
            "(?<![A-Za-z])[LRlr](?=[A-Za-z])",  # lfemur, LHIP
        ),
    )
)
"""How names tell the side; a name has a side only if the skeleton has the name of the other side, too."""

MANY = 12
"""Fewest joints of a skeleton that is taken for a body with limbs."""


def pairs_by_name(joints: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """(left, right) joint names that tell the side in a common way, in the order of the left joints.

    >>> pairs_by_name(["Bip01 R Thigh", "Bip01 L Thigh", "thigh.l", "thigh.r", "lHand", "rHand", "head"])
    (('Bip01 L Thigh', 'Bip01 R Thigh'), ('thigh.l', 'thigh.r'), ('lHand', 'rHand'))
    """
    there = set(joints)
    images = {joint: image for joint in joints for image in _images(joint) if image in there}
    return tuple(
        (joint, image)
        for joint, image in images.items()
        if images.get(image) == joint and _is_left(joint, image)
    )


def _images(joint: str) -> Iterable[str]:
    """Names of the joint on the other side, the most likely one last."""
    for habit in reversed(_HABITS):
        if (image := habit.sub(lambda side: _OTHER[side[0]], joint)) != joint:
            yield image


def _is_left(joint: str, image: str) -> bool:
    """Whether the first difference of two names says "left" in the first."""
    return next(a for a, b in zip(joint, image, strict=False) if a != b) in "lL"
