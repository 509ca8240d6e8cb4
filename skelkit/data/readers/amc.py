"""AMC: motion on a skeleton of Acclaim (`asf`), in a folder of one .asf for each subject and its .amc.

With the rotation M of a bone's channels, which follow each other about fixed axes, the orientation C of its
own axes, and its parent p,

    R_j = R_p C_j M_j C_j^-1,    end_j = end_p + R_j offset_j

where an offset is from the beginning to the end of a bone at rest. Lengths are inches times the factor of
``:units``; y is up. (Wisconsin CS 838, "Acclaim ASF/AMC"; frequently asked questions of the CMU motion
capture database: metres are 2.54 / 100 / 0.45 units; 120 frames per second.)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...skeletons.skeleton import Skeleton
from ...utils.validation import positive
from ..clips import ClipSet
from ..errors import UnreadableFile
from . import asf, motions, recordings
from .acclaim_names import skeleton_of
from .amc_values import Motion, read_motion
from .asf import MOVES, TURNS, Asf
from .common import check_room
from .reader import Reader
from .rotations import rotations

RATE = 120.0
"""Frames per second of CMU's files, which do not say it."""

_FRAMES = 4096  # at a time: matrices take six times the memory of positions


@np.errstate(over="ignore", invalid="ignore")  # damaged numbers are refused by from_arrays
def read_amc(
    path: str | Path, *, fps: float | None = None, scale: float = 0.0254, pattern: str | None = None
) -> ClipSet:
    """Each .amc of a folder and its subfolders (or the one file) as a clip of the class "all".

    Its skeleton is the .asf in the same folder; of several, the one whose name begins its name. It names the
    subject. A joint is where a bone ends; known names are changed to those of joints (`acclaim_names`).

    Args:
        path: a .amc, or a folder with such files.
        fps: frames per second. Default: those in the files, or else 120.
        scale: metres per unit of length, after lengths are divided by the factor in the .asf.
        pattern: regular expression for classes and subjects, see `recordings.classify`.

    Raises:
        FileNotFoundError: there is no such file or folder.
        UnreadableFile: no .asf, a damaged file, or skeletons of other bones; names file and line.
    """
    path = Path(path)
    positive(scale, "scale", "metres per unit of length")
    _, files, names = recordings.recordings(path, _is_amc, ".amc files")
    skeletons: dict[Path, Asf] = {}
    poses, layouts, subjects, rates = [], {}, [], []
    for file in files:
        beside = _skeleton_file(file)
        body = skeletons.setdefault(beside, skeletons.get(beside) or asf.read(beside))
        layouts[skeleton_of(body.bones)] = beside
        motion = read_motion(file, body.bones)
        poses.append(_positions(file, body, motion) * np.float32(scale / 0.0254))
        subjects.append(beside.stem)
        rates.append(fps or motion.fps or RATE)
    return motions.assembled(
        path,
        names,
        poses,
        pattern,
        subjects,
        size=sum(file.stat().st_size for file in files),
        skeleton=_only(layouts),
        fps=motions.common_rate(files, rates),
    )


def _only(layouts: dict[Skeleton, Path]) -> Skeleton:
    first, *others = layouts
    if others:
        found = f"other bones than in {layouts[first]}"
        raise UnreadableFile(layouts[others[0]], found, "the same", "read such files one by one")
    return first


def _skeleton_file(file: Path) -> Path:
    beside = sorted(p for p in file.parent.iterdir() if p.suffix.lower() == ".asf")
    fitting = [p for p in beside if file.stem.startswith(p.stem)] or beside
    longest = max((len(p.stem) for p in fitting), default=0)
    fitting = [p for p in fitting if len(p.stem) == longest]
    if len(beside) == 1 or len(fitting) == 1:
        return (beside if len(beside) == 1 else fitting)[0]
    found = f"{len(beside)} .asf in this folder"
    raise UnreadableFile(file, found, "one, or one whose name begins this name", "put its skeleton there")


def _positions(file: Path, body: Asf, motion: Motion) -> np.ndarray:
    """Positions float32 [T, V, 3] in metres, y up."""
    frames = len(next(iter(motion.values.values())))
    check_room(file, frames, 1, len(body.bones), file.stat().st_size)
    radians = body.radians if motion.radians is None else motion.radians
    out = np.empty((frames, len(body.bones), 3), np.float32)
    for begin in range(0, frames, _FRAMES):
        part = {name: channels[begin : begin + _FRAMES] for name, channels in motion.values.items()}
        out[begin : begin + _FRAMES] = _ends(part, body, radians) * body.metres
    return out


def _ends(values: dict[str, np.ndarray], body: Asf, radians: float) -> np.ndarray:
    """Where bones end, float64 [T, V, 3], in units of the file."""
    frames = len(next(iter(values.values())))
    turns, out = np.empty((len(body.bones), frames, 3, 3)), np.empty((frames, len(body.bones), 3))
    for place, bone in enumerate(body.bones):
        own = _turn(np.array([bone.axis]) * body.radians, TURNS)
        moved = values.get(bone.name, np.zeros((frames, len(bone.channels))))
        column = {name: moved[:, i] for i, name in enumerate(bone.channels)}
        channels = [name for name in column if name in TURNS]
        angles = np.array([column[name] for name in channels]).reshape(-1, frames).T * radians
        turn = own @ _turn(angles, channels) @ own.swapaxes(-1, -2)
        if bone.parent < 0:
            turns[place] = turn
            out[:, place] = np.stack([column.get(name, np.zeros(frames)) for name in MOVES], -1) + bone.offset
        else:
            turns[place] = turns[bone.parent] @ turn
            out[:, place] = out[:, bone.parent] + turns[place] @ np.array(bone.offset)
    return out


def _turn(angles: np.ndarray, channels: list[str] | tuple[str, ...]) -> np.ndarray:
    """Rotation matrices [T, 3, 3] of angles [T, n], one after the other about the axes of the world."""
    turn = np.eye(3)[None].repeat(len(angles), 0)
    for column, name in enumerate(channels):
        turn = rotations(angles[:, column, None] * np.eye(3)[TURNS.index(name)]) @ turn
    return turn


def _is_amc(path: Path) -> bool:
    return path.suffix.lower() == ".amc" and path.is_file()


def _why(path: Path) -> str:
    return "a .amc, whose skeleton is the .asf beside it; y is up" if recordings.first(path, _is_amc) else ""


READER = Reader(
    kind="ASF/AMC files",
    description="a folder of .asf and .amc (Acclaim motion capture), or an .amc",
    notes="CMU and HDM05: one clip for each .amc, subject by its .asf; lengths by the unit in its header. "
    "120 fps unless the file or `--fps` says another. No classes.",
    read=read_amc,
    why=_why,
    suffixes=(".amc",),
    whole_folders=True,
)
