"""Exercise of notebook 05: weights and biases of the classifier that finds the nearest class mean."""

from __future__ import annotations

import torch
from torch import Tensor

from .exercise import Case, Exercise


def nearest_mean(means: Tensor) -> tuple[Tensor, Tensor]:
    """Weight [C, D] and bias [C] of a linear classifier whose largest logit is that of the nearest mean."""
    return means, -means.square().sum(1) / 2


def _cases() -> list[Case]:
    draws = (torch.randn(4, 3, generator=torch.Generator().manual_seed(seed)) for seed in (0, 1))
    return [Case(f"for four means, draw {k}", (2 * means + 1,)) for k, means in enumerate(draws, 1)]


EXERCISE = Exercise(
    name="nearest_mean",
    notebook="05_linear_probing",
    reference=nearest_mean,
    cases=_cases,
    mistakes=(
        (
            "Without a bias the longest mean wins: the nearest one also depends on how far it is from zero.",
            lambda m: (m, torch.zeros(len(m))),
        ),
        (
            "The bias has the wrong sign: a mean far from zero must not be preferred.",
            lambda m: (m, m.square().sum(1) / 2),
        ),
        (
            "The bias is −‖m‖² / 2: with the weight m, only half of the square belongs to it.",
            lambda m: (m, -m.square().sum(1)),
        ),
        ("The length is squared: ‖h − m‖² = ‖h‖² − 2 m·h + ‖m‖².", lambda m: (m, -m.norm(dim=1) / 2)),
        (
            "Means of length one compare angles, not distances.",
            lambda m: (m / m.norm(dim=1, keepdim=True), torch.zeros(len(m))),
        ),
        (
            "The sum runs over the features of a class, not over the classes.",
            lambda m: (m, -m.square().sum(0) / 2),
        ),
        (
            "This is right but for a factor 2, which the check does not know: use the weight m.",
            lambda m: (2 * m, -m.square().sum(1)),
        ),
    ),
    hints=(
        "The nearest mean has the smallest ‖h − m‖² = ‖h‖² − 2 m·h + ‖m‖².",
        "‖h‖² is the same for all classes. What is left is linear in h.",
        "Minus one half of it is m·h − ‖m‖² / 2: a row of the weight and an entry of the bias.",
    ),
)
