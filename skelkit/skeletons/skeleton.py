"""The skeleton type: joints, bones, body parts, and what follows from the graph."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

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
        body_parts: body part name -> joint names; limbs are found from the tree unless given.

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
    body_parts: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False, compare=False)

    def __post_init__(self):
        for key in ("joints", "bones"):
            object.__setattr__(
                self, key, tuple(tuple(v) if isinstance(v, list) else v for v in getattr(self, key))
            )
        object.__setattr__(self, "origin", self.origin or self.root)
        object.__setattr__(self, "body_parts", {part: tuple(joints) for part, joints in self.body_parts.items()})
        repeated = sorted({j for j in self.joints if self.joints.count(j) > 1})
        if repeated:
            raise ValueError(
                f"skeleton {self.name!r}: joint names are repeated: {', '.join(repeated)}; name each joint once"
            )
        for joint in (
            [j for bone in self.bones for j in bone]
            + [self.root, self.origin]
            + [j for p in self.body_parts.values() for j in p]
        ):
            self.index(joint)
        if -2 in self.parents or len(self.bones) != len(self) - 1:
            adrift = [j for j, p in zip(self.joints, self.parents, strict=True) if p == -2]
            raise ValueError(
                f"skeleton {self.name!r}: {len(self)} joints need {len(self) - 1} bones that form one tree; found {len(self.bones)} bones"
                + (f", with no way from {self.root!r} to {', '.join(adrift)}" if adrift else "")
            )
        if not self.body_parts:
            object.__setattr__(self, "body_parts", self._limbs())

    def __len__(self) -> int:
        return len(self.joints)

    def index(self, joint: str) -> int:
        """Position of a joint in the data."""
        try:
            return self.joints.index(joint)
        except ValueError:
            raise ValueError(
                f"skeleton {self.name!r} has no joint {joint!r}; its joints are: {', '.join(self.joints)}"
            ) from None

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
        return torch.tensor(
            [
                self.joints.index(o) if (o := _other_side(j)) in self.joints else i
                for i, j in enumerate(self.joints)
            ]
        )

    @property
    def mirror_pairs(self) -> tuple[tuple[str, str], ...]:
        """(left, right) joint names."""
        return tuple(
            (j, self.joints[m])
            for i, (j, m) in enumerate(zip(self.joints, self.mirror.tolist(), strict=True))
            if i < m
        )

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
            "name": self.name,
            "joints": list(self.joints),
            "bones": [list(b) for b in self.bones],
            "root": self.root,
            "origin": self.origin,
            "parts": {k: list(v) for k, v in self.body_parts.items()},
        }

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Skeleton:
        """The skeleton that `to_dict` wrote. Raises TypeError for an unknown or missing field."""
        return cls(**{("body_parts" if name == "parts" else name): value for name, value in fields.items()})

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
