"""Parts that figures share: bars, log axes, label positions, colours of bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from torch import Tensor

from ..style import figure_defaults, readable

GREY = "#767676"

DASHES = ("solid", "dash", "dot", "dashdot", "longdash")

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star")


def bars(
    groups: Mapping[str, Mapping[str, float]], title: str, x: str, y: str, height: int = 380
) -> go.Figure:
    """Grouped bars.

    Args:
        groups: legend name -> {category: value}.
        title: of the figure; x, y: titles of the axes, with units.
        height: pixels.
    """
    fig = go.Figure()
    for name, values in groups.items():
        fig.add_bar(
            x=[readable(k) for k in values],
            y=list(values.values()),
            name=name,
            hovertemplate="%{x}: %{y:.3g}<extra>" + name + "</extra>",
        )
    fig.update_layout(barmode="group", height=height)
    text = "; ".join(
        f"{name}: {', '.join(f'{readable(k)} {v:.3g}' for k, v in list(values.items())[:6])}"
        for name, values in groups.items()
    )
    return figure_defaults(fig, title, f"{title}, bars of {y} for each {x}. {text}.", x, y)


def nice_log(fig: go.Figure, axis: str, values: Sequence[float], exact: bool = False) -> None:
    """Make an axis logarithmic, with ticks at 1, 2, 5, 10, … or, if `exact`, at the values."""
    low, high = min(v for v in values if v > 0), max(values)
    steps = [m * 10.0**e for e in range(-4, 7) for m in (1, 2, 5)]
    ticks = list(values) if exact else [t for t in steps if low / 2 <= t <= high * 2]
    update = fig.update_xaxes if axis == "x" else fig.update_yaxes
    update(type="log", tickvals=ticks, ticktext=[f"{t:,.10g}" for t in ticks])


def label_places(x: Sequence[float], y: Sequence[float], names: Sequence[str]) -> list[tuple[str, str]]:
    """(text, plotly text position) of each point, such that labels overlap neither points nor each other.

    The text is empty where no position is free.
    """
    spread_x, spread_y = (max(max(v) - min(v), 1e-9) for v in (x, y))
    points = [  # in the unit square
        ((a - min(x)) / spread_x, (b - min(y)) / spread_y) for a, b in zip(x, y, strict=True)
    ]
    taken = [(px - 0.008, px + 0.008, py - 0.012, py + 0.012) for px, py in points]
    result = []
    for (px, py), name in zip(points, names, strict=True):
        width, height = 0.0095 * len(name), 0.042
        boxes = {
            "top center": (px - width / 2, px + width / 2, py + 0.013, py + 0.013 + height),
            "bottom center": (px - width / 2, px + width / 2, py - 0.013 - height, py - 0.013),
            "middle right": (px + 0.012, px + 0.012 + width, py - height / 2, py + height / 2),
            "middle left": (px - 0.012 - width, px - 0.012, py - height / 2, py + height / 2),
        }
        free = [place for place, box in boxes.items() if not any(_overlap(box, other) for other in taken)]
        if free:
            taken.append(boxes[free[0]])
        result.append((name, free[0]) if free else ("", "top center"))
    return result


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3]


def rounded(values: Tensor) -> list[float]:
    """Values to three decimals: figures are stored as text."""
    return [round(v, 3) for v in values.tolist()]


def faint(colour: str, opacity: float = 0.15) -> str:
    """A transparent version of "#RRGGBB".

    >>> faint("#0072B2")
    'rgba(0, 114, 178, 0.15)'
    """
    return f"rgba({', '.join(str(int(colour[k : k + 2], 16)) for k in (1, 3, 5))}, {opacity})"
