"""How much each frame and each joint moves; masks rank frames and joints by it."""

from __future__ import annotations

import torch
from torch import Tensor

from .. import motion
from ..motion import check_batch


def frame_motion(x: Tensor, fps: float = 30.0, cutoff: float | None = None) -> Tensor:
    """Mean squared displacement to the next frame, over joints and the persons present, m^2. [N, T].

    The last frame repeats the value of the frame before.

    Args:
        x: clips [N, C, T, V, M], metres.
        fps: frames per second of x, for `cutoff`.
        cutoff: low-pass the clips at this frequency (Hz) first, so that sensor noise does not count as
            motion.

    Raises:
        ValueError: a cutoff that is not positive.
    """
    present = motion.presence(motion.to_frames(check_batch(x)))  # [N, T, M]
    # [N, T]: persons present here and in the next frame
    persons = torch.nn.functional.pad((present[:, 1:] & present[:, :-1]).sum(2), (0, 1)).clamp_min(1)
    moved = motion.velocity(motion.low_pass(x, cutoff, fps)).square().sum((1, 3, 4)) / (persons * x.shape[3])
    if x.shape[2] > 1:
        moved[:, -1] = moved[:, -2]
    return moved


def joint_motion(x: Tensor, fps: float = 30.0, cutoff: float | None = None) -> Tensor:
    """Mean speed of each joint over the frames where its person is present, m/s. [N, V].

    Args:
        x, fps, cutoff: as in `frame_motion`.

    Raises:
        ValueError: x does not have 5 axes, or the cutoff is not positive.
    """
    present = motion.presence(motion.to_frames(check_batch(x))).to(x.dtype)  # [N, T, M]
    pairs = (present[:, 1:] * present[:, :-1]).sum((1, 2)).clamp_min(1)
    return motion.speed(motion.low_pass(x, cutoff, fps), fps).sum((1, 3)) / pairs[:, None]
