"""The annotation pickle of pyskl and mmaction2: joints in three dimensions, or in the image plane.

``{"split": {subset: [names]}, "annotations": [{"frame_dir": name, "label": …, "total_frames": …,
"keypoint": [M, T, V, 3 or 2], …}]}``, or the list of annotations alone. (Format: `tools/data/README.md` of
pyskl, Duan et al. 2022.)
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...skeletons.skeleton import Skeleton
from ...utils.files import write_atomic
from ..clips import ClipSet
from ..errors import Place, UnreadableFile
from . import pickles
from .common import clip_set, ntu_groups, plain_name, quote, shortened
from .pixels import from_image
from .reader import Reader, has_suffix

Annotation = dict[str, Any]


def read_annotations(
    path: str | Path,
    *,
    split: Sequence[str] | None = None,
    skeleton: Skeleton | str | None = None,
    fps: float = 30.0,
    classes: Sequence[str] | None = None,
    height: float = 1.7,
    score: float = 0.0,
) -> ClipSet:
    """The clips of an annotation file; `setup` is the subset of the split that each clip is in, if unique.

    Three-dimensional joints are taken as metres with y up, as in pyskl's NTU files. Subject and view come
    from names of NTU RGB+D.

    Args:
        path: the .pkl file.
        split: names of the subsets to read, such as ``["xsub_train", "xsub_val"]``; clips in none of them are
            left out, and ``clips.split("setup", train=["xsub_train"])`` is the published split. Default: all
            clips. Then `setup` is the subset if every clip is in exactly one; otherwise it is the setup in
            names of NTU RGB+D (the file of NTU-60 holds two splits), and ``file_splits`` holds all subsets.
        skeleton: a `Skeleton` or the short name of a built-in one. Default: the only built-in one with as
            many joints (25: NTU-25, 17: COCO-17).
        fps: frames per second, which the file does not contain.
        classes: names of the classes. Default: ``class 0``, …
        height: of a person in metres; for two dimensions only, see `skelkit.data.readers.pixels.in_metres`.
        score: for two dimensions only: joints whose ``keypoint_score`` is lower are set to zero in that
            frame, like missing joints. Default: keep all.

    Raises:
        FileNotFoundError: there is no such file.
        UnreadableFile: the file is damaged, irregular or not a plain pickle; names the annotation.
    """
    path = Path(path)
    annotations, file_split = _content(path)
    names = [
        plain_name(Place(path, part=f"annotation {i}"), "frame_dir", annotation.get("frame_dir"))
        for i, annotation in enumerate(annotations)
    ]
    _check_split(path, file_split, split or ())
    subsets = _subset_of_each(path, file_split, names, split)
    chosen = [i for i, subset in enumerate(subsets) if subset or not split]
    arrays = _all_poses(path, [(names[i], annotations[i]) for i in chosen], height, score)
    labels, names = [annotations[i].get("label") for i in chosen], [names[i] for i in chosen]
    subsets = [subsets[i] for i in chosen]
    groups: dict[str, Sequence[int] | Sequence[str]] = dict(ntu_groups(names))
    if subsets and all(subsets):
        groups["setup"] = subsets
    clips = clip_set(
        path,
        arrays,
        names=names,
        labels=labels,
        size=path.stat().st_size,
        skeleton=skeleton,
        fps=fps,
        classes=classes,
        **groups,
    )
    if split or not file_split or all(subsets):
        return clips
    return replace(clips, file_splits=_positions(file_split, names))


def _content(path: Path) -> tuple[list[Annotation], dict[str, list[str]]]:
    """The annotations, and the file's split: subset -> names of clips, not checked yet."""
    content = pickles.load(path)
    annotations = content.get("annotations") if isinstance(content, dict) else content
    is_list = isinstance(annotations, list) and all(isinstance(a, dict) for a in annotations)
    if not is_list or not annotations:
        raise UnreadableFile(
            path,
            quote(content if annotations is None else annotations),
            'a dict with "annotations", or a list of them',
            "pass an annotation file of pyskl or mmaction2",
        )
    split = content.get("split") if isinstance(content, dict) else None
    return annotations, {} if split is None else split


def _positions(split: dict[str, list[str]], names: list[str]) -> dict[str, tuple[int, ...]]:
    """Subset -> positions of its clips among all."""
    members = {subset: set(listed) for subset, listed in split.items()}
    return {
        subset: tuple(i for i, name in enumerate(names) if name in listed)
        for subset, listed in members.items()
    }


def _check_split(path: Path, split: object, wanted: Sequence[str]) -> None:
    """Refuse a split that is not a dict of lists of names, or lacks a subset that is wanted."""
    if not isinstance(split, dict) or not all(
        isinstance(subset, str) and isinstance(listed, (list, tuple)) for subset, listed in split.items()
    ):
        raise UnreadableFile(
            path, f"the split {quote(split)}", "a dict of lists of names", "correct the file"
        )
    for subset in wanted:
        if subset not in split:
            known = ", ".join(map(quote, list(split)[:20])) or "none"
            raise UnreadableFile(path, f"no subset {subset!r} in the split; it has {known}")
    for subset, listed in split.items():
        plain_name(path, "subset", subset)
        if odd := [name for name in listed if not isinstance(name, str)]:
            raise UnreadableFile(
                Place(path, part=f"split {quote(subset)}"),
                quote(odd[0]),
                "names of clips",
                "correct the file",
            )


