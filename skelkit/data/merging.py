"""Several sets of clips as one: at one frame rate, with classes of the same name united."""

from __future__ import annotations

from dataclasses import replace

import torch

from ..ops import motion
from .clips import ClipSet
from .splits import GROUPS


def merge(first: ClipSet, *others: ClipSet) -> ClipSet:
    """One ClipSet of several with the same skeleton, at the frame rate of the first and on its device.

    Clips of another frame rate are resampled and last as long as before. Classes are united by name. Subjects, views and
    setups of different sets are different: "7" of the second set becomes "2: 7"; a group that not every set has is left out.

    Raises:
        ValueError: the skeletons differ.

    >>> a = ClipSet.from_arrays([torch.ones(30, 20, 3)], classes=["sit"], fps=30, subject=["Ann"])
    >>> b = ClipSet.from_arrays([torch.ones(50, 2, 20, 3)], classes=["fall"], fps=25, subject=[7])
    >>> both = merge(a, b)
    >>> both, both.lengths.tolist(), both.group_names
    (ClipSet(2 clips, 2 classes, 90 frames at 30 fps, up to 2 persons, Kinect v1-20), [30, 60], {'subject': ('1: Ann', '2: 7')})
    """
    for number, clips in enumerate(others, 2):
        if clips.skeleton != first.skeleton:
            raise ValueError(
                f"set {number} is of the {clips.skeleton.name} skeleton, set 1 of {first.skeleton.name}; "
                "merge(first, as_skeleton(other, first.skeleton)) makes them one, or as_skeleton of both to common(…) if no joint shall be made up"
            )
    if not others:
        return first
    sets = [_retimed(clips.to(first.device), first.fps) for clips in (first, *others)]
    persons = max(clips.poses.shape[1] for clips in sets)
    lengths = torch.cat([clips.lengths for clips in sets])
    classes = tuple(dict.fromkeys(name for clips in sets for name in clips.classes))
    labels = [
        torch.tensor([classes.index(name) for name in clips.classes], device=first.device)[clips.labels]
        for clips in sets
    ]
    named = any(clips.names for clips in sets)
    return ClipSet(
        torch.cat(
            [
                torch.nn.functional.pad(clips.poses, (0, 0, 0, 0, 0, persons - clips.poses.shape[1]))
                for clips in sets
            ]
        ),
        torch.cat([lengths.new_zeros(1), lengths.cumsum(0)]),
        torch.cat(labels),
        classes,
        first.skeleton,
        first.fps,
        names=tuple(clip.name for clips in sets for clip in clips) if named else (),
        **_united_groups(sets),
    )


def _retimed(clips: ClipSet, fps: float) -> ClipSet:
    """The same clips at another frame rate: frame t shows what was seen at t / fps seconds, and the last frame is held to the end."""
    if clips.fps == fps:
        return clips
    lengths = (clips.lengths.double() * (fps / clips.fps)).round().long().clamp_min(1)
    starts = torch.cat([lengths.new_zeros(1), lengths.cumsum(0)])
    frame = torch.arange(int(starts[-1]), device=clips.device) - starts[:-1].repeat_interleave(lengths)
    within = (frame.double() * clips.fps / fps).minimum(
        (clips.lengths - 1).repeat_interleave(lengths).double()
    )
    # Positions count from frame 0 of the whole set, as in ClipSet.batch: ragged clips in one resample.
    positions = within + clips.starts[:-1].repeat_interleave(lengths)
    bounds = torch.tensor([0, len(clips.poses)], device=clips.device)
    poses = motion.resample(clips.poses, bounds, positions[None], clips.present)[0]
    return replace(clips, poses=poses.to(clips.poses.dtype), starts=starts, fps=fps)


def _united_groups(sets: list[ClipSet]) -> dict:
    """Subjects, views and setups that all sets have, each known by the number of its set and its name there."""
    united: dict = {"group_names": {}}
    for key in GROUPS:
        if any(getattr(clips, key) is None for clips in sets):
            continue
        names, codes = [], []
        for number, clips in enumerate(sets, 1):
            own = getattr(clips, key)
            known = (clips.group_names or {}).get(key)
            values, places = (known, own) if known else own.unique(return_inverse=True)
            codes.append(places + len(names))
            names += [f"{number}: {value}" for value in (known or values.tolist())]
        united[key] = torch.cat(codes)
        united["group_names"][key] = tuple(names)
    return united
