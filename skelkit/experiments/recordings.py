"""Longer runs than a notebook has time for, kept: several seeds of an experiment, in a JSON file that says how it came about.

A file is written after every run, so a recording that was broken off goes on where it was.
"""

from __future__ import annotations

import datetime
import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from ..data.loading import dataset_name
from ..utils import parallel
from ..utils.files import make_folder, write_atomic
from ..utils.machine import machine
from ..utils.notebooks import recorded_folder
from ..utils.validation import one_of
from . import continual, selfsup

FOLDER = recorded_folder()
"""Where the project keeps its recordings: one folder a data set, one file an experiment."""

EXPERIMENTS: dict[str, Callable[[], list]] = continual.EXPERIMENTS | selfsup.EXPERIMENTS
"""Name -> what makes its variants: each knows how to `run`, and which of its numbers is the `main` one."""

FORMER_NAMES = {"ablation": ("parts",)}
"""Experiments that were renamed: recordings under a former name are still found."""


@dataclass(frozen=True)
class Recording:
    """What was recorded of one experiment on one data set.

    Attributes:
        about: command, machine, date, preset, data set, how it was divided.
        runs: one dictionary a run: label, seed, settings that were changed, faa, forgetting, bytes_per_clip, …
    """

    about: dict
    runs: list[dict]

    def of(self, label: str, what: str = "faa") -> list:
        """One value of every seed of a variant; empty if it was not recorded."""
        return [
            run[what]
            for run in sorted(self.runs, key=lambda r: r["seed"])
            if run["label"] == label and what in run
        ]

    @property
    def labels(self) -> list[str]:
        """Variants recorded, in the order of the experiment."""
        return list(dict.fromkeys(run["label"] for run in self.runs))

    def summary(self, what: str = "faa") -> dict[str, tuple[float, float, int]]:
        """Per variant: mean, sample standard deviation (0 of one), seeds."""
        return {label: spread(values) for label in self.labels if (values := self.of(label, what))}

    def paired_differences(
        self, one: str, other: str, what: str = "faa", other_what: str = ""
    ) -> list[float]:
        """One variant less another, seed by seed, in points; of the seeds that both have."""
        mine, theirs = (
            {run["seed"]: run[key] for run in self.runs if run["label"] == label}
            for label, key in ((one, what), (other, other_what or what))
        )
        return [100 * (mine[seed] - theirs[seed]) for seed in sorted(mine.keys() & theirs.keys())]

    def points(self, label: str, what: str = "faa") -> str:
        """A variant's mean and spread as one writes them: "64.1 ± 2.0 points"."""
        mean, spread, _ = self.summary(what)[label]
        return f"{100 * mean:.1f} ± {100 * spread:.1f} points"


def spread(values: Sequence[float]) -> tuple[float, float, int]:
    """Mean, sample standard deviation (0 of one), and how many.

    >>> spread([1.0, 3.0])
    (2.0, 1.4142135623730951, 2)
    """
    return statistics.mean(values), statistics.stdev(values) if len(values) > 1 else 0.0, len(values)


def read(experiment: str, dataset: str, folder: Path = FOLDER) -> Recording | None:
    """What is kept of an experiment on a data set ("synthetic", or its file's name); None if nothing is.

    Raises:
        ValueError: names a file that is damaged.
    """
    names = (experiment, *FORMER_NAMES.get(experiment, ()))
    path = next((p for name in names if (p := folder / dataset / f"{name}.json").exists()), None)
    if path is None:
        return None
    try:
        content = json.loads(path.read_text())
        return Recording({k: v for k, v in content.items() if k != "runs"}, content["runs"])
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ValueError(
            f"{path}: found no whole recording ({error}), expected what `skelkit record` wrote; take it away and record again"
        ) from None


def record(
    experiment: str,
    dataset: str = "synthetic",
    seeds: Sequence[int] = (0, 1, 2),
    *,
    preset: str = "laptop",
    jobs: int = 2,
    sources: Sequence[str] = (),
    folder: Path = FOLDER,
    only: Sequence[str] = (),
    tell: Callable[[str], None] = print,
) -> Recording:
    """Run what is missing of an experiment, and keep it.

    Args:
        dataset: "synthetic" or a path. sources: others to pre-train on, where an experiment does that ("transfer").
        jobs: processes at once, a thread each: faster than one process with all threads.
        only: labels of the variants to run; all unless given.

    Raises:
        ValueError: an unknown experiment or variant.
    """
    one_of(experiment, EXPERIMENTS, "experiment")
    variants = EXPERIMENTS[experiment]()
    if unknown := set(only) - {v.label for v in variants}:
        raise ValueError(
            f"no variant {', '.join(sorted(unknown))} in {experiment}; there are: {'; '.join(v.label for v in variants)}"
        )
    name, main = dataset_name(dataset), variants[0].main
    kept = read(experiment, name, folder)
    order = {_key(asdict(v)): i for i, v in enumerate(variants)}
    runs = (
        [r for r in kept.runs if _key(r["variant"]) in order]
        if kept and kept.about["preset"] == preset
        else []
    )
    done = {(_key(r["variant"]), r["seed"]) for r in runs}
    todo = [
        (v, s)
        for s in seeds
        for v in variants
        if (not only or v.label in only) and (_key(asdict(v)), s) not in done
    ]
    tell(f"{experiment} on {name}: {len(runs)} runs kept, {len(todo)} to do")
    about = {
        "command": f"skelkit record {experiment} --dataset {'synthetic' if name == 'synthetic' else 'PATH'}",
        "dataset": name,
        "preset": preset,
    }
    if sources:
        about["command"] += (
            f" --sources {' '.join('synthetic' if source == 'synthetic' else 'PATH' for source in sources)}"
        )
        about["sources"] = [dataset_name(source) for source in sources]
    for _, result in parallel.map_unordered(
        partial(run, dataset=dataset, preset=preset, sources=sources), todo, jobs
    ):
        about["divided"] = result.pop("divided")
        runs = sorted([*runs, result], key=lambda r: (order[_key(r["variant"])], r["seed"]))
        content = about | {"machine": machine(), "date": datetime.date.today().isoformat(), "runs": runs}
        write_atomic(make_folder(folder / name) / f"{experiment}.json", _compact(content))
        tell(
            f"  {result['label']}, seed {result['seed']}: {main} {result[main]:.3f}, {result['total_seconds']:.0f} s"
        )
    return read(experiment, name, folder)


def run(what: tuple, dataset: str, preset: str, sources: Sequence[str] = ()) -> dict:
    """One run of (variant, seed), as it is kept; floats to four places."""
    variant, seed = what
    found = variant.run(dataset, seed, preset, sources)
    return _rounded(found) | {"variant": found["variant"]}  # by which a run is known


def _key(variant: dict) -> str:
    return json.dumps(variant, sort_keys=True)


def _rounded(value):
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    return [_rounded(v) for v in value] if isinstance(value, list) else value


def _compact(content: dict) -> bytes:
    """A line a run: readable, and small differences stay small."""
    head = json.dumps({k: v for k, v in content.items() if k != "runs"}, indent=1)[:-2]
    runs = ",\n  ".join(json.dumps(r) for r in content["runs"])
    return f'{head},\n "runs": [\n  {runs}\n ]\n}}\n'.encode()
