"""The state that player.js draws: poses, values and masks as bytes, and their description."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ...ops import motion
from ...skeletons.skeleton import Skeleton
from .. import style
from .joint_data import check_count, joint_masks, joint_values
from .views import View, views

SPEEDS = (0.25, 0.5, 1, 1.5, 2)
"""Choices of speed in controls.js, relative to real time."""


def scene(
    *clips: Any,
    skeleton: Skeleton | None = None,
    fps: float | None = None,
    title: str = "",
    labels: Sequence[str] | None = None,
    values: Any = None,
    value_label: str = "value",
    units: str = "",
    value_range: tuple[float, float] | None = None,
    masked: Any = None,
    overlay: bool = False,
    stretch: bool = False,
    trail: bool = False,
    speed: float = 1.0,
    autoplay: bool = False,
    height: int = 360,
) -> dict[str, Any]:
    """State of the player: `poses`, `values` and `masked` as bytes, and `meta`, their description.

    For the options and the errors, see `player`.
    """
    if speed not in SPEEDS:
        raise ValueError(f"speed={speed}; choose one of {', '.join(map(str, SPEEDS))}")
    shown = views(clips, skeleton, fps)
    index, frames, fps, ends = _timeline(shown, stretch)
    if labels is not None:
        check_count("labels", labels, shown)
    names = [view.label for view in shown] if labels is None else [str(label) for label in labels]
    colours, masks = joint_values(values, shown, names), joint_masks(masked, shown, names)
    skeletons = list(dict.fromkeys(view.skeleton for view in shown))
    about = [
        _about(view, name, skeletons.index(view.skeleton), end, style.OVERLAID[i] if overlay else None)
        | _shapes(colours[i], masks[i], frames)
        for i, (view, name, end) in enumerate(zip(shown, names, ends, strict=True))
    ]
    meta = {"title": title, "frames": frames, "fps": fps, "overlay": overlay, "stretch": stretch}
    meta |= {"trail": trail, "speed": speed, "autoplay": autoplay, "height": height}
    meta |= {
        "alt": _alt(names, frames, fps, overlay),
        "skeletons": [_bones(s) for s in skeletons],
        "clips": about,
        "legend": _legend(about, overlay),
        "scale": _scale(colours, value_label, units, value_range),
    }
    return {
        "poses": _bytes([_poses(view, i) for view, i in zip(shown, index, strict=True)]),
        "values": _bytes(_at(colours, index)),
        "masked": _bytes(_at(masks, index)),
        "meta": meta,
    }


def _about(view: View, label: str, skeleton: int, end: int, colour: Sequence[str] | None) -> dict[str, Any]:
    """Description of one clip; `colour`: of all its persons, if clips are drawn over each other."""
    return {
        "label": label,
        "skeleton": skeleton,
        "persons": view.poses.shape[1],
        "end": end,
        "colours": style.PERSONS if colour is None else [colour],
    }


def _shapes(values: Tensor | None, mask: Tensor | None, frames: int) -> dict[str, Any]:
    """Frames and persons of the values and frames of the mask in the buffers; 0 if there are none."""
    return {
        "values": [0, 0] if values is None else [frames if len(values) > 1 else 1, values.shape[1]],
        "masked": 0 if mask is None else frames if len(mask) > 1 else 1,
    }


def _alt(names: Sequence[str], frames: int, fps: float, overlay: bool) -> str:
    together = ", over each other" if overlay and len(names) > 1 else ""
    return f"Moving skeletons{together}: {', '.join(names)}. {frames} frames at {fps:.4g} per second."


def _timeline(shown: list[View], stretch: bool) -> tuple[list[Tensor], int, float, list[int]]:
    """Positions of the player's frames in each clip, their number, rate, and the last frame of each clip."""
    last = [len(view.poses) - 1 for view in shown]
    if stretch:  # the first clip keeps its duration
        frames = max(last) + 1
        fps = shown[0].fps * (frames - 1) / last[0] if last[0] else shown[0].fps
        return [motion.spread(0, end, frames) for end in last], frames, fps, [frames - 1] * len(shown)
    fps = max(view.fps for view in shown)
    ends = [math.ceil(end * fps / view.fps - 1e-6) for end, view in zip(last, shown, strict=True)]
    time = torch.arange(max(ends) + 1, dtype=torch.float64)
    index = [(time * (v.fps / fps)).clamp_max(end) for v, end in zip(shown, last, strict=True)]
    return index, len(time), fps, ends


def _poses(view: View, index: Tensor) -> Tensor:
    """Poses at fractional frame positions, [frames, M, V, C]."""
    if len(index) == len(view.poses) and index[-1] == len(index) - 1:
        return view.poses
    return motion.resample(view.poses, torch.tensor([0, len(view.poses)]), index[None])[0]


def _bones(skeleton: Skeleton) -> dict[str, Any]:
    """Joints, bones, sides (0 middle, 1 left, 2 right) and the joints whose mean is the head."""
    side = [
        1 if "left" in j.lower() or j.endswith("_L") else 2 if "right" in j.lower() or j.endswith("_R") else 0
        for j in skeleton.joints
    ]
    head = [i for i, j in enumerate(skeleton.joints) if j.lower() == "head"]
    head = head or [i for i, j in enumerate(skeleton.joints) if j.endswith("_ear")]
    return {"joints": skeleton.joints, "bones": skeleton.edges, "side": side, "head": head}


def _legend(about: list[dict[str, Any]], overlay: bool) -> list[tuple[str, str]]:
    """(colour, text) of each entry; colour "" means the text colour, "masked" a hollow joint."""
    if overlay:
        items = [(clip["colours"][0][0], clip["label"]) for clip in about]
        items.append((about[0]["colours"][0][1], "lighter: left side"))
    else:
        persons = min(max(clip["persons"] for clip in about), len(style.PERSONS))
        items = [
            (style.PERSONS[m][side], (f"person {m + 1} " if persons > 1 else "") + word)
            for m in range(persons)
            for side, word in ((1, "left"), (2, "right"))
        ]
    return items + ([("masked", "masked")] if any(clip["masked"] for clip in about) else [])


def _at(given: list[Tensor | None], index: list[Tensor]) -> list[Tensor]:
    """Values or masks at the nearest frame: a mask cannot be interpolated."""
    return [
        each[i.round().long()] if len(each) > 1 else each
        for each, i in zip(given, index, strict=True)
        if each is not None
    ]


def _bytes(tensors: list[Tensor]) -> bytes:
    return b"".join(t.contiguous().numpy().tobytes() for t in tensors)


def _scale(
    values: list[Tensor | None], label: str, units: str, ends: tuple[float, float] | None
) -> dict[str, Any] | None:
    """Description of the colour bar; None without values."""
    given = [v for v in values if v is not None]
    if not given:
        return None
    if ends is None:
        low, high = min(float(v.min()) for v in given), max(float(v.max()) for v in given)
    else:
        low, high = map(float, ends)
    if not low <= high:
        raise ValueError(f"value_range is (low, high) with low below high; got {ends}")
    limits = [low, high if high > low else low + 1.0]
    return {"label": label, "units": units, "range": limits, "stops": style.SEQUENTIAL}
