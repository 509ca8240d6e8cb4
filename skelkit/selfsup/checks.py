"""Checks after pre-training: whether the encoders are better than their first weights."""

from __future__ import annotations

import math
import warnings

import torch

from ..skeletons.skeleton import Skeleton
from ..training.inputs import PreparedClips
from .pretrained import Pretrained
from .protocols import leave_one_out

CHECKED_CLIPS = 512
"""Number of clips by which k-NN compares encoders with their first weights."""

LEAST_RANK = 4.0
"""Features with a lower effective rank at the end tell few classes apart."""

TRIAL_STEPS = 50
"""A shorter training only tries out that everything runs, and is not judged."""


@torch.no_grad()
def knn_accuracy(pretrained: Pretrained, clips: PreparedClips) -> float:
    """Leave-one-out accuracy of k-NN on the encoders' features; nan if all clips have the same label.

    The encoders are in evaluation mode.
    """
    count = min(len(clips), CHECKED_CLIPS)
    chosen = torch.arange(count, device=clips.labels.device) * len(clips) // count
    labels = clips.labels[chosen]
    if len(labels.unique()) < 2:
        return math.nan
    subset = PreparedClips(clips.clips.select(chosen), clips.frames, clips.crop)
    return leave_one_out(subset.map(pretrained.features), labels)


def sides_are_unknown(skeleton: Skeleton) -> bool:
    """Whether a mirror image cannot swap left and right; warns for a body with limbs."""
    if skeleton.lacks_sides:
        warnings.warn(
            f"views are not mirrored: no left and right joints are known of {skeleton.name}; "
            'give pairs: sk.Skeleton(…, pairs=[("left joint", "right joint"), …])',
            stacklevel=3,
        )
    return skeleton.lacks_sides


def warn_of_little_learning(pretrained: Pretrained, steps: int) -> None:
    """Warn if features are of low rank, or worse than those of the first weights, after `steps` steps."""
    if steps < TRIAL_STEPS:
        return
    found = []
    if pretrained.ranks[-1] < LEAST_RANK:
        width = sum(encoder.width for encoder in pretrained.encoders)
        found.append(f"features have an effective rank of {pretrained.ranks[-1]:.1f} (of {width})")
    if pretrained.knn is not None and pretrained.knn[1] < pretrained.knn[0]:
        before, after = pretrained.knn
        found.append(
            f"k-NN on the training clips is right for {after:.0%}, with the first weights for {before:.0%}"
        )
    if found:
        warnings.warn(
            f"{pretrained.method}, {steps} steps: {'; '.join(found)}; "
            f"train longer (least_steps={2 * steps}), on more clips, "
            "or with weaker views (joints, hidden, crop, tilt)",
            stacklevel=2,
        )
