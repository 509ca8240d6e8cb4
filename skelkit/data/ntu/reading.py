"""Read raw ``.skeleton`` files of NTU RGB+D, 60 and 120 actions, into a ClipSet.

`samples` finds the files, `layout` parses one, `bodies` separates people from background detections, and
`names` interprets the names of the samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...skeletons.layouts import NTU25
from ...utils import parallel
from ...utils.progress import ProgressBar
from ...utils.validation import path_of
from ..clips import ClipSet
from ..errors import UnreadableFile
from ..ragged import starts_of
from . import layout, samples
from .bodies import Rules, performers
from .names import NAME, classes_of, columns
from .report import Note, Report
from .samples import Entry

FPS = 30.0

CHUNK = 128
"""Samples per task: about 6 MB of poses."""

_SAMPLES_PER_PROCESS = 512  # starting a process takes as long as parsing a few hundred


@dataclass(frozen=True)
class Task:
    """Samples that are parsed together, perhaps in a process of their own.

    Attributes:
        entries: the samples.
        rules: see `Rules`.
        damaged: "refuse" or "report".
    """

    entries: tuple[Entry, ...]
    rules: Rules
    damaged: str


@dataclass(frozen=True, eq=False)
class WorkerResult:
    """Clips of a task's samples.

    Attributes:
        poses: frames of all clips one after another, float32 [F, M, 25, 3].
        names, lengths: name and number of frames of each clip.
        notes: for a `Report`.
    """

    poses: np.ndarray
    names: list[str]
    lengths: list[int]
    notes: list[Note]


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
    """Clips of 25 joints at 30 fps, sorted by name, in metres, y up, z away from the camera.

    Labels, subject, view and setup come from the names. Every frame of a file is a frame of its clip; a frame
    without any person is all zeros. Files without any person in any frame are left out, and reported.

    Differs from the authors: the scripts in common use cut out frames without persons.

    Args:
        path: a folder, searched recursively; a zip archive, read in place; or a folder of such archives.
        denoise, length, spread, share, persons, join: see `Rules`. Default: the published thresholds.
        missing: text file with the names of samples to leave out, one per line. The authors of the data set
            publish such a list (302 samples of NTU-60, 535 of NTU-120); it is not part of this kit.
        only: pattern of the sample names to read, like ``"S001*"`` or ``"*A05?"``. Default: all.
        damaged: "refuse" raises an error for a damaged file; "report" leaves it out and adds a note.
        workers: number of processes. Default: as many as save time, at most one per core. The result is the
            same.
        progress: show a progress bar. Default: in a terminal or notebook.
        report: collects notes on everything that is dropped.

    Raises:
        FileNotFoundError: there is no such path.
        UnreadableFile: no samples, or a damaged file.
        ValueError: an option out of range.
    """
    rules = Rules(denoise, length, spread, share, persons, join)
    report = Report() if report is None else report
    tasks = plan(path, rules, report, missing=missing, only=only, damaged=damaged)
    workers = useful_workers(tasks) if workers is None else workers
    results: dict[int, WorkerResult] = {}
    total = sum(len(task.entries) for task in tasks)
    with ProgressBar(f"reading {Path(path).name}", total, progress, unit="file") as bar:
        for i, result in parallel.map_unordered(parse_all, tasks, workers):
            results[i] = result
            bar.update("", None, done=len(tasks[i].entries))
    samples.close()
    ordered = [results.pop(i) for i in range(len(tasks))]
    for task, result in zip(tasks, ordered, strict=True):
        report.add(len(task.entries), len(result.names), result.notes)
    return _clips(path, ordered, report)


def plan(
    path: str | Path,
    rules: Rules,
    report: Report,
    *,
    missing: str | Path | None = None,
    only: str | None = None,
    damaged: str = "refuse",
) -> list[Task]:
    """Samples to read, divided into tasks that depend only on the names; left-out samples go to `report`.

    Raises:
        FileNotFoundError, UnreadableFile, ValueError: as in `read`, before any sample is parsed.
    """
    if damaged not in ("refuse", "report"):
        raise ValueError(f"damaged={damaged!r}: expected 'refuse' or 'report'")
    if only is not None and not isinstance(only, str):
        raise ValueError(f"only is a {type(only).__name__}, expected a pattern of names, like 'S001*'")
    path = path_of(path, "the path of the samples")
    left_out = listed(path_of(missing, "missing")) if missing is not None else set()
    entries, notes = samples.find(path)
    if only is not None:
        entries = [e for e in entries if fnmatchcase(e.name, only)]
        if not entries:
            found, fix = f"found no sample that matches only={only!r}", "names look like S001C002P003R002A013"
            raise UnreadableFile(path, found, fix=fix)
    notes += [(e.name, "listed", "not read") for e in entries if e.name in left_out]
    report.add(sum(e.name in left_out for e in entries), 0, notes)
    entries = [e for e in entries if e.name not in left_out]
    return [Task(tuple(entries[i : i + CHUNK]), rules, damaged) for i in range(0, len(entries), CHUNK)]


def listed(path: str | Path) -> set[str]:
    """Sample names in a text file, one per line; other words, such as a heading, are skipped.

    Raises:
        FileNotFoundError: there is no such file.
        UnreadableFile: it contains no sample name.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such file; missing= is the authors' list of samples with missing skeletons"
        )
    names = {found.group() for found in NAME.finditer(path.read_text("latin-1"))}
    if not names:
        expected = "one a line, like S001C002P003R002A013"
        raise UnreadableFile(path, "no sample name", expected, "pass the authors' list")
    return names


