"""Charts: plotly figures in a page that a panel can exchange. No FigureWidget, which would save plotly's JavaScript with every notebook."""

from __future__ import annotations

import json

import anywidget
import plotly.graph_objects as go
import traitlets
from IPython.display import display

from .scripts import script

PLOTLY_MIME = "application/vnd.plotly.v1+json"


class _Redraw(anywidget.AnyWidget):
    """What draws a chart anew in the page, see chart.js."""

    _esm = script("skeleton_player/reconnect.js") + script("chart.js")
    figure = traitlets.Dict().tag(sync=True)


class Chart:
    """A plotly figure in the page that can be exchanged without a flicker."""

    def __init__(self, figure: go.Figure):
        self._figure, self._handle, self._redraw = figure, None, None

    def _bundle(self, figure: go.Figure) -> dict:
        content = figure.to_plotly_json() | {"config": {"displaylogo": False}}
        content = _jsonable(content)
        alt = (content["layout"].get("meta") or {}).get("alt", "figure")
        if self._redraw is not None:
            content["layout"]["meta"] = (content["layout"].get("meta") or {}) | {
                "chart": self._redraw.model_id
            }
        return {PLOTLY_MIME: content, "text/plain": alt}

    def show(self, live: bool = False) -> None:
        """Show it; `live` if it will be exchanged."""
        if live:
            self._redraw = self._redraw or _Redraw()
        self._handle = display(self._bundle(self._figure), raw=True, display_id=live or None)

    def update(self, figure: go.Figure) -> None:
        self._figure = figure
        if self._handle is not None:
            bundle = self._bundle(figure)
            self._handle.update(bundle, raw=True)
            self._redraw.figure = bundle[PLOTLY_MIME]


def _jsonable(content: dict) -> dict:
    from plotly.utils import PlotlyJSONEncoder

    return json.loads(json.dumps(content, cls=PlotlyJSONEncoder))


def show(figure: go.Figure) -> None:
    """Show a plotly figure, with its alt text for readers who cannot see it."""
    Chart(figure).show()
