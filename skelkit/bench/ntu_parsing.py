"""Benchmark of reading raw NTU RGB+D files: parsing, on one core and on all, and conversion of folders."""

from __future__ import annotations

import multiprocessing
import os
import re
import statistics
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from ..data import load, ntu
from ..data.ntu import layout, sample_writer
from ..utils import parallel
from .timing import Row, median_ratio, seconds


def bench_ntu(files: int = 200, rounds: int = 5, growth: Sequence[int] = (1000, 4000, 16000)) -> list[Row]:
    """Parsing against a line-by-line parser and against reading the bytes alone; conversion of folders.

    Files have 80 frames and one or two persons. Only 20 different ones are written; others are links to them,
    so that the disk does not limit the speed.

    Args:
        files: number of files that are parsed.
        rounds: measurements of each parser.
        growth: numbers of files in the folders that are converted to one file each, by one process. The
            largest is converted once more on all cores.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = load("synthetic", clips=20, frames=80)
        sample_writer.synthesise(folder / "raw", clips, oddities=False)
        written = sorted((folder / "raw").iterdir())
        paths = [written[i % len(written)] for i in range(files)]
        size = sum(path.stat().st_size for path in paths)
        plain, disk = _parsers(paths, size, rounds)
        reference = plain["the other, files a second"]

        cores = parallel.cores()
        took = _seconds_on_all_cores(paths, rounds)
        every = _row(f"parse on all {cores} cores, against line by line on one", files, size, took)
        rows = [plain, every | {"times faster": files / took / reference}, disk]

        for count in growth:
            source = _folder_of_links(folder / str(count), written, count)
            took, peak = _convert_in_new_process(source, 1)
            row = _row("a folder to one file", count, size / files * count, took)
            rows.append(row | {"peak memory, MB": peak})
        took, _ = _convert_in_new_process(source, cores)
        row = _row(f"the same on all {cores} cores", count, size / files * count, took)
        return [*rows, row | {"times faster": count / took / reference}]


def _parsers(paths: Sequence[Path], size: float, rounds: int) -> list[Row]:
    """Rows of our parser against a line-by-line parser, and against reading the bytes alone."""
    texts = [path.read_bytes() for path in paths]

    def row(what: str, ours: Callable[[], object], other: Callable[[], object]) -> Row:
        took, theirs, ratio = median_ratio(ours, other, rounds)
        return _row(what, len(paths), size, took) | {
            "the other, files a second": len(paths) / theirs,
            "the other, MB a second": size / 1e6 / theirs,
            "times faster": 1 / ratio,
        }

    return [
        row(
            "parse, against line by line",
            lambda: [layout.parse(text) for text in texts],
            lambda: [line_by_line(text) for text in texts],
        ),
        row(
            "parse, against reading the cached bytes",
            lambda: [layout.parse(path.read_bytes()) for path in paths],
            lambda: [path.read_bytes() for path in paths],
        ),
    ]


def _row(what: str, files: int, size: float, took: float) -> Row:
    return {"what": what, "files": files, "files a second": files / took, "MB a second": size / 1e6 / took}


def _folder_of_links(folder: Path, written: Sequence[Path], count: int) -> Path:
    """A folder of `count` files, named as in NTU RGB+D, that are links to the written ones."""
    folder.mkdir()
    for i in range(count):
        name = f"S{i // 100 + 1:03d}C001P{i % 100 + 1:03d}R001A001.skeleton"
        os.link(written[i % len(written)], folder / name)
    return folder


def _seconds_on_all_cores(paths: Sequence[Path], rounds: int) -> float:
    """Median seconds to read and parse the files by processes that are running already.

    In each measurement the files are parsed ten times.
    """
    cores = parallel.cores()
    parts = [list(paths[i::cores]) * 10 for i in range(cores)]
    with ProcessPoolExecutor(cores, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(_parse, parts))
        return statistics.median(seconds(lambda: list(pool.map(_parse, parts))) for _ in range(rounds)) / 10


def _parse(paths: Sequence[Path]) -> None:
    for path in paths:
        layout.parse(path.read_bytes())


def _convert_in_new_process(source: Path, workers: int) -> tuple[float, float | None]:
    """`_convert` in a process of its own, whose peak memory is that of the conversion."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_convert, source, workers).result()


def _convert(source: Path, workers: int) -> tuple[float, float | None]:
    """Seconds of a conversion, and the peak memory of this process in MB (None where there is no /proc)."""
    target = source.with_suffix(f".{workers}.safetensors")
    took = seconds(lambda: ntu.convert(source, target, workers=workers, progress=False))
    status = Path("/proc/self/status")  # getrusage would include the memory of the parent process
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return took, int(found[1]) / 1024 if found else None


def line_by_line(data: bytes) -> list[tuple[int, int, np.ndarray]]:
    """(frame, tracking id, joints [25, 12]) for each body, as scripts of published models parse a file."""
    lines = iter(data.decode().splitlines())
    bodies = []
    for frame in range(int(next(lines))):
        for _ in range(int(next(lines))):
            identity = int(next(lines).split()[0])
            joints = [[float(word) for word in next(lines).split()] for _ in range(int(next(lines)))]
            bodies.append((frame, identity, np.array(joints, np.float32)))
    return bodies
