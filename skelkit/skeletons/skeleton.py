"""The skeleton type: joints, bones, body parts, and the quantities that follow from the graph."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from .sides import MANY, pairs_by_name


@dataclass(frozen=True)
class Skeleton:
    """Joints and the bones between them; the bones form one tree.

    Every tensor that a skeleton returns is a new one: writing to it does not change the skeleton.

    Args:
        name: appears in errors and is stored in files.
        joints: V joint names, in the order of the data.
        bones: the V - 1 pairs of joint names, in any order and direction.
        root: the root joint of the tree; hops are counted from it (graph centre).
        origin: the joint that `motion.centre` moves to the origin. Default: the root.
        body_parts: body part name -> joint names. Default: the limbs of the tree, and the trunk.
        pairs: (left, right) joint names. Default: from the names, such as ``left_hip`` and ``right_hip``,
            ``LHip`` and ``RHip``, ``thigh.l`` and ``thigh.r``; see `skelkit.skeletons.sides`.

    Raises:
        ValueError: a bone or a pair names an unknown joint, a joint name is repeated, a joint is in two
            pairs, or the bones are not one tree.

    >>> bones = [("base", "middle"), ("middle", "tip")]
    >>> chain = Skeleton("finger", ["base", "middle", "tip"], bones, root="base")
    >>> chain.degrees.tolist(), chain.parents
    ([1, 2, 1], (-1, 0, 1))
    """

    name: str
    joints: tuple[str, ...]
    bones: tuple[tuple[str, str], ...]
    root: str
    origin: str = ""
    body_parts: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False, compare=False)
    pairs: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "joints", tuple(self.joints))
        object.__setattr__(self, "bones", tuple((a, b) for a, b in self.bones))
        object.__setattr__(self, "origin", self.origin or self.root)
        object.__setattr__(self, "pairs", tuple((left, right) for left, right in self.pairs))
        object.__setattr__(self, "body_parts", {k: tuple(joints) for k, joints in self.body_parts.items()})
        self._check_names()
        self._check_tree()
        if not self.body_parts:
            object.__setattr__(self, "body_parts", self._limbs())

    def _check_names(self) -> None:
        repeated = sorted({joint for joint in self.joints if self.joints.count(joint) > 1})
        if repeated:
            raise ValueError(
                f"skeleton {self.name!r}: joint names are repeated: {', '.join(repeated)}; "
                "name each joint once"
            )
        paired = [joint for pair in self.pairs for joint in pair]
        if len(set(paired)) < len(paired):
            raise ValueError(f"skeleton {self.name!r}: a joint is in two pairs of left and right joints")
        groups = (*self.bones, (self.root, self.origin), paired, *self.body_parts.values())
        for joint in (joint for group in groups for joint in group):
            self.index(joint)

    def _check_tree(self) -> None:
        unreachable = [j for j, parent in zip(self.joints, self.parents, strict=True) if parent == -2]
        if unreachable or len(self.bones) != len(self) - 1:
            raise ValueError(
                f"skeleton {self.name!r}: {len(self)} joints need {len(self) - 1} bones that form one tree; "
                f"found {len(self.bones)} bones"
                + (f", with no path from {self.root!r} to {', '.join(unreachable)}" if unreachable else "")
            )

    def __len__(self) -> int:
        """Number of joints, V."""
        return len(self.joints)

    def index(self, joint: str) -> int:
        """Position of a joint in the data. Raises ValueError for an unknown joint."""
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
        """Parent index of each joint in the tree with root `root`; -1 for the root itself."""
        parent, queue = [-2] * len(self), deque([self.index(self.root)])
        parent[queue[0]] = -1
        while queue:
            joint = queue.popleft()
            for neighbour in self._neighbours[joint]:
                if parent[neighbour] == -2:
                    parent[neighbour] = joint
                    queue.append(neighbour)
        return tuple(parent)

    @property
    def degrees(self) -> Tensor:
        """Number of bones at each joint, Long[V]."""
        return torch.tensor([len(neighbours) for neighbours in self._neighbours])

    @property
    def hops(self) -> Tensor:
        """Number of bones between each joint and the root, Long[V]."""
        hops = []
        for joint in range(len(self)):
            count = 0
            while (joint := self.parents[joint]) >= 0:
                count += 1
            hops.append(count)
        return torch.tensor(hops)

    @property
    def mirror(self) -> Tensor:
        """Index of each joint's counterpart on the other side (itself on the midline), Long[V].

        `x[..., mirror]` swaps sides.
        """
        return torch.tensor(self._mirror_index)

    @property
    def mirror_pairs(self) -> tuple[tuple[str, str], ...]:
        """(left, right) joint names, in the order of the left joints."""
        return self.pairs or pairs_by_name(self.joints)

    @property
    def lacks_sides(self) -> bool:
        """Whether this is a body with limbs of which no joint is known to be left or right."""
        limbs = sum(len(neighbours) == 1 for neighbours in self._neighbours)
        return len(self) >= MANY and limbs >= 4 and not self.mirror_pairs

    @property
    def partition(self) -> Tensor:
        """Spatial-configuration partition of the graph, float[3, V, V].

        The three subsets are the edges to joints at the same distance to the root, nearer, and farther.
        ``partition[k, i, j]`` weights joint i's features in joint j; each column of the sum over k adds to 1.
        (Yan et al., "Spatial Temporal Graph Convolutional Networks", 2018, section 3.3.)
        """
        adjacency = torch.eye(len(self))
        for a, b in self.edges:
            adjacency[a, b] = adjacency[b, a] = 1
        adjacency = adjacency / adjacency.sum(0, keepdim=True)
        hops = self.hops
        step = hops[:, None] - hops[None, :]  # < 0: i is nearer the root than j
        return torch.stack([adjacency * (step == 0), adjacency * (step < 0), adjacency * (step > 0)])

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain lists and strings, as files store them."""
        pairs = {"pairs": [list(pair) for pair in self.pairs]} if self.pairs else {}
        return pairs | {
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

    @cached_property
    def _neighbours(self) -> tuple[tuple[int, ...], ...]:
        neighbours: list[list[int]] = [[] for _ in self.joints]
        for a, b in self.bones:
            neighbours[self.index(a)].append(self.index(b))
            neighbours[self.index(b)].append(self.index(a))
        return tuple(map(tuple, neighbours))

    @cached_property
    def _mirror_index(self) -> tuple[int, ...]:
        other = {a: b for left, right in self.mirror_pairs for a, b in ((left, right), (right, left))}
        return tuple(self.index(other.get(joint, joint)) for joint in self.joints)

    def _limbs(self) -> dict[str, tuple[str, ...]]:
        """Chains from each leaf up to the first junction, named after the leaf; the trunk is what remains."""
        degrees = [len(neighbours) for neighbours in self._neighbours]
        limbs, used = {}, set()
        for leaf in [j for j in range(len(self)) if degrees[j] == 1 and self.parents[j] >= 0]:
            chain, joint = [], leaf
            while joint >= 0 and degrees[joint] <= 2:
                chain.append(joint)
                joint = self.parents[joint]
            limbs[self.joints[leaf]] = tuple(self.joints[j] for j in reversed(chain))
            used.update(chain)
        trunk = tuple(joint for i, joint in enumerate(self.joints) if i not in used)
        return ({"trunk": trunk} if trunk else {}) | limbs
