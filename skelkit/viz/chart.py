"""Plotly figures in a notebook that can be replaced in place.

A `plotly.graph_objects.FigureWidget` does that too, but saves plotly's JavaScript with every notebook.
"""

from __future__ import annotations

import json
from typing import Any

import anywidget
import plotly.graph_objects as go
import traitlets
from IPython.display import DisplayHandle, display
from plotly.utils import PlotlyJSONEncoder

from .scripts import script

PLOTLY_MIME = "application/vnd.plotly.v1+json"


class _Redraw(anywidget.AnyWidget):
    """Draws its figure into the output that shows the chart, see chart.js."""

    _esm = script("skeleton_player/reconnect.js") + script("chart.js")
    figure = traitlets.Dict().tag(sync=True)


class Chart:
    """A plotly figure in a notebook that can be replaced without a flicker."""

    def __init__(self, figure: go.Figure):
        self._figure = figure
        self._handle: DisplayHandle | None = None
        self._redraw: _Redraw | None = None

    def _bundle(self, figure: go.Figure) -> dict[str, Any]:
        content = figure.to_plotly_json() | {"config": {"displaylogo": False}}
        content = json.loads(json.dumps(content, cls=PlotlyJSONEncoder))
        meta = content["layout"].get("meta") or {}
        if self._redraw is not None:
            content["layout"]["meta"] = meta | {"chart": self._redraw.model_id}
        return {PLOTLY_MIME: content, "text/plain": meta.get("alt", "figure")}

    def show(self, live: bool = False) -> None:
        """Display the figure; `live` if `update` will replace it later."""
        if live:
            self._redraw = self._redraw or _Redraw()
        self._handle = display(self._bundle(self._figure), raw=True, display_id=live or None)

    def update(self, figure: go.Figure) -> None:
        """Replace the figure."""
        self._figure = figure
        if self._handle is not None:
            bundle = self._bundle(figure)
            self._handle.update(bundle, raw=True)
            if self._redraw is not None:
                self._redraw.figure = bundle[PLOTLY_MIME]


def show(figure: go.Figure) -> None:
    """Display a plotly figure, with its alt text for screen readers."""
    Chart(figure).show()
