"""Predicted class probabilities: of one clip, and averaged over the clips of each class."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import torch
from torch import Tensor

from ..style import COLORWAY, figure_defaults, readable


def class_probabilities(
    answers: Mapping[str, Tensor], names: Sequence[str], title: str, true: int | None = None
) -> go.Figure:
    """Class probabilities that networks predict for one clip: a bar per class and network.

    Args:
        answers: network -> probabilities [classes]; classes are ordered by those of the first network.
        names: of all classes.
        title: of the figure.
        true: the true class, written in bold. Default: none is marked.
    """
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
    figure_defaults(fig, title, f"{title}. {alt}.", "action (true class in bold)", "probability (%)")
    fig.update_yaxes(range=[0, 100])
    legend = {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 1, "xanchor": "right"}
    return fig.update_layout(height=380, barmode="group", legend=legend)


def mean_probabilities(answers: Tensor, labels: Tensor, names: Sequence[str], title: str) -> go.Figure:
    """Mean predicted probability of every other class, for the clips of each class (rows).

    The diagonal is left empty: what remains shows which classes the network finds similar.

    Args:
        answers: probabilities [N, classes].
        labels: Long[N].
        names: of all classes.
        title: of the figure.
    """
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
        hovertemplate="true %{y}, predicted %{x}: %{z} %<extra></extra>",
        hoverongaps=False,
    )
    true, other = divmod(int(mean.nan_to_num(-1).argmax()), len(present))
    most = float(mean.nan_to_num(-1).max())
    alt = f"{title}: the highest is {words[other]} for clips of {words[true]}, {most:.1f} %."
    figure_defaults(fig, title, textwrap.shorten(alt, 400), "predicted class", "true class")
    fig.update_yaxes(autorange="reversed")
    return fig.update_layout(height=180 + 30 * len(present), plot_bgcolor="#E0E0E0")
