"""One recording: all runs of an experiment on one data set, as a JSON file keeps them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from torch import Tensor

from ..utils.notebooks import recorded_folder
from .predictions import recompute, rounded, unpack
from .statistics import in_percent

FOLDER = recorded_folder()
"""The project's own recordings: a folder for each data set, a file for each experiment."""

FORMER_NAMES = {"ablation": "parts"}
"""Experiments that were renamed: recordings under the former name are still read."""


@dataclass(frozen=True)
class Recording:
    """All recorded runs of one experiment on one data set.

    Attributes:
        about: how it was produced: command, machine, date, preset, its settings, data set, split; "tests":
            fingerprint of test clips -> their labels, packed; "content": name of a data set -> hash of its
            clips, which older recordings do not have.
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
