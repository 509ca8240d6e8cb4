"""Notebook 06, the recorded runs: methods, pairs of encoders, transfer, streams and projectors over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean

from .. import study
from ..experiments.recordings import Recording
from ..study import recorded
from ..viz import learning, show
from ..viz.figures import representations
from ..viz.figures.curves import curves

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


def show_mirrored(setup: study.Setup) -> None:
    """Draw PSTL with and without mirrored views, on data whose classes differ in left and right."""
    found = recorded.find("mirrored", setup, instead="precog")
    if not found:
        return
    ways = {"knn": "by k-NN", "linear": "by linear evaluation", "finetune": "after fine-tuning"}
    title = "PSTL on classes that differ in left and right"
    show(representations.comparison(by_evaluation(found, ways), title))
    differences = {
        words: found.paired_differences("not mirrored", "mirrored", way) for way, words in ways.items()
    }
    recorded.verdicts({"Views that are not mirrored, compared with mirrored ones": differences})


def show_pairs(setup: study.Setup) -> None:
    """Draw pairs of encoders, each alone, concatenated and aligned; compare f and g with the other pairs."""
    found = recorded.find("pairs", setup)
    if not found:
        return
    ways = {"first alone": "the first alone", "second alone": "the second alone"}
    ways |= {"joined": "concatenated", "aligned": "aligned"}
    title = "Two encoders: alone, concatenated, aligned (linear evaluation)"
    show(representations.comparison(by_evaluation(found, ways), title))
    others = {
        "f alone": ("f and g", "first alone"),
        "g alone": ("f and g", "second alone"),
        "f and g concatenated": ("f and g", "joined"),
        "two f, aligned": ("two f", "aligned"),
        "two g, aligned": ("two g", "aligned"),
        "two with random masks, aligned": ("two random", "aligned"),
    }
    if "two untrained" in found.labels:
        others["two untrained encoders, aligned"] = ("two untrained", "aligned")
    differences = {
        words: found.paired_differences("f and g", pair, "aligned", way)
        for words, (pair, way) in others.items()
    }
    recorded.verdicts({"f and g aligned, compared with": differences})


def show_methods(
    found: Recording | None, live: Mapping[str, Mapping[str, float]], order: Sequence[str], preset: str
) -> None:
    """Draw all methods under all evaluations, with this run's values if it has the preset of the recording.

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
    comparable = not found or preset == found.about["preset"]  # else other clips, other training
    here = {ways[way]: shares for way, shares in live.items()} if comparable else {}
    show(representations.comparison(rows, "Methods under several evaluations", here))


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
        means = found.means(way)
        values = ", ".join(f"{name} {means[method]:.1%}" for method, name in NAMES.items() if method in means)
        study.finding(
            means["asma"] > means["pstl"] > means["skeletonbt"],
            f"{words}: the means rank as in the paper (ASMa, PSTL, SkeletonBT): {values}.",
            f"{words}: the means do not rank as in the paper (ASMa, PSTL, SkeletonBT): {values}.",
        )
    recorded.verdicts(
        {
            words: {
                compared(a, b): found.paired_differences(a, b, way)
                for a, b in both_recorded(found, pairs, way)
            }
            for way, words in ways.items()
        }
    )
    everything, tenth, hundredth = (
        mean(found.paired_differences("asma", "scratch", way))
        for way in ("finetune", "semi 10 %", "semi 1 %")
    )
    values = f"{everything:+.1f} points with all labels, {tenth:+.1f} with 10 %, {hundredth:+.1f} with 1 %"
    study.finding(
        hundredth > tenth > everything,
        f"The fewer labels, the larger the mean gain of ASMa's pre-training over none: {values}.",
        f"The mean gain of ASMa's pre-training over none does not grow steadily with fewer labels: {values}.",
    )
    print("The paper reports +2.7 to +4.4 points over earlier methods after fine-tuning on NTU RGB+D.")


