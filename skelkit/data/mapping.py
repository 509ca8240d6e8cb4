"""Map clips from one skeleton to another: joints are matched by the meaning of their names."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..ops import motion
from ..skeletons.skeleton import Skeleton
from .clips import ClipSet
from .joint_names import canonical, meanings

_NEAR = {"head": "nose", "nose": "head"}  # not the same joint, but the nearest


@dataclass(frozen=True, repr=False)
class Mapping:
    """The joint of `source` for each joint of `target`.

    Attributes:
        source, target: the two skeletons.
        index: for each target joint the position of its source joint, -1 for none.
    """

    source: Skeleton
    target: Skeleton
    index: tuple[int, ...]

    @property
    def hidden(self) -> Tensor:
        """Mask of the target joints without a source joint, bool[V_target]."""
        return torch.tensor([place < 0 for place in self.index])

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the target joints without a source joint."""
        return tuple(joint for joint, place in zip(self.target.joints, self.index, strict=True) if place < 0)

    @property
    def dropped(self) -> tuple[str, ...]:
        """Names of the source joints that no target joint uses."""
        return tuple(joint for place, joint in enumerate(self.source.joints) if place not in self.index)

    def apply(self, x: Tensor, fill: bool = False) -> Tensor:
        """Batch [N, C, T, V_source, M] -> [N, C, T, V_target, M].

        Missing joints are zero, or with `fill` placed as in `as_skeleton`.

        Raises:
            ValueError: x does not have 5 axes, or the joints of the source skeleton.
        """
        motion.check_batch(x, self.source)
        return motion.to_batch(self.move(motion.to_frames(x), fill))

    def move(self, poses: Tensor, fill: bool) -> Tensor:
        """Poses [..., V_source, C] -> [..., V_target, C]; missing joints as in `apply`."""
        out = poses[..., [max(place, 0) for place in self.index], :]
        matched = [joint for joint, place in enumerate(self.index) if place >= 0]
        for joint in self.hidden.nonzero().flatten().tolist():
            # The mean of an absent person's joints is zero, so absent persons stay absent.
            out[..., joint, :] = out[..., _nearest(self.target, joint, matched), :].mean(-2) if fill else 0
        return out

    def describe(self) -> str:
        """One sentence: number of matched joints, approximate matches, missing and unused joints."""
        source_names, target_names = meanings(self.source), meanings(self.target)
        matched = [(place, joint) for joint, place in enumerate(self.index) if place >= 0]
        near = [
            f"{self.target.joints[j]} taken from {self.source.joints[p]}"
            for p, j in matched
            if source_names[p] != target_names[j]
        ]
        clauses = [f"{len(matched)} of {len(self.target)} joints"] + ([", ".join(near)] if near else [])
        clauses += [
            f"{what} {', '.join(names)}"
            for what, names in (("missing", self.missing), ("not used:", self.dropped))
            if names
        ]
        return f"{self.source.name} -> {self.target.name}: {'; '.join(clauses)}"

    __repr__ = describe


