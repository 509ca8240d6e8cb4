"""Figures of masks: joint degree and speed, masked frames over time."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go
import torch
from plotly.subplots import make_subplots
from torch import Tensor

from ...skeletons.skeleton import Skeleton
from ..style import COLORWAY, OKABE_ITO, figure_defaults, readable


def degree_and_motion(skeleton: Skeleton, speeds: Mapping[str, Tensor], title: str) -> go.Figure:
    """Mean speed of each joint over its degree, with the median of each degree; one panel per entry.

    Args:
        skeleton: of V joints.
        speeds: name -> m/s, [V].
        title: of the figure.
    """
    fig = make_subplots(
        1, len(speeds), subplot_titles=list(speeds), shared_yaxes=True, horizontal_spacing=0.04
    )
    degrees = skeleton.degrees
    speeds = {name: speed.cpu() for name, speed in speeds.items()}
    for column, speed in enumerate(speeds.values(), 1):
        _joints(fig, skeleton, speed, column)
        _medians(fig, degrees, speed, column)
        title_x = "degree (bones at the joint)"
        fig.update_xaxes(title_text=title_x, tickvals=degrees.unique().tolist(), row=1, col=column)
    fig.update_yaxes(title_text="mean speed (m/s)", rangemode="tozero", row=1, col=1)
    fig.update_layout(height=420, margin={"t": 96})
    parts = []
    for name, speed in speeds.items():
        means = {d: float(speed[degrees == d].mean()) for d in degrees.unique().tolist()}
        parts.append(f"{name}: {', '.join(f'degree {d} {mean:.2f} m/s' for d, mean in means.items())}")
    return figure_defaults(fig, title, f"Mean joint speed against joint degree. {'; '.join(parts)}.")


def _joints(fig: go.Figure, skeleton: Skeleton, speed: Tensor, column: int) -> None:
    """Dots, moved sideways so that joints of one degree do not hide each other."""
    degrees, nudge = skeleton.degrees, torch.zeros(len(skeleton))
    for degree in degrees.unique():
        same = (degrees == degree).nonzero().flatten()
        nudge[same] = torch.linspace(-0.22, 0.22, len(same)) if len(same) > 1 else 0.0
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


def _medians(fig: go.Figure, degrees: Tensor, speed: Tensor, column: int) -> None:
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


def motion_over_time(
    energy: Tensor, fps: float, hidden: Mapping[str, Tensor], title: str, height: int = 0
) -> go.Figure:
    """RMS joint speed of one clip over time, with the frames that each mask hides as bars below it.

    Args:
        energy: [T], mean squared frame difference (m^2) from `masks.frame_motion`.
        fps: frames per second.
        hidden: name -> bool [T] (or probability [T]).
        title: of the figure.
        height: pixels; then with narrow margins. Default: 300, and 44 for each row.
    """
    time = (torch.arange(len(energy)) / fps).tolist()
    heights = [1.0] + [0.13] * len(hidden)
    fig = make_subplots(len(heights), 1, shared_xaxes=True, vertical_spacing=0.02, row_heights=heights)
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
        _mask(fig, time, mask, fps, name, row)
    seconds, names = len(energy) / fps, ", ".join(hidden)
    figure_defaults(fig, title, f"{title}: speed over {seconds:.1f} s; rows below it: {names}.")
    fig.update_yaxes(title_text="speed (m/s)", rangemode="tozero", row=1, col=1)
    fig.update_xaxes(title_text="time (s)", row=1 + len(hidden), col=1)
    margin = {"r": 150} | ({"t": 40, "b": 44} if height else {})
    return fig.update_layout(height=height or 300 + 44 * len(hidden), bargap=0, margin=margin)


def _mask(fig: go.Figure, time: list[float], mask: Tensor, fps: float, name: str, row: int) -> None:
    """One row of bars, [T], with its name beside it."""
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
