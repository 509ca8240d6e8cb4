"""Clips in arrays of any names and axis order, as `tables` describes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..clips import ClipSet
from ..errors import Place, UnreadableFile
from . import npy
from .common import check_room, clip_set, plain_name, quote, trimmed, upright
from .description import Description, as_groups, skeleton_of

_GROUPS = ("subject", "view", "setup")

_AXES = [sorted(axes) for axes in ("NTVC", "NTMVC", "FVC", "FMVC")]


@np.errstate(over="ignore", invalid="ignore")
def read(about: Description) -> ClipSet:
    """The clips in an .npz file.

    Raises:
        UnreadableFile: names the file and the array, or the key of the description.
    """
    path, keys = about.source, about.arrays
    for key in ("poses", "axes"):
        if key not in keys:
            raise UnreadableFile(
                about.section("arrays"),
                f"no {key}",
                "poses and axes",
                "name the array of coordinates and its axes",
            )
    wanted = tuple(dict.fromkeys(value for key, value in keys.items() if key != "axes"))
    stored = npy.find_all(path, wanted, f"named in {about.path}")
    size = path.stat().st_size
    clips = _clips(about, stored[keys["poses"]], stored[keys["length"]] if "length" in keys else None, size)
    labels, classes = _labels(keys, stored, len(clips))
    groups = {key: _group(stored[keys[key]], key, len(clips)) for key in _GROUPS if key in keys}
    return clip_set(
        path,
        [upright(clip.astype(np.float64) * about.metres, about.up) for clip in clips],
        names=[f"clip {number}" for number in range(len(clips))],
        labels=labels,
        classes=classes,
        size=size,
        skeleton=skeleton_of(about, clips),
        fps=about.fps,
        **groups,
    )


def _clips(about: Description, poses: npy.Stored, length: npy.Stored | None, size: int) -> list[np.ndarray]:
    """Poses [T, M, V, 3] of each clip, in units of the file; views of one array."""
    axes = _checked_axes(about, poses)
    shape = dict(zip(axes, poses.shape, strict=True))
    frames = shape.get("F", 1) * shape.get("N", 1) * shape.get("T", 1)
    check_room(poses.where, frames, shape.get("M", 1), shape["V"], size)
    array = poses.whole().transpose([axes.index(axis) for axis in "NFTMVC" if axis in axes])
    if "M" not in axes:
        array = array[..., None, :, :]
    lengths = None if length is None else _lengths(length)
    if "F" in axes:
        if lengths is None or sum(lengths) != shape["F"]:
            found = "no length" if lengths is None else f"lengths that add up to {sum(lengths)}"
            raise UnreadableFile(
                poses.where,
                f"{found} for {shape['F']} frames",
                "the frames of each clip",
                f"name the array of lengths in {about.path}",
            )
        return np.split(array, np.cumsum(lengths)[:-1])
    if length is None or lengths is None:
        return [trimmed(clip) for clip in array]
    if len(lengths) != shape["N"] or max(lengths) > shape["T"]:
        raise UnreadableFile(
            length.where,
            f"{len(lengths)} lengths up to {max(lengths)}",
            f"{shape['N']} up to {shape['T']}, as in {poses.describe()}",
            "correct them",
        )
    return [clip[:frames] for clip, frames in zip(array, lengths, strict=True)]


def _checked_axes(about: Description, poses: npy.Stored) -> list[str]:
    """The axes of the array of poses, one letter each."""
    axes = about.arrays["axes"].upper().split()
    if sorted(axes) not in _AXES:
        raise UnreadableFile(
            about.section("arrays", "axes"),
            quote(about.arrays["axes"]),
            '"N T V C" or "F V C" in any order, M among them for several persons',
            "correct it",
        )
    fix = f"correct {about.path}"
    if len(poses.shape) != len(axes) or poses.dtype.kind not in "iuf" or 0 in poses.shape:
        raise UnreadableFile(poses.where, poses.describe(), f"numbers with the axes {' '.join(axes)}", fix)
    if (coordinates := poses.shape[axes.index("C")]) != 3:
        raise UnreadableFile(poses.where, f"{coordinates} coordinates of a joint", "3", fix)
    return axes


def _lengths(stored: npy.Stored) -> list[int]:
    """The frames of each clip."""
    if len(stored.shape) != 1 or stored.dtype.kind not in "iu" or not stored.shape[0]:
        raise UnreadableFile(
            stored.where, stored.describe(), "whole numbers [clips]", "save the frames of each clip"
        )
    lengths = stored.whole().tolist()
    if (shortest := min(lengths)) < 1:
        raise UnreadableFile(
            Place(stored.path, part=stored.where.part, clip=lengths.index(shortest)),
            f"{shortest} frames",
            "at least one",
            "leave empty clips out",
        )
    return lengths


def _labels(
    keys: dict[str, str], stored: dict[str, npy.Stored], clips: int
) -> tuple[list[int], list[str] | None]:
    """Class index of each clip, and class names if the file has any."""
    classes = _class_names(stored[keys["classes"]]) if "classes" in keys else None
    if "label" not in keys:
        return [0] * clips, classes
    label = stored[keys["label"]]
    if label.dtype.kind in "US" and len(label.shape) == 1:
        return _indices(label, _group(label, "label", clips), classes)
    indices = npy.labels(label).tolist()
    if len(indices) != clips:
        raise UnreadableFile(
            label.where, f"{len(indices)} labels", f"{clips}, one per clip", "save one per clip"
        )
    return indices, classes


def _class_names(stored: npy.Stored) -> list[str]:
    return [
        plain_name(Place(stored.path, part=f"{stored.where.part}: class {i}"), "name", name)
        for i, name in enumerate(_texts(stored))
    ]


def _indices(label: npy.Stored, names: list[Any], classes: list[str] | None) -> tuple[list[int], list[str]]:
    """Class indices of labels that are names, and the classes; numbers are sorted as numbers."""
    classes = classes or list(map(str, sorted(set(names))))
    index = {name: i for i, name in enumerate(classes)}
    for number, name in enumerate(names):
        if str(name) not in index:
            raise UnreadableFile(
                Place(label.path, part=label.where.part, clip=number),
                f"the class {quote(name)}",
                "one of classes",
                "correct one of the two",
            )
    return [index[str(name)] for name in names], classes


def _group(stored: npy.Stored, what: str, clips: int) -> list[str] | list[int]:
    """Subject, view, setup or label of each clip, as names or numbers."""
    if stored.shape != (clips,) or stored.dtype.kind not in "iuUS":
        raise UnreadableFile(
            stored.where, stored.describe(), f"names or whole numbers [{clips}]", f"save one {what} per clip"
        )
    if stored.dtype.kind in "US":
        return as_groups(stored.where, what, _texts(stored))
    values = stored.whole()
    if values.dtype.kind == "u" and int(values.max()) > 2**62:
        raise UnreadableFile(stored.where, f"{int(values.max())}", "smaller numbers", "save numbers or names")
    return values.tolist()


def _texts(stored: npy.Stored) -> list[str]:
    """The strings of a one-dimensional array."""
    if stored.dtype.kind not in "US" or len(stored.shape) != 1:
        raise UnreadableFile(stored.where, stored.describe(), "names [n]", "save a list of strings")
    try:
        values = stored.whole()
        return (np.char.decode(values, "utf-8") if stored.dtype.kind == "S" else values).tolist()
    except UnreadableFile:
        raise
    except ValueError as error:  # bytes that are not UTF-8, characters that do not exist
        raise UnreadableFile(
            stored.where, f"no text ({quote(str(error))})", "names", "save a list of strings"
        ) from None
