"""Other asymmetries than ASMa's: joints drawn by a power of degree, distance from the root, or motion."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from ...skeletons.skeleton import Skeleton
from ...utils.device import constant
from ..motion import check_batch
from .inclusion_probability import inclusion
from .mask import Mask
from .motion_energy import joint_motion
from .sampling import draw_weighted, hidden_count

Quantity = Literal["degree", "hops", "motion"]

STILL = 1e-3
"""Smallest motion of a joint that counts, as a share of the mean over joints."""


@dataclass(frozen=True)
class JointsBy(Mask):
    """round(ratio V) distinct joints of each clip, drawn one after another by weight. bool [N, V].

    The weight of a joint is a power of its degree, of 1 + its number of bones from the root, or of its mean
    speed in the clip. `DegreeJoints` is ``JointsBy("degree", 1)``, `InverseDegreeJoints`
    ``JointsBy("degree", -1)``.

    Args:
        quantity: "degree", "hops" or "motion".
        power: negative powers hide joints of small degree, distance or motion.
        ratio: share of the joints to hide.
    """

    hides = "joints"
    label = "by motion"

    quantity: Quantity = "motion"
    power: float = 1.0
    ratio: float = 0.3

    def weights(self, x: Tensor, skeleton: Skeleton) -> Tensor:
        """Weight of each joint in each clip, [N, V].

        Raises:
            ValueError: an unknown quantity, or a power that is not finite.
        """
        if not math.isfinite(self.power):
            raise ValueError(f"power={self.power}: expected a finite number")
        if self.quantity == "motion":
            speed = joint_motion(check_batch(x, skeleton))
            relative = speed / speed.mean(1, keepdim=True).clamp_min(1e-9)
            return relative.clamp_min(STILL) ** self.power
        if self.quantity not in get_args(Quantity):
            raise ValueError(f"quantity={self.quantity!r}: expected 'degree', 'hops' or 'motion'")
        values = skeleton.degrees if self.quantity == "degree" else 1 + skeleton.hops
        weights = constant(tuple(values.tolist()), x.device).float() ** self.power
        return weights.expand(len(check_batch(x, skeleton)), -1)

    def __call__(self, x: Tensor, skeleton: Skeleton, generator: torch.Generator | None = None) -> Tensor:
        weights = self.weights(x, skeleton)
        return draw_weighted(weights, hidden_count(self.ratio, len(skeleton), "joints"), generator)

    def hidden_per_clip(self, x: Tensor, skeleton: Skeleton) -> int:
        return hidden_count(self.ratio, len(skeleton), "joints")

    def probability(self, x: Tensor, skeleton: Skeleton) -> Tensor:
        count = hidden_count(self.ratio, len(skeleton), "joints")
        rows, clip = self.weights(x, skeleton).cpu().unique(dim=0, return_inverse=True)
        return torch.stack([inclusion(row, count) for row in rows])[clip].to(x.device)
