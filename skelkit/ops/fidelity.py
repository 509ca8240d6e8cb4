"""Fidelity: how far a restored clip is from the original, and what that costs in bytes."""

from __future__ import annotations

import torch
from torch import Tensor

from . import motion


def joint_error(x: Tensor, y: Tensor) -> Tensor:
    """Distance of each joint from where it was, metres. Batches [N, C, T, V, M] -> [N, T, V, M]; 0 where nobody is in either."""
    _same_shape(x, y)
    return (x - y).norm(dim=1)


def _same_shape(x: Tensor, y: Tensor) -> None:
    if x.shape != y.shape:
        raise ValueError(
            f"original and restored clips differ in shape: {list(x.shape)} and {list(y.shape)}; decode to the original frames"
        )


def rmse(x: Tensor, y: Tensor, over: str = "all", frames: Tensor | None = None) -> Tensor:
    """Root mean squared joint distance, millimetres, over all persons present.

    Args:
        over: "all" gives one number, "clip" [N], "frame" [N, T], "joint" [V].
        frames: bool [N, T], count these alone; 0 where there are none.

    >>> x = torch.ones(2, 3, 4, 25, 1)
    >>> round(float(rmse(x, x + torch.tensor([0.003, 0.004, 0]).reshape(3, 1, 1, 1))), 4)
    5.0
    """
    squared = joint_error(x, y).square()
    there = motion.presence(motion.to_frames(x))[:, :, None, :].expand_as(squared)
    if frames is not None:
        there = there & frames[:, :, None, None]
    axes = {"all": (0, 1, 2, 3), "clip": (1, 2, 3), "frame": (2, 3), "joint": (0, 1, 3)}
    if over not in axes:
        raise ValueError(f"rmse over {over!r}; known: {', '.join(axes)}")
    return ((squared * there).sum(axes[over]) / there.sum(axes[over]).clamp_min(1)).sqrt() * 1000


def mean_body(x: Tensor) -> Tensor:
    """Where each joint of each person is on average, over the frames in which the person is there: [N, C, T, V, M] -> [1, C, 1, V, M]."""
    there = motion.presence(motion.to_frames(x)).sum((0, 1))  # [M]
    return x.sum((0, 2), keepdim=True) / there.clamp_min(1)


def acceleration(x: Tensor, cutoff: float | None = 0.1) -> Tensor:
    """Motion complexity of each clip: RMS second difference of the joints present, metres per frame squared. [N, C, T, V, M] -> [N].

    A straight line over s frames is off by a u (s - u) / 2 after u of them when the acceleration a is constant, so its RMS
    error is a s^2 / sqrt(120). Frequencies above `cutoff` cycles per frame, mostly sensor noise, are left out; None keeps them.
    """
    smooth = motion.low_pass(x, cutoff, 1.0)
    there = motion.presence(motion.to_frames(x))
    inside = (there[:, 2:] & there[:, 1:-1] & there[:, :-2])[:, None, :, None, :]  # [N, 1, T-2, 1, M]
    second = smooth[:, :, 2:] - 2 * smooth[:, :, 1:-1] + smooth[:, :, :-2]
    total = (second.square().sum(1, keepdim=True) * inside).sum((1, 2, 3, 4))
    return (total / (inside.sum((1, 2, 3, 4)) * x.shape[3]).clamp_min(1)).sqrt()


def rank_correlation(a: Tensor, b: Tensor) -> float:
    """Spearman's rank correlation of two equally long series; ties share their mean rank.

    >>> round(rank_correlation(torch.tensor([1.0, 2, 3, 4]), torch.tensor([1.0, 4, 9, 16])), 6)
    1.0
    """
    if a.numel() != b.numel():
        raise ValueError(
            f"rank correlation of {a.numel()} and {b.numel()} values; give two series of equal length"
        )

    def ranks(values: Tensor) -> Tensor:
        values = values.flatten().double()
        return (values[:, None] > values).sum(1) + ((values[:, None] == values).sum(1) - 1) / 2

    return float(torch.corrcoef(torch.stack([ranks(a), ranks(b)]))[0, 1])


def delay(x: Tensor, y: Tensor, most: float = 15.0, step: float = 1.0) -> float:
    """By how many frames y lags behind x: the shift of x, in frames, that comes closest to y (least squared error).

    Searched between -most and +most in steps of `step`; the frames at either end that a shift would leave are left out. Shifts by part of a
    frame average two frames and so lose sensor noise: on noisy clips whole steps judge more fairly.

    Raises:
        ValueError: the clips are too short for such shifts, or differ in shape.
    """
    _same_shape(x, y)
    frames, margin = x.shape[2], int(most) + 1
    if frames <= 2 * margin:
        raise ValueError(
            f"clips of {frames} frames are too short to look for delays up to {most} frames; pass a smaller most="
        )
    inner = torch.arange(margin, frames - margin, device=x.device, dtype=torch.float64)
    poses = motion.to_frames(x)
    starts = torch.arange(len(x) + 1, device=x.device) * frames
    wanted, present = motion.to_frames(y)[:, margin : frames - margin], motion.presence(poses).flatten(0, 1)
    poses = poses.flatten(0, 1)
    candidates = torch.arange(-most, most + step / 2, step, dtype=torch.float64).tolist()
    errors = [
        float(
            (motion.resample(poses, starts, (inner - d).expand(len(x), -1), present) - wanted).square().sum()
        )
        for d in candidates
    ]
    return candidates[min(range(len(errors)), key=errors.__getitem__)]
