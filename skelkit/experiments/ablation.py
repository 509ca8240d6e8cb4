"""What each part of CHARON brings, alone and together, read off a recording of `continual.ablation`."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Literal

from .continual import COMPONENTS, component_names
from .recordings import Recording, spread

__all__ = ["COMPONENTS", "best", "gain", "percent", "rows", "spread", "component_names"]


def rows(recording: Recording) -> list[dict]:
    """One dictionary a variant: "components" (a bool for each of `COMPONENTS`), "memory" (its name), "of" (seed -> FAA), "faa" (of all seeds, 0 to 1)."""
    found: dict[tuple, dict[int, float]] = {}
    for run in sorted(recording.runs, key=lambda r: r["seed"]):
        variant = run["variant"]
        on = tuple(bool(variant["changes"][part]) for part in COMPONENTS)
        found.setdefault((on, variant["memory"]), {})[run["seed"]] = run["faa"]
    return [
        {"components": on, "memory": memory, "of": of, "faa": list(of.values())}
        for (on, memory), of in found.items()
    ]


def gain(
    rows: Sequence[dict],
    part: str,
    among: Literal["alone", "together", "all"] = "all",
    memory: str | None = None,
) -> list[float]:
    """FAA with a part minus FAA without it, all else alike, in points; one value a seed, the mean over what is compared.

    Args:
        among: "alone": against none of the parts; "together": where both others are on; "all": whatever the others are.
        memory: of this size only; over all of them unless given.

    >>> on, off = ({"components": (False, False, p), "memory": "10 clips", "of": {0: a, 1: b}} for p, a, b in ((True, 0.5, 0.75), (False, 0.25, 0.25)))
    >>> gain([on, off], "probing"), gain([on, off], "probing", "together")
    ([25.0, 50.0], [])
    """
    k, others = (
        COMPONENTS.index(part),
        {"alone": [0], "together": [len(COMPONENTS) - 1], "all": range(len(COMPONENTS))}[among],
    )
    known = {(r["components"], r["memory"]): r["of"] for r in rows if memory in (None, r["memory"])}
    differences: dict[int, list[float]] = {}
    for (on, size), with_it in known.items():
        without = known.get((on[:k] + (False,) + on[k + 1 :], size), {})
        if on[k] and sum(on) - 1 in others:
            for seed in with_it.keys() & without.keys():
                differences.setdefault(seed, []).append(100 * (with_it[seed] - without[seed]))
    return [statistics.mean(differences[seed]) for seed in sorted(differences)]


def best(
    rows: Sequence[dict], among: Literal["alone", "together"], memory: str | None = None
) -> tuple[str, float, float, int] | None:
    """The part of the largest mean gain: its name, gain, spread over seeds (points) and seeds; None if nothing can be compared."""
    gains = {part: gain(rows, part, among, memory) for part in COMPONENTS}
    known = {part: values for part, values in gains.items() if values}
    if not known:
        return None
    part = max(known, key=lambda p: statistics.mean(known[p]))
    return part, *spread(known[part])


def percent(shares: Sequence[float]) -> tuple[float, float, int]:
    """`spread` in percent."""
    return spread([100 * share for share in shares])
