"""Exercise of notebook 06: the loss of Barlow Twins."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from .exercise import Case, Exercise


def barlow_twins(a: Tensor, b: Tensor, redundancy: float) -> Tensor:
    """sum_i (1 − C_ii)² + redundancy · sum_{i≠j} C_ij², C the cross-correlation of features [N, D]."""
    a, b = ((z - z.mean(0)) / z.std(0, unbiased=False).clamp_min(1e-5) for z in (a, b))
    c = a.T @ b / len(a)
    off = c - torch.diag(c.diagonal())
    return (1 - c.diagonal()).square().sum() + redundancy * off.square().sum()


def _cases() -> list[Case]:
    generator = torch.Generator().manual_seed(0)
    a = 2 * torch.randn(8, 3, generator=generator) + 1
    b = a + torch.randn(8, 3, generator=generator)
    return [Case("for eight clips", (a, b, 0.1)), Case("for a view and its opposite", (a[:6], -b[:6], 0.5))]


def _of(c: Tensor, redundancy: float, one: float = 1.0) -> Tensor:
    off = c.square().sum() - c.diagonal().square().sum()
    return (one - c.diagonal()).square().sum() + redundancy * off


def _c(a: Tensor, b: Tensor) -> Tensor:
    a, b = ((z - z.mean(0)) / z.std(0, unbiased=False) for z in (a, b))
    return a.T @ b / len(a)


def _clips(a: Tensor, b: Tensor, redundancy: float) -> Tensor:
    a, b = ((z - z.mean(0)) / z.std(0, unbiased=False) for z in (a, b))
    return _of(a @ b.T / a.shape[1], redundancy)


def _whole(a: Tensor, b: Tensor, redundancy: float) -> Tensor:
    c = _c(a, b)
    return (1 - c.diagonal()).square().sum() + redundancy * c.square().sum()


def _constant(loss: Callable[..., Tensor]) -> Iterator[str]:
    """A feature that is the same for all clips has the standard deviation 0."""
    a, b, redundancy = _cases()[0].arguments
    expected = float(barlow_twins(a, b, redundancy)) + 1
    ones = torch.ones(len(a), 1)
    value = float(loss(torch.cat([a, ones], 1), torch.cat([b, ones], 1), redundancy))
    if not abs(value - expected) < 1e-2:
        yield (
            f"A feature that is the same for all clips should add 1 to the loss, {expected:.2f} in all; here "
            f"it is {value:.2f}. Its standard deviation is 0: divide by at least 1e-5."
        )


EXERCISE = Exercise(
    name="barlow_twins",
    notebook="06_asymmetric_pretraining",
    reference=barlow_twins,
    cases=_cases,
    mistakes=(
        (
            "The features are not standardised: C is a correlation only with mean 0 and standard "
            "deviation 1 over the batch.",
            lambda a, b, r: _of(a.T @ b / len(a), r),
        ),
        (
            "The features are centred, but not divided by their standard deviation.",
            lambda a, b, r: _of((a - a.mean(0)).T @ (b - b.mean(0)) / len(a), r),
        ),
        ("C is not divided by the number of clips.", lambda a, b, r: _of(_c(a, b) * len(a), r)),
        ("The diagonal is counted among the other elements as well.", _whole),
        ("The redundancy has no weight.", lambda a, b, r: _of(_c(a, b), 1.0)),
        (
            "It asks for C_ii = 0: the features of both views should agree, C_ii = 1.",
            lambda a, b, r: _of(_c(a, b), r, 0.0),
        ),
        ("It correlates clips instead of features: C is [D, D], not [N, N].", _clips),
    ),
    hints=(
        "Standardise each feature over the batch (axis 0): mean 0, standard deviation 1.",
        "C = aᵀ b / N, a matrix [D, D].",
        "The diagonal should be 1, all else 0; all else has the weight `redundancy`.",
        "A constant feature has the standard deviation 0; `.clamp_min(1e-5)` keeps 0 / 0 away.",
    ),
    properties=_constant,
    tolerance=1e-3,
)
