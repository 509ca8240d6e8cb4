"""How the features of each class move between two networks."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
import torch
from torch import Tensor

from ..style import COLORWAY, figure_defaults, readable
from .axes import GREY, label_places

_ANCHORS = {
    "top center": {"yanchor": "bottom", "yshift": 7},
    "bottom center": {"yanchor": "top", "yshift": -7},
    "middle right": {"xanchor": "left", "xshift": 9},
    "middle left": {"xanchor": "right", "xshift": -9},
}


def plane(features: Tensor, *others: Tensor) -> list[Tensor]:
    """First two principal components of feature sets [n, D]: a list of [n, 2].

    The components are those of all rows together; the largest entry of each component is positive.

    Raises:
        ValueError: D is less than 2.

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
    before: Tensor, after: Tensor, labels: Tensor, names: Sequence[str], title: str = "Feature drift by class"
) -> go.Figure:
    """Arrows from the mean of each class before to its mean after; the clips themselves are faint dots.

    Args:
        before, after: [n, 2], the same clips in one plane, from `plane`.
        labels: Long[n].
        names: of all classes; classes without clips are left out.
        title: of the figure.
    """
    before, after, labels = (torch.as_tensor(t).detach().cpu() for t in (before, after, labels))
    present = [c for c in range(len(names)) if (labels == c).any()]
    colours = {c: COLORWAY[k % len(COLORWAY)] for k, c in enumerate(present)}
    fig = go.Figure()
    for points, name, symbol in ((before, "clips before", "circle-open"), (after, "clips after", "circle")):
        texts = [readable(names[c]) for c in labels.tolist()]
        _clips(fig, points, texts, [colours[c] for c in labels.tolist()], name, symbol)
    start = torch.stack([before[labels == c].mean(0) for c in present])
    end = torch.stack([after[labels == c].mean(0) for c in present])
    _arrows(fig, start, end, [colours[c] for c in present])
    words = [readable(names[c]) for c in present]
    _labels(fig, end, _beside(start, end, torch.cat([before, after]), words), words, list(colours.values()))
    moved = (end - start).norm(dim=1)
    average = float(moved.mean()) / float(after.std(0).norm())
    alt = (
        f"{title}: {len(present)} classes, {len(labels)} clips. "
        f"The means move by {average:.2f} of the clips' spread on average, "
        f"{words[int(moved.argmax())]} the farthest."
    )
    x, y = "first principal component (feature units)", "second principal component"
    figure_defaults(fig, title, alt, x, y)
    fig.update_yaxes(scaleanchor="x")
    return fig.update_layout(height=560, legend={"orientation": "h", "y": -0.14, "yanchor": "top"})


def _clips(
    fig: go.Figure, points: Tensor, words: Sequence[str], colours: Sequence[str], name: str, symbol: str
) -> None:
    """Faint dots, and a grey one for the legend."""
    fig.add_scatter(
        x=_short(points[:, 0]),
        y=_short(points[:, 1]),
        mode="markers",
        showlegend=False,
        text=words,
        marker={"size": 5, "symbol": symbol, "color": colours, "opacity": 0.3},
        hovertemplate="%{text}<extra>" + name + "</extra>",
    )
    grey = {"size": 8, "symbol": symbol, "color": GREY}
    fig.add_scatter(x=[None], y=[None], mode="markers", name=name, marker=grey)


def _arrows(fig: go.Figure, start: Tensor, end: Tensor, colours: Sequence[str]) -> None:
    """Coloured arrows over white halos; all halos lie below all arrows."""
    for width, halo in ((5, True), (2.5, False)):
        for colour, (x0, y0), (x1, y1) in zip(colours, start.tolist(), end.tolist(), strict=True):
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
                arrowcolor="white" if halo else colour,
            )


def _labels(
    fig: go.Figure,
    end: Tensor,
    places: Sequence[tuple[str, str]],
    words: Sequence[str],
    colours: Sequence[str],
) -> None:
    """The name of each class beside its arrow, or in the legend where there is no room."""
    for (x, y), (text, place), word, colour in zip(end.tolist(), places, words, colours, strict=True):
        if not text:
            fig.add_scatter(x=[None], y=[None], mode="lines", name=word, line={"color": colour, "width": 3})
            continue
        fig.add_annotation(
            x=x,
            y=y,
            text=text,
            showarrow=False,
            bgcolor="rgba(255,255,255,0.7)",
            borderpad=0,
            font={"size": 12, "color": "black"},
            **_ANCHORS[place],
        )


def _beside(start: Tensor, end: Tensor, points: Tensor, words: Sequence[str]) -> list[tuple[str, str]]:
    """(text, place) of each class name, clear of arrows and other names; no text if there is no room."""
    low, high = points.amin(0), points.amax(0)
    size = torch.tensor([530.0, 330.0])  # of the plot, in pixels, at the width of a notebook
    half = ((high - low) / size).max() * size / 2  # both axes have one scale
    corners = torch.stack([(low + high) / 2 - half, (low + high) / 2 + half])
    taken = torch.cat([end, (start + end) / 2, start, corners])
    names = [*words, *[""] * (len(taken) - len(words))]
    return label_places(taken[:, 0].tolist(), taken[:, 1].tolist(), names)[: len(words)]


def _short(values: Tensor) -> list[float]:
    return [float(f"{v:.4g}") for v in values.tolist()]
