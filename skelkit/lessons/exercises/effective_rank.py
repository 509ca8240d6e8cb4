"""Exercise of notebook 06: how many directions features use."""

from __future__ import annotations

import torch
from torch import Tensor

from .exercise import Case, Exercise


def effective_rank(features: Tensor) -> float:
    """exp of the entropy of the covariance's eigenvalues, divided by their sum; features [N, D]."""
    centred = features - features.mean(0)
    values = torch.linalg.eigvalsh((centred.T @ centred / len(features)).double()).clamp_min(0)
    share = values / values.sum()
    return float(torch.special.entr(share).sum().exp())


def _cases() -> list[Case]:
    draws = []
    for seed in (1, 5):
        generator = torch.Generator().manual_seed(seed)
        sizes = torch.tensor([3.0, 1.0, 0.5, 0.1])
        draws.append(2 + sizes * torch.randn(20, 4, generator=generator))
    return [
        Case("for four features of twenty clips", (draws[0],)),
        Case("for other features", (draws[1],)),
    ]


def _values(features: Tensor, centre: bool = True) -> Tensor:
    x = (features - features.mean(0) if centre else features).double()
    return torch.linalg.eigvalsh(x.T @ x / len(x)).clamp_min(0)


def _rank(values: Tensor) -> float:
    share = values / values.sum()
    return float(torch.special.entr(share).sum().exp())


def _no_exp(features: Tensor) -> float:
    share = _values(features) / _values(features).sum()
    return float(torch.special.entr(share).sum())


def _participation(features: Tensor) -> float:
    values = _values(features)
    return float(values.sum() ** 2 / values.square().sum())


EXERCISE = Exercise(
    name="effective_rank",
    notebook="06_asymmetric_pretraining",
    reference=effective_rank,
    cases=_cases,
    mistakes=(
        (
            "The mean is not subtracted: then the mean itself is counted as a direction.",
            lambda x: _rank(_values(x, centre=False)),
        ),
        ("This is the entropy; its exponential is the number of directions.", _no_exp),
        (
            "These are the singular values of the features; the eigenvalues of the covariance are their "
            "squares.",
            lambda x: _rank(_values(x).sqrt()),
        ),
        (
            "This is the number of eigenvalues above 0, whatever their size.",
            lambda x: float(torch.linalg.matrix_rank(x - x.mean(0))),
        ),
        ("This is (Σ λ)² / Σ λ², another measure of dimension; asked is exp of the entropy.", _participation),
        (
            "The logarithm is to the base 2, but the exponential to the base e.",
            lambda x: float(torch.tensor(_no_exp(x) / 0.6931471805599453).exp()),
        ),
        ("It is the share of the largest eigenvalue.", lambda x: float(_values(x).max() / _values(x).sum())),
    ),
    hints=(
        "Subtract the mean of each feature. The covariance is xᵀ x / N, [D, D].",
        "`torch.linalg.eigvalsh` are its eigenvalues λ; the shares are p = λ / Σ λ.",
        "exp(−Σ p log p); `torch.special.entr(p)` is −p log p, also at 0.",
    ),
    tolerance=1e-3,
)
