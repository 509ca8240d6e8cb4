"""Joint values as colours on a body."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go
import torch
from plotly.subplots import make_subplots
from torch import Tensor

from ...data import ClipSet
from ...ops import motion
from ...skeletons.skeleton import Skeleton
from ..style import SEQUENTIAL, figure_defaults, readable


def reference_pose(clips: ClipSet, tries: int = 400) -> Tensor:
    """A left-right symmetric pose that faces the reader: [V, 2], metres.

    Each of `tries` frames is made symmetric by mirroring one side of the body to the other; the pose whose
    joints overlap least is returned.
    """
    rows = torch.linspace(0, len(clips.poses) - 1, min(tries, len(clips.poses))).long().to(clips.device)
    poses = clips.poses[rows, 0].float()
    poses = _facing(poses[motion.presence(poses)], clips.skeleton).cpu()  # [tries, V, 2]
    poses = _symmetric(poses, clips.skeleton)
    apart = torch.cdist(poses, poses) + torch.eye(poses.shape[1]) * 9
    height = poses[..., 1].amax(1) - poses[..., 1].amin(1)
    # The mean of inverse distances: a few overlapping joints cost more than large distances gain.
    crowding = apart.clamp_min(1e-2).pow(-1).mean((1, 2)) / height.clamp_min(1e-3)
    root = clips.skeleton.index(clips.skeleton.root)
    # Raised arms distract from the values.
    raised = (poses[..., 1] > poses[:, [root], 1] + 0.02 * height[:, None]).float().mean(1)
    return poses[(crowding * (1 + 4 * raised)).argmin()]


def _symmetric(poses: Tensor, skeleton: Skeleton) -> Tensor:
    """Poses [P, V, 2] with the left side mirrored to the right, then the right to the left: [2 P, V, 2].

    Joints of the midline get x = 0.
    """
    image = poses[:, skeleton.mirror] * torch.tensor([-1.0, 1.0])
    midline = (poses + image) / 2
    sides = []
    for side in (0, 1):
        own = torch.zeros(len(skeleton), dtype=torch.bool)
        own[[skeleton.index(pair[side]) for pair in skeleton.mirror_pairs]] = True
        pose = torch.where(own[:, None], poses, torch.where(own[skeleton.mirror][:, None], image, midline))
        sides.append(pose)
    return torch.cat(sides)


def _facing(poses: Tensor, skeleton: Skeleton) -> Tensor:
    """Poses [..., V, 3] seen from the front, with the body's right-to-left axis as x: [..., V, 2]."""
    left = [skeleton.index(a) for a, _ in skeleton.mirror_pairs]
    right = [skeleton.index(b) for _, b in skeleton.mirror_pairs]
    if left:
        across = (poses[..., left, :] - poses[..., right, :]).mean(-2)
    else:
        across = poses.new_tensor([1.0, 0, 0]).expand(poses[..., 0, :].shape)
    across = across * across.new_tensor([1, 0, 1])
    across = across / across.norm(dim=-1, keepdim=True).clamp_min(1e-6)
    middle = poses[..., [skeleton.index(skeleton.root)], :]
    x = ((poses - middle) * across[..., None, :]).sum(-1)
    return torch.stack([x, poses[..., 1] - poses[..., 1].amin(-1, keepdim=True)], -1)


def on_body(
    pose: Tensor,
    skeleton: Skeleton,
    values: Mapping[str, Tensor],
    title: str,
    unit: str,
    low: float | None = None,
    high: float | None = None,
) -> go.Figure:
    """Joint values as colours and sizes on a body, one body per entry of `values`, on one colour scale.

    Args:
        pose: [V, 2] from `reference_pose`.
        skeleton: of V joints.
        values: name -> [V].
        title: of the figure.
        unit: title of the colour bar, with its unit.
        low, high: ends of the colour scale. Default: the extremes of the values.

    Raises:
        ValueError: no values.
    """
    if not values:
        raise ValueError("on_body needs at least one entry of values={name: [V]}")
    values = {name: v.detach().cpu().float() for name, v in values.items()}
    low = min(float(v.min()) for v in values.values()) if low is None else low
    high = max(float(v.max()) for v in values.values()) if high is None else high
    fig = make_subplots(1, len(values), subplot_titles=list(values), horizontal_spacing=0.02)
    for column, v in enumerate(values.values(), 1):
        _bones(fig, pose, skeleton, column)
        _joints(fig, pose, skeleton, v, 9 + 15 * ((v - low) / max(high - low, 1e-9)).clamp(0, 1), column)
    figure_defaults(fig, title, _body_alt(values, skeleton, unit))
    span = [float(pose[:, 0].min()) - 0.12, float(pose[:, 0].max()) + 0.12]
    fig.update_xaxes(visible=False, range=span)
    fig.update_yaxes(visible=False, range=[-0.08, float(pose[:, 1].max()) + 0.12])
    for column in range(1, len(values) + 1):
        fig.update_yaxes(scaleanchor=f"x{column if column > 1 else ''}", row=1, col=column)
    bar = {"title": {"text": unit, "side": "right"}}
    return fig.update_layout(
        height=440,
        margin={"l": 10, "r": 10, "b": 10, "t": 80},
        title_x=0.5,
        title_xanchor="center",
        coloraxis={"cmin": low, "cmax": high, "colorscale": list(SEQUENTIAL), "colorbar": bar},
    )


def _bones(fig: go.Figure, pose: Tensor, skeleton: Skeleton, column: int) -> None:
    x: list[float | None] = []
    y: list[float | None] = []
    for a, b in skeleton.edges:
        x += [float(pose[a, 0]), float(pose[b, 0]), None]
        y += [float(pose[a, 1]), float(pose[b, 1]), None]
    fig.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": "#BBBBBB", "width": 4},
        hoverinfo="skip",
        showlegend=False,
        row=1,
        col=column,
    )


def _joints(
    fig: go.Figure, pose: Tensor, skeleton: Skeleton, values: Tensor, sizes: Tensor, column: int
) -> None:
    """Dots at the joints: values [V] as colours, sizes [V] in pixels."""
    fig.add_scatter(
        x=pose[:, 0].tolist(),
        y=pose[:, 1].tolist(),
        mode="markers",
        showlegend=False,
        row=1,
        col=column,
        marker={
            "color": values.tolist(),
            "size": sizes.tolist(),
            "coloraxis": "coloraxis",
            "line": {"width": 1, "color": "#444444"},
        },
        text=[readable(j) for j in skeleton.joints],
        hovertemplate="%{text}: %{marker.color:.3g}<extra></extra>",
    )


def _body_alt(values: Mapping[str, Tensor], skeleton: Skeleton, unit: str) -> str:
    parts = []
    for name, v in values.items():
        top = ", ".join(readable(skeleton.joints[j]) for j in v.topk(min(3, len(v))).indices.tolist())
        parts.append(f"{name}: from {v.min():.3g} to {v.max():.3g}, highest at {top}")
    return f"Joints of a body coloured by {unit}. " + "; ".join(parts) + "."
