"""Fidelity: the error of restored clips, and properties of motion that it depends on."""

from __future__ import annotations

import torch
from torch import Tensor

from ..utils.precision import in_float32
from . import motion


def joint_error(x: Tensor, y: Tensor) -> Tensor:
    """Distance between the joints of original and restored clips, metres. [N, C, T, V, M] -> [N, T, V, M].

    It is zero for persons who are absent from both.

    Raises:
        ValueError: clips of different shapes.
    """
    _same_shape(x, y)
    return (x - y).norm(dim=1)


def _same_shape(x: Tensor, y: Tensor) -> None:
    if x.shape != y.shape:
        raise ValueError(
            f"original and restored clips differ in shape: {list(x.shape)} and {list(y.shape)}; "
            "decode to the original frames"
        )


def rmse(x: Tensor, y: Tensor, over: str = "all", frames: Tensor | None = None) -> Tensor:
    """Root mean squared joint distance over all persons present, millimetres.

    Args:
        x, y: original and restored clips [N, C, T, V, M].
        over: "all" gives one number, "clip" [N], "frame" [N, T], "joint" [V].
        frames: bool [N, T], frames to average over; the error is 0 without any. Default: all.

    Raises:
        ValueError: clips of different shapes, or an unknown `over`.

    >>> x = torch.ones(2, 3, 4, 25, 1)
    >>> round(float(rmse(x, x + torch.tensor([0.003, 0.004, 0]).reshape(3, 1, 1, 1))), 4)
    5.0
    """
    squared = joint_error(x, y).square()
    present = motion.presence(motion.to_frames(x))[:, :, None, :].expand_as(squared)
    if frames is not None:
        present = present & frames[:, :, None, None]
    axes = {"all": (0, 1, 2, 3), "clip": (1, 2, 3), "frame": (2, 3), "joint": (0, 1, 3)}
    if over not in axes:
        raise ValueError(f"rmse over {over!r}; known: {', '.join(axes)}")
    return ((squared * present).sum(axes[over]) / present.sum(axes[over]).clamp_min(1)).sqrt() * 1000


def mean_body(x: Tensor) -> Tensor:
    """Mean position of each joint over all frames with the person.

    [N, C, T, V, M] -> [1, C, 1, V, M], metres.
    """
    count = motion.presence(motion.to_frames(x)).sum((0, 1))  # [M]
    return x.sum((0, 2), keepdim=True) / count.clamp_min(1)


def acceleration(x: Tensor, cutoff: float | None = 0.1) -> Tensor:
    """Motion complexity of each clip: RMS second difference of its joints, metres per frame^2.

    [N, C, T, V, M] -> [N].

    For a constant acceleration a, linear interpolation over s frames is off by a u (s - u) / 2 after u
    frames, so that its RMS error is a s^2 / sqrt(120).

    Args:
        x: clips.
        cutoff: remove frequencies above this many cycles per frame, which are mostly sensor noise. None: keep
            all.
    """
    smooth = motion.low_pass(x, cutoff, 1.0)
    present = motion.presence(motion.to_frames(x))
    inside = (present[:, 2:] & present[:, 1:-1] & present[:, :-2])[:, None, :, None, :]  # [N, 1, T-2, 1, M]
    second = smooth[:, :, 2:] - 2 * smooth[:, :, 1:-1] + smooth[:, :, :-2]
    total = (second.square().sum(1, keepdim=True) * inside).sum((1, 2, 3, 4))
    return (total / (inside.sum((1, 2, 3, 4)) * x.shape[3]).clamp_min(1)).sqrt()


@in_float32
def rank_correlation(a: Tensor, b: Tensor) -> float:
    """Spearman's rank correlation of two series of equal length; ties get their mean rank.

    Raises:
        ValueError: series of different lengths.

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
    """Delay of y relative to x, in frames: the shift of x with the least squared error to y.

    Shifts by part of a frame average two frames and so remove sensor noise: on noisy clips, whole steps are
    fairer.

    Args:
        x, y: clips [N, C, T, V, M].
        most: largest shift in both directions; as many frames at either end are left out.
        step: distance between the shifts that are tried.

    Raises:
        ValueError: clips that are too short for such shifts, or of different shapes.
    """
    _same_shape(x, y)
    frames, margin = x.shape[2], int(most) + 1
    if frames <= 2 * margin:
        raise ValueError(
            f"clips of {frames} frames are too short to look for delays up to {most} frames; "
            "pass a smaller most="
        )
    inner = torch.arange(margin, frames - margin, device=x.device, dtype=torch.float64)
    poses = motion.to_frames(x)
    starts = torch.arange(len(x) + 1, device=x.device) * frames
    target, present = motion.to_frames(y)[:, margin : frames - margin], motion.presence(poses).flatten(0, 1)
    poses = poses.flatten(0, 1)

    def error(shift: float) -> float:
        shifted = motion.resample(poses, starts, (inner - shift).expand(len(x), -1), present)
        return float((shifted - target).square().sum())

    return min(torch.arange(-most, most + step / 2, step, dtype=torch.float64).tolist(), key=error)
