"""What a recipe of the zoo offers, whatever it trains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from torch import nn

from ..data import ClipSet
from .tape import Tape


class Recipe(Protocol):
    """How an entry is made. `start` gives a training before it begins, which the other methods take.

    Attributes:
        name: of the entry, such as "charon/embedded".
        what: one sentence.
    """

    @property
    def name(self) -> str: ...

    @property
    def what(self) -> str: ...

    def start(self, seed: int) -> Any:
        """The training before it begins, on the embedded data."""

    def identity(self, start: Any) -> dict[str, Any]:
        """Plain values that decide the training, besides the clips."""

    def clips(self, start: Any) -> dict[str, ClipSet]:
        """The clips, by the word that names them."""

    def record(self, start: Any) -> tuple[Tape, list[dict[str, Any]]]:
        """Train once: the states that are kept, and notes of the epochs."""

    def results(self, start: Any, tape: Tape, notes: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """What a card says, measured with the stored weights."""

    def network(self, start: Any, tape: Tape, part: str) -> nn.Module:
        """The trained network, or a part of the entry, in evaluation mode."""
