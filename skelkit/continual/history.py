"""What is told of a run while it goes, and what remains of it."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field

from torch import Tensor, nn

from ..data.tasks import Scenario
from . import metrics
from .learners.base import FineTuning
from .memory import ReplayMemory
from .presets import Settings


@dataclass(frozen=True)
class TaskProgress:
    """Where a run is; what a callback gets after every epoch and every task.

    Attributes:
        accuracy: [tasks, tasks], nan where nothing is known yet. While a task is being learnt (`live`), its row is of validation
            clips; once it is learnt, of test clips.
        epoch: of `epochs`, counted from 1; loss: the epoch's mean.
        network: as it is now; look, but do not touch.
        ratio: share of tuples that will be hidden in the next epoch; None of a method that hides none.
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
    network: nn.Module
    ratio: float | None = None


@dataclass
class History:
    """What came of a run.

    Attributes:
        accuracy: [tasks, tasks], accuracy[i, j] on the test clips of task j after learning task i, all classes learnt so far competing.
        task_accuracy: the same with only task j's classes competing (task-incremental).
        confusion: Long[classes, classes], after the last task: test clips of the class of the row that were taken for that of the column.
        clock: seconds by stage.
        stored: clips in the memory at the end; memory_bytes: of the whole memory, used or not.
        bytes_per_clip: used bytes over stored clips; None without a memory.
        method: the learner itself, with its network and memory.
    """

    learner: str
    settings: Settings
    scenario: Scenario
    accuracy: Tensor
    task_accuracy: Tensor
    confusion: Tensor
    clock: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    stored: int = 0
    memory_bytes: int = 0
    bytes_per_clip: float | None = None
    method: FineTuning | None = None

    @property
    def network(self) -> nn.Module:
        return self.method.network

    @property
    def memory(self) -> ReplayMemory | None:
        return self.method.memory

    @property
    def faa(self) -> float:
        """Final average accuracy, class-incremental."""
        return metrics.faa(self.accuracy)

    @property
    def task_faa(self) -> float:
        """Final average accuracy, task-incremental."""
        return metrics.faa(self.task_accuracy)

    @property
    def forgetting(self) -> float:
        return metrics.forgetting(self.accuracy)

    @property
    def backward_transfer(self) -> float:
        return metrics.backward_transfer(self.accuracy)

    @property
    def seconds(self) -> float:
        """Of all stages but evaluation."""
        return sum(v for stage, v in self.clock.items() if stage != "evaluate")

    def measure_memory(self) -> None:
        """Take the memory's sizes down."""
        if self.memory is not None and len(self.memory):
            self.stored, self.memory_bytes = len(self.memory), self.memory.nbytes
            self.bytes_per_clip = self.memory.used_bytes / len(self.memory)

    def __repr__(self) -> str:
        return f"History({self.learner}: FAA {self.faa:.3f}, forgetting {self.forgetting:.3f}, {len(self.accuracy)} tasks, {self.seconds:.0f} s)"

    def as_dict(self) -> dict:
        """Plain numbers, as results are recorded; None where nothing is known."""
        names = (
            "faa",
            "task_faa",
            "forgetting",
            "backward_transfer",
            "stored",
            "memory_bytes",
            "bytes_per_clip",
        )
        matrices = {
            n: [[None if math.isnan(v) else v for v in row] for row in getattr(self, n).tolist()]
            for n in ("accuracy", "task_accuracy")
        }
        return (
            {"learner": self.learner}
            | {n: getattr(self, n) for n in names}
            | matrices
            | {"seconds": dict(self.clock)}
        )

    def state_dict(self) -> dict:
        return {
            "accuracy": self.accuracy,
            "task_accuracy": self.task_accuracy,
            "confusion": self.confusion,
            "clock": dict(self.clock),
        }

    def load_state_dict(self, state: dict) -> None:
        self.accuracy, self.task_accuracy, self.confusion = (
            state[k] for k in ("accuracy", "task_accuracy", "confusion")
        )
        self.clock.update(state["clock"])
        self.measure_memory()
