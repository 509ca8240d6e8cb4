"""Gains of CHARON's components, alone and together, computed from a recording of the ablation."""

from __future__ import annotations

import statistics
from typing import Any, Literal

from .continual import COMPONENTS, component_names
from .recordings import Recording

__all__ = ["COMPONENTS", "best", "component_names", "gain", "rows"]


def rows(recording: Recording) -> list[dict[str, Any]]:
    """One dictionary per variant.

    "components": whether each of `COMPONENTS` is on; "memory": its budget as text; "of": seed -> final
    average accuracy, 0 to 1; "faa": the same without the seeds.
    """
    found: dict[tuple[tuple[bool, ...], str], dict[int, float]] = {}
    for run in sorted(recording.runs, key=lambda r: r["seed"]):
        variant = run["variant"]
        on = tuple(bool(variant["changes"][component]) for component in COMPONENTS)
        found.setdefault((on, variant["memory"]), {})[run["seed"]] = run["faa"]
    return [
        {"components": on, "memory": memory, "of": of, "faa": list(of.values())}
        for (on, memory), of in found.items()
    ]


def gain(
    recording: Recording,
    switch: str,
    among: Literal["alone", "together", "all"] = "all",
    memory: str | None = None,
    learner: str | None = None,
) -> list[float]:
    """Final average accuracy with a component minus without it, all else equal, in percentage points.

    Args:
        recording: of variants whose settings switch components on and off.
        switch: one of these settings, such as "compression".
        among: "alone": with no other component; "together": with all others; "all": mean over all
            combinations of the others. Reconstruction, which goes with masking, does not count.
        memory, learner: compare variants with this budget or learner alone. Default: mean over all.

    Returns:
        one value per seed.
    """
    measured: dict[tuple[Any, ...], dict[bool, float]] = {}
    for run in recording.runs:
        variant = run["variant"]
        others = {name: on for name, on in variant["changes"].items() if name != "reconstruction"}
        if switch not in others or memory not in (None, variant["memory"]):
            continue
        on, kind = others.pop(switch), variant.get("learner")
        wanted = {"alone": not any(others.values()), "together": all(others.values()), "all": True}[among]
        if wanted and learner in (None, kind):
            key = (run["seed"], variant["memory"], kind, *sorted(others.items()))
            measured.setdefault(key, {})[on] = run["faa"]
    differences: dict[int, list[float]] = {}
    for (seed, *_), faa in measured.items():
        if len(faa) == 2:
            differences.setdefault(seed, []).append(100 * (faa[True] - faa[False]))
    return [statistics.mean(differences[seed]) for seed in sorted(differences)]


def best(
    recording: Recording, among: Literal["alone", "together"], memory: str | None = None
) -> tuple[str, list[float]] | None:
    """The component with the largest mean gain, and its gains; None if nothing can be compared.

    Args:
        recording, among, memory: as in `gain`.
    """
    gains = {component: gain(recording, component, among, memory) for component in COMPONENTS}
    known = {component: values for component, values in gains.items() if values}
    if not known:
        return None
    component = max(known, key=lambda c: statistics.mean(known[c]))
    return component, known[component]
