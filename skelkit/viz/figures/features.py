"""Features of clips in their principal plane, and the correlation of two views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import torch
from plotly.subplots import make_subplots
from torch import Tensor

from ..style import COLORWAY, figure_defaults, readable
from .axes import SYMBOLS, rounded
from .feature_drift import plane

DIVERGING = ((0.0, "#D55E00"), (0.5, "#FFFFFF"), (1.0, "#0072B2"))
"""Colours of correlations from -1 to 1."""

SHOWN = 40
"""Features of a correlation matrix that are drawn, evenly spaced: more are too small to tell apart."""


def scatter(features: Tensor, labels: Tensor, names: Sequence[str], title: str) -> go.Figure:
    """First two principal components of features, a colour and a symbol per class.

    Args:
        features: [N, D].
        labels: Long[N].
        names: of all classes.
        title: of the figure.
    """
    fig = go.Figure()
    _classes(fig, features, labels, names)
    shown = len(labels.unique())
    alt = (
        f"{title}: {len(labels)} clips of {shown} classes in the plane of the first two principal components."
    )
    figure_defaults(fig, title, alt, "first principal component", "second principal component")
    return fig.update_layout(height=460, legend={"itemsizing": "constant"})


def cross_correlation(
    features: Tensor, correlation: Tensor, labels: Tensor, names: Sequence[str], title: str
) -> go.Figure:
    """Cross-correlation of the features of two views (left) and the principal plane of the clips (right).

    Args:
        features: [N, D].
        correlation: [K, K], -1 to 1.
        labels: Long[N].
        names: of all classes.
        title: of the figure.
    """
    fig = make_subplots(
        1,
        2,
        column_widths=[0.4, 0.6],
        horizontal_spacing=0.2,
        subplot_titles=["cross-correlation of two views", "features of clips"],
    )
    _correlation(fig, correlation)
    _classes(fig, features, labels, names, row=1, col=2)
    diagonal = float(correlation.diagonal().mean())
    off = correlation - correlation.diagonal().diag()
    redundancy = float(off.abs().sum() / (correlation.numel() - len(correlation)))
    alt = f"{title}. Mean correlation on the diagonal {diagonal:.2f}, mean magnitude off it {redundancy:.2f}."
    figure_defaults(fig, title, alt)
    hidden: dict[str, Any] = {"showticklabels": False, "ticks": "", "row": 1, "col": 1}
    fig.update_xaxes(title_text="feature of the spatial view", **hidden)
    fig.update_yaxes(title_text="feature of the anchor view", autorange="reversed", **hidden)
    fig.update_xaxes(title_text="first principal component", row=1, col=2)
    fig.update_yaxes(title_text="second principal component", title_standoff=2, row=1, col=2)
    fig.update_annotations(font_size=13)
    legend = {"orientation": "h", "y": -0.2, "yanchor": "top", "itemsizing": "constant"}
    return fig.update_layout(height=470, margin={"t": 84}, legend=legend)


def _correlation(fig: go.Figure, correlation: Tensor) -> None:
    chosen = torch.linspace(0, len(correlation) - 1, min(SHOWN, len(correlation))).round().long()
    fig.add_heatmap(
        z=[[round(v, 2) for v in row] for row in correlation[chosen][:, chosen].tolist()],
        zmin=-1,
        zmax=1,
        colorscale=[list(stop) for stop in DIVERGING],
        row=1,
        col=1,
        hovertemplate="feature %{y} of one view, %{x} of the other: %{z}<extra></extra>",
        colorbar={"x": 0.325, "thickness": 12, "tickvals": [-1, 0, 1]},
    )


def _classes(fig: go.Figure, features: Tensor, labels: Tensor, names: Sequence[str], **where: int) -> None:
    (points,) = plane(features)
    labels = labels.cpu()
    present = [c for c in range(len(names)) if (labels == c).any()]
    for k, c in enumerate(present):
        mine = points[labels == c]
        fig.add_scatter(
            x=rounded(mine[:, 0]),
            y=rounded(mine[:, 1]),
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
