"""The compression panel: original and restored clips."""

from __future__ import annotations

import html

import ipywidgets as widgets

from ...data import Clip, ClipSet
from ...ops import codecs, fidelity, motion
from ..skeleton_player.widget import compare
from ..style import readable
from .panel import LAYOUT, WIDE, Panel, by_action


def restored(clip: Clip, restore: str, interval: int, dtype: codecs.ValueType = "float32", frames: int = 120) -> dict:
    """One clip through a codec: the original and restored batch, the codec, its bytes and errors (mm). Pure."""
    x = motion.resize(clip.batch, frames)
    codec = codecs.comparison(codecs.CODECS)[restore](interval, dtype, frames, len(clip.skeleton))
    packed = codec.encode(x)
    y = codec.decode(packed)
    return {
        "x": x,
        "y": y,
        "codec": codec,
        "bytes": packed.nbytes,
        "error": fidelity.joint_error(x, y)[0] * 1000,
        "rmse": float(fidelity.rmse(x, y)),
    }


def compression(clips: ClipSet, interval: int = 5, frames: int | None = 120) -> Panel:
    """Original and restored skeleton over each other while s, the restore and the value type change; error on the joints.

    Clips are stretched to `frames`, or kept as long as they were recorded.
    """
    first_of = {name: clips[members[0]] for name, members in by_action(clips).items()}
    names = list(first_of)
    lively = max(
        names,
        key=lambda name: float(
            fidelity.acceleration(motion.resize(first_of[name].batch, frames or 120), cutoff=0.05)
        ),
    )

    def state(action: str, restore: str, interval: int, dtype: str) -> dict:
        clip = first_of[action]
        length = frames or len(clip)
        r = restored(clip, restore, min(interval, length), dtype, length)
        raw = clip.persons * length * len(clip.skeleton) * 12
        worst = r["error"].amax((0, 2))
        joint = int(worst.argmax())
        text = (
            f"<span style='font-size:1.1em'>{readable(action)}: restore error <b>{r['rmse']:.1f} mm</b> (RMSE); worst: {readable(clip.skeleton.joints[joint])}, {float(worst[joint]):.0f} mm"
            f" &nbsp;·&nbsp; <b>{r['bytes']:,} bytes</b>, {raw / r['bytes']:.1f}x smaller than float32 <br><code>{html.escape(str(r['codec']))}</code></span>"
        )
        values = [None, r["error"]]
        options = {
            "fps": clip.fps * length / len(clip),
            "values": values,
            "value_label": "joint error",
            "units": "mm",
            "value_range": (0.0, 100.0),
        }
        options |= {"skeleton": clip.skeleton, "labels": ["original", "restored"]}
        most = int(
            r["error"][: max(1, length * 3 // 4)].mean((1, 2)).argmax()
        )  # not frame 0, which every codec keeps
        return {"player": ((r["x"], r["y"]), options), "text": text, "frame": most}

    controls = {
        "interval": widgets.IntSlider(
            value=interval,
            min=1,
            max=30,
            description="interval s",
            continuous_update=True,
            style=WIDE,
            layout=LAYOUT,
        ),
        "restore": widgets.Dropdown(
            options=list(codecs.comparison(codecs.CODECS)), description="restore", style=WIDE, layout=LAYOUT
        ),
        "action": widgets.Dropdown(
            options=names, value=lively, description="action", style=WIDE, layout=LAYOUT
        ),
        "dtype": widgets.Dropdown(
            options=list(codecs.DTYPES), description="value type", style=WIDE, layout=LAYOUT
        ),
    }
    return Panel(state, controls, make=compare)
