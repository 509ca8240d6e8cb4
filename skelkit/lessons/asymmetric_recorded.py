"""Notebook 06, the recorded runs: methods, asymmetries, curves and projectors over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean

from .. import study
from ..experiments.recordings import Recording
from ..experiments.statistics import paired_comparison
from ..study import recorded
from ..viz import learning, show
from ..viz.figures import representations
from ..viz.figures.curves import curves
from . import recorded_tables

NAMES = {
    "asma": "ASMa",
    "pstl": "PSTL",
    "skeletonbt": "SkeletonBT",
    "two untrained": "two untrained encoders",
    "scratch": "none",
}
"""How the sentences name the methods; "scratch" is an encoder without pre-training."""

Evaluations = Mapping[str, str]
"""A way of evaluation, as a recording names it -> how charts and sentences name it."""


def by_evaluation(found: Recording, ways: Evaluations) -> dict[str, dict[str, list[float]]]:
    """Accuracies over seeds for each evaluation and each variant that has it."""
    return {
        words: {label: found.of(label, way) for label in found.labels if found.of(label, way)}
        for way, words in ways.items()
    }


def both_recorded(found: Recording, pairs: Sequence[tuple[str, str]], way: str) -> list[tuple[str, str]]:
    """The pairs of methods of which both were evaluated in this way."""
    return [pair for pair in pairs if all(found.of(label, way) for label in pair)]


def compared(one: str, other: str) -> str:
    """Two methods in words, such as "ASMa against no pre-training"."""
    return f"{NAMES[one]} against {NAMES[other].replace('none', 'no pre-training')}"


def show_methods(
    found: Recording | None, live: Mapping[str, Mapping[str, float]], order: Sequence[str], preset: str
) -> None:
    """Draw and compare all methods under all evaluations.

    This run's values are drawn, too, if it has the preset of the recording.

    Args:
        found: the recording "pretraining", or None.
        live: evaluation ("knn", "linear") -> method -> test accuracy of this run.
        order: methods, from top to bottom.
        preset: of this run.
    """
    ways = {
        "knn": "k-NN",
        "linear": "linear",
        "finetune": "fine-tuned",
        "semi 10 %": "fine-tuned, 10 % of labels",
        "semi 1 %": "fine-tuned, 1 % of labels",
    }
    rows = {}
    if found:
        accuracies = by_evaluation(found, ways)
        rows = {
            words: {name: each[name] for name in order if name in each} for words, each in accuracies.items()
        }
    rows = {words: each for words, each in rows.items() if each}
    comparable = not found or preset == found.about["preset"]  # else other clips, other training
    here = {ways[way]: shares for way, shares in live.items()} if comparable else {}
    if rows or here:
        show(representations.comparison(rows, "Methods under several evaluations", here))
    if found:
        compare_methods(found)


def compare_methods(found: Recording) -> None:
    """Say whether the methods rank as in the paper, and whether pre-training helps more with fewer labels."""
    ways = {
        "linear": "Linear evaluation",
        "finetune": "Fine-tuned with all labels",
        "semi 10 %": "Fine-tuned with 10 % of the labels",
        "semi 1 %": "Fine-tuned with 1 % of the labels",
    }
    pairs = (("asma", "pstl"), ("pstl", "skeletonbt"), ("asma", "scratch"), ("asma", "two untrained"))
    for way, words in ways.items():
        _rank(found, way, words)
    recorded_tables.verdicts(
        {
            words: {
                compared(a, b): found.paired_differences(a, b, way)
                for a, b in both_recorded(found, pairs, way)
            }
            for way, words in ways.items()
        }
    )
    _gain_by_labels(found)
    print("The paper reports +2.7 to +4.4 points over earlier methods after fine-tuning on NTU RGB+D.")


def _rank(found: Recording, way: str, words: str) -> None:
    """Say in which order the means of the methods are; nothing is said where one of three is missing."""
    means, ranked = found.means(way), ("asma", "pstl", "skeletonbt")
    if not all(method in means for method in ranked):
        return
    values = [f"{name} {means[method]:.1%}" for method, name in NAMES.items() if method in means]
    text = (
        f"(ASMa, PSTL, SkeletonBT): {', '.join([*values, *filter(None, [recorded_tables.guessing(found)])])}"
    )
    study.finding(
        means["asma"] > means["pstl"] > means["skeletonbt"],
        f"{words}: the means rank as in the paper {text}. Whether they differ is tested below.",
        f"{words}: the means do not rank as in the paper {text}.",
    )


def _gain_by_labels(found: Recording) -> None:
    """Say whether ASMa's pre-training gains more with few labels than with all, with its interval."""
    gain = {
        way: found.paired_differences("asma", "scratch", way) for way in ("finetune", "semi 10 %", "semi 1 %")
    }
    if not all(gain.values()) or len({len(each) for each in gain.values()}) > 1:
        return
    more = paired_comparison(gain["semi 1 %"], gain["finetune"])
    everything, tenth, hundredth = (mean(each) for each in gain.values())
    values = (
        f"{everything:+.1f} points with all labels, {tenth:+.1f} with 10 %, {hundredth:+.1f} with 1 %; "
        f"from all to 1 % by {more.difference}"
    )
    study.finding(
        more.significant and more.mean > 0,
        f"ASMa's pre-training gains more over none with few labels: {values}.",
        f"That ASMa's pre-training gains more over none with few labels is not significant: {values}.",
    )


