"""Figures about masks: degree against motion, motion over time."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go
import torch
from plotly.subplots import make_subplots
from torch import Tensor

from ...skeletons.skeleton import Skeleton
from ..style import COLORWAY, OKABE_ITO, figure_defaults, readable


def degree_and_motion(skeleton: Skeleton, speeds: Mapping[str, Tensor], title: str) -> go.Figure:
    """Mean speed of each joint (m/s) over its degree: name -> [V], one panel per entry, medians joined."""
    fig = make_subplots(
        1, len(speeds), subplot_titles=list(speeds), shared_yaxes=True, horizontal_spacing=0.04
    )
    degrees = skeleton.degrees
    for column, speed in enumerate(speeds.values(), 1):
        speed = speed.cpu()
        nudge = torch.zeros(len(skeleton))
        for d in degrees.unique():
            mine = (degrees == d).nonzero().flatten()
            nudge[mine] = torch.linspace(-0.22, 0.22, len(mine)) if len(mine) > 1 else 0.0
        fig.add_scatter(
            x=(degrees + nudge).tolist(),
            y=speed.tolist(),
            mode="markers",
            text=[readable(j) for j in skeleton.joints],
            showlegend=False,
            marker={"color": OKABE_ITO["blue"], "size": 9, "opacity": 0.8},
            hovertemplate="%{text}: %{y:.2f} m/s<extra></extra>",
            row=1,
            col=column,
        )
        known = degrees.unique().tolist()
        fig.add_scatter(
            x=known,
            y=[float(speed[degrees == d].median()) for d in known],
            mode="lines+markers",
            name="median",
            showlegend=column == 1,
            line={"color": OKABE_ITO["vermilion"], "dash": "dash"},
            marker={"symbol": "line-ew-open", "size": 18},
            row=1,
            col=column,
        )
        fig.update_xaxes(title_text="degree (bones at the joint)", tickvals=known, row=1, col=column)
    fig.update_yaxes(title_text="mean speed (m/s)", rangemode="tozero", row=1, col=1)
    fig.update_layout(height=420, margin={"t": 96})
    text = "; ".join(
        f"{name}: {', '.join(f'degree {d} {float(s.cpu()[degrees == d].mean()):.2f} m/s' for d in degrees.unique().tolist())}"
        for name, s in speeds.items()
    )
    return figure_defaults(fig, title, f"Mean joint speed against joint degree. {text}.")


def motion_over_time(energy: Tensor, fps: float, hidden: Mapping[str, Tensor], title: str) -> go.Figure:
    """RMS joint speed of one clip over time, with the frames that each mask hides as bars below it.

    Args:
        energy: [T], mean squared frame difference (m^2) from `masks.frame_motion`.
        hidden: name -> bool [T] (or probability [T]).
    """
    time = (torch.arange(len(energy)) / fps).tolist()
    fig = make_subplots(
        1 + len(hidden), 1, shared_xaxes=True, vertical_spacing=0.02, row_heights=[1.0] + [0.13] * len(hidden)
    )
    fig.add_scatter(
        x=time,
        y=(energy.sqrt() * fps).tolist(),
        mode="lines",
        showlegend=False,
        line={"color": "#222222"},
        hovertemplate="%{x:.2f} s: %{y:.2f} m/s<extra></extra>",
        row=1,
        col=1,
    )
    for row, (name, mask) in enumerate(hidden.items(), 2):
        fig.add_bar(
            x=time,
            y=mask.float().tolist(),
            width=1 / fps,
            marker={"color": COLORWAY[(row - 2) % len(COLORWAY)], "line": {"width": 0}},
            showlegend=False,
            hovertemplate="%{x:.2f} s: %{y:.2f}<extra>" + name + "</extra>",
            row=row,
            col=1,
        )
        fig.update_yaxes(title_text="", range=[0, 1], showticklabels=False, ticks="", row=row, col=1)
        fig.add_annotation(
            text=name,
            xref="paper",
            x=1.01,
            xanchor="left",
            yref=f"y{row} domain",
            y=0.5,
            showarrow=False,
            font={"size": 12},
        )
    figure_defaults(
        fig,
        title,
        f"{title}: speed over {len(energy) / fps:.1f} s, and which frames are hidden by {', '.join(hidden)}.",
    )
    fig.update_yaxes(title_text="RMS joint speed (m/s)", rangemode="tozero", row=1, col=1)
    fig.update_xaxes(title_text="time (s)", row=1 + len(hidden), col=1)
    fig.update_layout(height=300 + 44 * len(hidden), bargap=0, margin={"r": 150})
    return fig
