"""Recordings of longer runs as notebooks show them, with verdicts over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from .. import study
from ..experiments.recordings import FOLDER, Recording, read, spread


def find(
    experiment: str, setup: study.Setup, folder: Path = FOLDER, *, instead: str = ""
) -> Recording | None:
    """What a notebook shows of an experiment: how it came about is printed; where nothing is kept, how to make it.

    `instead` is the data set whose recording is shown where nothing was recorded on the notebook's own.
    """
    kept = read(experiment, setup.dataset, folder)
    if kept is None and instead and (kept := read(experiment, instead, folder)):
        print(f"Not recorded on this data; shown is what was found on {instead}.")
    if kept is None:
        where = "synthetic" if setup.dataset == "synthetic" else "PATH"
        study.finding(
            False,
            "",
            f"Nothing is recorded on this data yet; make it with: skelkit record {experiment} --dataset {where}",
        )
    else:
        print(
            f"{kept.about['command']}: preset {kept.about['preset']}, {kept.about['divided']}; {kept.about['machine']}, {kept.about['date']}"
        )
    return kept


def verdict(sentence: str, differences: Sequence[float]) -> None:
    """A finding on differences in points, one a seed: their mean and spread, and whether that is more than seeds differ."""
    holds, *words = _judged(differences)
    said = _sentence(sentence, holds, words)
    study.finding(holds, said, said)


def verdicts(compared: str, differences: Mapping[str, Sequence[float]]) -> None:
    """Several verdicts as a table: what is `compared` -> differences in points, one a seed."""
    rows = []
    for name, values in differences.items():
        holds, *words = _judged(values)
        rows.append((holds, _sentence(f"{compared}: {name}", holds, words), (name, *words)))
    study.findings(f"{compared}:", rows)


def _sentence(what: str, holds: bool, words: Sequence[str]) -> str:
    return f"{what}: {words[0] if holds else '; '.join(filter(None, words))}."


def _judged(differences: Sequence[float]) -> tuple[bool, str, str]:
    """Whether differences, one a seed, are more than seeds differ; in words: mean and spread, what to say of them."""
    if not differences:
        return False, "", "not recorded yet"
    if len(differences) < 2:
        return False, f"{differences[0]:+.1f} points in one seed", "how much seeds differ is not known"
    mean, apart, seeds = spread(differences)
    holds = abs(mean) > apart
    return (
        holds,
        f"{mean:+.1f} ± {apart:.1f} points over {seeds} seeds",
        "more than seeds differ" if holds else "no more than seeds differ",
    )
