"""Reservoir sampling by keys, and the byte budget of a replay memory.

Each clip that is offered gets one random key in [0, 1); the memory keeps the clips with the
smallest keys, as many as fit. With clips of one size this is a uniform reservoir (same law as algorithm R,
Vitter 1985). With clips of one and two persons, clips are kept in order of key while a largest clip still
fits, whatever the size of the next: a clip's size does not influence whether it is kept. The choice depends
only on the set of (clip, key) pairs, not on the order or the batches in which they arrive.
"""

from __future__ import annotations

import re

import torch
from torch import Tensor


def smallest_keys(key: Tensor, size: Tensor, limit: int) -> Tensor:
    """Whether the items before each one in order of key have at most `limit` in total size, bool[N].

    More items never bring back one that was dropped, so a stream may be thinned as it arrives and the outcome
    is the same.

    Args:
        key: [N], all different; size: Long[N], at least 1.
    """
    order = key.argsort()
    size = size[order]
    return torch.empty_like(order, dtype=torch.bool).scatter_(0, order, size.cumsum(0) - size <= limit)


def budget_bytes(budget: int | str, frames: int, joints: int, persons: int = 2, slot_bytes: int = 0) -> int:
    """Bytes of a budget.

    Args:
        budget: bytes; "500 clips", uncompressed, in float32 with all persons; or "500 slots" of `slot_bytes`
            each.

    Raises:
        ValueError: none of the three.

    >>> budget_bytes("500 clips", frames=120, joints=25)
    36000000
    """
    if isinstance(budget, str) and (match := re.fullmatch(r"\s*(\d+)\s+(clip|slot)s?\s*", budget)):
        return int(match[1]) * (slot_bytes if match[2] == "slot" else frames * joints * 3 * 4 * persons)
    if isinstance(budget, bool) or not isinstance(budget, int) or budget < 0:
        raise ValueError(
            f"a memory of {budget!r}: expected a whole number of bytes (65536), "
            "'500 clips' (the bytes of so many, uncompressed) or "
            "'500 slots' (each holds one person of one clip, compressed)"
        )
    return budget
