"""Notebook 05, the recorded runs: what each component is worth, for CHARON and for other learners."""

from __future__ import annotations

from .. import study
from ..experiments import components
from ..experiments.recordings import Recording
from ..experiments.statistics import paired_comparison
from ..study import recorded
from ..viz import learning, show
from ..viz.panels.probing import AblationTable
from .recorded_variants import show_variants

LEARNERS = {"er": "ER", "der++": "DER++", "icarl": "iCaRL", "charon": "CHARON"}
"""Learners with a memory, and their names in sentences."""

SWITCHES = {
    "compression": "compressed memory",
    "masking": "masking",
    "probing": "probing",
    "refresh": "logit refresh",
}
"""Components and their names in sentences."""


def show_components(setup: study.Setup) -> Recording | None:
    """Draw the recorded accuracy of all combinations of CHARON's components; returns the recording.

    None if there is none, or if it was interrupted before the first run of CHARON or DER++.
    """
    found = recorded.find("components", setup)
    if found is None or not (rows := components.rows(found)):
        return None
    show(learning.ablation(rows, "CHARON with and without each component"))
    return found


def components_table(found: Recording) -> AblationTable:
    """Table of the recorded accuracy of all combinations of CHARON's components."""
    return AblationTable(components.rows(found))


def compare_components(found: Recording) -> None:
    """Say which component of CHARON contributes most, and what each adds on average."""
    alone, together = components.best(found, "alone"), components.best(found, "together")
    if alone and together:
        by_itself, on_top = (paired_comparison(each[1]).difference for each in (alone, together))
        first, second = SWITCHES[alone[0]], SWITCHES[together[0]]
        study.finding(
            alone[0] == together[0],
            f"On average {first} contributes most, both alone ({by_itself}) and added to the other three "
            f"({on_top}).",
            f"On average {first} contributes most alone ({by_itself}), {second} added to the other three "
            f"({on_top}).",
        )
    recorded.verdicts(charon_gains(found))


def charon_gains(found: Recording) -> dict[str, dict[str, list[float]]]:
    """What each component adds to CHARON, points for each seed, by caption and component."""
    captions: dict[str, components.Among] = {
        "With a component instead of without it, over all combinations of the others": "all",
        "Added to the other three": "together",
    }
    return {
        caption: {words: components.gain(found, name, among) for name, words in SWITCHES.items()}
        for caption, among in captions.items()
    }


def show_replay(setup: study.Setup) -> None:
    """Draw every learner with and without each component it may have, and say what each component adds."""
    found = show_variants("components", setup, "Learners with and without components, at equal bytes")
    if found:
        recorded.verdicts(replay_gains(found))


def replay_gains(found: Recording) -> dict[str, dict[str, list[float]]]:
    """What each component adds to each learner, points for each seed, by caption and learner."""
    gains = {
        f"{words.capitalize()}, with it instead of without": {
            name: values
            for learner, name in LEARNERS.items()
            if (values := components.gain(found, switch, learners=[learner]))
        }
        for switch, words in SWITCHES.items()
    }
    return {caption: each for caption, each in gains.items() if each}


def compare_extra(found: Recording | None, label: str) -> None:
    """Compare one change of CHARON with CHARON; p is corrected for all changes of the recording "extras"."""
    if found:
        changes = found.differences_from("CHARON")
        words = f"CHARON with {label} compared with CHARON unchanged"
        recorded.verdict(words, changes.pop(label, []), also=changes)
