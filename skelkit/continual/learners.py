"""What to do about forgetting, a class each: from nothing (fine-tuning) to everything at once (joint).

A learner has a network and, if it rehearses, a memory. `observe` gives the loss of a batch x [N, 3, T, V, M], y Long[N]; `end_task` gets
the task's clips once more, still, after the last step and after batch norm was recalibrated, the network in evaluation mode.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .. import augment
from ..models import STTFormer
from ..preparation import Still
from .memory import ReplayMemory
from .probing import probe
from .settings import Settings


class FineTuning:
    """Learn each task, do nothing about the others: the lower bound."""

    rehearses = keeps_logits = compresses = False
    whole_past = False
    """Whether a task's clips are those of all tasks so far."""

    def __init__(self, network: nn.Module, settings: Settings, memory: ReplayMemory | None, generator: torch.Generator):
        self.network, self.settings, self.memory, self.generator = network, settings, memory, generator
        self.classes: list[int] = []  # of the task being learnt
        self.past: list[int] = []  # of the tasks before it
        head = list(network.classifier.parameters())
        rest = [p for p in network.parameters() if all(p is not q for q in head)]
        groups = [{"params": rest, "factor": 1.0}, {"params": head, "factor": settings.classifier_factor}]
        self.optimiser = torch.optim.AdamW(groups, lr=settings.lr, weight_decay=settings.weight_decay)

    @classmethod
    def build(cls, classes: int, joints: int, settings: Settings, generator: torch.Generator) -> nn.Module:
        """The network this learner trains."""
        return STTFormer(classes, joints, settings.size, generator, settings.temporal_position, settings.attention)

    def begin_task(self, classes: Sequence[int]) -> None:
        """Classes of the task that begins; the optimiser begins anew."""
        self.past, self.classes = self.past + self.classes, [c for c in classes if c not in self.past + self.classes]
        self.optimiser.state.clear()

    def observe(self, x: Tensor, y: Tensor) -> Tensor:
        return F.cross_entropy(self.network(x), y)

    def end_epoch(self) -> None:
        """All batches of the task were observed once more."""

    def end_task(self, clips: Still) -> None:
        """What is kept of a task that is over."""

    def logits(self, x: Tensor) -> Tensor:
        """What a clip is taken for, [N, classes]; the network is in evaluation mode."""
        return self.network(x)

    def passes(self, *batches: Tensor) -> Sequence[Tensor]:
        """Logits of each batch: one pass of the network for all, or one for each."""
        if not self.settings.fused:
            return [self.network(x) for x in batches]
        return self.network(torch.cat(batches)).split([len(x) for x in batches])

    def replay(self) -> tuple[Tensor, Tensor, Tensor | None]:
        """A draw from the memory, rotated anew: clips, labels, stored logits."""
        x, y, logits = self.memory.draw(self.settings.batch, self.generator)
        return augment.rotate(x, self.generator), y, logits

    def state_dict(self) -> dict:
        state = {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict(), "classes": [self.past, self.classes]}
        return state | ({"memory": self.memory.state_dict()} if self.memory is not None else {})

    def load_state_dict(self, state: dict) -> None:
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.past, self.classes = state["classes"]
        if self.memory is not None:
            self.memory.load_state_dict(state["memory"])


class Joint(FineTuning):
    """Learn every task together with all clips of the tasks before: the upper bound, which remembers everything.

    Its classifier is probed as CHARON's is: whatever does not need the past to be forgotten, the upper bound has too.
    """

    whole_past = True

    def end_task(self, clips: Still) -> None:
        if self.settings.probing:
            probe(self.network, clips.through(self.network.features), clips.labels, None, self.settings, self.generator)


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
        pull = sum((self.fisher[n] * (p - self.anchor[n]).square()).sum() for n, p in self.network.named_parameters())
        return super().observe(x, y) + self.settings.ewc / 2 * pull

    def end_task(self, clips: Still) -> None:
        weights = dict(self.network.named_parameters())
        new = {name: torch.zeros_like(p) for name, p in weights.items()}
        chosen = torch.randperm(len(clips), generator=self.generator)[: self.CLIPS].to(clips.labels.device)
        for clip in clips[chosen].split(1):
            chances = F.log_softmax(self.network(clip)[0], 0)
            label = torch.multinomial(chances.detach().exp().cpu(), 1, generator=self.generator)
            for name, slope in zip(
                weights, torch.autograd.grad(chances[label.to(chances.device)].sum(), weights.values(), allow_unused=True), strict=True
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
        return tau**2 * F.kl_div(F.log_softmax(logits[:, self.past] / tau, 1), wanted, reduction="batchmean", log_target=True)

    def state_dict(self) -> dict:
        return super().state_dict() | {"old": self.old.state_dict()}

    def load_state_dict(self, state: dict) -> None:
        super().load_state_dict(state)
        self.old.load_state_dict(state["old"])


class ER(FineTuning):
    """Experience replay: loss = CE(stream) + CE(a draw from the memory). (Chaudhry 2019.)

    Differs from the authors: clips are offered to the memory once, when their task is over.
    """

    rehearses = True

    def observe(self, x: Tensor, y: Tensor) -> Tensor:
        if not len(self.memory):
            return super().observe(x, y)
        old, labels, _ = self.replay()
        now, then = self.passes(x, old)
        return F.cross_entropy(now, y) + F.cross_entropy(then, labels)

    def end_task(self, clips: Still) -> None:
        for index, x in clips.chunks():
            self.memory.offer(x, clips.labels[index], generator=self.generator)


class DERpp(ER):
    """Dark experience replay ++: also keep the answers given then. (Buzzega 2020.)

    loss = CE(stream) + α · MSE(logits of draw 1, those stored) + β · CE(draw 2).

    Differs from the authors: clips are offered once, when their task is over, with the logits of that moment.
    """

    keeps_logits = True

    def observe(self, x: Tensor, y: Tensor) -> Tensor:
        if not len(self.memory):
            return FineTuning.observe(self, x, y)
        (old, _, stored), (other, labels, _) = self.replay(), self.replay()
        now, then, again = self.passes(x, old, other)
        s = self.settings
        return F.cross_entropy(now, y) + s.alpha * F.mse_loss(then, stored) + s.beta * F.cross_entropy(again, labels)

    @torch.no_grad()
    def end_task(self, clips: Still) -> None:
        for index, x in clips.chunks():
            self.memory.offer(x, clips.labels[index], self.network(x), self.generator)
