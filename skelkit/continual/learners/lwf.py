"""Learning without forgetting (LwF): distillation from the network as it was before the task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..losses import lwf_loss
from .base import BaseLearner, frozen_copy


class LwF(BaseLearner):
    """On new clips, keep the old network's predictions for old classes. (Li and Hoiem 2016.)

    CE + weight · distillation loss between the softmaxes of old and new network, both of temperature τ. The
    setting `lwf` says which classes compete in them, and the weight:

    * "scaled": the cross-entropy is over the classes of the task, the distillation loss over all old classes.
      The weight is `distillation` · τ²; with the factor τ² (Hinton et al. 2015, arXiv 1503.02531) the size
      of the gradient does not depend on the temperature.
    * "paper": the cross-entropy is over the classes of the task; each old task has a distillation loss over
      its own classes. The weight is `distillation`; the paper uses 1 and τ = 2.
    * "mammoth": the cross-entropy is over all classes so far, the distillation loss over all old classes. The
      weight is `distillation`; mammoth's default is 0.5 with τ = 2.

    Differs from the authors: "scaled" is the default; the effect of the others on accuracy is not measured
    yet. One classifier has all classes, and all compete in the test. The old network sees the clips as they
    are augmented for the step; the authors compute its outputs once, before the task, without augmentation.
    The new classes are not trained alone before the task.

    Attributes:
        old: frozen copy of the network as it was when the task began.
        tasks: classes of each earlier task.
    """

    chosen: ClassVar[dict[str, dict[str, Any]]] = {"laptop": {"distillation": 3.0}}

    def prepare(self) -> None:
        """Create the learner's own state."""
        self.old = frozen_copy(self.network)
        self.tasks: list[list[int]] = []

    def begin_task(self, classes: Sequence[int]) -> None:
        """Copy the network's weights into the frozen one."""
        self.tasks += [self.classes] if self.classes else []
        super().begin_task(classes)
        self.old.load_state_dict(self.network.state_dict())

    def observe(self, x: Tensor, y: Tensor) -> Tensor:
        """`lwf_loss`; in the first task the cross-entropy alone."""
        s, logits, old_logits = self.settings, self.network(x), None
        if self.past:
            with torch.no_grad():
                old_logits = self.old(x)
        competing = self.past + self.classes if s.lwf == "mammoth" else self.classes
        groups = self.tasks if s.lwf == "paper" else [self.past]
        weight = s.distillation * (s.temperature**2 if s.lwf == "scaled" else 1)
        return lwf_loss(logits, y, competing, old_logits, groups, weight, s.temperature)

    def state_dict(self) -> dict[str, Any]:
        """The shared state, the earlier tasks and the frozen network's weights."""
        return super().state_dict() | {"old": self.old.state_dict(), "tasks": self.tasks}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        super().load_state_dict(state)
        self.old.load_state_dict(state["old"])
        self.tasks = state["tasks"]
