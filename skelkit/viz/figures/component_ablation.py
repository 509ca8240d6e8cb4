"""Ablation: which components are on, and the accuracy that results."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ..style import COLORWAY, figure_defaults
from .axes import SYMBOLS
from .seeds import in_words, percent, percents

Combination = tuple[bool, ...]


def ablation(
    rows: Sequence[dict],
    title: str = "Ablation of the components",
) -> go.Figure:
    """Components that are on (dots, left) and final average accuracy (right), a colour per group of runs.

    Args:
        rows: "components" (name -> whether it is on), "group" (its name), "faa" (of each seed, 0 to 1).
        title: of the figure.
    """
    names = list(rows[0]["components"])
    combinations = sorted({_on(r) for r in rows}, key=lambda on: (sum(on), [not each for each in on]))
    fig = make_subplots(1, 2, shared_yaxes=True, column_widths=[0.25, 0.75], horizontal_spacing=0.03)
    for y, on in enumerate(combinations):
        _dots(fig, y, on, names)
    groups = list(dict.fromkeys(r["group"] for r in rows))
    for k, group in enumerate(groups):
        shift = 0.5 * ((k + 0.5) / len(groups) - 0.5)
        _accuracies(fig, [r for r in rows if r["group"] == group], combinations, shift, k)
    figure_defaults(fig, title, _alt(rows, title, names, len(combinations), groups))
    _axes(fig, names, len(combinations))
    return fig


def _on(row: dict) -> Combination:
    """Whether each component is on."""
    return tuple(map(bool, row["components"].values()))


def _dots(fig: go.Figure, y: int, on: Combination, names: Sequence[str]) -> None:
    """One row of the left half: black dots for components that are on, joined by a line."""
    at = [k for k, each in enumerate(on) if each]
    fig.add_scatter(
        x=list(range(len(names))),
        y=[y] * len(names),
        mode="markers",
        marker={"size": 13, "color": ["black" if each else "#DDDDDD" for each in on]},
        hovertemplate=(" + ".join(names[k] for k in at) or "none of them") + "<extra></extra>",
        showlegend=False,
        row=1,
        col=1,
    )
    if len(at) > 1:
        fig.add_scatter(
            x=[at[0], at[-1]],
            y=[y, y],
            mode="lines",
            line={"color": "black", "width": 3},
            hoverinfo="skip",
            showlegend=False,
            row=1,
            col=1,
        )
    if y % 2:
        look = {"fillcolor": "#F4F4F4", "line_width": 0, "layer": "below"}
        fig.add_hrect(y - 0.5, y + 0.5, **look, row=1, col="all", exclude_empty_subplots=False)


def _accuracies(
    fig: go.Figure, rows: Sequence[dict], combinations: list[Combination], shift: float, k: int
) -> None:
    """Mean and 95 % interval of the k-th group, [rows]."""
    means, spreads = percents([r["faa"] for r in rows])
    group = str(rows[0]["group"])
    fig.add_scatter(
        x=means,
        y=[combinations.index(_on(r)) + shift for r in rows],
        mode="markers",
        name=group,
        marker={"color": COLORWAY[k % len(COLORWAY)], "symbol": SYMBOLS[k % len(SYMBOLS)], "size": 9},
        error_x={"type": "data", "array": spreads, "thickness": 1.5, "width": 3},
        hovertemplate="%{x:.1f} ± %{error_x.array:.1f} %<extra>" + group + "</extra>",
        row=1,
        col=2,
    )


def _axes(fig: go.Figure, names: Sequence[str], combinations: int) -> None:
    fig.update_yaxes(visible=False, range=[combinations - 0.5, -0.5])
    look = {"tickangle": -40, "range": [-0.6, len(names) - 0.4], "ticks": ""}
    look |= {"showgrid": False, "showline": False}
    fig.update_xaxes(tickvals=list(range(len(names))), ticktext=names, **look, row=1, col=1)
    fig.update_xaxes(title_text="components that are on", row=1, col=1)
    title = "final average accuracy: mean with 95 % interval over seeds"
    fig.update_xaxes(title_text=title, range=[0, 100], ticksuffix=" %", row=1, col=2)
    legend = {
        "orientation": "h",
        "x": 0.28,
        "y": -52 / (40 * combinations),
        "yanchor": "top",
    }
    fig.update_layout(height=190 + 40 * combinations, legend=legend)


def _alt(
    rows: Sequence[dict], title: str, names: Sequence[str], combinations: int, groups: Sequence[str]
) -> str:
    best = max(rows, key=lambda r: percent(r["faa"])[0])
    active = [name for name, each in best["components"].items() if each]
    return (
        f"{title}: {combinations} combinations of {', '.join(names)}, {' and '.join(groups)}. "
        f"Best: {' and '.join(active) or 'none of them'} with {best['group']}, {in_words(best['faa'])}."
    )
