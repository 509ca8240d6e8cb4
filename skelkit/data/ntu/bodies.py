"""Separate persons from background detections among tracked bodies, and join the tracks of one person.

Kinect v2 also detects bodies in tables and seats, gives one person several ids, and loses people for a while.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .layout import JOINTS, Recording

BodyNote = tuple[str, str]
"""A reason out of `report.REASONS`, and the details."""

_MIDDLE = 1  # spine_mid


@dataclass(frozen=True)
class Rules:
    """Rules that separate people from background detections; the defaults are the published thresholds.

    Attributes:
        denoise: drop bodies by `length` and `spread`; `persons` and `join` apply in any case.
        length: a body present in at most this many frames is dropped.
        spread, share: a body is dropped if it is wider than `spread` times its height in at least this
            share of its frames.
        persons: number of person slots, 1 to 6; those who move most are kept.
        join: metres. A body that appears within this distance of where another was lost (or is lost where
            another appears) is the same person under a new id. 0 never joins; infinity joins all bodies
            that do not overlap in time, as the published scripts do.

    Raises:
        ValueError: a value out of range.
    """

    denoise: bool = True
    length: int = 11
    spread: float = 0.8
    share: float = 0.69754
    persons: int = 2
    join: float = 1.0

    def __post_init__(self) -> None:
        for name in ("length", "spread", "share", "persons", "join"):
            least, most = (1, 6) if name == "persons" else (0, math.inf)
            value = getattr(self, name)
            whole = name in ("length", "persons")
            is_number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
            if not is_number or not least <= value <= most:
                kind = "a whole" if whole else "a"
                raise ValueError(f"{name}={value!r}: expected {kind} number from {least} to {most}")


@dataclass(frozen=True, eq=False)
class _Track:
    """One tracking id.

    Attributes:
        identity: the tracking id.
        frames: frames in which the body is present, int64 [n], ascending.
        joints: float32 [n, 25, 3], metres.
    """

    identity: int
    frames: np.ndarray
    joints: np.ndarray

    @cached_property
    def motion(self) -> float:
        """Sum over joints and coordinates of the variance over time, m^2."""
        return float(self.joints.reshape(len(self.joints), -1).astype(np.float64).var(0).sum())

    def wide_share(self, spread: float) -> float:
        """Share of frames in which the body is wider than `spread` times its height."""
        image = self.joints[:, :, :2].astype(np.float64)
        span = image.max(1) - image.min(1)  # [n, 2]
        return float((span[:, 0] > spread * span[:, 1]).mean())


def performers(recording: Recording, rules: Rules) -> tuple[np.ndarray, list[BodyNote]]:
    """Poses of the persons, float32 [T, M, 25, 3], and notes on dropped and joined bodies.

    The person who moves most has slot 0; a person is all zeros in the frames where he is not tracked.
    Bodies are assigned in order of motion, the largest first. A body joins the nearest person with whom it
    does not overlap in time, if that person was lost or appears within `Rules.join`. Otherwise it opens a
    new slot, or is dropped if none is free.

    Args:
        recording: a parsed file.
        rules: thresholds.
    """
    tracks = [_Track(identity, *body) for identity, body in recording.bodies.items()]
    notes: list[BodyNote] = []
    if rules.denoise:
        tracks = _denoised(tracks, rules, notes)
    poses = np.zeros((recording.frames, rules.persons, JOINTS, 3), np.float32)
    taken = np.zeros((rules.persons, recording.frames), bool)
    owners: list[int] = []  # the id that opened each slot
    for track in sorted(tracks, key=lambda t: (-t.motion, t.frames[0], t.identity)):
        distances = ((_distance(poses[:, s], taken[s], track), s) for s in range(len(owners)))
        distance, slot = min(distances, default=(math.inf, 0))
        if distance <= rules.join and math.isfinite(distance) and rules.join > 0:
            notes.append(("joined", f"body {track.identity} continues {owners[slot]}, {distance:.2f} m away"))
        elif len(owners) < rules.persons:
            slot = len(owners)
            owners.append(track.identity)
        else:
            others = " and ".join(map(str, owners))
            details = f"body {track.identity}, in {len(track.frames)} frames, moves less than {others}"
            notes.append(("third", details))
            continue
        poses[track.frames, slot] = track.joints
        taken[slot, track.frames] = True
    return poses, notes


def _denoised(tracks: list[_Track], rules: Rules, notes: list[BodyNote]) -> list[_Track]:
    """The bodies that remain after denoising by length and spread; if none, the one that moves most."""
    remaining, dropped = [], []
    for track in tracks:
        name, frames = f"body {track.identity}", len(track.frames)
        if frames <= rules.length:
            dropped.append(("length", f"{name} in {frames} frames, {rules.length} or fewer"))
        elif (share := track.wide_share(rules.spread)) >= rules.share:
            details = f"wider than {rules.spread:g} times its height in {100 * share:.0f} % of its frames"
            dropped.append(("spread", f"{name} is {details}"))
        else:
            remaining.append(track)
    if tracks and not remaining:
        liveliest = max(tracks, key=lambda t: (t.motion, -t.frames[0], -t.identity))
        _, details = dropped.pop(tracks.index(liveliest))
        dropped.append(("kept", f"{details}; it moves most of all"))
        remaining = [liveliest]
    notes += dropped
    return remaining


def _distance(poses: np.ndarray, taken: np.ndarray, track: _Track) -> float:
    """Metres between the ends of a track and the person of a slot just before or after it.

    Infinite if both are present in some frame. poses [T, 25, 3], taken bool [T].
    """
    if taken[track.frames].any():
        return math.inf
    present = np.flatnonzero(taken)
    first, last = np.searchsorted(present, (track.frames[0], track.frames[-1]))
    ends: Sequence[tuple[int, int]] = [(frame, 0) for frame in present[:first][-1:]]
    ends = [*ends, *((frame, -1) for frame in present[last:][:1])]
    return min(
        (math.dist(poses[frame, _MIDDLE], track.joints[end, _MIDDLE]) for frame, end in ends),
        default=math.inf,
    )
