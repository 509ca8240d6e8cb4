"""Inclusion probabilities of weighted sampling without replacement."""

from __future__ import annotations

import torch
from torch import Tensor


def inclusion(weights: Tensor, count: int) -> Tensor:
    """Probability that each item is among `count` items drawn one after another by weight.

    [V] -> float32 [V].

    Let item i arrive at a random time with density w_i exp(-w_i t); the first `count` arrivals are the
    sample. Item j is in the sample if fewer than `count` others arrive before it. That probability is
    integrated over the quantiles of the arrival time of j; the number of others that have arrived by then is
    a sum of independent Bernoulli variables, whose distribution is computed exactly.

    >>> inclusion(torch.tensor([1.0, 1.0, 2.0]), 1).tolist()
    [0.25, 0.25, 0.5]
    """
    weights = weights.double() / weights.double().mean()
    items = len(weights)
    if count >= items or count < 1:
        return torch.full((items,), float(count > 0))
    nodes, share = _gauss_legendre(400)
    times = -torch.log1p(-nodes) / weights[:, None]  # [V, Q]: quantiles of each item's arrival time
    ways = times.new_zeros(items, count, len(nodes))  # [item, number of others that have arrived, Q]
    ways[:, 0] = 1
    for other in range(items):
        chance = (1 - torch.exp(-weights[other] * times))[
            :, None
        ].clone()  # that `other` has arrived, [V, 1, Q]
        chance[other] = 0  # an item does not count itself
        ways = ways * (1 - chance) + torch.nn.functional.pad(ways[:, :-1], (0, 0, 1, 0)) * chance
    return (share * ways.sum(1)).sum(1).float()


def _gauss_legendre(count: int) -> tuple[Tensor, Tensor]:
    """Nodes and weights on [0, 1]: eigenvalues of the Legendre recurrence (Golub and Welsch, 1969)."""
    k = torch.arange(1, count, dtype=torch.float64)
    off = k / (4 * k**2 - 1).sqrt()
    values, vectors = torch.linalg.eigh(torch.diag(off, 1) + torch.diag(off, -1))
    return (values + 1) / 2, vectors[0] ** 2
