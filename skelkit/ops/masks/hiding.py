"""Apply a mask to a batch: set to zero, or replace by straight lines."""

from __future__ import annotations

import torch
from torch import Tensor

from .. import motion
from .sampling import TUPLE


def hide(x: Tensor, joints: Tensor | None = None, frames: Tensor | None = None) -> Tensor:
    """x with hidden joints (bool [N, V] or [N, T, V]) and frames (bool [N, T]) set to zero."""
    if frames is not None and frames.shape[1] != x.shape[2]:
        raise ValueError(
            f"{frames.shape[1]} hidden frames for {x.shape[2]} frames; spread a mask of tuples over its frames: mask.repeat_interleave({TUPLE}, 1)"
        )
    if joints is not None:
        joints = joints[:, None] if joints.ndim == 2 else joints  # [N, 1 or T, V]
        x = x.masked_fill(joints[:, None, :, :, None], 0)
    return x if frames is None else x.masked_fill(frames[:, None, :, None, None], 0)


def straight_lines(x: Tensor, frames: Tensor) -> Tensor:
    """Hidden frames (bool [N, T]) drawn as straight lines between those that stay; before the first and after the last, held.

    Raises:
        ValueError: a clip of which no frame stays.

    >>> x = torch.arange(1.0, 6.0).reshape(1, 1, 5, 1, 1)
    >>> straight_lines(x, torch.tensor([[True, False, True, False, True]])).flatten().tolist()
    [2.0, 2.0, 3.0, 4.0, 4.0]
    """
    stay, count = ~frames, (~frames).sum(1)
    if not count.all():
        raise ValueError(
            f"clip {int(count.argmin())}: all {x.shape[2]} frames are hidden; a straight line needs one that stays"
        )
    time = torch.arange(x.shape[2], device=x.device).expand_as(frames)
    before = time.masked_fill(frames, -1).cummax(1).values  # the last frame that stays, up to here
    after = time.masked_fill(frames, x.shape[2]).flip(1).cummin(1).values.flip(1)
    rank = stay.cumsum(1) - 1  # of `before` among those that stay
    inside = (before >= 0) & (after < x.shape[2]) & frames
    positions = rank + torch.where(inside, (time - before) / (after - before).clamp_min(1), 0)
    poses, starts = motion.to_frames(x)[stay], torch.cat([count.new_zeros(1), count.cumsum(0)])
    return motion.to_batch(motion.resample(poses, starts, positions))
