"""The masking panel: which joints and frames a mask hides."""

from __future__ import annotations

import ipywidgets as widgets
import torch

from ...data import Clip, ClipSet
from ...ops import masks
from .. import figures
from ..style import readable
from .panel import LAYOUT, WIDE, Panel, by_action

JOINT_MASKS = {
    "none": None,
    "random": masks.random_joints,
    "high degree (f)": masks.degree_joints,
    "low degree (g)": masks.inverse_degree_joints,
}

FRAME_MASKS = {
    "none": None,
    "random": masks.random_frames,
    "low motion (f)": masks.low_motion_frames,
    "high motion (g)": masks.high_motion_frames,
    "half high motion, half random": masks.motion_attentive_frames,
}


def masked(
    clip: Clip, joints: str, frames: str, ratio: float, draw: int = 0, cutoff: float | None = None
) -> dict:
    """What a choice of masks hides of one clip: bool [T, V], with the probabilities used ([V] and [T]). Pure: `draw` is a seed."""
    x, generator = clip.batch, torch.Generator().manual_seed(draw)
    low_pass = {} if frames in ("none", "random") else {"cutoff": cutoff, "fps": clip.fps}
    hidden = torch.zeros(len(clip), len(clip.skeleton), dtype=torch.bool)
    per_joint, per_frame = torch.zeros(len(clip.skeleton)), torch.zeros(len(clip))
    if mask := JOINT_MASKS[joints]:
        hidden |= mask(x, clip.skeleton, ratio, generator)[0]
        per_joint = mask.probability(clip.skeleton, ratio)
    if mask := FRAME_MASKS[frames]:
        hidden |= mask(x, clip.skeleton, ratio, generator, **low_pass)[0][:, None]
        per_frame = mask.probability(x, clip.skeleton, ratio, **low_pass)[0]
    return {
        "hidden": hidden,
        "joints": per_joint,
        "frames": per_frame,
        "energy": masks.frame_motion(x, clip.fps, cutoff)[0],
    }


def masking(clips: ClipSet, ratio: float = 0.3) -> Panel:
    """Hidden joints hollow, hidden frames marked on the time line, joints coloured by their probability of being hidden."""
    first_of = {name: clips[members[0]] for name, members in by_action(clips).items()}
    names = list(first_of)

    def state(action: str, joints: str, frames: str, ratio: float, cutoff: float, draw: int) -> dict:
        clip = first_of[action]
        m = masked(clip, joints, frames, ratio, draw, cutoff or None)
        share = float(m["hidden"].float().mean())
        text = (
            f"hidden: <b>{share:.0%}</b> of all joint positions &nbsp;·&nbsp; {int(m['hidden'].all(0).sum())} of {len(clip.skeleton)} joints throughout"
            f" &nbsp;·&nbsp; {int(m['hidden'].all(1).sum())} of {len(clip)} frames wholly"
        )
        options = {
            "masked": m["hidden"],
            "values": m["joints"],
            "value_label": "probability of being hidden",
            "units": "",
            "value_range": (0.0, 1.0),
        }
        figure = figures.motion_over_time(
            m["energy"],
            clip.fps,
            {f"hidden: {frames}": m["frames"]},
            f"{readable(action)}: motion and hidden frames",
        )
        seen = int((m["energy"] * ~m["hidden"].all(1)).argmax())  # the liveliest frame that is not hidden
        return {
            "player": ((clip,), options | {"labels": [readable(action)]}),
            "text": text,
            "figure": figure,
            "frame": seen,
        }

    controls = {
        "joints": widgets.Dropdown(
            options=list(JOINT_MASKS),
            value="high degree (f)",
            description="hide joints",
            style=WIDE,
            layout=LAYOUT,
        ),
        "frames": widgets.Dropdown(
            options=list(FRAME_MASKS),
            value="low motion (f)",
            description="hide frames",
            style=WIDE,
            layout=LAYOUT,
        ),
        "ratio": widgets.FloatSlider(
            value=ratio,
            min=0.0,
            max=0.9,
            step=0.05,
            description="ratio",
            readout_format=".2f",
            style=WIDE,
            layout=LAYOUT,
        ),
        "cutoff": widgets.FloatSlider(
            value=0.0,
            min=0.0,
            max=10.0,
            step=0.5,
            description="low-pass, Hz (0: off)",
            readout_format=".1f",
            style=WIDE,
            layout=LAYOUT,
        ),
        "action": widgets.Dropdown(options=names, description="action", style=WIDE, layout=LAYOUT),
        "draw": widgets.IntSlider(
            value=0, min=0, max=50, description="draw number", style=WIDE, layout=LAYOUT
        ),
    }
    return Panel(state, controls)
