"""Clips that occur twice, and clips that leak across a split."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ..data.clips import ClipSet


def fingerprints(clips: ClipSet) -> list[str]:
    """Hash of the frames of each clip, bit by bit; person slots that are always empty do not count."""
    found, poses = [], clips.poses.cpu().float()
    for begin, end in zip(clips.starts[:-1].tolist(), clips.starts[1:].tolist(), strict=True):
        clip = poses[begin:end]
        occupied = (clip != 0).flatten(2).any(2).any(0)
        content = clip[:, occupied].contiguous().numpy().tobytes() + str(clip.shape[2:]).encode()
        found.append(hashlib.sha256(content).hexdigest())
    return found


def duplicates(clips: ClipSet) -> tuple[tuple[int, ...], ...]:
    """Groups of two or more clips with exactly the same frames, as positions."""
    return groups_of_equal(fingerprints(clips))


def groups_of_equal(prints: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Groups of two or more equal fingerprints, as positions."""
    groups: dict[str, list[int]] = {}
    for i, fingerprint in enumerate(prints):
        groups.setdefault(fingerprint, []).append(i)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def leaks(train: ClipSet, test: ClipSet) -> list[tuple[int, int]]:
    """Test clips with exactly the frames of a training clip: (test position, training position) of each.

    A network has seen the answers for them. In a published split of a well-known data set, a fifth of the
    test clips are training clips.
    """
    known = {fingerprint: i for i, fingerprint in reversed(list(enumerate(fingerprints(train))))}
    return [(i, known[each]) for i, each in enumerate(fingerprints(test)) if each in known]


def leak_report(train: ClipSet, test: ClipSet) -> list[str]:
    """Sentences on the clips and subjects that train and test share."""
    found = leaks(train, test)
    lines = [leaked(len(found), len(test))]
    if found:
        listed = ", ".join(f"{i} (training clip {j})" for i, j in found[:5]) + " …" * (len(found) > 5)
        lines.append(f"  test clip {listed}: leave them out of the test, or of the training")
    if train.subject is not None and test.subject is not None:
        shared = set(train.subject.tolist()) & set(test.subject.tolist())
        lines.append(f"subjects in both: {len(shared)}" + ("" if shared else ", a cross-subject split"))
    return lines


def leaked(found: int, test: int) -> str:
    """Sentence on the number of test clips that are training clips."""
    return f"test clips that are training clips, bit for bit: {found} of {test} ({found / test:.0%})"
