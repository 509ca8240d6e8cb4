"""Recordings of longer runs: several seeds of an experiment in a JSON file that states how it was produced.

The file is written after every run, so that a recording that was interrupted continues where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Protocol

from ..data.loading import dataset_name
from ..utils import parallel
from ..utils.files import check_target
from ..utils.machine import machine
from ..utils.validation import one_of
from . import continual, selection, selfsup, students
from .predictions import fingerprint, pack, rounded
from .recording import FOLDER, Recording, read
from .recording_file import RecordingFile, content_hashes, key
from .run_data import RunData


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

    Several processes may record into one file at once: each adds its runs to those that are there. (Give them
    different seeds or variants; else both do the same work.)

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
        ValueError: an unknown experiment or variant; or the recording is of other data with this name; or
            another process has stored runs with other settings meanwhile.
        OSError: the file cannot be written; says why and what to do. What is recorded is kept.
    """
    one_of(experiment, EXPERIMENTS, "experiment")
    variants, name = EXPERIMENTS[experiment](), dataset_name(data.dataset)
    _check_labels(only, variants, experiment)
    check_target(folder / name / f"{experiment}.json")
    about = _about(experiment, name, data, variants[0].settings(data.preset))
    file = RecordingFile(experiment, name, folder, about, [asdict(v) for v in variants])
    chosen = [v for v in variants if not only or v.label in only]
    todo = [(v, seed) for seed in seeds for v in chosen if (key(asdict(v)), seed) not in file.done]
    dropped = f", {len(file.dropped)} that differ are dropped" if file.dropped else ""
    log(f"{experiment} on {name}: {len(file.done)} runs kept{dropped}, {len(todo)} to do")
    headline = variants[0].headline
    for _, result in parallel.map_unordered(partial(run, data=data), todo, jobs, scheduler):
        file.add(result)
        log(
            f"  {result['label']}, seed {result['seed']}: {headline} {result[headline]:.3f}, "
            f"{result['total_seconds']:.0f} s"
        )
    return read(experiment, name, folder) or Recording(about, [])


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
    if content := content_hashes(data):
        about["content"] = content
    if data.sources:
        about["command"] += f" --sources {' '.join(map(public, data.sources))}"
        about["sources"] = [dataset_name(source) for source in data.sources]
    return about
