"""The interface of every mask."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import torch
from torch import Tensor

from ...skeletons.skeleton import Skeleton
from ...utils.construct import from_known_fields


class Mask(ABC):
    """Chooses what to hide of each clip.

    Subclasses are frozen dataclasses whose fields are the parameters.
    """

    hides: ClassVar[Literal["joints", "frames", "tuples", "tubes"]]
    """Shape of the mask: joints [N, V], frames [N, T], tuples [N, T'] or tubes [N, T, V]."""
    label: ClassVar[str] = ""
    """Name in figures. Default: the name in `MASKS`."""

    @abstractmethod
    def __call__(self, x: Tensor, skeleton: Skeleton, generator: torch.Generator | None = None) -> Tensor:
        """Draw a mask for every clip of x [N, C, T, V, M]: bool, true where hidden.

        Raises:
            ValueError: nothing would stay visible, the skeleton is not that of x, or a mask that draws at
                random has no generator.
        """

    @abstractmethod
    def probability(self, x: Tensor, skeleton: Skeleton) -> Tensor:
        """Probability that each entry of the mask is true, float of the shape of the mask."""

    def hidden_per_clip(self, x: Tensor, skeleton: Skeleton) -> int | None:
        """Number of entries hidden in every clip of x, if its shape decides it; None if draws or x decide.

        Without it the host has to read the mask to know the number, and waits for the device.
        """
        return None

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """The mask whose fields are taken from the settings of the same names; others keep their defaults."""
        return from_known_fields(cls, settings)
