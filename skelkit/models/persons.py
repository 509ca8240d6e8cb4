"""The persons of a batch one by one: what every encoder reads."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from ..ops import motion


class Tracks(NamedTuple):
    """The persons of a batch who are there at all, one row each."""

    poses: Tensor
    """[P, C, T, V]"""
    clip: Tensor
    """Long[P], the clip each belongs to."""
    person: Tensor
    """Long[P], which of its persons they are."""
    present: Tensor
    """bool[P, T], the frames each is in."""


def tracks(x: Tensor) -> Tracks:
    """Batch [N, C, T, V, M] -> the P <= N M persons who are in any frame; the others cost nothing from here on."""
    there = motion.presence(motion.to_frames(x)).transpose(1, 2)  # [N, M, T]
    clip, person = there.any(2).nonzero(as_tuple=True)
    return Tracks(x.permute(0, 4, 1, 2, 3)[clip, person], clip, person, there[clip, person])
