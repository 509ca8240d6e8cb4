"""AMASS and other .npz files of motions of SMPL, SMPL-H and SMPL-X.

``poses`` [T, 3 K] (or ``root_orient`` [T, 3] and ``pose_body`` [T, 63]) are the rotation vectors of K joints
relative to their parents, the body's 22 first; ``trans`` [T, 3] moves the body, in metres, z up;
``mocap_framerate`` (SMPL-X: ``mocap_frame_rate``) is the frame rate. (Mahmood et al., "AMASS", 2019, and the
notebooks of its repository.) Where the joints are at rest follows from ``betas`` by the body model alone,
which has a licence of its own. So positions are read from a file that holds them, or computed from the rest
joints that it holds, see `smpl_joints`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..clips import ClipSet
from ..errors import UnreadableFile
from . import motions, npy, recordings
from .common import upright
from .reader import Reader
from .smpl_joints import JOINTS, REST, TURNS, positions

_RATES = ("mocap_framerate", "mocap_frame_rate")
_READ = {*JOINTS, *REST, *TURNS, *_RATES, "trans"}


@np.errstate(over="ignore", invalid="ignore")  # damaged numbers are refused by from_arrays
def read_amass(
    path: str | Path, *, fps: float | None = None, pattern: str | None = None, up: str = "z"
) -> ClipSet:
    """Each file of a folder and its subfolders (or the one file) as a clip of the class "all".

    The 22 joints of the body are read (`SMPL22`), or all 24 if a file stores the joints of SMPL. In a folder,
    subjects are its subfolders, as AMASS has them: data set and subject.

    Args:
        path: a .npz, or a folder with such files of one frame rate.
        fps: frames per second. Default: those in the files.
        pattern: regular expression for classes and subjects, see `recordings.classify`.
        up: the axis that points up.

    Raises:
        FileNotFoundError: there is no such file or folder.
        UnreadableFile: a file has neither joints nor rest joints, or is damaged; or two frame rates.
    """
    path = Path(path)
    _, files, names = recordings.recordings(path, _is_motion, "AMASS files")
    rates = [fps or _rate(file) for file in files]
    poses = [upright(positions(file), up) for file in files]
    joints = {array.shape[1] for array in poses}
    if len(joints) > 1:
        raise UnreadableFile(path, "bodies of 22 joints and of 24", "one model", "read them apart")
    return motions.assembled(
        path,
        names,
        poses,
        pattern,
        motions.folders(names),
        size=sum(file.stat().st_size for file in files),
        skeleton=f"smpl{joints.pop()}",
        fps=motions.common_rate(files, rates),
    )


def _rate(file: Path) -> float:
    found = npy.names(file)
    key = next((key for key in _RATES if key in found), None)
    stored = npy.find(file, key) if key else None
    is_number = stored is not None and stored.dtype.kind in "iuf" and stored.shape in ((), (1,))
    rate = float(stored.whole().reshape(())) if stored is not None and is_number else 0.0
    if not 0.01 <= rate < 1e6:
        what = "no frame rate" if stored is None else f"{key}: {rate or stored.describe()}"
        raise UnreadableFile(file, what, "mocap_framerate", "pass fps=…")
    return round(rate, 3)


def _is_motion(path: Path) -> bool:
    if path.suffix.lower() != ".npz" or not path.is_file():
        return False
    try:
        found = set(npy.names(path))
    except (UnreadableFile, FileNotFoundError):
        return False
    return ("trans" in found and bool(found & {*TURNS, *JOINTS})) or bool(found & {*_RATES})


def _why(path: Path) -> str:
    file = recordings.first(path, _is_motion)
    if file is None:
        return ""
    found = npy.names(file)
    key = next((key for key in (*JOINTS, *REST) if key in found), "nothing")
    return f"an .npz with {', '.join(sorted(_READ & set(found)))}; positions from {key}, in metres, z up"


def _not_read(path: Path) -> list[str]:
    return [] if path.is_dir() else [name for name in npy.names(path) if name not in _READ]


READER = Reader(
    kind="AMASS files",
    description="an .npz of AMASS (SMPL, SMPL-H, SMPL-X) with joints, or a folder of them",
    notes="Joints that are stored (`joints`, `Jtr`), else computed from `poses`, `trans` and rest joints "
    "(`J`). A file with `poses`, `trans` and `betas` alone needs the licensed body model: export joints with "
    "it. The 22 joints of the body; no classes, subjects are folders.",
    read=read_amass,
    why=_why,
    says_fps=lambda path: True,
    not_read=_not_read,
)
