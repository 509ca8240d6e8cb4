"""The ``x_train, y_train, x_test, y_test`` file of CTR-GCN, STTFormer and what followed them.

``x_*`` is float [N, T, M * V * 3]: clip after clip, frame after frame, the first person's joints and then the second's; T (300)
is padded with zeros, an absent person is zeros. ``y_*`` is one-hot [N, classes]. Names of clips and classes are not in it.
(Layout: `feeders/feeder_ntu.py` of CTR-GCN, Chen et al. 2021.)
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ... import skeletons
from ...skeletons.skeleton import Skeleton
from ...utils.files import open_atomic
from ..clips import ClipSet
from . import npy
from .common import clip_set, fail, known_skeleton, trimmed, upright
from .padding import check_fits, padded

KEYS = ("x_train", "y_train", "x_test", "y_test")

_KIND = "x float [clips, frames, persons * joints * 3], y one-hot [clips, classes]"


def read(
    path: str | Path,
    *,
    skeleton: Skeleton | str | None = None,
    fps: float = 30.0,
    classes: Sequence[str] | None = None,
    up: str = "y",
) -> ClipSet:
    """Both parts as one ClipSet whose `setup` is "train" or "test": ``clips.split("setup", train=["train"])`` is the published split.

    Args:
        path: the .npz; it is read clip by clip, so memory is taken for the frames that are no padding.
        skeleton: unless given, the built-in one that fits the width with two persons, or with one.
        fps: frames per second; the file does not say.
        classes: names; ``class 0``, … unless given.
        up: the axis that points up: "y", "z" or "-y".

    Zero frames at the end are cut off (`foreign.trimmed`). Coordinates are taken as metres, as these toolkits write them.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: names the file, the array and the clip.
    """
    path, skeleton = Path(path), known_skeleton(skeleton)
    stored = npy.find_all(path, KEYS, _KIND)
    arrays, names, labels, parts, columns = [], [], [], [], 0
    for part in ("train", "test"):
        x, y = stored[f"x_{part}"], stored[f"y_{part}"]
        found = npy.labels(y).tolist()
        if x.shape[:1] != (len(found),):
            fail(
                path,
                f"{x.describe()} in x_{part}, {len(found)} labels in y_{part}",
                "as many clips",
                "save both anew from the same clips",
            )
        skeleton = skeleton or _of_width(x)
        arrays += _clips(x, skeleton, up)
        names += [f"{part} {number}" for number in range(len(found))]
        parts += [part] * len(found)
        labels += found
        columns = max(columns, y.shape[1] if len(y.shape) == 2 else 0)
    classes = classes or ([f"class {number}" for number in range(columns)] if columns else None)
    size = path.stat().st_size
    return clip_set(
        path,
        arrays,
        names=names,
        labels=labels,
        size=size,
        skeleton=skeleton,
        fps=fps,
        classes=classes,
        setup=parts,
    )


def read_x_train(path: str | Path, **options) -> tuple[ClipSet, ClipSet]:
    """Train and test set of such a file; options as in `read`. Raises ValueError as there, and if one is empty."""
    return read(path, **options).split("setup", train=["train"])


@np.errstate(over="ignore", invalid="ignore")
def _clips(x: npy.Stored, skeleton: Skeleton, up: str) -> list[np.ndarray]:
    """[T, M, V, 3] of each clip, without its padding."""
    if len(x.shape) != 3 or x.dtype.kind != "f" or 0 in x.shape[1:]:
        fail(x.where, x.describe(), "float [clips, frames, persons * joints * 3]", "save metres as float32")
    joints = len(skeleton)
    if x.shape[2] % (3 * joints):
        fail(
            x.where,
            f"{x.shape[2]} numbers in a frame",
            f"a multiple of {3 * joints}, as {skeleton.name} has {joints} joints",
            "pass skeleton=…",
        )
    # A copy: the row, padding and all, would stay in memory for as long as a view of it.
    return [upright(trimmed(row.reshape(len(row), -1, joints, 3)), up).copy() for row in x.rows()]


def _of_width(x: npy.Stored) -> Skeleton:
    for persons in (2, 1):
        for skeleton in skeletons.KNOWN.values():
            if x.shape[2:] == (persons * len(skeleton) * 3,):
                return skeleton
    return fail(
        x.where,
        x.describe(),
        "[clips, frames, persons * joints * 3] of a built-in skeleton (150 for NTU-25)",
        "pass skeleton=…",
    )


def write_x_train(
    train: ClipSet, test: ClipSet, path: str | Path, *, frames: int = 300, persons: int = 2
) -> Path:
    """Write such a file: float32, each clip padded with zeros to `frames` frames and `persons` persons. `read` gives the same clips
    back, but for frames at their end that show nobody: in such a file they are padding.

    Raises:
        ValueError: a clip that is longer or has more persons (nothing is cut), or sets of other skeletons or classes.
    """
    if train.skeleton != test.skeleton or train.classes != test.classes:
        raise ValueError(
            f"train and test differ in skeleton or classes ({train} and {test}); split one set, or merge both first"
        )
    for part, clips in (("train", train), ("test", test)):
        check_fits(part, clips, frames, persons)
    with open_atomic(path) as file, zipfile.ZipFile(file, "w") as archive:
        for part, clips in (("train", train), ("test", test)):
            shape = (len(clips), frames, persons * len(clips.skeleton) * 3)
            with archive.open(f"x_{part}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array_header_1_0(
                    member, {"descr": "<f4", "fortran_order": False, "shape": shape}
                )
                for clip in clips:
                    member.write(padded(clip.poses, frames, persons).tobytes())
            with archive.open(f"y_{part}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(
                    member, np.eye(len(clips.classes), dtype=np.float32)[clips.labels.cpu().numpy()]
                )
    return Path(path)
