"""What to do about forgetting, a class each: from nothing (fine-tuning) to everything at once (joint).

A learner has a network and, if it uses_memory, a memory. `observe` gives the loss of a batch x [N, 3, T, V, M], y Long[N]; `end_task` gets
the task's clips once more, still, after the last step and after batch norm was recalibrated, the network in evaluation mode.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...models import STTFormer
from ...ops import augment
from ...training.inputs import PreparedClips
from ..memory import ReplayMemory
from ..presets import Settings
from ..probing import probe


class FineTuning:
    """Learn each task, do nothing about the others: the lower bound."""

    uses_memory = stores_logits = compresses_memory = False
    trains_on_all_past_tasks = False
    """Whether a task's clips are those of all tasks so far."""

    def __init__(
        self, network: nn.Module, settings: Settings, memory: ReplayMemory | None, generator: torch.Generator
    ):
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
        return STTFormer(
            classes, joints, settings.size, generator, settings.temporal_position, settings.attention
        )

    def begin_task(self, classes: Sequence[int]) -> None:
        """Classes of the task that begins; the optimiser begins anew."""
        self.past, self.classes = (
            self.past + self.classes,
            [c for c in classes if c not in self.past + self.classes],
        )
        self.optimiser.state.clear()

    def observe(self, x: Tensor, y: Tensor) -> Tensor:
        return F.cross_entropy(self.network(x), y)

    def end_epoch(self) -> None:
        """All batches of the task were observed once more."""

    def end_task(self, clips: PreparedClips) -> None:
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
        state = {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "classes": [self.past, self.classes],
        }
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

    trains_on_all_past_tasks = True

    def end_task(self, clips: PreparedClips) -> None:
        if self.settings.probing:
            probe(
                self.network,
                clips.map(self.network.features),
                clips.labels,
                None,
                self.settings,
                self.generator,
            )
