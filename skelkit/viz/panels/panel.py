"""Controls around a player or a figure."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import ipywidgets as widgets
from IPython.display import display

from ...data import ClipSet
from ...utils.progress import is_headless
from ..chart import Chart
from ..offline import MIME, choice_of, states
from ..skeleton_player.widget import Player, player
from .labels import SliderLabels

LOOK: dict[str, Any] = {
    "style": {"description_width": "11em"},
    "layout": widgets.Layout(width="420px"),
}
"""Options of all controls."""


class Panel:
    """Controls, a line of numbers, and the player or chart that they change.

    Headlessly it computes the states that a page without a kernel shows, see `offline.states`.

    Args:
        state: settings -> ``{"player": (clips, options), "text": html, "figure": Figure, "frame": int}``,
            without side effects. All entries but "text" are optional; "frame" is the first frame that the
            player shows.
        controls: setting name -> widget with a `value`.
        make: `player` or `compare`.
        offline: controls that can be moved without a kernel -> number of their positions, at most.
            Default: the first slider, 20.
    """

    def __init__(
        self,
        state: Callable[..., dict],
        controls: Mapping[str, widgets.Widget],
        make: Callable[..., Player] = player,
        offline: Mapping[str, int] | None = None,
    ):
        self.state, self.controls = state, dict(controls)
        self.offline = dict(offline or _first_slider(controls))
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
        """The current values of the controls."""
        return {name: control.value for name, control in self.controls.items()}

    def _changed(self, _change: dict) -> None:
        now = self.state(**self.values)
        if self.player is not None:
            clips, options = now["player"]
            self.player.show(*clips, **options)
        self.text.value = now["text"]
        if self.chart is not None:
            self.chart.update(now["figure"])

    def _ipython_display_(self) -> None:
        if is_headless():
            text = _plain_text(self.text.value)
            display({MIME: self.states(), "text/html": self.text.value, "text/plain": text}, raw=True)
            return
        choices = widgets.Box(list(self.controls.values()), layout=widgets.Layout(flex_flow="row wrap"))
        players = [self.player] if self.player is not None else []
        display(widgets.VBox([choices, self.text, *players, SliderLabels()]))
        if self.chart is not None:
            self.chart.show(live=True)

    def states(self) -> dict[str, Any]:
        """States for pages that have no kernel, see `offline.states`."""
        shown = self.player

        def scene(given: tuple) -> dict[str, Any]:
            assert shown is not None
            return shown.scene(*given[0], **given[1])

        choices = [choice_of(name, control) for name, control in self.controls.items()]
        return states(choices, self.state, scene=scene if shown is not None else None, most=self.offline)


def dropdown(options: Iterable, description: str, value: Any = None) -> widgets.Dropdown:
    """A menu with the look of all controls; `value` is the choice at the start. Default: the first option."""
    chosen = {} if value is None else {"value": value}
    return widgets.Dropdown(options=list(options), description=description, **chosen, **LOOK)


def draw_number() -> widgets.IntSlider:
    """A slider for the seed of a random mask."""
    return widgets.IntSlider(value=0, min=0, max=50, description="random draw", **LOOK)


def by_action(clips: ClipSet) -> dict[str, list[int]]:
    """Class name -> indices of its clips, for the classes that have clips."""
    return {name: members for name in clips.classes if (members := clips.of_class(name).tolist())}


def _first_slider(controls: Mapping[str, widgets.Widget]) -> dict[str, int]:
    sliders = (name for name, control in controls.items() if choice_of(name, control).kind == "slider")
    return dict.fromkeys(itertools.islice(sliders, 1), 20)


def _plain_text(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", text)).replace("\xa0", " ")
