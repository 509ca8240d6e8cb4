"""A panel for masked training: the clip, what the encoder sees of it, and the reconstruction."""

from __future__ import annotations

import html
from copy import deepcopy
from functools import cache

import ipywidgets as widgets
import torch
from torch import Tensor

from ... import models
from ...data import ClipSet
from ...models import MaskedAutoencoder
from ...ops import fidelity, masks
from ...training.inputs import PreparedClips
from ..figures.curves import curves
from ..style import readable
from .panel import LOOK, Panel, by_action, draw_number, dropdown

__all__ = ["costs", "curves", "masked_training", "restored"]


@torch.no_grad()
def restored(network: MaskedAutoencoder, x: Tensor, ratio: float, draw: int = 0) -> dict:
    """Clips with masked tuples, their reconstruction and its error.

    Args:
        network: in evaluation mode.
        x: [N, C, T, V, M].
        ratio: share of tuples that is masked, 0 to 1.
        draw: seed.

    Returns:
        hidden: bool [N, T'], masked tuples; frames: bool [N, T], masked frames; seen, restored, straight:
        batches like x, as the encoder sees them, as the decoder reconstructs them, and with straight lines
        between visible frames; error: "restored" and "straight" -> RMSE in mm over "hidden" (nan if there are
        none) and "kept" frames.
    """
    hidden = masks.random_tuples(x, ratio=ratio, generator=torch.Generator().manual_seed(draw))
    frames = hidden.repeat_interleave(masks.TUPLE, 1)
    found = {"restored": network.reconstruct(x, hidden), "straight": masks.interpolate_frames(x, frames)}
    error = {
        name: {
            "hidden": float(fidelity.rmse(x, y, frames=frames)) if frames.any() else float("nan"),
            "kept": float(fidelity.rmse(x, y, frames=~frames)),
        }
        for name, y in found.items()
    }
    return {"hidden": hidden, "frames": frames, "seen": masks.hide(x, frames=frames), "error": error} | found


def costs(network: MaskedAutoencoder, frames: int, ratio: float, persons: int = 1) -> dict[str, int]:
    """Multiply-adds of one forward pass of a clip, by part of the network.

    Args:
        network: the autoencoder.
        frames: T of the clip.
        ratio: share of tuples that is masked, 0 to 1.
        persons: M of the clip.

    Returns:
        "encoder": with its classifier; "both": with the decoder too.
    """
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
    """Three players in step: the clip, what the encoder sees of it, and the reconstruction of the decoder.

    Args:
        clips: the first clip of each class is offered.
        network: in evaluation mode.
        frames: T, to which clips are resized.
        ratio: share of tuples that is masked at the start.
    """
    first_of = {name: members[0] for name, members in by_action(clips).items()}
    tuples = frames // masks.TUPLE

    @cache
    def cost(persons: int, kept: int) -> dict[str, int]:
        return costs(network, frames, 1 - kept / tuples, persons)

    @cache
    def prepared(action: str) -> tuple[Tensor, float]:
        clip = clips.select([first_of[action]])
        x = PreparedClips(clip, frames)[torch.tensor([0], device=clips.device)]
        return x, frames / (0.95 * clip[0].seconds)

    def state(action: str, ratio: float, draw: int) -> dict:
        x, fps = prepared(action)
        result = restored(network, x, ratio, draw)
        kept, persons = int((~result["hidden"]).sum()), max(1, int((x != 0).any(1).any(1).any(1).sum()))
        player, frame = _player(x, result, fps)
        player[1]["skeleton"] = clips.skeleton
        text = _text(action, kept, tuples, result["error"], cost(persons, kept), cost(persons, tuples))
        return {"player": player, "text": text, "frame": frame}

    shares = {"min": 0.0, "max": 0.9, "step": 0.1, "readout_format": ".0%"}
    controls = {
        "ratio": widgets.FloatSlider(value=ratio, description="mask ratio", **shares, **LOOK),
        "action": dropdown([(readable(name), name) for name in first_of], "action"),
        "draw": draw_number(),
    }
    return Panel(state, controls, offline={"ratio": 10})


def _player(x: Tensor, result: dict, fps: float) -> tuple[tuple, int]:
    """(clips, options) of the player, and its first frame: the visible one with the most motion."""
    hidden = result["frames"][0].cpu()  # [T]
    error = (x - result["restored"]).norm(dim=1)[0].cpu() * 1000  # [T, V, M], mm
    options = {
        "fps": fps,
        "stretch": True,
        "labels": ["whole clip", "input of the encoder", "reconstruction of the decoder"],
        "masked": [None, hidden[:, None].expand(-1, x.shape[3]), None],
        "values": [None, None, error],
        "value_label": "joint error",
        "units": "mm",
        "value_range": (0.0, 500.0),
    }
    shown = x.cpu(), result["seen"].cpu(), result["restored"].cpu()
    return (shown, options), int((masks.frame_motion(x)[0].cpu() * ~hidden).argmax())


def _text(action: str, kept: int, tuples: int, error: dict, now: dict, whole: dict) -> str:
    hidden, visible = error["restored"]["hidden"], error["restored"]["kept"]
    if hidden == hidden:
        straight = error["straight"]["hidden"]
        off = (
            f"in masked frames decoder {hidden:.0f} mm, straight lines {straight:.0f} mm; "
            f"in visible frames decoder {visible:.0f} mm"
        )
    else:
        off = f"nothing is hidden; decoder {visible:.0f} mm"
    cost = ", ".join(
        f"{part} <b>{now[key] / 1e6:,.0f} MMAC</b> ({now[key] / whole[key]:.0%})"
        for key, part in (("encoder", "encoder"), ("both", "with decoder"))
    )
    return (
        f"{html.escape(readable(action))}: <b>{kept} of {tuples} tuples</b> visible "
        f"&nbsp;·&nbsp; {cost} of the cost of the whole clip<br>error (RMSE): {off}"
    )
