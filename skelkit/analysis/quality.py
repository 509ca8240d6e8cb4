"""Data quality of a set of recordings: faulty joints, units and axes, varying bones, copies and leaks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..data import file_split
from ..data.clips import ClipSet
from ..utils.statistics import median
from .body_size import measure, origin_joint
from .bones import length_variation
from .duplicates import fingerprints, groups_of_equal
from .joint_faults import find_faults
from .quality_report import Quality


def inspect(clips: ClipSet) -> Quality:
    """Data quality report on all frames of a set.

    >>> from skelkit.data import synthetic
    >>> found = inspect(synthetic.make(6, classes=["wave", "hug"]))
    >>> found.copies, 1.2 < found.height < 2.1
    ((), True)
    """
    clips = clips.to("cpu")
    faults = find_faults(clips)
    missing, per_clip, frames = faults.missing, faults.per_clip, max(faults.person_frames, 1)
    never_present = (missing == faults.person_frames).nonzero().flatten().tolist()
    origin = origin_joint(clips, never_present)
    if origin is not None:
        missing = missing.index_fill(0, torch.tensor([origin]), 0)
        per_clip = per_clip | {"missing": per_clip["missing"] - _person_frames(clips)}
    prints = fingerprints(clips)
    copies = groups_of_equal(prints)
    affected = {name: float((found > 0).float().mean()) for name, found in per_clip.items()}
    empty, gaps = _absences(clips)
    return Quality(
        **vars(measure(clips, origin)),
        clips=len(clips),
        skeleton=clips.skeleton.name,
        skeleton_joints=clips.skeleton.joints,
        bones=tuple((clips.skeleton.joints[p], clips.skeleton.joints[c]) for p, c in clips.skeleton.edges),
        missing=missing / frames,
        frozen=faults.frozen / frames,
        jumps=faults.jumping,
        repeated=faults.repeated / frames,
        bone_variation=_bone_variation(clips),
        origin=None if origin is None else clips.skeleton.joints[origin],
        empty=empty,
        gaps=gaps,
        names=clips.names,
        copies=copies,
        crossing=_crossing_groups(clips, copies),
        single=tuple((clips.lengths == 1).nonzero().flatten().tolist()),
        contradictions=tuple(group for group in copies if len(clips.labels[list(group)].unique()) > 1),
        leaked=_leaks_of_file_splits(clips, prints),
        affected=affected | {"copied": sum(map(len, copies)) / len(clips)},
        worst={name: int(found.argmax()) for name, found in per_clip.items() if found.any()},
        fps=float(clips.fps),
    )


def _crossing_groups(clips: ClipSet, copies: Sequence[Sequence[int]]) -> dict[str, tuple[int, ...]]:
    """Clips with a copy in another subject or view, by the name of the group."""
    found = {}
    for key in ("subject", "view"):
        if (codes := getattr(clips, key)) is not None:
            spread = [group for group in copies if len(codes[list(group)].unique()) > 1]
            found[key] = tuple(sorted(clip for group in spread for clip in group))
    return {key: positions for key, positions in found.items() if positions}


def _person_frames(clips: ClipSet) -> Tensor:
    """Number of frames of all persons of each clip, Long[N]."""
    of_clip = torch.repeat_interleave(torch.arange(len(clips)), clips.lengths)
    return torch.zeros(len(clips), dtype=torch.long).index_add_(0, of_clip, clips.present.sum(1))


def _bone_variation(clips: ClipSet) -> Tensor:
    """Median over clips of the length variation of each bone of the first person, float64 [V - 1]."""
    variation, frames = length_variation(clips, slice(0, 1))
    known = frames[:, 0] > 1
    if not known.any():
        return variation.new_zeros(variation.shape[2])
    return median(variation[known, 0])


def _absences(clips: ClipSet) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Clips without persons in more than half of the frames, and clips with a gap between persons."""
    of_clip = torch.repeat_interleave(torch.arange(len(clips)), clips.lengths)
    occupied = clips.present.any(1)
    absent = torch.zeros(len(clips)).index_add(0, of_clip, (~occupied).float())
    starts = clips.starts.tolist()
    gaps = [i for i in absent.nonzero().flatten().tolist() if _has_gap(occupied[starts[i] : starts[i + 1]])]
    return tuple((absent / clips.lengths > 0.5).nonzero().flatten().tolist()), tuple(gaps)


def _has_gap(occupied: Tensor) -> bool:
    """Whether there are frames without persons between frames with persons. bool [T]."""
    inside = occupied.nonzero().flatten()
    return len(inside) > 0 and not bool(occupied[inside[0] : inside[-1]].all())


def _leaks_of_file_splits(
    clips: ClipSet, prints: Sequence[str]
) -> dict[str, tuple[str, int, tuple[int, ...]]]:
    """Leaks of the predefined splits of the file, see `Quality.leaked`."""
    positions, found = file_split.subsets(clips), {}
    for train, test in file_split.train_test_pairs(clips).items():
        known = {prints[i] for i in positions[train]}
        leaked = tuple(i for i in positions[test] if prints[i] in known)
        found[train] = (test, len(positions[test]), leaked)
    return found
