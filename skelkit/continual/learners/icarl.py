"""iCaRL: exemplars close to their class's mean, and the nearest mean decides. (Rebuffi 2017.)"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ...training.inputs import INFERENCE_BATCH, PreparedClips
from ...utils import random
from .lwf import LwF


def herd(features: Tensor, most: int | None = None) -> Tensor:
    """Order of clips such that the mean of the first k is, for each k, as close to the mean of all as the next can make it. Long[min(n, most)].

    features [n, D].

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


class ICaRL(LwF):
    """Sigmoid outputs: 1 for the clip's new class, and for the old classes what the old network said. Exemplars are learnt along.

    loss = BCE over all classes so far. A clip is taken for the class whose exemplars' mean feature (unit length) is nearest.
    The memory keeps, in its bytes, equally many exemplars of each class: those of lowest rank in the herding.

    Differs from the authors: exemplars enter as a draw of their own beside each batch of the stream, not mixed into it.
    """

    uses_memory = True

    def __init__(self, *args):
        super().__init__(*args)
        classes, width = self.network.classifier.weight.shape
        self.means = self.network.classifier.weight.new_full((classes, width), torch.nan)

    def begin_task(self, classes: Sequence[int]) -> None:
        super().begin_task(classes)
        self.means.fill_(torch.nan)  # until the task is over, the classifier decides

    def observe(self, x: Tensor, y: Tensor) -> Tensor:
        if len(self.memory):
            old, labels, _ = self.replay()
            x, y = torch.cat([x, old]), torch.cat([y, labels])
        logits = self.network(x)
        target = F.one_hot(y, logits.shape[1]).to(logits)
        if self.past:
            with torch.no_grad():
                target[:, self.past] = self.old(x)[:, self.past].sigmoid().to(target)
        known = self.past + self.classes
        return F.binary_cross_entropy_with_logits(logits[:, known], target[:, known]) * len(known)

    @torch.no_grad()
    def end_task(self, clips: PreparedClips) -> None:
        features, rank = (
            clips.map(self.features),
            torch.empty(len(clips), dtype=torch.float64, device=clips.labels.device),
        )
        for c in self.classes:
            mine = (clips.labels == c).nonzero().flatten()
            rank[mine[herd(features[mine])]] = torch.arange(len(mine), device=rank.device).double()
        rank += (
            random.uniform((len(clips),), rank.device, self.generator).double() / 2
        )  # chance decides between classes at equal rank
        for index, x in clips.batches():
            self.memory.offer(x, clips.labels[index], key=rank[index])
        kept = torch.arange(len(self.memory), device=self.memory.device)
        features = torch.cat([self.features(self.memory.read(some)[0]) for some in kept.split(INFERENCE_BATCH)])
        for c in self.memory.labels.unique().tolist():
            self.means[c] = F.normalize(features[self.memory.labels == c].mean(0), dim=0)

    def features(self, x: Tensor) -> Tensor:
        """Of unit length, [N, D]."""
        return F.normalize(self.network.features(x), dim=1)

    def logits(self, x: Tensor) -> Tensor:
        """Minus the distance to each class's mean; classes not yet learnt are farthest of all."""
        if self.means.isnan().all():
            return self.network(x)
        away = torch.cdist(self.features(x), self.means.nan_to_num(0))
        return -away.masked_fill(self.means.isnan().any(1), 9.0)

    def state_dict(self) -> dict:
        return super().state_dict() | {"means": self.means}

    def load_state_dict(self, state: dict) -> None:
        super().load_state_dict(state)
        self.means.copy_(state["means"])
