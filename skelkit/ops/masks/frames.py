"""Masks of frames: uniform, and by motion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ...skeletons.skeleton import Skeleton
from ..motion import check_batch
from .mask import Mask
from .motion_energy import frame_motion
from .sampling import draw_weighted, hidden_count, mark_top


@dataclass(frozen=True)
class RandomFrames(Mask):
    """round(ratio T) distinct frames of each clip, all equally likely. bool [N, T]."""

    hides = "frames"
    label = "random"

    ratio: float = 0.3

    def __call__(
        self, x: Tensor, skeleton: Skeleton | None = None, generator: torch.Generator | None = None
    ) -> Tensor:
        weights = x.new_ones(len(check_batch(x)), x.shape[2])
        return draw_weighted(weights, hidden_count(self.ratio, x.shape[2], "frames"), generator)

    def hidden_per_clip(self, x: Tensor, skeleton: Skeleton | None = None) -> int:
        return hidden_count(self.ratio, x.shape[2], "frames")

    def probability(self, x: Tensor, skeleton: Skeleton | None = None) -> Tensor:
        clips, frames = len(check_batch(x)), x.shape[2]
        return x.new_full((clips, frames), hidden_count(self.ratio, frames, "frames") / frames)


@dataclass(frozen=True)
class _RankedFrames(Mask):
    """The round(ratio T) frames of each clip with the most motion, or the least; nothing is drawn.

    Args:
        ratio: share of the frames to hide.
        cutoff: low-pass the clips at this frequency (Hz) before their frames are ranked. Default: no
            low-pass.
        fps: frames per second of the clips, for `cutoff`.
    """

    hides = "frames"
    lowest: ClassVar[bool]

    ratio: float = 0.2
    cutoff: float | None = None
    fps: float = 30.0

    def __call__(
        self, x: Tensor, skeleton: Skeleton | None = None, generator: torch.Generator | None = None
    ) -> Tensor:
        energy = frame_motion(x, self.fps, self.cutoff)
        return mark_top(energy, hidden_count(self.ratio, x.shape[2], "frames"), self.lowest)

    def hidden_per_clip(self, x: Tensor, skeleton: Skeleton | None = None) -> int:
        return hidden_count(self.ratio, x.shape[2], "frames")

    def probability(self, x: Tensor, skeleton: Skeleton | None = None) -> Tensor:
        return self(x).to(x.dtype)


class HighMotionFrames(_RankedFrames):
    """The round(ratio T) frames that move most; nothing is drawn. bool [N, T].

    (PSTL, motion-attentive; ASMa's g.)
    """

    label = "high motion (g)"
    lowest = False


class LowMotionFrames(_RankedFrames):
    """The round(ratio T) frames that move least; nothing is drawn. bool [N, T]. (ASMa's f.)"""

    label = "low motion (f)"
    lowest = True


@dataclass(frozen=True)
class MotionAttentiveFrames(Mask):
    """round(ratio T / 2) frames that move most, and as many again at random among the others. bool [N, T].

    Both together are round(ratio T) frames. (PSTL; ASMa's g.)

    Args:
        ratio: share of the frames to hide.
        cutoff, fps: as in `HighMotionFrames`.
        lowest: hide the frames that move least instead of those that move most (ASMa's f).
    """

    hides = "frames"
    label = "half high motion, half random"

    ratio: float = 0.4
    cutoff: float | None = None
    fps: float = 30.0
    lowest: bool = False

    def __call__(
        self, x: Tensor, skeleton: Skeleton | None = None, generator: torch.Generator | None = None
    ) -> Tensor:
        weights = torch.where(self._certain(x), torch.inf, 1.0)
        return draw_weighted(weights, hidden_count(self.ratio, x.shape[2], "frames"), generator)

    def hidden_per_clip(self, x: Tensor, skeleton: Skeleton | None = None) -> int:
        return hidden_count(self.ratio, x.shape[2], "frames")

    def probability(self, x: Tensor, skeleton: Skeleton | None = None) -> Tensor:
        certain = self._certain(x)
        count = certain.sum(1, keepdim=True)  # [N, 1]
        drawn = hidden_count(self.ratio, x.shape[2], "frames") - count
        return torch.where(certain, 1.0, (drawn / (x.shape[2] - count).clamp_min(1)).to(x.dtype))

    def _certain(self, x: Tensor) -> Tensor:
        """The frames that are always hidden, bool [N, T]."""
        ranked = LowMotionFrames if self.lowest else HighMotionFrames
        return ranked(self.ratio / 2, self.cutoff, self.fps)(x)


def random_frames(
    x: Tensor, skeleton: Skeleton | None = None, ratio: float = 0.3, generator: torch.Generator | None = None
) -> Tensor:
    """`RandomFrames` as a function. bool [N, T]."""
    return RandomFrames(ratio)(x, skeleton, generator)


def high_motion_frames(
    x: Tensor,
    skeleton: Skeleton | None = None,
    ratio: float = 0.2,
    generator: torch.Generator | None = None,
    cutoff: float | None = None,
    fps: float = 30.0,
) -> Tensor:
    """`HighMotionFrames` as a function. bool [N, T]."""
    return HighMotionFrames(ratio, cutoff, fps)(x, skeleton, generator)


def low_motion_frames(
    x: Tensor,
    skeleton: Skeleton | None = None,
    ratio: float = 0.2,
    generator: torch.Generator | None = None,
    cutoff: float | None = None,
    fps: float = 30.0,
) -> Tensor:
    """`LowMotionFrames` as a function. bool [N, T]."""
    return LowMotionFrames(ratio, cutoff, fps)(x, skeleton, generator)


def motion_attentive_frames(
    x: Tensor,
    skeleton: Skeleton | None = None,
    ratio: float = 0.4,
    generator: torch.Generator | None = None,
    cutoff: float | None = None,
    fps: float = 30.0,
    lowest: bool = False,
) -> Tensor:
    """`MotionAttentiveFrames` as a function. bool [N, T]."""
    return MotionAttentiveFrames(ratio, cutoff, fps, lowest)(x, skeleton, generator)
