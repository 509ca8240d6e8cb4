"""Human3.6M as VideoPose3D and its successors keep it: ``data_3d_h36m.npz``.

``positions_3d`` is a dict subject -> action -> float32 [T, 32, 3], world coordinates in metres, z up, 50 Hz;
each subject does each action twice ("Directions", "Directions 1"). (Pavllo et al., 2019, VideoPose3D:
`DATASETS.md`, `data/prepare_data_h36m.py`, `common/h36m_dataset.py`.) numpy stores such a dict as a pickle,
which is read without being run, see `object_array`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from ...skeletons.layouts import known_skeleton
from ...skeletons.skeleton import Skeleton
from ..clips import ClipSet
from ..errors import Place, UnreadableFile
from . import archives, npy, object_array, recordings
from .common import check_room, clip_set, plain_name, quote, upright
from .reader import Reader

KEY = "positions_3d"

_LAYOUTS = {32: "h36m32", 17: "h36m17"}


@np.errstate(over="ignore", invalid="ignore")  # damaged numbers are refused by from_arrays
def read_human36m(
    path: str | Path,
    *,
    skeleton: Skeleton | str | None = None,
    fps: float = 50.0,
    pattern: str | None = None,
    up: str = "z",
) -> ClipSet:
    """Each action of each subject as a clip, named "S1/Directions 1".

    The class is the action without what follows its first space, the subject the number of "S1".

    Args:
        path: the .npz.
        skeleton: a `Skeleton` or the short name of a built-in one. Default: Human3.6M of 32 or 17 joints.
        fps: frames per second, which the file does not contain.
        pattern: regular expression for names of clips, see `recordings.classify`.
        up: the axis that points up.

    Raises:
        FileNotFoundError: there is no such file.
        UnreadableFile: something else than arrays in dicts in a dict; another number of joints.
    """
    path, skeleton = Path(path), known_skeleton(skeleton)
    names, arrays = _clips(path, _content(path))
    joints = arrays[0].shape[1]
    if skeleton is None and joints not in _LAYOUTS:
        expected = "32 or 17 joints, as Human3.6M has"
        raise UnreadableFile(path, f"{joints} joints", expected, "pass skeleton=… (--skeleton)")
    check_room(path, sum(map(len, arrays)), 1, joints, path.stat().st_size)
    words, subjects = [name.split("/")[1].split(" ")[0] for name in names], _subjects(names)
    if pattern is not None:
        words, subjects = recordings.classify(path, names, pattern)
    labels, classes = recordings.indexed(words)
    return clip_set(
        path,
        [upright(array, up)[:, None] for array in arrays],
        names=names,
        labels=labels,
        classes=classes,
        subject=subjects,
        size=path.stat().st_size,
        skeleton=skeleton or _LAYOUTS[joints],
        fps=fps,
    )


def _content(path: Path) -> Any:
    """The object in the array; numpy pickles it, and compression makes it hardly smaller."""
    where = Place(path, part=KEY)
    if KEY not in npy.names(path):
        raise UnreadableFile(path, f"no array {KEY}", "it", "pass another file")
    with archives.opened(path, npy.MOST_ARRAYS) as archive, archive.open(f"{KEY}.npy") as file:
        size, packed = archive.getinfo(f"{KEY}.npy").file_size, path.stat().st_size
        if size > 2**26 + 16 * packed:
            found = f"{packed:,} bytes that unpack to {size:,}"
            raise UnreadableFile(where, found, "at most 16 times as many", "get it again")
        return object_array.value(where, file.read(), "a dict of subjects")


def _clips(path: Path, subjects: Any) -> tuple[list[str], list[np.ndarray]]:
    """Names, and positions [T, V, 3] of the same number of joints."""
    names: list[str] = []
    arrays: list[np.ndarray] = []
    for subject, actions in _items(Place(path, part=KEY), "subjects", subjects):
        for action, array in _items(Place(path, part=f"{KEY}[{quote(subject)}]"), "actions", actions):
            where = Place(path, part=KEY, clip=f"{subject}/{action}")
            joints = arrays[0].shape[1] if arrays else None
            is_array = isinstance(array, np.ndarray) and array.dtype.kind == "f" and array.ndim == 3
            if (
                not is_array
                or array.shape[2] != 3
                or not array.size
                or array.shape[1] != (joints or array.shape[1])
            ):
                expected = f"floats [frames, {joints or 'joints'}, 3]"
                raise UnreadableFile(where, quote(array), expected, "save one array for each action")
            names.append(f"{subject}/{action}")
            arrays.append(array)
    if not arrays:
        raise UnreadableFile(path, "no action of any subject", "at least one", "pass another file")
    return names, arrays


def _items(where: Place, what: str, value: Any) -> list[tuple[str, Any]]:
    if not isinstance(value, dict):
        raise UnreadableFile(where, quote(value), f"a dict of {what}", "save it as VideoPose3D does")
    return [(plain_name(where, what, name), item) for name, item in value.items()]


def _subjects(names: list[str]) -> recordings.Subjects:
    found = [name.split("/")[0] for name in names]
    if all(re.fullmatch("S[0-9]{1,6}", subject) for subject in found):
        return [int(subject[1:]) for subject in found]
    return found


def _why(path: Path) -> str:
    if path.suffix.lower() != ".npz" or not path.is_file():
        return ""
    try:
        if KEY not in npy.names(path):
            return ""
    except (UnreadableFile, FileNotFoundError):
        return ""
    return f"an .npz with {KEY}, a dict of subjects and actions as in VideoPose3D; in metres, z up"


READER = Reader(
    kind="Human3.6M files",
    description="an .npz of VideoPose3D (positions_3d)",
    notes="Human3.6M, 32 or 17 joints, metres, 50 Hz: one clip for each action of a subject. The pickle "
    "inside is never executed.",
    read=read_human36m,
    why=_why,
    not_read=lambda path: [name for name in npy.names(path) if name != KEY],
)
