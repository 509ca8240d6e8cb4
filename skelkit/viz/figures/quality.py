"""Data quality of a set of recordings, joint by joint."""

from __future__ import annotations

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ...analysis.quality_report import Quality
from ..style import COLORWAY, figure_defaults, readable
from .axes import GREY, rounded


def picture(quality: Quality, title: str = "Data quality by joint") -> go.Figure:
    """Bars: how often each joint is missing, frozen or jumps, and how much the length of its bone varies."""
    joints = [readable(j) for j in quality.skeleton_joints]
    to_joint = {
        child: 100 * float(v) for (_, child), v in zip(quality.bones, quality.bone_variation, strict=True)
    }
    columns = {
        "missing (% of frames)": rounded(100 * quality.missing),
        "frozen (% of frames)": rounded(100 * quality.frozen),
        "jumps (count)": rounded(quality.jumps),
        "bone length varies (%)": [round(to_joint.get(j, 0.0), 3) for j in quality.skeleton_joints],
    }
    fig = make_subplots(
        1, len(columns), shared_yaxes=True, horizontal_spacing=0.03, subplot_titles=list(columns)
    )
    for column, (name, values) in enumerate(columns.items(), 1):
        _bars(fig, joints, values, name, column)
    figure_defaults(fig, title, f"{title} of {quality.clips} clips. {'; '.join(quality.lines())}.")
    fig.update_yaxes(autorange="reversed", tickfont={"size": 11}, ticks="")
    fig.update_annotations(font_size=13)
    return fig.update_layout(height=170 + 19 * len(joints), margin={"t": 84}, showlegend=False)


def _bars(fig: go.Figure, joints: list[str], values: list[float], name: str, column: int) -> None:
    where = {"row": 1, "col": column}
    fig.add_bar(
        x=values,
        y=joints,
        orientation="h",
        marker={"color": COLORWAY[column - 1]},
        hovertemplate="%{y}: %{x:.3g}<extra>" + name + "</extra>",
        **where,
    )
    fig.update_xaxes(rangemode="tozero", nticks=4, range=None if any(values) else [0, 1], **where)
    if not any(values):
        middle = {"x": 0.5, "y": len(joints) / 2}
        fig.add_annotation(text="none found", showarrow=False, font={"color": GREY}, **middle, **where)
