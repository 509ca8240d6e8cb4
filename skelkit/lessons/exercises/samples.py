"""Clips with which exercises are tried."""

from __future__ import annotations

import torch
from torch import Tensor


def walk(frames: int, clips: int = 2, joints: int = 3, persons: int = 1, seed: int = 0) -> Tensor:
    """Smooth random clips [N, 3, T, V, M], about a metre from the origin; the same for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    steps = 0.05 * torch.randn(clips, 3, frames, joints, persons, generator=generator)
    return steps.cumsum(2) + 1.5


def one_absent(frames: int, seed: int = 1) -> Tensor:
    """Clips with two slots for persons; the second person of the first clip is absent: all zeros."""
    x = walk(frames, persons=2, seed=seed)
    x[0, ..., 1] = 0
    return x
