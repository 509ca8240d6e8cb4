"""Masks of joints: uniform, by degree, and by inverse degree."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from ...skeletons.skeleton import Skeleton
from ...utils.device import constant
from ...utils.random import uniform
from ..motion import check_batch
from .inclusion_probability import inclusion
from .mask import Mask
from .sampling import draw_weighted, hidden_count


@dataclass(frozen=True)
class _WeightedJoints(Mask):
    """round(ratio V) distinct joints of each clip, drawn one after another in proportion to their weights."""

    hides = "joints"

    ratio: float = 0.3

    @abstractmethod
    def weights(self, skeleton: Skeleton) -> Tensor:
        """Weight of each joint, [V]."""

    def __call__(self, x: Tensor, skeleton: Skeleton, generator: torch.Generator | None = None) -> Tensor:
        weights = constant(tuple(self.weights(skeleton).tolist()), x.device).float()
        weights = weights.expand(len(check_batch(x, skeleton)), -1)
        return draw_weighted(weights, hidden_count(self.ratio, len(skeleton), "joints"), generator)

    def hidden_per_clip(self, x: Tensor, skeleton: Skeleton) -> int:
        return hidden_count(self.ratio, len(skeleton), "joints")

    def probability(self, x: Tensor, skeleton: Skeleton) -> Tensor:
        count = hidden_count(self.ratio, len(skeleton), "joints")
        return inclusion(self.weights(skeleton).cpu(), count).to(x.device).expand(len(x), -1)


class RandomJoints(_WeightedJoints):
    """round(ratio V) distinct joints of each clip, all equally likely. bool [N, V]."""

    label = "random"

    def weights(self, skeleton: Skeleton) -> Tensor:
        return torch.ones(len(skeleton))


class DegreeJoints(_WeightedJoints):
    """round(ratio V) distinct joints of each clip, with weights proportional to their degree. bool [N, V].

    (ASMa's f: joints of high degree, near the trunk, are hidden more often.)
    """

    label = "high degree (f)"

    def weights(self, skeleton: Skeleton) -> Tensor:
        return skeleton.degrees


class InverseDegreeJoints(_WeightedJoints):
    """round(ratio V) distinct joints of each clip, with weights proportional to 1 / degree. bool [N, V].

    (ASMa's g: hands, feet and head are hidden more often.)
    """

    label = "low degree (g)"

    def weights(self, skeleton: Skeleton) -> Tensor:
        return 1 / skeleton.degrees


@dataclass(frozen=True)
class DegreeDraws(Mask):
    """The joints of `draws` draws from the list in which joint j stands degree_j times. bool [N, V].

    The number of hidden joints differs between clips; the probabilities add up to its mean.

    Args:
        draws: number of draws; without replacement at most the sum of the degrees.
        replacement: whether an entry of the list may be drawn again. PSTL's central spatial mask is
            `DegreeDraws(8, replacement=False)`: a joint can still be drawn as often as its degree.
    """

    hides = "joints"
    label = "draws by degree"

    draws: int = 8
    replacement: bool = True

    def __call__(self, x: Tensor, skeleton: Skeleton, generator: torch.Generator | None = None) -> Tensor:
        self._check(skeleton)
        clips, joints = len(check_batch(x, skeleton)), len(skeleton)
        degrees = constant(tuple(skeleton.degrees.tolist()), x.device)
        if self.replacement:
            weights = degrees.float().expand(clips, -1)
            chosen = uniform((clips, self.draws), x.device, generator) * weights.sum(1, keepdim=True)
            index = torch.searchsorted(weights.cumsum(1), chosen, right=True).clamp_max(joints - 1)
        else:
            entries = torch.arange(joints).repeat_interleave(skeleton.degrees)
            entries = constant(tuple(entries.tolist()), x.device)
            order = uniform((clips, len(entries)), x.device, generator).argsort(1)
            index = entries[order[:, : self.draws]]
        return torch.zeros(clips, joints, dtype=torch.bool, device=x.device).scatter_(1, index, True)

    def probability(self, x: Tensor, skeleton: Skeleton) -> Tensor:
        self._check(skeleton)
        degrees = skeleton.degrees
        total = int(degrees.sum())
        if self.replacement:
            missed = (1 - degrees / total) ** self.draws
        else:  # ways to draw from the other entries alone, of all ways
            ways = math.comb(total, self.draws)
            missed = torch.tensor([math.comb(total - d, self.draws) / ways for d in degrees.tolist()])
        return (1 - missed).to(x.device).expand(len(x), -1)

    def _check(self, skeleton: Skeleton) -> None:
        if not isinstance(self.draws, int) or self.draws < 1:
            raise ValueError(f"draws={self.draws!r}: expected a whole number, at least 1")
        total = int(skeleton.degrees.sum())
        if not self.replacement and self.draws > total:
            raise ValueError(
                f"draws={self.draws}: the list has {total} entries, and none is drawn twice; draw fewer"
            )


def random_joints(
    x: Tensor, skeleton: Skeleton, ratio: float = 0.3, generator: torch.Generator | None = None
) -> Tensor:
    """`RandomJoints` as a function. bool [N, V]."""
    return RandomJoints(ratio)(x, skeleton, generator)


def degree_joints(
    x: Tensor, skeleton: Skeleton, ratio: float = 0.3, generator: torch.Generator | None = None
) -> Tensor:
    """`DegreeJoints` as a function. bool [N, V]."""
    return DegreeJoints(ratio)(x, skeleton, generator)


def inverse_degree_joints(
    x: Tensor, skeleton: Skeleton, ratio: float = 0.3, generator: torch.Generator | None = None
) -> Tensor:
    """`InverseDegreeJoints` as a function. bool [N, V]."""
    return InverseDegreeJoints(ratio)(x, skeleton, generator)


def degree_draws(
    x: Tensor,
    skeleton: Skeleton,
    draws: int = 8,
    generator: torch.Generator | None = None,
    replacement: bool = True,
) -> Tensor:
    """`DegreeDraws` as a function. bool [N, V]."""
    return DegreeDraws(draws, replacement)(x, skeleton, generator)
