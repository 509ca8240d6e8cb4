"""Temporal crops: which part of each clip a batch shows."""

from __future__ import annotations

import torch
from torch import Tensor

Crop = float | tuple[float, float] | None
"""A number: the central share of a clip; a pair: the range of a random share; None: the whole clip."""

_SHORTEST = 63  # 64 frames span 63 intervals


def bounds(length: Tensor, crop: Crop, generator: torch.Generator | None) -> tuple[Tensor, Tensor]:
    """First and last frame position of the crop of each clip, float64 [N] each.

    Args:
        length: frames of each clip, Long[N].
        crop: see `ClipSet.batch`.
        generator: for a random crop.

    Raises:
        ValueError: a share outside (0, 1], or a random crop without a generator.
    """
    whole = (length - 1).double()
    if crop is None:
        return torch.zeros_like(whole), whole
    if isinstance(crop, (int, float)):
        if not 0 < crop <= 1:
            raise ValueError(f"crop={crop}: the central share of a clip to keep lies in (0, 1]")
        margin = whole * (1 - crop) / 2
        return margin, whole - margin
    low, high = crop
    if not 0 < low <= high <= 1:
        raise ValueError(
            f"crop={crop}: a random share of a clip lies between two numbers in (0, 1], smaller first"
        )
    if generator is None:
        raise ValueError(
            "a random crop needs generator=torch.Generator(); the same seed draws the same crops"
        )
    draws = torch.rand(2, len(length), generator=generator, device=generator.device, dtype=torch.float64)
    share, place = draws.to(length.device)
    span = (whole * (low + (high - low) * share)).maximum(whole.clamp_max(_SHORTEST))
    first = (whole - span) * place
    return first, first + span
