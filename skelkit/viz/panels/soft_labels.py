"""A panel for the soft labels of a teacher."""

from __future__ import annotations

from collections.abc import Mapping

import ipywidgets as widgets
import torch
from torch import Tensor

from ...data import ClipSet
from ...deploy import distillation
from ..figures.predictions import class_probabilities
from ..style import readable
from .panel import LOOK, Panel, dropdown

LISTED = 60
"""Clips that the menu lists."""


def temperature(clips: ClipSet, logits: Mapping[str, Tensor]) -> Panel:
    """Class probabilities of a teacher and its students for one clip, with a slider for the temperature τ.

    Args:
        clips: N; those of which the teacher is least confident come first.
        logits: network -> [N, classes], the teacher first.
    """
    names, teacher = clips.classes, next(iter(logits.values()))
    confidence = teacher.softmax(1).max(1).values

    def state(clip: int, temperature: float, network: str) -> dict:
        label, chosen = int(clips.labels[clip]), [*logits] if network == "all" else [network]
        answers = {name: distillation.soft_labels(logits[name][clip], temperature) for name in chosen}
        title = f"Predicted probabilities for {clips[clip].name}, temperature {temperature:.3g}"
        soft = distillation.soft_labels(teacher[clip], temperature)
        return {
            "player": ((clips[clip],), {"labels": [readable(names[label])], "height": 200}),
            "figure": class_probabilities(answers, names, title, label),
            "text": _text(soft, names, label, temperature),
        }

    options = []
    for i in confidence.argsort().tolist()[:LISTED]:
        action = readable(names[int(clips.labels[i])])
        options.append((f"{action}: {clips[i].name}, {float(confidence[i]):.0%} confident", i))
    octaves = {"base": 2, "min": -1, "max": 5, "step": 0.25, "readout_format": ".1f"}
    controls = {
        "clip": dropdown(options, "clip"),
        "temperature": widgets.FloatLogSlider(value=1, description="temperature τ", **octaves, **LOOK),
        "network": widgets.ToggleButtons(
            options=["all", *logits],
            description="network",
            style={"description_width": "5em", "button_width": "8em"},
        ),
    }
    return Panel(state, controls, offline={"temperature": 13, "network": 4})


def _text(soft: Tensor, names: list[str] | tuple[str, ...], label: int, temperature: float) -> str:
    """Entropy of the teacher's probabilities [classes], and the two most probable wrong classes."""
    bits = float(torch.special.entr(soft).sum() / torch.log(torch.tensor(2.0)))
    others = [c for c in soft.argsort(descending=True).tolist() if c != label][:2]
    words = ", ".join(f"{readable(names[c])} {float(soft[c]):.1%}" for c in others)
    return (
        f"True class: <b>{readable(names[label])}</b>. At τ = {temperature:.3g} the teacher's probabilities "
        f"have an entropy of <b>{bits:.2f} bits</b>; the next most probable classes: {words}."
    )
