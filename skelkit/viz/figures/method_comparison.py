"""Final average accuracy of continual learning methods, between their bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from ..style import OKABE_ITO, figure_defaults
from .axes import GREY
from .seeds import INTERVAL, in_words, percent

LABEL_GAP = 14
"""Percentage points between the labels of two bounds, at least."""


def methods(
    rows: Mapping[str, Sequence[float]],
    title: str,
    lower: str = "fine-tuning",
    upper: str = "joint",
    chance: float | None = None,
    live: Mapping[str, Sequence[float]] | None = None,
) -> go.Figure:
    """Final average accuracy (FAA) of each method: a dot per seed, the mean and its 95 % interval.

    Args:
        rows: method -> FAA of each seed, 0 to 1; drawn from top to bottom in this order.
        lower, upper: methods that bound the others; the range between them is shaded if `rows` has both.
        chance: FAA of guessing, 0 to 1. Default: not drawn.
        live: method -> FAA of runs made in this notebook, drawn with a separate symbol; methods that `rows`
            does not have come last.
    """
    live = live or {}
    names = list(dict.fromkeys([*rows, *live]))
    fig = go.Figure()
    _seeds(fig, rows, names)
    _live(fig, live, names, 0.27 if rows else 0.0)
    _bounds(fig, rows, lower, upper, chance)
    fig.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=names,
        range=[len(names) - 0.4, -0.6],
        ticks="",
        showline=False,
    )
    fig.update_xaxes(range=[0, 100], ticksuffix=" %")
    fig.update_layout(
        height=190 + 32 * len(names),
        margin={"t": 96},
        legend={"orientation": "h", "y": -64 / (32 * len(names) + 40), "yanchor": "top"},
    )
    alt = _alt(title, rows, live, lower, upper, chance)
    return figure_defaults(fig, title, alt, "final average accuracy")


def _dots(
    fig: go.Figure,
    given: Mapping[str, Sequence[float]],
    names: list[str],
    shift: float,
    name: str,
    look: dict,
) -> None:
    """A dot for each value, in the row of its method."""
    fig.add_scatter(
        x=[100 * v for values in given.values() for v in values],
        y=[names.index(method) + shift for method, values in given.items() for _ in values],
        mode="markers",
        name=name,
        marker=look | {"opacity": 0.8},
        text=[method for method, values in given.items() for _ in values],
        hovertemplate="%{text}: %{x:.1f} %<extra></extra>",
    )


def _seeds(fig: go.Figure, rows: Mapping[str, Sequence[float]], names: list[str]) -> None:
    if not any(len(values) for values in rows.values()):
        return
    look = {"color": OKABE_ITO["blue"], "symbol": "circle", "size": 7}
    _dots(fig, rows, names, 0.0, "recorded, one seed", look)
    means = [percent(values) for values in rows.values()]
    spread = {"type": "data", "array": [s for _, s in means], "color": "black", "thickness": 1.5, "width": 5}
    fig.add_scatter(
        x=[m for m, _ in means],
        y=[names.index(name) for name in rows],
        mode="markers",
        name=INTERVAL,
        marker={"color": "black", "symbol": "line-ns-open", "size": 16, "line": {"width": 3}},
        error_x=spread,
        hoverinfo="skip",
    )


def _live(fig: go.Figure, live: Mapping[str, Sequence[float]], names: list[str], shift: float) -> None:
    if any(len(values) for values in live.values()):
        look = {"color": OKABE_ITO["vermilion"], "symbol": "star-diamond", "size": 11}
        _dots(fig, live, names, shift, "run here", look)


def _bounds(
    fig: go.Figure, rows: Mapping[str, Sequence[float]], lower: str, upper: str, chance: float | None
) -> None:
    """The shaded range between the bounds, and a labelled line at each bound and at chance."""
    marks = {}
    if lower in rows and upper in rows:
        low, high = percent(rows[lower])[0], percent(rows[upper])[0]
        fig.add_vrect(low, high, fillcolor=OKABE_ITO["green"], opacity=0.1, line_width=0, layer="below")
        marks[low] = f"lower bound<br>{low:.0f} %", "solid"
        marks[high] = f"upper bound<br>{high:.0f} %", "solid"
    if chance is not None:
        marks[100 * chance] = (f"chance<br>{100 * chance:.0f} %", "dot")
    edge = -100.0
    for x in sorted(marks):
        text, dash = marks[x]
        colour = GREY if dash == "dot" else OKABE_ITO["green"]
        fig.add_vline(x, line={"color": colour, "width": 1.5, "dash": dash}, layer="below")
        edge = max(x, edge + LABEL_GAP)
        fig.add_annotation(
            text=text,
            x=edge,
            y=1,
            yref="paper",
            yanchor="bottom",
            showarrow=False,
            font={"size": 11, "color": "#444444"},
        )


def _alt(title: str, rows: Mapping, live: Mapping, lower: str, upper: str, chance: float | None) -> str:
    parts = [f"{name} {in_words(values)}" for name, values in rows.items()]
    parts += [f"{name}, run here, {in_words(values)}" for name, values in live.items()]
    between = f" The band reaches from {lower} to {upper}." if lower in rows and upper in rows else ""
    guessing = f" Chance: {100 * chance:.1f} %." if chance is not None else ""
    return f"{title}. Final average accuracy: {'; '.join(parts)}.{between}{guessing}"
