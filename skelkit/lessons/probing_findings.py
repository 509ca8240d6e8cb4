"""Notebook 05: what the classifier loses and what the features lose, with chance and uncertainty."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from .. import study
from ..viz import figures, show
from .probing_run import ALL_CLIPS, DISCRIMINANT, PROBED, TRAINED, ProbedRun
from .shares import guessing, in_words, sign_test
from .uncertainty import mean_over_tasks, on_task

Right = Mapping[str, Tensor]
"""Classifier or condition -> whether each test clip is classified correctly, bool[N]."""

CAUSES = ("hidden tuples", "lagging statistics", "neither, beyond chance")
"""Answers to the question what misaligns the trained classifier."""

LIMIT = 0.05
"""A difference whose p value is below this is more than chance."""


def share(right: Tensor) -> str:
    """The share of clips that are right, with its 95 % interval in words."""
    return in_words(float(right.double().mean()), len(right))


def differ(a: Tensor, b: Tensor) -> tuple[bool, str]:
    """Whether two classifiers differ on the same clips beyond chance, and the counts that say so."""
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    p = sign_test(only_a, only_b)
    return (
        p < LIMIT,
        f"{only_a} clips are right only with the first, {only_b} only with the second, p = {p:.2g}",
    )


def accuracy_after(run: ProbedRun) -> tuple[float, str]:
    """Accuracy in % after probing, and the one before it with what guessing gives."""
    before, after = run.right(run.last.before), run.right(run.last.after)
    words = f"Before, {share(before)}; guessing the most frequent class, {guessing(run.labels):.0%}."
    return 100 * float(after.double().mean()), words


def compare_probing(run: ProbedRun) -> None:
    """Compare the classifier before and after the last probing: accuracy, and bias for the newest classes."""
    after, before = run.right(run.last.after), run.right(run.last.before)
    more, counts = differ(after, before)
    words = (
        f"After probing {share(after)} of {len(after)} test clips are right, before {share(before)}; "
        f"guessing the most frequent class gives {guessing(run.labels):.0%}. {counts}, one seed."
    )
    better = more and bool(after.sum() > before.sum())
    no = "Probing harms here." if more else "Chance alone can do that."
    study.finding(better, f"{words} Probing helps in this run.", f"{words} {no}")
    for name, classifier in (("Before", run.last.before), ("After", run.last.after)):
        _say_bias(run, name, classifier(run.last.features).argmax(1))


def _say_bias(run: ProbedRun, name: str, predicted: Tensor) -> None:
    """Say whether the newest classes are predicted more often than chance allows."""
    newest = torch.tensor(run.order[-1])
    as_new, is_new = torch.isin(predicted, newest), torch.isin(run.labels, newest)
    often, rarely = int((as_new & ~is_new).sum()), int((is_new & ~as_new).sum())
    p = sign_test(often, rarely)
    words = (
        f"{name} probing, {often} clips of old classes are taken for one of the newest and {rarely} the "
        f"other way round: {share(as_new)} are predicted as newest, {is_new.double().mean():.0%} are; "
        f"p = {p:.2g}"
    )
    which = "too often" if often > rarely else "too rarely"
    study.finding(p >= LIMIT, f"{words}. No bias that chance could not explain.", f"{words}: {which}.")


def draw_classifiers(run: ProbedRun, right: Right) -> None:
    """Draw the accuracy of each classifier on old and on the newest classes."""
    is_new = torch.isin(run.labels, torch.tensor(run.order[-1]))
    groups = {"old classes": ~is_new, "newest classes": is_new}
    bars = {
        kind: {name: 100 * float(each[of].double().mean()) for name, each in right.items()}
        for kind, of in groups.items()
        if bool(of.any())
    }
    title = "Five linear classifiers on the same features"
    show(figures.bars(bars, title, "classifier", "test accuracy (%)").update_yaxes(range=[0, 100]))


def part_of_the_classifier(right: Right) -> tuple[float, str]:
    """Share in % of the trained classifier's errors that another linear classifier avoids; the numbers."""
    before, best = (float(right[name].double().mean()) for name in (TRAINED, ALL_CLIPS))
    part = 100 * max(0.0, best - before) / max(1e-9, 1 - before)
    numbers = (
        f"{share(right[TRAINED])} are right with the trained classifier, {share(right[ALL_CLIPS])} with "
    )
    return part, f"{numbers}a discriminant on the same features, fitted to all training clips."


def compare_classifiers(right: Right, labels: Tensor) -> None:
    """Compare the trained and the probed classifier with the discriminant computed from the memory."""
    best, n = right[DISCRIMINANT], len(labels)
    for name in (TRAINED, PROBED):
        more, counts = differ(best, right[name])
        words = (
            f"A discriminant computed from the memory has {share(best)} of {n} clips right, the one "
            f"that is '{name}' {share(right[name])} (guessing: {guessing(labels):.0%}). {counts}, one seed."
        )
        higher = bool(best.sum() > right[name].sum())
        fits = "That is no more than chance: nothing shows that it uses the features badly."
        worse = (
            "The classifier is better: the memory holds too few clips for a discriminant." if more else fits
        )
        study.finding(more and higher, f"{words} The features allow more than it uses.", f"{words} {worse}")


