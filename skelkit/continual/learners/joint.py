"""Joint training: learn each task together with all clips of the earlier tasks."""

from __future__ import annotations

from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor

from ...training.inputs import PreparedClips
from ..probing import probe
from .base import BaseLearner


class Joint(BaseLearner):
    """Cross-entropy on the clips of all tasks so far: the upper bound of continual learning.

    Its classifier is probed as CHARON's is, so that the bound has every step that does not need a memory.
    """

    trains_on_all_past_tasks: ClassVar[bool] = True
    published: ClassVar[dict[str, bool]] = BaseLearner.published | {"probing": True}

    def observe(self, x: Tensor, y: Tensor) -> Tensor:
        """CE(clips of all tasks so far)."""
        return F.cross_entropy(self.network(x), y)

    def end_task(self, clips: PreparedClips) -> None:
        """Probe the classifier, if the settings say so."""
        if self.settings.probing:
            features = clips.map(self.network.features)
            probe(self.network, features, clips.labels, None, self.settings, self.generator)
