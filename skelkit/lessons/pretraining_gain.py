"""Notebooks 06 and 08: whether pre-training makes encoders better than their first weights, and when."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch

from .. import study
from ..continual import two_standard_errors
from ..selfsup import checks
from ..selfsup.diagnostics import EncoderRecorder
from ..selfsup.protocols import leave_one_out
from ..viz import show
from ..viz.figures.curves import curves
from . import shares


def knn_by_epoch(recorder: EncoderRecorder) -> dict[int, float]:
    """Epoch -> accuracy of leave-one-out k-NN on the recorded features of all encoders, concatenated."""
    return {
        snapshot.epoch: leave_one_out(torch.cat(snapshot.features, 1), recorder.labels)
        for snapshot in recorder.snapshots
    }


def explain_first_weights(recorder: EncoderRecorder) -> None:
    """Say whether k-NN on features of the first weights is better than guessing.

    Args:
        recorder: callback of a training, which has recorded epoch 0.
    """
    accuracy, clips = knn_by_epoch(recorder)[0], len(recorder.labels)
    guess = shares.guessing(recorder.labels)
    values = (
        f"{shares.in_words(accuracy, clips)} of {clips} clips; the most frequent class alone would be right "
        f"for {guess:.0%}"
    )
    study.finding(
        shares.interval(accuracy, clips)[0] > guess,
        f"With the first weights, k-NN is right for {values}. Different movements give different random "
        "features.",
        f"With the first weights, k-NN is right for {values}. That is not clearly better than guessing.",
    )


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
        labels = recorders[name].labels
        values = f"{last:.1%} after {steps[name]} steps, {first:.1%} with the first weights"
        if steps[name] < checks.TRIAL_STEPS:
            print(f"→ {name}: {values}. So few steps only show that everything runs.")
            continue
        clips = len(labels)
        margin = math.hypot(two_standard_errors(first, clips), two_standard_errors(last, clips))
        values += (
            f", of {clips} clips (difference {100 * (last - first):+.0f} ± {100 * margin:.0f} points; the "
            f"most frequent class alone {shares.guessing(labels):.0%})"
        )
        less = f"{name} does not help" if last < first - margin else f"{name} makes no clear difference to"
        study.finding(
            last > first + margin,
            f"{name} helps k-NN on these clips in this run (one seed): {values}.",
            f"{less} k-NN on these clips in this run (one seed): {values}. "
            "More steps (least_steps) or more clips may help.",
        )
