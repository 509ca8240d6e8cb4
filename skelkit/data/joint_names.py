"""What the names of joints mean: one canonical name for each joint, however a skeleton spells it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from ..skeletons.skeleton import Skeleton

_SIDES = {"l": "left", "left": "left", "r": "right", "right": "right"}

_MIDDLE: dict[str, tuple[str, ...]] = {
    "spine base": ("hips", "hip", "hip center", "mid hip", "pelvis"),
    "spine mid": ("spine", "mid spine", "torso"),
    "spine shoulder": ("shoulder center", "mid shoulder", "chest", "thorax"),
}

_ARM: dict[str, tuple[str, ...]] = {
    "shoulder": ("upper arm", "up arm", "arm"),
    "elbow": ("lower arm", "low arm", "fore arm"),
}

_LEG: dict[str, tuple[str, ...]] = {
    "hip": ("upper leg", "up leg", "thigh"),
    "knee": ("lower leg", "low leg", "leg", "calf", "shin"),
}

_ENDS: dict[str, tuple[str, ...]] = {
    "clavicle": ("collar",),
    "hand tip": (),
    "foot": ("toes", "toe", "toe base", "big toe"),
}


def _by_word(*tables: dict[str, tuple[str, ...]]) -> dict[str, str]:
    return {
        word.replace(" ", ""): meaning
        for table in tables
        for meaning, others in table.items()
        for word in (meaning, *others)
    }


_MEANING = {"": _by_word(_MIDDLE)} | dict.fromkeys(("left", "right"), _by_word(_ARM, _LEG, _ENDS))

# Bone names call a joint by the bone that begins there: next to an upper arm, "shoulder" is the collar bone.
_ARM_BONES, _LEG_BONES = (set(_by_word(table)) - set(table) for table in (_ARM, _LEG))

_BY_BONES = {
    "shoulder": ("clavicle", _ARM_BONES),
    "hand": ("wrist", _ARM_BONES),
    "foot": ("ankle", _LEG_BONES),
}


def canonical(joint: str, among: Iterable[str] = ()) -> str:
    """The canonical name of a joint, independent of case, word choice and the notation of its side.

    Motion-capture skeletons name joints by bones (upper arm, lower leg, …); in them, shoulder, hand and foot
    mean clavicle, wrist and ankle. An unknown name stays as it is, in lower case.

    Args:
        joint: name in the data.
        among: names of all joints of the skeleton; they show whether it names joints by bones.

    >>> canonical("left_shoulder"), canonical("LShoulder"), canonical("UpperArm_L"), canonical("hip_center")
    ('left shoulder', 'left shoulder', 'left shoulder', 'spine base')
    >>> canonical("Shoulder_L", among=["Shoulder_L", "UpperArm_L", "LowerArm_L"])
    'left clavicle'
    """
    side, plain = _read(joint)
    meaning = _MEANING[side].get(plain.replace(" ", ""), plain)
    if side and plain in _BY_BONES:
        other, bones = _BY_BONES[plain]
        words = {_read(j)[1].replace(" ", "") for j in among}
        if words & bones and other not in {_MEANING[side].get(word, word) for word in words}:
            meaning = other
    return f"{side} {meaning}".strip()


@cache
def _read(joint: str) -> tuple[str, str]:
    """Side ("left", "right" or "") and other words in lower case, without prefixes such as "mixamorig:"."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", joint.rpartition(":")[2])
    words = [word for word in re.split(r"[\W_]+", spaced.lower()) if word]
    sides, rest = [w for w in words if w in _SIDES], [w for w in words if w not in _SIDES]
    return (_SIDES[sides[0]], " ".join(rest)) if len(sides) == 1 and rest else ("", " ".join(words) or joint)


def meanings(skeleton: Skeleton) -> list[str]:
    """Canonical name of each joint; of two joints with the same meaning, the second keeps its own name."""
    names: list[str] = []
    for joint in skeleton.joints:
        name = canonical(joint, skeleton.joints)
        names.append(joint if name in names else name)
    return names
