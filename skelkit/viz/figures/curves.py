"""Line charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from ..style import COLORWAY, figure_defaults
from .axes import DASHES, GREY, SYMBOLS


def curves(
    series: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    title: str,
    x: str,
    y: str,
    ideal: tuple[Sequence[float], Sequence[float], str] | None = None,
) -> go.Figure:
    """Lines on common axes; the vertical axis starts at 0.

    Args:
        series: name -> (x values, y values).
        title: of the figure; x, y: titles of the axes, with units.
        ideal: (x values, y values, name) of a dashed reference line. Default: none.
    """
    fig = go.Figure()
    if ideal is not None:
        fig.add_scatter(
            x=list(ideal[0]),
            y=list(ideal[1]),
            name=ideal[2],
            mode="lines",
            line={"color": GREY, "dash": "dash"},
            hoverinfo="skip",
        )
    for k, (name, (xs, ys)) in enumerate(series.items()):
        fig.add_scatter(
            x=list(xs),
            y=list(ys),
            name=name,
            mode="lines+markers",
            hovertemplate="%{x:.3g}: %{y:.3g}<extra>" + name + "</extra>",
            line={"color": COLORWAY[k % len(COLORWAY)], "dash": DASHES[k % len(DASHES)]},
            marker={"symbol": SYMBOLS[k % len(SYMBOLS)], "size": 8},
        )
    fig.update_yaxes(rangemode="tozero")
    fig.update_layout(height=400, legend={"orientation": "h", "y": -0.2, "yanchor": "top"})
    text = "; ".join(
        f"{name}: from {ys[0]:.3g} to {ys[-1]:.3g}" for name, (_, ys) in series.items() if len(ys)
    )
    return figure_defaults(fig, title, f"{title}: {y} over {x}. {text}.", x, y)
