"""Notebook 06, its equations: Barlow Twins and what it prevents, effective rank, cross-attention."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from .. import study
from ..selfsup import Downstream, barlow_twins, effective_rank
from ..selfsup.checks import LEAST_RANK
from ..selfsup.objectives.barlow_twins import cross_correlation

Twins = Callable[[Tensor, Tensor, float], Tensor]
"""(view a [N, D], view b, redundancy) -> scalar."""

FOUR = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
"""Two features of four clips, uncorrelated, with mean 0 and standard deviation 1."""

OF_TWO = ("1 or −1", "near 0", "1", "not defined")
"""Possible correlations in a batch of two clips; the first is right."""


def check_twins(twins: Twins) -> None:
    """Claim that a loss is that of the library, and work it out for two features of four clips."""
    generator, worst = torch.Generator().manual_seed(0), 0.0
    for clips, features in ((8, 3), (64, 16)):
        a, b = torch.randn(2, clips, features, generator=generator)
        for weight in (0.0, 0.004, 1.0):
            expected = float(barlow_twins(a, a + b, weight))
            worst = max(worst, abs(float(twins(a, a + b, weight)) - expected) / (1 + expected))
    study.claim(
        f"These lines are the loss of the library; the largest relative difference is {worst:.1g}.",
        worst < 1e-3,
    )
    wrong = FOUR.clone()
    wrong[3, 1] = 1.0  # one clip, in which the views disagree about the second feature
    c = [[round(v, 2) + 0.0 for v in row] for row in cross_correlation(FOUR, wrong).tolist()]
    loss, repeated = float(twins(FOUR, wrong, 0.1)), FOUR[:, [0, 0]]
    study.claim(
        "Worked out, λ = 0.1: two features of four clips are (1, 1, −1, −1) and (1, −1, 1, −1) in one view; "
        f"in the other, the second is (1, −1, 1, 1). C = ({c[0][0]}, {c[0][1]}; {c[1][0]}, {c[1][1]}), so "
        f"the loss is (1 − 0.58)² + 0.1 · 0.58² = {loss:.2f}. Were the second feature a copy of the first, "
        f"all of C would be 1: 0 + 0.1 · 2 = {float(twins(repeated, repeated, 0.1)):.2f}.",
        abs(loss - ((1 - 1 / math.sqrt(3)) ** 2 + 0.1 / 3)) < 1e-3
        and abs(float(twins(repeated, repeated, 0.1)) - 0.2) < 1e-3,
    )


def check_rank() -> None:
    """Claim the effective rank of features whose covariance has the eigenvalues 9 and 1."""
    features = FOUR * torch.tensor([3.0, 1.0])
    share = torch.tensor([0.9, 0.1], dtype=torch.float64)
    expected = float(torch.exp(-(share * share.log()).sum()))
    study.claim(
        "Two uncorrelated features with the variances 9 and 1: p = (0.9, 0.1), and the effective rank is "
        f"exp(0.095 + 0.230) = {effective_rank(features):.2f}. With equal variances it is "
        f"{effective_rank(FOUR):.2f}.",
        abs(effective_rank(features) - expected) < 1e-3 and abs(effective_rank(FOUR) - 2) < 1e-3,
    )


def compare_ranks(without: float, with_: float, clips: int) -> None:
    """Compare the effective rank of the projector's features without and with the redundancy term.

    Args:
        without, with_: of the two trainings.
        clips: on which they were measured; the rank is at most one less.
    """
    values = (
        f"of at most {clips - 1}, the projector's features use {without:.1f} directions without the "
        f"redundancy term, {with_:.1f} with it (one seed)"
    )
    few = f"; fewer than {LEAST_RANK:.0f} directions tell few classes apart" if with_ < LEAST_RANK else ""
    study.finding(
        without < 0.7 * with_,
        f"Without the term the features collapse: {values}{few}.",
        f"The term has not spread the features in this training: {values}{few}.",
    )


@torch.no_grad()
def check_attention(
    attend: Callable[[Tensor, Tensor, nn.MultiheadAttention], Tensor], network: Downstream, x: Tensor
) -> None:
    """Claim that an attention is that of the trained alignment module, and that of one token is linear.

    Args:
        attend: (tokens of one encoder [N, S, D], tokens of the other, weights) -> [N, S, D].
        network: with an alignment module.
        x: clips [N, 3, T, V, M].
    """
    assert network.alignment is not None
    f, g = network.eval().tokens(x)[:2]
    attention = next(m for m in network.alignment.modules() if isinstance(m, nn.MultiheadAttention))
    ours, (expected, _) = attend(f, g, attention), attention(f, g, g, need_weights=False)
    apart = float((ours - expected).abs().max() / expected.abs().max().clamp_min(1e-9))
    study.claim(
        f"Written out, the attention of f to the {g.shape[1]} tokens of g is that of the module: the largest "
        f"relative difference is {apart:.1g}.",
        apart < 1e-3,
    )
    one = g[:, :1]
    moved = float((attend(f, one, attention) - attend(f.flip(0) + 1, one, attention)).abs().max())
    study.claim(
        "With a single token of g the softmax is 1 whatever f asks: with other tokens of f the answer moves "
        f"by {moved:.1g}.",
        moved < 1e-4 * float(expected.abs().max().clamp_min(1)),
    )


def check_batch_of_two(seed: int) -> None:
    """Claim that in a batch of two clips every correlation is 1 or -1."""
    a, b = torch.rand(2, 2, 6, generator=torch.Generator().manual_seed(seed))
    sizes = cross_correlation(100 * a, 100 * b).abs()
    study.claim(
        f"Of two clips, a standardised feature is +1 and −1. All {sizes.numel()} correlations of six random "
        f"features have size 1; the smallest is {float(sizes.min()):.3f}.",
        float(sizes.min()) > 0.99,
    )
