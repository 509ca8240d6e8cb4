"""NTU RGB+D as one .safetensors file, however large: in bounded memory, on all cores or many machines, going on after a kill.

The samples, sorted by name, are divided into chunks. What is parsed of each is written whole to the folder ``TARGET.parts``, under a
name that says what it was made of: the chunk's samples with their sizes and checksums, and the options. A chunk whose file is there
already is not parsed again. When all are there, they are joined, and the folder goes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import safe_open

from ...utils import checkpoint, parallel
from ...utils.files import make_folder, write_atomic
from ...utils.progress import ProgressBar
from .. import storage
from . import reading, samples
from .bodies import Report, Rules

PART = "skelkit-ntu-part-1"

DTYPES = {"float32": torch.float32, "float16": torch.float16}


@dataclass(frozen=True)
class _Chunk:
    """A task and the dtype that its poses are stored in."""

    task: reading.Task
    dtype: str

    @property
    def key(self) -> str:
        """What decides the content, and nothing else: not where the samples lie."""
        entries = [(e.name, e.size, e.stamp) for e in self.task.entries]
        about = [PART, self.dtype, asdict(self.task.rules), self.task.damaged, entries]
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:20]


def convert(
    source: str | Path,
    target: str | Path,
    *,
    dtype: str = "float32",
    workers: int | None = None,
    progress: bool | None = None,
    scheduler: str | None = None,
    missing: str | Path | None = None,
    only: str | None = None,
    damaged: str = "refuse",
    **rules,
) -> Report:
    """Write what `skelkit.data.ntu.read` would give as the file `ClipSet.save` would write; the same bytes for any number of workers.

    Killed at any moment, there is no target, or the one before; called again, it goes on from the chunks that are done.

    Args:
        source: a folder or zip archive of NTU RGB+D, as in `skelkit.data.ntu.read`.
        target: ends in .safetensors; replaced if it exists.
        dtype: of the poses, "float32" or "float16" (half the bytes; off by 1 mm at most within 4 m of the camera, 2 mm within 8 m).
        workers: processes; as many as are worth their start, up to one a core, unless given.
        scheduler: address of a Dask scheduler whose workers parse, "tcp://host:8786"; `source` must lie at the same path there, and skelkit
            be installed. Needs ``pip install 'skelkit[cluster]'``.
        missing, only, damaged, rules: as in `skelkit.data.ntu.read`.

    Returns:
        A `Report` of everything that was dropped, and why.

    Raises:
        ValueError, FileNotFoundError: as in `skelkit.data.ntu.read`. ImportError: a scheduler, but no Dask.
    """
    target = Path(target)
    if target.suffix != ".safetensors":
        raise ValueError(
            f"{target}: found the ending {target.suffix!r}, expected .safetensors, which sk.load reads; rename the target"
        )
    if dtype not in DTYPES:
        raise ValueError(f"dtype={dtype!r}: expected {' or '.join(map(repr, DTYPES))}")
    report = Report()
    tasks = reading.plan(
        Path(source).absolute(), Rules(**rules), report, missing=missing, only=only, damaged=damaged
    )
    chunks = [_Chunk(task, dtype) for task in tasks]
    folder = make_folder(target.with_name(f"{target.name}.parts"))
    files = [folder / f"{i:06d}-{chunk.key}.safetensors" for i, chunk in enumerate(chunks)]
    with ProgressBar(
        f"converting {Path(source).name}", sum(len(t.entries) for t in tasks), progress, unit="file"
    ) as shown:
        todo = []
        for i, file in enumerate(files):
            if _whole(file):
                shown.update("", None, done=len(tasks[i].entries))
            else:
                todo.append(i)
        workers = reading.worth([tasks[i] for i in todo]) if workers is None else workers
        for k, content in parallel.map_unordered(_parse, [chunks[i] for i in todo], workers, scheduler):
            write_atomic(files[todo[k]], content)
            shown.update("", None, done=len(tasks[todo[k]].entries))
    samples.close()
    _join(source, files, tasks, dtype, target, report)
    shutil.rmtree(folder)
    return report


def _parse(chunk: _Chunk) -> bytes:
    """What is stored of a chunk, with a checksum."""
    part = reading.parse_all(chunk.task)
    poses = torch.from_numpy(part.poses).to(DTYPES[chunk.dtype])
    if not (fits := poses.isfinite().flatten(1).all(1)).all():
        clip = torch.tensor(part.lengths).cumsum(0) <= fits.long().argmin()
        raise ValueError(
            f"{part.names[int(clip.sum())]}: found coordinates that float16 cannot hold, expected metres; pass dtype='float32'"
        )
    tree = json.dumps({"names": part.names, "lengths": part.lengths, "notes": part.notes})
    return checkpoint.seal(PART, tree, {"poses": poses})


def _open(file: Path) -> tuple[dict, torch.Tensor]:
    tree, tensors = checkpoint.unseal(file, PART, "part of a conversion")
    return json.loads(tree), tensors["poses"]


def _whole(file: Path) -> bool:
    """Whether a chunk is done; what a power cut or a full disk left is not."""
    try:
        return file.exists() and bool(_open(file))
    except checkpoint.DamagedFile:
        return False


def _join(
    source, files: Sequence[Path], tasks: Sequence[reading.Task], dtype: str, target: Path, report: Report
) -> None:
    """All parts as one file, a part in memory at a time."""
    names, lengths = [], []
    for file, task in zip(files, tasks, strict=True):
        with safe_open(file, "pt") as part:  # the poses, and whether the file is whole, when they are copied
            tree = json.loads(part.metadata()["tree"])
        report.add(len(task.entries), len(tree["names"]), tree["notes"])
        names += tree["names"]
        lengths += tree["lengths"]
    fields = reading.described(source, names, lengths, report)
    shape = [int(fields["starts"][-1]), tasks[0].rules.persons, len(fields["skeleton"]), 3]
    storage.write(target, fields, _poses(files), shape, DTYPES[dtype])


def _poses(files: Sequence[Path]) -> Iterator[torch.Tensor]:
    for file in files:
        if len(poses := _open(file)[1]):
            yield poses
