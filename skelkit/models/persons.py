"""The persons of a batch one by one, as every encoder reads them."""

from __future__ import annotations

from typing import NamedTuple

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

    Raises:
        ValueError: x does not have 5 axes.
    """
    present = motion.presence(motion.to_frames(x)).transpose(1, 2)  # [N, M, T]
    clip, person = present.any(2).nonzero(as_tuple=True)
    return Tracks(x.permute(0, 4, 1, 2, 3)[clip, person], clip, person, present[clip, person])
