"""``data.npy`` and a pickle of labels, the format of ST-GCN, 2s-AGCN, AimCLR and PSTL.

The array is float [N, 3, T, V, M], T padded with zeros; the pickle holds ([names], [class indices]). Names of
NTU RGB+D contain setup, camera and performer. (Layout: `tools/ntu_gendata.py` of ST-GCN, Yan et al. 2018.)

2s-AGCN's own preparation fills the padding with repetitions of the clip and rotates the bodies so that z is
up: pass ``up="z"`` for such files; their clips then have all 300 frames. The 50-frame files of AimCLR and
PSTL hold resized clips, not padded ones.
"""

from __future__ import annotations

import os
import pickle
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...skeletons.skeleton import Skeleton
from ...utils.files import open_atomic, write_atomic
from ..clips import ClipSet
from ..errors import Place, UnreadableFile
from . import npy, pickles
from .common import clip_set, ntu_groups, plain_name, quote, trimmed, upright
from .padding import check_fits, padded
from .reader import Reader

_DATA = re.compile(r"_?(data_joint|data|position|joint)$")

Labels = str | Path | Sequence[int] | np.ndarray
"""Path of the pickle of labels, or the class index of each clip."""

_SUBSETS = {"train": "train", "val": "test", "test": "test"}
"""Beginning of a file's name -> `setup` of its clips."""


def read_stgcn(
    path: str | Path,
    *,
    labels: Labels | None = None,
    skeleton: Skeleton | str | None = None,
    fps: float = 30.0,
    classes: Sequence[str] | None = None,
    up: str = "y",
) -> ClipSet:
    """The clips of an array with its labels, or of a folder with arrays for training and validation or test.

    All-zero frames at the end of clips are cut off. `subject`, `view` and (for a single array) `setup` come
    from names of NTU RGB+D.

    Args:
        path: the .npy file, or a folder with ``train_data_joint.npy`` (or ``train_data``, ``train_position``,
            ``train_joint``) and the same of ``val`` or ``test``; `setup` is then "train" or "test", and
            ``clips.split("setup", train=["train"])`` is the published split.
        labels: the pickle, or the class index of each clip, for a single array. Default: ``train_label.pkl``
            beside ``train_….npy``, or ``label.pkl``.
        skeleton: a `Skeleton` or the short name of a built-in one. Default: the only built-in one with as
            many joints.
        fps: frames per second, which the files do not contain.
        classes: names of the classes. Default: ``class 0``, …
        up: the axis that points up: "y", "z" (2s-AGCN), "x", or with a minus sign.

    Raises:
        FileNotFoundError: there is no such file, or no labels beside it.
        UnreadableFile: arrays or labels that are damaged or do not fit together; labels that are not a plain
            pickle.
    """
    path = Path(path)
    subsets = _subsets(path) if path.is_dir() else {"": path}
    arrays: list[np.ndarray] = []
    names: list[str] = []
    indices: list[object] = []
    setup: list[str] = []
    for subset, file in subsets.items():
        subset_names, subset_labels = _labels_of(file, labels)
        arrays += _poses(file, len(subset_names), up)
        names += subset_names
        indices += subset_labels
        setup += [subset] * len(subset_names)
    groups: dict[str, Sequence[int] | Sequence[str]] = dict(ntu_groups(names))
    if path.is_dir():
        groups["setup"] = setup
    return clip_set(
        path,
        arrays,
        names=names,
        labels=indices,
        size=sum(file.stat().st_size for file in subsets.values()),
        skeleton=skeleton,
        fps=fps,
        classes=classes,
        **groups,
    )


@np.errstate(over="ignore", invalid="ignore")
def _poses(file: Path, clips: int, up: str) -> list[np.ndarray]:
    """Poses [T, M, V, 3] of each clip of an array, without padding."""
    data = npy.find(file)
    if len(data.shape) != 5 or data.shape[1] != 3 or data.dtype.kind != "f" or 0 in data.shape[1:]:
        raise UnreadableFile(
            file,
            data.describe(),
            "float [clips, 3, frames, joints, persons]",
            "pass the array of joints, in metres",
        )
    if data.shape[0] != clips:
        raise UnreadableFile(
            file,
            f"{data.shape[0]} clips, {clips} names in the labels",
            "as many",
            "pass labels= that belong to this array",
        )
    # [3, T, V, M] -> [T, M, V, 3]; copied, since a view would keep the padding in memory.
    return [upright(trimmed(row.transpose(1, 3, 2, 0)), up).copy() for row in data.rows()]


