"""Masks: what is hidden from an encoder. True means hidden.

A mask is a function of clips x [N, C, T, V, M]; every clip has its own draw, from the torch.Generator that must be given
wherever something is drawn. Each mask carries a ``.probability``, so that a figure shows exactly what training does: of
(skeleton, ratio) for masks of joints, of (x, skeleton, ratio) for masks of frames; for tubes, of the first joint drawn. Counts are of
*distinct* joints, tuples or frames unless a name says draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from . import motion
from .draw import uniform
from .motion import check_batch
from .skeletons import Skeleton

TUPLE = 6
"""Frames in a tuple (CHARON, network section)."""


# -- frames and tuples -------------------------------------------------------------------------------------------------


def random_frames(x: Tensor, skeleton: Skeleton | None = None, ratio: float = 0.3, generator: torch.Generator | None = None) -> Tensor:
    """Frames at random, all equally likely: round(ratio T) distinct ones a clip. bool [N, T]."""
    weights = x.new_ones(len(check_batch(x)), x.shape[2])
    return _draw(weights, _count(ratio, x.shape[2], "frames"), generator)


def _random_frames_probability(x: Tensor, skeleton: Skeleton | None = None, ratio: float = 0.3) -> Tensor:
    """Probability that each frame is hidden, [N, T]."""
    return x.new_full((len(check_batch(x)), x.shape[2]), _count(ratio, x.shape[2], "frames") / x.shape[2])


random_frames.probability = _random_frames_probability


def random_tuples(
    x: Tensor, skeleton: Skeleton | None = None, ratio: float = 0.3, generator: torch.Generator | None = None, size: int = TUPLE
) -> Tensor:
    """Tuples of `size` frames at random; round(T' (1 - ratio)) of T' = T / size stay, at least one. bool [N, T'].

    (CHARON, masked training.) Differs from the authors: they keep int(T' (1 - ratio)), which loses one tuple to
    floating point at some ratios (0.9 of 20 keeps 1).

    Raises:
        ValueError: T is not a multiple of `size`.
    """
    tuples = _tuples(x, size)
    return _draw(x.new_ones(len(x), tuples), tuples - kept_tuples(tuples, ratio), generator)


def _random_tuples_probability(x: Tensor, skeleton: Skeleton | None = None, ratio: float = 0.3, size: int = TUPLE) -> Tensor:
    """Probability that each tuple is hidden, [N, T']."""
    tuples = _tuples(x, size)
    return x.new_full((len(x), tuples), 1 - kept_tuples(tuples, ratio) / tuples)


random_tuples.probability = _random_tuples_probability


def kept_tuples(tuples: int, ratio: float) -> int:
    """How many of `tuples` stay at a mask ratio.

    >>> kept_tuples(20, 0.9), kept_tuples(20, 1.0)
    (2, 1)
    """
    return max(1, round(tuples * (1 - _check_ratio(ratio))))


def frame_motion(x: Tensor, fps: float = 30.0, cutoff: float | None = None) -> Tensor:
    """Mean squared frame difference over joints and the persons present, m^2; the last frame repeats the one before. [N, T].

    Args:
        cutoff: low-pass the clips at this frequency (Hz) first, so that sensor noise is not taken for motion.
        fps: frames per second of x, for `cutoff`.
    """
    there = motion.presence(motion.to_frames(check_batch(x)))  # [N, T, M]
    moving = torch.nn.functional.pad((there[:, 1:] & there[:, :-1]).sum(2), (0, 1)).clamp_min(1)  # [N, T], present here and in the next frame
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
    x: Tensor, skeleton: Skeleton | None = None, ratio: float = 0.2, generator=None, cutoff: float | None = None, fps: float = 30.0
) -> Tensor:
    """The round(ratio T) frames that move most; nothing is drawn. bool [N, T]. (PSTL, motion-attentive; ASMa's g.)"""
    return _top(frame_motion(x, fps, cutoff), _count(ratio, x.shape[2], "frames"))


def low_motion_frames(
    x: Tensor, skeleton: Skeleton | None = None, ratio: float = 0.2, generator=None, cutoff: float | None = None, fps: float = 30.0
) -> Tensor:
    """The round(ratio T) frames that move least; nothing is drawn. bool [N, T]. (ASMa's f.)"""
    return _top(frame_motion(x, fps, cutoff), _count(ratio, x.shape[2], "frames"), lowest=True)


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
    return _draw(_attentive_weights(x, ratio, cutoff, fps, lowest), _count(ratio, x.shape[2], "frames"), generator)


def _attentive_weights(x: Tensor, ratio: float, cutoff: float | None, fps: float, lowest: bool = False) -> Tensor:
    certain = (low_motion_frames if lowest else high_motion_frames)(x, ratio=ratio / 2, cutoff=cutoff, fps=fps)
    return torch.where(certain, torch.inf, 1.0)


def _attentive_probability(
    x: Tensor, skeleton=None, ratio: float = 0.4, cutoff: float | None = None, fps: float = 30.0, lowest: bool = False
) -> Tensor:
    """Probability that each frame is hidden, [N, T]: 1 for the frames that move most (or least), the same share for all others."""
    sure = _attentive_weights(x, ratio, cutoff, fps, lowest).isinf()
    certain = sure.sum(1, keepdim=True)
    share = (_count(ratio, x.shape[2], "frames") - certain) / (x.shape[2] - certain).clamp_min(1)
    return torch.where(sure, 1.0, share.to(x.dtype))


motion_attentive_frames.probability = _attentive_probability
high_motion_frames.probability = lambda x, skeleton=None, ratio=0.2, **low_pass: high_motion_frames(x, ratio=ratio, **low_pass).to(x.dtype)
low_motion_frames.probability = lambda x, skeleton=None, ratio=0.2, **low_pass: low_motion_frames(x, ratio=ratio, **low_pass).to(x.dtype)


# -- joints ------------------------------------------------------------------------------------------------------------


def random_joints(x: Tensor, skeleton: Skeleton, ratio: float = 0.3, generator: torch.Generator | None = None) -> Tensor:
    """round(ratio V) distinct joints a clip, all equally likely. bool [N, V]."""
    return _draw_joints(torch.ones(len(skeleton)), x, skeleton, ratio, generator)


def degree_joints(x: Tensor, skeleton: Skeleton, ratio: float = 0.3, generator: torch.Generator | None = None) -> Tensor:
    """round(ratio V) distinct joints a clip, drawn one after the other with weights proportional to degree. bool [N, V].

    (ASMa's f: joints of high degree, near the trunk, are hidden more often.)
    """
    return _draw_joints(skeleton.degrees, x, skeleton, ratio, generator)


def inverse_degree_joints(x: Tensor, skeleton: Skeleton, ratio: float = 0.3, generator: torch.Generator | None = None) -> Tensor:
    """round(ratio V) distinct joints a clip, weights proportional to 1 / degree. bool [N, V]. (ASMa's g: hands, feet, head.)"""
    return _draw_joints(1 / skeleton.degrees, x, skeleton, ratio, generator)


def degree_draws(x: Tensor, skeleton: Skeleton, draws: int = 8, generator: torch.Generator | None = None) -> Tensor:
    """`draws` draws *with repetition*, weights proportional to degree: at most `draws` distinct joints a clip. bool [N, V].

    (PSTL's central spatial mask, 8 draws.) How many joints are hidden differs from clip to clip; the probabilities sum
    to the mean number.
    """
    if not isinstance(draws, int) or draws < 1:
        raise ValueError(f"draws={draws!r}: expected a whole number, at least 1")
    weights = skeleton.degrees.to(x.device, torch.float32).expand(len(check_batch(x, skeleton)), -1)
    chosen = uniform((len(x), draws), x.device, generator)
    joints = torch.searchsorted(weights.cumsum(1), chosen * weights.sum(1, keepdim=True), right=True).clamp_max(len(skeleton) - 1)
    return torch.zeros(len(x), len(skeleton), dtype=torch.bool, device=x.device).scatter_(1, joints, True)


def _joint_probability(weigh):
    def probability(skeleton: Skeleton, ratio: float = 0.3) -> Tensor:
        """Probability that each joint is hidden, [V]; they sum to the number of hidden joints."""
        return inclusion(weigh(skeleton), _count(ratio, len(skeleton), "joints"))

    return probability


random_joints.probability = _joint_probability(lambda skeleton: torch.ones(len(skeleton)))
degree_joints.probability = _joint_probability(lambda skeleton: skeleton.degrees)
inverse_degree_joints.probability = _joint_probability(lambda skeleton: 1 / skeleton.degrees)
degree_draws.probability = lambda skeleton, draws=8: 1 - (1 - skeleton.degrees / skeleton.degrees.sum()) ** draws


def inclusion(weights: Tensor, count: int) -> Tensor:
    """Probability that each item is among `count` drawn one after the other, without repetition, by weight. [V] -> [V].

    Give each item an alarm clock that rings at a time Exp(weight): the draw is the first `count` to ring. So item j is
    in if fewer than `count` others ring before it does; that is integrated over its own ring time, with the number of
    others that rang by then found exactly (a sum of independent yes-or-no events).

    >>> inclusion(torch.tensor([1.0, 1.0, 2.0]), 1).tolist()
    [0.25, 0.25, 0.5]
    """
    weights = weights.double() / weights.double().mean()
    items = len(weights)
    if count >= items or count < 1:
        return torch.full((items,), float(count > 0))
    nodes, share = _gauss_legendre(400)
    slowest = weights.min()
    times = -torch.log1p(-nodes) / slowest  # node = 1 - exp(-slowest * time)
    density = weights[:, None] * torch.exp(-(weights[:, None] - slowest) * times) / slowest * share  # [V, Q], of own ring
    rang = 1 - torch.exp(-weights[:, None] * times)  # [V, Q]
    ways = times.new_zeros(items, count, len(times))  # [item, number of others that rang, Q]
    ways[:, 0] = 1
    for other in range(items):
        chance = rang[other].expand(items, 1, -1).clone()
        chance[other] = 0  # an item is no other to itself
        ways = ways * (1 - chance) + torch.nn.functional.pad(ways[:, :-1], (0, 0, 1, 0)) * chance
    return (density * ways.sum(1)).sum(1).float()


# -- both --------------------------------------------------------------------------------------------------------------


def motion_tubes(
    x: Tensor,
    skeleton: Skeleton,
    ratio: float = 0.5,
    generator: torch.Generator | None = None,
    size: int = TUPLE,
    sharpness: float = 1.0,
    cutoff: float | None = None,
    fps: float = 30.0,
) -> Tensor:
    """Tubes: a joint hidden for `size` frames in a row; in each stretch joints that move more are hidden more often. bool [N, T, V].

    In each stretch round(ratio V) distinct joints are drawn one after the other, weights proportional to mean speed there
    to the power `sharpness` (0: all alike). (After Skeleton2vec's motion-aware tube masking. Differs from the authors:
    weights are a power of the speed, so that they do not depend on its unit.)
    """
    weights = motion_tubes.probability(x, skeleton, size, sharpness, cutoff, fps)
    hidden = _draw(weights.flatten(0, 1), _count(ratio, len(skeleton), "joints"), generator)
    return hidden.unflatten(0, weights.shape[:2]).repeat_interleave(size, 1)


def _tube_probability(x, skeleton, size: int = TUPLE, sharpness: float = 1.0, cutoff: float | None = None, fps: float = 30.0) -> Tensor:
    """Probability of each joint at the first draw in each stretch, [N, T', V]; sums to 1 over joints."""
    stretches = _tuples(check_batch(x, skeleton), size)
    speed = motion.velocity(motion.low_pass(x, cutoff, fps)).norm(dim=1).sum(-1)  # [N, T, V]
    speed = speed.unflatten(1, (stretches, size)).mean(2)
    weights = (speed + 1e-6).pow(sharpness)  # a clip that stands still is masked evenly
    return weights / weights.sum(-1, keepdim=True)


motion_tubes.probability = _tube_probability


@dataclass(frozen=True)
class View:
    """What one encoder does not see: joints bool[N, V] in its spatial stream, frames bool[N, T] in its temporal stream."""

    joints: Tensor
    frames: Tensor

    def spatial(self, x: Tensor) -> Tensor:
        """x with the hidden joints zeroed."""
        return hide(x, joints=self.joints)

    def temporal(self, x: Tensor) -> Tensor:
        """x with the hidden frames zeroed."""
        return hide(x, frames=self.frames)


def asymmetric_views(
    x: Tensor,
    skeleton: Skeleton,
    generator: torch.Generator | None = None,
    joint_ratio: float = 0.3,
    frame_ratio: float = 0.2,
    cutoff: float | None = None,
    fps: float = 30.0,
) -> tuple[View, View]:
    """The complementary masks of ASMa's two encoders (ASMa, method section).

    f hides high-degree joints and low-motion frames; g hides low-degree joints and high-motion frames.

    Raises:
        ValueError: more than half of the frames each, so that some frame would be hidden from both; or nothing would be left to see.
    """
    hidden = _count(frame_ratio, check_batch(x, skeleton).shape[2], "frames")
    if 2 * hidden > x.shape[2]:
        raise ValueError(f"frame_ratio={frame_ratio}: f and g would each hide {hidden} of {x.shape[2]} frames, some of them both; choose less")
    low_pass = {"cutoff": cutoff, "fps": fps}
    f = View(degree_joints(x, skeleton, joint_ratio, generator), low_motion_frames(x, ratio=frame_ratio, **low_pass))
    g = View(inverse_degree_joints(x, skeleton, joint_ratio, generator), high_motion_frames(x, ratio=frame_ratio, **low_pass))
    return f, g


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
        raise ValueError(f"clip {int(count.argmin())}: all {x.shape[2]} frames are hidden; a straight line needs one that stays")
    time = torch.arange(x.shape[2], device=x.device).expand_as(frames)
    before = time.masked_fill(frames, -1).cummax(1).values  # the last frame that stays, up to here
    after = time.masked_fill(frames, x.shape[2]).flip(1).cummin(1).values.flip(1)
    rank = stay.cumsum(1) - 1  # of `before` among those that stay
    inside = (before >= 0) & (after < x.shape[2]) & frames
    positions = rank + torch.where(inside, (time - before) / (after - before).clamp_min(1), 0)
    poses, starts = motion.to_frames(x)[stay], torch.cat([count.new_zeros(1), count.cumsum(0)])
    return motion.to_batch(motion.resample(poses, starts, positions))


# -- drawing -----------------------------------------------------------------------------------------------------------


def _check_ratio(ratio: float) -> float:
    if not 0 <= ratio <= 1:
        raise ValueError(f"ratio={ratio}: the share to hide lies between 0 and 1")
    return ratio


def _count(ratio: float, of: int, what: str) -> int:
    count = round(_check_ratio(ratio) * of)
    if count >= of:
        raise ValueError(f"ratio={ratio} hides all {of} {what}; an encoder needs at least one, choose a smaller ratio")
    return count


def _tuples(x: Tensor, size: int) -> int:
    if check_batch(x).shape[2] % size:
        raise ValueError(f"{x.shape[2]} frames are not a whole number of tuples of {size}; resize the clips to a multiple of {size}")
    return x.shape[2] // size


def _draw(weights: Tensor, count: int, generator: torch.Generator | None) -> Tensor:
    """`count` distinct items a row, drawn one after the other by weight: the first alarm clocks to ring. [N, K] -> bool [N, K]."""
    rings = -torch.log1p(-uniform(weights.shape, weights.device, generator)) / weights  # weight inf rings at 0
    return _top(-rings, count)


def _draw_joints(weights: Tensor, x: Tensor, skeleton: Skeleton, ratio: float, generator: torch.Generator | None) -> Tensor:
    weights = weights.to(x.device, torch.float32).expand(len(check_batch(x, skeleton)), -1)
    return _draw(weights, _count(ratio, len(skeleton), "joints"), generator)


def _top(scores: Tensor, count: int, lowest: bool = False) -> Tensor:
    """Mark the `count` largest (or lowest) of each row. [N, K] -> bool [N, K].

    Equal scores rank by place, so that the lowest and the largest share nothing even where all are equal.
    """
    order = scores.argsort(dim=1, stable=True)
    chosen = order[:, :count] if lowest else order[:, scores.shape[1] - count :]
    return torch.zeros_like(scores, dtype=torch.bool).scatter_(1, chosen, True)


def _gauss_legendre(count: int) -> tuple[Tensor, Tensor]:
    """Nodes and weights on [0, 1]: eigenvalues of the Legendre recurrence (Golub and Welsch, 1969)."""
    k = torch.arange(1, count, dtype=torch.float64)
    off = k / (4 * k**2 - 1).sqrt()
    values, vectors = torch.linalg.eigh(torch.diag(off, 1) + torch.diag(off, -1))
    return (values + 1) / 2, vectors[0] ** 2
