"""Persons across frames: detections of single frames become tracks, and tracks become person slots.

A detector finds people anew in each frame and lists them in any order. `linked` joins the detections of
successive frames that lie nearest to each other; `identified` takes the numbers that a tracker has given.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..errors import UnreadableFile
from .common import MOST_PERSONS, Location, check_room, quote
from .recordings import frame_places

LARGEST_STEP = 0.6
"""Limit of the mean distance of the joints of two linked detections, in heights of the person."""

LONGEST_GAP = 15
"""Frames after which a person who was not found is taken for a new one: half a second of video."""

MOST_DETECTIONS = 60
"""Limit of the people in one frame: every one is compared with every track."""


@dataclass
class Track:
    """One person's detections: frame numbers, and joints [V, C + 1] whose last value is the confidence."""

    frames: list[int] = field(default_factory=list)
    joints: list[np.ndarray] = field(default_factory=list)

    def add(self, frame: int, joints: np.ndarray) -> None:
        self.frames.append(frame)
        self.joints.append(joints)

    @property
    def weight(self) -> float:
        """Sum of all confidences: the larger, the longer and more surely the person is seen."""
        return float(sum(joints[:, -1].sum() for joints in self.joints))


Person = tuple[object, np.ndarray]
"""Identity of a detection, None if it has none; and its joints [V, C + 1]."""


def placed(
    where: Location, frames: Iterable[tuple[int, Sequence[Person]]], persons: int, size: int
) -> np.ndarray | None:
    """Person slots [T, persons, V, C + 1] of numbered frames; None if nobody is in any.

    Detections are `identified` if all have an identity, else `linked`. Those without a joint are left out.

    Args:
        where, persons, size: as for `linked`.
        frames: frame number and detections; one number may occur several times, with other people. Between
            the first and the last number, missing ones are frames without people.
    """
    people: dict[int, list[Person]] = {}
    for number, found in frames:
        people.setdefault(number, []).extend((name, joints) for name, joints in found if joints[:, -1].any())
    everyone = [person for found in people.values() for person in found]
    if not everyone:
        return None
    numbers = sorted(people)
    places = frame_places(where, numbers)
    shape = everyone[0][1].shape
    check_room(where, places[-1] + 1, 1, shape[0], size)
    joints, names = [np.zeros((0, *shape))] * (places[-1] + 1), [list[object]()] * (places[-1] + 1)
    for place, number in zip(places, numbers, strict=True):
        joints[place] = np.array([each for _, each in people[number]]).reshape(-1, *shape)
        names[place] = [name for name, _ in people[number]]
    if any(name is None for name, _ in everyone):
        return linked(where, joints, persons, size)
    return identified(where, joints, names, persons, size)


@np.errstate(over="ignore", invalid="ignore")
def linked(where: Location, frames: Sequence[np.ndarray], persons: int, size: int) -> np.ndarray:
    """Person slots [T, persons, V, C + 1] of detections [P, V, C + 1] without identity.

    Frame by frame, the pairs of a track and a new detection are taken in the order of their distance: the
    mean over the joints found in both, divided by the height of the track's last detection. Each track and
    each detection is taken once; pairs beyond `LARGEST_STEP` are not, and a track ends when its person was
    not found for `LONGEST_GAP` frames. The other detections begin new tracks.

    Args:
        where: the file, for errors.
        frames: of each frame the detections; the last value of a joint is its confidence, 0 if not found.
        persons: number of slots, see `slots`.
        size: bytes of the file, see `common.check_room`.
    """
    ended: list[Track] = []
    active: list[Track] = []
    for number, people in enumerate(frames):
        if len(people) > MOST_DETECTIONS:
            raise UnreadableFile(
                where,
                f"{len(people)} people in frame {number}",
                f"at most {MOST_DETECTIONS}",
                "leave some out",
            )
        ended += [track for track in active if number - track.frames[-1] > LONGEST_GAP]
        active = [track for track in active if number - track.frames[-1] <= LONGEST_GAP]
        pairs = dict(_nearest(active, people))
        for person, joints in enumerate(people):
            if person not in pairs:
                active.append(Track())
            active[pairs.get(person, -1)].add(number, joints)
    return slots(where, ended + active, len(frames), persons, size)


