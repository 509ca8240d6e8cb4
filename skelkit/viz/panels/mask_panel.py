"""A panel that shows which joints and frames a mask hides."""

from __future__ import annotations

import ipywidgets as widgets
import torch

from ...data import Clip, ClipSet
from ...ops import masks
from ..figures.masks import motion_over_time
from ..style import readable
from .panel import LOOK, Panel, by_action, draw_number, dropdown

SEPARATOR = " &nbsp;·&nbsp; "


def mask_choices(hides: str) -> dict[str, type[masks.Mask] | None]:
    """Label -> mask, for the masks that hide "joints" or "frames" and have a ratio; and "none"."""
    chosen: dict[str, type[masks.Mask] | None] = {"none": None}
    for name, mask in masks.MASKS.items():
        if mask.hides == hides and hasattr(mask, "ratio"):
            chosen[mask.label or name] = mask
    return chosen


def masked(
    clip: Clip, joints: str, frames: str, ratio: float, draw: int = 0, cutoff: float | None = None
) -> dict:
    """One clip with joints and frames masked.

    Args:
        clip: of T frames and V joints.
        joints, frames: labels of `mask_choices("joints")` and `mask_choices("frames")`.
        ratio: share that is masked, 0 to 1.
        draw: seed.
        cutoff: of the low-pass filter before motion is measured, Hz. Default: no filter.

    Returns:
        hidden: bool [T, V]; joints, frames: probabilities to be masked, [V] and [T]; energy: motion in m²
        per frame, [T].
    """
    x, generator = clip.batch, torch.Generator().manual_seed(draw)
    settings = {"ratio": ratio, "cutoff": cutoff, "fps": clip.fps}
    hidden = torch.zeros(len(clip), len(clip.skeleton), dtype=torch.bool)
    per_joint, per_frame = torch.zeros(len(clip.skeleton)), torch.zeros(len(clip))
    if kind := mask_choices("joints")[joints]:
        mask = kind.from_settings(settings)
        hidden |= mask(x, clip.skeleton, generator)[0]
        per_joint = mask.probability(x, clip.skeleton)[0]
    if kind := mask_choices("frames")[frames]:
        mask = kind.from_settings(settings)
        hidden |= mask(x, clip.skeleton, generator)[0][:, None]
        per_frame = mask.probability(x, clip.skeleton)[0]
    energy = masks.frame_motion(x, clip.fps, cutoff)[0]
    return {"hidden": hidden, "joints": per_joint, "frames": per_frame, "energy": energy}


def masking(clips: ClipSet, ratio: float = 0.3, cutoff: float = 3.0) -> Panel:
    """A player with masked joints hollow and masked frames marked on the time line.

    The colour of a joint is its probability to be masked; a chart shows motion and masked frames over time.

    Args:
        clips: the first clip of each class is offered.
        ratio: share that is masked at the start.
        cutoff: of the low-pass filter at the start, Hz; 0 is none, and shows the noise of the tracker.
    """
    first_of = {name: clips[members[0]] for name, members in by_action(clips).items()}
    fewest = min(len(clips.skeleton), *(len(clip) for clip in first_of.values()))
    most = min(0.9, int((1 - 0.6 / fewest) / 0.05) * 0.05)  # at least one joint and one frame stay visible

    def state(action: str, joints: str, frames: str, ratio: float, cutoff: float, draw: int) -> dict:
        clip = first_of[action]
        return _state(clip, frames, masked(clip, joints, frames, ratio, draw, cutoff or None))

    def slider(value: float, high: float, step: float, description: str, digits: int) -> widgets.FloatSlider:
        limits = {"min": 0.0, "max": high, "step": step, "readout_format": f".{digits}f"}
        return widgets.FloatSlider(value=value, description=description, **limits, **LOOK)

    controls = {
        "joints": dropdown(mask_choices("joints"), "masked joints", "high degree (f)"),
        "frames": dropdown(mask_choices("frames"), "masked frames", "low motion (f)"),
        "ratio": slider(min(ratio, most), most, 0.05, "ratio", 2),
        "cutoff": slider(cutoff, 10.0, 0.5, "low-pass, Hz (0: off)", 1),
        "action": dropdown(first_of, "action"),
        "draw": draw_number(),
    }
    return Panel(state, controls, offline={"ratio": 10, "joints": 5})


def _state(clip: Clip, frames: str, m: dict) -> dict:
    """Player, text, chart and first frame for the result of `masked`."""
    hidden, action = m["hidden"], readable(clip.class_name)
    title = f"{action}: motion and masked frames"
    text = SEPARATOR.join(
        [
            f"hidden: <b>{float(hidden.float().mean()):.0%}</b> of all joint positions",
            f"{int(hidden.all(0).sum())} of {len(clip.skeleton)} joints in every frame",
            f"{int(hidden.all(1).sum())} of {len(clip)} frames completely",
        ]
    )
    options = {
        "masked": hidden,
        "values": m["joints"],
        "value_label": "probability to be masked",
        "units": "",
        "value_range": (0.0, 1.0),
        "labels": [action],
        "height": 225,  # with controls and chart no taller than the screen of a laptop
    }
    rows = {f"masked: {frames}": m["frames"]}
    return {
        "player": ((clip,), options),
        "text": text,
        "figure": motion_over_time(m["energy"], clip.fps, rows, title, height=180),
        "frame": int((m["energy"] * ~hidden.all(1)).argmax()),  # the visible frame with the most motion
    }
