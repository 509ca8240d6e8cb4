"""Test accuracy over latency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import torch

from ..style import COLORWAY, figure_defaults
from .axes import SYMBOLS, faint, label_places, nice_log


def frontier(rows: Sequence[Mapping], title: str) -> go.Figure:
    """Test accuracy over latency per clip; the size of a dot is the number of parameters.

    Args:
        rows: "name", "milliseconds" (median), "p95" (milliseconds), "accuracy" (0 to 1), "parameters", and
            "kind", such as "torch" or "onnxruntime", which gives colour and symbol.
        title: of the figure.
    """
    fig = go.Figure()
    largest = max(row["parameters"] for row in rows)
    for k, kind in enumerate(dict.fromkeys(row["kind"] for row in rows)):
        _dots(fig, [row for row in rows if row["kind"] == kind], kind, largest, k)
    _names(fig, rows)
    alt = "; ".join(
        f"{row['name']} ({row['kind']}): {row['milliseconds']:.2f} ms, {100 * row['accuracy']:.1f} %, "
        f"{row['parameters']:,} parameters"
        for row in rows
    )
    x = "latency per clip (ms; median, the line ends at the 95th percentile)"
    figure_defaults(fig, title, f"{title}. {alt}.", x, "test accuracy (%)")
    low, high = min(row["milliseconds"] for row in rows) / 1.6, max(row["p95"] for row in rows) * 1.6
    nice_log(fig, "x", [low, high])
    return fig.update_layout(
        height=460,
        legend={"orientation": "h", "y": -0.2, "yanchor": "top", "itemsizing": "constant"},
        title_subtitle={
            "text": "the larger the dot, the more parameters",
            "font": {"size": 12, "color": "#444444"},
        },
    )


def _dots(fig: go.Figure, rows: Sequence[Mapping], kind: str, largest: int, k: int) -> None:
    to_p95 = {
        "type": "data",
        "symmetric": False,
        "array": [row["p95"] - row["milliseconds"] for row in rows],
        "arrayminus": [0] * len(rows),
        "thickness": 1,
        "width": 5,
        "color": faint(COLORWAY[k], 0.35),
    }
    sizes = [10 + 24 * (row["parameters"] / largest) ** 0.5 for row in rows]
    fig.add_scatter(
        x=[row["milliseconds"] for row in rows],
        y=[100 * row["accuracy"] for row in rows],
        mode="markers",
        name=kind,
        error_x=to_p95,
        marker={"color": COLORWAY[k], "symbol": SYMBOLS[k], "size": sizes, "opacity": 0.8},
        text=[f"{row['name']}, {row['parameters']:,} parameters" for row in rows],
        hovertemplate="%{text}<br>%{x:.2f} ms, %{y:.1f} %<extra></extra>",
    )


def _names(fig: go.Figure, rows: Sequence[Mapping]) -> None:
    x = torch.tensor([row["milliseconds"] for row in rows]).log10().tolist()
    places = label_places(x, [row["accuracy"] for row in rows], [row["name"] for row in rows])
    for at, row, (text, place) in zip(x, rows, places, strict=True):
        if text:
            fig.add_annotation(
                x=at,
                y=100 * row["accuracy"],
                text=text,
                showarrow=False,
                yshift=22 if "top" in place else -22,
                font={"size": 12},
            )
