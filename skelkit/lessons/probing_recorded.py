"""Notebook 05, the recorded runs: what each component is worth, for CHARON and for other learners."""

from __future__ import annotations

from .. import study
from ..experiments import ablation
from ..experiments.recordings import Recording
from ..experiments.statistics import paired_comparison
from ..study import recorded
from ..viz import learning, show
from ..viz.panels.probing import AblationTable
from .recorded_variants import show_variants

LEARNERS = {"er": "ER", "der++": "DER++", "icarl": "iCaRL", "charon": "CHARON"}
"""Learners with a memory, and their names in sentences."""

SWITCHES = {"compression": "compressed memory", "probing": "probing", "refresh": "logit refresh"}
"""Components that learners with a memory may have, and their names in sentences."""


def show_components(setup: study.Setup) -> Recording | None:
    """Draw the recorded accuracy of all combinations of CHARON's components; returns the recording."""
    found = recorded.find("ablation", setup)
    if found:
        show(learning.ablation(ablation.rows(found), "Contribution of each component, at two memory sizes"))
    return found


def components_table(found: Recording) -> AblationTable:
    """Table of the recorded accuracy of all combinations of CHARON's components."""
    return AblationTable(ablation.rows(found))


def compare_components(found: Recording) -> None:
    """Say which component of CHARON contributes most, for each memory size, and what each adds on average."""
    for size in dict.fromkeys(run["variant"]["memory"] for run in found.runs):
        alone, together = ablation.best(found, "alone", size), ablation.best(found, "together", size)
        if alone and together:
            by_itself, on_top = (paired_comparison(each[1]).difference for each in (alone, together))
            study.finding(
                alone[0] == together[0],
                f"Memory of {size}: on average {alone[0]} contributes most, both alone ({by_itself}) and "
                f"added to the other two ({on_top}).",
                f"Memory of {size}: on average {alone[0]} contributes most alone ({by_itself}), "
                f"{together[0]} added to the other two ({on_top}).",
            )
    gains = {name: ablation.gain(found, name) for name in ablation.COMPONENTS}
    caption = "With a component instead of without it, over all combinations and memory sizes"
    recorded.verdicts({caption: {name: values for name, values in gains.items() if values}})


def show_replay(setup: study.Setup) -> None:
    """Draw every learner with and without each component it may have, and say what each component adds."""
    found = show_variants("replay", setup, "Learners with and without components, at equal bytes")
    if found:
        recorded.verdicts(replay_gains(found))


def replay_gains(found: Recording) -> dict[str, dict[str, list[float]]]:
    """What each component adds to each learner, points for each seed, by caption and learner."""
    gains = {
        f"{words.capitalize()}, with it instead of without": {
            name: values
            for learner, name in LEARNERS.items()
            if (values := ablation.gain(found, switch, learner=learner))
        }
        for switch, words in SWITCHES.items()
    }
    charon, derpp = (f"{learner}, {' + '.join(SWITCHES)}" for learner in ("charon", "der++"))
    masking = {"CHARON compared with DER++": found.paired_differences(charon, derpp)}
    return gains | {"Masking, on top of the other three": masking}


def compare_extra(found: Recording | None, label: str) -> None:
    """Compare one change of CHARON with CHARON; p is corrected for all changes of the recording "extras"."""
    if found:
        changes = found.differences_from("CHARON")
        words = f"CHARON with {label} compared with CHARON unchanged"
        recorded.verdict(words, changes.pop(label, []), also=changes)
