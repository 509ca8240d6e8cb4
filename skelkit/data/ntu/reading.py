"""NTU RGB+D, 60 and 120 actions: raw ``.skeleton`` files as the data set's authors give them, read into a ClipSet.

The parts: `samples` finds them, `layout` parses one, `bodies` tells performers from furniture, `names` knows what names say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import torch

from ...skeletons.layouts import NTU25
from ...utils import parallel
from ...utils.progress import ProgressBar
from ..clips import ClipSet
from . import layout, samples
from .bodies import Report, Rules, performers
from .names import NAME, classes_of, columns
from .samples import Entry

FPS = 30.0

CHUNK = 128
"""Samples parsed at once: some 6 MB of poses."""

_WORTHWHILE = 512  # samples for each process: starting one takes as long as parsing a few hundred


@dataclass(frozen=True)
class Task:
    """Samples that are parsed together, in a process of their own or not. ``damaged``: "refuse" or "report"."""

    entries: tuple[Entry, ...]
    rules: Rules
    damaged: str


@dataclass(frozen=True, eq=False)
class Part:
    """What came of a task: poses float32 [F, M, 25, 3] back to back, each clip's name and frames, and what a `Report` notes."""

    poses: np.ndarray
    names: list[str]
    lengths: list[int]
    notes: list[tuple[str, str, str]]


def read(
    path: str | Path,
    *,
    denoise: bool = True,
    length: int = 11,
    spread: float = 0.8,
    share: float = 0.69754,
    persons: int = 2,
    join: float = 1.0,
    missing: str | Path | None = None,
    only: str | None = None,
    damaged: str = "refuse",
    workers: int | None = None,
    progress: bool | None = None,
    report: Report | None = None,
) -> ClipSet:
    """Clips of 25 joints at 30 fps, sorted by name; labels, subject, view and setup from the names. Metres, y up, z from the camera.

    Every frame of a file is a frame of its clip; one in which nobody was seen is all zeros. (The scripts usually seen cut such frames out.)
    Files in which nobody is seen at all are left out, and reported.

    Args:
        path: a folder, looked through with all below it; a zip archive, read in place; or a folder of such archives.
        denoise, length, spread, share, persons, join: see `skelkit.data.ntu.Rules`; the published thresholds unless given.
        missing: a text file with the names of samples to leave out, one a line: the list that the data set's authors publish of samples
            with missing or incomplete skeletons (302 of NTU-60, 535 of NTU-120). It is theirs, so it is not part of this kit.
        only: samples whose name matches, like ``"S001*"`` or ``"*A05?"``.
        damaged: "refuse" raises an error at a damaged file; "report" leaves it out and notes why.
        workers: processes; as many as are worth their start, up to one a core, unless given. The result is the same to the bit.
        progress: show a bar; unless given, where somebody is watching.
        report: told of everything that was dropped, and why.

    Raises:
        FileNotFoundError: there is no such path.
        ValueError: no samples there, a damaged file ("path: line 17: found …, expected …; what to do"), or an option out of range.
    """
    rules = Rules(denoise, length, spread, share, persons, join)
    report = Report() if report is None else report
    tasks = plan(path, rules, report, missing=missing, only=only, damaged=damaged)
    parts: list[Part | None] = [None] * len(tasks)
    with ProgressBar(
        f"reading {Path(path).name}", sum(len(t.entries) for t in tasks), progress, unit="file"
    ) as shown:
        for i, part in parallel.map_unordered(parse_all, tasks, worth(tasks) if workers is None else workers):
            parts[i] = part
            shown.update("", None, done=len(tasks[i].entries))
    samples.close()
    for task, part in zip(tasks, parts, strict=True):
        report.add(len(task.entries), len(part.names), part.notes)
    return _together(path, parts, report)


def plan(
    path: str | Path,
    rules: Rules,
    report: Report,
    *,
    missing=None,
    only: str | None = None,
    damaged: str = "refuse",
) -> list[Task]:
    """The samples to read, in chunks that depend on nothing but their names; `report` is told of those left out."""
    if damaged not in ("refuse", "report"):
        raise ValueError(f"damaged={damaged!r}: expected 'refuse' or 'report'")
    left_out = listed(missing) if missing is not None else set()
    entries, notes = samples.find(path)
    if only is not None:
        entries = [e for e in entries if fnmatchcase(e.name, only)]
        if not entries:
            raise ValueError(
                f"{path}: found no sample that matches only={only!r}; names look like S001C002P003R002A013"
            )
    notes += [(e.name, "listed", "not read") for e in entries if e.name in left_out]
    report.add(sum(e.name in left_out for e in entries), 0, notes)
    entries = [e for e in entries if e.name not in left_out]
    return [Task(tuple(entries[i : i + CHUNK]), rules, damaged) for i in range(0, len(entries), CHUNK)]


def listed(path: str | Path) -> set[str]:
    """The names of samples in a text file, one a line (other words, such as a heading, are skipped)."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such file; missing= is the authors' list of samples with missing skeletons"
        )
    names = {found.group() for found in NAME.finditer(path.read_text("latin-1"))}
    if not names:
        raise ValueError(
            f"{path}: found no sample name, expected one a line, like S001C002P003R002A013; pass the authors' list"
        )
    return names


def worth(tasks: Sequence[Task]) -> int:
    """Processes that parse these tasks fastest."""
    return max(1, min(parallel.cores(), sum(len(t.entries) for t in tasks) // _WORTHWHILE))


def parse_all(task: Task) -> Part:
    """Read, parse and denoise the samples of a task."""
    poses, names, lengths, notes = [], [], [], []
    for entry in task.entries:
        try:
            recording = layout.parse(samples.content(entry), entry)
        except ValueError as error:
            if task.damaged == "refuse":
                raise
            notes.append((entry.name, "damaged", str(error)))
            continue
        clip, said = performers(recording, task.rules)
        if not clip.any():
            notes.append((entry.name, "empty", f"0 bodies in all {len(clip)} frames"))
            continue
        notes += [(entry.name, *note) for note in said]
        poses.append(clip)
        names.append(entry.name)
        lengths.append(len(clip))
    empty = np.zeros((0, task.rules.persons, layout.JOINTS, 3), np.float32)
    return Part(np.concatenate([empty, *poses]), names, lengths, notes)


def described(path, names: Sequence[str], lengths: Sequence[int], report: Report) -> dict:
    """The fields of a ClipSet but its poses."""
    if not names:
        raise ValueError(f"{path}: no clip is left of " + "; ".join(report.describe().splitlines()))
    fields = columns(names)
    starts = torch.cat([torch.zeros(1, dtype=torch.long), torch.tensor(lengths).cumsum(0)])
    return {
        "starts": starts,
        **fields,
        "classes": classes_of(fields["labels"]),
        "skeleton": NTU25,
        "fps": FPS,
        "names": tuple(names),
        "group_names": {},
    }


def _together(path, parts: list[Part], report: Report) -> ClipSet:
    """One ClipSet of all parts, each let go of as soon as it is copied."""
    fields = described(
        path, [n for p in parts for n in p.names], [t for p in parts for t in p.lengths], report
    )
    poses = torch.zeros(int(fields["starts"][-1]), *parts[0].poses.shape[1:])
    end = len(poses)
    while parts:
        part = torch.from_numpy(parts.pop().poses)
        poses[end - len(part) : end] = part
        end -= len(part)
    return ClipSet(poses, **fields)
