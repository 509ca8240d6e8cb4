"""Skeleton2vec: predict an EMA teacher's features of hidden places."""

from __future__ import annotations

from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor

from ...models import GRAPH_SIZES
from ...models.sttformer import resolve_size
from ...skeletons.skeleton import Skeleton
from ..presets import Settings
from .predictive import Covered


class Skeleton2vec(Covered):
    """Tell what a teacher, who sees everything, makes of the covered places; the teacher follows the student slowly. (Skeleton2vec.)

    Targets are the teacher's last layers, each normalised over the joints and frames of a person. Motion-aware tubes are covered.

    Differs from the authors: ST-GCN as for every method here, not a transformer; so layers differ in width, and are put side by side
    where the authors take their mean.
    """

    def __init__(self, skeleton: Skeleton, s: Settings, generator: torch.Generator):
        widths = [c for c, _ in resolve_size(s.size, GRAPH_SIZES).blocks]
        super().__init__(skeleton, s, generator, answers=sum(widths[-s.top :]))
        self.teacher = deepcopy(self.encoder).requires_grad_(False)

    def loss(self, x: Tensor) -> Tensor:
        people, seen, covered = self.cover(x, sharpness=1.0)
        answer = self.head(self.encoder.encode(seen))  # [P, D, V, T']
        with torch.no_grad():
            layers = self.teacher.layers(people)[-self.settings.top :]
            layers = [
                F.adaptive_avg_pool2d(y, answer.shape[2:]) for y in layers
            ]  # layers before a stride have more frames
            target = torch.cat([F.instance_norm(y) for y in layers], 1)
        places = F.adaptive_max_pool2d(covered.transpose(1, 2)[:, None].to(x.dtype), answer.shape[2:])[
            :, 0
        ]  # [P, V, T']
        error = F.smooth_l1_loss(answer, target, reduction="none").mean(1)
        return (error * places).sum() / places.sum().clamp_min(1)

    @torch.no_grad()
    def after_step(self) -> None:
        """The teacher follows."""
        for mine, theirs in zip(self.teacher.parameters(), self.encoder.parameters(), strict=True):
            mine.lerp_(theirs, 1 - self.settings.ema)
