"""Masked autoencoder: reconstruct masked coordinates."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ...models import GRAPH_SIZES
from ...models.sttformer import resolve_size
from ...skeletons.skeleton import Skeleton
from ..presets import Settings
from .masked_prediction import MaskedPrediction


class CoordinateAutoencoder(MaskedPrediction):
    """Mean squared error of the reconstructed coordinates, over the masked ones only. (After SkeletonMAE.)

    Differs from the authors: the encoder is the ST-GCN that all objectives here share.
    """

    def __init__(self, skeleton: Skeleton, s: Settings, generator: torch.Generator):
        stride = math.prod(stride for _, stride in resolve_size(s.size, GRAPH_SIZES).blocks)
        super().__init__(skeleton, s, generator, predictions=3 * stride)
        self.stride = stride

    def loss(self, x: Tensor) -> Tensor:
        people, visible, mask = self.masked(x, sharpness=0.0)
        prediction = self.head(self.encoder.encode(visible))  # [P, 3 stride, V, T']
        prediction = prediction.unflatten(1, (3, self.stride)).permute(0, 1, 4, 2, 3)  # [P, 3, T', stride, V]
        prediction = prediction.flatten(2, 3)[:, :, : mask.shape[1]]  # [P, 3, T, V]
        error = (prediction - people.poses).square().mean(1)  # [P, T, V]
        return (error * mask).sum() / mask.sum().clamp_min(1)
