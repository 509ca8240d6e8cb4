"""A mask of tubes: a joint hidden for several frames in a row."""

from __future__ import annotations

import torch
from torch import Tensor

from ...skeletons.skeleton import Skeleton
from .. import motion
from ..motion import check_batch
from .sampling import TUPLE, draw_weighted, hidden_count, tuple_count


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
    """Tubes: a joint hidden for `size` frames in a row; in each stretch joints that move more are hidden more often. bool [N, T, V].

    In each stretch round(ratio V) distinct joints are drawn one after the other, weights proportional to mean speed there
    to the power `sharpness` (0: all alike). (After Skeleton2vec's motion-aware tube masking. Differs from the authors:
    weights are a power of the speed, so that they do not depend on its unit.)
    """
    weights = motion_tubes.probability(x, skeleton, size, sharpness, cutoff, fps)
    hidden = draw_weighted(weights.flatten(0, 1), hidden_count(ratio, len(skeleton), "joints"), generator)
    return hidden.unflatten(0, weights.shape[:2]).repeat_interleave(size, 1)


def _tube_probability(
    x, skeleton, size: int = TUPLE, sharpness: float = 1.0, cutoff: float | None = None, fps: float = 30.0
) -> Tensor:
    """Probability of each joint at the first draw in each stretch, [N, T', V]; sums to 1 over joints."""
    stretches = tuple_count(check_batch(x, skeleton), size)
    speed = motion.velocity(motion.low_pass(x, cutoff, fps)).norm(dim=1).sum(-1)  # [N, T, V]
    speed = speed.unflatten(1, (stretches, size)).mean(2)
    weights = (speed + 1e-6).pow(sharpness)  # a clip that stands still is masked evenly
    return weights / weights.sum(-1, keepdim=True)


motion_tubes.probability = _tube_probability
