"""Convert NTU RGB+D to one .safetensors file: in bounded memory, in parallel, and resumable after a kill.

The samples, sorted by name, are divided into chunks. The result of each chunk is written to the folder
``TARGET.parts``, under a name derived from everything that determines it: the chunk's samples with their
sizes and checksums, and the options. A chunk with such a file is not parsed again. At the end all chunks
are joined, and the folder is removed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from ...utils import checkpoint, parallel
from ...utils.files import check_target, make_folder, write_atomic
from ...utils.locks import locked
from ...utils.progress import ProgressBar
from ...utils.validation import MALFORMED, path_of, reason
from .. import storage
from ..errors import UnreadableFile
from . import reading, samples
from .bodies import Rules
from .report import Report

CHUNK_FORMAT = "skelkit-ntu-part-1"
"""Format of the files of chunks."""

DTYPES = {"float32": torch.float32, "float16": torch.float16}


@dataclass(frozen=True)
class _Chunk:
    """A task and the dtype in which its poses are stored."""

    task: reading.Task
    dtype: str

    @property
    def key(self) -> str:
        """Hash of everything that determines the content; the location of the samples does not."""
        entries = [(e.name, e.size, e.stamp) for e in self.task.entries]
        about = [CHUNK_FORMAT, self.dtype, asdict(self.task.rules), self.task.damaged, entries]
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
    **rules: Any,
) -> Report:
    """Write the clips that `skelkit.data.ntu.read` gives, as the file that `ClipSet.save` would write.

    The bytes are the same for any number of workers. If the conversion is killed, `target` does not exist
    or is unchanged; calling it again resumes after the chunks that are done.

    Args:
        source: a folder or zip archive of NTU RGB+D, as in `skelkit.data.ntu.read`.
        target: ends in .safetensors; replaced if it exists.
        dtype: of the poses, "float32" or "float16" (half the bytes; error at most 1 mm within 4 m of the
            camera, 2 mm within 8 m).
        workers: number of processes. Default: as many as save time, at most one per core.
        progress: show a progress bar. Default: in a terminal or notebook.
        scheduler: address of a Dask scheduler whose workers parse, "tcp://host:8786"; `source` must have
            the same path there, and skelkit must be installed. Needs ``pip install 'skelkit[cluster]'``.
        missing, only, damaged: as in `skelkit.data.ntu.read`.
        rules: fields of `Rules`.

    Returns:
        Report on everything that was dropped.

    Raises:
        ValueError, FileNotFoundError: as in `skelkit.data.ntu.read`.
        ImportError: a scheduler is given, but Dask is not installed.
        Busy: another process converts to this target.
        OSError: the target cannot be written; says why and what to do.
    """
    target, source = path_of(target, "target"), path_of(source, "source").absolute()
    if target.suffix != ".safetensors":
        raise ValueError(
            f"{target}: found the ending {target.suffix!r}, expected .safetensors, which sk.load reads; "
            "rename the target"
        )
    if dtype not in DTYPES:
        raise ValueError(f"dtype={dtype!r}: expected {' or '.join(map(repr, DTYPES))}")
    check_target(target)
    report = Report()
    tasks = reading.plan(source, Rules(**rules), report, missing=missing, only=only, damaged=damaged)
    chunks = [_Chunk(task, dtype) for task in tasks]
    folder = make_folder(target.with_name(f"{target.name}.parts"))
    files = [folder / f"{i:06d}-{chunk.key}.safetensors" for i, chunk in enumerate(chunks)]
    with locked(folder / ".lock", seconds=0):
        _parse_missing(source, chunks, files, workers, scheduler, progress)
        samples.close()
        _join(source, files, tasks, dtype, target, report)
        shutil.rmtree(folder)
    return report


def _parse_missing(
    source: Path,
    chunks: Sequence[_Chunk],
    files: Sequence[Path],
    workers: int | None,
    scheduler: str | None,
    progress: bool | None,
) -> None:
    """Parse every chunk whose file does not exist yet, and write the file."""
    sizes = [len(chunk.task.entries) for chunk in chunks]
    with ProgressBar(f"converting {source.name}", sum(sizes), progress, unit="file") as bar:
        missing = []
        for i, file in enumerate(files):
            if _is_complete(file):
                bar.update("", None, done=sizes[i])
            else:
                missing.append(i)
        if workers is None:
            workers = reading.useful_workers([chunks[i].task for i in missing])
        todo = [chunks[i] for i in missing]
        for k, content in parallel.map_unordered(_parse, todo, workers, scheduler):
            write_atomic(files[missing[k]], content)
            bar.update("", None, done=sizes[missing[k]])


def _parse(chunk: _Chunk) -> bytes:
    """Content of the file of a chunk, with a checksum."""
    result = reading.parse_all(chunk.task)
    poses = torch.from_numpy(result.poses).to(DTYPES[chunk.dtype])
    if not (fits := poses.isfinite().flatten(1).all(1)).all():
        clip = torch.tensor(result.lengths).cumsum(0) <= fits.long().argmin()
        found, expected = "coordinates that float16 cannot hold", "metres"
        raise UnreadableFile(result.names[int(clip.sum())], found, expected, "pass dtype='float32'")
    tree = json.dumps({"names": result.names, "lengths": result.lengths, "notes": result.notes})
    return checkpoint.seal(CHUNK_FORMAT, tree, {"poses": poses})


def _open(file: Path) -> tuple[dict[str, Any], torch.Tensor]:
    tree, tensors = checkpoint.unseal(file, CHUNK_FORMAT, "chunk of a conversion")
    try:
        about = json.loads(tree)
        if about.keys() >= {"names", "lengths", "notes"} and sum(about["lengths"]) == len(tensors["poses"]):
            return about, tensors["poses"]
        raise ValueError("other fields")
    except MALFORMED as error:
        raise checkpoint.DamagedFile(f"{file}: whole, but no chunk ({reason(error)})") from None


def _is_complete(file: Path) -> bool:
    """Whether a chunk is done; a file damaged by a power cut or a full disk does not count."""
    try:
        return file.exists() and bool(_open(file))
    except checkpoint.DamagedFile:
        return False


def _join(
    source: Path,
    files: Sequence[Path],
    tasks: Sequence[reading.Task],
    dtype: str,
    target: Path,
    report: Report,
) -> None:
    """Join all chunks to one file, with one chunk in memory at a time."""
    names: list[str] = []
    lengths: list[int] = []
    for file, task in zip(files, tasks, strict=True):
        with safe_open(file, "pt") as content:  # `_poses` checks that the file is whole
            tree = json.loads(content.metadata()["tree"])
        report.add(len(task.entries), len(tree["names"]), tree["notes"])
        names += tree["names"]
        lengths += tree["lengths"]
    fields = reading.clip_fields(source, names, lengths, report)
    shape = [int(fields["starts"][-1]), tasks[0].rules.persons, len(fields["skeleton"]), 3]
    storage.write(target, fields, _poses(files), shape, DTYPES[dtype])


def _poses(files: Sequence[Path]) -> Iterator[torch.Tensor]:
    for file in files:
        if len(poses := _open(file)[1]):
            yield poses
