"""Panels: a player or a figure with controls around it. Headlessly a panel shows its first state once, without controls.

A panel only collects settings, calls pure functions and shows what they return.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import ipywidgets as widgets
import torch
from IPython.display import display

from .. import codecs, fidelity, masks, motion, study
from ..data import Clip, ClipSet
from . import figures
from .chart import Chart
from .player import compare, player
from .style import readable

_WIDE = {"description_width": "11em"}
_LAYOUT = widgets.Layout(width="420px")


class Panel:
    """Controls, a line of numbers, and the player or chart they change.

    Args:
        state: settings -> what to show; pure. It returns ``{"player": (clips, options), "text": html, "figure": Figure}``,
            of which every entry but "text" may be missing; "frame" is the frame that the player shows at first.
        controls: setting name -> widget with a `value`.
        make: `player` or `compare`.
    """

    def __init__(self, state: Callable[..., dict], controls: dict[str, widgets.Widget], make: Callable = player):
        self.state, self.controls = state, controls
        first = state(**self.values)
        self.text = widgets.HTML(first["text"])
        self.player = make(*first["player"][0], **first["player"][1]) if "player" in first else None
        if self.player is not None:
            self.player.frame = first.get("frame", 0)
        self.chart = Chart(first["figure"]) if "figure" in first else None
        for control in controls.values():
            control.observe(self._changed, "value")

    @property
    def values(self) -> dict:
        """The settings as the controls have them now."""
        return {name: control.value for name, control in self.controls.items()}

    def _changed(self, _change) -> None:
        now = self.state(**self.values)
        if self.player is not None:
            clips, options = now["player"]
            self.player.show(*clips, **options)
        self.text.value = now["text"]
        if self.chart is not None:
            self.chart.update(now["figure"])

    def _ipython_display_(self) -> None:
        parts = [self.text] + ([self.player] if self.player is not None else [])
        if not study.is_headless():
            parts.insert(0, widgets.Box(list(self.controls.values()), layout=widgets.Layout(flex_flow="row wrap")))
            display(widgets.VBox(parts))
        else:
            if self.player is not None:
                display(self.player)
            controls = ", ".join(c.description for c in self.controls.values())
            text = f"{self.text.value}<br><small>In JupyterLab there are controls here: {controls}.</small>"
            display({"text/html": text, "text/plain": _plain_text(text)}, raw=True)
        if self.chart is not None:
            self.chart.show(live=not study.is_headless())


# -- notebook 00 -------------------------------------------------------------------------------------------------------


def browser(clips: ClipSet) -> Panel:
    """Any class, any clip of it, in the player."""
    members = _by_action(clips)
    names = list(members)

    def state(class_name: str, number: int) -> dict:
        clip = clips[members[class_name][min(number, len(members[class_name])) - 1]]
        text = f"<b>{html.escape(clip.name)}</b>: {len(clip)} frames, {clip.seconds:.1f} s, {clip.persons} person{'s' if clip.persons > 1 else ''}"
        return {"player": ((clip,), {"labels": [readable(clip.class_name)]}), "text": text}

    choose = widgets.Dropdown(options=names, description="action", style=_WIDE, layout=_LAYOUT)
    number = widgets.IntSlider(value=1, min=1, max=len(members[names[0]]), description="clip of this action", style=_WIDE, layout=_LAYOUT)

    def fit(change) -> None:
        number.max = len(members[change["new"]])

    choose.observe(fit, "value")
    return Panel(state, {"class_name": choose, "number": number})


# -- notebook 01 -------------------------------------------------------------------------------------------------------

RESTORES = {
    "uniform, indexed": lambda s, dtype, frames, joints: codecs.Uniform(s, dtype=dtype),
    "uniform, with last frame": lambda s, dtype, frames, joints: codecs.Uniform(s, endpoint=True, dtype=dtype),
    "uniform, half-pixel (published)": lambda s, dtype, frames, joints: codecs.Uniform(s, restore="half_pixel", dtype=dtype),
    "adaptive keyframes, equal bytes": lambda s, dtype, frames, joints: codecs.at_equal_bytes(codecs.Adaptive, codecs.Uniform(s, endpoint=True, dtype=dtype), frames, joints),
    "cosine transform, equal bytes": lambda s, dtype, frames, joints: codecs.at_equal_bytes(codecs.DCT, codecs.Uniform(s, dtype=dtype), frames, joints),
}  # fmt: skip
"""What the compression panel offers; each makes a codec from the interval s and the value type."""


def restored(clip: Clip, restore: str, interval: int, dtype: str = "float32", frames: int = 120) -> dict:
    """One clip through a codec: the original and restored batch, the codec, its bytes and errors (mm). Pure."""
    x = motion.resize(clip.batch, frames)
    codec = RESTORES[restore](interval, dtype, frames, len(clip.skeleton))
    packed = codec.encode(x)
    y = codec.decode(packed)
    return {"x": x, "y": y, "codec": codec, "bytes": packed.nbytes, "error": fidelity.joint_error(x, y)[0] * 1000, "rmse": float(fidelity.rmse(x, y))}


def compression(clips: ClipSet, interval: int = 5, frames: int | None = 120) -> Panel:
    """Original and restored skeleton over each other while s, the restore and the value type change; error on the joints.

    Clips are stretched to `frames`, or kept as long as they were recorded.
    """
    first_of = {name: clips[members[0]] for name, members in _by_action(clips).items()}
    names = list(first_of)
    lively = max(names, key=lambda name: float(fidelity.acceleration(motion.resize(first_of[name].batch, frames or 120), cutoff=0.05)))

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
        options = {"fps": clip.fps * length / len(clip), "values": values, "value_label": "joint error", "units": "mm", "value_range": (0.0, 100.0)}
        options |= {"skeleton": clip.skeleton, "labels": ["original", "restored"]}
        most = int(r["error"][: max(1, length * 3 // 4)].mean((1, 2)).argmax())  # not frame 0, which every codec keeps
        return {"player": ((r["x"], r["y"]), options), "text": text, "frame": most}

    controls = {
        "interval": widgets.IntSlider(value=interval, min=1, max=30, description="interval s", continuous_update=True, style=_WIDE, layout=_LAYOUT),
        "restore": widgets.Dropdown(options=list(RESTORES), description="restore", style=_WIDE, layout=_LAYOUT),
        "action": widgets.Dropdown(options=names, value=lively, description="action", style=_WIDE, layout=_LAYOUT),
        "dtype": widgets.Dropdown(options=list(codecs.DTYPES), description="value type", style=_WIDE, layout=_LAYOUT),
    }
    return Panel(state, controls, make=compare)


# -- notebook 02 -------------------------------------------------------------------------------------------------------

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


def masked(clip: Clip, joints: str, frames: str, ratio: float, draw: int = 0, cutoff: float | None = None) -> dict:
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
    return {"hidden": hidden, "joints": per_joint, "frames": per_frame, "energy": masks.frame_motion(x, clip.fps, cutoff)[0]}


def masking(clips: ClipSet, ratio: float = 0.3) -> Panel:
    """Hidden joints hollow, hidden frames marked on the time line, joints coloured by their probability of being hidden."""
    first_of = {name: clips[members[0]] for name, members in _by_action(clips).items()}
    names = list(first_of)

    def state(action: str, joints: str, frames: str, ratio: float, cutoff: float, draw: int) -> dict:
        clip = first_of[action]
        m = masked(clip, joints, frames, ratio, draw, cutoff or None)
        share = float(m["hidden"].float().mean())
        text = (
            f"hidden: <b>{share:.0%}</b> of all joint positions &nbsp;·&nbsp; {int(m['hidden'].all(0).sum())} of {len(clip.skeleton)} joints throughout"
            f" &nbsp;·&nbsp; {int(m['hidden'].all(1).sum())} of {len(clip)} frames wholly"
        )
        options = {"masked": m["hidden"], "values": m["joints"], "value_label": "probability of being hidden", "units": "", "value_range": (0.0, 1.0)}
        figure = figures.motion_over_time(m["energy"], clip.fps, {f"hidden: {frames}": m["frames"]}, f"{readable(action)}: motion and hidden frames")
        seen = int((m["energy"] * ~m["hidden"].all(1)).argmax())  # the liveliest frame that is not hidden
        return {"player": ((clip,), options | {"labels": [readable(action)]}), "text": text, "figure": figure, "frame": seen}

    controls = {
        "joints": widgets.Dropdown(options=list(JOINT_MASKS), value="high degree (f)", description="hide joints", style=_WIDE, layout=_LAYOUT),
        "frames": widgets.Dropdown(options=list(FRAME_MASKS), value="low motion (f)", description="hide frames", style=_WIDE, layout=_LAYOUT),
        "ratio": widgets.FloatSlider(
            value=ratio, min=0.0, max=0.9, step=0.05, description="ratio", readout_format=".2f", style=_WIDE, layout=_LAYOUT
        ),
        "cutoff": widgets.FloatSlider(
            value=0.0, min=0.0, max=10.0, step=0.5, description="low-pass, Hz (0: off)", readout_format=".1f", style=_WIDE, layout=_LAYOUT
        ),
        "action": widgets.Dropdown(options=names, description="action", style=_WIDE, layout=_LAYOUT),
        "draw": widgets.IntSlider(value=0, min=0, max=50, description="draw number", style=_WIDE, layout=_LAYOUT),
    }
    return Panel(state, controls)


def _by_action(clips: ClipSet) -> dict[str, list[int]]:
    """Class name -> positions of its clips, for the classes that have any."""
    return {name: members for name in clips.classes if (members := clips.of_class(name).tolist())}


def _plain_text(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", text)).replace("\xa0", " ")
