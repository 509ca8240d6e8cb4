"""The persons of a batch one by one, as every encoder reads them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..ops import motion


class Tracks(NamedTuple):
    """P tracks: one person in one clip, for all persons of a batch who are present in any frame."""

    poses: Tensor
    """[P, C, T, V]"""
    clip: Tensor
    """Long[P], index of the clip."""
    person: Tensor
    """Long[P], index of the person within the clip."""
    present: Tensor
    """bool[P, T], frames in which the person is present."""


def tracks(x: Tensor) -> Tracks:
    """The tracks of clips x [N, C, T, V, M]; absent persons cost nothing from here on.

    The host waits for the device once, to know how many there are.

    Raises:
        ValueError: x does not have 5 axes.
    """
    present = motion.presence(motion.to_frames(x)).transpose(1, 2)  # [N, M, T]
    clip, person = present.any(2).nonzero(as_tuple=True)
    return Tracks(x.permute(0, 4, 1, 2, 3)[clip, person], clip, person, present[clip, person])


def persons_per_clip(clip: Tensor, clips: int) -> Tensor:
    """Number of tracks of each clip, Long[clips], of their clips Long[P].

    `torch.bincount` makes the host wait for a GPU, even with `minlength`.

    >>> persons_per_clip(torch.tensor([0, 0, 2]), 4).tolist()
    [2, 0, 1, 0]
    """
    return clip.new_zeros(clips).index_add_(0, clip, torch.ones_like(clip))
