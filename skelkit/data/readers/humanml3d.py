"""HumanML3D and KIT-ML as HumanML3D processes it: a folder with ``new_joints/`` or ``new_joint_vecs/``.

``new_joints/*.npy`` are positions [T, 22, 3] in metres at 20 frames per second, y up; of KIT-ML [T, 21, 3] at
12.5, in millimetres of a model whose limbs are shorter than a person's. ``new_joint_vecs/*.npy`` are features
[T, 263] (KIT-ML: [T, 251]), from which positions follow, see `humanml3d_features`. ``M*.npy`` are mirrored
copies. (Guo et al., 2022, `README.md`, `raw_pose_processing.ipynb` and `motion_representation.ipynb` of
HumanML3D. Scale of KIT-ML: 0.75 m for 480 units, the factor between SMPL-H and KIT-ML in TEMOS.)
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np

from ...utils.validation import positive
from ..clips import ClipSet
from ..errors import UnreadableFile
from . import motions, npy
from .common import check_room
from .humanml3d_features import FEATURES, positions
from .reader import Reader

_FOLDERS = ("new_joints", "new_joint_vecs")

_LAYOUTS = {22: ("humanml22", 20.0, 1.0), 21: ("kit21", 12.5, 0.75 / 480)}
"""Joints -> layout, frames per second, metres per unit."""


@np.errstate(over="ignore", invalid="ignore")  # damaged numbers are refused by from_arrays
def read_humanml3d(
    path: str | Path,
    *,
    fps: float | None = None,
    scale: float | None = None,
    mirrored: bool = False,
    pattern: str | None = None,
) -> ClipSet:
    """Each motion as a clip of the class "all"; a warning names those with NaN, which are left out.

    Args:
        path: the data set's folder, or one of ``new_joints`` and ``new_joint_vecs``, or a file in them. Of a
            folder with both, the positions are read.
        fps: frames per second. Default: those of the data set with this number of joints.
        scale: metres per unit. Default: 1; of KIT-ML 0.75 / 480.
        mirrored: whether to read the mirrored copies too, which belong to the same split as their originals.
        pattern: regular expression for classes and subjects, see `recordings.classify`.

    Raises:
        FileNotFoundError: there is no such file or folder.
        UnreadableFile: an array of another shape, or no motion.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file or folder")
    files = (
        [path] if path.is_file() else sorted(p for p in _folder(path).iterdir() if _is_motion(p, mirrored))
    )
    arrays = {file.stem: _poses(file) for file in files}
    whole = {name: array for name, array in arrays.items() if np.isfinite(array).all()}
    if not whole:
        raise UnreadableFile(path, "no motion without NaN", "new_joints/*.npy", "pass the data set's folder")
    if left_out := sorted(set(arrays) - set(whole)):
        warnings.warn(f"{path}: NaN in {', '.join(left_out[:6])}; left out: {len(left_out)}", stacklevel=2)
    counts = sorted({array.shape[1] for array in whole.values()})
    if len(counts) > 1:
        raise UnreadableFile(path, "motions of 21 joints and of 22", "one data set", "read them apart")
    layout, rate, metres = _LAYOUTS[counts[0]]
    metres = metres if scale is None else scale
    positive(metres, "scale", "metres per unit of the file")
    return motions.assembled(
        path,
        list(whole),
        [array * np.float32(metres) for array in whole.values()],
        pattern,
        size=sum(file.stat().st_size for file in files),
        skeleton=layout,
        fps=fps or rate,
    )


def _poses(file: Path) -> np.ndarray:
    """Positions float32 [T, 22 or 21, 3], in units of the file."""
    stored = npy.find(file)
    shape = stored.shape
    is_features = len(shape) == 2 and shape[1] in FEATURES
    is_positions = len(shape) == 3 and shape[1] in _LAYOUTS and shape[2] == 3
    if stored.dtype.kind != "f" or not (is_features or is_positions) or not shape[0]:
        expected = "[frames, 22 or 21, 3] or features [frames, 263 or 251]"
        raise UnreadableFile(file, stored.describe(), expected, "leave other arrays out of this folder")
    check_room(file, shape[0], 1, 22, file.stat().st_size)
    return (positions(stored.whole()) if is_features else stored.whole()).astype(np.float32)


def _folder(path: Path) -> Path:
    return path if path.name in _FOLDERS else next((path / n for n in _FOLDERS if (path / n).is_dir()), path)


def _is_motion(file: Path, mirrored: bool = True) -> bool:
    is_copy = re.fullmatch(r"M\d+", file.stem) is not None
    return file.suffix.lower() == ".npy" and file.is_file() and (mirrored or not is_copy)


def _why(path: Path) -> str:
    if path.is_file():
        found = path if path.parent.name in _FOLDERS and _is_motion(path) else None
    else:
        folder = _folder(path)
        found = next(filter(_is_motion, sorted(folder.iterdir())), None) if folder.name in _FOLDERS else None
    if found is None:
        return ""
    return (
        f"the folder {found.parent.name} of HumanML3D or KIT-ML, by its number of joints (22 or 21); y is up"
    )


def _not_read(path: Path) -> list[str]:
    if path.is_file():
        return []
    copies = any(not _is_motion(p, False) for p in _folder(path).iterdir() if _is_motion(p))
    others = [] if path.name in _FOLDERS else [p.name for p in sorted(path.iterdir()) if p != _folder(path)]
    return ["mirrored copies (M*.npy; mirrored=True)"] * copies + others


READER = Reader(
    kind="HumanML3D folders",
    description="a folder of HumanML3D or KIT-ML (new_joints or new_joint_vecs)",
    notes="22 joints at 20 fps; KIT-ML: 21 joints at 12.5 fps, scaled to metres. Positions, or features (263 "
    "or 251 numbers). Texts are not read: no classes. Mirrored copies are left out.",
    read=read_humanml3d,
    why=_why,
    says_fps=lambda path: True,
    not_read=_not_read,
)
