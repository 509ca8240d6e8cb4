"""A masked autoencoder that restores hidden coordinates."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ...models import GRAPH_SIZES
from ...models.sttformer import resolve_size
from ...skeletons.skeleton import Skeleton
from ..presets import Settings
from .predictive import Covered


class CoordinateAutoencoder(Covered):
    """Restore covered coordinates; the error is taken where they were covered. (In the manner of SkeletonMAE, the same encoder as all.)"""

    def __init__(self, skeleton: Skeleton, s: Settings, generator: torch.Generator):
        stride = math.prod(stride for _, stride in resolve_size(s.size, GRAPH_SIZES).blocks)
        super().__init__(skeleton, s, generator, answers=3 * stride)
        self.stride = stride

    def loss(self, x: Tensor) -> Tensor:
        people, seen, covered = self.cover(x, sharpness=0.0)
        answer = self.head(self.encoder.encode(seen))  # [P, 3 stride, V, T']
        answer = (
            answer.unflatten(1, (3, self.stride))
            .permute(0, 1, 4, 2, 3)
            .flatten(2, 3)[:, :, : covered.shape[1]]
        )  # [P, 3, T, V]
        error = (answer - people.poses).square().mean(1)  # [P, T, V]
        return (error * covered).sum() / covered.sum().clamp_min(1)
