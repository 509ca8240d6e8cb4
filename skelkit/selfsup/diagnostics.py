"""Record how features and their cross-correlation change during pre-training."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..data import ClipSet
from ..training.inputs import PreparedClips
from .objectives import Objective, SiameseObjective
from .objectives.barlow_twins import cross_correlation, effective_rank
from .pretraining import PretrainingProgress


@dataclass(frozen=True)
class EpochSnapshot:
    """Encoders at the end of an epoch.

    Attributes:
        epoch: epochs done.
        loss: mean loss of the epoch.
        features: of each encoder, [N, D], of the recorder's clips without masks, on the CPU.
        correlations: of each encoder, [K, K]: cross-correlation of the projected anchor and spatial view;
            empty for objectives that have no projector.
    """

    epoch: int
    loss: float
    features: tuple[Tensor, ...]
    correlations: tuple[Tensor, ...]

    @property
    def agreement(self) -> list[float]:
        """Mean of the diagonal of each cross-correlation; 1 if the views agree."""
        return [float(c.diagonal().mean()) for c in self.correlations]

    @property
    def redundancy(self) -> list[float]:
        """Root mean square of each cross-correlation off the diagonal; 0 if no features are correlated."""
        return [
            float((c - c.diagonal().diag()).square().sum().div(c.numel() - len(c)).sqrt())
            for c in self.correlations
        ]


class EncoderRecorder:
    """A callback of `pretrain` that takes an `EpochSnapshot` before the first epoch and after others.

    Args:
        clips: whose features are recorded; their labels only colour figures.
        frames: `Settings.frames`.
        every: epochs between snapshots.
        seed: of the views, which are the same in every epoch.

    Attributes:
        snapshots: in the order of epochs.
        ranks: effective rank of each encoder's projected anchors, for each snapshot.
    """

    def __init__(self, clips: ClipSet, frames: int, every: int = 1, seed: int = 0):
        self.clips, self.every, self.seed = PreparedClips(clips, frames, crop=None), every, seed
        self.snapshots: list[EpochSnapshot] = []
        self.ranks: list[list[float]] = []

    def __call__(self, progress: PretrainingProgress) -> None:
        if progress.epoch % self.every and progress.epoch != progress.epochs:
            return
        training = progress.model.training
        progress.model.eval()
        with torch.no_grad():
            x = self.clips[torch.arange(len(self.clips), device=self.clips.labels.device)]
            features = tuple(tokens.mean(1).cpu() for tokens in progress.pretrained.tokens(x))
            views = self._projected_views(progress.model, x)
        correlations = tuple(cross_correlation(a, b).cpu() for a, b in views)
        self.snapshots.append(EpochSnapshot(progress.epoch, progress.loss, features, correlations))
        self.ranks.append([effective_rank(anchor) for anchor, _ in views])
        progress.model.train(training)

    def _projected_views(self, model: Objective, x: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Projected anchor and spatial view of each encoder, [N, K] each."""
        if not isinstance(model, SiameseObjective):
            return []
        projected = []
        for member in model.members:
            anchor, spatial, _ = member.views(x, torch.Generator().manual_seed(self.seed))
            projected.append((member.projector(anchor), member.projector(spatial)))
        return projected

    @property
    def labels(self) -> Tensor:
        """Labels of the clips, Long[N], on the CPU."""
        return self.clips.labels.cpu()
