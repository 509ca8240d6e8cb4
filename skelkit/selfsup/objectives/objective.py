"""The interface of a self-supervised objective."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

from ...models import STGCN


class Objective(nn.Module, ABC):
    """Encoders and the loss that trains them without labels.

    It is built from (skeleton, settings, generator), trained by `pretrain`, and everything that it has to
    remember between steps is in its `state_dict`. A subclass may also define ``after_step(self) -> None``,
    which `pretrain` calls after every optimiser step.
    """

    @property
    @abstractmethod
    def encoders(self) -> list[STGCN]:
        """The networks that are kept; the rest of the module is discarded after training."""

    @abstractmethod
    def loss(self, x: Tensor) -> Tensor:
        """Scalar loss of centred clips x [N, 3, T, V, M] in metres."""
