"""Clips as the zero-padded arrays of other toolkits, written piece by piece."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from ..clips import ClipSet


def check_fits(part: str, clips: ClipSet, frames: int, persons: int) -> None:
    """Every clip has at most so many frames and persons. (Persons are counted by their place: a gap before the second is a place.)"""
    if int(clips.lengths.max()) > frames:
        index = int(clips.lengths.argmax())
        raise ValueError(
            f"{part}: {clips[index].name}: {len(clips[index])} frames, the file has room for {frames}; pass frames=… or cut the clips"
        )
    if clips.present[:, persons:].any():
        raise ValueError(
            f"{part}: a clip has more than {persons} persons; pass persons=… or leave out those who do not belong to the action"
        )


def padded(poses: Tensor, frames: int, persons: int) -> np.ndarray:
    """[T, M, V, 3] -> float32 [frames, persons, V, 3], zeros for what is not there."""
    poses = poses[:, :persons].float().cpu().numpy()
    out = np.zeros((frames, persons, *poses.shape[2:]), dtype="<f4")
    out[: len(poses), : poses.shape[1]] = poses
    return out
