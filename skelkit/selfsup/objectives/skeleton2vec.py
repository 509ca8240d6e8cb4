"""Skeleton2vec: predict a moving-average teacher's features of masked coordinates."""

from __future__ import annotations

from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor

from ...models import GRAPH_SIZES
from ...models.sttformer import resolve_size
from ...skeletons.skeleton import Skeleton
from ..presets import Settings
from .masked_prediction import MaskedPrediction


class Skeleton2vec(MaskedPrediction):
    """Smooth L1 distance between predicted and teacher features at the masked positions. (Skeleton2vec.)

    The teacher reads whole clips; its weights are an exponential moving average of the encoder's. Targets are
    its last layers, each normalised over the joints and frames of a person. Masks prefer tubes with motion.

    Differs from the authors: the encoder is an ST-GCN, as for all objectives here, not a transformer. Its
    layers differ in width, so the target layers are concatenated instead of averaged.
    """

    def __init__(self, skeleton: Skeleton, s: Settings, generator: torch.Generator):
        widths = [c for c, _ in resolve_size(s.size, GRAPH_SIZES).blocks]
        super().__init__(skeleton, s, generator, predictions=sum(widths[-s.top :]))
        self.teacher = deepcopy(self.encoder).requires_grad_(False)

    def loss(self, x: Tensor) -> Tensor:
        people, visible, mask = self.masked(x, sharpness=1.0)
        prediction = self.head(self.encoder.encode(visible))  # [P, D, V, T']
        size = prediction.shape[2:]
        with torch.no_grad():
            layers = self.teacher.layers(people)[-self.settings.top :]
            layers = [F.adaptive_avg_pool2d(y, size) for y in layers]  # early layers have more frames
            target = torch.cat([F.instance_norm(y) for y in layers], 1)
        mask = mask.transpose(1, 2)[:, None].to(x.dtype)  # [P, 1, V, T]
        mask = F.adaptive_max_pool2d(mask, size)[:, 0]  # [P, V, T']
        error = F.smooth_l1_loss(prediction, target, reduction="none").mean(1)
        return (error * mask).sum() / mask.sum().clamp_min(1)

    @torch.no_grad()
    def after_step(self) -> None:
        """Update the teacher's moving average."""
        for average, current in zip(self.teacher.parameters(), self.encoder.parameters(), strict=True):
            average.lerp_(current, 1 - self.settings.ema)
