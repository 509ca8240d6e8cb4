"""Exercise of notebook 04: the final average accuracy."""

from __future__ import annotations

import torch
from torch import Tensor

from .exercise import Case, Exercise


def faa(matrix: Tensor) -> float:
    """Mean accuracy over all tasks after the last one; row i of the matrix is after task i."""
    return float(matrix[-1].mean())


def _cases() -> list[Case]:
    first = torch.tensor([[0.9, 0.0, 0.0], [0.5, 0.8, 0.0], [0.25, 0.5, 0.75]])
    second = torch.tensor([[0.6, 0.0], [0.3, 0.9]])
    return [Case("for three tasks", (first,)), Case("for two tasks", (second,))]


EXERCISE = Exercise(
    name="faa",
    notebook="04_forgetting",
    reference=faa,
    cases=_cases,
    mistakes=(
        (
            "It averages the whole matrix; only the last row is after the last task.",
            lambda a: float(a.mean()),
        ),
        (
            "It averages all rows up to their diagonal; only the last row is after the last task.",
            lambda a: float(a.tril().sum() / torch.ones_like(a).tril().sum()),
        ),
        (
            "It is the mean of the diagonal: each task right after it was learnt, before anything is "
            "forgotten.",
            lambda a: float(a.diagonal().mean()),
        ),
        ("It is the mean of the last column: that is the last task alone.", lambda a: float(a[:, -1].mean())),
        ("It leaves out the last task.", lambda a: float(a[-1, :-1].mean())),
        ("It is in percent; accuracies here are between 0 and 1.", lambda a: 100 * float(a[-1].mean())),
    ),
    hints=("Which row of the matrix was measured last?", "`matrix[-1]` has one accuracy for each task."),
)
