"""``data.npy`` and a pickle of labels, as ST-GCN, 2s-AGCN, AimCLR and PSTL keep them.

The array is float [N, 3, T, V, M], T padded with zeros; the pickle holds ([names], [class indices]). Of NTU RGB+D the names say
setup, camera and performer. (Layout: `tools/ntu_gendata.py` of ST-GCN, Yan et al. 2018.)

2s-AGCN's own preparation fills the padding with the clip again and turns people so that z is up: pass ``up="z"`` for such files;
their clips then have all 300 frames. AimCLR's and PSTL's 50-frame files are resized clips, not padded ones.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...skeletons.skeleton import Skeleton
from ...utils.files import open_atomic, write_atomic
from ..clips import ClipSet
from . import npy, pickles
from .common import clip_set, fail, ntu_groups, plain_name, quote, trimmed, upright
from .padding import check_fits, padded

_DATA = re.compile(r"_?(data_joint|data|position|joint)$")

_PARTS = {"train": "train", "val": "test", "test": "test"}


@np.errstate(over="ignore", invalid="ignore")
def read_stgcn(
    path: str | Path,
    *,
    labels: str | Path | None = None,
    skeleton: Skeleton | str | None = None,
    fps: float = 30.0,
    classes: Sequence[str] | None = None,
    up: str = "y",
) -> ClipSet:
    """One array with its labels, or a folder with such of train and of val or test.

    Args:
        path: the .npy, or a folder with ``train_data_joint.npy`` (or ``train_data``, ``train_position``, ``train_joint``) and the same
            of ``val`` or ``test``: then `setup` is "train" or "test", and ``clips.split("setup", train=["train"])`` the published split.
        labels: the pickle, for a single array; unless given, ``train_label.pkl`` beside ``train_….npy``, or ``label.pkl``.
        skeleton, fps, classes: as in `npz_splits.read`; the skeleton is found from the number of joints unless given.
        up: the axis that points up: "y", "z" (2s-AGCN) or "-y".

    Zero frames at the end are cut off. From the names of NTU RGB+D come `subject`, `view` and (for a single array) `setup`.

    Raises:
        FileNotFoundError: there is no such file, or no labels beside it.
        ValueError: names the file and the clip; for labels that are no plain pickle see `pickles.load`.
    """
    path = Path(path)
    parts = _parts(path) if path.is_dir() else {"": path}
    arrays, names, indices, setup, size = [], [], [], [], 0
    for part, file in parts.items():
        found, labels_here = _labels(_beside(file) if labels is None else Path(labels))
        data = npy.find(file)
        if len(data.shape) != 5 or data.shape[1] != 3 or data.dtype.kind != "f" or 0 in data.shape[1:]:
            fail(
                file,
                data.describe(),
                "float [clips, 3, frames, joints, persons]",
                "pass the array of joints, in metres",
            )
        if data.shape[0] != len(found):
            fail(
                file,
                f"{data.shape[0]} clips, {len(found)} names in the labels",
                "as many",
                "pass labels= that belong to this array",
            )
        # [3, T, V, M] -> [T, M, V, 3]; a copy, for a view would keep the padding in memory
        arrays += [upright(trimmed(row.transpose(1, 3, 2, 0)), up).copy() for row in data.rows()]
        names, indices, setup, size = (
            names + found,
            indices + labels_here,
            setup + [part] * len(found),
            size + file.stat().st_size,
        )
    groups = ntu_groups(names) | ({} if "" in parts else {"setup": setup})
    return clip_set(
        path,
        arrays,
        names=names,
        labels=indices,
        size=size,
        skeleton=skeleton,
        fps=fps,
        classes=classes,
        **groups,
    )


def is_stgcn(folder: Path) -> bool:
    """Whether `read_stgcn` takes this folder."""
    return bool(_files(folder))


def _files(folder: Path) -> dict[str, list[Path]]:
    found = {
        part: [p for p in sorted(folder.glob(f"{part}_*.npy")) if _DATA.search(p.stem)] for part in _PARTS
    }
    return {part: files for part, files in found.items() if files}


def _parts(folder: Path) -> dict[str, Path]:
    files = _files(folder)
    for part, some in files.items():
        if len(some) > 1:
            fail(
                folder,
                f"{' and '.join(p.name for p in some)}",
                f"one array of {part}",
                "pass the path of one, and labels=…",
            )
    if "train" not in files or len(files) != 2:
        fail(
            folder,
            f"arrays of {', '.join(files) or 'nothing'}",
            "train_data.npy and val_data.npy, or such names",
            "pass the path of one array",
        )
    return {_PARTS[part]: some[0] for part, some in files.items()}


def _beside(file: Path) -> Path:
    head = _DATA.sub("", file.stem)
    tried = [
        file.with_name(name)
        for name in dict.fromkeys((f"{head}_label.pkl", f"{file.stem}_label.pkl", "label.pkl"))
    ]
    for path in tried:
        if path.is_file():
            return path
    raise FileNotFoundError(
        f"{file}: no labels beside it, looked for {', '.join(p.name for p in tried)}; pass labels=…"
    )


def _labels(path: Path) -> tuple[list[str], list]:
    """Names and class indices."""
    content = pickles.load(path)
    if not isinstance(content, (list, tuple)) or len(content) != 2:
        fail(path, quote(content), "a pair: names of clips, class indices", "pass the pickle of labels")
    names, labels = (part.tolist() if isinstance(part, np.ndarray) else part for part in content)
    if (
        not isinstance(names, (list, tuple))
        or not isinstance(labels, (list, tuple))
        or len(names) != len(labels)
    ):
        fail(
            path,
            f"{quote(names)} and {quote(labels)}",
            "names of clips and as many class indices",
            "pass the pickle of labels",
        )
    return [plain_name(f"{path}: clip {i}", "name", name) for i, name in enumerate(names)], list(labels)


def write_stgcn(
    clips: ClipSet, prefix: str | Path, *, frames: int = 300, persons: int = 2
) -> tuple[Path, Path]:
    """Write ``<prefix>_data.npy`` (float32 [N, 3, frames, V, persons]) and ``<prefix>_label.pkl``; returns both paths.

    Raises:
        ValueError: a clip that is longer or has more persons; nothing is cut.

    `read_stgcn` gives the same clips back, but for frames at their end that show nobody: in such a file they are padding. Class names and
    groups are lost, but for what names of NTU RGB+D say.
    """
    check_fits("clips", clips, frames, persons)
    data, labels = (Path(f"{prefix}_{end}") for end in ("data.npy", "label.pkl"))
    with open_atomic(data) as file:
        shape = (len(clips), 3, frames, len(clips.skeleton), persons)
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
        for clip in clips:
            file.write(padded(clip.poses, frames, persons).transpose(3, 0, 2, 1).tobytes())
    write_atomic(labels, pickle.dumps(([clip.name for clip in clips], clips.labels.tolist()), protocol=4))
    return data, labels
