"""A panel that compares original and restored clips."""

from __future__ import annotations

import html

import ipywidgets as widgets

from ...data import Clip, ClipSet
from ...ops import codecs, fidelity, motion
from ..skeleton_player.widget import compare
from ..style import readable
from .panel import LOOK, Panel, by_action, dropdown

SEPARATOR = " &nbsp;·&nbsp; "


def restored(
    clip: Clip, restore: str, interval: int, dtype: codecs.ValueType = "float32", frames: int = 120
) -> dict:
    """One clip encoded and decoded.

    Args:
        clip: resized to `frames` first.
        restore: a key of `codecs.comparison(codecs.CODECS)`.
        interval: s; every s-th frame is stored.
        dtype: of the stored values, a key of `codecs.DTYPES`.
        frames: T.

    Returns:
        x, y: original and reconstruction [1, C, T, V, M]; codec; bytes; error: mm, [T, V, M]; rmse: mm.
    """
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
    """Original and restored skeleton over each other; the joint error is the colour of the joints.

    Args:
        clips: the first clip of each class is offered.
        interval: s at the start.
        frames: to which clips are resized; None keeps their length.
    """
    first_of = {name: clips[members[0]] for name, members in by_action(clips).items()}

    def acceleration(name: str) -> float:
        x = motion.resize(first_of[name].batch, frames or 120)
        return float(fidelity.acceleration(x, cutoff=0.05))

    def state(action: str, restore: str, interval: int, dtype: codecs.ValueType) -> dict:
        clip = first_of[action]
        length = frames or len(clip)
        return _state(clip, length, restored(clip, restore, min(interval, length), dtype, length))

    controls = {
        "interval": widgets.IntSlider(
            value=interval, min=1, max=30, description="interval s", continuous_update=True, **LOOK
        ),
        "restore": dropdown(codecs.comparison(codecs.CODECS), "codec"),
        "action": dropdown(first_of, "action", max(first_of, key=acceleration)),
        "dtype": dropdown(codecs.DTYPES, "value type"),
    }
    return Panel(state, controls, make=compare, offline={"interval": 20, "restore": 5})


def _state(clip: Clip, length: int, result: dict) -> dict:
    """Player, text and first frame for the result of `restored`."""
    error = result["error"]
    options = {
        "fps": clip.fps * length / len(clip),
        "values": [None, error],
        "value_label": "joint error",
        "units": "mm",
        "value_range": (0.0, 100.0),
        "skeleton": clip.skeleton,
        "labels": ["original", "restored"],
    }
    early = error[: max(1, length * 3 // 4)].mean((1, 2))
    return {
        "player": ((result["x"], result["y"]), options),
        "text": _text(clip, length, result),
        "frame": int(early.argmax()),  # not frame 0, which every codec stores
    }


def _text(clip: Clip, length: int, result: dict) -> str:
    worst = result["error"].amax((0, 2))  # of each joint
    joint = int(worst.argmax())
    raw = clip.persons * length * len(clip.skeleton) * 12
    return (
        f"<span style='font-size:1.1em'>{readable(clip.class_name)}: "
        f"reconstruction error <b>{result['rmse']:.1f} mm</b> (RMSE); "
        f"worst: {readable(clip.skeleton.joints[joint])}, {float(worst[joint]):.0f} mm"
        f"{SEPARATOR}<b>{result['bytes']:,} bytes</b> of {raw:,} for all {length} frames in float32 "
        f"<br><code>{html.escape(str(result['codec']))}</code></span>"
    )
