"""Recordings of longer runs: several seeds of an experiment in a JSON file that states how it was produced.

The file is written after every run, so that a recording that was interrupted continues where it stopped.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Container, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any, ClassVar, Protocol

from torch import Tensor

from ..data.loading import dataset_name
from ..utils import parallel
from ..utils.files import make_folder, write_atomic
from ..utils.machine import machine
from ..utils.notebooks import recorded_folder
from ..utils.validation import one_of
from . import continual, selection, selfsup, students
from .predictions import fingerprint, pack, recompute, rounded, unpack
from .run_data import RunData
from .statistics import in_percent

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

    def settings(self, preset: str) -> dict[str, Any]:
        """Settings of a preset, of which `run` changes some."""

    def run(self, data: RunData, seed: int) -> dict[str, Any]:
        """Results of one run: numbers by name, and what is predicted.

        "divided": how the data were split; "total_seconds"; "test": the test clips; "predictions": name of an
        accuracy -> predicted classes of these clips, Long[N], or after each task, Long[tasks, N].
        """


EXPERIMENTS: dict[str, Callable[[], Sequence[Variant]]] = {
    **continual.EXPERIMENTS,
    **selection.EXPERIMENTS,
    **selfsup.EXPERIMENTS,
    **students.EXPERIMENTS,
}
"""Experiment name -> function that returns its variants."""

FORMER_NAMES = {"ablation": "parts"}
"""Experiments that were renamed: recordings under the former name are still read."""


@dataclass(frozen=True)
class Recording:
    """All recorded runs of one experiment on one data set.

    Attributes:
        about: how it was produced: command, machine, date, preset, its settings, data set, split; "tests":
            fingerprint of test clips -> their labels, packed.
        runs: one dictionary per run: label, seed, changed settings, results such as faa or bytes_per_clip;
            "predictions" and the fingerprint "test" of the clips, which older recordings do not have.
    """

    about: dict[str, Any]
    runs: list[dict[str, Any]]

    def of(self, label: str, metric: str = "faa") -> list[Any]:
        """One value of a variant for each seed, in order of seed; empty if it was not recorded."""
        return [run[metric] for run in self._of(label) if metric in run]

    @property
    def labels(self) -> list[str]:
        """Labels of the recorded variants, in the order of the experiment."""
        return list(dict.fromkeys(run["label"] for run in self.runs))

    def means(self, metric: str = "faa") -> dict[str, float]:
        """Mean over seeds of each variant that has the metric."""
        return {label: mean(values) for label in self.labels if (values := self.of(label, metric))}

    def paired_differences(
        self, one: str, other: str, metric: str = "faa", other_metric: str = ""
    ) -> list[float]:
        """100 · (variant `one` - variant `other`), one value for each seed that both have.

        Args:
            metric: name of the value, a share from 0 to 1.
            other_metric: of the other variant. Default: `metric`.
        """
        mine, theirs = (
            {run["seed"]: run[key] for run in self._of(label) if key in run}
            for label, key in ((one, metric), (other, other_metric or metric))
        )
        return [100 * (mine[seed] - theirs[seed]) for seed in sorted(mine.keys() & theirs.keys())]

    def differences_from(self, reference: str, metric: str = "faa") -> dict[str, list[float]]:
        """`paired_differences` of every other variant from a reference, by label."""
        return {
            label: self.paired_differences(label, reference, metric)
            for label in self.labels
            if label != reference
        }

    def percent(self, label: str, metric: str = "faa") -> str:
        """Mean of a variant and its 95 % interval over seeds as text: "64.1 % [59.1, 69.1]"."""
        return in_percent(self.of(label, metric))

    def correct(self, label: str, metric: str) -> tuple[list[Tensor], bool]:
        """Which test clips each seed classifies correctly in the end, and whether all have the same clips.

        Both are the arguments of `statistics.accuracy_interval`.

        Args:
            metric: a name in the "predictions" of a run: "accuracy" or an evaluation such as "linear".
        """
        runs = [run for run in self._of(label) if metric in run.get("predictions", {})]
        found = []
        for run in runs:
            predicted, labels = unpack(run["predictions"][metric]), unpack(self.about["tests"][run["test"]])
            found.append((predicted if predicted.ndim == 1 else predicted[-1]) == labels)
        return found, len({run["test"] for run in runs}) == 1

    def recomputed(self, run: dict[str, Any]) -> dict[str, Any]:
        """Results of a run computed from its predictions, rounded as recorded; empty without predictions."""
        if "predictions" not in run:
            return {}
        return rounded(recompute(run, unpack(self.about["tests"][run["test"]])))

    def _of(self, label: str) -> list[dict[str, Any]]:
        """Runs of a variant in order of seed."""
        return sorted((run for run in self.runs if run["label"] == label), key=lambda run: run["seed"])


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
    data: RunData,
    seeds: Sequence[int],
    *,
    jobs: int = 2,
    scheduler: str | None = None,
    folder: Path = FOLDER,
    only: Sequence[str] = (),
    log: Callable[[str], None] = print,
) -> Recording:
    """Run those variants and seeds of an experiment that are not recorded yet, and record them.

    Args:
        experiment: a name in `EXPERIMENTS`.
        data: of all runs. Recorded runs with another preset, other settings or another number of test clips
            are dropped as soon as a run is finished.
        seeds: for each variant.
        jobs: number of parallel processes, of one thread each: faster than one process of many threads.
        scheduler: address of a Dask scheduler, whose workers run the runs, in one thread each.
        folder: of the recordings.
        only: labels of the variants to run. Default: all.
        log: called with one line of text for each run.

    Raises:
        ValueError: an unknown experiment or variant.
    """
    one_of(experiment, EXPERIMENTS, "experiment")
    variants, name = EXPERIMENTS[experiment](), dataset_name(data.dataset)
    _check_labels(only, variants, experiment)
    order = {_key(asdict(v)): i for i, v in enumerate(variants)}
    about = _about(experiment, name, data, variants[0].settings(data.preset))
    before = read(experiment, name, folder)
    runs, about["tests"] = _reusable_runs(before, order, about)
    done = {(_key(r["variant"]), r["seed"]) for r in runs}
    chosen = [v for v in variants if not only or v.label in only]
    todo = [(v, seed) for seed in seeds for v in chosen if (_key(asdict(v)), seed) not in done]
    dropped = (
        f", {lost} that differ are dropped"
        if (lost := len(before.runs if before else []) - len(runs))
        else ""
    )
    log(f"{experiment} on {name}: {len(runs)} runs kept{dropped}, {len(todo)} to do")
    headline = variants[0].headline
    for _, result in parallel.map_unordered(partial(run, data=data), todo, jobs, scheduler):
        about |= {key: result.pop(key) for key in ("divided", "machine")}
        about["tests"][result["test"]] = result.pop("test_labels")
        runs = sorted([*runs, result], key=lambda r: (order[_key(r["variant"])], r["seed"]))
        content = about | {"date": datetime.date.today().isoformat(), "runs": runs}
        write_atomic(make_folder(folder / name) / f"{experiment}.json", _compact(content))
        log(
            f"  {result['label']}, seed {result['seed']}: {headline} {result[headline]:.3f}, "
            f"{result['total_seconds']:.0f} s"
        )
    return read(experiment, name, folder) or Recording(about, runs)


def run(variant_and_seed: tuple[Variant, int], data: RunData) -> dict[str, Any]:
    """Results of one run, as they are recorded; floats are rounded to four decimals."""
    variant, seed = variant_and_seed
    results = variant.run(data, seed)
    test = results.pop("test")
    predictions = {name: pack(classes) for name, classes in results.pop("predictions").items()}
    # The variant identifies the run, so its settings are not rounded.
    return {
        "label": variant.label,
        "seed": seed,
        "variant": asdict(variant),
        **rounded(results),
        "test": fingerprint(test),
        "test_labels": pack(test.labels),
        "predictions": predictions,
        "machine": machine(),
    }


def _check_labels(only: Sequence[str], variants: Sequence[Variant], experiment: str) -> None:
    """Raise if a label is not of one of the variants."""
    if unknown := set(only) - {v.label for v in variants}:
        raise ValueError(
            f"no variant {', '.join(sorted(unknown))} in {experiment}; "
            f"there are: {'; '.join(v.label for v in variants)}"
        )


def _reusable_runs(
    recording: Recording | None, known: Container[str], about: dict[str, Any]
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Recorded runs of variants that still exist, with equal settings and test clips; the clips' labels."""
    same = recording is not None and all(
        recording.about.get(key) == about.get(key) for key in ("preset", "settings", "test_clips")
    )
    if recording is None or not same:
        return [], {}
    runs = [r for r in recording.runs if _key(r["variant"]) in known]
    used = {r.get("test") for r in runs}
    return runs, {key: labels for key, labels in recording.about.get("tests", {}).items() if key in used}


