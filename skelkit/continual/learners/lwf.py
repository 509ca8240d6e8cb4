"""Learning without forgetting: distillation from the network before the task."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor

from .base import FineTuning


class LwF(FineTuning):
    """Learning without forgetting: on the new clips, keep giving the old network's answers for the old classes. (Li and Hoiem 2016.)

    loss = CE among the task's classes + distillation · KL(old ‖ new) among the old classes, both softened by the temperature.

    Differs from the authors: one classifier for all classes instead of a head per task; no warm-up of the new classes alone.
    """

    def __init__(self, *args):
        super().__init__(*args)
        self.old = deepcopy(self.network).requires_grad_(False).eval()

    def begin_task(self, classes: Sequence[int]) -> None:
        super().begin_task(classes)
        self.old.load_state_dict(self.network.state_dict())

    def observe(self, x: Tensor, y: Tensor) -> Tensor:
        logits = self.network(x)
        place = torch.full((logits.shape[1],), -1, device=y.device)
        place[self.classes] = torch.arange(len(self.classes), device=y.device)
        loss = F.cross_entropy(logits[:, self.classes], place[y])
        return loss + self.settings.distillation * self.kept(logits, x) if self.past else loss

    def kept(self, logits: Tensor, x: Tensor) -> Tensor:
        tau = self.settings.temperature
        with torch.no_grad():
            wanted = F.log_softmax(self.old(x)[:, self.past] / tau, 1)
        return tau**2 * F.kl_div(
            F.log_softmax(logits[:, self.past] / tau, 1), wanted, reduction="batchmean", log_target=True
        )

    def state_dict(self) -> dict:
        return super().state_dict() | {"old": self.old.state_dict()}

    def load_state_dict(self, state: dict) -> None:
        super().load_state_dict(state)
        self.old.load_state_dict(state["old"])
