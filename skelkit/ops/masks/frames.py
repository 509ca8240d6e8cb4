"""Masks of frames and of tuples, and the motion by which frames are ranked."""

from __future__ import annotations

import torch
from torch import Tensor

from ...skeletons.skeleton import Skeleton
from .. import motion
from ..motion import check_batch
from .sampling import TUPLE, check_ratio, draw_weighted, hidden_count, mark_top, tuple_count


def random_frames(
    x: Tensor, skeleton: Skeleton | None = None, ratio: float = 0.3, generator: torch.Generator | None = None
) -> Tensor:
    """Frames at random, all equally likely: round(ratio T) distinct ones a clip. bool [N, T]."""
    weights = x.new_ones(len(check_batch(x)), x.shape[2])
    return draw_weighted(weights, hidden_count(ratio, x.shape[2], "frames"), generator)


def _random_frames_probability(x: Tensor, skeleton: Skeleton | None = None, ratio: float = 0.3) -> Tensor:
    """Probability that each frame is hidden, [N, T]."""
    return x.new_full(
        (len(check_batch(x)), x.shape[2]), hidden_count(ratio, x.shape[2], "frames") / x.shape[2]
    )


random_frames.probability = _random_frames_probability


def random_tuples(
    x: Tensor,
    skeleton: Skeleton | None = None,
    ratio: float = 0.3,
    generator: torch.Generator | None = None,
    size: int = TUPLE,
) -> Tensor:
    """Tuples of `size` frames at random; round(T' (1 - ratio)) of T' = T / size stay, at least one. bool [N, T'].

    (CHARON, masked training.) Differs from the authors: they keep int(T' (1 - ratio)), which loses one tuple to
    floating point at some ratios (0.9 of 20 keeps 1).

    Raises:
        ValueError: T is not a multiple of `size`.
    """
    tuples = tuple_count(x, size)
    return draw_weighted(x.new_ones(len(x), tuples), tuples - kept_tuples(tuples, ratio), generator)


def _random_tuples_probability(
    x: Tensor, skeleton: Skeleton | None = None, ratio: float = 0.3, size: int = TUPLE
) -> Tensor:
    """Probability that each tuple is hidden, [N, T']."""
    tuples = tuple_count(x, size)
    return x.new_full((len(x), tuples), 1 - kept_tuples(tuples, ratio) / tuples)


random_tuples.probability = _random_tuples_probability


def kept_tuples(tuples: int, ratio: float) -> int:
    """How many of `tuples` stay at a mask ratio.

    >>> kept_tuples(20, 0.9), kept_tuples(20, 1.0)
    (2, 1)
    """
    return max(1, round(tuples * (1 - check_ratio(ratio))))


def frame_motion(x: Tensor, fps: float = 30.0, cutoff: float | None = None) -> Tensor:
    """Mean squared frame difference over joints and the persons present, m^2; the last frame repeats the one before. [N, T].

    Args:
        cutoff: low-pass the clips at this frequency (Hz) first, so that sensor noise is not taken for motion.
        fps: frames per second of x, for `cutoff`.
    """
    there = motion.presence(motion.to_frames(check_batch(x)))  # [N, T, M]
    moving = torch.nn.functional.pad((there[:, 1:] & there[:, :-1]).sum(2), (0, 1)).clamp_min(
        1
    )  # [N, T], present here and in the next frame
    moved = motion.velocity(motion.low_pass(x, cutoff, fps)).square().sum((1, 3, 4)) / (moving * x.shape[3])
    if x.shape[2] > 1:
        moved[:, -1] = moved[:, -2]
    return moved


def joint_motion(x: Tensor, fps: float = 30.0, cutoff: float | None = None) -> Tensor:
    """Mean speed of each joint over the frames its person is present, m/s. [N, V]."""
    there = motion.presence(motion.to_frames(check_batch(x))).to(x.dtype)  # [N, T, M]
    pairs = (there[:, 1:] * there[:, :-1]).sum((1, 2)).clamp_min(1)
    return motion.speed(motion.low_pass(x, cutoff, fps), fps).sum((1, 3)) / pairs[:, None]


def high_motion_frames(
    x: Tensor,
    skeleton: Skeleton | None = None,
    ratio: float = 0.2,
    generator=None,
    cutoff: float | None = None,
    fps: float = 30.0,
) -> Tensor:
    """The round(ratio T) frames that move most; nothing is drawn. bool [N, T]. (PSTL, motion-attentive; ASMa's g.)"""
    return mark_top(frame_motion(x, fps, cutoff), hidden_count(ratio, x.shape[2], "frames"))


def low_motion_frames(
    x: Tensor,
    skeleton: Skeleton | None = None,
    ratio: float = 0.2,
    generator=None,
    cutoff: float | None = None,
    fps: float = 30.0,
) -> Tensor:
    """The round(ratio T) frames that move least; nothing is drawn. bool [N, T]. (ASMa's f.)"""
    return mark_top(frame_motion(x, fps, cutoff), hidden_count(ratio, x.shape[2], "frames"), lowest=True)


def motion_attentive_frames(
    x: Tensor,
    skeleton: Skeleton | None = None,
    ratio: float = 0.4,
    generator: torch.Generator | None = None,
    cutoff: float | None = None,
    fps: float = 30.0,
    lowest: bool = False,
) -> Tensor:
    """Of round(ratio T) frames, round(ratio T / 2) are those that move most, the others random among the rest. bool [N, T]. (PSTL; ASMa's g.)

    Args:
        lowest: those that move least instead (ASMa's f).
    """
    return draw_weighted(
        _attentive_weights(x, ratio, cutoff, fps, lowest),
        hidden_count(ratio, x.shape[2], "frames"),
        generator,
    )


def _attentive_weights(
    x: Tensor, ratio: float, cutoff: float | None, fps: float, lowest: bool = False
) -> Tensor:
    certain = (low_motion_frames if lowest else high_motion_frames)(
        x, ratio=ratio / 2, cutoff=cutoff, fps=fps
    )
    return torch.where(certain, torch.inf, 1.0)


def _attentive_probability(
    x: Tensor,
    skeleton=None,
    ratio: float = 0.4,
    cutoff: float | None = None,
    fps: float = 30.0,
    lowest: bool = False,
) -> Tensor:
    """Probability that each frame is hidden, [N, T]: 1 for the frames that move most (or least), the same share for all others."""
    sure = _attentive_weights(x, ratio, cutoff, fps, lowest).isinf()
    certain = sure.sum(1, keepdim=True)
    share = (hidden_count(ratio, x.shape[2], "frames") - certain) / (x.shape[2] - certain).clamp_min(1)
    return torch.where(sure, 1.0, share.to(x.dtype))


motion_attentive_frames.probability = _attentive_probability

high_motion_frames.probability = lambda x, skeleton=None, ratio=0.2, **low_pass: high_motion_frames(
    x, ratio=ratio, **low_pass
).to(x.dtype)

low_motion_frames.probability = lambda x, skeleton=None, ratio=0.2, **low_pass: low_motion_frames(
    x, ratio=ratio, **low_pass
).to(x.dtype)
