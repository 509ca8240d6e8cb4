"""The two complementary views of ASMa."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...skeletons.skeleton import Skeleton
from ..motion import check_batch
from .frames import high_motion_frames, low_motion_frames
from .hiding import hide
from .joints import degree_joints, inverse_degree_joints
from .sampling import hidden_count


@dataclass(frozen=True)
class View:
    """What is hidden from one encoder.

    Attributes:
        joints: bool[N, V], hidden from its spatial stream.
        frames: bool[N, T], hidden from its temporal stream.
    """

    joints: Tensor
    frames: Tensor

    def spatial(self, x: Tensor) -> Tensor:
        """x with the hidden joints set to zero."""
        return hide(x, joints=self.joints)

    def temporal(self, x: Tensor) -> Tensor:
        """x with the hidden frames set to zero."""
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
    """The complementary masks of ASMa's two encoders. (ASMa, method section.)

    f hides joints of high degree and frames of low motion; g hides joints of low degree and frames of high
    motion.

    Args:
        x: clips [N, C, T, V, M].
        joint_ratio, frame_ratio: shares of joints and frames that each of them hides.
        cutoff, fps: as in `HighMotionFrames`.

    Raises:
        ValueError: each hides more than half of the frames, so that some frames would be hidden from both; or
            all joints would be hidden.
    """
    hidden = hidden_count(frame_ratio, check_batch(x, skeleton).shape[2], "frames")
    if 2 * hidden > x.shape[2]:
        raise ValueError(
            f"frame_ratio={frame_ratio}: f and g would each hide {hidden} of {x.shape[2]} frames, "
            "some of them both; choose a smaller ratio"
        )
    f = View(
        degree_joints(x, skeleton, joint_ratio, generator),
        low_motion_frames(x, ratio=frame_ratio, cutoff=cutoff, fps=fps),
    )
    g = View(
        inverse_degree_joints(x, skeleton, joint_ratio, generator),
        high_motion_frames(x, ratio=frame_ratio, cutoff=cutoff, fps=fps),
    )
    return f, g
