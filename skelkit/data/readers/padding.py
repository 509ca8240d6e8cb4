"""Clips as the zero-padded arrays of other toolkits."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from ..clips import ClipSet

LEAST_FRAMES = 300
"""Frames of a clip in the files of other toolkits; more if a clip is longer."""


def check_fits(subset: str, clips: ClipSet, frames: int, persons: int) -> None:
    """Raise ValueError if a clip has more than `frames` frames or more than `persons` person slots in use."""
    if int(clips.lengths.max()) > frames:
        clip = clips[int(clips.lengths.argmax())]
        raise ValueError(
            f"{subset}: {clip.name}: {len(clip)} frames, the file has room for {frames}; "
            "pass frames=… or cut the clips"
        )
    if clips.present[:, persons:].any():
        raise ValueError(
            f"{subset}: a clip has more than {persons} persons; "
            "pass persons=… or leave out persons that do not belong to the action"
        )


def room(*sets: ClipSet, frames: int = LEAST_FRAMES, persons: int = 2) -> dict[str, int]:
    """Frames and persons of a file that holds all clips of these sets, and at least as many as given."""
    for clips in sets:
        slots = clips.present.any(0).nonzero().flatten()
        frames, persons = max(frames, int(clips.lengths.max())), max(persons, int(slots[-1]) + 1)
    return {"frames": frames, "persons": persons}


def padded(poses: Tensor, frames: int, persons: int) -> np.ndarray:
    """Poses [T, M, V, 3] as float32 [frames, persons, V, 3], padded with zeros."""
    values = poses[:, :persons].float().cpu().numpy()
    out = np.zeros((frames, persons, *values.shape[2:]), dtype="<f4")
    out[: len(values), : values.shape[1]] = values
    return out
