"""Dark experience replay ++ (DER++): also keep the logits that stored clips had when they were stored."""

from __future__ import annotations

from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor

from ...training.inputs import PreparedClips
from ..losses import derpp_loss
from ..memory import ReplayMemory
from ..replay import batch_logits, draw_rotated, draw_rotated_with_logits, finish_task
from .base import BaseLearner


class DERpp(BaseLearner):
    """Dark experience replay ++. (Buzzega et al. 2020, arXiv 2004.07211.)

    CE(stream) + α · MSE(logits of draw 1, stored logits) + β · CE(draw 2)

    Differs from the authors: clips are offered once, when their task is over, with the logits of that moment.
    """

    uses_memory: ClassVar[bool] = True
    stores_logits: ClassVar[bool] = True
    memory: ReplayMemory

    def observe(self, x: Tensor, y: Tensor) -> Tensor:
        """`derpp_loss`; cross-entropy while the memory is empty."""
        if not len(self.memory):
            return F.cross_entropy(self.network(x), y)
        s = self.settings
        first, stored = draw_rotated_with_logits(self.memory, s.batch, self.generator)
        second, labels = draw_rotated(self.memory, s.batch, self.generator)
        logits, first_logits, second_logits = batch_logits(self.network, (x, first, second), s.fused)
        return derpp_loss(logits, y, first_logits, stored, second_logits, labels, s.alpha, s.beta)

    def end_task(self, clips: PreparedClips) -> None:
        """Offer the task's clips to the memory, with their logits."""
        finish_task(self.network, self.memory, clips, self.settings, self.generator)
