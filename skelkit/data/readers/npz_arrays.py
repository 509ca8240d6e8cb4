"""Arrays of any names and axis order, as clips; `tables` says how they are described."""

from __future__ import annotations

import numpy as np

from ..clips import ClipSet
from . import npy
from .common import check_room, clip_set, fail, plain_name, quote, trimmed, upright
from .description import Description, as_groups, skeleton_of

_GROUPS = ("subject", "view", "setup")


@np.errstate(over="ignore", invalid="ignore")
def read(told: Description) -> ClipSet:
    """The clips in an .npz file. Raises ValueError that names the file and the array, or the key of the description."""
    path, about = told.source, told.arrays
    for key in ("poses", "axes"):
        if key not in about:
            fail(
                f"{told.path}: [arrays]",
                f"no {key}",
                "poses and axes",
                "name the array of coordinates and its axes",
            )
    wanted = tuple(dict.fromkeys(value for key, value in about.items() if key != "axes"))
    stored = npy.find_all(path, wanted, f"named in {told.path}")
    size = path.stat().st_size
    clips = _clips(told, stored[about["poses"]], stored[about["length"]] if "length" in about else None, size)
    names = [f"clip {number}" for number in range(len(clips))]
    labels, classes = _labels(told, stored, len(clips))
    groups = {key: _group(stored[about[key]], key, len(clips)) for key in _GROUPS if key in about}
    arrays = [upright(clip.astype(np.float64) * told.metres, told.up) for clip in clips]
    return clip_set(
        path,
        arrays,
        names=names,
        labels=labels,
        classes=classes,
        size=size,
        skeleton=told.skeleton,
        fps=told.fps,
        **groups,
    )


def _clips(told: Description, poses: npy.Stored, length: npy.Stored | None, size: int) -> list[np.ndarray]:
    """[T, M, V, 3] of each clip; views."""
    axes = told.arrays["axes"].upper().split()
    where = f"{told.path}: [arrays] axes"
    if sorted(axes) not in [sorted(kind) for kind in ("NTVC", "NTMVC", "FVC", "FMVC")]:
        fail(
            where,
            quote(told.arrays["axes"]),
            '"N T V C" or "F V C" in any order, M among them for several persons',
            "mend it",
        )
    if len(poses.shape) != len(axes) or poses.dtype.kind not in "iuf" or 0 in poses.shape:
        fail(poses.where, poses.describe(), f"numbers with the axes {' '.join(axes)}", f"mend {told.path}")
    shape = dict(zip(axes, poses.shape, strict=True))
    if shape["C"] != 3:
        fail(poses.where, f"{shape['C']} coordinates of a joint", "3", f"mend {told.path}")
    skeleton_of(told, shape["V"])
    check_room(
        poses.where,
        shape.get("F", 1) * shape.get("N", 1) * shape.get("T", 1),
        shape.get("M", 1),
        shape["V"],
        size,
    )
    order = [axes.index(axis) for axis in "NFTMVC" if axis in axes]
    array = poses.whole().transpose(order)
    if "M" not in axes:
        array = array[..., None, :, :]
    lengths = None if length is None else _lengths(length)
    if "F" in axes:
        if lengths is None or sum(lengths) != shape["F"]:
            there = "no length" if lengths is None else f"lengths that add up to {sum(lengths)}"
            fail(
                poses.where,
                f"{there} for {shape['F']} frames",
                "the frames of each clip",
                f"name the array of lengths in {told.path}",
            )
        return np.split(array, np.cumsum(lengths)[:-1])
    if lengths is None:
        return [trimmed(clip) for clip in array]
    if len(lengths) != shape["N"] or max(lengths) > shape["T"]:
        fail(
            length.where,
            f"{len(lengths)} lengths up to {max(lengths)}",
            f"{shape['N']} up to {shape['T']}, as in {poses.describe()}",
            "mend them",
        )
    return [clip[:frames] for clip, frames in zip(array, lengths, strict=True)]


def _lengths(stored: npy.Stored) -> list[int]:
    if len(stored.shape) != 1 or stored.dtype.kind not in "iu" or not stored.shape[0]:
        fail(stored.where, stored.describe(), "whole numbers [clips]", "save the frames of each clip")
    lengths = stored.whole().tolist()
    if min(lengths) < 1:
        fail(
            f"{stored.where}: clip {lengths.index(min(lengths))}",
            f"{min(lengths)} frames",
            "at least one",
            "leave empty clips out",
        )
    return lengths


def _labels(
    told: Description, stored: dict[str, npy.Stored], clips: int
) -> tuple[list[int], list[str] | None]:
    """Class indices, and class names where there are any."""
    about, classes = told.arrays, None
    if "classes" in about:
        names = stored[about["classes"]]
        classes = [
            plain_name(f"{names.where}: class {i}", "name", name) for i, name in enumerate(_texts(names))
        ]
    if "label" not in about:
        return [0] * clips, classes
    label = stored[about["label"]]
    if label.dtype.kind in "US" and len(label.shape) == 1:
        found = _group(label, "label", clips)
        classes = classes or [str(name) for name in sorted(set(found))]
        place = {name: i for i, name in enumerate(classes)}
        for number, name in enumerate(found):
            if str(name) not in place:
                fail(
                    f"{label.where}: clip {number}",
                    f"the class {quote(name)}",
                    "one of classes",
                    "mend one of the two",
                )
        return [place[str(name)] for name in found], classes
    found = npy.labels(label).tolist()
    if len(found) != clips:
        fail(label.where, f"{len(found)} labels", f"{clips}, one per clip", "save one per clip")
    return found, classes


def _group(stored: npy.Stored, what: str, clips: int) -> list:
    if stored.shape != (clips,) or stored.dtype.kind not in "iuUS":
        fail(
            stored.where, stored.describe(), f"names or whole numbers [{clips}]", f"save one {what} per clip"
        )
    if stored.dtype.kind in "US":
        return as_groups(stored.where, what, _texts(stored))
    values = stored.whole()
    if values.dtype.kind == "u" and int(values.max()) > 2**62:
        fail(stored.where, f"{int(values.max())}", "smaller numbers", "save numbers or names")
    return values.tolist()


def _texts(stored: npy.Stored) -> list[str]:
    if stored.dtype.kind not in "US" or len(stored.shape) != 1:
        fail(stored.where, stored.describe(), "names [n]", "save a list of strings")
    try:
        return (
            np.char.decode(stored.whole(), "utf-8").tolist()
            if stored.dtype.kind == "S"
            else stored.whole().tolist()
        )
    except ValueError as error:  # bytes that are no UTF-8, characters that do not exist
        fail(stored.where, f"no text ({quote(str(error))})", "names", "save a list of strings")
