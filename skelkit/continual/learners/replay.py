"""Learners that replay stored clips: ER and DER++."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ...training.inputs import PreparedClips
from .base import FineTuning


class ER(FineTuning):
    """Experience replay: loss = CE(stream) + CE(a draw from the memory). (Chaudhry 2019.)

    Differs from the authors: clips are offered to the memory once, when their task is over.
    """

    uses_memory = True

    def observe(self, x: Tensor, y: Tensor) -> Tensor:
        if not len(self.memory):
            return super().observe(x, y)
        old, labels, _ = self.replay()
        now, then = self.passes(x, old)
        return F.cross_entropy(now, y) + F.cross_entropy(then, labels)

    def end_task(self, clips: PreparedClips) -> None:
        for index, x in clips.batches():
            self.memory.offer(x, clips.labels[index], generator=self.generator)


class DERpp(ER):
    """Dark experience replay ++: also keep the answers given then. (Buzzega 2020.)

    loss = CE(stream) + α · MSE(logits of draw 1, those stored) + β · CE(draw 2).

    Differs from the authors: clips are offered once, when their task is over, with the logits of that moment.
    """

    stores_logits = True

    def observe(self, x: Tensor, y: Tensor) -> Tensor:
        if not len(self.memory):
            return FineTuning.observe(self, x, y)
        (old, _, stored), (other, labels, _) = self.replay(), self.replay()
        now, then, again = self.passes(x, old, other)
        s = self.settings
        return (
            F.cross_entropy(now, y)
            + s.alpha * F.mse_loss(then, stored)
            + s.beta * F.cross_entropy(again, labels)
        )

    @torch.no_grad()
    def end_task(self, clips: PreparedClips) -> None:
        for index, x in clips.batches():
            self.memory.offer(x, clips.labels[index], self.network(x), self.generator)
