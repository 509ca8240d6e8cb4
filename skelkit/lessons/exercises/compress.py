"""Exercise of notebook 01: the frames of a clip that are stored."""

from __future__ import annotations

import torch
from torch import Tensor

from .exercise import Case, Exercise
from .samples import walk


def compress(x: Tensor, s: int) -> Tensor:
    """Frames 0, s, 2s, … of clips x [N, C, T, V, M], and the last frame."""
    z, last = x[:, :, ::s], x[:, :, -1:]
    return z if (x.shape[2] - 1) % s == 0 else torch.cat([z, last], 2)


def _cases() -> list[Case]:
    lengths = ((12, 5), (11, 5), (1, 3), (7, 1), (4, 9), (21, 4))
    return [Case(f"for {frames} frames and s = {s}", (walk(frames), s)) for frames, s in lengths]


def _always_the_last(x: Tensor, s: int) -> Tensor:
    return torch.cat([x[:, :, ::s], x[:, :, -1:]], 2)


def _wrong_axis(x: Tensor, s: int) -> Tensor:
    return x[:, ::s]


def _means(x: Tensor, s: int) -> Tensor:
    whole = compress(x, s)
    parts = [part.mean(2, keepdim=True) for part in x.split(s, 2)]
    return torch.cat([*parts, x[:, :, -1:]], 2) if whole.shape[2] > len(parts) else torch.cat(parts, 2)


EXERCISE = Exercise(
    name="compress",
    notebook="01_compression",
    reference=compress,
    cases=_cases,
    mistakes=(
        (
            "The last frame is lost where s does not divide T − 1: restoring can then only hold the "
            "frame before it.",
            lambda x, s: x[:, :, ::s],
        ),
        (
            "The last frame is stored twice where s divides T − 1: frame T − 1 is already among 0, s, 2s, …",
            _always_the_last,
        ),
        (
            "Shifted by half an interval: the stored frames lie in the middle of their segments, not "
            "at 0, s, 2s, …",
            lambda x, s: x[:, :, s // 2 :: s],
        ),
        ("Frames s − 1, 2s − 1, … are stored: the first frame is lost.", lambda x, s: x[:, :, s - 1 :: s]),
        ("It drops channels instead of frames: time is axis 2 of [N, C, T, V, M].", _wrong_axis),
        ("It drops clips instead of frames: time is axis 2 of [N, C, T, V, M].", lambda x, s: x[::s]),
        ("It averages the frames of each segment; this exercise stores single frames.", _means),
        ("It stores only the first s frames, not every s-th.", lambda x, s: x[:, :, :s]),
    ),
    hints=(
        "Time is axis 2. A slice with a step takes every s-th element: `x[:, :, ::s]`.",
        "Which frame is the last that this slice takes, for 12 frames and s = 5? And for 11?",
        "Append `x[:, :, -1:]` with `torch.cat` along axis 2, but only where (T − 1) is no multiple of s.",
    ),
)
