"""Confusion matrices, one or two side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import torch
from plotly.subplots import make_subplots
from torch import Tensor

from ..style import OKABE_ITO, figure_defaults, readable

SHARES = ("#FFFFFF", "#BFDCEC", "#66AAD1", "#0072B2", "#00314D")
"""White to dark blue: most of a confusion matrix is empty, and should look so."""


def confusion(
    counts: Tensor, names: Sequence[str], title: str = "Confusion matrix", borders: Sequence[int] = ()
) -> go.Figure:
    """Confusion matrix: true classes in rows, predicted classes in columns, each row in percent of its clips.

    Args:
        counts: [classes, classes], clips of class i that are predicted as class j.
        names: of the classes.
        title: of the figure.
        borders: number of classes of each task; lines are drawn between the tasks.

    Raises:
        ValueError: `counts` is not square, or has not one row for each name.
    """
    return _confusions({"": counts}, names, title, borders)


def confusions(
    before: Tensor,
    after: Tensor,
    names: Sequence[str],
    title: str = "Confusion matrices",
    borders: Sequence[int] = (),
    kinds: Sequence[str] = ("before", "after"),
) -> go.Figure:
    """Two confusion matrices side by side; `kinds` are their titles. See `confusion`."""
    return _confusions(dict(zip(kinds, (before, after), strict=True)), names, title, borders)


def _confusions(
    counts: Mapping[str, Tensor], names: Sequence[str], title: str, borders: Sequence[int]
) -> go.Figure:
    classes, words = len(names), [readable(name) for name in names]
    checked = {kind: _checked(each, classes) for kind, each in counts.items()}
    fig = make_subplots(
        1, len(counts), subplot_titles=list(counts), shared_yaxes=True, horizontal_spacing=0.04
    )
    for column, each in enumerate(checked.values(), 1):
        _heatmap(fig, each / each.sum(1, keepdim=True), words, column, len(counts))
        for at in torch.as_tensor(borders, dtype=torch.long).cumsum(0).tolist()[:-1]:
            fig.add_hline(at - 0.5, line={"color": OKABE_ITO["orange"], "width": 2}, row=1, col=column)
            fig.add_vline(at - 0.5, line={"color": OKABE_ITO["orange"], "width": 2}, row=1, col=column)
    side = max(300, min(620, 26 * classes)) if len(counts) == 1 else 300  # of a matrix, in pixels
    _axes(fig, words, len(counts), side)
    right = [float(c.diagonal().sum() / c.sum().clamp_min(1)) for c in checked.values()]
    kinds = [
        f"{name + ': ' if name else ''}accuracy {100 * share:.0f} %"
        for name, share in zip(counts, right, strict=True)
    ]
    lines = " Lines divide the tasks." if len(borders) > 1 else ""
    alt = f"{title}: confusion of {classes} classes. {'; '.join(kinds)}.{lines}"
    figure_defaults(fig, title, alt, "predicted class")
    fig.update_yaxes(title_text="true class", col=1)
    bar = {"title": {"text": "clips of the true class (%)", "side": "right"}, "thickness": 14}
    fig.update_annotations(font_size=14)
    return fig.update_layout(
        height=side + 190,
        margin={"t": 84},
        plot_bgcolor="#E0E0E0",
        coloraxis={"cmin": 0, "cmax": 100, "colorscale": list(SHARES), "colorbar": bar},
    )


def _heatmap(fig: go.Figure, share: Tensor, words: Sequence[str], column: int, columns: int) -> None:
    """One matrix, [classes, classes]; numbers are written into the cells if they are large enough."""
    small, gap = len(words) * columns <= 16, 1 if len(words) * columns <= 40 else 0
    values = [[None if v != v else round(100 * v, 1) for v in row] for row in share.tolist()]
    text = [["" if v is None or v < 0.5 or not small else f"{v:.0f}" for v in row] for row in values]
    hover = [
        [f"{words[i]} predicted as {words[j]}: {v} %" for j, v in enumerate(row)]
        for i, row in enumerate(values)
    ]
    fig.add_heatmap(
        z=values,
        text=text,
        texttemplate="%{text}",
        customdata=hover,
        hovertemplate="%{customdata}<extra></extra>",
        hoverongaps=False,
        coloraxis="coloraxis",
        xgap=gap,
        ygap=gap,
        row=1,
        col=column,
    )


def _axes(fig: go.Figure, words: Sequence[str], columns: int, side: int) -> None:
    look = {"showgrid": False, "ticks": "", "showline": False}
    angle = -60 if len(words) * columns <= 16 else -90
    ticks = _ticks(words, 440 // columns)
    fig.update_xaxes(range=[-0.5, len(words) - 0.5], tickangle=angle, **ticks, **look)
    fig.update_yaxes(range=[len(words) - 0.5, -0.5], **_ticks(words, side), **look)


def _ticks(words: Sequence[str], room: int) -> dict:
    """Every name, or as many as fit on an axis of this length in pixels."""
    size = 13 if room >= 17 * len(words) else 10
    step = -(-len(words) * (size + 1) // room)
    return {
        "tickvals": list(range(0, len(words), step)),
        "ticktext": words[::step],
        "tickfont": {"size": size},
    }


def _checked(counts: Tensor, classes: int) -> Tensor:
    counts = torch.as_tensor(counts).detach().to("cpu", torch.float64)
    if counts.shape != (classes, classes):
        raise ValueError(
            f"counts of shape {list(counts.shape)} for {classes} names; "
            "expected [classes, classes] with a name for each class"
        )
    return counts
