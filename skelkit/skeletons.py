"""Skeletons: which joints there are, how bones join them, and what follows from that.

Degrees, trees, mirror pairs and graph partitions are computed from the bones, never written down.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import torch
from torch import Tensor


@dataclass(frozen=True)
class Skeleton:
    """Joints and the bones between them; the bones form one tree.

    Args:
        name: shown in errors and stored in files.
        joints: V joint names, in the order of the data. ``left``/``right``, ``Left``/``Right`` or a final
            ``_L``/``_R`` in the names makes mirror pairs.
        bones: the V - 1 pairs of joint names, in any order and direction.
        root: the joint that the tree hangs from and that distances are counted from (graph centre).
        origin: the joint moved to the origin by `motion.centre`; the root unless given.
        parts: body part name -> joint names; limbs are found from the tree unless given.

    Raises:
        ValueError: a bone names an unknown joint, a joint name is repeated, or the bones are not one tree.

    >>> chain = Skeleton("finger", ["base", "middle", "tip"], [("base", "middle"), ("middle", "tip")], root="base")
    >>> chain.degrees.tolist(), chain.parents
    ([1, 2, 1], (-1, 0, 1))
    """

    name: str
    joints: tuple[str, ...]
    bones: tuple[tuple[str, str], ...]
    root: str
    origin: str = ""
    parts: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False, compare=False)

    def __post_init__(self):
        for key in ("joints", "bones"):
            object.__setattr__(self, key, tuple(tuple(v) if isinstance(v, list) else v for v in getattr(self, key)))
        object.__setattr__(self, "origin", self.origin or self.root)
        object.__setattr__(self, "parts", {part: tuple(joints) for part, joints in self.parts.items()})
        repeated = sorted({j for j in self.joints if self.joints.count(j) > 1})
        if repeated:
            raise ValueError(f"skeleton {self.name!r}: joint names are repeated: {', '.join(repeated)}; name each joint once")
        for joint in [j for bone in self.bones for j in bone] + [self.root, self.origin] + [j for p in self.parts.values() for j in p]:
            self.index(joint)
        if -2 in self.parents or len(self.bones) != len(self) - 1:
            adrift = [j for j, p in zip(self.joints, self.parents, strict=True) if p == -2]
            raise ValueError(
                f"skeleton {self.name!r}: {len(self)} joints need {len(self) - 1} bones that form one tree; found {len(self.bones)} bones"
                + (f", with no way from {self.root!r} to {', '.join(adrift)}" if adrift else "")
            )
        if not self.parts:
            object.__setattr__(self, "parts", self._limbs())

    def __len__(self) -> int:
        return len(self.joints)

    def index(self, joint: str) -> int:
        """Position of a joint in the data."""
        try:
            return self.joints.index(joint)
        except ValueError:
            raise ValueError(f"skeleton {self.name!r} has no joint {joint!r}; its joints are: {', '.join(self.joints)}") from None

    @cached_property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """Bones as (parent, child) joint indices, ordered by child."""
        return tuple((p, c) for c, p in enumerate(self.parents) if p >= 0)

    @cached_property
    def parents(self) -> tuple[int, ...]:
        """Parent index of each joint in the tree hung from `root`; -1 for the root itself."""
        neighbours = self._neighbours()
        parent, queue = [-2] * len(self), deque([self.index(self.root)])
        parent[queue[0]] = -1
        while queue:
            here = queue.popleft()
            for there in neighbours[here]:
                if parent[there] == -2:
                    parent[there] = here
                    queue.append(there)
        return tuple(parent)

    @cached_property
    def degrees(self) -> Tensor:
        """Number of bones at each joint, Long[V]."""
        return torch.tensor([len(n) for n in self._neighbours()])

    @cached_property
    def hops(self) -> Tensor:
        """Number of bones between each joint and the root, Long[V]."""
        hops = []
        for joint in range(len(self)):
            count = 0
            while (joint := self.parents[joint]) >= 0:
                count += 1
            hops.append(count)
        return torch.tensor(hops)

    @cached_property
    def mirror(self) -> Tensor:
        """For each joint, the joint on the other side (itself on the midline), Long[V]; `x[..., mirror]` swaps sides."""
        return torch.tensor([self.joints.index(o) if (o := _other_side(j)) in self.joints else i for i, j in enumerate(self.joints)])

    @property
    def mirror_pairs(self) -> tuple[tuple[str, str], ...]:
        """(left, right) joint names."""
        return tuple((j, self.joints[m]) for i, (j, m) in enumerate(zip(self.joints, self.mirror.tolist(), strict=True)) if i < m)

    @cached_property
    def partition(self) -> Tensor:
        """Spatial-configuration partition of the graph, float[3, V, V]: same distance to the root, nearer, farther.

        ``partition[k, i, j]`` weighs joint i's features in joint j; each column of the sum over k adds to 1.
        (Yan et al., "Spatial Temporal Graph Convolutional Networks", 2018, section 3.3.)
        """
        adjacency = torch.eye(len(self))
        for a, b in self.edges:
            adjacency[a, b] = adjacency[b, a] = 1
        adjacency = adjacency / adjacency.sum(0, keepdim=True)
        step = self.hops[:, None] - self.hops[None, :]  # < 0: i is nearer the root than j
        return torch.stack([adjacency * (step == 0), adjacency * (step < 0), adjacency * (step > 0)])

    def to_dict(self) -> dict:
        """The fields as plain lists and strings, for files."""
        return {
            "name": self.name, "joints": list(self.joints), "bones": [list(b) for b in self.bones],
            "root": self.root, "origin": self.origin, "parts": {k: list(v) for k, v in self.parts.items()},
        }  # fmt: skip

    def _neighbours(self) -> list[list[int]]:
        neighbours: list[list[int]] = [[] for _ in self.joints]
        for a, b in self.bones:
            neighbours[self.index(a)].append(self.index(b))
            neighbours[self.index(b)].append(self.index(a))
        return neighbours

    def _limbs(self) -> dict[str, tuple[str, ...]]:
        """Chains from each leaf up to the first junction, named by the leaf; what is left is the trunk."""
        limbs, taken = {}, set()
        for leaf in [j for j in range(len(self)) if self.degrees[j] == 1 and self.parents[j] >= 0]:
            chain, joint = [], leaf
            while joint >= 0 and self.degrees[joint] <= 2:
                chain.append(joint)
                joint = self.parents[joint]
            limbs[self.joints[leaf]] = tuple(self.joints[j] for j in reversed(chain))
            taken.update(chain)
        trunk = tuple(j for i, j in enumerate(self.joints) if i not in taken)
        return ({"trunk": trunk} if trunk else {}) | limbs


def _other_side(joint: str) -> str:
    for a, b in (("left", "right"), ("right", "left"), ("Left", "Right"), ("Right", "Left")):
        if a in joint:
            return joint.replace(a, b)
    for a, b in (("_L", "_R"), ("_R", "_L")):
        if joint.endswith(a):
            return joint.removesuffix(a) + b
    return joint


def _both(*names: str) -> list[str]:
    return [f"{side}_{name}" for side in ("left", "right") for name in names]


def _chain(*joints: str) -> list[tuple[str, str]]:
    return list(pairwise(joints))


def _limb_chains(start: str, *names: str) -> list[tuple[str, str]]:
    return [bone for side in ("left", "right") for bone in _chain(start, *(f"{side}_{n}" for n in names))]


_ARM, _LEG, _FINGERS = ("shoulder", "elbow", "wrist", "hand"), ("hip", "knee", "ankle", "foot"), ("hand_tip", "thumb")


def _kinect_parts(trunk: tuple[str, ...], fingers: tuple[str, ...] = ()) -> dict[str, tuple[str, ...]]:
    parts = {"trunk": trunk}
    for side in ("left", "right"):
        parts[f"{side} arm"] = tuple(f"{side}_{n}" for n in _ARM + fingers)
        parts[f"{side} leg"] = tuple(f"{side}_{n}" for n in _LEG)
    return parts


NTU25 = Skeleton(
    "NTU-25",
    joints=["spine_base", "spine_mid", "neck", "head", *_both(*_ARM), *_both(*_LEG), "spine_shoulder", *_both(*_FINGERS)],
    bones=_chain("spine_base", "spine_mid", "spine_shoulder", "neck", "head")
    + _limb_chains("spine_shoulder", *_ARM, "thumb", "hand_tip")
    + _limb_chains("spine_base", *_LEG),
    root="spine_shoulder",
    origin="spine_mid",
    parts=_kinect_parts(("spine_base", "spine_mid", "spine_shoulder", "neck", "head"), _FINGERS),
)
"""NTU RGB+D and Kinect v2, 25 joints; hand tip, thumb and hand form one chain, as in the published graphs."""

KINECT20 = Skeleton(
    "Kinect v1-20",
    joints=["hip_center", "spine", "shoulder_center", "head", *_both(*_ARM), *_both(*_LEG)],
    bones=_chain("hip_center", "spine", "shoulder_center", "head") + _limb_chains("shoulder_center", *_ARM) + _limb_chains("hip_center", *_LEG),
    root="shoulder_center",
    origin="spine",
    parts=_kinect_parts(("hip_center", "spine", "shoulder_center", "head")),
)
"""Kinect v1, 20 joints."""

MOCAP21 = Skeleton(
    "motion capture-21",
    joints=["Hips", "Spine", "Chest", "Neck", "Head"]
    + [f"{n}_{s}" for s in "LR" for n in ("Shoulder", "UpperArm", "LowerArm", "Hand")]
    + [f"{n}_{s}" for s in "LR" for n in ("UpperLeg", "LowerLeg", "Foot", "Toes")],
    bones=_chain("Hips", "Spine", "Chest", "Neck", "Head")
    + [b for s in "LR" for b in _chain("Chest", *(f"{n}_{s}" for n in ("Shoulder", "UpperArm", "LowerArm", "Hand")))]
    + [b for s in "LR" for b in _chain("Hips", *(f"{n}_{s}" for n in ("UpperLeg", "LowerLeg", "Foot", "Toes")))],
    root="Chest",
    origin="Spine",
    parts={"trunk": ("Hips", "Spine", "Chest", "Neck", "Head")}
    | {f"{w} arm": tuple(f"{n}_{s}" for n in ("Shoulder", "UpperArm", "LowerArm", "Hand")) for w, s in (("left", "L"), ("right", "R"))}
    | {f"{w} leg": tuple(f"{n}_{s}" for n in ("UpperLeg", "LowerLeg", "Foot", "Toes")) for w, s in (("left", "L"), ("right", "R"))},
)
"""The body of the Bandai-Namco motion-capture files: 22 joints there, less ``joint_Root``, which stays at the world's origin."""

