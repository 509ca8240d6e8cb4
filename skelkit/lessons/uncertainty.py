"""Notebooks that train: accuracies with their uncertainty and the accuracy of guessing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from ..continual import two_standard_errors
from ..continual.history import History


@dataclass(frozen=True)
class Accuracy:
    """An accuracy that was measured on some clips, 0 to 1; in words "41 % ± 9".

    Attributes:
        value: the accuracy.
        error: two standard errors of it, for the number of clips. The seed of the training is not in it.
        chance: accuracy of guessing.
    """

    value: float
    error: float
    chance: float

    @property
    def above_chance(self) -> bool:
        """Whether guessing is more than two standard errors below."""
        return self.value - self.error > self.chance

    def differs_from(self, other: Accuracy) -> bool:
        """Whether the difference is larger than two standard errors of it, were the clips independent."""
        return abs(self.value - other.value) > (self.error**2 + other.error**2) ** 0.5

    @property
    def guessing(self) -> str:
        """The accuracy of guessing in words: "17 %"."""
        return f"{100 * self.chance:.0f} %"

    def __str__(self) -> str:
        return f"{100 * self.value:.0f} % ± {100 * self.error:.0f}"


def mean_over_tasks(each: Sequence[Accuracy]) -> Accuracy:
    """The mean of accuracies on different clips; its error is that of a mean of independent values."""
    n = len(each)
    squares = sum(one.error**2 for one in each)
    return Accuracy(sum(one.value for one in each) / n, squares**0.5 / n, sum(one.chance for one in each) / n)


def on_task(history: History, task: int, after: int, told: bool = False) -> Accuracy:
    """Accuracy on the test clips of a task after another one was learnt; both count from 0.

    Chance is one over the number of classes that compete; with `told`, the share of the task's most frequent
    class, which a network reaches that answers with it always.

    Args:
        told: only the classes of the task compete (task-incremental). Default: all classes learnt so far.
    """
    order, labels = history.scenario.order, history.scenario.test.labels.cpu()
    counts = labels.bincount(minlength=max(order[task]) + 1)[list(order[task])]
    clips = int(counts.sum())
    chance = int(counts.max()) / clips if told else 1 / sum(map(len, order[: after + 1]))
    matrix = history.task_accuracy if told else history.accuracy
    value = float(matrix[after, task])
    return Accuracy(value, two_standard_errors(value, clips), chance)


def final(history: History) -> Accuracy:
    """The final average accuracy."""
    last = len(history.accuracy) - 1
    return mean_over_tasks([on_task(history, j, last) for j in range(last + 1)])


def paired_difference(better: Tensor, worse: Tensor) -> tuple[float, float]:
    """Difference of two accuracies on the same clips, and two standard errors of it.

    After adding half a clip to each of the four cases (Agresti and Min 2005), so that the error is not 0
    where both agree on every clip.

    Args:
        better, worse: whether each clip is right, bool[N].

    >>> import torch
    >>> right = torch.tensor([True] * 60 + [False] * 40)
    >>> [round(x, 2) for x in paired_difference(right, right)]
    [0.0, 0.02]
    """
    n = len(better) + 2
    gained, lost = (float((a & ~b).sum()) + 0.5 for a, b in ((better, worse), (worse, better)))
    variance = (gained + lost) - (gained - lost) ** 2 / n
    return float(better.double().mean() - worse.double().mean()), 2 * variance**0.5 / n
