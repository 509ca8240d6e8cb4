"""The accuracy matrix of a run in progress: as words, as a figure, and as a callback that draws it."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from ...continual.history import TaskProgress
from ...utils.progress import is_headless
from ..chart import Chart
from ..figures.matrices import accuracy_matrix
from .throttle import Throttle

GAP = 0.25
"""Seconds between two updates of the page, at least."""


def words(progress: TaskProgress) -> str:
    """Task, stage, epoch, loss and duration of a run, in one line.

    >>> from types import SimpleNamespace
    >>> epoch = {"stage": "train", "epoch": 3, "epochs": 10, "loss": 0.25, "seconds": 71.0}
    >>> words(SimpleNamespace(learner="charon", task=1, tasks=5, **epoch))
    'charon · task 2 of 5 · train, epoch 3 of 10 · loss 0.250 · 1 min 11 s'
    """
    epoch = f", epoch {progress.epoch} of {progress.epochs}" if progress.epochs else ""
    loss = "" if progress.loss is None else f" · loss {progress.loss:.3f}"
    task = f"task {progress.task + 1} of {progress.tasks}"
    return f"{progress.learner} · {task} · {progress.stage}{epoch}{loss} · {duration(progress.seconds)}"


def duration(seconds: float) -> str:
    """Seconds as text, rounded down.

    >>> duration(71.9)
    '1 min 11 s'
    """
    whole = int(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def picture(progress: TaskProgress, names: Sequence[str], title: str) -> go.Figure:
    """The accuracy matrix of a run in progress, with a frame around the row of the task in training."""
    return accuracy_matrix(progress.accuracy, names, title, progress.task if progress.live else None)


class Watch:
    """A callback that draws the accuracy matrix below its cell after every epoch.

    Headlessly it draws once, when the last task is finished. Another run gets another chart.

    Args:
        names: of the tasks.
    """

    def __init__(self, names: Sequence[str]):
        self._names, self._run = list(names), ("", 0.0)
        self._chart: Chart | None = None
        self._paint = Throttle(GAP, self._show)

    def __call__(self, progress: TaskProgress) -> None:
        learner, seconds = self._run
        if progress.learner != learner or progress.seconds < seconds:  # another run
            self._paint.flush()
            self._chart = None
        self._run = (progress.learner, progress.seconds)
        finished = progress.task == progress.tasks - 1 and not progress.live
        if finished or not is_headless():
            self._paint(progress)
        if finished:
            self._paint.flush()

    def _show(self, progress: TaskProgress) -> None:
        figure = picture(progress, self._names, words(progress))
        if self._chart is None:
            self._chart = Chart(figure)
            self._chart.show(live=not is_headless())
        elif not is_headless():
            self._chart.update(figure)
