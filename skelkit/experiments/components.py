"""Gains of the components of replay learners, alone and together, computed from a recording of them."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

from .recording import Recording

COMPONENTS = ("compression", "masking", "probing", "refresh")
"""What CHARON adds to DER++."""

FAMILY = ("der++", "charon")
"""Learners that differ in masking alone: CHARON with it, DER++ without it, if all else is equal."""

Among = Literal["alone", "together", "all"]


def component_names(on: Mapping[str, bool]) -> str:
    """Names of the components that are on, as text.

    >>> component_names({"compression": True, "masking": False, "probing": True})
    'compression + probing'
    """
    return " + ".join(name for name, is_on in on.items() if is_on) or "none"


def switches(run: Mapping[str, Any]) -> dict[str, bool]:
    """Whether each component is on in a recorded run; those that its learner cannot have are left out."""
    variant = run["variant"]
    masking = {"masking": variant["learner"] == "charon"} if variant["learner"] in FAMILY else {}
    known = variant["changes"] | masking
    return {name: bool(known[name]) for name in COMPONENTS if name in known}


def rows(recording: Recording) -> list[dict[str, Any]]:
    """One dictionary per combination of CHARON's components.

    "components": whether each is on, without logit refresh; "group": whether logits are refreshed, as text;
    "faa": final average accuracy of each seed, 0 to 1, in order of seed.
    """
    found: dict[tuple[frozenset[str], str], list[float]] = {}
    for run in sorted(recording.runs, key=lambda r: r["seed"]):
        if run["variant"]["learner"] in FAMILY:
            on = {name for name, is_on in switches(run).items() if is_on}
            group = "logits refreshed" if "refresh" in on else "logits kept"
            found.setdefault((frozenset(on - {"refresh"}), group), []).append(run["faa"])
    return [
        {"components": {name: name in on for name in COMPONENTS[:3]}, "group": group, "faa": faa}
        for (on, group), faa in found.items()
    ]


def gain(
    recording: Recording, switch: str, among: Among = "all", learners: Collection[str] = FAMILY
) -> list[float]:
    """Final average accuracy with a component minus without it, all else equal, in percentage points.

    Args:
        recording: of variants whose settings switch components on and off.
        switch: one of `COMPONENTS`.
        among: "alone": with no other component; "together": with all others; "all": mean over all
            combinations of the others.
        learners: whose runs are compared.

    Returns:
        one value per seed.
    """
    measured: dict[tuple[Any, ...], dict[bool, float]] = {}
    for run, others in _with(recording, switch, learners):
        on = others.pop(switch)
        if {"alone": not any(others.values()), "together": all(others.values()), "all": True}[among]:
            key = (run["seed"], "masking" in switches(run) or run["variant"]["learner"], *others.items())
            measured.setdefault(key, {})[on] = run["faa"]
    differences: dict[int, list[float]] = {}
    for (seed, *_), faa in measured.items():
        if len(faa) == 2:
            differences.setdefault(seed, []).append(100 * (faa[True] - faa[False]))
    return [statistics.mean(differences[seed]) for seed in sorted(differences)]


def _with(
    recording: Recording, switch: str, learners: Collection[str]
) -> Iterator[tuple[dict[str, Any], dict[str, bool]]]:
    """Runs of these learners that can have a component, and all their components."""
    for run in recording.runs:
        if run["variant"]["learner"] in learners and switch in (on := switches(run)):
            yield run, on


def best(recording: Recording, among: Among) -> tuple[str, list[float]] | None:
    """The component of CHARON with the largest mean gain, and its gains; None if nothing can be compared.

    Args:
        recording, among: as in `gain`.
    """
    gains = {component: gain(recording, component, among) for component in COMPONENTS}
    known = {component: values for component, values in gains.items() if values}
    if not known:
        return None
    component = max(known, key=lambda c: statistics.mean(known[c]))
    return component, known[component]
