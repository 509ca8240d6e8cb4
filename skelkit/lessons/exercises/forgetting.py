"""Exercise of notebook 04: how much of the earlier tasks is forgotten."""

from __future__ import annotations

import torch
from torch import Tensor

from .exercise import Case, Exercise


def forgetting(matrix: Tensor) -> float:
    """Mean fall of the earlier tasks below their best accuracy before the last row of matrix [T, T]."""
    best = matrix[:-1, :-1].amax(0)
    return float((best - matrix[-1, :-1]).mean())


def _cases() -> list[Case]:
    first = torch.tensor(
        [[0.9, 0.0, 0.0, 0.0], [0.5, 0.6, 0.0, 0.0], [0.6, 0.8, 0.7, 0.0], [0.2, 0.9, 0.1, 1.0]]
    )
    second = torch.tensor([[0.6, 0.0], [0.3, 0.9]])
    return [
        Case("for four tasks, one of which is best at the end", (first,)),
        Case("for two tasks", (second,)),
    ]


EXERCISE = Exercise(
    name="forgetting",
    notebook="04_forgetting",
    reference=forgetting,
    cases=_cases,
    mistakes=(
        (
            "It compares with the diagonal, so it is minus the backward transfer; a task may have been "
            "better in a later row than right after it was learnt.",
            lambda a: float((a.diagonal()[:-1] - a[-1, :-1]).mean()),
        ),
        (
            "The last row takes part in the maximum: then a task that improved counts as 0, not as negative.",
            lambda a: float((a[:, :-1].amax(0) - a[-1, :-1]).mean()),
        ),
        (
            "The last task is counted too. It was learnt last and cannot have been forgotten.",
            lambda a: float((a.amax(0) - a[-1]).mean()),
        ),
        (
            "The sign is wrong: a fall in accuracy is positive.",
            lambda a: float((a[-1, :-1] - a[:-1, :-1].amax(0)).mean()),
        ),
        (
            "It is a sum; take the mean over the earlier tasks.",
            lambda a: float((a[:-1, :-1].amax(0) - a[-1, :-1]).sum()),
        ),
        (
            "It divides by the number of tasks; there is one fewer that can be forgotten.",
            lambda a: float((a[:-1, :-1].amax(0) - a[-1, :-1]).sum() / len(a)),
        ),
        (
            "The maximum runs along the rows; one task is one column.",
            lambda a: float((a[:-1, :-1].amax(1) - a[-1, :-1]).mean()),
        ),
    ),
    hints=(
        "The earlier tasks are the columns `[:, :-1]`, and the rows before the last one `[:-1]`.",
        "`matrix[:-1, :-1].amax(0)` is the best accuracy of each earlier task.",
        "Subtract the last row of these columns, and take the mean.",
    ),
)
