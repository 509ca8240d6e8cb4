"""What a training looks like from inside, epoch by epoch: features of the same clips, and how the features of two views go together."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..data import ClipSet
from ..training.inputs import PreparedClips
from .objectives.barlow_twins import cross_correlation, effective_rank
from .objectives.siamese import Twins
from .pretraining import Progress


@dataclass(frozen=True)
class Moment:
    """Encoders at the end of an epoch.

    Attributes:
        features: of each encoder [N, D], of the diary's clips, nothing hidden, on the CPU.
        correlations: of each encoder [K, K], of what the projector makes of the anchor and of the spatial view; none of other methods.
    """

    epoch: int
    loss: float
    features: tuple[Tensor, ...]
    correlations: tuple[Tensor, ...]

    @property
    def agreement(self) -> list[float]:
        """Mean of each diagonal: 1 if both views say the same."""
        return [float(c.diagonal().mean()) for c in self.correlations]

    @property
    def redundancy(self) -> list[float]:
        """Root mean square off each diagonal: 0 if no two features say the same."""
        return [
            float((c - c.diagonal().diag()).square().sum().div(c.numel() - len(c)).sqrt())
            for c in self.correlations
        ]


class Diary:
    """A callback of `pretrain` that keeps a `Moment` before the first epoch and after each (or every so many).

    Args:
        clips: always the same; their labels are kept for colours alone.
        frames: `Settings.frames`.
        seed: of the views, which are the same in every epoch.
    """

    def __init__(self, clips: ClipSet, frames: int, every: int = 1, seed: int = 0):
        self.still, self.every, self.seed, self.moments = PreparedClips(clips, frames, crop=None), every, seed, []
        self.ranks: list[list[float]] = []
        """Effective rank of what each projector says of the clips, after each moment."""

    def __call__(self, progress: Progress) -> None:
        if progress.epoch % self.every and progress.epoch != progress.epochs:
            return
        mode = progress.model.training
        progress.model.eval()
        with torch.no_grad():
            x = self.still[torch.arange(len(self.still), device=self.still.labels.device)]
            features = tuple(tokens.mean(1).cpu() for tokens in progress.pretrained.tokens(x))
            said = self._said(progress.model, x)
        self.moments.append(
            Moment(
                progress.epoch, progress.loss, features, tuple(cross_correlation(a, b).cpu() for a, b in said)
            )
        )
        self.ranks.append([effective_rank(a) for a, _ in said])
        progress.model.train(mode)

    def _said(self, model, x: Tensor) -> list[tuple[Tensor, Tensor]]:
        if not isinstance(model, Twins):
            return []
        both = []
        for twin in model.twins:
            anchor, spatial, _ = twin.views(x, torch.Generator().manual_seed(self.seed))
            both.append((twin.projector(anchor), twin.projector(spatial)))
        return both

    @property
    def labels(self) -> Tensor:
        """Of the clips, Long[N], on the CPU."""
        return self.still.labels.cpu()
