"""State of a continual run: `TaskProgress` while it goes, `History` as its result."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ..data.tasks import Scenario
from . import metrics
from .learners.base import Learner, Network
from .memory import ReplayMemory
from .presets import Settings


@dataclass(frozen=True)
class TaskProgress:
    """Where a run is; the argument of a callback, after every epoch and every task.

    Attributes:
        learner: its name in `LEARNERS`.
        task: index of the current task, of `tasks`.
        stage: "train" after an epoch, "evaluate" after a task.
        epoch: counted from 1, of `epochs`.
        loss: mean over the epoch; None after a task.
        accuracy: [tasks, tasks], 0 to 1, nan where unknown. While a task is being learnt (`live`), its row is
            computed on validation clips; once it is learnt, on test clips.
        live: whether the current task's row is still provisional.
        seconds: since the run began, without evaluation.
        network: the network itself, not a copy; do not change it.
        ratio: share of frame tuples masked in the next epoch; None for a method that masks none.
    """

    learner: str
    task: int
    tasks: int
    stage: str
    epoch: int
    epochs: int
    loss: float | None
    accuracy: Tensor
    live: bool
    seconds: float
    network: Network
    ratio: float | None = None


@dataclass
class History:
    """Result of a continual run.

    Attributes:
        accuracy: [tasks, tasks]; accuracy[i, j], 0 to 1, is on the test clips of task j after learning task
            i, with all classes learnt so far competing (class-incremental).
        task_accuracy: the same with only the classes of task j competing (task-incremental).
        confusion: confusion matrix after the last task, Long[classes, classes]: true class by row, predicted
            class by column.
        method: the learner, with its network and memory.
        predictions: predicted class of each clip of `scenario.test` after each task, with all classes learnt
            so far competing, Short[tasks, N] on the CPU; -1 for clips of tasks that were not learnt yet.
        task_predictions: the same with only the classes of the clip's task competing.
        clock: seconds by stage.
        stored: clips in the memory at the end.
        memory_bytes: size of the whole memory, used or not.
        bytes_per_clip: used bytes divided by stored clips; None without a memory.
    """

    learner: str
    settings: Settings
    scenario: Scenario
    accuracy: Tensor
    task_accuracy: Tensor
    confusion: Tensor
    method: Learner
    clock: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    stored: int = 0
    memory_bytes: int = 0
    bytes_per_clip: float | None = None
    predictions: Tensor = field(default_factory=lambda: torch.empty(0, 0, dtype=torch.int16))
    task_predictions: Tensor = field(default_factory=lambda: torch.empty(0, 0, dtype=torch.int16))

    @property
    def network(self) -> Network:
        """The trained network."""
        return self.method.network

    @property
    def memory(self) -> ReplayMemory | None:
        """The replay memory; None for a method that uses none."""
        return self.method.memory

    @property
    def faa(self) -> float:
        """Final average accuracy, class-incremental, 0 to 1."""
        return metrics.faa(self.accuracy)

    @property
    def task_faa(self) -> float:
        """Final average accuracy, task-incremental, 0 to 1."""
        return metrics.faa(self.task_accuracy)

    @property
    def forgetting(self) -> float:
        """Mean drop from the best accuracy of each earlier task before the last one, class-incremental.

        (Chaudhry et al. 2018.) Shown in all outputs and recorded; negative if earlier tasks improved.
        """
        return metrics.forgetting(self.accuracy)

    @property
    def forgetting_including_last(self) -> float:
        """The same, with no task below 0: the best accuracy may be the last one. (As mammoth reports it.)"""
        return metrics.forgetting(self.accuracy, including_last=True)

    @property
    def backward_transfer(self) -> float:
        """Mean change of accuracy since each earlier task was learnt, class-incremental."""
        return metrics.backward_transfer(self.accuracy)

    @property
    def seconds(self) -> float:
        """Total of all stages but evaluation."""
        return sum(v for stage, v in self.clock.items() if stage != "evaluate")

    def measure_memory(self) -> None:
        """Set `stored`, `memory_bytes` and `bytes_per_clip` from the memory as it is now."""
        if self.memory is not None and len(self.memory):
            self.stored, self.memory_bytes = len(self.memory), self.memory.nbytes
            self.bytes_per_clip = self.memory.used_bytes / len(self.memory)

    def __repr__(self) -> str:
        scores = f"FAA {self.faa:.3f}, forgetting {self.forgetting:.3f}"
        return f"History({self.learner}: {scores}, {len(self.accuracy)} tasks, {self.seconds:.0f} s)"

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers, as results are recorded; None where a value is unknown."""
        scores = ("faa", "task_faa", "forgetting", "backward_transfer")
        names = (*scores, "stored", "memory_bytes", "bytes_per_clip")
        numbers: dict[str, Any] = {"learner": self.learner} | {n: getattr(self, n) for n in names}
        for name in ("accuracy", "task_accuracy"):
            rows = getattr(self, name).tolist()
            numbers[name] = [[None if math.isnan(v) else v for v in row] for row in rows]
        return numbers | {"seconds": dict(self.clock)}

    def state_dict(self) -> dict[str, Any]:
        """Matrices, predictions and clock, for a checkpoint."""
        return {
            "accuracy": self.accuracy,
            "task_accuracy": self.task_accuracy,
            "confusion": self.confusion,
            "predictions": self.predictions,
            "task_predictions": self.task_predictions,
            "clock": dict(self.clock),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` returned; the learner must have been restored before."""
        self.accuracy, self.task_accuracy = state["accuracy"], state["task_accuracy"]
        self.confusion = state["confusion"]
        for name in ("predictions", "task_predictions"):
            setattr(self, name, state.get(name, getattr(self, name)))  # older checkpoints have none
        self.clock.update(state["clock"])
        self.measure_memory()
