"""Recordings of longer runs in notebooks, and findings about differences over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..experiments.recordings import FOLDER, Recording, read, spread
from .session import finding, findings
from .setup import Setup


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


def verdict(sentence: str, differences: Sequence[float]) -> None:
    """Show a finding on paired differences in percentage points, one per seed.

    It holds if the mean is larger in magnitude than the standard deviation over seeds.
    """
    holds, *words = _judged(differences)
    text = _sentence(sentence, holds, words)
    finding(holds, text, text)


def verdicts(compared: str, differences: Mapping[str, Sequence[float]]) -> None:
    """Show several findings as a table; see `verdict`.

    Args:
        compared: caption.
        differences: name -> differences in percentage points, one per seed.
    """
    rows = []
    for name, values in differences.items():
        holds, *words = _judged(values)
        rows.append((holds, _sentence(f"{compared}: {name}", holds, words), (name, *words)))
    findings(f"{compared}:", rows)


def _sentence(subject: str, holds: bool, words: Sequence[str]) -> str:
    return f"{subject}: {words[0] if holds else '; '.join(filter(None, words))}."


def _judged(differences: Sequence[float]) -> tuple[bool, str, str]:
    """Whether the mean exceeds the standard deviation over seeds; both in words; the verdict in words."""
    if not differences:
        return False, "", "not recorded yet"
    if len(differences) < 2:
        return False, f"{differences[0]:+.1f} points in one seed", "the spread over seeds is unknown"
    mean, deviation, seeds = spread(differences)
    holds = abs(mean) > deviation
    text = f"{mean:+.1f} ± {deviation:.1f} points over {seeds} seeds"
    return holds, text, "larger than the spread over seeds" if holds else "not significant"
