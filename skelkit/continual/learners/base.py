"""What every continual learner offers (`Learner`), and the state that all of them share (`BaseLearner`)."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor

from ...models import MaskedAutoencoder, STTFormer
from ...training import loop
from ...training.inputs import PreparedClips
from ...training.settings import set_options
from ..memory import ReplayMemory
from ..presets import Settings

Network = STTFormer | MaskedAutoencoder


class Learner(Protocol):
    """What `learn` needs of a method.

    For each task, `learn` calls `begin_task`; `observe` for each batch and `end_epoch` after each epoch, in
    training mode; recalibrates batch norm; then calls `end_task` and `logits` in evaluation mode.

    Attributes:
        network, optimiser, settings, generator: what is trained, by what, how, and where random numbers come
            from.
        memory: stored clips of earlier tasks; None for a method that stores none.
        ratio: share of frame tuples hidden in training; None for a method that hides none.
        trains_on_all_past_tasks: whether a task's clips are those of all tasks so far.
    """

    network: Network
    optimiser: torch.optim.Optimizer
    settings: Settings
    generator: torch.Generator
    memory: ReplayMemory | None
    ratio: float | None
    trains_on_all_past_tasks: ClassVar[bool]

    def begin_task(self, classes: Sequence[int]) -> None:
        """Prepare for a task with these classes."""

    def observe(self, x: Tensor, y: Tensor) -> Tensor:
        """Loss, a scalar, of a batch x [n, 3, T, V, M] with labels y Long[n]."""

    def end_epoch(self) -> None:
        """Update what changes from epoch to epoch."""

    def end_task(self, clips: PreparedClips) -> None:
        """Store what is needed later of a finished task; clips: its training clips, not augmented."""

    def logits(self, x: Tensor) -> Tensor:
        """Class logits [n, classes] of clips x [n, 3, T, V, M]."""

    def state_dict(self) -> dict[str, Any]:
        """Everything that training changes: nested dictionaries and lists of tensors, numbers and strings."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""


class BaseLearner:
    """Network, optimiser, memory and state of a learner; a subclass adds `observe` and overrides hooks.

    A subclass with state of its own creates it in `prepare` and extends `state_dict` and `load_state_dict`;
    then a killed run resumes with the same bits.

    Args:
        network: as `build_network` returns it.
        settings: of the network and its training.
        memory: needed if `uses_memory`.
        generator: source of all random draws.

    Attributes:
        classes: of the task being learnt; past: of the tasks before it.

    Raises:
        ValueError: a learner that uses a memory was given none.
    """

    uses_memory: ClassVar[bool] = False
    """Whether `learn` creates a memory for it."""
    stores_logits: ClassVar[bool] = False
    """Whether the memory stores logits with each clip."""
    published: ClassVar[dict[str, bool]] = {"compression": False, "probing": False, "refresh": False}
    """Values of the settings that are None."""
    chosen: ClassVar[dict[str, dict[str, Any]]] = {}
    """Preset -> settings that this learner changes in it: chosen on validation subjects (`record grid`)."""
    trains_on_all_past_tasks: ClassVar[bool] = False
    """Whether a task's clips are those of all tasks so far."""
    options: ClassVar[tuple[str, ...]] = ()
    """Class attributes that `learn` takes as settings: own parameters, with their defaults."""

    network: Network
    memory: ReplayMemory | None
    ratio: float | None = None

    def __init__(
        self,
        network: Network,
        settings: Settings,
        memory: ReplayMemory | None,
        generator: torch.Generator,
    ):
        if self.uses_memory and memory is None:
            raise ValueError(f"{type(self).__name__} needs a memory; got None")
        self.settings = settings = self.complete(settings)
        self.network, self.memory, self.generator = network, memory, generator
        self.classes: list[int] = []
        self.past: list[int] = []
        self.optimiser = build_optimiser(network, settings)
        set_options(self, settings)
        self.prepare()

    def prepare(self) -> None:
        """Create the learner's own state; called once, at the end of construction. Default: none."""

    @classmethod
    def complete(cls, settings: Settings) -> Settings:
        """The settings with the published value for each that is None."""
        unset: dict[str, Any] = {
            name: value for name, value in cls.published.items() if getattr(settings, name) is None
        }
        return replace(settings, **unset)

    @classmethod
    def build_network(
        cls, classes: int, joints: int, settings: Settings, generator: torch.Generator
    ) -> Network:
        """Untrained network that this learner trains, with one classifier for all classes."""
        return build_encoder(classes, joints, settings, generator)

    def begin_task(self, classes: Sequence[int]) -> None:
        """Note the classes of the task and reset the optimiser's state."""
        known = self.past + self.classes
        self.past, self.classes = known, [c for c in classes if c not in known]
        self.optimiser.state.clear()

    def observe(self, x: Tensor, y: Tensor) -> Tensor:
        """Loss, a scalar, of a batch x [n, 3, T, V, M] with labels y Long[n].

        Raises:
            NotImplementedError: a learner that does not override it.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no loss; override observe(x, y)")

    def end_epoch(self) -> None:
        """No-op."""

    def end_task(self, clips: PreparedClips) -> None:
        """No-op."""

    def logits(self, x: Tensor) -> Tensor:
        """Class logits [n, classes] of clips x [n, 3, T, V, M]; the network is in evaluation mode."""
        return self.network(x)

    def state_dict(self) -> dict[str, Any]:
        """Network, optimiser, classes and memory."""
        state = {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "classes": [self.past, self.classes],
        }
        return state | ({"memory": self.memory.state_dict()} if self.memory is not None else {})

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.past, self.classes = state["classes"]
        if self.memory is not None:
            self.memory.load_state_dict(state["memory"])


def build_encoder(classes: int, joints: int, settings: Settings, generator: torch.Generator) -> STTFormer:
    """Untrained STTFormer as the settings describe it."""
    s = settings
    return STTFormer(
        classes,
        joints,
        s.size,
        generator,
        s.temporal_position,
        s.attention,
        softmax_over=s.softmax_over,
        attention_scale=s.attention_scale,
        stem=s.stem,
    )


def build_optimiser(network: Network, settings: Settings) -> torch.optim.Optimizer:
    """AdamW in two parameter groups: the classifier learns `settings.classifier_factor` times as fast."""
    head = list(network.classifier.parameters())
    rest = [p for p in network.parameters() if all(p is not q for q in head)]
    groups = [{"params": rest, "factor": 1.0}, {"params": head, "factor": settings.classifier_factor}]
    fused = loop.fused(head[0].device)
    return torch.optim.AdamW(groups, lr=settings.lr, weight_decay=settings.weight_decay, fused=fused)


def frozen_copy(network: Network) -> Network:
    """A copy in evaluation mode whose parameters take no gradient."""
    return deepcopy(network).requires_grad_(False).eval()
