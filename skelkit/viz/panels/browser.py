"""The clip browser."""

from __future__ import annotations

import html

import ipywidgets as widgets

from ...data import ClipSet
from ..style import readable
from .panel import LAYOUT, WIDE, Panel, by_action


def browser(clips: ClipSet) -> Panel:
    """Any class, any clip of it, in the player."""
    members = by_action(clips)
    names = list(members)

    def state(class_name: str, number: int) -> dict:
        clip = clips[members[class_name][min(number, len(members[class_name])) - 1]]
        text = f"<b>{html.escape(clip.name)}</b>: {len(clip)} frames, {clip.seconds:.1f} s, {clip.persons} person{'s' if clip.persons > 1 else ''}"
        return {"player": ((clip,), {"labels": [readable(clip.class_name)]}), "text": text}

    choose = widgets.Dropdown(options=names, description="action", style=WIDE, layout=LAYOUT)
    number = widgets.IntSlider(
        value=1,
        min=1,
        max=len(members[names[0]]),
        description="clip of this action",
        style=WIDE,
        layout=LAYOUT,
    )

    def fit(change) -> None:
        number.max = len(members[change["new"]])

    choose.observe(fit, "value")
    return Panel(state, {"class_name": choose, "number": number})
