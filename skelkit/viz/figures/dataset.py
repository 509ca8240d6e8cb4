"""Figures of a data set: clip lengths, and statistics compared with targets."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
import torch

from ...data import ClipSet
from ..style import OKABE_ITO, figure_defaults
from .axes import GREY


def lengths(clips: ClipSet) -> go.Figure:
    """Histogram of clip lengths in seconds, by number of persons."""
    seconds, persons = (clips.lengths / clips.fps).cpu(), clips.persons.cpu()
    fig = go.Figure()
    width = max(0.25, round(float(seconds.max() - seconds.min()) / 24, 2))
    for count in persons.unique().tolist():
        name = "one person" if count == 1 else f"{count} persons"
        fig.add_histogram(
            x=seconds[persons == count].numpy(),
            name=name,
            xbins={"size": width, "start": 0},
            marker_line={"width": 1, "color": "white"},
        )
    fig.update_layout(barmode="stack", bargap=0, height=320)
    span = f"from {seconds.min():.1f} to {seconds.max():.1f} seconds"
    alt = f"Histogram of clip lengths: {len(clips)} clips {span}."
    return figure_defaults(fig, "Clip lengths", alt, "length (s)", "clips")


def against_target(
    rows: Sequence[tuple[str, float, float]], title: str, what: str, low: float = 1 / 1.5, high: float = 1.5
) -> go.Figure:
    """Ratio of measured statistics to their targets, on a log axis.

    Args:
        rows: (name, target, measured).
        title: of the figure.
        what: what the statistics describe, for the alt text.
        low, high: ratios that count as equal, drawn as a band.
    """
    names, ratios = [r[0] for r in rows], [r[2] / r[1] for r in rows]
    fig = go.Figure(
        go.Scatter(
            x=ratios,
            y=names,
            mode="markers",
            marker={"size": 10, "color": OKABE_ITO["blue"]},
            showlegend=False,
            customdata=[[r[1], r[2]] for r in rows],
            hovertemplate="%{y}: target %{customdata[0]:.3g}, measured %{customdata[1]:.3g}<extra></extra>",
        )
    )
    fig.add_vrect(low, high, fillcolor=OKABE_ITO["green"], opacity=0.15, line_width=0)
    fig.add_vline(1, line={"color": GREY, "width": 1, "dash": "dot"})
    edge = max(2.0, *(max(r, 1 / r) for r in ratios)) * 1.1
    ticks = [v for v in (0.1, 0.2, 0.5, 1 / 1.5, 1, 1.5, 2, 5, 10) if 1 / edge <= v <= edge]
    fig.update_xaxes(
        type="log",
        range=[-torch.tensor(edge).log10().item(), torch.tensor(edge).log10().item()],
        tickvals=ticks,
        ticktext=[f"{v:.2g}x" for v in ticks],
    )
    fig.update_yaxes(autorange="reversed")
    fig.update_layout(height=120 + 26 * len(rows))
    alt = (
        f"{what}: measured / target lies between {min(ratios):.2f} and {max(ratios):.2f} "
        f"for {len(rows)} statistics; the band is {low:.2f} to {high:.2f}."
    )
    return figure_defaults(fig, title, alt, "measured / target (log scale)")
