"""Masks of tuples: several frames in a row, hidden together."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...skeletons.skeleton import Skeleton
from .mask import Mask
from .sampling import TUPLE, check_ratio, draw_weighted, tuple_count


@dataclass(frozen=True)
class RandomTuples(Mask):
    """Tuples of `size` frames, all equally likely; `kept_tuples` stay visible. bool [N, T'], T' = T / size.

    (CHARON, masked training.) Differs from the authors: they keep int(T' (1 - ratio)) tuples, which loses one
    to rounding at some ratios (0.9 of 20 keeps 1).

    Args:
        ratio: share of the tuples to hide.
        size: frames per tuple; T must be a multiple of it.
    """

    hides = "tuples"

    ratio: float = 0.3
    size: int = TUPLE

    def __call__(
        self, x: Tensor, skeleton: Skeleton | None = None, generator: torch.Generator | None = None
    ) -> Tensor:
        count = tuple_count(x, self.size)
        return draw_weighted(x.new_ones(len(x), count), count - kept_tuples(count, self.ratio), generator)

    def probability(self, x: Tensor, skeleton: Skeleton | None = None) -> Tensor:
        count = tuple_count(x, self.size)
        return x.new_full((len(x), count), 1 - kept_tuples(count, self.ratio) / count)


def random_tuples(
    x: Tensor,
    skeleton: Skeleton | None = None,
    ratio: float = 0.3,
    generator: torch.Generator | None = None,
    size: int = TUPLE,
) -> Tensor:
    """`RandomTuples` as a function. bool [N, T']."""
    return RandomTuples(ratio, size)(x, skeleton, generator)


def kept_tuples(tuples: int, ratio: float) -> int:
    """Number of visible tuples at a mask ratio: round(tuples (1 - ratio)), at least one.

    Raises:
        ValueError: a ratio outside [0, 1].

    >>> kept_tuples(20, 0.9), kept_tuples(20, 1.0)
    (2, 1)
    """
    return max(1, round(tuples * (1 - check_ratio(ratio))))
