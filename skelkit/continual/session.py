"""The stages of a task, in the order in which they come: begin, train, calibrate, end, evaluate."""

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
from . import metrics
from .batchnorm import recalibrate
from .history import History, TaskProgress
from .learners.base import FineTuning

STAGES = ("begin", "train", "calibrate", "end", "evaluate")

CALIBRATION = 256  # clips of the task, and of the memory, from which batch norm is recalibrated


class Session:
    """One learner, taken through a scenario stage by stage; `run` remembers which is next."""

    def __init__(
        self,
        learner: FineTuning,
        scenario: Scenario,
        history: History,
        run: loop.Run,
        callback: Callable[[TaskProgress], None] | None,
        bar,
    ):
        self.learner, self.scenario, self.history, self.run, self.callback, self.bar = (
            learner,
            scenario,
            history,
            run,
            callback,
            bar,
        )
        self.settings, self.generator = learner.settings, learner.generator
        self.live = history.accuracy.clone()

    def go(self) -> None:
        with self.bar:
            for i in self.run.loop("task", range(len(self.scenario))):
                self.live = self.history.accuracy.clone()
                task = self.scenario.until(i) if self.learner.trains_on_all_past_tasks else self.scenario[i]
                for stage in self.run.loop("stage", STAGES):
                    getattr(self, stage)(i, task)
        self.run.save()

    # -- stages ----------------------------------------------------------------------------------------------------

    def begin(self, i: int, task: Task) -> None:
        self.learner.begin_task(task.classes)

    def train(self, i: int, task: Task) -> None:
        s, clips, epochs = self.settings, task.train, self._epochs(i)

        def loss_of(index: Tensor) -> Tensor:
            index = index.to(clips.device)
            return self.learner.observe(
                augmented(clips, index, s.frames, self.generator), clips.labels[index]
            )

        for epoch in self.run.loop("epoch", range(epochs)):
            with self._timed("train"):
                self.learner.network.train()
                batches = _whole(torch.randperm(len(clips), generator=self.generator).split(s.batch))
                what = f"{self.history.learner}, task {i}, epoch {epoch}"
                rates = s.rates(epoch * len(batches), epochs * len(batches))[: len(batches)]
                loss = loop.fit(
                    loss_of,
                    batches,
                    self.learner.optimiser,
                    rates=rates,
                    clip=s.clip,
                    precision=s.precision,
                    what=what,
                )
                self.learner.end_epoch()
            self._tell(i, "train", epoch + 1, epochs, loss)

    def calibrate(self, i: int, task: Task) -> None:
        if self.settings.recalibrate:
            with self._timed("calibrate"):
                recalibrate(self.learner.network, list(self._mixture(task)))

    def end(self, i: int, task: Task) -> None:
        with self._timed("end"):
            self.learner.network.eval()
            self.learner.end_task(PreparedClips(task.train, self.settings.frames))

    def evaluate(self, i: int, task: Task) -> None:
        with self._timed("evaluate"):
            tests = self.scenario.until(i).test
            logits = self._answers(i, tests)
            for j in range(i + 1):
                mine = self._of_task(j, tests)
                self.history.accuracy[i, j] = metrics.accuracy(logits[mine], tests.labels[mine])
                self.history.task_accuracy[i, j] = metrics.accuracy(
                    logits[mine], tests.labels[mine], self.scenario.order[j]
                )
            self.history.confusion = metrics.confusion(logits, tests.labels)
            self.history.measure_memory()
        epochs = self._epochs(i)
        self._tell(i, "evaluate", epochs, epochs, None)

    # -- parts -----------------------------------------------------------------------------------------------------

    def _epochs(self, i: int) -> int:
        """As many as the task's own clips ask for, also where clips of the past are learnt along."""
        return self.settings.epochs_for(len(self.scenario[i].train))

    def _of_task(self, j: int, clips: ClipSet) -> Tensor:
        """Which clips are of task j's classes, bool [N]."""
        return torch.isin(clips.labels, torch.tensor(self.scenario.order[j], device=clips.device))

    @torch.no_grad()
    def _answers(self, i: int, clips: ClipSet) -> Tensor:
        """Logits of clips after task i, [N, classes]; classes that were not learnt yet do not compete."""
        self.learner.network.eval()
        logits = PreparedClips(clips, self.settings.frames).map(self.learner.logits)
        learnt = torch.tensor(sum(self.scenario.order[: i + 1], ()), device=logits.device)
        return torch.full_like(logits, -torch.inf).index_copy(1, learnt, logits[:, learnt])

    def _mixture(self, task: Task) -> Iterator[Tensor]:
        """Batches of the task's clips and of the memory's, the same share of both in each."""
        clips, memory = PreparedClips(task.train, self.settings.frames), self.learner.memory
        mine = torch.randperm(len(clips), generator=self.generator)[:CALIBRATION]
        theirs = torch.empty(0, dtype=torch.long)
        if memory is not None and len(memory):
            theirs = memory.choose(min(len(memory), CALIBRATION), self.generator)
        count = max(1, (len(mine) + len(theirs)) // INFERENCE_BATCH)
        for some, others in zip(mine.tensor_split(count), theirs.tensor_split(count), strict=True):
            parts = [clips[some.to(clips.labels.device)]] if len(some) else []
            yield torch.cat(parts + ([memory.read(others)[0]] if len(others) else []))

    def _tell(self, i: int, stage: str, epoch: int, epochs: int, loss: float | None) -> None:
        finished = stage == "evaluate"
        self.bar.update(f"epoch {epoch} of {epochs}", loss, 1 if finished else 0)
        if self.callback is None:
            return
        if finished:
            self.live = self.history.accuracy.clone()
        elif self.scenario.validation is not None:
            clips = self.scenario.until(i).validation
            logits = self._answers(i, clips)
            for j in range(i + 1):
                mine = self._of_task(j, clips)
                self.live[i, j] = (
                    metrics.accuracy(logits[mine], clips.labels[mine]) if mine.any() else torch.nan
                )
        where = (self.history.learner, i, len(self.scenario), stage, epoch, epochs, loss)
        ratio = getattr(self.learner, "ratio", None)
        seen = TaskProgress(
            *where, self.live.clone(), not finished, self.history.seconds, self.learner.network, ratio
        )
        self.callback(seen)

    @contextmanager
    def _timed(self, stage: str):
        began = time.perf_counter()
        yield
        self.history.clock[stage] += time.perf_counter() - began


def _whole(batches: tuple[Tensor, ...]) -> list[Tensor]:
    """Without a last batch of one clip, of which batch norm could learn nothing; it joins the one before."""
    batches = list(batches)
    if len(batches) > 1 and len(batches[-1]) == 1:
        last = batches.pop()
        batches[-1] = torch.cat([batches[-1], last])
    return batches
