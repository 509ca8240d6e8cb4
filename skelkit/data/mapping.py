"""Clips of one skeleton seen as clips of another: joints matched by what their names mean."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

import torch
from torch import Tensor

from ..ops import motion
from ..skeletons.skeleton import Skeleton
from .clips import ClipSet

_SIDES = {"l": "left", "left": "left", "r": "right", "right": "right"}

_MIDDLE = {
    "spine base": ("hips", "hip", "hip center", "mid hip", "pelvis"),
    "spine mid": ("spine", "mid spine", "torso"),
    "spine shoulder": ("shoulder center", "mid shoulder", "chest", "thorax"),
}

_ARM = {"shoulder": ("upper arm", "up arm", "arm"), "elbow": ("lower arm", "low arm", "fore arm")}

_LEG = {"hip": ("upper leg", "up leg", "thigh"), "knee": ("lower leg", "low leg", "leg", "calf", "shin")}

_ENDS = {"clavicle": ("collar",), "hand tip": (), "foot": ("toes", "toe", "toe base", "big toe")}

_NEAR = {"head": "nose", "nose": "head"}  # not the same, but no other joint is nearer


def _by_word(*tables: dict[str, tuple[str, ...]]) -> dict[str, str]:
    return {
        word.replace(" ", ""): meaning
        for table in tables
        for meaning, others in table.items()
        for word in (meaning, *others)
    }


_MEANING = {"": _by_word(_MIDDLE)} | dict.fromkeys(("left", "right"), _by_word(_ARM, _LEG, _ENDS))

# Bone names call a joint by the bone that begins there: where there is an upper arm, the shoulder is the collar bone.
_ARM_BONES, _LEG_BONES = (set(_by_word(table)) - set(table) for table in (_ARM, _LEG))

_BY_BONES = {
    "shoulder": ("clavicle", _ARM_BONES),
    "hand": ("wrist", _ARM_BONES),
    "foot": ("ankle", _LEG_BONES),
}


def canonical(joint: str, among: Iterable[str] = ()) -> str:
    """The one name for a joint, whatever the case, the way to write its side, and the words.

    Shoulder, hand and foot mean other joints (clavicle, wrist, ankle) in skeletons that name joints by bones (upper arm, lower
    leg, …), such as motion capture: `among`, the names of the skeleton's joints, tells. A name that is not known stays, in lower case.

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
    """Side ("left", "right" or "") and the other words in lower case; "mixamorig:" and the like is cut off."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", joint.rpartition(":")[2])
    words = [word for word in re.split(r"[\W_]+", spaced.lower()) if word]
    sides, rest = [w for w in words if w in _SIDES], [w for w in words if w not in _SIDES]
    return (_SIDES[sides[0]], " ".join(rest)) if len(sides) == 1 and rest else ("", " ".join(words) or joint)


def _meanings(skeleton: Skeleton) -> list[str]:
    """The canonical name of each joint; of two joints that mean the same the first has it, the other keeps its own."""
    names: list[str] = []
    for joint in skeleton.joints:
        name = canonical(joint, skeleton.joints)
        names.append(joint if name in names else name)
    return names


@dataclass(frozen=True, repr=False)
class Mapping:
    """Which joint of `source` each joint of `target` is: `index` holds its position for each target joint, -1 for none."""

    source: Skeleton
    target: Skeleton
    index: tuple[int, ...]

    @property
    def hidden(self) -> Tensor:
        """True for the target joints that the source has no joint for, bool[V_target]."""
        return torch.tensor([place < 0 for place in self.index])

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of those target joints."""
        return tuple(joint for joint, place in zip(self.target.joints, self.index, strict=True) if place < 0)

    @property
    def dropped(self) -> tuple[str, ...]:
        """Names of the source joints that are not used."""
        return tuple(joint for place, joint in enumerate(self.source.joints) if place not in self.index)

    def apply(self, x: Tensor, fill: bool = False) -> Tensor:
        """Batch [N, C, T, V_source, M] -> [N, C, T, V_target, M]; missing joints are zero, or with `fill` placed as in `as_skeleton`."""
        motion.check_batch(x, self.source)
        return motion.to_batch(self._move(motion.to_frames(x), fill))

    def _move(self, poses: Tensor, fill: bool) -> Tensor:
        """[..., V_source, C] -> [..., V_target, C]."""
        out = poses[..., [max(place, 0) for place in self.index], :]
        there = [joint for joint, place in enumerate(self.index) if place >= 0]
        for joint in self.hidden.nonzero().flatten().tolist():
            # Absent persons are zero at all joints, so also between any of them.
            out[..., joint, :] = out[..., _nearest(self.target, joint, there), :].mean(-2) if fill else 0
        return out

    def describe(self) -> str:
        """What is kept, what is only near, and what is lost, in a sentence."""
        have, want = _meanings(self.source), _meanings(self.target)
        kept = [(place, joint) for joint, place in enumerate(self.index) if place >= 0]
        near = [
            f"{self.target.joints[j]} taken from {self.source.joints[p]}"
            for p, j in kept
            if have[p] != want[j]
        ]
        said = [f"{len(kept)} of {len(self.target)} joints"] + ([", ".join(near)] if near else [])
        said += [
            f"{what} {', '.join(names)}"
            for what, names in (("missing", self.missing), ("not used:", self.dropped))
            if names
        ]
        return f"{self.source.name} -> {self.target.name}: {'; '.join(said)}"

    __repr__ = describe


