"""The panel: controls around a player or a figure. Headlessly it shows its first state once, without controls."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import ipywidgets as widgets
from IPython.display import display

from ...data import ClipSet
from ...utils.progress import is_headless
from ..chart import Chart
from ..skeleton_player.widget import player

WIDE = {"description_width": "11em"}

LAYOUT = widgets.Layout(width="420px")


class Panel:
    """Controls, a line of numbers, and the player or chart they change.

    Args:
        state: settings -> what to show; pure. It returns ``{"player": (clips, options), "text": html, "figure": Figure}``,
            of which every entry but "text" may be missing; "frame" is the frame that the player shows at first.
        controls: setting name -> widget with a `value`.
        make: `player` or `compare`.
    """

    def __init__(
        self, state: Callable[..., dict], controls: dict[str, widgets.Widget], make: Callable = player
    ):
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
        if not is_headless():
            parts.insert(
                0, widgets.Box(list(self.controls.values()), layout=widgets.Layout(flex_flow="row wrap"))
            )
            display(widgets.VBox(parts))
        else:
            if self.player is not None:
                display(self.player)
            controls = ", ".join(c.description for c in self.controls.values())
            text = f"{self.text.value}<br><small>In JupyterLab there are controls here: {controls}.</small>"
            display({"text/html": text, "text/plain": _plain_text(text)}, raw=True)
        if self.chart is not None:
            self.chart.show(live=not is_headless())


def by_action(clips: ClipSet) -> dict[str, list[int]]:
    """Class name -> positions of its clips, for the classes that have any."""
    return {name: members for name in clips.classes if (members := clips.of_class(name).tolist())}


def _plain_text(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", text)).replace("\xa0", " ")
