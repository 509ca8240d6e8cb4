"""Rate and distortion of codecs."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from ..data.clips import ClipSet
from ..ops import motion
from ..ops.codecs import Codec
from ..ops.fidelity import joint_error


def rate_distortion(clips: ClipSet, by_name: Mapping[str, Codec], frames: int = 120) -> list[dict]:
    """What each codec costs and loses: one row per codec and class, and one for "all" classes together.

    Clips are resized to `frames` first, as a replay memory keeps them.

    Returns:
        Rows ``{"codec", "class", "clips", "bytes_per_clip", "rmse_mm"}``.

    >>> still = ClipSet.from_arrays([torch.ones(60, 25, 3)])
    >>> from skelkit import codecs
    >>> rate_distortion(still, {"every 5th frame": codecs.Uniform(5)})[-1]["rmse_mm"]
    0.0
    """
    x = clips.batch(slice(None), frames=frames)
    there = motion.presence(motion.to_frames(x)).sum((1, 2)) * x.shape[3]  # joints seen, per clip
    rows = []
    for name, codec in by_name.items():
        squared, nbytes = {}, {}
        for label in clips.labels.unique().tolist():
            for part in (clips.labels == label).nonzero().flatten().split(256):
                packed = codec.encode(x[part])
                error = joint_error(x[part], codec.decode(packed)).square().sum()
                squared[label], nbytes[label] = (
                    squared.get(label, 0) + float(error),
                    nbytes.get(label, 0) + packed.nbytes,
                )
        for label in [*squared, None]:
            mine = (
                clips.labels == label
                if label is not None
                else torch.ones_like(clips.labels, dtype=torch.bool)
            )
            pick = [label] if label is not None else list(squared)
            rows.append(
                {
                    "codec": name,
                    "class": "all" if label is None else clips.classes[label],
                    "clips": int(mine.sum()),
                    "bytes_per_clip": sum(nbytes[k] for k in pick) / int(mine.sum()),
                    "rmse_mm": 1000 * (sum(squared[k] for k in pick) / max(int(there[mine].sum()), 1)) ** 0.5,
                }
            )
    return rows
