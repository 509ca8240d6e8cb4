"""Accuracy over size: how many bytes a stored clip needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from ..style import COLORWAY, OKABE_ITO, figure_defaults
from .axes import DASHES, SYMBOLS, faint, nice_log
from .seeds import percent, percents

Point = tuple[float, Sequence[float]]


def by_budget(
    series: Mapping[str, Sequence[Point]],
    title: str = "Accuracy by size of a stored clip",
    uncompressed: float | None = None,
    *,
    size: str = "stored size (bytes per clip, log scale)",
    accuracy: str = "final average accuracy",
    reference: str = "uncompressed",
) -> go.Figure:
    """Accuracy over size, with the band within one point of a reference.

    Args:
        series: name -> (bytes per clip, final average accuracy of each seed, 0 to 1), in any order.
        title: of the figure.
        uncompressed: accuracy of the reference, 0 to 1. Default: the mean at the largest size.
        size, accuracy: titles of the axes.
        reference: name of the reference.
    """
    points = [point for each in series.values() for point in each]
    largest = max(points, key=lambda point: point[0])[1]
    middle = percent(largest)[0] if uncompressed is None else 100 * uncompressed
    fig = go.Figure()
    green = OKABE_ITO["green"]
    fig.add_hrect(middle - 1, middle + 1, fillcolor=green, opacity=0.15, line_width=0, layer="below")
    fig.add_hline(middle, line={"color": green, "width": 1, "dash": "dot"}, layer="below")
    for k, (name, each) in enumerate(series.items()):
        _curve(fig, name, sorted(each, key=lambda point: point[0]), k)
    fig.add_scatter(
        x=[None],
        y=[None],
        mode="markers",
        name=f"within one point of {reference}",
        marker={"symbol": "square", "size": 14, "color": faint(green, 0.3)},
    )
    nice_log(fig, "x", [at for at, _ in points])
    fig.update_yaxes(ticksuffix=" %")
    fig.update_layout(height=440, legend={"orientation": "h", "y": -0.2, "yanchor": "top"})
    least = min((at for at, values in points if abs(percent(values)[0] - middle) <= 1), default=None)
    within = f" The smallest within one point of it: {least:,.0f}." if least is not None else ""
    alt = f"{title}: {', '.join(series)}. {reference.capitalize()} reaches {middle:.1f} %.{within}"
    if any(len(values) > 1 for _, values in points):
        accuracy += "<br>(mean with 95 % interval over seeds)"
    return figure_defaults(fig, title, alt, size, accuracy)


def _curve(fig: go.Figure, name: str, points: Sequence[Point], k: int) -> None:
    means, spreads = percents([values for _, values in points])
    fig.add_scatter(
        x=[at for at, _ in points],
        y=means,
        name=name,
        mode="lines+markers",
        line={"color": COLORWAY[k % len(COLORWAY)], "dash": DASHES[k % len(DASHES)]},
        marker={"symbol": SYMBOLS[k % len(SYMBOLS)], "size": 9},
        error_y={"type": "data", "array": spreads, "thickness": 1.5, "width": 4},
        hovertemplate="%{x:,}: %{y:.1f} %<extra>" + name + "</extra>",
    )
