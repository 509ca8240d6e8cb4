"""Gains of CHARON's components, alone and together, computed from a recording of the ablation."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
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
    rows: Sequence[dict[str, Any]],
    component: str,
    among: Literal["alone", "together", "all"] = "all",
    memory: str | None = None,
) -> list[float]:
    """Final average accuracy with a component minus without it, all else equal, in percentage points.

    Args:
        rows: as `rows` returns them.
        component: one of `COMPONENTS`.
        among: "alone": with no other component; "together": with both others; "all": mean over all
            combinations of the others.
        memory: a budget, as in the rows. Default: mean over all budgets.

    Returns:
        one value per seed.

    >>> on = {"components": (False, False, True), "memory": "10 clips", "of": {0: 0.5, 1: 0.75}}
    >>> off = {"components": (False, False, False), "memory": "10 clips", "of": {0: 0.25, 1: 0.25}}
    >>> gain([on, off], "probing"), gain([on, off], "probing", "together")
    ([25.0, 50.0], [])
    """
    k, most = COMPONENTS.index(component), len(COMPONENTS) - 1
    others_on = {"alone": [0], "together": [most], "all": range(most + 1)}[among]
    known = {(r["components"], r["memory"]): r["of"] for r in rows if memory in (None, r["memory"])}
    differences: dict[int, list[float]] = {}
    for (on, budget), with_it in known.items():
        without = known.get((on[:k] + (False,) + on[k + 1 :], budget), {})
        if on[k] and sum(on) - 1 in others_on:
            for seed in with_it.keys() & without.keys():
                differences.setdefault(seed, []).append(100 * (with_it[seed] - without[seed]))
    return [statistics.mean(differences[seed]) for seed in sorted(differences)]


def best(
    rows: Sequence[dict[str, Any]], among: Literal["alone", "together"], memory: str | None = None
) -> tuple[str, list[float]] | None:
    """The component with the largest mean gain, and its gains; None if nothing can be compared.

    Args:
        rows, among, memory: as in `gain`.
    """
    gains = {component: gain(rows, component, among, memory) for component in COMPONENTS}
    known = {component: values for component, values in gains.items() if values}
    if not known:
        return None
    component = max(known, key=lambda c: statistics.mean(known[c]))
    return component, known[component]
