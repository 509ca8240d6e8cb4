"""Counts from ratios, and weighted sampling without replacement."""

from __future__ import annotations

import torch
from torch import Tensor

from ...utils.random import uniform
from ..motion import check_batch

TUPLE = 6
"""Frames in a tuple (CHARON, network section)."""


def check_ratio(ratio: float) -> float:
    if not 0 <= ratio <= 1:
        raise ValueError(f"ratio={ratio}: the share to hide lies between 0 and 1")
    return ratio


def hidden_count(ratio: float, of: int, what: str) -> int:
    count = round(check_ratio(ratio) * of)
    if count >= of:
        raise ValueError(
            f"ratio={ratio} hides all {of} {what}; an encoder needs at least one, choose a smaller ratio"
        )
    return count


def tuple_count(x: Tensor, size: int) -> int:
    if check_batch(x).shape[2] % size:
        raise ValueError(
            f"{x.shape[2]} frames are not a whole number of tuples of {size}; resize the clips to a multiple of {size}"
        )
    return x.shape[2] // size


def draw_weighted(weights: Tensor, count: int, generator: torch.Generator | None) -> Tensor:
    """`count` distinct items a row, drawn one after the other by weight: the first alarm clocks to ring. [N, K] -> bool [N, K]."""
    rings = (
        -torch.log1p(-uniform(weights.shape, weights.device, generator)) / weights
    )  # weight inf rings at 0
    return mark_top(-rings, count)


def mark_top(scores: Tensor, count: int, lowest: bool = False) -> Tensor:
    """Mark the `count` largest (or lowest) of each row. [N, K] -> bool [N, K].

    Equal scores rank by place, so that the lowest and the largest share nothing even where all are equal.
    """
    order = scores.argsort(dim=1, stable=True)
    chosen = order[:, :count] if lowest else order[:, scores.shape[1] - count :]
    return torch.zeros_like(scores, dtype=torch.bool).scatter_(1, chosen, True)