def _subset_of_each(
    path: Path, split: dict[str, list[str]], names: list[str], wanted: Sequence[str] | None
) -> list[str]:
    """The subset of each clip; "" for none, and for all clips if subsets overlap and none are wanted."""
    subset_of: dict[str, str] = {}
    for subset in wanted or split:
        for name in split[subset]:
            if subset_of.setdefault(name, subset) == subset:
                continue
            if not wanted:
                return [""] * len(names)
            raise UnreadableFile(
                path,
                f"{quote(name)} in {subset_of[name]} and in {subset}",
                "each clip in one subset",
                "pass subsets of one split",
            )
    return [subset_of.get(name, "") for name in names]


def _all_poses(
    path: Path, annotations: Sequence[tuple[str, Annotation]], height: float, score: float
) -> list[np.ndarray]:
    """Poses [T, M, V, 3] of each named annotation, in metres."""
    arrays: list[np.ndarray] = []
    total, most = 0, 2**26 + 16 * path.stat().st_size
    for name, annotation in annotations:
        where = Place(path, clip=shortened(name))
        points = _key_points(where, annotation)
        if points.shape[3] == 2:
            points = _from_pixels(where, annotation, points, height, score)
        arrays.append(points)
        total += points.nbytes
        if total > most:
            raise UnreadableFile(
                path, "the same key points used repeatedly", "each once", "get the file from its authors"
            )
    return arrays


def _key_points(where: Place, annotation: Annotation) -> np.ndarray:
    """The key points [T, M, V, 3 or 2], without the frames after ``total_frames``."""
    points, frames = annotation.get("keypoint"), annotation.get("total_frames")
    if (
        not isinstance(points, np.ndarray)
        or points.dtype.kind != "f"
        or points.ndim != 4
        or points.shape[3] not in (2, 3)
        or 0 in points.shape
    ):
        keys = ", ".join(map(quote, list(annotation)[:12]))
        raise UnreadableFile(
            where,
            f"keypoint: {quote(points) if 'keypoint' in annotation else f'only {keys}'}",
            "floats [persons, frames, joints, 3 or 2]",
            "read the files that raw_file names" if "raw_file" in annotation else "correct the annotation",
        )
    frames = points.shape[1] if frames is None else frames
    if type(frames) is not int or not 0 < frames <= points.shape[1]:
        raise UnreadableFile(
            where,
            f"total_frames {quote(frames)}",
            f"1 to {points.shape[1]}, the frames of keypoint",
            "correct the annotation",
        )
    return points[:, :frames].transpose(1, 0, 2, 3)


def _from_pixels(
    where: Place, annotation: Annotation, points: np.ndarray, height: float, least_score: float
) -> np.ndarray:
    """Poses [T, M, V, 3] in metres, of key points [T, M, V, 2] in pixels."""
    score = annotation.get("keypoint_score")
    if score is not None:
        if (
            not isinstance(score, np.ndarray)
            or score.dtype.kind != "f"
            or score.shape != annotation["keypoint"].shape[:3]
        ):
            raise UnreadableFile(
                where,
                f"keypoint_score: {quote(score)}",
                "floats [persons, frames, joints] like keypoint",
                "correct the annotation",
            )
        score = score[:, : len(points)].transpose(1, 0, 2)
    return from_image(where, points, score, height=height, least_score=least_score)


def write_annotations(
    clips: ClipSet, path: str | Path, *, split: dict[str, Sequence[int]] | None = None
) -> Path:
    """Write the clips as an annotation file: float32 key points, in metres, of the persons that appear.

    The pickle (protocol 4) holds plain data and arrays.

    Args:
        split: subset -> positions of its clips in the set, such as ``{"train": [0, 1], "val": [2]}``.

    Raises:
        ValueError: two clips have the same name; the split refers to names.
    """
    names = [clip.name for clip in clips]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(
            f"two clips are named {twice!r}, and the split of such a file refers to names; "
            "make the names different"
        )
    subsets = {subset: [names[i] for i in index] for subset, index in (split or {}).items()}
    annotations = []
    for clip in clips:
        persons = int(clip.poses.flatten(2).any(-1).any(0).nonzero().max()) + 1  # up to the last who appears
        keypoint = clip.poses[:, :persons].float().cpu().numpy().transpose(1, 0, 2, 3)
        annotations.append(
            {
                "frame_dir": clip.name,
                "label": clip.label,
                "total_frames": len(clip),
                "keypoint": np.ascontiguousarray(keypoint),
            }
        )
    return write_atomic(path, pickle.dumps({"split": subsets, "annotations": annotations}, protocol=4))


READER = Reader(
    kind="annotation pickles",
    description="an annotation .pkl of pyskl or mmaction2",
    notes="Joints in 3-D or 2-D. Pickles are never executed: the reader accepts numbers, strings and arrays "
    "only.",
    read=read_annotations,
    can_read=has_suffix(".pkl", ".pickle"),
    suffixes=(".pkl", ".pickle"),
)
