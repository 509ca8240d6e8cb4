"""iCaRL: exemplars close to the mean of their class, and a nearest-mean classifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from ...training.inputs import INFERENCE_BATCH, PreparedClips
from ...utils import random
from ..losses import icarl_loss
from ..memory import ReplayMemory
from ..replay import draw_rotated
from .base import BaseLearner, frozen_copy


def herd(features: Tensor, most: int | None = None) -> Tensor:
    """Herding order: each next clip brings the mean of those chosen closest to the mean of all.

    Args:
        features: [n, D], of the clips of one class.
        most: how many to choose. Default: all.

    Returns:
        Long[min(n, most)], positions in `features`.

    >>> herd(torch.tensor([[0.0], [1.0], [5.0]])).tolist()
    [1, 2, 0]
    """
    target, total = features.mean(0), torch.zeros_like(features[0])
    left, order = torch.ones(len(features), dtype=torch.bool, device=features.device), []
    for k in range(1, min(len(features), most or len(features)) + 1):
        distance = (target - (total + features) / k).norm(dim=1).masked_fill(~left, torch.inf)
        order.append(distance.argmin())
        left[order[-1]] = False
        total = total + features[order[-1]]
    return torch.stack(order)


class ICaRL(BaseLearner):
    """Incremental classifier and representation learning. (Rebuffi et al. 2017, arXiv 1611.07725.)

    The loss is a binary cross-entropy over all classes so far; targets of the old classes come from the old
    network. A clip is assigned to the class whose exemplars' mean feature (of unit length) is nearest. The
    memory keeps about the same number of exemplars of each class, those of lowest herding rank.

    Differs from the authors: exemplars enter as a draw of their own beside each batch of the stream, not
    mixed into it.

    Attributes:
        old: frozen copy of the network as it was when the task began.
        means: [classes, D], mean feature of each class's exemplars; nan for classes not learnt yet and while
            a task is learnt.
    """

    uses_memory: ClassVar[bool] = True
    memory: ReplayMemory

    def prepare(self) -> None:
        """Create the learner's own state."""
        self.old = frozen_copy(self.network)
        weight = self.network.classifier.weight
        self.means = weight.new_full(tuple(weight.shape), torch.nan)

    def begin_task(self, classes: Sequence[int]) -> None:
        """Copy the network's weights into the frozen one; the linear classifier predicts during the task."""
        super().begin_task(classes)
        self.old.load_state_dict(self.network.state_dict())
        self.means.fill_(torch.nan)

    def observe(self, x: Tensor, y: Tensor) -> Tensor:
        """`icarl_loss` of the batch and a draw of exemplars, in one pass."""
        if len(self.memory):
            replayed, labels = draw_rotated(self.memory, self.settings.batch, self.generator)
            x, y = torch.cat([x, replayed]), torch.cat([y, labels])
        logits, old_logits = self.network(x), None
        if self.past:
            with torch.no_grad():
                old_logits = self.old(x)
        return icarl_loss(logits, y, self.past + self.classes, old_logits, self.past)

    @torch.no_grad()
    def end_task(self, clips: PreparedClips) -> None:
        """Offer the task's clips in herding order, then compute the mean feature of each class."""
        rank = self._herding_ranks(clips)
        for index, x in clips.batches():
            self.memory.offer(x, clips.labels[index], key=rank[index])
        stored = torch.arange(len(self.memory), device=self.memory.device)
        features = torch.cat(
            [self.features(self.memory.read(index)[0]) for index in stored.split(INFERENCE_BATCH)]
        )
        for c in self.memory.labels.unique().tolist():
            self.means[c] = F.normalize(features[self.memory.labels == c].mean(0), dim=0)

    def _herding_ranks(self, clips: PreparedClips) -> Tensor:
        """Herding rank of each clip in its class, float64 [N]; ties between classes are broken at random."""
        features, labels = clips.map(self.features), clips.labels
        rank = torch.empty(len(clips), dtype=torch.float64, device=labels.device)
        for c in self.classes:
            members = (labels == c).nonzero().flatten()
            order = herd(features[members])
            rank[members[order]] = torch.arange(len(members), device=rank.device).double()
        return rank + random.uniform((len(clips),), rank.device, self.generator).double() / 2

    def features(self, x: Tensor) -> Tensor:
        """Features of unit length [n, D] of clips x [n, 3, T, V, M]."""
        return F.normalize(self.network.features(x), dim=1)

    def logits(self, x: Tensor) -> Tensor:
        """Minus the distance to the mean of each class [n, classes]; classes not learnt yet are farthest."""
        if self.means.isnan().all():
            return self.network(x)
        distance = torch.cdist(self.features(x), self.means.nan_to_num(0))
        return -distance.masked_fill(self.means.isnan().any(1), 9.0)  # unit vectors are at most 2 apart

    def state_dict(self) -> dict[str, Any]:
        """The shared state, the frozen network's weights and the means."""
        return super().state_dict() | {"old": self.old.state_dict(), "means": self.means}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        super().load_state_dict(state)
        self.old.load_state_dict(state["old"])
        self.means.copy_(state["means"])
