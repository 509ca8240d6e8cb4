"""Runs of the study on data other than the embedded one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from skelkit.study import runner

NOTEBOOKS = [path.stem.partition("_")[0] for path in runner.find()]
"""Numbers of all notebooks."""

READING = ["00", "01", "02", "08"]
"""Notebooks that show and measure whatever clips they get; the others train on a split of them."""


def check_study(dataset: Path, out: Path, names: Sequence[str], interactive: bool = False) -> None:
    """Execute notebooks on a data set at preset smoke; they use it, and all their claims hold.

    Args:
        dataset: a path that `skelkit.load` reads.
        out: folder for the executed notebooks.
        names: numbers of the notebooks.
        interactive: panels are built with their controls, as for a reader.
    """
    parameters = {"preset": "smoke", "dataset": str(dataset), "seed": 0, "device": "cpu"}
    for notebook in runner.find(names):
        results = runner.run(notebook, out, parameters, headless=not interactive).results
        assert results["parameters"]["dataset"] == str(dataset), f"{notebook.name} used other data"
        assert all(claim["holds"] or claim.get("finding") for claim in results["claims"])
