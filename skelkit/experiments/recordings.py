"""Recordings of longer runs: several seeds of an experiment in a JSON file that states how it was produced.

The file is written after every run, so that a recording that was interrupted continues where it stopped.
"""

from __future__ import annotations

import datetime
import json
import statistics
from collections.abc import Callable, Container, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Protocol

from ..data.loading import dataset_name
from ..utils import parallel
from ..utils.files import make_folder, write_atomic
from ..utils.machine import machine
from ..utils.notebooks import recorded_folder
from ..utils.validation import one_of
from . import continual, selfsup

FOLDER = recorded_folder()
"""The project's own recordings: a folder for each data set, a file for each experiment."""


class Variant(Protocol):
    """One way of running an experiment: a dataclass whose fields identify it in a recording."""

    __dataclass_fields__: ClassVar[dict[str, Any]]
    headline: ClassVar[str]
    """Name of the number that the experiment compares."""

    @property
    def label(self) -> str:
        """Name in figures and tables; no two variants of an experiment share one."""

    def run(self, dataset: str, seed: int, preset: str, sources: Sequence[str] = ()) -> dict[str, Any]:
        """Results of one run, as they are recorded."""


EXPERIMENTS: dict[str, Callable[[], Sequence[Variant]]] = {**continual.EXPERIMENTS, **selfsup.EXPERIMENTS}
"""Experiment name -> function that returns its variants."""

FORMER_NAMES = {"ablation": "parts"}
"""Experiments that were renamed: recordings under the former name are still read."""


@dataclass(frozen=True)
class Recording:
    """All recorded runs of one experiment on one data set.

    Attributes:
        about: how it was produced: command, machine, date, preset, data set, split.
        runs: one dictionary per run: label, seed, changed settings, results such as faa or bytes_per_clip.
    """

    about: dict[str, Any]
    runs: list[dict[str, Any]]

    def of(self, label: str, metric: str = "faa") -> list[Any]:
        """One value of a variant for each seed, in order of seed; empty if it was not recorded."""
        runs = sorted(self.runs, key=lambda run: run["seed"])
        return [run[metric] for run in runs if run["label"] == label and metric in run]

    @property
    def labels(self) -> list[str]:
        """Labels of the recorded variants, in the order of the experiment."""
        return list(dict.fromkeys(run["label"] for run in self.runs))

    def summary(self, metric: str = "faa") -> dict[str, tuple[float, float, int]]:
        """Mean, sample standard deviation (0 for one seed) and number of seeds of each variant."""
        return {label: spread(values) for label in self.labels if (values := self.of(label, metric))}

    def paired_differences(
        self, one: str, other: str, metric: str = "faa", other_metric: str = ""
    ) -> list[float]:
        """100 · (variant `one` - variant `other`), one value for each seed that both have.

        Args:
            metric: name of the value, a share from 0 to 1.
            other_metric: of the other variant. Default: `metric`.
        """
        mine, theirs = (
            {run["seed"]: run[key] for run in self.runs if run["label"] == label}
            for label, key in ((one, metric), (other, other_metric or metric))
        )
        return [100 * (mine[seed] - theirs[seed]) for seed in sorted(mine.keys() & theirs.keys())]

    def points(self, label: str, metric: str = "faa") -> str:
        """Mean and standard deviation of a variant as text: "64.1 ± 2.0 points"."""
        mean, deviation, _ = self.summary(metric)[label]
        return f"{100 * mean:.1f} ± {100 * deviation:.1f} points"


def spread(values: Sequence[float]) -> tuple[float, float, int]:
    """Mean, sample standard deviation (0 for one value) and number of values.

    >>> spread([1.0, 3.0])
    (2.0, 1.4142135623730951, 2)
    """
    return statistics.mean(values), statistics.stdev(values) if len(values) > 1 else 0.0, len(values)


