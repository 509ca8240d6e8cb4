"""Continual learners of the zoo: recorded while they learn, and replayed without training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch

from ..continual import learning
from ..continual.history import History, TaskProgress
from ..continual.learners.base import BaseLearner, Network
from ..continual.stages import Callback, ContinualRun
from ..data import ClipSet
from ..data.default_split import load_split
from ..data.tasks import Task
from ..training import loop
from ..utils.presets import EXPLORE
from ..utils.progress import ProgressBar
from ..utils.validation import one_of
from . import card as cards
from .tape import Tape

Run = TypeVar("Run", bound=ContinualRun)

TRAINING_ONLY = ("optimiser", "old", "fisher", "anchor", "tasks")
"""Parts of a learner's state that nothing but further training needs."""


class RecordedRun(ContinualRun):
    """A run that keeps the learner's state after each stage; the memory with the last of several tasks."""

    def record(self, tape: Tape) -> None:
        """Learn all tasks, and keep the states."""
        self.tape = tape
        self.go()

    def train(self, i: int, task: Task) -> None:
        """Train, then keep the state, in which the statistics of batch norm lag behind."""
        super().train(i, task)
        self.tape.keep(portable_state(self.learner, memory=False))

    def calibrate(self, i: int, task: Task) -> None:
        """Recompute the statistics, then keep the state."""
        super().calibrate(i, task)
        self.tape.keep(portable_state(self.learner, memory=False))

    def end(self, i: int, task: Task) -> None:
        """End the task, then keep the state."""
        super().end(i, task)
        self.tape.keep(portable_state(self.learner, memory=0 < i == len(self.scenario) - 1))


class ReplayedRun(ContinualRun):
    """A run that takes the states from a tape instead of training; it evaluates them itself."""

    def replay(self, states: Iterator[dict[str, Any]], notes: Sequence[dict[str, Any]]) -> None:
        """Go through all tasks; the callback sees the epochs as they were noted."""
        self.states, self.notes = states, notes
        self.go()

    def train(self, i: int, task: Task) -> None:
        """Load the trained state and report its epochs."""
        self._load_next()
        for note in self.notes:
            if note["task"] == i:
                self.live_accuracy[i, : i + 1] = torch.tensor(note["accuracy"])
                self._report(i, "train", note["epoch"], note["epochs"], note["loss"])

    def calibrate(self, i: int, task: Task) -> None:
        """Load the state with recomputed statistics."""
        self._load_next()

    def end(self, i: int, task: Task) -> None:
        """Load the state at the end of the task."""
        self._load_next()
        self.learner.network.eval()

    def _validate(self, i: int) -> None:
        """No-op: the accuracy on validation clips was noted."""

    def _load_next(self) -> None:
        self.learner.load_state_dict(self.learner.state_dict() | next(self.states))


def portable_state(learner: BaseLearner | Any, memory: bool) -> dict[str, Any]:
    """What evaluation needs of a learner's state."""
    unwanted = TRAINING_ONLY if memory else (*TRAINING_ONLY, "memory")
    return {name: part for name, part in learner.state_dict().items() if name not in unwanted}


@dataclass(frozen=True)
class ContinualRecipe:
    """How a continual learner of the zoo is made.

    Attributes:
        name: of the entry.
        what: one sentence.
        learner: a name in `LEARNERS`.
        memory: budget of a replay memory.
        tasks: number of tasks. Default: that of the split.
        changes: settings that differ from the preset.
    """

    name: str
    what: str
    learner: str
    memory: str = "20 clips"
    tasks: int | None = None
    changes: dict[str, Any] = field(default_factory=dict)

    def start(self, seed: int) -> learning.Start:
        """The run before it begins, on the embedded data."""
        split = load_split("synthetic", EXPLORE, seed)
        options: dict[str, Any] = {"memory": self.memory, "preset": EXPLORE, "seed": seed}
        tasks = self.tasks or split.tasks
        return learning.prepare(self.learner, split.train, split.test, tasks, **options, **self.changes)

    def identity(self, start: learning.Start) -> dict[str, Any]:
        """What decides the run, besides the clips."""
        return start.identity

    def clips(self, start: learning.Start) -> dict[str, ClipSet]:
        """The clips, by the word that names them."""
        return _sets(start)

    def record(self, start: learning.Start) -> tuple[Tape, list[dict[str, Any]]]:
        """Train once: the states, and notes of the epochs."""
        notes: list[dict[str, Any]] = []
        tape = Tape()

        def note(now: TaskProgress) -> None:
            if now.stage == "train":
                row = now.accuracy[now.task, : now.task + 1].tolist()
                place = {"task": now.task, "epoch": now.epoch, "epochs": now.epochs}
                notes.append(place | {"loss": now.loss, "accuracy": row})

        _run(RecordedRun, start, note).record(tape)
        return tape, notes

    def results(self, start: learning.Start, tape: Tape, notes: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Accuracy of the stored weights on the test clips, as a card holds it."""
        history = replay(start, tape, notes)
        tests = start.scenario.test
        share = float((history.predictions[-1] == tests.labels.cpu()).double().mean())
        matrix = history.accuracy.nan_to_num(-1).tolist()
        return cards.accuracy(share, len(tests)) | {"faa": history.faa, "matrix": matrix}

    def network(self, start: learning.Start, tape: Tape, part: str) -> Network:
        """The network after a task, "task 3", in evaluation mode; after the last one if `part` is empty.

        Raises:
            ValueError: there is no such task.
        """
        parts = {f"task {i + 1}": 3 * i + 2 for i in range(len(start.scenario))}
        last = list(parts)[-1]
        one_of(part or last, parts, f"part of {self.name}")
        for k, state in enumerate(tape.states()):
            if k == parts[part or last]:
                start.learner.network.load_state_dict(state["network"])
        return start.learner.network.eval()


def replay(
    start: learning.Start,
    tape: Tape,
    notes: Sequence[dict[str, Any]],
    callback: Callback | None = None,
    progress: bool | None = False,
) -> History:
    """The history of a run whose states are on the tape; accuracies are measured anew on the test clips."""
    _run(ReplayedRun, start, callback, progress).replay(tape.states(), notes)
    return start.history


def learn(
    name: str,
    train: ClipSet,
    test: ClipSet,
    tasks: int | str | None = None,
    *,
    preset: str = EXPLORE,
    callback: Callback | None = None,
    progress: bool | None = None,
    **options: Any,
) -> History:
    """`continual.learn`; at preset "explore" without training where the zoo has this very run.

    Args:
        options: as for `continual.learn`.

    Raises:
        ValueError: as `continual.learn`.
        DamagedFile: an entry of the zoo is damaged.
    """
    if preset == EXPLORE:
        start = learning.prepare(name, train, test, tasks, preset=preset, **options)
        if (found := cards.find(start.identity, _sets(start))) is not None:
            card, tape = found
            return replay(start, tape, card.notes, callback, progress)
    return learning.learn(
        name, train, test, tasks, preset=preset, callback=callback, progress=progress, **options
    )


def _sets(start: learning.Start) -> dict[str, ClipSet]:
    """The clips of a run, by the word that names them."""
    return {"training clips": start.scenario.train, "test clips": start.scenario.test}


def _run(
    kind: type[Run], start: learning.Start, callback: Callback | None = None, progress: bool | None = False
) -> Run:
    bar = ProgressBar(start.history.learner, len(start.scenario), progress)
    return kind(start.learner, start.scenario, start.history, loop.Run({}), callback, bar)
