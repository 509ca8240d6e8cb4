"""One recording: all runs of an experiment on one data set, as a JSON file keeps them."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

from torch import Tensor

from ..utils.files import fault
from ..utils.notebooks import recorded_folder
from ..utils.validation import MALFORMED, reason
from .predictions import recompute, rounded, unpack
from .statistics import in_percent

FOLDER = recorded_folder()
"""The project's own recordings: a folder for each data set, a file for each experiment."""

MOST_BYTES = 2**26
"""Size limit of a recording; those of the project have up to a megabyte."""


@dataclass(frozen=True)
class Recording:
    """All recorded runs of one experiment on one data set.

    Attributes:
        about: how it was produced: command, machine, date, preset, its settings, data set, split; "tests":
            fingerprint of test clips -> their labels, packed; "content": name of a data set -> hash of its
            clips, which older recordings do not have.
        runs: one dictionary per run: label, seed, changed settings, results such as faa or bytes_per_clip;
            "predictions" and the fingerprint "test" of the clips, which older recordings do not have.
        path: of the file, for errors.
    """

    about: dict[str, Any]
    runs: list[dict[str, Any]]
    path: Path | None = field(default=None, compare=False, repr=False)

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
            {run["seed"]: run[key] for run in self._of(label) if run.get(key) is not None}
            for label, key in ((one, metric), (other, other_metric or metric))
        )
        with self._naming_the_file():
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
            with self._naming_the_file():
                predicted, labels = unpack(run["predictions"][metric]), self._labels(run)
                found.append((predicted if predicted.ndim == 1 else predicted[-1]) == labels)
        return found, len({run["test"] for run in runs}) == 1

    def recomputed(self, run: dict[str, Any]) -> dict[str, Any]:
        """Results of a run computed from its predictions, rounded as recorded; empty without predictions."""
        if "predictions" not in run:
            return {}
        with self._naming_the_file():
            return rounded(recompute(run, self._labels(run)))

    def _labels(self, run: dict[str, Any]) -> Tensor:
        return unpack(self.about["tests"][run["test"]])

    @contextmanager
    def _naming_the_file(self) -> Iterator[None]:
        """Values that are none of a recording raise ValueError with the name of the file."""
        try:
            yield
        except (*MALFORMED, zlib.error) as error:
            raise ValueError(
                f"{self.path}: found values of another kind ({reason(error)}); remove it and record again"
            ) from None

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
    path = folder / dataset / f"{experiment}.json"
    if not path.exists():
        return None
    try:
        if found := fault(path, MOST_BYTES):
            raise ValueError(found)
        content = json.loads(path.read_text())
        about = {k: v for k, v in content.items() if k != "runs"}
        _check(about, content["runs"])
        return Recording(about, content["runs"], path)
    except MALFORMED as error:
        raise ValueError(
            f"{path}: found no whole recording ({reason(error)}), expected what `skelkit record` wrote; "
            "remove it and record again"
        ) from None


def _check(about: dict[str, Any], runs: list[dict[str, Any]]) -> None:
    """Raise TypeError or ValueError unless runs can be told apart and their numbers be compared."""
    for name in ("tests", "content"):
        if not all(isinstance(text, str) for text in about.get(name, {}).values()):
            raise TypeError(f"{name!r} without texts")
    numbers = {key for run in runs for key, value in run.items() if isinstance(value, float)}
    for run in runs:
        if not isinstance(run["label"], str) or type(run["seed"]) is not int:
            raise TypeError("a run without label and seed")
        if not isinstance(run.get("predictions", {}), dict) or not isinstance(run.get("variant", {}), dict):
            raise TypeError("a run without predictions or variant")
        if wrong := [key for key in numbers & run.keys() if not _is_number(run[key])]:
            raise TypeError(f"{', '.join(sorted(wrong))} that is no number")


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, (int, float)) and math.isfinite(value))
