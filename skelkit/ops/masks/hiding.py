"""Apply a mask to a batch: set hidden parts to zero, or interpolate linearly across them."""

from __future__ import annotations

import torch
from torch import Tensor

from .. import motion
from .sampling import TUPLE


def hide(x: Tensor, joints: Tensor | None = None, frames: Tensor | None = None) -> Tensor:
    """x [N, C, T, V, M] with hidden joints and hidden frames set to zero.

    Args:
        joints: bool [N, V] or [N, T, V].
        frames: bool [N, T].

    Raises:
        ValueError: a mask of frames with another number of frames, such as a mask of tuples.
    """
    if frames is not None and frames.shape[1] != x.shape[2]:
        raise ValueError(
            f"{frames.shape[1]} hidden frames for {x.shape[2]} frames; "
            f"spread a mask of tuples over its frames: mask.repeat_interleave({TUPLE}, 1)"
        )
    if joints is not None:
        joints = joints[:, None] if joints.ndim == 2 else joints  # [N, 1 or T, V]
        x = x.masked_fill(joints[:, None, :, :, None], 0)
    return x if frames is None else x.masked_fill(frames[:, None, :, None, None], 0)


def interpolate_frames(x: Tensor, frames: Tensor) -> Tensor:
    """x [N, C, T, V, M] with hidden frames (bool [N, T]) linearly interpolated between the visible ones.

    Before the first and after the last visible frame, that frame is repeated.

    Raises:
        ValueError: all frames of a clip are hidden.

    >>> x = torch.arange(1.0, 6.0).reshape(1, 1, 5, 1, 1)
    >>> interpolate_frames(x, torch.tensor([[True, False, True, False, True]])).flatten().tolist()
    [2.0, 2.0, 3.0, 4.0, 4.0]
    """
    visible, count = ~frames, (~frames).sum(1)
    if not count.all():
        raise ValueError(
            f"clip {int(count.argmin())}: all {x.shape[2]} frames are hidden; "
            "interpolation needs a visible one"
        )
    time = torch.arange(x.shape[2], device=x.device).expand_as(frames)
    before = time.masked_fill(frames, -1).cummax(1).values  # last visible frame up to here
    after = time.masked_fill(frames, x.shape[2]).flip(1).cummin(1).values.flip(1)  # next visible frame
    rank = visible.cumsum(1) - 1  # of `before` among the visible frames
    inside = (before >= 0) & (after < x.shape[2]) & frames
    positions = rank + torch.where(inside, (time - before) / (after - before).clamp_min(1), 0)
    poses, starts = motion.to_frames(x)[visible], torch.cat([count.new_zeros(1), count.cumsum(0)])
    return motion.to_batch(motion.resample(poses, starts, positions))
