"""Rate and distortion of codecs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ..data.clips import ClipSet
from ..ops import motion
from ..ops.codecs import Codec
from ..ops.fidelity import joint_error

_CLIPS_AT_ONCE = 256


def rate_distortion(clips: ClipSet, by_name: Mapping[str, Codec], frames: int = 120) -> list[dict[str, Any]]:
    """Size and error of each codec: one row per codec and class, and one for "all" classes together.

    Args:
        clips: resized to `frames` first, as in a replay memory.
        by_name: codec name -> codec.
        frames: T.

    Returns:
        Rows ``{"codec", "class", "clips", "bytes_per_clip", "rmse_mm"}``.

    >>> import torch
    >>> still = ClipSet.from_arrays([torch.ones(60, 20, 3)], skeleton="kinect20")
    >>> from skelkit.ops.codecs import Uniform
    >>> rate_distortion(still, {"every 5th frame": Uniform(5)})[-1]["rmse_mm"]
    0.0
    """
    x = clips.batch(slice(None), frames=frames)
    joints = motion.presence(motion.to_frames(x)).sum((1, 2)) * x.shape[3]  # joints of all frames, per clip
    labels = clips.labels.unique().tolist()
    rows = []
    for name, codec in by_name.items():
        squared, nbytes = {}, {}
        for label in labels:
            members = (clips.labels == label).nonzero().flatten()
            squared[label], nbytes[label] = _error_and_bytes(x, members, codec)
        for label in labels:
            chosen = clips.labels == label
            values = _row(nbytes[label], squared[label], int(chosen.sum()), int(joints[chosen].sum()))
            rows.append({"codec": name, "class": clips.classes[label]} | values)
        together = _row(sum(nbytes.values()), sum(squared.values()), len(clips), int(joints.sum()))
        rows.append({"codec": name, "class": "all"} | together)
    return rows


def _error_and_bytes(x: Tensor, members: Tensor, codec: Codec) -> tuple[float, int]:
    """Sum of squared joint errors, m^2, and of encoded bytes of these clips."""
    squared, nbytes = 0.0, 0
    for some in members.split(_CLIPS_AT_ONCE):
        packed = codec.encode(x[some])
        squared += float(joint_error(x[some], codec.decode(packed)).square().sum())
        nbytes += packed.nbytes
    return squared, nbytes


def _row(nbytes: int, squared: float, clips: int, joints: int) -> dict[str, Any]:
    rmse_mm = 1000 * (squared / max(joints, 1)) ** 0.5
    return {"clips": clips, "bytes_per_clip": nbytes / clips, "rmse_mm": rmse_mm}
