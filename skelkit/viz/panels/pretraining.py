"""Panels for pre-trained encoders: features during training, and alone or together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets as widgets
import torch
from torch import Tensor

from ...selfsup.diagnostics import EncoderRecorder
from ...selfsup.objectives.barlow_twins import effective_rank
from ...selfsup.protocols import accuracy, nearest_neighbour_scores
from ...utils.tables import html_table
from ..figures.features import cross_correlation, scatter
from .panel import LOOK, Panel
from .soft_labels import temperature

__all__ = ["neighbours", "temperature", "together", "training"]

K = 5
"""Nearest neighbours that classify a clip."""


def training(recorder: EncoderRecorder, names: Sequence[str], encoders: Sequence[str] = ("",)) -> Panel:
    """Cross-correlation of two views and the features of the clips, with a slider over the epochs.

    Args:
        recorder: the callback of a finished `pretrain`.
        names: of all classes.
        encoders: names of its encoders.
    """

    def state(epoch: int, encoder: int = 0) -> dict:
        snapshot, labels = recorder.snapshots[epoch], recorder.labels
        features, name = snapshot.features[encoder], f"Encoder {encoders[encoder]}".strip()
        when = f"after epoch {snapshot.epoch}" if snapshot.epoch else "before the first epoch"
        title = f"{name}, {when}"
        rows = [
            (
                "correlation on the diagonal: agreement of the views",
                f"{snapshot.agreement[encoder]:.2f}",
                "1",
            ),
            ("correlation off the diagonal: redundancy", f"{snapshot.redundancy[encoder]:.2f}", "0"),
            ("effective rank of the projection", f"{recorder.ranks[epoch][encoder]:.1f}", "high"),
            ("nearest-neighbour accuracy", f"{neighbours(features, labels):.0%}", "100%"),
        ]
        return {
            "figure": cross_correlation(features, snapshot.correlations[encoder], labels, names, title),
            "text": html_table(rows, ["", "now", "ideal"]),
        }

    epochs = [(str(snapshot.epoch), i) for i, snapshot in enumerate(recorder.snapshots)]
    controls: dict[str, widgets.Widget] = {
        "epoch": widgets.SelectionSlider(options=epochs, value=len(epochs) - 1, description="epoch", **LOOK)
    }
    if len(encoders) > 1:
        choices = [(name, i) for i, name in enumerate(encoders)]
        controls["encoder"] = _buttons(choices, "encoder", "7em")
    return Panel(state, controls, offline={"epoch": 20, "encoder": 3})


def neighbours(features: Tensor, labels: Tensor) -> float:
    """Share of clips whose nearest other clip, by cosine, has the same class.

    Args:
        features: [N, D].
        labels: Long[N].
    """
    features = torch.nn.functional.normalize(features)
    similarity = (features @ features.T).fill_diagonal_(-2)
    return float((labels[similarity.argmax(1)] == labels).float().mean())


def together(
    features: Mapping[str, tuple[Tensor, Tensor]], train_labels: Tensor, labels: Tensor, names: Sequence[str]
) -> Panel:
    """Features of the test clips and their nearest-neighbour accuracy, for encoders of choice.

    Args:
        features: encoder -> features of the training clips [N, D] and of the test clips [B, D].
        train_labels: Long[N].
        labels: Long[B].
        names: of all classes.
    """

    def state(which: str) -> dict:
        known, queries = features[which]
        scores = nearest_neighbour_scores(
            torch.nn.functional.normalize(known),
            train_labels,
            torch.nn.functional.normalize(queries),
            K,
            len(names),
        )
        text = (
            f"test accuracy of {K} nearest neighbours: <b>{accuracy(scores, labels):.0%}</b>; "
            f"effective rank of the {queries.shape[1]} features: <b>{effective_rank(queries):.1f}</b>"
        )
        return {"figure": scatter(queries, labels, names, f"Test clips, features of {which}"), "text": text}

    return Panel(state, {"which": _buttons(list(features), "features", "9em")}, offline={"which": 6})


def _buttons(options: Sequence[Any], description: str, width: str) -> widgets.ToggleButtons:
    style = {"description_width": "5em", "button_width": width}
    return widgets.ToggleButtons(options=options, description=description, style=style)
