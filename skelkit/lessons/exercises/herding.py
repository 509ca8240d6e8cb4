"""Exercise of notebook 04: exemplars whose mean stays close to the mean of the class."""

from __future__ import annotations

import torch
from torch import Tensor

from .exercise import Case, Exercise


def herding(features: Tensor, count: int) -> list[int]:
    """Indices of `count` exemplars of features [N, D]; each brings their mean closest to the mean of all."""
    mean, total = features.mean(0), torch.zeros_like(features[0])
    chosen: list[int] = []
    for k in range(1, count + 1):
        distance = (mean - (total + features) / k).norm(dim=1)
        distance[chosen] = torch.inf
        chosen.append(int(distance.argmin()))
        total = total + features[chosen[-1]]
    return chosen


def _cases() -> list[Case]:
    draws = (torch.randn(9, 3, generator=torch.Generator().manual_seed(seed)) for seed in (0, 3))
    return [Case(f"for {count} of nine clips", (x, count)) for x, count in zip(draws, (4, 7), strict=True)]


def _nearest(features: Tensor, count: int) -> list[int]:
    return (features - features.mean(0)).norm(dim=1).argsort()[:count].tolist()


def _variant(features: Tensor, count: int, again: bool, divided: bool, sign: float = 1.0) -> list[int]:
    mean, total = features.mean(0), torch.zeros_like(features[0])
    chosen: list[int] = []
    for k in range(1, count + 1):
        distance = sign * (mean - (total + features) / (k if divided else 1)).norm(dim=1)
        if not again:
            distance[chosen] = torch.inf
        chosen.append(int(distance.argmin()))
        total = total + features[chosen[-1]]
    return chosen


EXERCISE = Exercise(
    name="herding",
    notebook="04_forgetting",
    reference=herding,
    cases=_cases,
    mistakes=(
        (
            "It takes the clips nearest to the mean: each alone is near, but together they need not "
            "be. Look at the mean of the exemplars chosen so far.",
            _nearest,
        ),
        (
            "One clip is chosen twice: leave out those that are already exemplars.",
            lambda x, n: _variant(x, n, again=True, divided=True),
        ),
        (
            "The sum is compared with the mean: divide by the number of exemplars so far.",
            lambda x, n: _variant(x, n, again=False, divided=False),
        ),
        (
            "It takes the clips that bring the mean farthest away.",
            lambda x, n: _variant(x, n, again=False, divided=True, sign=-1.0),
        ),
        ("It takes the first clips of the class.", lambda x, n: list(range(n))),
    ),
    hints=(
        "Keep the sum of the exemplars so far. With candidate f, their mean is (sum + f) / k.",
        "Choose the candidate for which that mean is nearest to the mean of all clips.",
        "Set the distance of those already chosen to infinity.",
    ),
)
