"""Online elastic weight consolidation: a quadratic penalty on weights that mattered."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ...training.inputs import PreparedClips
from .base import FineTuning


class EWC(FineTuning):
    """Online elastic weight consolidation: weights that mattered are held back by springs. (Kirkpatrick 2017; Schwarz 2018, section 3.)

    loss = CE + ewc / 2 · Σ F (θ − θ*)², with F the diagonal Fisher information, summed over the tasks with decay.

    Differs from the authors: F from at most 64 clips, drawn anew, with labels the network itself draws; scaled to a mean of 1 a task.
    """

    CLIPS = 64

    def __init__(self, *args):
        super().__init__(*args)
        self.fisher = {name: torch.zeros_like(p) for name, p in self.network.named_parameters()}
        self.anchor = {name: p.detach().clone() for name, p in self.network.named_parameters()}

    def observe(self, x: Tensor, y: Tensor) -> Tensor:
        pull = sum(
            (self.fisher[n] * (p - self.anchor[n]).square()).sum() for n, p in self.network.named_parameters()
        )
        return super().observe(x, y) + self.settings.ewc / 2 * pull

    def end_task(self, clips: PreparedClips) -> None:
        weights = dict(self.network.named_parameters())
        new = {name: torch.zeros_like(p) for name, p in weights.items()}
        chosen = torch.randperm(len(clips), generator=self.generator)[: self.CLIPS].to(clips.labels.device)
        for clip in clips[chosen].split(1):
            chances = F.log_softmax(self.network(clip)[0], 0)
            label = torch.multinomial(chances.detach().exp().cpu(), 1, generator=self.generator)
            for name, slope in zip(
                weights,
                torch.autograd.grad(
                    chances[label.to(chances.device)].sum(), weights.values(), allow_unused=True
                ),
                strict=True,
            ):
                if slope is not None:
                    new[name] += slope.square()
        mean = sum(f.sum() for f in new.values()) / sum(f.numel() for f in new.values())
        for name, p in weights.items():
            self.fisher[name].mul_(self.settings.ewc_decay).add_(new[name] / mean.clamp_min(1e-12))
            self.anchor[name] = p.detach().clone()

    def state_dict(self) -> dict:
        return super().state_dict() | {"fisher": self.fisher, "anchor": self.anchor}

    def load_state_dict(self, state: dict) -> None:
        super().load_state_dict(state)
        for mine, kept in ((self.fisher, state["fisher"]), (self.anchor, state["anchor"])):
            for name, v in kept.items():
                mine[name].copy_(v)
