"""Markers on a body as joints: a small TOML file says which joint lies in the middle of which markers.

``markers.toml`` beside the recordings, or at the option ``markers``::

    [markers]
    pelvis = ["LASI", "RASI", "LPSI", "RPSI"]     # the mean of the four; missing where one of them is
    left_knee = ["LKNE"]
    [skeleton]
    joints = ["pelvis", "left_knee", …]           # or name = "smpl22", a built-in one
    bones = [["pelvis", "left_knee"], …]
    root = "pelvis"

A joint without a line is the marker of the same name, or missing. Without such a file, the markers must have
the names of the joints of a built-in skeleton, in any of the common spellings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from ...skeletons.layouts import KNOWN
from ...skeletons.skeleton import Skeleton
from ..clips import ClipSet
from ..errors import Place, UnreadableFile
from ..joint_names import canonical, meanings
from . import description, motions, recordings
from .common import check_room, quote, upright

METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001}

MOST_MARKERS = 1000


@dataclass(frozen=True)
class Recording:
    """Markers of one file.

    Args:
        names: of the markers.
        positions: float32 [T, N, 3] in metres, as the file has the axes; zero where a marker is hidden.
        fps: frames per second.
        up: the axis that points up.
    """

    names: tuple[str, ...]
    positions: np.ndarray
    fps: float
    up: str


@dataclass(frozen=True)
class Map:
    """The markers of each joint, by the names in a file."""

    skeleton: Skeleton
    markers: dict[str, tuple[str, ...]]


def read(
    path: Path,
    suffix: str,
    read_one: Callable[[Path], Recording],
    *,
    markers: str | Path | None,
    pattern: str | None,
    up: str | None,
) -> ClipSet:
    """Each file with this suffix as a clip.

    Args:
        path: a file, or a folder with such files of the same frame rate.
        suffix: in lower case.
        read_one: reads a file.
        markers: the TOML file. Default: ``markers.toml`` in the folder of the first file, or in `path`.
        pattern: as for `recordings.classify`.
        up: the axis that points up. Default: what the files say.

    Raises:
        FileNotFoundError: there is no such file or folder.
        UnreadableFile: as `read_one`; or no joint can be found.
    """
    base, files, names = recordings.recordings(path, lambda p: p.suffix.lower() == suffix, f"{suffix} files")
    beside = [folder / "markers.toml" for folder in (files[0].parent, base)]
    described = Path(markers) if markers else next((p for p in beside if p.is_file()), None)
    about = None if described is None else _described(described)
    found = [read_one(file) for file in files]
    first = about or _by_names(files[0], found[0].names)
    poses = []
    for file, recording in zip(files, found, strict=True):
        body = about or _by_names(file, recording.names)
        if body.skeleton != first.skeleton:
            raise UnreadableFile(file, body.skeleton.name, first.skeleton.name, "read such files one by one")
        poses.append(upright(_joints(file, body, recording), up or recording.up)[:, None])
    size = sum(file.stat().st_size for file in files)
    rate = motions.common_rate(files, [recording.fps for recording in found])
    return recordings.assembled(path, names, poses, pattern, size=size, skeleton=first.skeleton, fps=rate)


def _described(path: Path) -> Map:
    content = description.parsed(path)
    skeleton = description.skeleton_from(path, content.get("skeleton", {}))
    joints = content.get("markers", {})
    if odd := sorted(set(content) - {"markers", "skeleton"}):
        raise UnreadableFile(path, f"[{quote(odd[0])}]", "[markers] and [skeleton]", "leave it out")
    if skeleton is None or not isinstance(joints, dict):
        raise UnreadableFile(path, "no [skeleton]", "[markers] and [skeleton]", "add it")
    for joint, names in joints.items():
        where = Place(path, part=f"[markers] {joint[:60]}")
        if joint not in skeleton.joints:
            expected = f"a joint of the skeleton ({', '.join(skeleton.joints[:12])}, …)"
            raise UnreadableFile(where, "no such joint", expected, "correct the name")
        if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
            raise UnreadableFile(where, quote(names), 'markers, like ["LASI", "RASI"]', "correct it")
    return Map(skeleton, {joint: tuple(names) for joint, names in joints.items()})


def _by_names(file: Path, names: Sequence[str]) -> Map:
    """The built-in skeleton all of whose joints are among the markers, by the meaning of their names."""
    place = {canonical(name, names): name for name in reversed(names)}
    fitting = {k: meanings(s) for k, s in KNOWN.items() if set(meanings(s)) <= set(place)}
    largest = max(map(len, fitting.values()), default=0)
    best = [key for key, words in fitting.items() if len(words) == largest]
    if len({KNOWN[key].joints for key in best}) != 1:
        raise UnreadableFile(
            file,
            f"{len(names)} markers ({', '.join(map(quote, names[:12]))}{', …' * (len(names) > 12)})",
            "markers.toml beside it, which says where joints are",
            'write [markers] with lines like left_knee = ["LKNE"], and [skeleton]; see '
            "skelkit.data.readers.markers",
        )
    skeleton = KNOWN[best[0]]
    pairs = zip(skeleton.joints, fitting[best[0]], strict=True)
    return Map(skeleton, {joint: (place[meaning],) for joint, meaning in pairs})


def _joints(file: Path, body: Map, recording: Recording) -> np.ndarray:
    """Positions float32 [T, V, 3] of the joints; zero where one of its markers is hidden."""
    frames, joints = len(recording.positions), body.skeleton.joints
    check_room(file, frames, 1, len(joints), file.stat().st_size)
    place = {name.rpartition(":")[2]: i for i, name in enumerate(recording.names)}
    place |= {name: i for i, name in enumerate(recording.names)}
    out = np.zeros((frames, len(joints), 3), np.float32)
    for index, joint in enumerate(joints):
        names = body.markers.get(joint, (joint,) if joint in place else ())
        if unknown := [name for name in names if name not in place]:
            near = get_close_matches(unknown[0], place, 3) or list(place)[:12]
            found = f"no marker {quote(unknown[0])} for {joint}"
            raise UnreadableFile(
                file, found, f"one of {', '.join(map(quote, near))}, …", "correct markers.toml"
            )
        if names:
            positions = recording.positions[:, [place[name] for name in names]]
            seen = (positions != 0).any(-1).all(1)
            out[:, index] = positions.mean(1) * seen[:, None]
    return out