def show_asymmetry(setup: study.Setup) -> None:
    """Compare asymmetric masks with uniform ones that hide as much motion, if there is a recording."""
    found = recorded.find("asymmetry", setup)
    if not found:
        return
    ways = {"knn": "k-NN", "linear": "linear", "semi 1 %": "fine-tuned, 1 % of labels"}
    show(representations.comparison(by_evaluation(found, ways), "Asymmetric masks and their controls"))
    asymmetric = [label for label in found.labels if f"matched to {label}" in found.labels]
    recorded.verdicts(
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
    untrained = {way: 100 * found.means(way)["scratch"] for way in ("knn", "linear")}
    series: dict[str, tuple[list[float], list[float]]] = {}
    for label in found.labels:
        method, _, steps = label.removesuffix(" steps").partition(", ")
        for way in untrained if steps else ():
            x, y = series.setdefault(f"{NAMES[method]}, {way}", ([0], [untrained[way]]))
            x.append(int(steps))
            y.append(100 * found.means(way)[label])
    title = "What more pre-training is worth, on validation subjects"
    show(curves(series, title, "steps of pre-training", "accuracy (%)"))
    tuned: dict[str, tuple[list[float], list[float]]] = {}
    ways = sorted({way for run in found.runs for way in run if way.startswith("finetune, ")}, key=_steps_of)
    pretrained = [label for label in found.labels if all(found.of(label, way) for way in ways)]
    for label in pretrained:
        values = [100 * found.means(way)[label] for way in ways]
        name = "no pre-training" if label == "scratch" else label
        tuned[name] = ([_steps_of(way) for way in ways], values)
    title = "What more fine-tuning is worth, on validation subjects"
    show(curves(tuned, title, "steps of fine-tuning", "accuracy (%)"))
    pretrained.remove("scratch")
    recorded.verdicts(
        {
            f"Pre-training compared with none, {way}": {
                label: found.paired_differences(label, "scratch", way) for label in pretrained
            }
            for way in ("knn", "linear", ways[0], ways[-1])
        }
    )


def _steps_of(way: str) -> int:
    """Steps of an evaluation such as "finetune, 300 steps"."""
    return int(way.split()[1])


def show_transfer(setup: study.Setup) -> None:
    """Draw methods that are pre-trained on other recordings than those they are evaluated on."""
    found = recorded.find("transfer", setup, instead="precog")
    if not found:
        return
    print("pre-trained on:", ", ".join(found.about["sources"]))
    print("evaluated on:", found.about["dataset"])
    ways = {
        "linear": "linear evaluation",
        "transfer": "fine-tuned",
        "semi 10 %": "fine-tuned, 10 % of labels",
    }
    title = "Pre-trained on other recordings, evaluated on these"
    show(representations.comparison(by_evaluation(found, ways), title))
    pairs = (("asma", "scratch"), ("asma", "pstl"), ("pstl", "scratch"))
    recorded.verdicts(
        {
            f"Transfer, {ways[way]}": {
                compared(a, b): found.paired_differences(a, b, way)
                for a, b in both_recorded(found, pairs, way)
            }
            for way in ("linear", "transfer")
        }
    )
    print("The paper reports up to +5.9 points in transfer.")


def show_streams(setup: study.Setup) -> None:
    """Draw three streams, alone and together; compare combinations with the best single stream."""
    found = recorded.find("streams", setup)
    if not found:
        return
    single = ("joint", "bone", "motion")
    together = {"ensemble": "ensemble", "joined": "concatenated", "aligned": "aligned"}
    ways = {stream: stream for stream in single} | together
    rows = {label: {words: found.of(label, way) for way, words in ways.items()} for label in found.labels}
    show(representations.comparison(rows, "Three streams (linear evaluation)"))
    tables = {}
    for label in found.labels:
        best = max(single, key=lambda stream: found.means(stream)[label])
        tables[f"{NAMES[label]}, three streams compared with {best}, the best on average"] = {
            words: found.paired_differences(label, label, way, best) for way, words in together.items()
        }
    recorded.verdicts(tables)


def show_projector(setup: study.Setup) -> None:
    """Draw linear evaluation over the size of the projector, and name the smallest good one."""
    found = recorded.find("projector", setup)
    if not found:
        return
    default = found.labels[0]
    size = {label: int(found.of(label, "head")[0]) for label in found.labels}
    means = found.means("linear")
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
    recorded.verdicts({f"Compared with {default}": found.differences_from(default, "linear")})


def changed_from(default: str, label: str) -> str:
    """What two projectors differ in, of labels that name width, depth and λ; empty if in nothing.

    >>> changed_from("width 256, depth 2, λ = 0.004", "width 256, depth 2, λ = 0.001")
    'λ'
    """
    pairs = zip(default.split(", "), label.split(", "), strict=True)
    return " and ".join(other.split()[0] for one, other in pairs if one != other)
