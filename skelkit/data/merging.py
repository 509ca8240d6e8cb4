"""Merge several sets of clips: one frame rate, and classes of the same name become one class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ..ops import motion
from .clips import ClipSet
from .ragged import starts_of
from .splits import GROUPS


def merge(first: ClipSet, *others: ClipSet) -> ClipSet:
    """One ClipSet of several with the same skeleton, at the frame rate and on the device of the first.

    Clips with another frame rate are resampled and keep their duration. Classes with the same name become
    one class. Subjects, views and setups of different sets stay different: "7" of the second set becomes
    "2: 7". A group that some set lacks is left out.

    Raises:
        ValueError: the skeletons differ.

    >>> import functools
    >>> make = functools.partial(ClipSet.from_arrays, skeleton="kinect20")
    >>> a = make([torch.ones(30, 20, 3)], classes=["sit"], fps=30, subject=["Ann"])
    >>> b = make([torch.ones(50, 2, 20, 3)], classes=["fall"], fps=25, subject=[7])
    >>> both = merge(a, b)
    >>> both
    ClipSet(2 clips, 2 classes, 90 frames at 30 fps, up to 2 persons, Kinect v1-20)
    >>> both.lengths.tolist(), both.group_names
    ([30, 60], {'subject': ('1: Ann', '2: 7')})
    """
    for number, clips in enumerate(others, 2):
        if clips.skeleton != first.skeleton:
            raise ValueError(
                f"set {number} has the {clips.skeleton.name} skeleton, set 1 has {first.skeleton.name}; "
                "merge(first, as_skeleton(other, first.skeleton)) maps one to the other, "
                "common(…) is the skeleton of the joints that both have"
            )
    if not others:
        return first
    sets = [_resampled(clips.to(first.device), first.fps) for clips in (first, *others)]
    classes = tuple(dict.fromkeys(name for clips in sets for name in clips.classes))
    labels = [
        torch.tensor([classes.index(name) for name in clips.classes], device=first.device)[clips.labels]
        for clips in sets
    ]
    named = any(clips.names for clips in sets)
    return ClipSet(
        _stacked_poses(sets),
        starts_of(torch.cat([clips.lengths for clips in sets])),
        torch.cat(labels),
        classes,
        first.skeleton,
        first.fps,
        names=tuple(clip.name for clips in sets for clip in clips) if named else (),
        **_merged_groups(sets),
    )


def _stacked_poses(sets: Sequence[ClipSet]) -> Tensor:
    """All frames, with as many person slots as the set with the most has."""
    persons = max(clips.poses.shape[1] for clips in sets)
    padded = [
        torch.nn.functional.pad(clips.poses, (0, 0, 0, 0, 0, persons - clips.poses.shape[1]))
        for clips in sets
    ]
    return torch.cat(padded)


def _resampled(clips: ClipSet, fps: float) -> ClipSet:
    """The same clips at another frame rate.

    Frame t is the pose at t / fps seconds; the last frame of the clip is held to the end.
    """
    if clips.fps == fps:
        return clips
    lengths = (clips.lengths.double() * (fps / clips.fps)).round().long().clamp_min(1)
    starts = starts_of(lengths)
    frame = torch.arange(int(starts[-1]), device=clips.device) - starts[:-1].repeat_interleave(lengths)
    last = (clips.lengths - 1).repeat_interleave(lengths).double()
    within = (frame.double() * clips.fps / fps).minimum(last)
    # Positions count from frame 0 of the whole set, as in ClipSet.batch: ragged clips in one resample.
    positions = within + clips.starts[:-1].repeat_interleave(lengths)
    all_frames = torch.tensor([0, len(clips.poses)], device=clips.device)
    poses = motion.resample(clips.poses, all_frames, positions[None], clips.present)[0]
    return replace(clips, poses=poses.to(clips.poses.dtype), starts=starts, fps=fps)


def _merged_groups(sets: Sequence[ClipSet]) -> dict[str, Any]:
    """Groups that all sets have, and their names: the number of the set, then the name there."""
    merged: dict[str, Any] = {"group_names": {}}
    for key in GROUPS:
        if any(getattr(clips, key) is None for clips in sets):
            continue
        names: list[str] = []
        codes = []
        for number, clips in enumerate(sets, 1):
            own = getattr(clips, key)
            known = (clips.group_names or {}).get(key)
            if known:
                values, places = list(known), own
            else:
                found, places = own.unique(return_inverse=True)
                values = found.tolist()
            codes.append(places + len(names))
            names += [f"{number}: {value}" for value in values]
        merged[key] = torch.cat(codes)
        merged["group_names"][key] = tuple(names)
    return merged
