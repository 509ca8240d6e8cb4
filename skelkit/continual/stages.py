"""The five stages of learning a task: begin, train, calibrate, end, evaluate."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from ..data import ClipSet
from ..data.tasks import Scenario, Task
from ..training import loop
from ..training.inputs import INFERENCE_BATCH, PreparedClips, augmented
from ..utils.progress import ProgressBar
from . import metrics
from .batchnorm import recalibrate
from .history import History, TaskProgress
from .learners.base import Learner

STAGES = ("begin", "train", "calibrate", "end", "evaluate")

CALIBRATION_CLIPS = 256
"""Clips of the task, and clips of the memory, from which batch norm is recalibrated."""

Callback = Callable[[TaskProgress], None]


class ContinualRun:
    """One learner taken through all tasks of a scenario.

    Args:
        learner: the method to train.
        scenario: its tasks.
        history: receives the results.
        run: remembers the position, so that a killed run resumes.
        callback: called after every epoch and every task; None for none.
        bar: shows the progress.
    """

    def __init__(
        self,
        learner: Learner,
        scenario: Scenario,
        history: History,
        run: loop.Run,
        callback: Callback | None,
        bar: ProgressBar,
    ):
        self.learner, self.scenario, self.history = learner, scenario, history
        self.run, self.callback, self.bar = run, callback, bar
        self.settings, self.generator = learner.settings, learner.generator
        self.live_accuracy = history.accuracy.clone()

    def go(self) -> None:
        """Take the learner through every stage of every task that is not done yet."""
        with self.bar:
            for i in self.run.loop("task", range(len(self.scenario))):
                self.live_accuracy = self.history.accuracy.clone()
                all_tasks = self.learner.trains_on_all_past_tasks
                task = self.scenario.until(i) if all_tasks else self.scenario[i]
                for stage in self.run.loop("stage", STAGES):
                    getattr(self, stage)(i, task)
        self.run.save()

    # -- stages ----------------------------------------------------------------------------------------------

    def begin(self, i: int, task: Task) -> None:
        """Tell the learner the classes of task i."""
        self.learner.begin_task(task.classes)

    def train(self, i: int, task: Task) -> None:
        """All epochs of task i, on augmented clips."""
        s, clips, epochs = self.settings, task.train, self._epochs(i)

        def loss_of(index: Tensor) -> Tensor:
            x = augmented(clips, index, s.frames, self.generator, s.resize)
            return self.learner.observe(x, clips.labels[index])

        for epoch in self.run.loop("epoch", range(epochs)):
            with self._timed("train"):
                self.learner.network.train()
                order = torch.randperm(len(clips), generator=self.generator)
                batches = merge_single_clip(list(order.split(s.batch)))
                loss = loop.fit(
                    loss_of,
                    batches,
                    self.learner.optimiser,
                    rates=s.rates(epoch * len(batches), epochs * len(batches))[: len(batches)],
                    clip=s.clip,
                    precision=s.precision,
                    what=f"{self.history.learner}, task {i}, epoch {epoch}",
                )
                self.learner.end_epoch()
            self._report(i, "train", epoch + 1, epochs, loss)

    def calibrate(self, i: int, task: Task) -> None:
        """Recompute the statistics of batch norm, if the settings say so."""
        if self.settings.recalibrate:
            with self._timed("calibrate"):
                recalibrate(self.learner.network, list(self.calibration_batches(task)))

    def end(self, i: int, task: Task) -> None:
        """Let the learner store what it needs of task i."""
        with self._timed("end"):
            self.learner.network.eval()
            self.learner.end_task(self._prepared(task.train))

    def evaluate(self, i: int, task: Task) -> None:
        """Fill row i of the accuracy matrices from the test clips of tasks 0 to i."""
        with self._timed("evaluate"):
            tests = self.scenario.until(i).test
            logits = self._logits_so_far(i, tests)
            for j in range(i + 1):
                members = self._of_task(j, tests)
                selected, labels = logits[members], tests.labels[members]
                classes = self.scenario.order[j]
                self.history.accuracy[i, j] = metrics.accuracy(selected, labels)
                self.history.task_accuracy[i, j] = metrics.accuracy(selected, labels, classes)
                self._keep_predictions(i, j, selected)
            self.history.confusion = metrics.confusion(logits, tests.labels)
            self.history.measure_memory()
        self.live_accuracy = self.history.accuracy.clone()
        epochs = self._epochs(i)
        self._report(i, "evaluate", epochs, epochs, None)

    # -- steps of the stages ---------------------------------------------------------------------------------

    def calibration_batches(self, task: Task) -> Iterator[Tensor]:
        """Batches [n, 3, T, V, M] of the task's clips and of the memory's, in the same proportion in each."""
        clips, memory = self._prepared(task.train), self.learner.memory
        new = torch.randperm(len(clips), generator=self.generator)[:CALIBRATION_CLIPS]
        stored = torch.empty(0, dtype=torch.long)
        if memory is not None and len(memory):
            stored = memory.choose(min(len(memory), CALIBRATION_CLIPS), self.generator)
        count = max(1, (len(new) + len(stored)) // INFERENCE_BATCH)
        for some, others in zip(new.tensor_split(count), stored.tensor_split(count), strict=True):
            parts = [clips[some.to(clips.labels.device)]] if len(some) else []
            if memory is not None and len(others):
                parts.append(memory.read(others)[0])
            yield torch.cat(parts)

    def _prepared(self, clips: ClipSet) -> PreparedClips:
        """Clips without augmentation, as the settings prepare them."""
        return PreparedClips(clips, self.settings.frames, resize=self.settings.resize)

    def _epochs(self, i: int) -> int:
        """Epochs of task i; joint training, too, counts the task's own clips alone."""
        return self.settings.epochs_for(len(self.scenario[i].train))

    def _keep_predictions(self, i: int, j: int, logits: Tensor) -> None:
        """Keep what is predicted after task i for the test clips of task j, with logits [n, classes]."""
        clips = self._of_task(j, self.scenario.test).cpu()
        competing = torch.tensor(self.scenario.order[j], device=logits.device)
        among_task = competing[logits[:, competing].argmax(1)]
        self.history.predictions[i, clips] = logits.argmax(1).short().cpu()
        self.history.task_predictions[i, clips] = among_task.short().cpu()

    def _of_task(self, j: int, clips: ClipSet) -> Tensor:
        """Whether each clip is of a class of task j, bool[N]."""
        return torch.isin(clips.labels, torch.tensor(self.scenario.order[j], device=clips.device))

    @torch.no_grad()
    def _logits_so_far(self, i: int, clips: ClipSet) -> Tensor:
        """Logits of clips after task i, [N, classes]; -inf for classes not learnt yet."""
        self.learner.network.eval()
        logits = self._prepared(clips).map(self.learner.logits)
        learnt = torch.tensor(sum(self.scenario.order[: i + 1], ()), device=logits.device)
        return torch.full_like(logits, -torch.inf).index_copy(1, learnt, logits[:, learnt])

    def _validate(self, i: int) -> None:
        """Fill row i of the live accuracy from the validation clips of tasks 0 to i."""
        clips = self.scenario.until(i).validation
        if clips is None:
            return
        logits = self._logits_so_far(i, clips)
        for j in range(i + 1):
            members = self._of_task(j, clips)
            known = bool(members.any())
            self.live_accuracy[i, j] = (
                metrics.accuracy(logits[members], clips.labels[members]) if known else torch.nan
            )

    def _report(self, i: int, stage: str, epoch: int, epochs: int, loss: float | None) -> None:
        """Update the bar and call the callback; validation clips are only evaluated for a callback."""
        finished = stage == "evaluate"
        self.bar.update(f"epoch {epoch} of {epochs}", loss, 1 if finished else 0)
        if self.callback is None:
            return
        if not finished:
            self._validate(i)
        progress = TaskProgress(
            learner=self.history.learner,
            task=i,
            tasks=len(self.scenario),
            stage=stage,
            epoch=epoch,
            epochs=epochs,
            loss=loss,
            accuracy=self.live_accuracy.clone(),
            live=not finished,
            seconds=self.history.seconds,
            network=self.learner.network,
            ratio=self.learner.ratio,
        )
        self.callback(progress)

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.history.clock[stage] += time.perf_counter() - start


def merge_single_clip(batches: list[Tensor]) -> list[Tensor]:
    """Batches without a last one of a single clip, which joins the one before: batch norm needs two.

    >>> [len(b) for b in merge_single_clip(list(torch.arange(7).split(3)))]
    [3, 4]
    """
    if len(batches) > 1 and len(batches[-1]) == 1:
        return [*batches[:-2], torch.cat(batches[-2:])]
    return batches