def match(source: Skeleton, target: Skeleton, pairs: dict[str, str | None] | None = None) -> Mapping:
    """The joint of `source` for each joint of `target`, matched by the meaning of their names.

    A head is taken from a nose, and a nose from a head, if there is no exact match.

    Args:
        source: skeleton of the clips.
        target: skeleton to map to.
        pairs: ``{"target joint": "source joint"}`` overrides the match by name; ``{"target joint": None}``
            leaves a joint missing. One source joint may serve several target joints.

    Raises:
        ValueError: no joint in common, or an unknown joint in `pairs`.

    >>> from skelkit.skeletons import COCO17, KINECT20, NTU25
    >>> match(NTU25, COCO17).missing
    ('left_eye', 'right_eye', 'left_ear', 'right_ear')
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
            f"no joint of {some[0]} is one of {some[1]}; "
            'rename the joints or pass pairs={"target joint": "source joint"}'
        )
    return Mapping(source, target, tuple(index))


def _places(source: Skeleton, target: Skeleton) -> list[int]:
    """Position of the source joint for each target joint, -1 for none."""
    if source.joints == target.joints:
        return list(range(len(target)))
    wanted, place_of = meanings(target), {name: place for place, name in enumerate(meanings(source))}
    near = [_NEAR.get(name, "") for name in wanted]
    return [
        place_of.get(name, -1 if other in wanted else place_of.get(other, -1))
        for name, other in zip(wanted, near, strict=True)
    ]


def _nearest(skeleton: Skeleton, joint: int, among: list[int]) -> list[int]:
    """The joints of `among` with the fewest bones to `joint`."""
    hops = replace(skeleton, root=skeleton.joints[joint]).hops[among].tolist()
    return [j for j, distance in zip(among, hops, strict=True) if distance == min(hops)]


def as_skeleton(
    clips: ClipSet, target: Skeleton, fill: bool = True, pairs: dict[str, str | None] | None = None
) -> ClipSet:
    """The same clips with the joints of another skeleton; labels, groups and names stay.

    The presence of persons stays the same, except for a person with zeros at all common joints.

    Args:
        clips: clips of any skeleton.
        target: skeleton to map to.
        fill: place each missing joint at the mean of the nearest matched joints of the target's tree (a thumb
            at the hand, the base of the spine between the hips). Otherwise missing joints are zero.
        pairs: as in `match`.

    Raises:
        ValueError: as in `match`.

    >>> from skelkit.skeletons import KINECT20
    >>> as_skeleton(ClipSet.from_arrays([torch.ones(9, 25, 3)], skeleton="ntu25"), KINECT20)
    ClipSet(1 clips, 1 classes, 9 frames at 30 fps, up to 1 person, Kinect v1-20)
    """
    return replace(clips, poses=match(clips.skeleton, target, pairs).move(clips.poses, fill), skeleton=target)


def common(first: Skeleton, *others: Skeleton) -> Skeleton:
    """The joints that all these skeletons have, named as in the first; bones skip the joints left out.

    Root and origin are those of the first skeleton. If one is left out, the nearest common joint on the
    midline replaces it (any common joint, if none is on the midline). If `first` has no other joints, it is
    returned.

    Raises:
        ValueError: fewer than two joints in common.

    >>> from skelkit.skeletons import MOCAP21, NTU25
    >>> both = common(MOCAP21, NTU25)
    >>> len(both), both.root, ("Chest", "UpperArm_L") in both.bones, "Shoulder_L" in both.joints
    (19, 'Chest', True, False)
    """
    places = [_places(other, first) for other in others]
    shared = [joint for joint in range(len(first)) if all(place[joint] >= 0 for place in places)]
    name = " & ".join(dict.fromkeys(s.name for s in (first, *others)))
    if len(shared) < 2:
        raise ValueError(
            f"{name} have {len(shared)} joints in common, a skeleton needs 2; "
            "rename joints that are the same, or map with as_skeleton"
        )
    if len(shared) == len(first):
        return first
    new_name = _names_among(first, shared)
    root = _stand_in(first, first.root, shared)
    parents = replace(first, root=first.joints[root]).parents
    bones = [(new_name[_above(parents, joint, shared)], new_name[joint]) for joint in shared if joint != root]
    body_parts = {
        part: tuple(new_name[j] for j in map(first.index, joints) if j in new_name)
        for part, joints in first.body_parts.items()
    }
    return Skeleton(
        name,
        tuple(new_name.values()),
        tuple(bones),
        new_name[root],
        new_name[_stand_in(first, first.origin, shared)],
        {part: joints for part, joints in body_parts.items() if joints},
        _pairs_among(first, new_name),
    )


def _pairs_among(skeleton: Skeleton, new_name: dict[int, str]) -> tuple[tuple[str, str], ...]:
    """The pairs that were given for a skeleton, among the joints with new names."""
    places = [(skeleton.index(left), skeleton.index(right)) for left, right in skeleton.pairs]
    return tuple((new_name[a], new_name[b]) for a, b in places if a in new_name and b in new_name)


def _names_among(skeleton: Skeleton, shared: list[int]) -> dict[int, str]:
    """Joint -> its name in a skeleton of the `shared` joints alone.

    Without the bone names around it a name may change its meaning ("Hand_L" would be a hand, not a wrist);
    such a joint gets its canonical name.
    """
    own_meanings, names = meanings(skeleton), [skeleton.joints[j] for j in shared]
    return {
        j: name if canonical(name, names) == own_meanings[j] else own_meanings[j]
        for j, name in zip(shared, names, strict=True)
    }


def _stand_in(skeleton: Skeleton, joint: str, shared: list[int]) -> int:
    """The joint itself if it is shared, else the nearest shared one, on the midline if possible.

    A root on one side would make the tree lopsided.
    """
    place = skeleton.index(joint)
    middle = [j for j in shared if skeleton.mirror[j] == j]
    return place if place in shared else _nearest(skeleton, place, middle or shared)[0]


def _above(parents: tuple[int, ...], joint: int, shared: list[int]) -> int:
    """The first shared joint on the path to the root."""
    while (joint := parents[joint]) not in shared:
        pass
    return joint
