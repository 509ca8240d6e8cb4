"""Exercise of notebook 02: how many distinct joints draws with repetition hide."""

from __future__ import annotations

import torch
from torch import Tensor

from .exercise import Case, Exercise


def distinct_joints(weights: Tensor, draws: int) -> float:
    """Expected number of distinct joints in `draws` draws with repetition, by weights [V]."""
    first = weights / weights.sum()
    return float((1 - (1 - first) ** draws).sum())


def _cases() -> list[Case]:
    star, even = torch.tensor([3.0, 1, 1, 2, 1]), torch.ones(4)
    return [
        Case("for weights 3, 1, 1, 2, 1 and 3 draws", (star, 3)),
        Case("for four equal weights and 6 draws", (even, 6)),
        Case("for weights 3, 1, 1, 2, 1 and 10 draws", (star, 10)),
    ]


def _first(weights: Tensor) -> Tensor:
    return weights / weights.sum()


EXERCISE = Exercise(
    name="distinct_joints",
    notebook="02_masks",
    reference=distinct_joints,
    cases=_cases,
    mistakes=(
        ("With repetition, draws that hit the same joint count once.", lambda w, k: float(k)),
        ("As many as there are joints: a few draws miss some.", lambda w, k: float(min(k, len(w)))),
        (
            "The weights are no probabilities yet: divide them by their sum.",
            lambda w, k: float((1 - (1 - w) ** k).sum()),
        ),
        (
            "It counts the joints that are missed, not those that are hidden.",
            lambda w, k: float(((1 - _first(w)) ** k).sum()),
        ),
        (
            "It adds the probabilities that every draw hits the same joint.",
            lambda w, k: float((_first(w) ** k).sum()),
        ),
        (
            "All joints are equally likely here; the weights are not used.",
            lambda w, k: float(len(w) * (1 - (1 - 1 / len(w)) ** k)),
        ),
        (
            "It returns the mean over the joints; asked is their number.",
            lambda w, k: distinct_joints(w, k) / len(w),
        ),
    ),
    hints=(
        "How likely is it that one draw misses joint j? And that all draws miss it?",
        "A joint counts 1 if it is hidden: the expected number is the sum of the probabilities.",
    ),
)
