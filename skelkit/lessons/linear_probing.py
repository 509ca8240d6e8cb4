"""Notebook 05, Linear probing: classifiers on the same features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn

from .. import study
from ..continual import ReplayMemory
from ..continual.history import History
from ..continual.learners.base import Network
from ..experiments.continual import MEMORY
from ..ops import codecs
from ..viz import figures, learning, show

Statistics = Mapping[str, float]
"""Result of `diagnostics.old_new_statistics`: accuracies, and shares of the newest classes."""


def memory_for(classes: int) -> str:
    """Memory size of the recorded runs; larger where there are more than 30 classes."""
    return MEMORY if classes <= 30 else "500 clips"


def check_probed_weights(classifier: nn.Module, network: nn.Module, changed: bool) -> tuple[int, int]:
    """Claim that probing changes only the classifier; returns the number of its weights and of all."""
    some, every = (sum(p.numel() for p in module.parameters()) for module in (classifier, network))
    study.claim(
        f"Probing changes only the classifier, {some:,} of {every:,} weights ({some / every:.1%}). Encoder "
        "and "
        "decoder stay the same.",
        changed,
    )
    return some, every


def compare_probing(before: Statistics, after: Statistics) -> None:
    """Compare the classifier before and after the last probing: accuracy, and bias for the newest classes."""
    accuracies = f"accuracy on all clips {before['all']:.0%} before, {after['all']:.0%} after"
    study.finding(
        after["all"] > before["all"],
        f"After the last task, probing helps in this run (one seed): {accuracies}.",
        f"After the last task, probing does not help in this run (one seed): {accuracies}.",
    )
    bias_before, bias_after = (each["predicted_new"] - each["share_new"] for each in (before, after))
    shares = (
        f"it predicts them for {before['predicted_new']:.0%} of the clips, but {before['share_new']:.0%} "
        "belong to "
        f"them. After probing: {after['predicted_new']:.0%}."
    )
    study.finding(
        bias_before < 0,
        f"Before probing, the classifier predicts the newest classes too rarely: {shares}",
        f"Before probing, the classifier does not predict the newest classes too rarely: {shares}",
    )
    errors = f"{100 * bias_before:+.0f} points before, {100 * bias_after:+.0f} after"
    study.finding(
        abs(bias_after) < abs(bias_before),
        f"Probing reduces the bias for or against the newest classes: {errors}.",
        f"Probing does not reduce the bias for or against the newest classes: {errors}.",
    )


def check_discriminant(ours: tuple[Tensor, Tensor, Tensor], library: nn.Linear, features: Tensor) -> None:
    """Claim that weights and biases of a discriminant, written out, predict what the library's predicts.

    Args:
        ours: classes that have clips, Long[C], their weights [C, D] and biases [C].
        features: [N, D] of clips to compare them on.
    """
    classes, weight, bias = ours
    with torch.no_grad():
        expected = library(features)[:, classes]
    apart = float((features @ weight.T + bias - expected).abs().max() / expected.abs().max())
    study.claim(
        f"It is that of the library: the largest difference of their logits is {apart:.1g} of the largest "
        "logit.",
        apart < 1e-3,
    )


def draw_drift(start: Tensor, end: Tensor, labels: Tensor, names: Sequence[str], tasks: int) -> None:
    """Draw how the class means of the first task move in feature space until the last task.

    `start` and `end` are features of the same clips after the first and after the last task, [N, D], with
    `labels`, [N].
    """
    title = f"Features of the first task, from after task 1 to after task {tasks}"
    before, after = learning.plane(start, end)
    show(learning.drift(before, after, labels, names, title))


def compare_drift(moved: Sequence[float]) -> None:
    """Say how far the class means of the first task have moved, in units of the spread around them."""
    print("distance of the means since task 1, in spreads:", "  ".join(f"{v:.2f}" for v in moved))
    distance = f"{moved[-1]:.1f} times the spread of the clips around them"
    study.finding(
        moved[-1] > 0.5,
        f"The class means of the first task moved by {distance}.",
        f"The class means of the first task hardly moved: {distance}.",
    )


def draw_classifiers(found: Mapping[str, Statistics]) -> None:
    """Draw the accuracy of each classifier on old and on the newest classes."""
    bars = {
        kind: {name: 100 * statistics[key] for name, statistics in found.items()}
        for kind, key in (("old classes", "old"), ("newest classes", "new"))
    }
    title = "Five linear classifiers on the same features"
    show(figures.bars(bars, title, "classifier", "test accuracy (%)").update_yaxes(range=[0, 100]))


def compare_classifiers(found: Mapping[str, Statistics], clips: int, two_errors: float) -> None:
    """Compare the trained and the probed classifier with the discriminant computed from the memory.

    Args:
        found: classifier name -> its statistics on the test clips.
        clips: number of test clips.
        two_errors: two standard errors of an accuracy on them.
    """
    before, after, best = (found[name]["all"] for name in ("trained, not probed", "probed", "discriminant"))
    print(f"two standard errors of {clips} clips: {100 * two_errors:.0f} points; one seed")
    study.finding(
        best > before + two_errors,
        f"The features allow a higher accuracy than the trained classifier has: {before:.0%} against "
        f"{best:.0%} "
        "with a discriminant computed from the memory.",
        f"The trained classifier uses the features about as well as possible: {before:.0%} against "
        f"{best:.0%} with "
        "a discriminant computed from the memory.",
    )
    study.finding(
        best > after + two_errors,
        f"The features also allow more than the probed classifier has ({after:.0%}): probing leaves some "
        "unused.",
        f"The probed classifier ({after:.0%}) is worse by less than two standard errors here (one seed).",
    )


def draw_conditions(accuracy: Mapping[str, Mapping[str, float]]) -> None:
    """Draw the accuracy (%) of both classifiers under the four conditions of `compare_conditions`."""
    title, axis = "The same weights under four test conditions", "clips, statistics of batch norm"
    show(figures.bars(accuracy, title, axis, "test accuracy (%)").update_yaxes(range=[0, 100]))


def compare_conditions(
    accuracy: Mapping[str, float], distance: Mapping[str, float], two_errors: float
) -> None:
    """Say what misaligns the trained classifier: masks, statistics, or neither.

    Args:
        accuracy: condition ("masked clips" or "whole clips", "lagging" or "recalibrated" batch norm) ->
            accuracy in %.
        distance: condition -> distance of the class means from the recorded ones, in standard deviations.
        two_errors: two standard errors of an accuracy, from 0 to 1.
    """
    study.claim(
        "Whole clips with recalibrated statistics give the recorded features: the class means are "
        f"{distance['whole clips, recalibrated']:.3f} spreads apart.",
        distance["whole clips, recalibrated"] < 1e-3,
    )
    masked, lagging = distance["masked clips, recalibrated"], distance["whole clips, lagging"]
    moves = f"lagging statistics move the class means by {lagging:.2f} spreads, hidden tuples by {masked:.2f}"
    study.finding(
        masked < lagging,
        f"The statistics have the larger effect: {moves}.",
        f"The masks have the larger effect: {moves}.",
    )
    gain = accuracy["whole clips, recalibrated"] - accuracy["whole clips, lagging"]
    study.finding(
        gain > 100 * two_errors,
        f"Recalibration alone, without any training, changes the accuracy by {gain:+.1f} points (one seed).",
        f"Recalibration alone changes the accuracy of the classifier before probing by only {gain:+.1f} "
        "points.",
    )
    gap = accuracy["masked clips, recalibrated"] - accuracy["whole clips, recalibrated"]
    study.finding(
        gap > 100 * two_errors,
        f"The trained classifier fits masked clips better than whole ones, by {gap:.1f} points: masking "
        "misaligns it.",
        f"The trained classifier fits masked clips no better than whole ones ({gap:+.1f} points): masking is "
        "not "
        "what misaligns it here, so look at the class proportions.",
    )


class CountingEncoder:
    """A frozen network with its own copy of a classifier; counts the clips that it encodes.

    Args:
        network: its `features` are used without gradients.
        classifier: copied, so that each training starts from the same weights.
    """

    def __init__(self, network: Network, classifier: nn.Module):
        self.network, self.classifier, self.clips = network, deepcopy(classifier), 0

    @torch.no_grad()
    def features(self, x: Tensor) -> Tensor:
        """Features of clips [N, C, T, V, M], [N, D]."""
        self.clips += len(x)
        return self.network.features(x)


def compare_time(naive: float, cached: float, ratio: float) -> None:
    """Compare the seconds of the straightforward loop and of the one with cached features."""
    words = (
        f"With cached features probing takes {cached:.2f} s, without {naive:.2f} s, {ratio:.1f} times as long"
    )
    study.finding(ratio >= 3, f"{words}.", f"{words}. On a longer task the factor is larger.")


def check_published_size() -> tuple[int, int]:
    """Claim how many clips are encoded in a task of Split NTU-60; returns the cached and the naive number.

    A task has about 6,680 training clips. The bytes of 500 clips hold 2,445 clips of two persons at s = 5.
    """
    clips, held, epochs, batch = 6680, 2445, 3, 16
    naive = epochs * (clips + 2 * batch * -(-clips // batch))
    study.claim(
        f"In a task of Split NTU-60 the straightforward loop encodes {naive:,} clips, the cached one at most "
        f"{clips + held:,}: {naive / (clips + held):.1f} times fewer.",
        naive > 3 * (clips + held),
    )
    return clips + held, naive


def failure_signs(history: History, labels: Tensor, after: Statistics, best: Statistics) -> dict[str, bool]:
    """Which signs of failure a run shows; says so in a sentence.

    Args:
        history: the run.
        labels: classes of the test clips.
        after: statistics of the probed classifier.
        best: statistics of the discriminant.
    """
    assert history.memory is not None
    counts = history.memory.counts()[list(sum(history.scenario.order, ()))]
    signs = {
        "first tasks collapse": float(history.accuracy[-1, 0]) < 0.5 * float(history.accuracy[0, 0]),
        "new tasks are not learnt": float(history.accuracy.diagonal().mean()) < 2 / len(labels.unique()),
        "memory overflows": int(counts.min()) < 2,
        "classifier misaligned": best["all"] > after["all"] + 0.05,
    }
    shown = ", ".join(name for name, present in signs.items() if present)
    study.finding(any(signs.values()), f"This run shows: {shown}.", "This run shows none of these signs.")
    return signs


def distinct_clips(clips: int, slots: int, offers: int, tries: int, seed: int) -> Tensor:
    """Number of distinct clips in a reservoir to which each clip is offered `offers` times, [tries]."""
    generator = torch.Generator().manual_seed(seed)
    x, ids = torch.ones(clips, 3, 6, 2, 1), torch.arange(clips)
    found = []
    for _ in range(tries):
        memory = ReplayMemory(f"{slots} slots", codecs.Uniform(5), frames=6, joints=2, persons=1)
        for _ in range(offers):
            memory.offer(x, ids, key=torch.rand(clips, dtype=torch.float64, generator=generator))
        found.append(len(memory.labels.unique()))
    return torch.tensor(found, dtype=torch.float64)


def expected_distinct(clips: int, slots: int, offers: int) -> float:
    """Expected value of `distinct_clips`: a clip is missing if none of its offers is among those kept."""
    missing = 1.0
    for k in range(offers):
        missing *= (offers * clips - slots - k) / (offers * clips - k)
    return clips * (1 - missing)