def match(source: Skeleton, target: Skeleton, pairs: dict[str, str | None] | None = None) -> Mapping:
    """Joints of `source` for those of `target`, by what their names mean.

    A head is taken from a nose (or a nose from a head) where there is no other: not the same joint, but the nearest to it.

    Args:
        pairs: ``{"target joint": "source joint"}`` where the names do not say it, ``{"target joint": None}`` for none; goes before
            what the names say. One source joint may serve several target joints.

    Raises:
        ValueError: no joint in common, or `pairs` names a joint that is not there.

    >>> from skelkit.skeletons import COCO17, KINECT20, NTU25
    >>> match(KINECT20, NTU25)
    Kinect v1-20 -> NTU-25: 20 of 25 joints; missing neck, left_hand_tip, left_thumb, right_hand_tip, right_thumb
    >>> match(COCO17, KINECT20, pairs={"head": None}).missing
    ('hip_center', 'spine', 'shoulder_center', 'head', 'left_hand', 'right_hand', 'left_foot', 'right_foot')
    """
    index = _places(source, target)
    for joint, other in (pairs or {}).items():
        try:
            index[target.index(joint)] = -1 if other is None else source.index(other)
        except ValueError as error:
            raise ValueError(f"pairs go from joints of the target to joints of the source: {error}") from None
    if max(index) < 0:
        some = [
            f"{s.name} ({', '.join(s.joints[:4])}{', …' if len(s) > 4 else ''})" for s in (source, target)
        ]
        raise ValueError(
            f'no joint of {some[0]} is one of {some[1]}; rename the joints or pass pairs={{"target joint": "source joint"}}'
        )
    return Mapping(source, target, tuple(index))


def _places(source: Skeleton, target: Skeleton) -> list[int]:
    if source.joints == target.joints:
        return list(range(len(target)))
    want, have = _meanings(target), {name: place for place, name in enumerate(_meanings(source))}
    near = [_NEAR.get(name) for name in want]
    return [
        have.get(name, -1 if other in want else have.get(other, -1))
        for name, other in zip(want, near, strict=True)
    ]


def _nearest(skeleton: Skeleton, joint: int, among: list[int]) -> list[int]:
    """Those of the joints `among` that are the fewest bones away from a joint."""
    hops = replace(skeleton, root=skeleton.joints[joint]).hops[among].tolist()
    return [j for j, far in zip(among, hops, strict=True) if far == min(hops)]


def as_skeleton(
    clips: ClipSet, target: Skeleton, fill: bool = True, pairs: dict[str, str | None] | None = None
) -> ClipSet:
    """The same clips with the joints of another skeleton; labels, groups and names stay.

    Args:
        fill: place each missing joint in the middle of those nearest in the target's tree that are there (at the hand if it is a
            thumb, between the hips if it is the spine's base); a missing joint is zero otherwise.
        pairs: as in `match`, which also raises.

    Who is present stays as it was; only a person seen at none of the joints in common (all others zero) is lost.

    >>> from skelkit.skeletons import KINECT20
    >>> as_skeleton(ClipSet.from_arrays([torch.ones(9, 25, 3)]), KINECT20)
    ClipSet(1 clips, 1 classes, 9 frames at 30 fps, up to 1 person, Kinect v1-20)
    """
    return replace(
        clips, poses=match(clips.skeleton, target, pairs)._move(clips.poses, fill), skeleton=target
    )


def common(first: Skeleton, *others: Skeleton) -> Skeleton:
    """The joints that all these skeletons have, by their names in the first; bones run through the joints left out.

    Root and origin are the first's, or where they are left out, the nearest joint of the midline (of a side, if the midline has none).
    It is the first skeleton itself if that has no other joints.

    Raises:
        ValueError: fewer than two joints in common.

    >>> from skelkit.skeletons import MOCAP21, NTU25
    >>> both = common(MOCAP21, NTU25)
    >>> len(both), both.root, ("Chest", "UpperArm_L") in both.bones, "Shoulder_L" in both.joints
    (19, 'Chest', True, False)
    """
    kept = [
        joint
        for joint, places in enumerate(
            zip(range(len(first)), *(_places(s, first) for s in others), strict=True)
        )
        if min(places) >= 0
    ]
    names = " & ".join(dict.fromkeys(s.name for s in (first, *others)))
    if len(kept) < 2:
        raise ValueError(
            f"{names} have {len(kept)} joints in common, a skeleton needs 2; rename joints that are the same, or map with as_skeleton"
        )
    if len(kept) == len(first):
        return first
    meanings, left = _meanings(first), [first.joints[j] for j in kept]
    # Without the bone names around it a joint may mean another ("Hand_L" a hand, no wrist): it then goes by its canonical name.
    called = {
        j: first.joints[j] if canonical(first.joints[j], left) == meanings[j] else meanings[j] for j in kept
    }
    root = _stand_in(first, first.root, kept)
    parents = replace(first, root=first.joints[root]).parents
    bones = [(called[_above(parents, joint, kept)], called[joint]) for joint in kept if joint != root]
    parts = {
        part: tuple(called[j] for j in map(first.index, joints) if j in called)
        for part, joints in first.body_parts.items()
    }
    return Skeleton(
        names,
        tuple(called.values()),
        tuple(bones),
        called[root],
        called[_stand_in(first, first.origin, kept)],
        {part: joints for part, joints in parts.items() if joints},
    )


def _stand_in(skeleton: Skeleton, joint: str, kept: list[int]) -> int:
    """The joint itself if it is kept, else the nearest that is. (A root on one side would make the tree lopsided.)"""
    place = skeleton.index(joint)
    middle = [j for j in kept if skeleton.mirror[j] == j]
    return place if place in kept else _nearest(skeleton, place, middle or kept)[0]


def _above(parents: tuple[int, ...], joint: int, kept: list[int]) -> int:
    """The first kept joint on the way to the root."""
    while (joint := parents[joint]) not in kept:
        pass
    return joint
