"""Clips that occur twice, and clips that leak across a split."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ..data.clips import ClipSet


def fingerprints(clips: ClipSet) -> list[str]:
    """Of each clip's frames, bit by bit; person slots in which nobody ever is do not count."""
    found, poses = [], clips.poses.cpu().float()
    for begin, end in zip(clips.starts[:-1].tolist(), clips.starts[1:].tolist(), strict=True):
        clip = poses[begin:end]
        there = (clip != 0).flatten(2).any(2).any(0)
        found.append(
            hashlib.sha256(
                clip[:, there].contiguous().numpy().tobytes() + str(clip.shape[2:]).encode()
            ).hexdigest()
        )
    return found


def duplicates(clips: ClipSet) -> tuple[tuple[int, ...], ...]:
    """Groups of two or more clips whose frames are the same, bit for bit; positions."""
    return alike(fingerprints(clips))


def alike(prints: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    groups: dict[str, list[int]] = {}
    for i, print_ in enumerate(prints):
        groups.setdefault(print_, []).append(i)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def leaks(train: ClipSet, test: ClipSet) -> list[tuple[int, int]]:
    """Test clips whose frames are those of a training clip, bit for bit: (test position, training position) of each.

    A network that saw them knows the answers; a published split of one well-known set has a fifth of its test clips among the training clips.
    """
    known = {print_: i for i, print_ in reversed(list(enumerate(fingerprints(train))))}
    return [(i, known[print_]) for i, print_ in enumerate(fingerprints(test)) if print_ in known]


def leak_report(train: ClipSet, test: ClipSet) -> Sequence[str]:
    """What train and test share, in words: clips, subjects."""
    found = leaks(train, test)
    lines = [leaked(len(found), len(test))]
    if found:
        listed = ", ".join(f"{i} (training clip {j})" for i, j in found[:5]) + (
            " …" if len(found) > 5 else ""
        )
        lines.append(f"  test clip {listed}: leave them out of the test, or of the training")
    if train.subject is not None and test.subject is not None:
        shared = sorted(set(train.subject.tolist()) & set(test.subject.tolist()))
        lines.append(f"subjects in both: {len(shared)}" + ("" if shared else ", a cross-subject split"))
    return lines


def leaked(found: int, test: int) -> str:
    return f"test clips that are training clips, bit for bit: {found} of {test} ({found / test:.0%})"
