"""A ragged .npz: the frames of all clips concatenated, and the number of frames of each clip."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from ...skeletons.layouts import known_skeleton
from ...skeletons.skeleton import Skeleton
from ..clips import ClipSet
from ..errors import Place, UnreadableFile
from . import npy
from .common import check_labels, check_room, plain_name
from .reader import Reader, has_suffix

_CONTENT = "data [frames, joints, 3] or [frames, persons, joints, 3], length [clips] and label [clips]"

_GROUPS = ("subject", "view", "setup")

_KNOWN = ("data", "length", "label", *_GROUPS, "classes", "fps")


def read_npz(
    path: str | Path, *, fps: float | None = None, skeleton: Skeleton | str | None = None
) -> ClipSet:
    """The clips of a ragged .npz, which holds these arrays:

    ===============================  =======================================================================
    data                             float [F, V, 3] or [F, M, V, 3], metres, y up; absent persons are zero
    length                           integers [N], the frames of each clip; they add up to F
    label                            integers [N], counted from 0
    subject, view, setup (optional)  numbers or names [N]
    classes (optional)               names [K]
    fps (optional)                   one number
    ===============================  =======================================================================

    Arrays of other names are ignored.

    Args:
        path: the .npz file.
        fps: frames per second. Default: those in the file, or else 30, the rate of Kinect v1 and v2.
        skeleton: a `Skeleton` or the short name of a built-in one. Default: the only built-in one with as
            many joints.

    Raises:
        FileNotFoundError: there is no such file.
        UnreadableFile: the arrays are missing, damaged or do not fit together, or hold pickled objects, which
            could run any code.
    """
    path = Path(path)
    arrays = _arrays(path)
    _check_types(path, arrays)
    _check_lengths(path, arrays)
    if fps is None:
        fps = _frame_rate(path, arrays.get("fps", np.array(30.0)))
    skeleton = known_skeleton(skeleton)
    clips = np.split(arrays["data"], arrays["length"].astype(np.int64).cumsum()[:-1])
    labels = check_labels(path, [f"clip {i}" for i in range(len(clips))], arrays["label"].tolist())
    groups: dict[str, Any] = {key: arrays[key] for key in _GROUPS if key in arrays}
    classes = arrays["classes"].tolist() if "classes" in arrays else None
    try:
        return ClipSet.from_arrays(
            clips, labels=labels, skeleton=skeleton, fps=fps, classes=classes, **groups
        )
    except ValueError as error:
        raise UnreadableFile(path, str(error)) from None


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of known names; nothing is unpickled."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    if not zipfile.is_zipfile(path):
        raise UnreadableFile(
            path,
            "something that is not a whole .npz archive",
            f"one with {_CONTENT}",
            "write it with numpy.savez",
        )
    found = npy.names(path)
    stored = {key: npy.find(path, key) for key in _KNOWN if key in found}
    if "data" in stored and len(shape := stored["data"].shape) == 4:
        check_room(stored["data"].where, shape[0], shape[1], shape[2], path.stat().st_size)
    arrays = {key: each.whole() for key, each in stored.items()}
    for key in ("data", "length", "label"):
        if key not in arrays:
            other = any(name.startswith(("x_", "y_")) for name in found)
            raise UnreadableFile(
                path,
                f"the arrays {', '.join(found) or '(none)'}",
                _CONTENT + "; or x_train, y_train, x_test and y_test, all four" * other,
                f"add {key!r}",
            )
    return arrays


def _check_types(path: Path, arrays: dict[str, np.ndarray]) -> None:
    def refuse(key: str, expected: str, fix: str) -> NoReturn:
        array = arrays[key]
        raise UnreadableFile(path, f"{key} {array.dtype} {list(array.shape)}", expected, fix)

    data = arrays["data"]
    if data.dtype.kind != "f" or data.ndim not in (3, 4) or data.shape[-1] != 3:
        shapes = "floats [frames, joints, 3] or [frames, persons, joints, 3]"
        refuse("data", shapes, "save metres as float32")
    for key in ("length", "label"):
        if arrays[key].dtype.kind not in "iu" or arrays[key].ndim != 1:
            refuse(key, "integers [clips]", "save one number per clip")
    classes = arrays.get("classes")
    if classes is not None and (classes.dtype.kind != "U" or classes.ndim != 1):
        refuse("classes", "names [classes]", "save a list of strings")
    for key in ("classes", *_GROUPS):
        if key in arrays and arrays[key].dtype.kind == "U":
            for name in np.unique(arrays[key]).tolist():
                plain_name(Place(path, part=key), "name", name)


def _check_lengths(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Refuse arrays that do not have one value per clip, and lengths that are not those of the frames."""
    length, frames = arrays["length"], len(arrays["data"])
    for key in ("label", *_GROUPS):
        if key in arrays and arrays[key].shape != length.shape:
            raise UnreadableFile(
                path,
                f"{key} of shape {list(arrays[key].shape)}",
                f"{list(length.shape)} like length",
                "save one per clip",
            )
    if (length < 1).any():
        clip = int((length < 1).argmax())
        raise UnreadableFile(
            path, f"clip {clip} of {int(length[clip])} frames", "at least one", "leave empty clips out"
        )
    if (total := sum(length.tolist())) != frames:
        raise UnreadableFile(
            path,
            f"lengths that add up to {total}",
            f"{frames}, the frames in data",
            "save both again from the same clips",
        )


def _frame_rate(path: Path, rate: np.ndarray) -> float:
    if rate.dtype.kind not in "iuf" or rate.size != 1:
        raise UnreadableFile(
            path,
            f"fps {rate.dtype} {list(rate.shape)}",
            "one number",
            "save frames per second, or pass fps=…",
        )
    return float(rate.reshape(()))


READER = Reader(
    kind=".npz files",
    description="an .npz file (data, length, label)",
    notes="`data` [frames of all clips, joints, 3] in metres, `length` and `label` per clip; optional "
    "`subject`, `view`, `setup`, `classes`, `fps`.",
    read=read_npz,
    can_read=has_suffix(".npz"),
    suffixes=(".npz",),
    says_fps=lambda path: "fps" in npy.names(path),
    not_read=lambda path: [name for name in npy.names(path) if name not in _KNOWN],
)