def useful_workers(tasks: Sequence[Task]) -> int:
    """Number of processes that parse these tasks fastest."""
    return max(1, min(parallel.cores(), sum(len(t.entries) for t in tasks) // _SAMPLES_PER_PROCESS))


def parse_all(task: Task) -> WorkerResult:
    """Read, parse and denoise the samples of a task."""
    poses: list[np.ndarray] = []
    names: list[str] = []
    lengths: list[int] = []
    notes: list[Note] = []
    for entry in task.entries:
        try:
            recording = layout.parse(samples.content(entry), str(entry))
        except ValueError as error:
            if task.damaged == "refuse":
                raise
            notes.append((entry.name, "damaged", str(error)))
            continue
        clip, about = performers(recording, task.rules)
        if not clip.any():
            notes.append((entry.name, "empty", f"0 bodies in all {len(clip)} frames"))
            continue
        notes += [(entry.name, reason, details) for reason, details in about]
        poses.append(clip)
        names.append(entry.name)
        lengths.append(len(clip))
    empty = np.zeros((0, task.rules.persons, layout.JOINTS, 3), np.float32)
    return WorkerResult(np.concatenate([empty, *poses]), names, lengths, notes)


def clip_fields(
    path: str | Path, names: Sequence[str], lengths: Sequence[int], report: Report
) -> dict[str, Any]:
    """Fields of a ClipSet except its poses. Raises UnreadableFile if no clip is left."""
    if not names:
        raise UnreadableFile(path, "no clip is left of " + "; ".join(report.describe().splitlines()))
    groups = columns(names)
    return {
        "starts": starts_of(torch.tensor(lengths)),
        **groups,
        "classes": classes_of(groups["labels"]),
        "skeleton": NTU25,
        "fps": FPS,
        "names": tuple(names),
        "group_names": {},
    }


def _clips(path: str | Path, results: list[WorkerResult], report: Report) -> ClipSet:
    """One ClipSet of all results; each is released as soon as it is copied."""
    names, lengths = [n for r in results for n in r.names], [t for r in results for t in r.lengths]
    fields = clip_fields(path, names, lengths, report)
    poses = torch.zeros(int(fields["starts"][-1]), *results[0].poses.shape[1:])
    end = len(poses)
    while results:
        chunk = torch.from_numpy(results.pop().poses)
        poses[end - len(chunk) : end] = chunk
        end -= len(chunk)
    return ClipSet(poses, **fields)
