"""Joint names and bones of both sides, from which the named layouts are put together."""

from __future__ import annotations

from itertools import pairwise

Bones = tuple[tuple[str, str], ...]
Parts = dict[str, tuple[str, ...]]

SIDES = ("left", "right")


def both(*names: str) -> tuple[str, ...]:
    """Names of the left side, then of the right side.

    >>> both("hip", "knee")
    ('left_hip', 'left_knee', 'right_hip', 'right_knee')
    """
    return tuple(f"{side}_{name}" for side in SIDES for name in names)


def alternating(*names: str) -> tuple[str, ...]:
    """The left and the right joint of each name.

    >>> alternating("hip", "knee")
    ('left_hip', 'right_hip', 'left_knee', 'right_knee')
    """
    return tuple(f"{side}_{name}" for name in names for side in SIDES)


def chain(*joints: str) -> Bones:
    """The bones from each joint to the next."""
    return tuple(pairwise(joints))


def limb_chains(start: str, *names: str) -> Bones:
    """Bones of a left and a right limb that begin at the joint `start`; without it if that is ""."""
    first = (start,) if start else ()
    return tuple(bone for side in SIDES for bone in chain(*first, *(f"{side}_{n}" for n in names)))


def limbs(arm: tuple[str, ...], leg: tuple[str, ...]) -> Parts:
    """The body parts "left arm", "left leg", "right arm" and "right leg" with these joints."""
    return {
        f"{side} {limb}": tuple(f"{side}_{name}" for name in names)
        for side in SIDES
        for limb, names in (("arm", arm), ("leg", leg))
    }
