"""Runs of the study on data other than the embedded one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

from skelkit.study import runner

ALL = [path.stem.partition("_")[0] for path in runner.find()]
"""Numbers of all notebooks."""

READING = ["00", "01", "02", "08"]
"""Notebooks that show and measure whatever clips they get; the others train on a split of them."""


USED = 'assert study.results()["parameters"]["dataset"] == dataset, "other data was used"'


def check_study(dataset: Path, folder: Path, numbers: Sequence[str], interactive: bool = False) -> None:
    """Execute notebooks on a data set at preset smoke; they use it, and none of their claims is false.

    They share a kernel, whose start takes longer than most of them; tests/test_notebooks.py runs each alone.

    Args:
        dataset: a path that `skelkit.load` reads.
        folder: for the executed notebooks.
        numbers: of the notebooks.
        interactive: panels are built with their controls, as for a reader.
    """
    parameters = {"preset": "smoke", "dataset": str(dataset), "seed": 0, "device": "cpu"}
    path = _together(runner.find(numbers), folder / "together.ipynb")
    runner.run(path, folder / "out", parameters, headless=not interactive)


def _together(notebooks: Sequence[Path], path: Path) -> Path:
    """Write the cells of all notebooks into one, with one parameters cell."""
    first, *others = (nbformat.read(notebook, as_version=4) for notebook in notebooks)
    cells = [*first.cells, new_code_cell(USED)]
    for other in others:
        cells += [cell for cell in other.cells if "parameters" not in cell.metadata.get("tags", [])]
        cells.append(new_code_cell(USED))
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    first.cells = cells
    nbformat.write(first, path)
    return path
