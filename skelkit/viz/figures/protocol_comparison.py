"""Accuracy of methods under several evaluation protocols, a panel per protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ..style import COLORWAY, figure_defaults, readable
from .seeds import INTERVAL, percent, percents

Rows = Mapping[str, Mapping[str, Sequence[float]]]
Live = Mapping[str, Mapping[str, float]]

COMMON_SCALE = 1.4
"""All panels share one scale if its range is at most this multiple of the range of the widest panel."""


def comparison(rows: Rows, title: str, live: Live | None = None) -> go.Figure:
    """Test accuracy of methods, a panel per evaluation protocol.

    A dot is a seed, a line the mean with its 95 % interval, a diamond a run of this notebook.

    Args:
        rows: protocol -> method -> accuracy of each seed, 0 to 1.
        title: of the figure.
        live: protocol -> method -> one accuracy, of a run in this notebook.
    """
    live = live or {}
    protocols = list(dict.fromkeys([*rows, *live]))
    methods = list(dict.fromkeys(m for part in (rows, live) for p in protocols for m in part.get(p, {})))
    fig = make_subplots(
        1, len(protocols), shared_yaxes=True, subplot_titles=protocols, horizontal_spacing=0.025
    )
    for column, protocol in enumerate(protocols, 1):
        recorded, now = rows.get(protocol, {}), live.get(protocol, {})
        _seeds(fig, recorded, methods, column)
        _means(fig, recorded, methods, column)
        _live(fig, now, methods, column, 0.25 * bool(recorded))
    fig.update_yaxes(
        tickvals=list(range(len(methods))),
        ticktext=[readable(m) for m in methods],
        range=[len(methods) - 0.4, -0.6],
        ticks="",
        showline=False,
    )
    if _one_scale(rows, live, protocols):
        fig.update_xaxes(matches="x")
    fig.update_xaxes(nticks=5)
    fig.update_xaxes(title="test accuracy (%)", title_standoff=8, col=(len(protocols) + 1) // 2)
    figure_defaults(fig, title, _alt(title, rows, live, protocols))
    fig.update_annotations(font_size=13)
    return fig.update_layout(
        height=220 + 34 * len(methods),
        margin={"t": 84},
        legend={"orientation": "h", "y": -76 / (34 * len(methods) + 40), "yanchor": "top"},
    )


def _seeds(
    fig: go.Figure, recorded: Mapping[str, Sequence[float]], methods: Sequence[str], column: int
) -> None:
    at = [methods.index(m) for m, values in recorded.items() for _ in values]
    fig.add_scatter(
        x=[100 * v for values in recorded.values() for v in values],
        y=at,
        mode="markers",
        name="recorded, one seed",
        legendgroup="seed",
        showlegend=column == 1 and bool(at),
        marker={"color": COLORWAY[0], "size": 6, "opacity": 0.7},
        hovertemplate="%{x:.1f} %<extra></extra>",
        row=1,
        col=column,
    )


def _means(
    fig: go.Figure, recorded: Mapping[str, Sequence[float]], methods: Sequence[str], column: int
) -> None:
    means, margins = percents(list(recorded.values())) if recorded else ((), ())
    fig.add_scatter(
        x=means,
        y=[methods.index(m) for m in recorded],
        mode="markers",
        name=INTERVAL,
        legendgroup="mean",
        showlegend=column == 1 and bool(recorded),
        marker={"symbol": "line-ns-open", "size": 14, "color": "black", "line": {"width": 3}},
        hoverinfo="skip",
        error_x={"type": "data", "array": margins, "color": "black", "width": 4, "thickness": 1.5},
        row=1,
        col=column,
    )


def _live(
    fig: go.Figure, now: Mapping[str, float], methods: Sequence[str], column: int, shift: float
) -> None:
    fig.add_scatter(
        x=[100 * v for v in now.values()],
        y=[methods.index(m) + shift for m in now],
        mode="markers",
        name="run here",
        legendgroup="live",
        showlegend=column == 1 and bool(now),
        marker={"color": COLORWAY[1], "symbol": "star-diamond", "size": 10},
        hovertemplate="%{x:.1f} %<extra>run here</extra>",
        row=1,
        col=column,
    )


def _one_scale(rows: Rows, live: Live, protocols: Sequence[str]) -> bool:
    """Whether the ranges of all panels are so close that one scale wastes little room."""
    ends = []
    for protocol in protocols:
        seeds = [v for values in rows.get(protocol, {}).values() for v in values]
        if values := [*live.get(protocol, {}).values(), *seeds]:
            ends.append((min(values), max(values)))
    if not ends:
        return False
    whole = max(high for _, high in ends) - min(low for low, _ in ends)
    return whole <= COMMON_SCALE * max(high - low for low, high in ends)


def _alt(title: str, rows: Rows, live: Live, protocols: Sequence[str]) -> str:
    parts = []
    for protocol in protocols:
        recorded, now = rows.get(protocol, {}), live.get(protocol, {})
        means = [f"{m} {percent(values)[0]:.1f} %" for m, values in recorded.items()]
        here = [f"{m} {100 * v:.1f} % (run here)" for m, v in now.items() if not recorded]
        parts.append(f"{protocol}: {', '.join(means)}{', '.join(here)}")
    return f"{title}. {'; '.join(parts)}."
