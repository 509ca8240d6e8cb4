"""Variation of bone lengths within a clip."""

from __future__ import annotations

import torch
from torch import Tensor

from ..data.clips import ClipSet

SEGMENT = 4096
"""Frames that are measured at once, so that large sets need little memory."""


def length_variation(clips: ClipSet, persons: slice = slice(None)) -> tuple[Tensor, Tensor]:
    """Standard deviation of each bone's length over its mean, within one body of one clip.

    Args:
        clips: N clips with M persons.
        persons: person slots that are measured. Default: all.

    Returns:
        Variation, float64 [N, M, V - 1], bones in the order of `Skeleton.edges`; frames in which each
        person is present, float64 [N, M].
    """
    parent, child = (list(joints) for joints in zip(*clips.skeleton.edges, strict=True))
    clip = torch.arange(len(clips), device=clips.device).repeat_interleave(clips.lengths)
    present = clips.present[:, persons].double()  # [F, M]
    frames = present.new_zeros(len(clips), present.shape[1])
    total, squares = (frames.new_zeros(*frames.shape, len(parent)) for _ in range(2))
    for begin in range(0, len(clips.poses), SEGMENT):
        rows = slice(begin, begin + SEGMENT)
        poses = clips.poses[rows, persons].double()
        length = (poses[:, :, child] - poses[:, :, parent]).norm(dim=-1) * present[rows, :, None]
        frames.index_add_(0, clip[rows], present[rows])
        total.index_add_(0, clip[rows], length)
        squares.index_add_(0, clip[rows], length**2)
    count = frames.clamp_min(1)[..., None]
    mean = total / count
    deviation = (squares / count - mean**2).clamp_min(0).sqrt()
    return deviation / mean.clamp_min(1e-9), frames
