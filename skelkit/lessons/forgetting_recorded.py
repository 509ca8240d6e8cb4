"""Notebook 04, the recorded runs: methods, memories and changes of CHARON over seeds."""

from __future__ import annotations

from collections.abc import Mapping

from .. import study
from ..continual.history import History
from ..experiments.recordings import Recording
from ..experiments.statistics import compare_all
from ..study import recorded
from ..viz import learning, show
from ..viz.figures.curves import curves
from .forgetting import GUESSES
from .recorded_variants import guessing, show_variants
from .uncertainty import final

WHOLE = "s = 1"
"""The memory that keeps every frame, as the recording of memories under pressure names it."""


def show_methods(found: Recording, faa: Mapping[str, float], preset: str) -> None:
    """Draw the recorded accuracy of all methods, with this run's if it has the same preset, and rank them."""
    here = {name: [value] for name, value in faa.items()} if preset == found.about["preset"] else None
    rows = {label: found.of(label) for label in found.labels}
    show(learning.methods(rows, "Final average accuracy over seeds", live=here))
    mean = found.means()
    lowest, highest = min(mean, key=mean.__getitem__), max(mean, key=mean.__getitem__)
    bounds = f"fine-tuning has {found.percent('fine-tuning')}, joint training {found.percent('joint')}"
    study.finding(
        lowest == "fine-tuning" and highest == "joint",
        f"On average over the seeds, fine-tuning is lowest ({found.percent('fine-tuning')}) and joint "
        f"training highest ({found.percent('joint')}){guessing(found)}.",
        f"On average over the seeds, {lowest} is lowest ({found.percent(lowest)}) and {highest} highest "
        f"({found.percent(highest)}); {bounds}{guessing(found)}.",
    )
    three = (
        f"At equal bytes, CHARON has {found.percent('charon')}, DER++ {found.percent('der++')}, "
        f"ER {found.percent('er')} and iCaRL {found.percent('icarl')}{guessing(found)}"
    )
    study.finding(
        mean["charon"] > mean["der++"] > mean["er"],
        f"{three}: the means of CHARON, DER++ and ER rank as in the paper.",
        f"{three}: the means of CHARON, DER++ and ER do not rank as in the paper.",
    )
    tables: dict[str, dict[str, list[float]]] = {}
    for (learner, other), values in between_learners(found).items():
        name = {"charon": "CHARON", "der++": "DER++"}[learner]
        tables.setdefault(f"{name} compared with", {})[other] = values
    recorded.verdicts(tables)


def between_learners(found: Recording) -> dict[tuple[str, str], list[float]]:
    """Differences that the recording of methods is judged by, learner minus other, one for each seed."""
    pairs = [("charon", other) for other in ("der++", "er", "icarl", "joint")] + [("der++", "er")]
    return {pair: found.paired_differences(*pair) for pair in pairs}


def er_or_derpp(found: Recording | None, histories: Mapping[str, History]) -> tuple[str, str]:
    """Which of ER and DER++ has the higher accuracy, one of `GUESSES`, and the numbers that say so.

    Args:
        found: the recording of methods; None to compare the runs of this notebook.
        histories: of this notebook.
    """
    if found is not None and found.paired_differences("der++", "er"):
        one = compare_all(between_learners(found))["der++", "er"]
        return GUESSES[(one.mean > 0) if one.significant else 2], f"DER++ compared with ER: {one}."
    er, derpp = final(histories["er"]), final(histories["der++"])
    answer = GUESSES[derpp.value > er.value] if derpp.differs_from(er) else GUESSES[2]
    return answer, f"In this run (one seed): ER {er}, DER++ {derpp}, guessing {er.guessing}."


def show_pressure(setup: study.Setup) -> None:
    """Draw the recorded accuracy of memories that are small even when compressed, if there is a recording."""
    found = show_variants("pressure", setup, "CHARON with a memory under pressure")
    if not found:
        return
    stored, clips = found.means("stored"), int(found.about["divided"].split(" clips to train")[0].split()[-1])
    most = max(stored, key=stored.__getitem__)
    print(
        f"Whole clips: {stored[WHOLE]:.0f} of {clips:,} stored. '{most}' stores most: {stored[most]:.0f}, "
        f"{stored[most] / clips:.1%}."
    )
    recorded.verdicts({"Compared with whole clips": found.differences_from(WHOLE)})


def show_steps(setup: study.Setup) -> None:
    """Draw the recorded accuracy over the number of steps of a task, if there is a recording."""
    found = recorded.find("steps", setup)
    if not found:
        return
    means, between = found.means(), ", least_steps = "
    series: dict[str, tuple[list[float], list[float]]] = {}
    for label in found.labels:
        learner, steps = label.split(between)
        x, y = series.setdefault(learner, ([], []))
        x.append(int(steps))
        y.append(100 * means[label])
    axes = ("steps of a task", "final average accuracy (%)")
    show(curves(series, "Accuracy over the number of steps, on validation subjects", *axes))
    every = sorted({int(label.split(between)[1]) for label in found.labels})
    differences = {
        learner: found.paired_differences(f"{learner}{between}{every[-1]}", f"{learner}{between}{every[0]}")
        for learner in series
    }
    recorded.verdicts({f"{every[-1]} steps compared with {every[0]}": differences})


def show_extras(setup: study.Setup) -> None:
    """Draw the recorded changes of CHARON, one change at a time, and compare each with CHARON."""
    found = show_variants("extras", setup, "CHARON with one change at a time")
    if not found:
        return
    recorded.verdicts({"Compared with CHARON unchanged": found.differences_from("CHARON")})
