"""The file of a recording, to which several processes may add runs at once."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..data.fingerprints import fingerprints
from ..data.loading import dataset_name, load
from ..utils.files import make_folder, write_atomic
from ..utils.locks import locked
from .recording import Recording, read
from .run_data import RunData

_MUST_AGREE = ("preset", "settings", "test_clips", "sources")
"""What runs of one recording have in common."""


class RecordingFile:
    """A recording on the disk: `add` reads it again each time, under a lock, and loses no run of others.

    Args:
        experiment: its name.
        dataset: name of the data set.
        folder: of the recordings.
        about: how runs are produced from now on. Runs that were produced otherwise are dropped by the first
            `add`.
        variants: of the experiment, as dictionaries, in its order. Runs of others are dropped too.

    Attributes:
        done: key of variant and seed of all runs that are kept.
        dropped: runs that are not.

    Raises:
        ValueError: the recording is damaged, or of other data with this name.
    """

    def __init__(
        self, experiment: str, dataset: str, folder: Path, about: dict[str, Any], variants: Sequence[dict]
    ):
        self.experiment, self.dataset, self.folder, self.about = experiment, dataset, folder, about
        self.path = folder / dataset / f"{experiment}.json"
        self.order = {key(variant): i for i, variant in enumerate(variants)}
        runs, self.dropped, _ = self._read()
        self.done = {_identity(run) for run in runs}

    def add(self, result: dict[str, Any]) -> None:
        """Add one run, with "divided", "machine" and "test_labels", which belong to all runs, and write.

        Raises:
            ValueError: another process has stored runs that were produced otherwise.
            OSError: the file cannot be written.
        """
        result = dict(result)
        about = self.about | {name: result.pop(name) for name in ("divided", "machine")}
        labels = {result["test"]: result.pop("test_labels")}
        make_folder(self.path.parent)
        with locked(self.path.with_name(f".{self.path.name}.lock")):
            runs, differing, tests = self._read()
            if new := [run for run in differing if run not in self.dropped]:
                raise ValueError(
                    f"{self.path}: another process has recorded {len(new)} runs with other settings "
                    "meanwhile; what it has recorded is kept, this run is not: use another folder (--out)"
                )
            if _identity(result) not in map(_identity, runs):
                runs = sorted([*runs, result], key=lambda r: (self.order[key(r["variant"])], r["seed"]))
            about |= {"tests": tests | labels, "date": datetime.date.today().isoformat(), "runs": runs}
            write_atomic(self.path, _compact(about))

    def _read(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, str]]:
        """Runs that are kept, the others, and the labels of the test clips of the first."""
        present = read(self.experiment, self.dataset, self.folder)
        if present is None:
            return [], [], {}
        self._check_data(present)
        same = all(present.about.get(name) == self.about.get(name) for name in _MUST_AGREE)
        kept = [run for run in present.runs if same and key(run.get("variant")) in self.order]
        used = {run.get("test") for run in kept}
        tests = {name: labels for name, labels in present.about.get("tests", {}).items() if name in used}
        return kept, [run for run in present.runs if run not in kept], tests

    def _check_data(self, present: Recording) -> None:
        """Raise ValueError if the recording is of other clips; one that does not say of which is accepted."""
        theirs, mine = (about.get("content", {}) for about in (present.about, self.about))
        if other := [name for name in theirs.keys() & mine.keys() if theirs[name] != mine[name]]:
            raise ValueError(
                f"{self.path} was recorded from other clips that had the name {' and '.join(sorted(other))}; "
                "rename yours, use another folder (--out), or remove this file to replace it"
            )


def content_hashes(data: RunData) -> dict[str, str]:
    """Name of each data set that is not embedded -> sixteen hexadecimal digits of what its clips contain."""
    found = {}
    for source in (data.dataset, *data.sources):
        if source != "synthetic":
            about = json.dumps(fingerprints(recorded=load(source)))
            found[dataset_name(source)] = hashlib.sha256(about.encode()).hexdigest()[:16]
    return found


def key(variant: dict[str, Any] | None) -> str:
    """Text that identifies a variant."""
    return json.dumps(variant, sort_keys=True)


def _identity(run: dict[str, Any]) -> tuple[str, int]:
    return key(run["variant"]), run["seed"]


def _compact(content: dict[str, Any]) -> bytes:
    """JSON with one line per run, which keeps the file readable and its diffs small."""
    about = {k: json.dumps(v) for k, v in content.items() if k != "runs"}
    head = "{\n " + ",\n ".join(f"{json.dumps(k)}: {v}" for k, v in about.items())
    runs = ",\n  ".join(json.dumps(r) for r in content["runs"])
    return f'{head},\n "runs": [\n  {runs}\n ]\n}}\n'.encode()
