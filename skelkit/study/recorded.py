"""Recordings of longer runs in notebooks, and findings about differences over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..experiments.recordings import FOLDER, Recording, read
from ..experiments.statistics import compare_all
from .session import finding, findings
from .setup import Setup

Differences = Mapping[str, Sequence[float]]
"""What is compared -> differences in percentage points, one per seed."""


def find(experiment: str, setup: Setup, folder: Path = FOLDER, *, instead: str = "") -> Recording | None:
    """Recording of an experiment on the notebook's data set; None if there is none.

    Prints how the recording was made, or shows a finding that says how to make it.

    Args:
        experiment: name of the experiment.
        setup: of the notebook.
        folder: of the recordings.
        instead: data set whose recording is used if the notebook's data set has none. Default: none.
    """
    found = read(experiment, setup.dataset, folder)
    if found is None and instead and (found := read(experiment, instead, folder)):
        print(f"No recording on this data set; results on {instead} are shown.")
    if found is None:
        where = "synthetic" if setup.dataset == "synthetic" else "PATH"
        command = f"skelkit record {experiment} --dataset {where}"
        finding(False, "", f"No recording on this data set yet; make one with: {command}")
    else:
        about = found.about
        print(
            f"{about['command']}: preset {about['preset']}, {about['divided']}; "
            f"{about['machine']}, {about['date']}"
        )
    return found


def verdict(sentence: str, differences: Sequence[float], also: Differences | None = None) -> None:
    """Show a finding on paired differences in percentage points, one per seed.

    It holds if the difference is significant; see `statistics.compare_all`.

    Args:
        sentence: what is compared.
        differences: one per seed.
        also: further comparisons of the same figure, for which the p value is corrected too.
    """
    found = compare_all({**(also or {}), sentence: differences})[sentence]
    text = f"{sentence}: {found}."
    finding(found.significant, text, text)


def verdicts(tables: Mapping[str, Differences], also: Differences | None = None) -> None:
    """Show the comparisons of a figure as one or several tables of findings; see `verdict`.

    The p values of all of them are corrected together.

    Args:
        tables: caption -> name -> differences in percentage points, one per seed.
        also: further comparisons of the same figure that are not shown.
    """
    differences = {(caption, name): of for caption, table in tables.items() for name, of in table.items()}
    hidden = {("", name): of for name, of in (also or {}).items()}
    found = compare_all(differences | hidden)
    for caption, table in tables.items():
        rows = []
        for name in table:
            each = found[caption, name]
            cells = (name, each.difference, each.p_words, each.verdict)
            rows.append((each.significant, f"{caption}: {name}: {each}.", cells))
        tests = sum(each.seeds > 1 for each in found.values())
        note = f", p corrected for {tests} comparisons" if tests > 1 else ""
        findings(f"{caption} (mean [95 % interval]{note}):", rows)
