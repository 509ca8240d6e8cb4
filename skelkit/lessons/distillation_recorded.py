"""Notebook 07, the recorded runs: a teacher and its students over seeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .. import study
from ..experiments.recordings import Recording
from ..experiments.statistics import paired_comparison
from ..study import recorded
from ..viz import show
from ..viz.figures import representations
from . import recorded_tables

NAMES = {
    "labels, laptop size": "labels, larger network",
    "answers alone": "soft labels alone",
    "and features": "features as well",
    "pocket": "smallest student",
    "labels, pocket": "labels, smallest student",
}
"""A network as the recording "students" names it -> how the chart names it."""

LOST = 0.65
"""Points of accuracy that the paper's student loses compared with its teacher."""


class Variants(NamedTuple):
    """Labels of the recorded variants of "students"; empty for those that are not recorded yet."""

    usual: str
    smallest: str
    few: str

    @classmethod
    def of(cls, found: Recording) -> Variants:
        """The variants by the students that they have, in whatever order they were recorded."""

        def having(*networks: str, without: str = "") -> str:
            return next(
                (
                    label
                    for label in found.labels
                    if all(found.of(label, network) for network in networks)
                    and not (without and found.of(label, without))
                ),
                "",
            )

        few = having("answers alone", "labels", without="student")
        return cls(having("student"), having("pocket"), few)


def show_students(setup: study.Setup, accuracy: Mapping[str, float], preset: str) -> Recording | None:
    """Draw and compare the recorded teacher and students; returns the recording, None if there is none.

    Args:
        accuracy: network -> test accuracy of this run, drawn if it has the preset of the recording.
        preset: of this run.
    """
    found = recorded.find("students", setup)
    if found is None:
        return None
    usual, smallest, few = Variants.of(found)
    rows = {"all labels": _accuracies(found, usual)}
    rows["all labels"] |= _accuracies(found, smallest, ("pocket", "labels, pocket"))
    rows["10 % of the labels"] = _accuracies(found, few, ("teacher", "labels", "answers alone"))
    rows = {title: each for title, each in rows.items() if each}
    here = {name.replace("labels alone", "labels"): value for name, value in accuracy.items()}
    live = {"all labels": here} if preset == found.about["preset"] else None
    if rows:
        show(representations.comparison(rows, "A teacher and its students", live))
    compare_students(found)
    return found


def _accuracies(found: Recording, label: str, networks: tuple[str, ...] = ()) -> dict[str, list[float]]:
    """Accuracies over seeds of a variant's networks, by the name of the chart.

    Args:
        networks: names in the recording. Default: all accuracies but those of sparse students.
    """
    if not networks:
        runs = [run for run in found.runs if run["label"] == label]
        keys = dict.fromkeys(key for run in runs for key, value in run.items() if isinstance(value, float))
        networks = tuple(key for key in keys if "seconds" not in key and "2:4" not in key)
    values = {NAMES.get(network, network): found.of(label, network) for network in networks}
    return {name: each for name, each in values.items() if each}


def compare_students(found: Recording) -> None:
    """Compare students with the teacher, with the control, and with each other, over seeds."""
    usual, smallest, few = Variants.of(found)
    compare_with_paper(found.paired_differences(usual, usual, "student", "teacher"))
    tables = {
        "A student of the teacher compared with": {
            "its teacher": found.paired_differences(usual, usual, "student", "teacher"),
            "one trained on labels alone": found.paired_differences(usual, usual, "student", "labels"),
        },
        "Other settings of the student compared with τ = 2 and labels at half weight": {
            NAMES.get(way, way): found.paired_differences(usual, usual, way, "student")
            for way in ("τ = 1", "τ = 4", "τ = 8", "answers alone", "and features")
        },
    }
    sizes = next((run for run in found.runs if run["label"] == smallest), {})
    if "teacher_parameters" in sizes:
        fewer = 1 - sizes["student_parameters"] / sizes["teacher_parameters"]
        caption = f"The smallest student, with {fewer:.1%} fewer parameters, compared with"
        tables[caption] = {
            "its teacher": found.paired_differences(smallest, smallest, "pocket", "teacher"),
            "the same network trained on labels": found.paired_differences(
                smallest, smallest, "pocket", "labels, pocket"
            ),
        }
    caption = "With 10 % of the labels: a student of the teacher's soft labels of all clips compared with"
    tables[caption] = {
        "a network trained on those labels": found.paired_differences(few, few, "answers alone", "labels"),
        "its teacher": found.paired_differences(few, few, "answers alone", "teacher"),
    }
    recorded_tables.verdicts(tables)


def compare_with_paper(differences: list[float]) -> None:
    """Say whether the paper's loss of accuracy lies within the interval of the recorded one.

    Args:
        differences: student minus teacher in percentage points, one per seed; nothing is said without any.
    """
    if not differences:
        return
    apart = paired_comparison(differences)
    words = f"Over {apart.seeds} seeds the student differs from its teacher by {apart.difference}"
    if apart.seeds < 2:
        study.finding(False, "", f"{words}; the paper says −{LOST}. One seed is no comparison.")
    else:
        inside = apart.low <= -LOST <= apart.high
        study.finding(
            inside or apart.low > -LOST,
            f"{words}: the paper's −{LOST} " + ("is within the interval." if inside else "is a larger loss."),
            f"{words}: a larger loss than the paper's −{LOST}.",
        )


def compare_sparse(found: Recording | None) -> None:
    """Compare students with 2:4 sparsity with the dense student, over seeds, if they are recorded."""
    if found is None:
        return
    usual = Variants.of(found).usual
    ways = {"without further training": "student, 2:4", "trained further": "student, 2:4, taught again"}
    differences = {
        words: found.paired_differences(usual, usual, way, "student") for words, way in ways.items()
    }
    recorded_tables.verdicts({"A student with 2:4 sparsity compared with the dense one": differences})
