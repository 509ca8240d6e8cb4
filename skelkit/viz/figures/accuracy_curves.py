"""Mean accuracy over the tasks learnt so far, after each task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import torch
from torch import Tensor

from ..style import COLORWAY, figure_defaults
from .axes import DASHES, SYMBOLS, faint, rounded
from .seeds import percent


def learnt_so_far(
    matrices: Mapping[str, Tensor | Sequence[Tensor]], title: str = "Accuracy on all tasks learnt so far"
) -> go.Figure:
    """Mean accuracy over the tasks learnt so far, after each task: a curve per method, with a 95 %
    interval over seeds.

    Args:
        matrices: name -> accuracy matrix [tasks, tasks], or a list of them, one per seed.
    """
    fig, ends, bands = go.Figure(), {}, False
    for k, (name, given) in enumerate(matrices.items()):
        curves = _curves(given)
        mean = curves.mean(0)
        known = (~mean.isnan()).nonzero().flatten()
        if not len(known):
            continue
        x, y = (known + 1).tolist(), mean[known]
        ends[name] = float(y[-1])
        if len(curves) > 1 and len(known) > 1:
            bands = True
            _band(fig, x, y, curves[:, known], name, COLORWAY[k % len(COLORWAY)])
        _line(fig, x, y, name, k)
    for rank, name in enumerate(sorted(ends, key=lambda each: ends[each], reverse=True), 1):
        fig.update_traces(legendrank=rank, selector={"name": name})  # the best curve comes first
    fig.update_yaxes(rangemode="tozero", ticksuffix=" %")
    fig.update_xaxes(dtick=1)
    fig.update_layout(height=420, legend={"x": 1.02, "y": 1})
    text = ", ".join(f"{name} {value:.1f} %" for name, value in ends.items())
    alt = f"{title}: mean accuracy over the tasks seen so far, after each task. At the end: {text}."
    accuracy = "mean accuracy over tasks so far"
    if bands:
        accuracy += "<br>(band: 95 % interval over seeds)"
    return figure_defaults(fig, title, alt, "tasks learnt", accuracy)


def _curves(given: Tensor | Sequence[Tensor]) -> Tensor:
    """Mean of each row of the lower triangle, in percent, [seeds, tasks]."""
    if torch.as_tensor(given[0]).ndim == 2:
        stack = torch.stack([torch.as_tensor(m, dtype=torch.float64) for m in given])
    else:
        stack = torch.as_tensor(given)[None]
    rows = [stack[:, i, : i + 1].double().mean(1) for i in range(stack.shape[-1])]
    return 100 * torch.stack(rows, 1)


def _band(fig: go.Figure, x: list[int], y: Tensor, curves: Tensor, name: str, colour: str) -> None:
    """The 95 % interval over seeds of curves [seeds, x] as a filled outline."""
    margin = torch.tensor([percent(values)[1] / 100 for values in curves.T.tolist()], dtype=y.dtype)
    fig.add_scatter(
        x=x + x[::-1],
        y=rounded(torch.cat([y + margin, (y - margin).flip(0)])),
        fill="toself",
        fillcolor=faint(colour),
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
        legendgroup=name,
    )


def _line(fig: go.Figure, x: list[int], y: Tensor, name: str, k: int) -> None:
    fig.add_scatter(
        x=x,
        y=rounded(y),
        name=name,
        legendgroup=name,
        mode="lines+markers",
        line={"color": COLORWAY[k % len(COLORWAY)], "dash": DASHES[k % len(DASHES)]},
        marker={"symbol": SYMBOLS[k % len(SYMBOLS)] + "-open" * (k >= len(SYMBOLS)), "size": 9},
        hovertemplate=f"{name}, after task %{{x}}: %{{y:.1f}} %<extra></extra>",
    )
