"""Checks of arrays that become clips."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ..skeletons.skeleton import Skeleton


def check_clip(array, name: str, skeleton: Skeleton | None) -> Tensor:
    clip = torch.as_tensor(array if isinstance(array, Tensor) else np.require(array, requirements="W")).to(
        "cpu", torch.float32
    )
    if clip.ndim == 3:
        clip = clip[:, None]  # [T, V, C] -> [T, 1, V, C]
    if clip.ndim != 4 or clip.shape[-1] != 3:
        raise ValueError(
            f"{name}: shape {list(np.shape(array))}; expected [frames, joints, 3] or [frames, persons, joints, 3]"
        )
    if not len(clip):
        raise ValueError(f"{name}: no frames; leave empty clips out")
    bad = (~clip.isfinite()).nonzero()
    if len(bad):
        frame, person, joint, _ = bad[0].tolist()
        joint = (
            f"{joint} ({skeleton.joints[joint]})" if skeleton is not None and joint < len(skeleton) else joint
        )
        raise ValueError(
            f"{name}: {len(bad)} coordinates are NaN or infinite, first at frame {frame}, person {person}, joint {joint}; fill or drop them (absent persons are all zeros)"
        )
    if not clip.any():
        raise ValueError(f"{name}: all coordinates are zero, so nobody is present; leave such clips out")
    return clip


def check_metres(clips: Sequence[Tensor]) -> None:
    """Nobody is twenty metres tall: coordinates like that are millimetres, centimetres or pixels."""
    span = torch.stack([(clip[0, 0].amax(0) - clip[0, 0].amin(0)).max() for clip in clips]).median()
    if span > 20:
        warnings.warn(
            f"bodies measure {float(span):.0f} from end to end; coordinates should be metres: divide millimetres by 1000, centimetres by 100",
            stacklevel=3,
        )


def check_count(what: str, values, clips: Sequence) -> None:
    if len(values) != len(clips):
        raise ValueError(f"{len(values)} {what} for {len(clips)} clips; give one per clip")


def as_codes(values: Sequence) -> tuple[Tensor, tuple[str, ...]]:
    """Numbers stay what they are; names become positions in the sorted tuple of names."""
    values = np.asarray(values)
    if values.dtype.kind in "iu":
        return torch.as_tensor(values.astype(np.int64)), ()
    found, codes = np.unique(values.astype(str), return_inverse=True)
    return torch.as_tensor(codes.astype(np.int64)), tuple(found.tolist())
