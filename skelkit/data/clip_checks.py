"""Checks of arrays, labels and groups before they become a ClipSet."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..skeletons.layouts import KNOWN
from ..skeletons.skeleton import Skeleton

Values = Sequence[Any] | np.ndarray | Tensor
"""One value per clip."""


def check_clip(array: Values, name: str, skeleton: Skeleton | None) -> Tensor:
    """One clip as float32 [T, M, V, 3] on the CPU.

    Args:
        array: [T, V, 3] or [T, M, V, 3], metres.
        name: name of the clip in errors.
        skeleton: names the joints in errors; None if it is not known yet.

    Raises:
        ValueError: another shape, no frames, coordinates that are NaN or infinite, or only zeros.
    """
    tensor = array if isinstance(array, Tensor) else torch.as_tensor(np.require(array, requirements="W"))
    clip = tensor.to("cpu", torch.float32)
    if clip.ndim == 3:
        clip = clip[:, None]  # [T, V, C] -> [T, 1, V, C]
    if clip.ndim != 4 or clip.shape[-1] != 3:
        raise ValueError(
            f"{name}: shape {list(np.shape(array))}; "
            "expected [frames, joints, 3] or [frames, persons, joints, 3]"
        )
    if not len(clip):
        raise ValueError(f"{name}: no frames; leave empty clips out")
    bad = (~clip.isfinite()).nonzero()
    if len(bad):
        frame, person, joint, _ = bad[0].tolist()
        known = skeleton is not None and joint < len(skeleton)
        label = f"{joint} ({skeleton.joints[joint]})" if skeleton is not None and known else joint
        raise ValueError(
            f"{name}: {len(bad)} coordinates are NaN or infinite, first at frame {frame}, "
            f"person {person}, joint {label}; fill or drop them (absent persons are all zeros)"
        )
    if not clip.any():
        raise ValueError(f"{name}: all coordinates are zero, so nobody is present; leave such clips out")
    return clip


def check_joints(clips: Sequence[Tensor], names: Sequence[str], skeleton: Skeleton) -> None:
    """Raise ValueError for the first clip that does not have the number of joints of the skeleton.

    Warns if no joint of a body with limbs is known to be left or right.
    """
    for clip, name in zip(clips, names, strict=True):
        if clip.shape[2] != len(skeleton):
            known = ", ".join(f"{layout} {len(each)}" for layout, each in KNOWN.items())
            raise ValueError(
                f"{name}: {clip.shape[2]} joints, the {skeleton.name} skeleton has {len(skeleton)}; "
                f"pass skeleton=… (--skeleton on the command line); built in: {known} joints"
            )
    if skeleton.lacks_sides:
        warnings.warn(
            f"no left and right joints are found in the names of {skeleton.name} "
            f"({', '.join(skeleton.joints[:6])}, …), so mirrored views are off; "
            'give pairs: sk.Skeleton(…, pairs=[("left joint", "right joint"), …])',
            stacklevel=3,
        )


def check_metres(clips: Sequence[Tensor]) -> None:
    """Warn if the median body is larger than 20 m: its unit is then millimetres, centimetres or pixels."""
    span = torch.stack([(clip[0, 0].amax(0) - clip[0, 0].amin(0)).max() for clip in clips]).median()
    if span > 20:
        warnings.warn(
            f"bodies measure {float(span):.0f} from end to end; coordinates should be metres: "
            "divide millimetres by 1000, centimetres by 100",
            stacklevel=3,
        )


def check_range(poses: Tensor, starts: Tensor, dtype: torch.dtype | None) -> None:
    """Raise ValueError for the first clip with a finite coordinate that the number type cannot hold.

    Args:
        poses: [F, M, V, 3].
        starts: first frame of each clip, Long[N + 1].
        dtype: float16 or float32; None if it stays as it is.
    """
    if dtype is not torch.float16 or poses.dtype is dtype:
        return
    bad = (poses.abs() > torch.finfo(dtype).max).flatten(1).any(1)
    if bad.any():
        clip = int((starts[1:] <= bad.long().argmax()).sum())
        raise ValueError(
            f"clip {clip}: coordinates up to {float(poses.abs().max()):g}; float16 holds numbers up to "
            f"{torch.finfo(dtype).max:g}: coordinates should be metres, or keep float32"
        )


def check_count(what: str, values: Values, clips: Values) -> None:
    """Raise ValueError unless there is one value per clip."""
    if len(values) != len(clips):
        raise ValueError(f"{len(values)} {what} for {len(clips)} clips; give one per clip")


def check_labels(
    labels: Values | None, classes: Sequence[str] | None, names: Sequence[str]
) -> tuple[Tensor, tuple[str, ...]]:
    """Labels, Long[N], and class names. Defaults: all labels 0; "class 0", "class 1", and so on.

    Raises:
        ValueError: labels that are no class indices, not one per clip, or without a class name.
    """
    given = np.zeros(len(names), dtype=np.int64) if labels is None else np.asarray(labels)
    check_count("labels", given, names)
    if given.dtype.kind not in "iu" or given.ndim != 1:
        raise ValueError(
            f"labels are {given.dtype} of shape {list(given.shape)}; "
            "expected one class index (a whole number) per clip"
        )
    indices = torch.as_tensor(given.astype(np.int64))
    if classes is None:
        classes = [f"class {i}" for i in range(int(indices.max()) + 1)]
    for name, label in zip(names, indices.tolist(), strict=True):
        if not 0 <= label < len(classes):
            more = f" to {len(classes) - 1}, one for each class; do yours count from 1?" if label > 0 else ""
            raise ValueError(f"{name}: label {label}; labels count from 0{more}")
    return indices, tuple(map(str, classes))


def check_groups(
    values: Mapping[str, Values | None], clips: Sequence[Tensor]
) -> tuple[dict[str, Any], dict[str, tuple[str, ...]]]:
    """Codes of each group that is given, Long[N], and the names of the groups that are named."""
    codes, names = {}, {}
    for group, given in values.items():
        if given is not None:
            check_count(group, given, clips)
            codes[group], found = as_codes(given)
            if found:
                names[group] = found
    return codes, names


def as_codes(values: Values) -> tuple[Tensor, tuple[str, ...]]:
    """Group codes, Long[N], and group names: numbers stay as they are; names are numbered in sorted order."""
    array = np.asarray(values)
    if array.dtype.kind in "iu":
        return torch.as_tensor(array.astype(np.int64)), ()
    names, codes = np.unique(array.astype(str), return_inverse=True)
    return torch.as_tensor(codes.astype(np.int64)), tuple(names.tolist())
