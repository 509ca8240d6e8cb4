"""The ``x_train, y_train, x_test, y_test`` .npz of CTR-GCN, STTFormer and their successors.

``x_*`` is float [N, T, M * V * 3]: the joints of the first person of a frame, then those of the second; T
(300) is padded with zeros, an absent person is zeros. ``y_*`` is one-hot [N, classes]. Clips and classes have
no names. (Layout: `feeders/feeder_ntu.py` of CTR-GCN, Chen et al. 2021.)
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from ...skeletons import KNOWN, Skeleton
from ...skeletons.layouts import known_skeleton
from ...utils.files import open_atomic
from ..clips import ClipSet
from ..errors import UnreadableFile
from . import npy
from .common import clip_set, trimmed, upright
from .padding import check_fits, padded
from .reader import Reader

KEYS = ("x_train", "y_train", "x_test", "y_test")

_CONTENT = "x float [clips, frames, persons * joints * 3], y one-hot [clips, classes]"


def read(
    path: str | Path,
    *,
    skeleton: Skeleton | str | None = None,
    fps: float = 30.0,
    classes: Sequence[str] | None = None,
    up: str = "y",
) -> ClipSet:
    """Training and test set as one ClipSet whose `setup` is "train" or "test".

    ``clips.split("setup", train=["train"])`` is the published split. All-zero frames at the end of clips are
    cut off. Coordinates are taken as metres, as these toolkits write them.

    Args:
        path: the .npz file, read clip by clip: only frames that are not padding take memory.
        skeleton: a `Skeleton` or the short name of a built-in one. Default: the built-in one that fits the
            width of the arrays with two persons, or else with one, and the poses.
        fps: frames per second, which the file does not contain.
        classes: names of the classes. Default: ``class 0``, …
        up: the axis that points up: "x", "y" or "z", or with a minus sign, such as "-y".

    Raises:
        FileNotFoundError: there is no such file.
        UnreadableFile: arrays that are missing, damaged or do not fit together; names the array and the clip.
    """
    path, skeleton = Path(path), known_skeleton(skeleton)
    stored = npy.find_all(path, KEYS, _CONTENT)
    arrays: list[np.ndarray] = []
    names, labels, setup, class_count = [], [], [], 0
    for subset in ("train", "test"):
        x, y = stored[f"x_{subset}"], stored[f"y_{subset}"]
        indices = npy.labels(y).tolist()
        if x.shape[:1] != (len(indices),):
            raise UnreadableFile(
                path,
                f"{x.describe()} in x_{subset}, {len(indices)} labels in y_{subset}",
                "as many clips",
                "save both again from the same clips",
            )
        arrays += _clips(x, skeleton, up)
        names += [f"{subset} {number}" for number in range(len(indices))]
        setup += [subset] * len(indices)
        labels += indices
        class_count = max(class_count, y.shape[1] if len(y.shape) == 2 else 0)
    if not classes and class_count:
        classes = [f"class {number}" for number in range(class_count)]
    return clip_set(
        path,
        arrays,
        names=names,
        labels=labels,
        size=path.stat().st_size,
        skeleton=skeleton,
        fps=fps,
        classes=classes or None,
        setup=setup,
    )


@np.errstate(over="ignore", invalid="ignore")
def _clips(x: npy.Stored, skeleton: Skeleton | None, up: str) -> list[np.ndarray]:
    """Poses [T, M, V, 3] of each clip, without padding."""
    if len(x.shape) != 3 or x.dtype.kind != "f" or 0 in x.shape[1:]:
        raise UnreadableFile(
            x.where, x.describe(), "float [clips, frames, persons * joints * 3]", "save metres as float32"
        )
    joints = _joints_of(x) if skeleton is None else len(skeleton)
    if skeleton is not None and x.shape[2] % (3 * joints):
        raise UnreadableFile(
            x.where,
            f"{x.shape[2]} numbers in a frame",
            f"a multiple of {3 * joints}, as {skeleton.name} has {joints} joints",
            "pass skeleton=…",
        )
    # Copied, since a view would keep the row with its padding in memory.
    return [upright(trimmed(row.reshape(len(row), -1, joints, 3)), up).copy() for row in x.rows()]


def _joints_of(x: npy.Stored) -> int:
    """The joints of built-in skeletons that fit the width of the array with two persons, or else with one."""
    for persons in (2, 1):
        for skeleton in KNOWN.values():
            if x.shape[2:] == (persons * len(skeleton) * 3,):
                return len(skeleton)
    raise UnreadableFile(
        x.where,
        x.describe(),
        "[clips, frames, persons * joints * 3] of a built-in skeleton (150 for NTU-25)",
        "pass skeleton=…",
    )


def write_x_train(
    train: ClipSet, test: ClipSet, path: str | Path, *, frames: int = 300, persons: int = 2
) -> Path:
    """Write such a file: float32, each clip padded with zeros to `frames` frames and `persons` persons.

    `read` returns the same clips, but for frames at their end that show nobody: in such a file they are
    padding.

    Raises:
        ValueError: a clip is longer or has more persons (nothing is cut), or the sets differ in skeleton or
            classes.
    """
    if train.skeleton != test.skeleton or train.classes != test.classes:
        raise ValueError(
            f"train and test differ in skeleton or classes ({train} and {test}); "
            "split one set, or merge both first"
        )
    for subset, clips in (("train", train), ("test", test)):
        check_fits(subset, clips, frames, persons)
    with open_atomic(path) as file, zipfile.ZipFile(file, "w") as archive:
        for subset, clips in (("train", train), ("test", test)):
            shape = (len(clips), frames, persons * len(clips.skeleton) * 3)
            with archive.open(f"x_{subset}.npy", "w", force_zip64=True) as member:
                header = {"descr": "<f4", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(member, header)
                for clip in clips:
                    member.write(padded(clip.poses, frames, persons).tobytes())
            with archive.open(f"y_{subset}.npy", "w", force_zip64=True) as member:
                one_hot = np.eye(len(clips.classes), dtype=np.float32)[clips.labels.cpu().numpy()]
                np.lib.format.write_array(member, one_hot)
    return Path(path)


def _has_splits(path: Path) -> bool:
    if path.is_dir() or path.suffix.lower() != ".npz":
        return False
    with suppress(UnreadableFile):  # the reader of other .npz files reports the damage
        return set(KEYS) <= set(npy.names(path))
    return False


READER = Reader(
    kind="x_train/y_train .npz files",
    description="an .npz file of CTR-GCN (x_train, y_train, x_test, y_test)",
    notes="CTR-GCN, STTFormer.",
    read=read,
    can_read=_has_splits,
    suffixes=(".npz",),
)
