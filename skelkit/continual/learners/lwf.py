"""Learning without forgetting (LwF): distillation from the network as it was before the task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ..losses import lwf_loss
from .base import BaseLearner, frozen_copy


class LwF(BaseLearner):
    """On new clips, keep the old network's predictions for old classes. (Li and Hoiem 2016.)

    CE among the task's classes + distillation · τ² · KL(old ‖ new) among the old classes, both softened by
    the temperature τ.

    Differs from the authors: one classifier for all classes instead of a head per task; no warm-up of the new
    classes alone.

    Attributes:
        old: frozen copy of the network as it was when the task began.
    """

    def prepare(self) -> None:
        """Create the learner's own state."""
        self.old = frozen_copy(self.network)

    def begin_task(self, classes: Sequence[int]) -> None:
        """Copy the network's weights into the frozen one."""
        super().begin_task(classes)
        self.old.load_state_dict(self.network.state_dict())

    def observe(self, x: Tensor, y: Tensor) -> Tensor:
        """`lwf_loss`; in the first task cross-entropy among its classes."""
        s, logits, old_logits = self.settings, self.network(x), None
        if self.past:
            with torch.no_grad():
                old_logits = self.old(x)
        return lwf_loss(logits, y, self.classes, old_logits, self.past, s.distillation, s.temperature)

    def state_dict(self) -> dict[str, Any]:
        """The shared state and the frozen network's weights."""
        return super().state_dict() | {"old": self.old.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        super().load_state_dict(state)
        self.old.load_state_dict(state["old"])