def read(experiment: str, dataset: str, folder: Path = FOLDER) -> Recording | None:
    """Recording of an experiment on a data set; None if there is none.

    Args:
        dataset: "synthetic", or the name of its file.

    Raises:
        ValueError: the file is damaged; names it.
    """
    names = [experiment, *filter(None, [FORMER_NAMES.get(experiment)])]
    path = next((p for name in names if (p := folder / dataset / f"{name}.json").exists()), None)
    if path is None:
        return None
    try:
        content = json.loads(path.read_text())
        return Recording({k: v for k, v in content.items() if k != "runs"}, content["runs"])
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ValueError(
            f"{path}: found no whole recording ({error}), expected what `skelkit record` wrote; "
            "remove it and record again"
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
    log: Callable[[str], None] = print,
) -> Recording:
    """Run those variants and seeds of an experiment that are not recorded yet, and record them.

    Args:
        experiment: a name in `EXPERIMENTS`.
        dataset: "synthetic" or a path. sources: data sets to pre-train on, for "transfer".
        seeds: for each variant; preset: of the settings.
        jobs: number of parallel processes, of one thread each: faster than one process of many threads.
        folder: of the recordings.
        only: labels of the variants to run. Default: all.
        log: called with one line of text for each run.

    Raises:
        ValueError: an unknown experiment or variant.
    """
    one_of(experiment, EXPERIMENTS, "experiment")
    variants, name = EXPERIMENTS[experiment](), dataset_name(dataset)
    _check_labels(only, variants, experiment)
    order = {_key(asdict(v)): i for i, v in enumerate(variants)}
    runs = _reusable_runs(read(experiment, name, folder), order, preset)
    done = {(_key(r["variant"]), r["seed"]) for r in runs}
    chosen = [v for v in variants if not only or v.label in only]
    todo = [(v, seed) for seed in seeds for v in chosen if (_key(asdict(v)), seed) not in done]
    log(f"{experiment} on {name}: {len(runs)} runs kept, {len(todo)} to do")
    about, headline = _about(experiment, name, preset, sources), variants[0].headline
    run_one = partial(run, dataset=dataset, preset=preset, sources=sources)
    for _, result in parallel.map_unordered(run_one, todo, jobs):
        about["divided"] = result.pop("divided")
        runs = sorted([*runs, result], key=lambda r: (order[_key(r["variant"])], r["seed"]))
        content = about | {"machine": machine(), "date": datetime.date.today().isoformat(), "runs": runs}
        write_atomic(make_folder(folder / name) / f"{experiment}.json", _compact(content))
        log(
            f"  {result['label']}, seed {result['seed']}: {headline} {result[headline]:.3f}, "
            f"{result['total_seconds']:.0f} s"
        )
    return read(experiment, name, folder) or Recording(about, runs)


def run(
    variant_and_seed: tuple[Variant, int], dataset: str, preset: str, sources: Sequence[str] = ()
) -> dict:
    """Results of one run, as they are recorded; floats are rounded to four decimals."""
    variant, seed = variant_and_seed
    results = variant.run(dataset, seed, preset, sources)
    # The variant identifies the run, so its settings are not rounded.
    return _rounded(results) | {"variant": results["variant"]}


def _check_labels(only: Sequence[str], variants: Sequence[Variant], experiment: str) -> None:
    """Raise if a label is not of one of the variants."""
    if unknown := set(only) - {v.label for v in variants}:
        raise ValueError(
            f"no variant {', '.join(sorted(unknown))} in {experiment}; "
            f"there are: {'; '.join(v.label for v in variants)}"
        )


def _reusable_runs(recording: Recording | None, known: Container[str], preset: str) -> list[dict[str, Any]]:
    """Recorded runs of variants that still exist, with the same preset."""
    if recording is None or recording.about["preset"] != preset:
        return []
    return [r for r in recording.runs if _key(r["variant"]) in known]


def _about(experiment: str, dataset: str, preset: str, sources: Sequence[str]) -> dict[str, Any]:
    """Command, data set and preset of a recording; paths are left out of the command."""

    def public(name: str) -> str:
        return "synthetic" if name == "synthetic" else "PATH"

    command = f"skelkit record {experiment} --dataset {public(dataset)}"
    if not sources:
        return {"command": command, "dataset": dataset, "preset": preset}
    return {
        "command": f"{command} --sources {' '.join(map(public, sources))}",
        "dataset": dataset,
        "preset": preset,
        "sources": [dataset_name(source) for source in sources],
    }


def _key(variant: dict[str, Any]) -> str:
    """Text that identifies a variant."""
    return json.dumps(variant, sort_keys=True)


def _rounded(value: Any) -> Any:
    """Nested value whose floats have four decimals."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    return [_rounded(v) for v in value] if isinstance(value, list) else value


def _compact(content: dict[str, Any]) -> bytes:
    """JSON with one line per run, which keeps the file readable and its diffs small."""
    head = json.dumps({k: v for k, v in content.items() if k != "runs"}, indent=1)[:-2]
    runs = ",\n  ".join(json.dumps(r) for r in content["runs"])
    return f'{head},\n "runs": [\n  {runs}\n ]\n}}\n'.encode()
