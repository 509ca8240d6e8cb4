"""Masks of tubes: a joint hidden for several frames in a row."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...skeletons.skeleton import Skeleton
from .. import motion
from ..motion import check_batch
from .inclusion_probability import inclusion
from .mask import Mask
from .sampling import TUPLE, draw_weighted, hidden_count, tuple_count


@dataclass(frozen=True)
class MotionTubes(Mask):
    """Joints hidden for `size` frames in a row; joints that move more are hidden more often. bool [N, T, V].

    In each stretch of `size` frames, round(ratio V) distinct joints are drawn one after another, with weights
    proportional to their mean speed in that stretch to the power `sharpness`. (After Skeleton2vec's
    motion-aware tube masking. Differs from the authors: weights are a power of the speed, so that they do not
    depend on its unit.)

    Args:
        ratio: share of the joints to hide in each stretch.
        size: frames per stretch; T must be a multiple of it.
        sharpness: exponent of the speed; 0 makes all joints equally likely.
        cutoff: low-pass the clips at this frequency (Hz) before speeds are measured. Default: no low-pass.
        fps: frames per second of the clips, for `cutoff`.
    """

    hides = "tubes"

    ratio: float = 0.5
    size: int = TUPLE
    sharpness: float = 1.0
    cutoff: float | None = None
    fps: float = 30.0

    def __call__(self, x: Tensor, skeleton: Skeleton, generator: torch.Generator | None = None) -> Tensor:
        weights = self.weights(x, skeleton)
        hidden = draw_weighted(
            weights.flatten(0, 1), hidden_count(self.ratio, len(skeleton), "joints"), generator
        )
        return hidden.unflatten(0, weights.shape[:2]).repeat_interleave(self.size, 1)

    def probability(self, x: Tensor, skeleton: Skeleton) -> Tensor:
        weights = self.weights(x, skeleton)
        count = hidden_count(self.ratio, len(skeleton), "joints")
        rows = [inclusion(row, count) for row in weights.flatten(0, 1).cpu()]
        return torch.stack(rows).to(x.device).unflatten(0, weights.shape[:2]).repeat_interleave(self.size, 1)

    def weights(self, x: Tensor, skeleton: Skeleton) -> Tensor:
        """Probability of each joint at the first draw in each stretch, [N, T', V].

        Raises:
            ValueError: x does not have the shape of a batch of this skeleton; T is not a multiple of `size`.
        """
        stretches = tuple_count(check_batch(x, skeleton), self.size)
        speed = motion.velocity(motion.low_pass(x, self.cutoff, self.fps)).norm(dim=1).sum(-1)  # [N, T, V]
        speed = speed.unflatten(1, (stretches, self.size)).mean(2)  # [N, T', V]
        weights = (speed + 1e-6).pow(self.sharpness)  # without motion all joints are equally likely
        return weights / weights.sum(-1, keepdim=True)


def motion_tubes(
    x: Tensor,
    skeleton: Skeleton,
    ratio: float = 0.5,
    generator: torch.Generator | None = None,
    size: int = TUPLE,
    sharpness: float = 1.0,
    cutoff: float | None = None,
    fps: float = 30.0,
) -> Tensor:
    """`MotionTubes` as a function. bool [N, T, V]."""
    return MotionTubes(ratio, size, sharpness, cutoff, fps)(x, skeleton, generator)
