"""What is wrong with a set of recordings, joint by joint."""

from __future__ import annotations

import plotly.graph_objects as go
from plotly.subplots import make_subplots
from torch import Tensor

from ...analysis.quality_report import Quality
from ..style import COLORWAY, figure_defaults, readable
from .axes import GREY


def picture(quality: Quality, title: str = "Quality, joint by joint") -> go.Figure:
    """Bars: how often each joint is missing, frozen, jumping, and how much the bone that leads to it varies."""
    joints = [readable(j) for j in quality.skeleton_joints]
    to_joint = {
        child: 100 * float(v) for (_, child), v in zip(quality.bones, quality.bone_variation, strict=True)
    }
    columns = {
        "missing (% of frames)": _rounded(100 * quality.missing),
        "frozen (% of frames)": _rounded(100 * quality.frozen),
        "jumps (times)": _rounded(quality.jumps),
        "bone to it varies (%)": [round(to_joint.get(j, 0.0), 3) for j in quality.skeleton_joints],
    }
    fig = make_subplots(
        1, len(columns), shared_yaxes=True, horizontal_spacing=0.03, subplot_titles=list(columns)
    )
    for k, (name, values) in enumerate(columns.items()):
        fig.add_bar(
            x=values,
            y=joints,
            orientation="h",
            marker={"color": COLORWAY[k]},
            hovertemplate="%{y}: %{x:.3g}<extra>" + name + "</extra>",
            row=1,
            col=k + 1,
        )
        fig.update_xaxes(
            rangemode="tozero", nticks=4, range=None if any(values) else [0, 1], row=1, col=k + 1
        )
    for k, values in enumerate(columns.values(), 1):
        if not any(values):
            fig.add_annotation(
                x=0.5,
                y=len(joints) / 2,
                text="none found",
                showarrow=False,
                font={"color": GREY},
                row=1,
                col=k,
            )
    figure_defaults(fig, title, f"{title} of {quality.clips} clips. {'; '.join(quality.lines())}.")
    fig.update_yaxes(autorange="reversed", tickfont={"size": 11}, ticks="")
    fig.update_annotations(font_size=13)
    return fig.update_layout(height=170 + 19 * len(joints), margin={"t": 84}, showlegend=False)


def _rounded(values: Tensor) -> list[float]:
    return [round(float(v), 3) for v in values]
