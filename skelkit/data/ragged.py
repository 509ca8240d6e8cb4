"""Ragged storage: the frames of clips of different lengths, one clip after another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ..utils.device import to_device

Index = int | slice | Sequence[int] | np.ndarray | Tensor
"""Clip positions: an int, a list, a slice, an index tensor or a bool mask."""


def concatenate(clips: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Poses [F, M, V, C] and starts Long[N + 1] of clips [T, M, V, C]; M is the largest of the clips."""
    starts = starts_of(torch.tensor([len(clip) for clip in clips]))
    poses = torch.zeros(int(starts[-1]), max(clip.shape[1] for clip in clips), *clips[0].shape[2:])
    for clip, start in zip(clips, starts.tolist(), strict=False):
        poses[start : start + len(clip), : clip.shape[1]] = clip
    return poses, starts


def starts_of(lengths: Tensor) -> Tensor:
    """First frame of each clip, and the total number of frames: Long[N] -> Long[N + 1]."""
    return torch.cat([lengths.new_zeros(1), lengths.cumsum(0)])


def select_rows(starts: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
    """Frames of the clips at `positions` [n], in that order, Long[f]; and the new starts, Long[n + 1]."""
    lengths = starts.diff()[positions]
    selected = starts_of(lengths)
    within = torch.arange(int(selected[-1]), device=starts.device) - selected[:-1].repeat_interleave(lengths)
    return starts[positions].repeat_interleave(lengths) + within, selected


def to_positions(index: Index, count: int, device: torch.device) -> Tensor:
    """Clip positions, Long[n], of any kind of index into `count` clips. Raises IndexError beyond them.

    Positions that are on a GPU already are checked by the GPU when they are used: here the host would wait.
    """
    every = torch.arange(count, device=device)
    if isinstance(index, slice):
        return every[index]
    given = torch.as_tensor(index)
    given = (given if given.numel() else given.long()).reshape(-1)  # an empty list gives a float tensor
    if given.dtype is torch.long and given.device.type == "cpu":
        beyond = given[(given >= count) | (given < -count)]
        if len(beyond):
            raise IndexError(
                f"clip {int(beyond[0])} was asked for; there are {count} clips, 0 to {count - 1}"
            )
    return every[to_device(given, device)].reshape(-1)
