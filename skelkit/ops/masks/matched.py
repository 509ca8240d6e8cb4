"""Uniform masks that hide as much motion as another mask: the control that leaves only *which* it hides."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from ...skeletons.skeleton import Skeleton
from ..motion import check_batch
from .frames import MotionAttentiveFrames, RandomFrames
from .joints import DegreeJoints, RandomJoints
from .mask import Mask
from .motion_energy import frame_motion, joint_motion


def motion_share(probability: Tensor, motion: Tensor) -> float:
    """Mean share of the motion that a mask hides, over clips with motion. [N, K], [N, K] -> 0 to 1.

    >>> motion_share(torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([[3.0, 1.0, 0.0]]))
    0.75
    """
    total = motion.sum(1)
    moving = total > 0
    shares = (probability * motion).sum(1)[moving] / total[moving]
    return float(shares.mean()) if len(shares) else float(probability.mean())


@dataclass(frozen=True)
class MatchedJoints(Mask):
    """Joints drawn uniformly, as many as hide as much motion of a batch as `like` does. bool [N, V]."""

    hides = "joints"
    label = "random, as much motion"

    like: Mask = field(default_factory=DegreeJoints)

    def _uniform(self, x: Tensor, skeleton: Skeleton) -> RandomJoints:
        probability = self.like.probability(check_batch(x, skeleton), skeleton)
        share = motion_share(probability, joint_motion(x))
        return RandomJoints(min(share, 1 - 1 / len(skeleton)))

    def __call__(self, x: Tensor, skeleton: Skeleton, generator: torch.Generator | None = None) -> Tensor:
        return self._uniform(x, skeleton)(x, skeleton, generator)

    def probability(self, x: Tensor, skeleton: Skeleton) -> Tensor:
        return self._uniform(x, skeleton).probability(x, skeleton)


@dataclass(frozen=True)
class MatchedFrames(Mask):
    """Frames drawn uniformly, as many as hide as much motion of a batch as `like` does. bool [N, T]."""

    hides = "frames"
    label = "random, as much motion"

    like: Mask = field(default_factory=MotionAttentiveFrames)

    def _uniform(self, x: Tensor, skeleton: Skeleton) -> RandomFrames:
        share = motion_share(self.like.probability(check_batch(x), skeleton), frame_motion(x))
        return RandomFrames(min(share, 1 - 1 / x.shape[2]))

    def __call__(self, x: Tensor, skeleton: Skeleton, generator: torch.Generator | None = None) -> Tensor:
        return self._uniform(x, skeleton)(x, skeleton, generator)

    def probability(self, x: Tensor, skeleton: Skeleton) -> Tensor:
        return self._uniform(x, skeleton).probability(x, skeleton)
