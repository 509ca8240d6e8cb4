"""Which of the bodies that a camera tracked are the performers, and a report of those that are not.

Kinect v2 also sees people in tables and seats, gives one person several ids, and loses people for a while.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from .layout import JOINTS, Recording

REASONS = {
    "listed": "files left out: on the list of missing samples",
    "empty": "files left out: nobody in any frame",
    "damaged": "files left out: damaged",
    "name": "files left out: named otherwise than S001C002P003R002A013.skeleton",
    "link": "linked folders not looked into",
    "length": "bodies dropped: seen too briefly",
    "spread": "bodies dropped: wider than high",
    "third": "bodies dropped: more persons than there is room for",
    "kept": "bodies kept although they look like no person: they are all there is",
    "joined": "bodies joined to another that they go on from, under a new id",
}
"""What a note of a `Report` can be about."""

_SINGULAR = {
    "files": "file",
    "bodies": "body",
    "folders": "folder",
    "they look": "it looks",
    "they are": "it is",
    "they go": "it goes",
}

_ONE = re.compile("|".join(_SINGULAR))

_MIDDLE = 1  # spine_mid


@dataclass(frozen=True)
class Rules:
    """How performers are told from furniture, with the published thresholds.

    Attributes:
        denoise: drop bodies by `length` and `spread` at all; `persons` and `join` always count.
        length: a body seen in so many frames, or fewer, is dropped.
        spread, share: a body is dropped when in this share of its frames, or more, it is wider than `spread` times its height.
        persons: how many are kept: those that move most.
        join: metres; a body that appears within this distance of where another was lost (or is lost where another appears) is
            the same person under a new id. 0 never joins; infinity joins whatever does not overlap, as the published scripts do.
    """

    denoise: bool = True
    length: int = 11
    spread: float = 0.8
    share: float = 0.69754
    persons: int = 2
    join: float = 1.0

    def __post_init__(self):
        for name, least, most in (
            ("length", 0, math.inf),
            ("spread", 0, math.inf),
            ("share", 0, math.inf),
            ("persons", 1, 6),
            ("join", 0, math.inf),
        ):
            value = getattr(self, name)
            whole = name in ("length", "persons")
            if (
                isinstance(value, bool)
                or not isinstance(value, int if whole else (int, float))
                or not least <= value <= most
            ):
                raise ValueError(
                    f"{name}={value!r}: expected {'a whole' if whole else 'a'} number from {least} to {most}"
                )


@dataclass
class Report:
    """What was read, what was dropped and why. ``notes``: (sample, reason out of `REASONS`, what exactly)."""

    files: int = 0
    clips: int = 0
    notes: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, files: int, clips: int, notes: Iterable[tuple[str, str, str]]) -> None:
        self.files += files
        self.clips += clips
        self.notes += [tuple(note) for note in notes]

    def of(self, name: str) -> list[str]:
        """What is noted of one sample."""
        return [f"{REASONS[reason]}: {text}" for sample, reason, text in self.notes if sample == name]

    def counts(self) -> dict[str, int]:
        """How many notes of every reason, in the order of `REASONS`."""
        found = Counter(reason for _, reason, _ in self.notes)
        return {reason: found[reason] for reason in REASONS if found[reason]}

    def describe(self, examples: int = 3) -> str:
        """Counts, and the first few notes of every reason.

        >>> print(Report(2, 1, [("S001C001P001R001A001", "empty", "0 bodies in all 80 frames")]).describe())
        2 files, 1 clip
        1 file left out: nobody in any frame
          S001C001P001R001A001: 0 bodies in all 80 frames
        """
        lines = [
            f"{self.files} file{'s' if self.files != 1 else ''}, {self.clips} clip{'s' if self.clips != 1 else ''}"
        ]
        for reason, count in self.counts().items():
            lines.append(
                f"{count} {REASONS[reason] if count > 1 else _ONE.sub(lambda found: _SINGULAR[found[0]], REASONS[reason])}"
            )
            shown = [f"  {name}: {text}" for name, why, text in self.notes if why == reason][:examples]
            lines += shown + [f"  … and {count - examples} more"] * (count > examples)
        return "\n".join(lines)


@dataclass(frozen=True, eq=False)
class _Track:
    """One tracking id: in which frames, Long[n], and where its joints are, float32 [n, 25, 3]."""

    identity: int
    frames: np.ndarray
    joints: np.ndarray

    @cached_property
    def motion(self) -> float:
        """Sum over joints and coordinates of the variance in time, m^2."""
        return float(self.joints.reshape(len(self.joints), -1).astype(np.float64).var(0).sum())

    def flat(self, spread: float) -> float:
        """The share of frames in which it is wider than `spread` times its height."""
        span = self.joints[:, :, :2].max(1).astype(np.float64) - self.joints[:, :, :2].min(1)  # [n, 2]
        return float((span[:, 0] > spread * span[:, 1]).mean())


def performers(recording: Recording, rules: Rules) -> tuple[np.ndarray, list[tuple[str, str]]]:
    """Poses float32 [T, M, 25, 3] of the persons, the one that moves most first; zeros where one is not seen. And notes: (reason, text).

    Bodies take their turn by motion, the most first. One that overlaps in time with nobody in some slot, and begins near where that slot's
    person was lost or ends near where it appears (`Rules.join`), goes on in that slot, the nearest if there are several; else it opens a
    slot of its own; where none is left, it is dropped.
    """
    tracks = [_Track(identity, *body) for identity, body in recording.bodies.items()]
    notes: list[tuple[str, str]] = []
    if rules.denoise:
        tracks = _people(tracks, rules, notes)
    poses = np.zeros((recording.frames, rules.persons, JOINTS, 3), np.float32)
    taken = np.zeros((rules.persons, recording.frames), bool)
    used: list[int] = []  # the id that opened each slot
    for track in sorted(tracks, key=lambda t: (-t.motion, t.frames[0], t.identity)):
        distance, slot = min(
            ((_apart(poses[:, s], taken[s], track), s) for s in range(len(used))), default=(math.inf, 0)
        )
        if distance <= rules.join and math.isfinite(distance) and rules.join > 0:
            notes.append(
                ("joined", f"body {track.identity} goes on from {used[slot]}, {distance:.2f} m away")
            )
        elif len(used) < rules.persons:
            slot = len(used)
            used.append(track.identity)
        else:
            notes.append(
                (
                    "third",
                    f"body {track.identity}, in {len(track.frames)} frames, moves less than {' and '.join(map(str, used))}",
                )
            )
            continue
        poses[track.frames, slot] = track.joints
        taken[slot, track.frames] = True
    return poses, notes


def _people(tracks: list[_Track], rules: Rules, notes: list[tuple[str, str]]) -> list[_Track]:
    """The bodies that stay after the published denoising by length and spread."""
    stay = []
    for track in tracks:
        if len(track.frames) <= rules.length:
            notes.append(
                ("length", f"body {track.identity} in {len(track.frames)} frames, {rules.length} or fewer")
            )
        elif (share := track.flat(rules.spread)) >= rules.share:
            notes.append(
                (
                    "spread",
                    f"body {track.identity} is wider than {rules.spread:g} times its height in {100 * share:.0f} % of its frames",
                )
            )
        else:
            stay.append(track)
    if tracks and not stay:
        most = max(tracks, key=lambda t: (t.motion, -t.frames[0], -t.identity))
        place = tracks.index(most)
        notes.append(("kept", f"{notes.pop(place)[1]}; it moves most of all"))
        stay = [most]
    return stay


def _apart(poses: np.ndarray, taken: np.ndarray, track: _Track) -> float:
    """Metres between a track's ends and the person of a slot, just before or after it; infinite if both are in some frame.

    poses [T, 25, 3], taken bool [T].
    """
    if taken[track.frames].any():
        return math.inf
    there = np.flatnonzero(taken)
    first, last = np.searchsorted(there, (track.frames[0], track.frames[-1]))
    ends = [(frame, 0) for frame in there[:first][-1:]] + [(frame, -1) for frame in there[last:][:1]]
    return min(
        (math.dist(poses[frame, _MIDDLE], track.joints[end, _MIDDLE]) for frame, end in ends),
        default=math.inf,
    )
