"""Counts from ratios, and weighted sampling without replacement."""

from __future__ import annotations

import torch
from torch import Tensor

from ...utils.random import uniform
from ..motion import check_batch

TUPLE = 6
"""Frames in a tuple (CHARON, network section)."""


def check_ratio(ratio: float) -> float:
    """The ratio itself. Raises ValueError unless it is between 0 and 1."""
    if not 0 <= ratio <= 1:
        raise ValueError(f"ratio={ratio}: the share to hide must be between 0 and 1")
    return ratio


def hidden_count(ratio: float, of: int, what: str) -> int:
    """round(ratio * of), the number of items to hide.

    Raises:
        ValueError: a ratio outside [0, 1], or one that hides all items; names them by `what`.
    """
    count = round(check_ratio(ratio) * of)
    if count >= of:
        raise ValueError(
            f"ratio={ratio} hides all {of} {what}; an encoder needs at least one, choose a smaller ratio"
        )
    return count


def tuple_count(x: Tensor, size: int) -> int:
    """T' = T / size, the number of tuples in clips x [N, C, T, V, M].

    Raises:
        ValueError: T is not a multiple of `size`.
    """
    frames = check_batch(x).shape[2]
    if frames % size:
        raise ValueError(
            f"{frames} frames are not a whole number of tuples of {size}; "
            f"resize the clips to a multiple of {size}"
        )
    return frames // size


def draw_weighted(weights: Tensor, count: int, generator: torch.Generator | None) -> Tensor:
    """Draw `count` distinct items of each row, one after another in proportion to their weights.

    Equivalent to exponential arrival times with rate `weights`, of which the first `count` are drawn. Items
    of infinite weight arrive at time 0. [N, K] -> bool [N, K].

    Raises:
        ValueError: no generator.
    """
    arrival = -torch.log1p(-uniform(weights.shape, weights.device, generator)) / weights
    return mark_top(-arrival, count)


def mark_top(scores: Tensor, count: int, lowest: bool = False) -> Tensor:
    """Mark the `count` largest (or lowest) scores of each row. [N, K] -> bool [N, K].

    Equal scores are ranked by position, so that the lowest and the largest are disjoint even if all are
    equal.
    """
    order = scores.argsort(dim=1, stable=True)
    chosen = order[:, :count] if lowest else order[:, scores.shape[1] - count :]
    return torch.zeros_like(scores, dtype=torch.bool).scatter_(1, chosen, True)
