"""Small helpers that many tests share: generators and random batches."""

from __future__ import annotations

import torch
from torch import Tensor

from skelkit import motion
from skelkit.skeletons import Skeleton


def seeded(seed: int = 0) -> torch.Generator:
    """A generator on the CPU with this seed."""
    return torch.Generator().manual_seed(seed)


def batch(clips: int = 3, frames: int = 24, joints: int = 5, persons: int = 2, seed: int = 0) -> Tensor:
    """Normally distributed coordinates x [clips, 3, frames, joints, persons]."""
    return torch.randn(clips, 3, frames, joints, persons, generator=seeded(seed))


def bone_lengths(x: Tensor, skeleton: Skeleton) -> Tensor:
    """Length of the bone from each joint to its parent, [N, T, V, M]; zero at the root."""
    return motion.bones(x, skeleton).norm(dim=1)
