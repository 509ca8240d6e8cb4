"""Barlow Twins loss. (Zbontar et al., 2021; PSTL and ASMa, loss.)"""

from __future__ import annotations

import torch
from torch import Tensor

from ...training.processes import gather_rows
from ...utils.precision import in_float32


@in_float32
def barlow_twins(a: Tensor, b: Tensor, redundancy: float = 2e-4) -> Tensor:
    """Barlow Twins loss of two views, [N, D], [N, D] -> scalar.

    sum_i (1 - C_ii)^2 + redundancy * sum_{i != j} C_ij^2, with C the cross-correlation of the views.

    Raises:
        ValueError: Fewer than two clips.

    >>> z = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    >>> barlow_twins(z, z).item() < 1e-6, round(barlow_twins(z, -z).item(), 3)
    (True, 8.0)
    """
    c = cross_correlation(a, b)
    diagonal = c.diagonal()  # taken once: two would add up gradients in another order, and bits would differ
    return invariance_loss(diagonal) + redundancy * redundancy_reduction_loss(c, diagonal)


def invariance_loss(diagonal: Tensor) -> Tensor:
    """sum_i (1 - C_ii)^2 of the diagonal [D] of a cross-correlation -> scalar: both views agree."""
    return (1 - diagonal).square().sum()


def redundancy_reduction_loss(c: Tensor, diagonal: Tensor) -> Tensor:
    """sum_{i != j} C_ij^2 of a cross-correlation [D, D] and its diagonal [D] -> scalar.

    Different features are uncorrelated; this keeps the encoder from mapping all clips to the same features.
    """
    return c.square().sum() - diagonal.square().sum()


@in_float32
def cross_correlation(a: Tensor, b: Tensor) -> Tensor:
    """Correlation over the batch of every feature of a with every feature of b. [N, D], [N, D] -> [D, D].

    With torch.distributed the batch is that of all processes together.

    Raises:
        ValueError: Fewer than two clips, over which no correlation is defined.
    """
    a, b = gather_rows(a), gather_rows(b)
    if len(a) < 2:
        raise ValueError(
            f"a batch of {len(a)}: Barlow Twins correlates features over the clips of a batch "
            "and needs at least 2; choose a larger batch"
        )
    return _standardised(a).T @ _standardised(b) / len(a)


def _standardised(z: Tensor, eps: float = 1e-5) -> Tensor:
    """Features with mean 0 and variance 1 over the batch, in float32. [N, D] -> [N, D]."""
    z = z.float()
    z = z - z.mean(0)
    return z * (z.square().mean(0) + eps).rsqrt()


def effective_rank(features: Tensor) -> float:
    """exp of the entropy of the covariance's normalised eigenvalues, [N, D] -> 1 to min(N - 1, D).

    A value of 1 (or nan, for constant features) means collapse: the features of all clips lie on one line (or
    are one point). (Roy and Vetterli, 2007.)

    >>> line = torch.arange(4.0)[:, None].expand(4, 3)
    >>> round(effective_rank(torch.eye(4)), 2), round(effective_rank(line), 2)
    (3.0, 1.0)
    """
    values = torch.linalg.svdvals((features - features.mean(0)).double()).square()
    share = values / values.sum()
    return float(torch.special.entr(share).sum().exp())
