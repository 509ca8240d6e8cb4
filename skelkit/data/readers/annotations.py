"""The annotation pickle of pyskl and mmaction2: joints in three dimensions, or in the plane of a picture.

``{"split": {part: [names]}, "annotations": [{"frame_dir": name, "label": …, "total_frames": …, "keypoint": [M, T, V, 3 or 2], …}]}``, or
the list of annotations alone. (Format: `tools/data/README.md` of pyskl, Duan et al. 2022.)
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...skeletons.skeleton import Skeleton
from ...utils.files import write_atomic
from ..clips import ClipSet
from . import pickles
from .common import Refused, clip_set, fail, ntu_groups, plain_name, quote

_KIND = 'a dict with "annotations", or a list of them'


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
    """The clips of an annotation file; `setup` is the part of the split that a clip belongs to, where that is unequivocal.

    Args:
        split: names of the parts wanted, such as ``["xsub_train", "xsub_val"]``; clips in none of them are left out, and
            ``clips.split("setup", train=["xsub_train"])`` is the published split. Unless given, all clips are read, and `setup` is their
            part if every clip is in exactly one; else it is what names of NTU RGB+D say (the file of NTU-60 holds two splits), and
            ``file_splits`` are all of them.
        skeleton: found from the number of joints unless given (25: NTU-25, 17: COCO-17).
        fps, classes: as in `npz_splits.read`.
        height: two dimensions only, see `in_metres`.
        score: two dimensions only: joints whose ``keypoint_score`` is lower are zero in that frame, as joints that are missing are
            elsewhere in the kit. 0 keeps every estimate.

    Three dimensions are taken as metres with y up, as pyskl's NTU files have them. Subject and view come from names of NTU RGB+D.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: names the file and the annotation; for what is no plain pickle see `pickles.load`.
    """
    path = Path(path)
    content = pickles.load(path)
    annotations = content.get("annotations") if isinstance(content, dict) else content
    if (
        not isinstance(annotations, list)
        or not annotations
        or not all(isinstance(a, dict) for a in annotations)
    ):
        fail(
            path,
            quote(content if annotations is None else annotations),
            _KIND,
            "pass an annotation file of pyskl or mmaction2",
        )
    names = [
        plain_name(f"{path}: annotation {i}", "frame_dir", a.get("frame_dir"))
        for i, a in enumerate(annotations)
    ]
    own = content.get("split") if isinstance(content, dict) else None
    parts = _parts(path, own, names, split)
    chosen = [i for i, part in enumerate(parts) if part or not split]
    arrays, size = [], path.stat().st_size
    for i in chosen:
        arrays.append(_poses(f"{path}: {quote(names[i])}", annotations[i], height, score))
        if sum(array.nbytes for array in arrays) > 2**26 + 16 * size:
            fail(
                path, "the same key points used again and again", "each once", "get the file from its authors"
            )
    labels, names, parts = (
        [annotations[i].get("label") for i in chosen],
        [names[i] for i in chosen],
        [parts[i] for i in chosen],
    )
    groups = ntu_groups(names) | ({"setup": parts} if parts and all(parts) else {})
    clips = clip_set(
        path,
        arrays,
        names=names,
        labels=labels,
        size=size,
        skeleton=skeleton,
        fps=fps,
        classes=classes,
        **groups,
    )
    if split or not own or all(parts):
        return clips
    members = {part: set(listed) for part, listed in own.items()}
    return replace(
        clips,
        file_splits={
            part: tuple(i for i, name in enumerate(names) if name in listed)
            for part, listed in members.items()
        },
    )


def _parts(path: Path, split: object, names: list[str], wanted: Sequence[str] | None) -> list[str]:
    """The part each clip is in; "" for none, and for all clips if parts overlap and none were asked for."""
    split = {} if split is None else split
    if not isinstance(split, dict) or not all(
        isinstance(k, str) and isinstance(v, (list, tuple)) for k, v in split.items()
    ):
        fail(path, f"the split {quote(split)}", "a dict of lists of names", "mend the file")
    for part in wanted or ():
        if part not in split:
            raise Refused(
                f"{path}: no part {part!r} in the split; it has {', '.join(map(quote, list(split)[:20])) or 'none'}"
            )
    for part, listed in split.items():
        plain_name(path, "part", part)
        if odd := [name for name in listed if not isinstance(name, str)]:
            fail(f"{path}: split {quote(part)}", quote(odd[0]), "names of clips", "mend the file")
    part_of: dict[str, str] = {}
    for part in wanted or split:
        for name in split[part]:
            if part_of.setdefault(name, part) != part:
                if wanted:
                    fail(
                        path,
                        f"{quote(name)} in {part_of[name]} and in {part}",
                        "each clip in one part",
                        "pass parts of one split",
                    )
                return [""] * len(names)
    return [part_of.get(name, "") for name in names]


@np.errstate(over="ignore", invalid="ignore")
def _poses(where: str, annotation: dict, height: float, least: float) -> np.ndarray:
    """[T, M, V, 3] of one annotation."""
    points, score, frames = (annotation.get(key) for key in ("keypoint", "keypoint_score", "total_frames"))
    if (
        not isinstance(points, np.ndarray)
        or points.dtype.kind != "f"
        or points.ndim != 4
        or points.shape[3] not in (2, 3)
        or 0 in points.shape
    ):
        there = (
            quote(points)
            if "keypoint" in annotation
            else f"only {', '.join(map(quote, list(annotation)[:12]))}"
        )
        do = "read the files that raw_file names" if "raw_file" in annotation else "mend the annotation"
        fail(where, f"keypoint: {there}", "floats [persons, frames, joints, 3 or 2]", do)
    frames = points.shape[1] if frames is None else frames
    if type(frames) is not int or not 0 < frames <= points.shape[1]:
        fail(
            where,
            f"total_frames {quote(frames)}",
            f"1 to {points.shape[1]}, the frames of keypoint",
            "mend the annotation",
        )
    points = points[:, :frames].transpose(1, 0, 2, 3)
    if points.shape[3] == 3:
        return points
    if score is not None:
        if (
            not isinstance(score, np.ndarray)
            or score.dtype.kind != "f"
            or score.shape != annotation["keypoint"].shape[:3]
        ):
            fail(
                where,
                f"keypoint_score: {quote(score)}",
                "floats [persons, frames, joints] like keypoint",
                "mend the annotation",
            )
        points = points * (score[:, :frames].transpose(1, 0, 2) >= least)[..., None]
    if not np.isfinite(points).all():
        fail(
            where,
            "key points that are NaN or infinite",
            "pixels",
            "mend the annotation, (0, 0) is a joint that was not found",
        )
    return in_metres(points.astype(np.float64), height).astype(np.float32)


def in_metres(points: np.ndarray, height: float = 1.7) -> np.ndarray:
    """Pixels [T, M, V, 2], y down -> poses [T, M, V, 3] in metres, y up, z = 0.

    One scale for the whole clip: the median, over all persons and frames, of how far a person's joints reach from top to bottom becomes
    `height`. People near the camera and far from it come out equally tall; so does who sits from beginning to end, who is then too large.
    The lowest joint of the clip is at y = 0, the median of all joints at x = 0. A joint at (0, 0) was not found: it stays zero.

    >>> in_metres(np.array([[[[100.0, 50.0], [100.0, 220.0], [0.0, 0.0]]]])).tolist()
    [[[[0.0, 1.7, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]]
    """
    if not (height > 0 and np.isfinite(height)):
        raise ValueError(f"height must be a positive number of metres; got {height}")
    seen = (points != 0).any(-1)  # [T, M, V]
    y = np.where(seen, points[..., 1], np.nan)
    if not seen.any():
        return np.zeros((*points.shape[:3], 3))
    people = y.reshape(-1, y.shape[-1])[seen.any(-1).reshape(-1)]
    reach = float(np.median(np.nanmax(people, 1) - np.nanmin(people, 1)))
    scale = height / reach if reach > 0 else 1.0  # one joint, or all at one height: no size to go by
    out = np.stack(
        [
            points[..., 0] - np.median(points[..., 0][seen]),
            np.nanmax(y) - points[..., 1],
            np.zeros_like(points[..., 0]),
        ],
        -1,
    )
    # One joint may well come out at zero, as the lowest of the clip and in its middle, but not all joints of somebody who was seen.
    return np.where(seen[..., None], out * scale, 0.0)


def write_annotations(
    clips: ClipSet, path: str | Path, *, split: dict[str, Sequence[int]] | None = None
) -> Path:
    """Write the clips as an annotation file: float32 key points in metres of the persons that appear; protocol 4, plain data and arrays.

    Args:
        split: part -> positions of its clips in the set, such as ``{"train": [0, 1], "val": [2]}``.

    Raises:
        ValueError: two clips of the same name; the split goes by names.
    """
    names = [clip.name for clip in clips]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(
            f"two clips are named {twice!r}, and the split of such a file goes by names; make the names different"
        )
    parts = {part: [clips[i].name for i in index] for part, index in (split or {}).items()}
    annotations = []
    for clip in clips:
        last = (
            int(clip.poses.flatten(2).any(-1).any(0).nonzero().max()) + 1
        )  # a person without whom there is none after
        keypoint = clip.poses[:, :last].float().cpu().numpy().transpose(1, 0, 2, 3)
        annotations.append(
            {
                "frame_dir": clip.name,
                "label": clip.label,
                "total_frames": len(clip),
                "keypoint": np.ascontiguousarray(keypoint),
            }
        )
    return write_atomic(path, pickle.dumps({"split": parts, "annotations": annotations}, protocol=4))
