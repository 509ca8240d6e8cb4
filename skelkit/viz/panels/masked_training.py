"""Masked training to look at: a slider for the share of tuples hidden, and what that costs, brings and does over time."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import cache

import ipywidgets as widgets
import plotly.graph_objects as go
import torch
from torch import Tensor

from ... import models
from ...data import ClipSet
from ...models import MaskedAutoencoder
from ...ops import fidelity, masks
from ...ops.masks.sampling import TUPLE
from ...training.inputs import PreparedClips
from ..figures.axes import DASHES, GREY, SYMBOLS
from ..style import COLORWAY, figure_defaults, readable
from .panel import LAYOUT, WIDE, Panel, by_action


@torch.no_grad()
def restored(network: MaskedAutoencoder, x: Tensor, ratio: float, draw: int = 0) -> dict:
    """Clips [N, C, T, V, M] with a share of their tuples hidden: what is seen, what is restored, and how far that is off. Pure: `draw` is a seed.

    Returns:
        hidden: bool [N, T'] and frames: bool [N, T], the same spread over frames; seen, restored, straight: batches like x, straight
        with straight lines between kept frames; error: mm, name -> RMSE over the frames hidden (nan where none are) and kept.
    """
    hidden = masks.random_tuples(x, ratio=ratio, generator=torch.Generator().manual_seed(draw))
    frames = hidden.repeat_interleave(TUPLE, 1)
    found = {"restored": network.reconstruct(x, hidden), "straight": masks.straight_lines(x, frames)}
    none = float("nan")
    error = {
        name: {
            "hidden": float(fidelity.rmse(x, y, frames=frames)) if frames.any() else none,
            "kept": float(fidelity.rmse(x, y, frames=~frames)),
        }
        for name, y in found.items()
    }
    return {"hidden": hidden, "frames": frames, "seen": masks.hide(x, frames=frames), "error": error} | found


def costs(network: MaskedAutoencoder, frames: int, ratio: float, persons: int = 1) -> dict[str, int]:
    """Multiply-adds of one clip forward: "encoder" (with its classifier), "both" with the decoder too."""
    encoder = network.encoder
    weights = next(network.parameters())
    x = weights.new_ones(1, encoder.channels, frames, encoder.joints, persons)
    generator = torch.Generator().manual_seed(0)
    hidden = masks.random_tuples(x, ratio=ratio, generator=generator)
    return {
        "encoder": models.macs(encoder, x, hidden),
        "both": models.macs(deepcopy(network).train(), x, ratio, generator),
    }


def masked_training(clips: ClipSet, network: MaskedAutoencoder, frames: int, ratio: float = 0.3) -> Panel:
    """The whole clip, what the encoder sees of it and what the decoder restores, in step, while the share of hidden tuples changes.

    Args:
        clips: the first of each class is offered; network: in evaluation mode.
        frames: T, to which clips are resized.
    """
    first_of = {name: members[0] for name, members in by_action(clips).items()}
    tuples = frames // TUPLE

    @cache
    def cost(persons: int, kept: int) -> dict[str, int]:
        return costs(network, frames, 1 - kept / tuples, persons)

    @cache
    def prepared(action: str) -> tuple[Tensor, float]:
        clip = clips.select([first_of[action]])
        return PreparedClips(clip, frames)[torch.tensor([0], device=clips.device)], frames / (0.95 * clip[0].seconds)

    def state(action: str, ratio: float, draw: int) -> dict:
        x, fps = prepared(action)
        r = restored(network, x, ratio, draw)
        kept, persons = int((~r["hidden"]).sum()), max(1, int((x != 0).any(1).any(1).any(1).sum()))
        now, whole = cost(persons, kept), cost(persons, tuples)
        error = (x - r["restored"]).norm(dim=1)[0].cpu() * 1000  # [T, V, M]
        options = {
            "skeleton": clips.skeleton,
            "fps": fps,
            "stretch": True,
            "labels": ["whole clip", "what the encoder sees", "what the decoder restores"],
            "masked": [None, r["frames"][0].cpu()[:, None].expand(-1, len(clips.skeleton)), None],
            "values": [None, None, error],
            "value_label": "joint error",
            "units": "mm",
            "value_range": (0.0, 500.0),
        }
        seen = ~r["frames"][0].cpu()
        liveliest = int((masks.frame_motion(x)[0].cpu() * seen).argmax())
        shown = (x.cpu(), r["seen"].cpu(), r["restored"].cpu())
        return {
            "player": (shown, options),
            "text": _words(action, kept, tuples, r["error"], now, whole),
            "frame": liveliest,
        }

    controls = {
        "ratio": widgets.FloatSlider(
            value=ratio,
            min=0.0,
            max=0.9,
            step=0.1,
            description="share hidden",
            readout_format=".0%",
            style=WIDE,
            layout=LAYOUT,
        ),
        "action": widgets.Dropdown(
            options=[(readable(name), name) for name in first_of],
            description="action",
            style=WIDE,
            layout=LAYOUT,
        ),
        "draw": widgets.IntSlider(
            value=0, min=0, max=50, description="draw number", style=WIDE, layout=LAYOUT
        ),
    }
    return Panel(state, controls)


def _words(action: str, kept: int, tuples: int, error: dict, now: dict, whole: dict) -> str:
    hidden, kept_ones = error["restored"]["hidden"], error["restored"]["kept"]
    if hidden == hidden:
        off = f"in hidden frames decoder {hidden:.0f} mm, straight lines {error['straight']['hidden']:.0f} mm; in kept ones decoder {kept_ones:.0f} mm"
    else:
        off = f"nothing is hidden; decoder {kept_ones:.0f} mm"
    cost = ", ".join(
        f"{what} <b>{now[key] / 1e6:,.0f} MMAC</b> ({now[key] / whole[key]:.0%})"
        for key, what in (("encoder", "encoder"), ("both", "with decoder"))
    )
    return (
        f"{html.escape(readable(action))}: <b>{kept} of {tuples} tuples</b> kept &nbsp;·&nbsp; {cost} of what the whole clip costs<br>"
        f"error (RMSE): {off}"
    )


def curves(
    series: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    title: str,
    x: str,
    y: str,
    ideal: tuple[Sequence[float], Sequence[float], str] | None = None,
) -> go.Figure:
    """Lines that share both axes: name -> (xs, ys); `ideal` is (xs, ys, name) of one to compare with. From 0 up."""
    fig = go.Figure()
    if ideal is not None:
        fig.add_scatter(
            x=list(ideal[0]),
            y=list(ideal[1]),
            name=ideal[2],
            mode="lines",
            line={"color": GREY, "dash": "dash"},
            hoverinfo="skip",
        )
    for k, (name, (xs, ys)) in enumerate(series.items()):
        fig.add_scatter(
            x=list(xs),
            y=list(ys),
            name=name,
            mode="lines+markers",
            hovertemplate="%{x:.3g}: %{y:.3g}<extra>" + name + "</extra>",
            line={"color": COLORWAY[k % len(COLORWAY)], "dash": DASHES[k % len(DASHES)]},
            marker={"symbol": SYMBOLS[k % len(SYMBOLS)], "size": 8},
        )
    fig.update_yaxes(rangemode="tozero")
    fig.update_layout(height=400, legend={"orientation": "h", "y": -0.2, "yanchor": "top"})
    text = "; ".join(
        f"{name}: from {ys[0]:.3g} to {ys[-1]:.3g}" for name, (_, ys) in series.items() if len(ys)
    )
    return figure_defaults(fig, title, f"{title}: {y} over {x}. {text}.", x, y)
