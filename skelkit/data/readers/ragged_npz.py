"""A ragged .npz: the frames of all clips back to back, and how many frames each clip has."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from ...skeletons.skeleton import Skeleton
from ..clips import ClipSet
from . import npy
from .common import check_labels, fail, known_skeleton

_NPZ = "data [frames, joints, 3] or [frames, persons, joints, 3], length [clips] and label [clips]"


def read_npz(
    path: str | Path, *, fps: float | None = None, skeleton: Skeleton | str | None = None
) -> ClipSet:
    """A ragged .npz: the frames of all clips back to back, and how many frames each clip has.

    ===============================  ============================================================================
    data                             float [F, V, 3] or [F, M, V, 3], metres, y up; absent persons are all zeros
    length                           integers [N], the frames of each clip; they add up to F
    label                            integers [N], counted from 0
    subject, view, setup (optional)  numbers or names [N]
    classes (optional)               names [K]
    fps (optional)                   one number
    ===============================  ============================================================================

    Arrays of other names are ignored (such as ``start`` and ``sequence``, where each clip was cut from its recording).

    Args:
        fps: overrides the file's; 30, the rate of Kinect v1 and v2, if neither says.
        skeleton: a `Skeleton` or the name of a built-in one; found from the number of joints unless given.

    Raises:
        ValueError: names the file and what was found and expected. Pickled objects are refused: they could run any code.
    """
    path = Path(path)
    arrays = _arrays(path)
    data, length, label = (arrays[key] for key in ("data", "length", "label"))
    if data.dtype.kind != "f" or data.ndim not in (3, 4) or data.shape[-1] != 3:
        fail(
            path,
            f"data {data.dtype} {list(data.shape)}",
            "floats [frames, joints, 3] or [frames, persons, joints, 3]",
            "save metres as float32",
        )
    for key, array in (("length", length), ("label", label)):
        if array.dtype.kind not in "iu" or array.ndim != 1:
            fail(
                path,
                f"{key} {array.dtype} {list(array.shape)}",
                "integers [clips]",
                "save one number per clip",
            )
    for key in ("label", "subject", "view", "setup"):
        if key in arrays and arrays[key].shape != length.shape:
            fail(
                path,
                f"{key} of shape {list(arrays[key].shape)}",
                f"{list(length.shape)} like length",
                "save one per clip",
            )
    if (length < 1).any():
        clip = int((length < 1).argmax())
        fail(path, f"clip {clip} of {int(length[clip])} frames", "at least one", "leave empty clips out")
    if (total := sum(length.tolist())) != len(data):
        fail(
            path,
            f"lengths that add up to {total}",
            f"{len(data)}, the frames in data",
            "save both anew from the same clips",
        )
    classes = arrays.get("classes")
    if classes is not None and (classes.dtype.kind != "U" or classes.ndim != 1):
        fail(
            path,
            f"classes {classes.dtype} {list(classes.shape)}",
            "names [classes]",
            "save a list of strings",
        )
    if fps is None:
        rate = arrays.get("fps", np.array(30.0))
        if rate.dtype.kind not in "iuf" or rate.size != 1:
            fail(
                path,
                f"fps {rate.dtype} {list(rate.shape)}",
                "one number",
                "save frames per second, or pass fps=…",
            )
        fps = float(rate.reshape(()))
    skeleton = known_skeleton(skeleton)
    groups = {key: arrays[key] for key in ("subject", "view", "setup") if key in arrays}
    clips = np.split(data, length.astype(np.int64).cumsum()[:-1])
    label = check_labels(path, [f"clip {i}" for i in range(len(label))], label.tolist())
    try:
        return ClipSet.from_arrays(clips, labels=label, skeleton=skeleton, fps=fps, classes=classes, **groups)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays this kit knows, by name; never unpickles."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    if not zipfile.is_zipfile(path):
        raise ValueError(
            f"{path}: found something that is not a whole .npz archive, expected one with {_NPZ}; write it with numpy.savez"
        )
    found = npy.names(path)
    known = ("data", "length", "label", "subject", "view", "setup", "classes", "fps")
    arrays = {key: npy.find(path, key).whole() for key in known if key in found}
    for key in ("data", "length", "label"):
        if key not in arrays:
            other = (
                "; or x_train, y_train, x_test and y_test, all four"
                if any(name.startswith(("x_", "y_")) for name in found)
                else ""
            )
            fail(path, f"the arrays {', '.join(found) or '(none)'}", _NPZ + other, f"add {key!r}")
    return arrays
