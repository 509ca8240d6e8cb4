"""Cost of a training step and accuracy, over the mask ratio."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ..style import OKABE_ITO, figure_defaults
from .axes import GREY
from .seeds import INTERVAL, percents

BLUE = {"color": OKABE_ITO["blue"]}


def over_ratio(rows: Sequence[dict], title: str = "Cost and accuracy over the mask ratio") -> go.Figure:
    """Cost of a training step (above) and accuracy (below) over the mask ratio.

    Args:
        rows: "ratio" (0 to 1), "cost" (relative to that of ratio 0), "accuracy" (of each seed, 0 to 1).
        title: of the figure.
    """
    rows = sorted(rows, key=lambda row: row["ratio"])
    x = [100 * r["ratio"] for r in rows]
    means, spreads = percents([r["accuracy"] for r in rows])
    best = max(range(len(rows)), key=means.__getitem__)
    fig = make_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.06)
    _cost(fig, x, [r["cost"] for r in rows])
    _accuracy(fig, rows, x, means, spreads)
    fig.add_scatter(
        x=[x[best]],
        y=[means[best]],
        mode="markers",
        name=f"best: {means[best]:.1f} % at {x[best]:.0f} % masked",
        marker={"symbol": "star", "size": 17, "color": OKABE_ITO["orange"]}
        | {"line": {"width": 1, "color": "black"}},
        hoverinfo="skip",
        row=2,
        col=1,
    )
    text = ", ".join(
        f"{share:.0f} % masked: cost {r['cost']:.2f}, accuracy {m:.1f} %"
        for share, r, m in zip(x, rows, means, strict=True)
    )
    figure_defaults(fig, title, f"{title}. {text}. Best accuracy at {x[best]:.0f} % masked.")
    fig.update_yaxes(title_text="relative cost<br>of a step", rangemode="tozero", row=1, col=1)
    fig.update_yaxes(title_text="test accuracy", ticksuffix=" %", row=2, col=1)
    fig.update_xaxes(range=[-2, max(x) + 4])
    fig.update_xaxes(title_text="masked tuples (%)", row=2, col=1)
    return fig.update_layout(height=560, legend={"orientation": "h", "y": -0.13, "yanchor": "top"})


def _cost(fig: go.Figure, x: list[float], costs: list[float]) -> None:
    fig.add_scatter(
        x=[0, 100],
        y=[1, 0],
        mode="lines",
        name="cost proportional to 1 − ratio",
        line={"color": GREY, "dash": "dash"},
        hoverinfo="skip",
        row=1,
        col=1,
    )
    fig.add_scatter(
        x=x,
        y=costs,
        mode="lines+markers",
        name="cost of a step",
        line={"color": OKABE_ITO["vermilion"]},
        marker={"symbol": "square"},
        hovertemplate="%{x:.0f} % masked: %{y:.2f} of the full cost<extra></extra>",
        row=1,
        col=1,
    )


def _accuracy(
    fig: go.Figure, rows: Sequence[dict], x: list[float], means: Sequence[float], spreads: Sequence[float]
) -> None:
    several = any(len(r["accuracy"]) > 1 for r in rows)
    if several:
        fig.add_scatter(
            x=[100 * r["ratio"] for r in rows for _ in r["accuracy"]],
            y=[100 * v for r in rows for v in r["accuracy"]],
            mode="markers",
            name="one seed",
            marker=BLUE | {"symbol": "circle-open", "size": 6, "opacity": 0.7},
            hoverinfo="skip",
            row=2,
            col=1,
        )
    fig.add_scatter(
        x=x,
        y=means,
        mode="lines+markers",
        name=INTERVAL if several else "accuracy",
        line=BLUE,
        error_y={"type": "data", "array": spreads, "thickness": 1.5, "width": 4},
        hovertemplate="%{x:.0f} % masked: %{y:.1f} %<extra></extra>",
        row=2,
        col=1,
    )
