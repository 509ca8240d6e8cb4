"""Uniform masks that hide as much motion as another mask: the control that leaves only *which* it hides."""

from __future__ import annotations

from abc import abstractmethod
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

    Without any motion, of the joints or frames that it hides; 0 without clips.

    >>> motion_share(torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([[3.0, 1.0, 0.0]]))
    0.75
    """
    total = motion.sum(1)
    moving = total > 0
    shares = (probability * motion).sum(1)[moving] / total[moving]
    if not len(probability):
        return 0.0
    return float((shares if len(shares) else probability).mean())


class _Matched(Mask):
    """Draws from a uniform mask whose ratio depends on the batch."""

    label = "random, as much motion"

    @abstractmethod
    def uniform(self, x: Tensor, skeleton: Skeleton) -> Mask:
        """The uniform mask that hides as much motion of clips x as the mask that is matched."""

    def __call__(self, x: Tensor, skeleton: Skeleton, generator: torch.Generator | None = None) -> Tensor:
        return self.uniform(x, skeleton)(x, skeleton, generator)

    def probability(self, x: Tensor, skeleton: Skeleton) -> Tensor:
        return self.uniform(x, skeleton).probability(x, skeleton)


@dataclass(frozen=True)
class MatchedJoints(_Matched):
    """Joints drawn uniformly, as many as hide as much motion of a batch as `like` does. bool [N, V]."""

    hides = "joints"

    like: Mask = field(default_factory=DegreeJoints)

    def uniform(self, x: Tensor, skeleton: Skeleton) -> RandomJoints:
        probability = self.like.probability(check_batch(x, skeleton), skeleton)
        return RandomJoints(min(motion_share(probability, joint_motion(x)), 1 - 1 / len(skeleton)))


@dataclass(frozen=True)
class MatchedFrames(_Matched):
    """Frames drawn uniformly, as many as hide as much motion of a batch as `like` does. bool [N, T]."""

    hides = "frames"

    like: Mask = field(default_factory=MotionAttentiveFrames)

    def uniform(self, x: Tensor, skeleton: Skeleton) -> RandomFrames:
        probability = self.like.probability(check_batch(x), skeleton)
        return RandomFrames(min(motion_share(probability, frame_motion(x)), 1 - 1 / x.shape[2]))
