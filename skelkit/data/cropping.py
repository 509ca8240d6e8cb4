"""Temporal crops and resizing: which part of each clip a batch shows, and at which positions."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

from ..ops import motion
from ..utils.device import to_device

Crop = float | tuple[float, float] | None
"""A number: the central share of a clip; a pair: the range of a random share; None: the whole clip."""

Resize = Literal["endpoints", "half_pixel"]
"""See `positions`."""

SHORTEST = 64
"""Frames of the shortest random crop of a clip that has them."""


def positions(
    length: Tensor, crop: Crop, frames: int, resize: Resize, generator: torch.Generator | None
) -> Tensor:
    """Positions in each clip from which a batch is interpolated, in frames, float64 [N, frames].

    Args:
        length: frames of each clip, Long[N].
        crop: see `ClipSet.batch`.
        frames: T.
        resize: "endpoints" spreads the positions evenly from the first to the last frame of the crop.
            "half_pixel" crops at whole frames and divides the crop into T equal parts, whose middles are the
            positions, as CHARON's code does (`torch.nn.functional.interpolate` with align_corners=False).
        generator: for a random crop.

    Raises:
        ValueError: a share outside (0, 1], another resize, or a random crop without a generator.
    """
    if resize not in get_args(Resize):
        raise ValueError(f"resize={resize!r}: expected 'endpoints' or 'half_pixel'")
    if resize == "endpoints":
        return motion.spread(*bounds(length, crop, generator), frames)
    first, count = (v[:, None] for v in whole_frames(length, crop, generator))
    middle = (torch.arange(frames, device=length.device) + 0.5) * (count / frames) - 0.5
    return first + middle.clamp_min(0).minimum(count - 1)


def whole_frames(length: Tensor, crop: Crop, generator: torch.Generator | None) -> tuple[Tensor, Tensor]:
    """First frame and number of frames of the crop of each clip, whole numbers, float64 [N] each.

    (CHARON's code.) Arguments and errors as in `positions`.
    """
    whole = length.double()
    if crop is None:
        return torch.zeros_like(whole), whole
    low, high, draws = _checked(crop, length, generator)
    if draws is None:
        margin = (whole * (1 - low) / 2).floor()
        return margin, whole - 2 * margin
    share, place = draws
    count = (whole * (low + (high - low) * share)).floor().maximum(whole.clamp_max(SHORTEST))
    return (place * (whole - count + 1)).floor(), count


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
    low, high, draws = _checked(crop, length, generator)
    if draws is None:
        margin = whole * (1 - low) / 2
        return margin, whole - margin
    share, place = draws
    shortest = whole.clamp_max(SHORTEST - 1)  # 64 frames span 63 intervals
    span = (whole * (low + (high - low) * share)).maximum(shortest)
    first = (whole - span) * place
    return first, first + span


def _checked(
    crop: float | tuple[float, float], length: Tensor, generator: torch.Generator | None
) -> tuple[float, float, Tensor | None]:
    """Smallest and largest share of a clip; for a random crop also two draws for each, U[0, 1] [2, N]."""
    if isinstance(crop, (int, float)):
        if not 0 < crop <= 1:
            raise ValueError(f"crop={crop}: the central share of a clip to keep lies in (0, 1]")
        return crop, crop, None
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
    return low, high, to_device(draws, length.device)
