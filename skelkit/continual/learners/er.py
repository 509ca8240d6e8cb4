"""Experience replay (ER): learn stored clips of earlier tasks together with those of the current one."""

from __future__ import annotations

from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor

from ...training.inputs import PreparedClips
from ..losses import replay_loss
from ..memory import ReplayMemory
from ..replay import batch_logits, draw_rotated, finish_task
from .base import BaseLearner


class ER(BaseLearner):
    """Experience replay: CE(stream) + CE(a draw from the memory). (Chaudhry et al. 2019, arXiv 1902.10486.)

    Differs from the authors: clips are offered to the memory once, when their task is over.
    """

    uses_memory: ClassVar[bool] = True
    memory: ReplayMemory

    def observe(self, x: Tensor, y: Tensor) -> Tensor:
        """`replay_loss`; cross-entropy while the memory is empty."""
        if not len(self.memory):
            return F.cross_entropy(self.network(x), y)
        replayed, labels = draw_rotated(self.memory, self.settings.batch, self.generator)
        logits, replayed_logits = batch_logits(self.network, (x, replayed), self.settings.fused)
        return replay_loss(logits, y, replayed_logits, labels)

    def end_task(self, clips: PreparedClips) -> None:
        """Offer the task's clips to the memory."""
        finish_task(self.network, self.memory, clips, self.settings, self.generator)
