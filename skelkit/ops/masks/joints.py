"""Masks of joints: uniform, by degree, and by inverse degree."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from ...skeletons.skeleton import Skeleton
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
        weights = self.weights(skeleton).to(x.device, torch.float32).expand(len(check_batch(x, skeleton)), -1)
        return draw_weighted(weights, hidden_count(self.ratio, len(skeleton), "joints"), generator)

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
    """The joints of `draws` draws *with replacement*, with weights proportional to their degree. bool [N, V].

    (PSTL's central spatial mask, 8 draws.) The number of hidden joints differs between clips; the
    probabilities add up to its mean.
    """

    hides = "joints"
    label = "draws by degree"

    draws: int = 8

    def __call__(self, x: Tensor, skeleton: Skeleton, generator: torch.Generator | None = None) -> Tensor:
        if not isinstance(self.draws, int) or self.draws < 1:
            raise ValueError(f"draws={self.draws!r}: expected a whole number, at least 1")
        clips, joints = len(check_batch(x, skeleton)), len(skeleton)
        weights = skeleton.degrees.to(x.device, torch.float32).expand(clips, -1)
        chosen = uniform((clips, self.draws), x.device, generator) * weights.sum(1, keepdim=True)
        index = torch.searchsorted(weights.cumsum(1), chosen, right=True).clamp_max(joints - 1)
        return torch.zeros(clips, joints, dtype=torch.bool, device=x.device).scatter_(1, index, True)

    def probability(self, x: Tensor, skeleton: Skeleton) -> Tensor:
        share = skeleton.degrees / skeleton.degrees.sum()
        return (1 - (1 - share) ** self.draws).to(x.device).expand(len(x), -1)


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
    x: Tensor, skeleton: Skeleton, draws: int = 8, generator: torch.Generator | None = None
) -> Tensor:
    """`DegreeDraws` as a function. bool [N, V]."""
    return DegreeDraws(draws)(x, skeleton, generator)
