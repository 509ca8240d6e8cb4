"""Exercise of notebook 01: the error of restored clips."""

from __future__ import annotations

import torch
from torch import Tensor

from .exercise import Case, Exercise
from .samples import one_absent, walk


def reconstruction_error(x: Tensor, y: Tensor) -> float:
    """RMSE in millimetres of restored clips y against x, both [N, C, T, V, M], over the persons present."""
    squared = (x - y).square().sum(1)  # squared distance of each joint, [N, T, V, M]
    present = (x != 0).any(1).any(2)  # [N, T, M]
    return float(squared.movedim(2, 3)[present].mean().sqrt()) * 1000


def _cases() -> list[Case]:
    x, two = walk(9), one_absent(9)
    noise = 0.01 * torch.randn(two.shape, generator=torch.Generator().manual_seed(2))
    return [
        Case("for clips with one person", (x, x + walk(9, seed=3) / 100)),
        Case("for clips in which one person is absent", (two, torch.where(two == 0, two, two + noise))),
    ]


def _distance(x: Tensor, y: Tensor) -> Tensor:
    return (x - y).norm(dim=1).movedim(2, 3)[(x != 0).any(1).any(2)]


def _present(x: Tensor, y: Tensor) -> Tensor:
    return (x - y).movedim(1, 4).movedim(2, 3)[(x != 0).any(1).any(2)]  # [present, V, C]


EXERCISE = Exercise(
    name="reconstruction_error",
    notebook="01_compression",
    reference=reconstruction_error,
    cases=_cases,
    mistakes=(
        (
            "It counts the padding: absent persons are all zeros, are restored without error, and "
            "lower the mean.",
            lambda x, y: float((x - y).square().sum(1).mean().sqrt()) * 1000,
        ),
        ("It is in metres: multiply by 1000.", lambda x, y: reconstruction_error(x, y) / 1000),
        (
            "It averages over x, y and z too: the squared distance of a joint is the sum of the "
            "three squares.",
            lambda x, y: float(_present(x, y).square().mean().sqrt()) * 1000,
        ),
        (
            "It averages over x, y and z, and it counts the padding.",
            lambda x, y: float((x - y).square().mean().sqrt()) * 1000,
        ),
        (
            "It is the mean distance: square the distances before the mean, and take the root after it.",
            lambda x, y: float(_distance(x, y).mean()) * 1000,
        ),
        (
            "The root is missing: this is the mean squared distance.",
            lambda x, y: float(_distance(x, y).square().mean()) * 1000,
        ),
        (
            "It is the largest distance, not the root of the mean square.",
            lambda x, y: float(_distance(x, y).max()) * 1000,
        ),
    ),
    hints=(
        "The squared distance of a joint: `(x - y).square().sum(1)`, which has shape [N, T, V, M].",
        "A person is present in a frame if any coordinate of any joint is not zero: "
        "`(x != 0).any(1).any(2)`, [N, T, M].",
        "Average over present persons alone, then take the root, then convert metres to millimetres.",
    ),
)
