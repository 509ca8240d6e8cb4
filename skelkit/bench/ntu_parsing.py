"""How fast raw NTU RGB+D files are read: against a parser that goes line by line, against reading the bytes alone, and with ever more files."""

from __future__ import annotations

import multiprocessing
import os
import re
import statistics
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from ..data import load, ntu
from ..data.ntu import layout, sample_writer
from ..utils import parallel
from .timing import median_ratio, seconds


def bench_ntu(files: int = 200, rounds: int = 5, growth: Sequence[int] = (1000, 4000, 16000)) -> list[dict]:
    """Files of 80 frames and one or two persons, ours against line by line and against reading the bytes alone; then whole folders converted.

    Few different files are written (20): the rest of a folder are links to them, so no disk is waited for. A folder is converted to one
    file by one process, started for it: its highest memory is counted from its own start. The largest is converted once more on all cores.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = load("synthetic", clips=20, frames=80)
        sample_writer.synthesise(folder / "raw", clips, oddities=False)
        written = sorted((folder / "raw").iterdir())
        few = [written[i % len(written)] for i in range(files)]
        texts = [path.read_bytes() for path in few]
        size = sum(map(len, texts))
        rows = []
        for what, ours, other in (
            (
                "parse, against line by line",
                lambda: [layout.parse(t) for t in texts],
                lambda: [line_by_line(t) for t in texts],
            ),
            (
                "parse, against reading the cached bytes",
                lambda: [layout.parse(p.read_bytes()) for p in few],
                lambda: [p.read_bytes() for p in few],
            ),
        ):
            took, theirs, ratio = median_ratio(ours, other, rounds)
            rows.append(
                _row(what, files, size, took)
                | {
                    "the other, files a second": files / theirs,
                    "the other, MB a second": size / 1e6 / theirs,
                    "times faster": 1 / ratio,
                }
            )
        for count in growth:
            whole = folder / str(count)
            whole.mkdir()
            for i in range(count):
                os.link(
                    written[i % len(written)],
                    whole / f"S{i // 100 + 1:03d}C001P{i % 100 + 1:03d}R001A001.skeleton",
                )
            took, peak = _alone(whole, 1)
            rows.append(
                _row("a folder to one file", count, size / files * count, took) | {"peak memory, MB": peak}
            )
        line_by_line_alone = rows[0]["the other, files a second"]
        took = _on_all_cores(few, rounds)
        row = _row(f"parse on all {parallel.cores()} cores, against line by line on one", files, size, took)
        rows.insert(1, row | {"times faster": files / took / line_by_line_alone})
        took, _ = _alone(whole, parallel.cores())
        rows.append(
            _row(f"the same on all {parallel.cores()} cores", count, size / files * count, took)
            | {"times faster": count / took / line_by_line_alone}
        )
    return rows


def _row(what: str, files: int, size: float, took: float) -> dict:
    return {"what": what, "files": files, "files a second": files / took, "MB a second": size / 1e6 / took}


def _on_all_cores(paths: Sequence[Path], rounds: int) -> float:
    """Seconds in which processes that have started read and parse these files, ten times over for each measurement; median."""
    cores = parallel.cores()
    parts = [paths[i::cores] * 10 for i in range(cores)]
    with ProcessPoolExecutor(cores, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(_parse, parts))
        return statistics.median(seconds(lambda: list(pool.map(_parse, parts))) for _ in range(rounds)) / 10


def _parse(paths: Sequence[Path]) -> None:
    for path in paths:
        layout.parse(path.read_bytes())


def _alone(source: Path, workers: int) -> tuple[float, float | None]:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_converted, source, workers).result()


def _converted(source: Path, workers: int) -> tuple[float, float | None]:
    """Seconds of a conversion by this process (and others), and its highest memory in MB where the system tells (Linux)."""
    took = seconds(
        lambda: ntu.convert(
            source, source.with_suffix(f".{workers}.safetensors"), workers=workers, progress=False
        )
    )
    status = Path("/proc/self/status")  # getrusage would count what the process that started this one held
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return took, int(found[1]) / 1024 if found else None


def line_by_line(data: bytes) -> list[tuple[int, int, np.ndarray]]:
    """(frame, tracking id, joints [25, 12]) as the scripts that come with published models do it."""
    lines = iter(data.decode().splitlines())
    found = []
    for frame in range(int(next(lines))):
        for _ in range(int(next(lines))):
            identity = int(next(lines).split()[0])
            found.append(
                (
                    frame,
                    identity,
                    np.array(
                        [[float(word) for word in next(lines).split()] for _ in range(int(next(lines)))],
                        np.float32,
                    ),
                )
            )
    return found
