"""The interface of a self-supervised objective."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn

from ...models import STGCN
from ...training.settings import set_options
from ..presets import Settings


class Objective(nn.Module, ABC):
    """Encoders and the loss that trains them without labels.

    It is built from (skeleton, settings, generator), trained by `pretrain`, and everything that it has to
    remember between steps is in its `state_dict`. A subclass may also define ``after_step(self) -> None``,
    which `pretrain` calls after every optimiser step.
    """

    options: ClassVar[tuple[str, ...]] = ()
    """Class attributes that `pretrain` takes as settings: own parameters, with their defaults."""

    def __init__(self, settings: Settings):
        super().__init__()
        set_options(self, settings)

    @property
    @abstractmethod
    def encoders(self) -> list[STGCN]:
        """The networks that are kept; the rest of the module is discarded after training."""

    @abstractmethod
    def loss(self, x: Tensor) -> Tensor:
        """Scalar loss of centred clips x [N, 3, T, V, M] in metres."""
