"""The skeleton of an ASF file: its bones name the joints at their ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...skeletons.skeleton import Skeleton
from .asf import Bone

ENDS = {
    "hipjoint": "hip",
    "femur": "knee",
    "tibia": "ankle",
    "foot": "foot",
    "toes": "toes",
    "clavicle": "shoulder",
    "humerus": "elbow",
    "radius": "wrist",
    "wrist": "hand",
    "hand": "knuckles",
    "fingers": "hand_tip",
}
"""Bone of CMU's and HDM05's skeletons, without its side -> the joint at its end."""


def skeleton_of(bones: Sequence[Bone]) -> Skeleton:
    """The tree of the bones; its root is the joint of the trunk from which the farthest joint is nearest."""
    names = _joints([bone.name for bone in bones])
    tree = tuple(
        (names[bone.parent], name) for bone, name in zip(bones, names, strict=True) if bone.parent >= 0
    )
    skeleton = Skeleton(f"ASF-{len(names)}", tuple(names), tree, root=names[0])
    mirror = skeleton.mirror.tolist()
    trunk = [name for place, name in enumerate(names) if mirror[place] == place]
    return replace(
        skeleton,
        root=min(trunk, key=lambda name: int(replace(skeleton, root=name).hops.max())),
        origin=names[0],
    )


def _joints(names: Sequence[str]) -> list[str]:
    """Names of joints; the sides of bones such as "lfemur" are written out."""
    sides = {"l": ("left", "r"), "r": ("right", "l")}
    found = []
    for name in names:
        side, other = sides.get(name[0], ("", ""))
        paired = bool(side) and f"{other}{name[1:]}" in names
        found.append(f"{side}_{ENDS.get(name[1:], name[1:])}" if paired else name)
    return found if len(set(found)) == len(found) else list(names)