def _about(experiment: str, dataset: str, data: RunData, settings: dict[str, Any]) -> dict[str, Any]:
    """Command, data set, preset, settings and number of test clips; paths are left out of the command."""

    def public(name: str) -> str:
        return "synthetic" if name == "synthetic" else "PATH"

    about: dict[str, Any] = {
        "command": f"skelkit record {experiment} --dataset {public(dataset)}",
        "dataset": dataset,
        "preset": data.preset,
        "settings": settings,
    }
    if dataset == "synthetic" and data.test_clips is not None:
        about["test_clips"] = data.test_clips
    if data.sources:
        about["command"] += f" --sources {' '.join(map(public, data.sources))}"
        about["sources"] = [dataset_name(source) for source in data.sources]
    return about


def _key(variant: dict[str, Any]) -> str:
    """Text that identifies a variant."""
    return json.dumps(variant, sort_keys=True)


def _compact(content: dict[str, Any]) -> bytes:
    """JSON with one line per run, which keeps the file readable and its diffs small."""
    about = {k: json.dumps(v) for k, v in content.items() if k != "runs"}
    head = "{\n " + ",\n ".join(f"{json.dumps(k)}: {v}" for k, v in about.items())
    runs = ",\n  ".join(json.dumps(r) for r in content["runs"])
    return f'{head},\n "runs": [\n  {runs}\n ]\n}}\n'.encode()
