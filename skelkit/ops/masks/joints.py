"""Masks of joints: uniform, by degree, and by inverse degree."""

from __future__ import annotations

import torch
from torch import Tensor

from ...skeletons.skeleton import Skeleton
from ...utils.random import uniform
from ..motion import check_batch
from .sampling import draw_weighted, hidden_count


def random_joints(
    x: Tensor, skeleton: Skeleton, ratio: float = 0.3, generator: torch.Generator | None = None
) -> Tensor:
    """round(ratio V) distinct joints a clip, all equally likely. bool [N, V]."""
    return _draw_joints(torch.ones(len(skeleton)), x, skeleton, ratio, generator)


def degree_joints(
    x: Tensor, skeleton: Skeleton, ratio: float = 0.3, generator: torch.Generator | None = None
) -> Tensor:
    """round(ratio V) distinct joints a clip, drawn one after the other with weights proportional to degree. bool [N, V].

    (ASMa's f: joints of high degree, near the trunk, are hidden more often.)
    """
    return _draw_joints(skeleton.degrees, x, skeleton, ratio, generator)


def inverse_degree_joints(
    x: Tensor, skeleton: Skeleton, ratio: float = 0.3, generator: torch.Generator | None = None
) -> Tensor:
    """round(ratio V) distinct joints a clip, weights proportional to 1 / degree. bool [N, V]. (ASMa's g: hands, feet, head.)"""
    return _draw_joints(1 / skeleton.degrees, x, skeleton, ratio, generator)


def degree_draws(
    x: Tensor, skeleton: Skeleton, draws: int = 8, generator: torch.Generator | None = None
) -> Tensor:
    """`draws` draws *with repetition*, weights proportional to degree: at most `draws` distinct joints a clip. bool [N, V].

    (PSTL's central spatial mask, 8 draws.) How many joints are hidden differs from clip to clip; the probabilities sum
    to the mean number.
    """
    if not isinstance(draws, int) or draws < 1:
        raise ValueError(f"draws={draws!r}: expected a whole number, at least 1")
    weights = skeleton.degrees.to(x.device, torch.float32).expand(len(check_batch(x, skeleton)), -1)
    chosen = uniform((len(x), draws), x.device, generator)
    joints = torch.searchsorted(
        weights.cumsum(1), chosen * weights.sum(1, keepdim=True), right=True
    ).clamp_max(len(skeleton) - 1)
    return torch.zeros(len(x), len(skeleton), dtype=torch.bool, device=x.device).scatter_(1, joints, True)


def _joint_probability(weigh):
    def probability(skeleton: Skeleton, ratio: float = 0.3) -> Tensor:
        """Probability that each joint is hidden, [V]; they sum to the number of hidden joints."""
        return inclusion(weigh(skeleton), hidden_count(ratio, len(skeleton), "joints"))

    return probability


random_joints.probability = _joint_probability(lambda skeleton: torch.ones(len(skeleton)))

degree_joints.probability = _joint_probability(lambda skeleton: skeleton.degrees)

inverse_degree_joints.probability = _joint_probability(lambda skeleton: 1 / skeleton.degrees)

degree_draws.probability = lambda skeleton, draws=8: (
    1 - (1 - skeleton.degrees / skeleton.degrees.sum()) ** draws
)


def inclusion(weights: Tensor, count: int) -> Tensor:
    """Probability that each item is among `count` drawn one after the other, without repetition, by weight. [V] -> [V].

    Give each item an alarm clock that rings at a time Exp(weight): the draw is the first `count` to ring. So item j is
    in if fewer than `count` others ring before it does; that is integrated over its own ring time, with the number of
    others that rang by then found exactly (a sum of independent yes-or-no events).

    >>> inclusion(torch.tensor([1.0, 1.0, 2.0]), 1).tolist()
    [0.25, 0.25, 0.5]
    """
    weights = weights.double() / weights.double().mean()
    items = len(weights)
    if count >= items or count < 1:
        return torch.full((items,), float(count > 0))
    nodes, share = _gauss_legendre(400)
    slowest = weights.min()
    times = -torch.log1p(-nodes) / slowest  # node = 1 - exp(-slowest * time)
    density = (
        weights[:, None] * torch.exp(-(weights[:, None] - slowest) * times) / slowest * share
    )  # [V, Q], of own ring
    rang = 1 - torch.exp(-weights[:, None] * times)  # [V, Q]
    ways = times.new_zeros(items, count, len(times))  # [item, number of others that rang, Q]
    ways[:, 0] = 1
    for other in range(items):
        chance = rang[other].expand(items, 1, -1).clone()
        chance[other] = 0  # an item is no other to itself
        ways = ways * (1 - chance) + torch.nn.functional.pad(ways[:, :-1], (0, 0, 1, 0)) * chance
    return (density * ways.sum(1)).sum(1).float()


def _draw_joints(
    weights: Tensor, x: Tensor, skeleton: Skeleton, ratio: float, generator: torch.Generator | None
) -> Tensor:
    weights = weights.to(x.device, torch.float32).expand(len(check_batch(x, skeleton)), -1)
    return draw_weighted(weights, hidden_count(ratio, len(skeleton), "joints"), generator)


def _gauss_legendre(count: int) -> tuple[Tensor, Tensor]:
    """Nodes and weights on [0, 1]: eigenvalues of the Legendre recurrence (Golub and Welsch, 1969)."""
    k = torch.arange(1, count, dtype=torch.float64)
    off = k / (4 * k**2 - 1).sqrt()
    values, vectors = torch.linalg.eigh(torch.diag(off, 1) + torch.diag(off, -1))
    return (values + 1) / 2, vectors[0] ** 2
