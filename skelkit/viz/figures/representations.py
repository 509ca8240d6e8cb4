"""Figures of representations: where clips lie, how features of two views go together, how methods compare, what a student costs."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import torch
from plotly.subplots import make_subplots
from torch import Tensor

from ..style import COLORWAY, figure_defaults, readable
from .axes import SYMBOLS, label_places, nice_log
from .classes import plane

DIVERGING = ((0.0, "#D55E00"), (0.5, "#FFFFFF"), (1.0, "#0072B2"))

FAINT = ("rgba(0, 114, 178, 0.35)", "rgba(213, 94, 0, 0.35)")

ALIKE = 1.4
"""Panels have one scale if all together take no more than so many times the room of the widest."""

SHOWN = 40
"""Features of a correlation matrix that are drawn, evenly spaced: more could not be told apart."""


def scatter(features: Tensor, labels: Tensor, names: Sequence[str], title: str) -> go.Figure:
    """Clips in the plane in which their features spread most, a colour and a symbol for each class. [N, D], Long[N]."""
    fig = go.Figure()
    _classes(fig, features, labels, names)
    shown = len(labels.unique())
    figure_defaults(
        fig,
        title,
        f"{title}: {len(labels)} clips of {shown} classes in the plane of the first two principal components.",
        "first principal component",
        "second principal component",
    )
    return fig.update_layout(height=460, legend={"itemsizing": "constant"})


def _classes(fig: go.Figure, features: Tensor, labels: Tensor, names: Sequence[str], **where) -> None:
    (points,) = plane(features)
    labels = labels.cpu()
    present = [c for c in range(len(names)) if (labels == c).any()]
    for k, c in enumerate(present):
        mine = points[labels == c]
        fig.add_scatter(
            x=[round(v, 3) for v in mine[:, 0].tolist()],
            y=[round(v, 3) for v in mine[:, 1].tolist()],
            mode="markers",
            name=readable(names[c]),
            marker={
                "color": COLORWAY[k % len(COLORWAY)],
                "symbol": SYMBOLS[(k + k // len(COLORWAY)) % len(SYMBOLS)],
                "size": 7,
                "opacity": 0.75,
            },
            hovertemplate=readable(names[c]) + "<extra></extra>",
            **where,
        )


def inside(
    features: Tensor, correlation: Tensor, labels: Tensor, names: Sequence[str], title: str
) -> go.Figure:
    """Left: how each feature of one view goes with each of the other, [K, K], -1 to 1; right: where the clips lie, [N, D]."""
    fig = make_subplots(
        1,
        2,
        column_widths=[0.4, 0.6],
        horizontal_spacing=0.2,
        subplot_titles=["correlation of two views' features", "clips"],
    )
    some = torch.linspace(0, len(correlation) - 1, min(SHOWN, len(correlation))).round().long()
    values = [[round(v, 2) for v in row] for row in correlation[some][:, some].tolist()]
    fig.add_heatmap(
        z=values,
        zmin=-1,
        zmax=1,
        colorscale=[list(stop) for stop in DIVERGING],
        row=1,
        col=1,
        hovertemplate="feature %{y} of one view, %{x} of the other: %{z}<extra></extra>",
        colorbar={"x": 0.325, "thickness": 12, "tickvals": [-1, 0, 1]},
    )
    _classes(fig, features, labels, names, row=1, col=2)
    off = correlation - correlation.diagonal().diag()
    alt = f"{title}. Mean correlation on the diagonal {float(correlation.diagonal().mean()):.2f}, off it {float(off.abs().sum() / (correlation.numel() - len(correlation))):.2f} in size."
    figure_defaults(fig, title, alt)
    fig.update_xaxes(title_text="feature of the spatial view", showticklabels=False, ticks="", row=1, col=1)
    fig.update_yaxes(
        title_text="feature of the anchor", showticklabels=False, ticks="", autorange="reversed", row=1, col=1
    )
    fig.update_xaxes(title_text="first principal component", row=1, col=2)
    fig.update_yaxes(title_text="second", title_standoff=2, row=1, col=2)
    fig.update_annotations(font_size=13)
    return fig.update_layout(
        height=470,
        margin={"t": 84},
        legend={"orientation": "h", "y": -0.2, "yanchor": "top", "itemsizing": "constant"},
    )


def comparison(
    rows: Mapping[str, Mapping[str, Sequence[float]]],
    title: str,
    live: Mapping[str, Mapping[str, float]] | None = None,
) -> go.Figure:
    """Methods judged in several ways: a panel a way, a dot a seed, a line for the mean and its spread, a diamond for what was run here.

    Args:
        rows: way -> method -> accuracies of the seeds, 0 to 1; live: way -> method -> one accuracy.
    """
    live = live or {}
    ways = list(dict.fromkeys([*rows, *live]))
    methods = list(dict.fromkeys(m for part in (rows, live) for way in ways for m in part.get(way, {})))
    fig = make_subplots(1, len(ways), shared_yaxes=True, subplot_titles=ways, horizontal_spacing=0.025)
    parts = []
    for column, way in enumerate(ways, 1):
        kept = rows.get(way, {})
        at = [methods.index(m) for m, values in kept.items() for _ in values]
        fig.add_scatter(
            x=[100 * v for values in kept.values() for v in values],
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
        means = {m: torch.tensor(values, dtype=torch.float64) * 100 for m, values in kept.items()}
        fig.add_scatter(
            x=[float(v.mean()) for v in means.values()],
            y=[methods.index(m) for m in means],
            mode="markers",
            name="mean ± standard deviation",
            legendgroup="mean",
            showlegend=column == 1 and bool(means),
            marker={"symbol": "line-ns-open", "size": 14, "color": "black", "line": {"width": 3}},
            hoverinfo="skip",
            error_x={
                "type": "data",
                "array": [float(v.std()) if len(v) > 1 else 0.0 for v in means.values()],
                "color": "black",
                "width": 4,
                "thickness": 1.5,
            },
            row=1,
            col=column,
        )
        now = live.get(way, {})
        fig.add_scatter(
            x=[100 * v for v in now.values()],
            y=[methods.index(m) + 0.25 * bool(kept) for m in now],
            mode="markers",
            name="run here",
            legendgroup="live",
            showlegend=column == 1 and bool(now),
            marker={"color": COLORWAY[1], "symbol": "star-diamond", "size": 10},
            hovertemplate="%{x:.1f} %<extra>run here</extra>",
            row=1,
            col=column,
        )
        parts.append(
            f"{way}: "
            + ", ".join(f"{m} {float(v.mean()):.1f} %" for m, v in means.items())
            + ", ".join(f"{m} {100 * v:.1f} % (run here)" for m, v in now.items() if not kept)
        )
    fig.update_yaxes(
        tickvals=list(range(len(methods))),
        ticktext=[readable(m) for m in methods],
        range=[len(methods) - 0.4, -0.6],
        ticks="",
        showline=False,
    )
    ends = [
        (min(v), max(v))
        for way in ways
        if (v := [*live.get(way, {}).values(), *(x for values in rows.get(way, {}).values() for x in values)])
    ]
    if ends and max(b for _, b in ends) - min(a for a, _ in ends) <= ALIKE * max(b - a for a, b in ends):
        fig.update_xaxes(matches="x")
    fig.update_xaxes(nticks=5)
    fig.update_xaxes(title="test clips that are right (%)", title_standoff=8, col=(len(ways) + 1) // 2)
    figure_defaults(fig, title, f"{title}. {'; '.join(parts)}.")
    fig.update_annotations(font_size=13)
    return fig.update_layout(
        height=220 + 34 * len(methods),
        margin={"t": 84},
        legend={"orientation": "h", "y": -76 / (34 * len(methods) + 40), "yanchor": "top"},
    )


def soft_answers(
    answers: Mapping[str, Tensor], names: Sequence[str], title: str, true: int | None = None
) -> go.Figure:
    """What networks say of one clip: a bar for each class. name -> probabilities [classes]; the true class is marked."""
    fig = go.Figure()
    order = sorted(range(len(names)), key=lambda c: -float(next(iter(answers.values()))[c]))
    words = ["<b>" + readable(names[c]) + "</b>" if c == true else readable(names[c]) for c in order]
    for k, (name, values) in enumerate(answers.items()):
        fig.add_bar(
            x=words,
            y=[round(100 * float(values[c]), 2) for c in order],
            name=name,
            marker={"color": COLORWAY[k], "pattern": {"shape": ("", "/", "x")[k % 3]}},
        )
    alt = "; ".join(
        f"{name}: " + ", ".join(f"{readable(names[c])} {100 * float(v[c]):.0f} %" for c in order[:4])
        for name, v in answers.items()
    )
    figure_defaults(fig, title, f"{title}. {alt}.", "action (the true one in bold)", "probability (%)")
    fig.update_yaxes(range=[0, 100])
    return fig.update_layout(
        height=380,
        barmode="group",
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 1, "xanchor": "right"},
    )


def frontier(rows: Sequence[Mapping], title: str) -> go.Figure:
    """Accuracy over time per clip, the size of a dot the number of parameters.

    Args:
        rows: name, milliseconds (median), p95, accuracy (0 to 1), parameters, kind (colour and symbol: "torch", "onnxruntime").
    """
    fig = go.Figure()
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    largest = max(row["parameters"] for row in rows)
    for k, kind in enumerate(kinds):
        mine = [row for row in rows if row["kind"] == kind]
        fig.add_scatter(
            x=[row["milliseconds"] for row in mine],
            y=[100 * row["accuracy"] for row in mine],
            mode="markers",
            name=kind,
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [row["p95"] - row["milliseconds"] for row in mine],
                "arrayminus": [0] * len(mine),
                "thickness": 1,
                "width": 5,
                "color": FAINT[k],
            },
            marker={
                "color": COLORWAY[k],
                "symbol": SYMBOLS[k],
                "size": [10 + 24 * (row["parameters"] / largest) ** 0.5 for row in mine],
                "opacity": 0.8,
            },
            text=[f"{row['name']}, {row['parameters']:,} parameters" for row in mine],
            hovertemplate="%{text}<br>%{x:.2f} ms, %{y:.1f} %<extra></extra>",
        )
    low, high = min(row["milliseconds"] for row in rows) / 1.6, max(row["p95"] for row in rows) * 1.6
    scale = torch.tensor([row["milliseconds"] for row in rows]).log10()
    for row, (text, place) in zip(
        rows,
        label_places(scale.tolist(), [row["accuracy"] for row in rows], [row["name"] for row in rows]),
        strict=True,
    ):
        if text:
            down = "top" in place
            fig.add_annotation(
                x=float(torch.tensor(row["milliseconds"]).log10()),
                y=100 * row["accuracy"],
                text=text,
                showarrow=False,
                yshift=22 if down else -22,
                font={"size": 12},
            )
    alt = "; ".join(
        f"{row['name']} ({row['kind']}): {row['milliseconds']:.2f} ms, {100 * row['accuracy']:.1f} %, {row['parameters']:,} parameters"
        for row in rows
    )
    figure_defaults(
        fig,
        title,
        f"{title}. {alt}.",
        "milliseconds a clip (median; the line ends at the 95th percentile)",
        "test clips that are right (%)",
    )
    nice_log(fig, "x", [low, high])
    return fig.update_layout(
        height=460,
        legend={"orientation": "h", "y": -0.2, "yanchor": "top", "itemsizing": "constant"},
        title_subtitle={
            "text": "the larger the dot, the more parameters",
            "font": {"size": 12, "color": "#444444"},
        },
    )


def by_clip(answers: Tensor, labels: Tensor, names: Sequence[str], title: str) -> go.Figure:
    """Mean answer of a network to the clips of each class (rows), nothing on the diagonal: what it finds alike. [N, classes], Long[N]."""
    present = labels.unique().tolist()
    mean = torch.stack([answers[labels == c].mean(0) for c in present])[:, present] * 100
    mean[range(len(present)), range(len(present))] = torch.nan
    words = [readable(names[c]) for c in present]
    fig = go.Figure()
    fig.add_heatmap(
        z=[[None if v != v else round(v, 2) for v in row] for row in mean.tolist()],
        x=words,
        y=words,
        colorbar={"title": {"text": "mean probability (%)", "side": "right"}},
        hovertemplate="%{y}, taken for %{x}: %{z} %<extra></extra>",
        hoverongaps=False,
    )
    most = int(mean.nan_to_num(-1).argmax())
    alt = f"{title}: most is given by {words[most // len(present)]} to {words[most % len(present)]}, {float(mean.nan_to_num(-1).max()):.1f} %."
    figure_defaults(fig, title, textwrap.shorten(alt, 400), "other class", "true class")
    fig.update_yaxes(autorange="reversed")
    return fig.update_layout(height=180 + 30 * len(present), plot_bgcolor="#E0E0E0")