def _nearest(tracks: list[Track], people: np.ndarray) -> list[tuple[int, int]]:
    """Pairs of a detection and a track, see `linked`."""
    if not tracks or not len(people):
        return []
    last = np.stack([track.joints[-1] for track in tracks])  # [A, V, C + 1]
    both = (last[:, None, :, -1] > 0) & (people[None, :, :, -1] > 0)  # [A, P, V]
    distance = np.linalg.norm(last[:, None, :, :-1] - people[None, :, :, :-1], axis=-1)
    mean = np.where(both, distance, 0).sum(-1) / np.maximum(both.sum(-1), 1)
    y = np.where(last[..., -1] > 0, last[..., 1], np.nan)
    found = ~np.isnan(y).all(1)
    height = np.zeros(len(last))
    height[found] = np.nanmax(y[found], 1) - np.nanmin(y[found], 1)
    step = np.where(both.any(-1), mean, np.inf) / np.maximum(height, 1e-9)[:, None]
    pairs: list[tuple[int, int]] = []
    taken: set[int] = set()
    for place in np.argsort(step, axis=None, kind="stable"):
        track, person = divmod(int(place), len(people))
        if not step[track, person] <= LARGEST_STEP:
            break
        if track not in taken and all(person != other for other, _ in pairs):
            taken.add(track)
            pairs.append((person, track))
    return pairs


def identified(
    where: Location, frames: Sequence[np.ndarray], names: Sequence[Sequence[object]], persons: int, size: int
) -> np.ndarray:
    """Person slots [T, persons, V, C + 1] of detections with an identity.

    Args:
        where, frames, persons, size: as for `linked`.
        names: of each frame the identity of each detection, a number or a string.

    Raises:
        UnreadableFile: one identity twice in a frame.
    """
    tracks: dict[object, Track] = {}
    for number, (people, known) in enumerate(zip(frames, names, strict=True)):
        for name, joints in zip(known, people, strict=True):
            track = tracks.setdefault(name, Track())
            if track.frames and track.frames[-1] == number:
                raise UnreadableFile(
                    where, f"person {quote(name)} twice in frame {number}", "once", "correct the identities"
                )
            track.add(number, joints)
    return slots(where, list(tracks.values()), len(frames), persons, size)


def slots(where: Location, tracks: Sequence[Track], frames: int, persons: int, size: int) -> np.ndarray:
    """Person slots [T, persons, V, C + 1], zeros where nobody is.

    The heaviest track (see `Track.weight`) comes first, into the first slot that is free in all its frames;
    tracks that find no slot are left out, which is a warning. So a slot may hold several people, one after
    another.

    There is at least one track.

    Raises:
        ValueError: `persons` is not 1 to `MOST_PERSONS`.
        UnreadableFile: the slots would be far larger than the file.
    """
    if not 1 <= persons <= MOST_PERSONS:
        raise ValueError(f"persons={persons}; a clip has 1 to {MOST_PERSONS} persons")
    joints, values = tracks[0].joints[0].shape
    check_room(where, frames, min(persons, len(tracks)), joints, size)
    placed = np.zeros((frames, min(persons, len(tracks)), joints, values))
    free = np.ones((frames, placed.shape[1]), bool)
    for track in sorted(tracks, key=lambda track: -track.weight):
        fits = np.flatnonzero(free[track.frames].all(0))
        if len(fits):
            placed[track.frames, fits[0]] = track.joints
            free[track.frames, fits[0]] = False
        else:  # the same text for all clips, so that it is said once
            warnings.warn(
                f"some clips have more than {persons} persons at a time; those seen longest and most surely "
                f"are kept (persons={persons + 1} keeps more, at most {MOST_PERSONS})",
                stacklevel=2,
            )
    return placed[:, ~free.all(0)]