def _files(folder: Path) -> dict[str, list[Path]]:
    """The arrays of joints in a folder, by the beginning of their names."""
    found = {
        subset: [p for p in sorted(folder.glob(f"{subset}_*.npy")) if _DATA.search(p.stem)]
        for subset in _SUBSETS
    }
    return {subset: files for subset, files in found.items() if files}


def _subsets(folder: Path) -> dict[str, Path]:
    """The training and the test array of a folder."""
    files = _files(folder)
    for subset, arrays in files.items():
        if len(arrays) > 1:
            raise UnreadableFile(
                folder,
                f"{' and '.join(p.name for p in arrays)}",
                f"one array of {subset}",
                "pass the path of one, and labels=…",
            )
    if "train" not in files or len(files) != 2:
        raise UnreadableFile(
            folder,
            f"arrays of {', '.join(files) or 'nothing'}",
            "train_data.npy and val_data.npy, or such names",
            "pass the path of one array",
        )
    return {_SUBSETS[subset]: arrays[0] for subset, arrays in files.items()}


def _labels_beside(file: Path) -> Path:
    """The pickle of labels in the same folder as the array."""
    head = _DATA.sub("", file.stem)
    tried = [
        file.with_name(name)
        for name in dict.fromkeys((f"{head}_label.pkl", f"{file.stem}_label.pkl", "label.pkl"))
    ]
    for path in tried:
        if path.is_file():
            return path
    raise FileNotFoundError(
        f"{file}: no labels beside it, looked for {', '.join(p.name for p in tried)}; pass labels=… "
        "(their pickle, or the class index of each clip)"
    )


def _labels_of(file: Path, given: Labels | None) -> tuple[list[str], list[object]]:
    """Clip names and class indices of an array: as given, in a pickle or as numbers, or beside the array."""
    if given is None:
        return _labels(_labels_beside(file))
    if isinstance(given, (str, os.PathLike)):
        return _labels(Path(given))
    indices = np.asarray(given)
    if indices.ndim != 1:
        raise ValueError(
            f"labels={quote(given)}: expected the path of the pickle, or the class index of each clip"
        )
    return [f"clip {i}" for i in range(len(indices))], indices.tolist()


def _labels(path: Path) -> tuple[list[str], list[object]]:
    """Clip names and class indices in the pickle of labels."""
    content = pickles.load(path)
    if not isinstance(content, (list, tuple)) or len(content) != 2:
        raise UnreadableFile(
            path, quote(content), "a pair: names of clips, class indices", "pass the pickle of labels"
        )
    names, labels = (column.tolist() if isinstance(column, np.ndarray) else column for column in content)
    are_lists = isinstance(names, (list, tuple)) and isinstance(labels, (list, tuple))
    if not are_lists or len(names) != len(labels):
        raise UnreadableFile(
            path,
            f"{quote(names)} and {quote(labels)}",
            "names of clips and as many class indices",
            "pass the pickle of labels",
        )
    return [plain_name(Place(path, clip=i), "name", name) for i, name in enumerate(names)], list(labels)


def write_stgcn(
    clips: ClipSet, prefix: str | Path, *, frames: int = 300, persons: int = 2
) -> tuple[Path, Path]:
    """Write ``<prefix>_data.npy``, float32 [N, 3, frames, V, persons], and ``<prefix>_label.pkl``.

    `read_stgcn` returns the same clips, but for frames at their end that show nobody: in such a file they are
    padding. Class names are lost, and so are groups, except those in names of NTU RGB+D.

    Returns:
        Both paths.

    Raises:
        ValueError: a clip is longer or has more persons; nothing is cut.
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


def _is_stgcn(path: Path) -> bool:
    return bool(_files(path)) if path.is_dir() else path.suffix.lower() == ".npy"


READER = Reader(
    kind="ST-GCN arrays",
    description="an .npy file of ST-GCN or a folder of them (data, label .pkl)",
    notes="ST-GCN, 2s-AGCN, AimCLR, PSTL: `data.npy` with a pickle of labels beside it.",
    read=read_stgcn,
    can_read=_is_stgcn,
    suffixes=(".npy",),
)