def show_asymmetry(setup: study.Setup) -> None:
    """Compare asymmetric masks with uniform ones that hide as much motion, if there is a recording."""
    found = recorded.find("asymmetry", setup)
    if not found:
        return
    ways = {"knn": "k-NN", "linear": "linear", "semi 1 %": "fine-tuned, 1 % of labels"}
    show(representations.comparison(by_evaluation(found, ways), "Asymmetric masks and their controls"))
    asymmetric = [label for label in found.labels if f"matched to {label}" in found.labels]
    recorded_tables.verdicts(
        {
            f"Asymmetric masks compared with uniform ones that hide as much motion, {words}": {
                label: found.paired_differences(label, f"matched to {label}", way) for label in asymmetric
            }
            for way, words in ways.items()
        }
    )


def show_curves(setup: study.Setup) -> None:
    """Draw accuracy over the steps of pre-training and of fine-tuning, if there is a recording."""
    found = recorded.find("curves", setup)
    if not found:
        return
    start = {way: found.means(way) for way in ("knn", "linear")}
    untrained = {way: 100 * means["scratch"] for way, means in start.items() if "scratch" in means}
    series: dict[str, tuple[list[float], list[float]]] = {}
    for label in found.labels:
        method, _, steps = label.removesuffix(" steps").partition(", ")
        for way in untrained if steps else ():
            if label not in start[way]:
                continue
            x, y = series.setdefault(f"{NAMES.get(method, method)}, {way}", ([0], [untrained[way]]))
            x.append(int(steps))
            y.append(100 * start[way][label])
    if series:
        title = "What more pre-training is worth, on validation subjects"
        show(curves(series, title, "steps of pre-training", "accuracy (%)"))
    ways = sorted({way for run in found.runs for way in run if way.startswith("finetune, ")}, key=_steps_of)
    _show_tuning(found, ways)
    pretrained = [label for label in found.labels if label != "scratch"]
    recorded_tables.verdicts(
        {
            f"Pre-training compared with none, {way}": {
                label: found.paired_differences(label, "scratch", way) for label in pretrained
            }
            for way in dict.fromkeys(("knn", "linear", *ways[:1], *ways[-1:]))
        }
    )


def _show_tuning(found: Recording, ways: Sequence[str]) -> None:
    """Draw accuracy over the steps of fine-tuning, for the variants that have all of these evaluations."""
    tuned: dict[str, tuple[list[float], list[float]]] = {}
    for label in found.labels:
        if ways and all(found.of(label, way) for way in ways):
            values = [100 * found.means(way)[label] for way in ways]
            name = "no pre-training" if label == "scratch" else label
            tuned[name] = ([_steps_of(way) for way in ways], values)
    if tuned:
        title = "What more fine-tuning is worth, on validation subjects"
        show(curves(tuned, title, "steps of fine-tuning", "accuracy (%)"))


def _steps_of(way: str) -> int:
    """Steps of an evaluation such as "finetune, 300 steps"."""
    return int(way.split()[1])


def show_projector(setup: study.Setup) -> None:
    """Draw linear evaluation over the size of the projector, and name the smallest good one."""
    found = recorded.find("projector", setup)
    if not found:
        return
    means = found.means("linear")
    if not means:
        return
    default = found.labels[0]
    size = {label: int(found.of(label, "head")[0]) for label in found.labels}
    best = max(means, key=means.__getitem__)
    curves: dict[str, list[tuple[float, list[float]]]] = {}
    for label in found.labels:
        changed = changed_from(default, label) or "width"
        curves.setdefault(f"another {changed}", []).append((size[label], found.of(label, "linear")))
    axes = {"size": "parameters of the projector (log scale)", "accuracy": "linear evaluation"}
    title = "How large a projector is needed? (validation subjects)"
    show(learning.by_budget(curves, title, means[best], **axes, reference="the best"))
    enough = min((label for label in means if means[label] >= means[best] - 0.01), key=size.__getitem__)
    study.finding(
        size[enough] < size[best],
        f"Within one point of the projector with the highest mean ({best}: {means[best]:.1%}), {enough} is "
        f"the smallest: {size[enough]:,} parameters, {means[enough]:.1%}.",
        f"The projector with the highest mean is also the smallest within one point: {best}, "
        f"{size[best]:,} parameters.",
    )
    recorded_tables.verdicts({f"Compared with {default}": found.differences_from(default, "linear")})


def changed_from(default: str, label: str) -> str:
    """What two projectors differ in, of labels that name width, depth and λ; empty if in nothing.

    >>> changed_from("width 256, depth 2, λ = 0.004", "width 256, depth 2, λ = 0.001")
    'λ'
    """
    pairs = zip(default.split(", "), label.split(", "), strict=True)
    return " and ".join(other.split()[0] for one, other in pairs if one != other)