COCO17 = Skeleton(
    "COCO-17",
    joints=["nose", "left_eye", "right_eye", "left_ear", "right_ear"]
    + [f"{s}_{n}" for n in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for s in ("left", "right")],
    bones=_limb_chains("nose", "eye", "ear") + _limb_chains("nose", "shoulder", "elbow", "wrist")
    + [(f"{s}_shoulder", f"{s}_hip") for s in ("left", "right")]
    + [b for s in ("left", "right") for b in _chain(f"{s}_hip", f"{s}_knee", f"{s}_ankle")],
    root="nose",
    parts={"head": ("nose", "left_eye", "right_eye", "left_ear", "right_ear")}
    | {f"{s} arm": tuple(f"{s}_{n}" for n in ("shoulder", "elbow", "wrist")) for s in ("left", "right")}
    | {f"{s} leg": tuple(f"{s}_{n}" for n in ("hip", "knee", "ankle")) for s in ("left", "right")},
)  # fmt: skip
"""COCO key points, 17 joints, joined as one tree through the nose."""

KNOWN: dict[str, Skeleton] = {"ntu25": NTU25, "kinect20": KINECT20, "mocap21": MOCAP21, "coco17": COCO17}
"""The built-in skeletons by the short names that the command line takes."""


def of_size(joints: int) -> Skeleton:
    """The built-in skeleton with this many joints (the counts are all different).

    >>> of_size(20).name
    'Kinect v1-20'
    """
    for skeleton in KNOWN.values():
        if len(skeleton) == joints:
            return skeleton
    known = ", ".join(f"{len(s)} ({k})" for k, s in KNOWN.items())
    raise ValueError(f"no built-in skeleton has {joints} joints; they have {known}; pass skeleton=sk.Skeleton(name, joints, bones, root)")
