"""Figures of single classes: what is taken for what, and where the features of a class move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import torch
from plotly.subplots import make_subplots
from torch import Tensor

from ..style import COLORWAY, OKABE_ITO, figure_defaults, readable
from .axes import GREY, label_places

SHARES = ("#FFFFFF", "#BFDCEC", "#66AAD1", "#0072B2", "#00314D")
"""White to dark blue: most of a confusion matrix is empty, and should look so."""

_ANCHORS = {
    "top center": {"yanchor": "bottom", "yshift": 7},
    "bottom center": {"yanchor": "top", "yshift": -7},
    "middle right": {"xanchor": "left", "xshift": 9},
    "middle left": {"xanchor": "right", "xshift": -9},
}


def confusion(
    counts: Tensor, names: Sequence[str], title: str = "What is taken for what", borders: Sequence[int] = ()
) -> go.Figure:
    """Of the clips of each class (row), the share that is taken for each class (column).

    Args:
        counts: [classes, classes], clips of class i taken for class j.
        names: of the classes.
        borders: how many classes each task has; lines are drawn between the tasks.
    """
    return _confusions({"": counts}, names, title, borders)


def confusions(
    before: Tensor,
    after: Tensor,
    names: Sequence[str],
    title: str = "What is taken for what",
    borders: Sequence[int] = (),
    kinds=("before", "after"),
) -> go.Figure:
    """Two confusion matrices side by side, as `confusion`; `kinds` is what they are called."""
    return _confusions(dict(zip(kinds, (before, after), strict=True)), names, title, borders)


def _confusions(
    counts: Mapping[str, Tensor], names: Sequence[str], title: str, borders: Sequence[int]
) -> go.Figure:
    classes, words = len(names), [readable(name) for name in names]
    fig = make_subplots(
        1, len(counts), subplot_titles=list(counts), shared_yaxes=True, horizontal_spacing=0.04
    )
    right, small = [], classes * len(counts) <= 16
    gap = 1 if classes * len(counts) <= 40 else 0
    for column, each in enumerate(counts.values(), 1):
        share, correct = _shares(each, classes)
        right.append(correct)
        values = [[None if v != v else round(100 * v, 1) for v in row] for row in share.tolist()]
        text = [["" if v is None or v < 0.5 or not small else f"{v:.0f}" for v in row] for row in values]
        hover = [
            [f"{words[i]} taken for {words[j]}: {v} %" for j, v in enumerate(row)]
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
        for at in torch.as_tensor(borders, dtype=torch.long).cumsum(0).tolist()[:-1]:
            fig.add_hline(at - 0.5, line={"color": OKABE_ITO["orange"], "width": 2}, row=1, col=column)
            fig.add_vline(at - 0.5, line={"color": OKABE_ITO["orange"], "width": 2}, row=1, col=column)
    side = max(300, min(620, 26 * classes)) if len(counts) == 1 else 300  # of a matrix, in pixels
    look = {"showgrid": False, "ticks": "", "showline": False}
    fig.update_xaxes(
        range=[-0.5, classes - 0.5],
        tickangle=-60 if small else -90,
        **_ticks(words, 440 // len(counts)),
        **look,
    )
    fig.update_yaxes(range=[classes - 0.5, -0.5], **_ticks(words, side), **look)
    kinds = [
        f"{name + ': ' if name else ''}{100 * c:.0f} % of the clips are right"
        for name, c in zip(counts, right, strict=True)
    ]
    lines = " Lines divide the tasks." if len(borders) > 1 else ""
    figure_defaults(
        fig, title, f"{title}: confusion of {classes} classes. {'; '.join(kinds)}.{lines}", "taken for"
    )
    fig.update_yaxes(title_text="true class", col=1)
    bar = {"title": {"text": "share of the true class (%)", "side": "right"}, "thickness": 14}
    fig.update_annotations(font_size=14)
    return fig.update_layout(
        height=side + 190,
        margin={"t": 84},
        plot_bgcolor="#E0E0E0",
        coloraxis={"cmin": 0, "cmax": 100, "colorscale": list(SHARES), "colorbar": bar},
    )


def _ticks(words: Sequence[str], room: int) -> dict:
    """Every name, or as many as fit on an axis of so many pixels."""
    size = 13 if room >= 17 * len(words) else 10
    step = -(-len(words) * (size + 1) // room)
    return {
        "tickvals": list(range(0, len(words), step)),
        "ticktext": words[::step],
        "tickfont": {"size": size},
    }


def _shares(counts: Tensor, classes: int) -> tuple[Tensor, float]:
    """Rows that sum to 1 (nan where a class has no clips), and the share on the diagonal of all clips."""
    counts = torch.as_tensor(counts).detach().to("cpu", torch.float64)
    if counts.shape != (classes, classes):
        raise ValueError(
            f"counts of shape {list(counts.shape)} for {classes} names; expected [classes, classes] with a name for each class"
        )
    return counts / counts.sum(1, keepdim=True), float(counts.diagonal().sum() / counts.sum().clamp_min(1))


def plane(features: Tensor, *others: Tensor) -> list[Tensor]:
    """Coordinates of feature sets [n, D] in the plane in which all of them together spread most: a list of [n, 2].

    The plane is spanned by the first two principal components of all rows; the largest entry of each component is positive.

    >>> plane(torch.tensor([[0.0, 0, 1], [4, 0, 1], [0, 2, 1], [4, 2, 1]]))[0].tolist()
    [[-2.0, -1.0], [2.0, -1.0], [-2.0, 1.0], [2.0, 1.0]]
    """
    sets = [torch.as_tensor(f).detach().to("cpu", torch.float64) for f in (features, *others)]
    together = torch.cat(sets)
    if together.shape[1] < 2:
        raise ValueError(
            f"features of shape {list(features.shape)}; a plane needs at least two dimensions, [n, D]"
        )
    centred = together - together.mean(0)
    basis = torch.linalg.eigh(centred.T @ centred).eigenvectors.flip(1)[:, :2]  # [D, 2]
    basis = basis * basis.gather(0, basis.abs().argmax(0, keepdim=True)).sign()
    return [part.float() for part in (centred @ basis).split([len(s) for s in sets])]


def drift(
    before: Tensor,
    after: Tensor,
    labels: Tensor,
    names: Sequence[str],
    title: str = "Where the features of each class move",
) -> go.Figure:
    """Arrows from each class's mean before to its mean after, over the clips themselves (faint).

    Args:
        before, after: [n, 2], the same clips in one plane, from `plane`.
        labels: Long[n].
        names: of all classes; those without clips are left out.
    """
    before, after, labels = (torch.as_tensor(t).detach().cpu() for t in (before, after, labels))
    present = [c for c in range(len(names)) if (labels == c).any()]
    colours = {c: COLORWAY[k % len(COLORWAY)] for k, c in enumerate(present)}
    fig = go.Figure()
    for points, name, symbol in ((before, "clips before", "circle-open"), (after, "clips after", "circle")):
        fig.add_scatter(
            x=_short(points[:, 0]),
            y=_short(points[:, 1]),
            mode="markers",
            showlegend=False,
            text=[readable(names[c]) for c in labels.tolist()],
            marker={
                "size": 5,
                "symbol": symbol,
                "color": [colours[c] for c in labels.tolist()],
                "opacity": 0.3,
            },
            hovertemplate="%{text}<extra>" + name + "</extra>",
        )
        fig.add_scatter(
            x=[None], y=[None], mode="markers", name=name, marker={"size": 8, "symbol": symbol, "color": GREY}
        )
    start = torch.stack([before[labels == c].mean(0) for c in present])
    end = torch.stack([after[labels == c].mean(0) for c in present])
    for width, halo in ((5, True), (2.5, False)):  # all halos lie below all arrows
        for c, (x0, y0), (x1, y1) in zip(present, start.tolist(), end.tolist(), strict=True):
            colour = "white" if halo else colours[c]
            fig.add_annotation(
                x=x1,
                y=y1,
                ax=x0,
                ay=y0,
                axref="x",
                ayref="y",
                text="",
                showarrow=True,
                arrowhead=2,
                arrowsize=1,
                arrowwidth=width,
                arrowcolor=colour,
            )
    words = [readable(names[c]) for c in present]
    for c, (x1, y1), word, (text, place) in zip(
        present, end.tolist(), words, _beside(start, end, torch.cat([before, after]), words), strict=True
    ):
        if text:
            fig.add_annotation(
                x=x1,
                y=y1,
                text=text,
                showarrow=False,
                bgcolor="rgba(255,255,255,0.7)",
                borderpad=0,
                font={"size": 12, "color": "black"},
                **_ANCHORS[place],
            )
        else:  # no room beside its arrow
            fig.add_scatter(
                x=[None], y=[None], mode="lines", name=word, line={"color": colours[c], "width": 3}
            )
    moved = (end - start).norm(dim=1)
    far = int(moved.argmax())
    spread = float(after.std(0).norm())
    alt = f"{title}: {len(present)} classes, {len(labels)} clips. The means move by {float(moved.mean()) / spread:.2f} of the clips' spread on average, "
    figure_defaults(
        fig,
        title,
        alt + f"{readable(names[present[far]])} the farthest.",
        "first principal component (feature units)",
        "second principal component",
    )
    fig.update_yaxes(scaleanchor="x")
    return fig.update_layout(height=560, legend={"orientation": "h", "y": -0.14, "yanchor": "top"})


def _beside(start: Tensor, end: Tensor, points: Tensor, words: Sequence[str]) -> list[tuple[str, str]]:
    """(text, place) of each arrow's name, where no arrow and no other name is; the text is empty where there is no room."""
    low, high = points.amin(0), points.amax(0)
    size = torch.tensor([530.0, 330.0])  # of the plot, in pixels, at the width of a notebook
    half = ((high - low) / size).max() * size / 2  # both axes have one scale
    corners = torch.stack([(low + high) / 2 - half, (low + high) / 2 + half])
    taken = torch.cat([end, (start + end) / 2, start, corners])
    return label_places(
        taken[:, 0].tolist(), taken[:, 1].tolist(), [*words, *[""] * (len(taken) - len(words))]
    )[: len(words)]


def _short(values: Tensor) -> list[float]:
    return [float(f"{v:.4g}") for v in values.tolist()]
