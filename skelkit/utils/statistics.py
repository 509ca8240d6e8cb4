"""The median as statistics defines it."""

from __future__ import annotations

from torch import Tensor


def median(values: Tensor, dim: int = 0) -> Tensor:
    """Median over an axis, float: the middle value, or the mean of the two middle ones.

    Differs from `torch.median`, which takes the lower of the two.

    >>> import torch
    >>> float(median(torch.tensor([4, 1, 3, 2]))), float(median(torch.tensor([5, 1, 3])))
    (2.5, 3.0)
    """
    ordered = values.sort(dim).values
    size = values.shape[dim]
    low, high = (ordered.select(dim, place) for place in ((size - 1) // 2, size // 2))
    return (low + high) / 2
