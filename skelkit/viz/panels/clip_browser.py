"""A panel to browse the clips of a set."""

from __future__ import annotations

import html

import ipywidgets as widgets

from ...data import ClipSet
from ..style import readable
from .panel import LOOK, Panel, by_action, dropdown


def browser(clips: ClipSet) -> Panel:
    """A player with a menu of classes and a slider over the clips of a class."""
    members = by_action(clips)
    names = list(members)

    def state(class_name: str, number: int) -> dict:
        clip = clips[members[class_name][min(number, len(members[class_name])) - 1]]
        persons = f"{clip.persons} person{'s' if clip.persons > 1 else ''}"
        text = f"<b>{html.escape(clip.name)}</b>: {len(clip)} frames, {clip.seconds:.1f} s, {persons}"
        return {"player": ((clip,), {"labels": [readable(clip.class_name)]}), "text": text}

    choose = dropdown(names, "action")
    number = widgets.IntSlider(
        value=1, min=1, max=len(members[names[0]]), description="clip of this action", **LOOK
    )

    def limit(change: dict) -> None:
        number.max = len(members[change["new"]])

    choose.observe(limit, "value")
    return Panel(state, {"class_name": choose, "number": number}, offline={"class_name": 40})