def draw_conditions(run: ProbedRun, features: Mapping[str, Tensor]) -> None:
    """Draw the accuracy (%) of both classifiers under the four conditions."""
    bars = {
        name: {c: 100 * float(run.right(classifier, x).double().mean()) for c, x in features.items()}
        for name, classifier in ((TRAINED, run.last.before), (PROBED, run.last.after))
    }
    title, axis = "The same weights under four test conditions", "clips, statistics of batch norm"
    show(figures.bars(bars, title, axis, "test accuracy (%)").update_yaxes(range=[0, 100]))


def misaligned_by(right: Right) -> tuple[str, str]:
    """Which change of the test conditions moves the trained classifier's accuracy most, one of `CAUSES`."""
    whole = right["whole clips, recalibrated"]
    others = (right["masked clips, recalibrated"], right["whole clips, lagging"])
    tests = [differ(other, whole) for other in others]
    sizes = [
        abs(int(other.sum()) - int(whole.sum())) if d else 0
        for other, (d, _) in zip(others, tests, strict=True)
    ]
    words = "; ".join(f"{cause}: {test[1]}" for cause, test in zip(CAUSES, tests, strict=False))
    answer = CAUSES[sizes.index(max(sizes))] if max(sizes) else CAUSES[2]
    return answer, f"Against whole clips with recalibrated statistics. {words}."


def compare_conditions(right: Right, distance: Mapping[str, float]) -> None:
    """Say what misaligns the trained classifier: masks, statistics, or neither.

    Args:
        right: condition ("masked clips" or "whole clips", "lagging" or "recalibrated" batch norm) -> correct
            clips of the trained classifier.
        distance: condition -> distance of the class means from the recorded ones, in standard deviations.
    """
    study.claim(
        "Whole clips with recalibrated statistics give the recorded features: the class means are "
        f"{distance['whole clips, recalibrated']:.3f} spreads apart.",
        distance["whole clips, recalibrated"] < 1e-3,
    )
    masked, lagging = distance["masked clips, recalibrated"], distance["whole clips, lagging"]
    whole = right["whole clips, recalibrated"]
    print(
        f"Over {len(whole)} test clips, lagging statistics move the class means by {lagging:.2f} spreads, "
        f"hidden tuples by {masked:.2f}."
    )
    for first, second, words in (
        ("whole clips, recalibrated", "whole clips, lagging", "Recalibration alone, without any training"),
        (
            "masked clips, recalibrated",
            "whole clips, recalibrated",
            "Testing on masked clips, as in training",
        ),
    ):
        more, counts = differ(right[first], right[second])
        gain = 100 * float(right[first].double().mean() - right[second].double().mean())
        said = f"{words}, changes the accuracy by {gain:+.1f} points. {counts}, one seed"
        study.finding(
            more and gain > 0,
            f"{said}: it helps.",
            f"{said}: {'it harms' if more else 'no more than chance'}.",
        )


def failure_signs(run: ProbedRun, right: Right) -> dict[str, bool]:
    """Which signs of failure a run shows beyond chance; says so in a sentence."""
    history, last = run.history, len(run.order) - 1
    assert history.memory is not None
    counts = history.memory.counts()[list(sum(run.order, ()))]
    fresh, left = on_task(history, 0, 0), on_task(history, 0, last)
    learnt = mean_over_tasks([on_task(history, j, j) for j in range(last + 1)])
    best, probed = right[DISCRIMINANT], right[PROBED]
    signs = {
        "first tasks collapse": left.value < 0.5 * fresh.value and left.differs_from(fresh),
        "new tasks are not learnt": not learnt.above_chance,
        "memory overflows": int(counts.min()) < 2,
        "classifier misaligned": differ(best, probed)[0] and bool(best.sum() > probed.sum()),
    }
    shown = ", ".join(name for name, present in signs.items() if present)
    numbers = (
        f"First task {fresh} → {left}; each task right after it was learnt {learnt}, guessing "
        f"{learnt.guessing}; {int(counts.min())} to {int(counts.max())} clips of a class in the memory."
    )
    study.finding(
        not shown, f"{numbers} This run shows none of these signs.", f"{numbers} This run shows: {shown}."
    )
    return signs


def accuracies(right: Right) -> dict[str, float]:
    """The accuracies to record."""
    names = {"right_before": TRAINED, "right_after": PROBED, "right_discriminant": DISCRIMINANT}
    return {short: float(right[name].double().mean()) for short, name in names.items()}
