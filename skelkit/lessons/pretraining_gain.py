"""Notebooks 06 and 08: whether pre-training makes encoders better than their first weights, and when."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from .. import study
from ..selfsup import checks
from ..selfsup.diagnostics import EncoderRecorder
from ..selfsup.protocols import leave_one_out
from ..viz import show
from ..viz.figures.curves import curves


def knn_by_epoch(recorder: EncoderRecorder) -> dict[int, float]:
    """Epoch -> accuracy of leave-one-out k-NN on the recorded features of all encoders, concatenated."""
    return {
        snapshot.epoch: leave_one_out(torch.cat(snapshot.features, 1), recorder.labels)
        for snapshot in recorder.snapshots
    }


def show_gain(recorders: Mapping[str, EncoderRecorder], steps: Mapping[str, int]) -> None:
    """Draw the accuracy of k-NN over the steps of pre-training, and say for each method whether it helped.

    Args:
        recorders: method -> callback of its training, on other clips than those that were trained on.
        steps: method -> steps of the whole training.
    """
    series, ends = {}, {}
    for name, recorder in recorders.items():
        found = knn_by_epoch(recorder)
        epochs = max(found)
        series[name] = (
            [steps[name] * epoch / epochs for epoch in found],
            [100 * accuracy for accuracy in found.values()],
        )
        ends[name] = (found[0], found[epochs])
    axes = ("steps of pre-training", "accuracy of k-NN (%)")
    show(curves(series, "k-NN during pre-training", *axes))
    for name, (first, last) in ends.items():
        values = f"{last:.1%} after {steps[name]} steps, {first:.1%} with the first weights"
        if steps[name] < checks.TRIAL_STEPS:
            print(f"→ {name}: {values}. So few steps only show that everything runs.")
            continue
        study.finding(
            last > first,
            f"{name} helps k-NN on these clips in this run (one seed): {values}.",
            f"{name} does not help k-NN on these clips in this run (one seed): {values}. "
            "More steps (least_steps) or more clips may.",
        )
