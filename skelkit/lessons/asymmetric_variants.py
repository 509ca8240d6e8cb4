"""Notebook 06, the recorded runs of variants: mirrored views, pairs of encoders, streams, transfer."""

from __future__ import annotations

from statistics import mean

from .. import study
from ..experiments.recordings import Recording
from ..study import recorded
from ..viz import show
from ..viz.figures import representations
from . import recorded_tables
from .asymmetric_recorded import NAMES, Evaluations, both_recorded, by_evaluation, compared


def _draw(found: Recording, ways: Evaluations, title: str) -> None:
    """Draw what is recorded of these evaluations, with what guessing would reach."""
    rows = {words: each for words, each in by_evaluation(found, ways).items() if each}
    if rows:
        show(representations.comparison(rows, title))
        print(recorded_tables.guessing(found))


def show_mirrored(setup: study.Setup) -> None:
    """Draw PSTL with and without mirrored views, on data whose classes differ in left and right."""
    found = recorded.find("mirrored", setup, instead="precog")
    if not found:
        return
    ways = {"knn": "by k-NN", "linear": "by linear evaluation", "finetune": "after fine-tuning"}
    _draw(found, ways, "PSTL on classes that differ in left and right")
    differences = {
        words: found.paired_differences("not mirrored", "mirrored", way) for way, words in ways.items()
    }
    recorded_tables.verdicts({"Views that are not mirrored, compared with mirrored ones": differences})


def show_pairs(setup: study.Setup) -> None:
    """Draw pairs of encoders, each alone, concatenated and aligned; compare f and g with the other pairs."""
    found = recorded.find("pairs", setup)
    if not found:
        return
    ways = {"first alone": "the first alone", "second alone": "the second alone"}
    ways |= {"joined": "concatenated", "aligned": "aligned"}
    _draw(found, ways, "Two encoders: alone, concatenated, aligned (linear evaluation)")
    others = {
        "f alone": ("f and g", "first alone"),
        "g alone": ("f and g", "second alone"),
        "f and g concatenated": ("f and g", "joined"),
        "two f, aligned": ("two f", "aligned"),
        "two g, aligned": ("two g", "aligned"),
        "two with random masks, aligned": ("two random", "aligned"),
        "two untrained encoders, aligned": ("two untrained", "aligned"),
    }
    differences = {
        words: found.paired_differences("f and g", pair, "aligned", way)
        for words, (pair, way) in others.items()
    }
    recorded_tables.verdicts({"f and g aligned, compared with": differences})


def show_transfer(setup: study.Setup) -> None:
    """Draw methods that are pre-trained on other recordings than those they are evaluated on."""
    found = recorded.find("transfer", setup, instead="precog")
    if not found:
        return
    print("pre-trained on:", ", ".join(found.about.get("sources", ["not said"])))
    print("evaluated on:", found.about.get("dataset", "not said"))
    ways = {
        "linear": "linear evaluation",
        "transfer": "fine-tuned",
        "semi 10 %": "fine-tuned, 10 % of labels",
    }
    _draw(found, ways, "Pre-trained on other recordings, evaluated on these")
    pairs = (("asma", "scratch"), ("asma", "pstl"), ("pstl", "scratch"))
    recorded_tables.verdicts(
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
    rows = {
        label: {words: values for words, values in each.items() if values} for label, each in rows.items()
    }
    if any(rows.values()):
        show(representations.comparison(rows, "Three streams (linear evaluation)"))
        print(recorded_tables.guessing(found))
    tables = {}
    for label in found.labels:
        means = {stream: mean(values) for stream in single if (values := found.of(label, stream))}
        if not means:
            continue
        best = max(means, key=means.__getitem__)
        tables[f"{NAMES.get(label, label)}, three streams compared with {best}, the best on average"] = {
            words: found.paired_differences(label, label, way, best) for way, words in together.items()
        }
    recorded_tables.verdicts(tables)
