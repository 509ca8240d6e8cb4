"""How fast raw NTU RGB+D files are read, against a parser that goes line by line, in the same rounds."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .bench import median_ratio, seconds
from .data import load, ntu, ntu_synth, ntu_text


def bench_ntu(files: int = 200, rounds: int = 5, growth: Sequence[int] = (250, 1000)) -> list[dict]:
    """Files of 80 frames and one or two persons: parsed from memory, ours against line by line; then whole folders, read by one process.

    Few different files are written (20): the rest of a folder are links to them.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = load("synthetic", clips=20, frames=80)
        ntu_synth.synthesise(folder / "raw", clips, oddities=False)
        written = sorted((folder / "raw").iterdir())
        texts = [path.read_bytes() for path in written]
        few = [texts[i % len(texts)] for i in range(files)]
        ours, plain, ratio = median_ratio(lambda: [ntu_text.parse(t) for t in few], lambda: [line_by_line(t) for t in few], rounds)
        size = sum(map(len, few))
        rows = [
            {
                "what": "parse, one core", "files": files, "megabytes": size / 1e6, "files a second": files / ours, "MB a second": size / 1e6 / ours,
                "line by line, files a second": files / plain, "times faster": 1 / ratio,
            }
        ]  # fmt: skip
        for count in growth:
            whole = folder / str(count)
            whole.mkdir()
            for i in range(count):
                os.link(written[i % len(written)], whole / f"S{i // 100 + 1:03d}C001P{i % 100 + 1:03d}R001A001.skeleton")
            took = seconds(lambda whole=whole: ntu.read(whole, workers=1, progress=False))
            rows.append({"what": "read a folder, one core", "files": count, "files a second": count / took})
    return rows


def line_by_line(data: bytes) -> list[tuple[int, int, np.ndarray]]:
    """(frame, tracking id, joints [25, 12]) as the scripts that come with published models do it."""
    lines = iter(data.decode().splitlines())
    found = []
    for frame in range(int(next(lines))):
        for _ in range(int(next(lines))):
            identity = int(next(lines).split()[0])
            found.append((frame, identity, np.array([[float(word) for word in next(lines).split()] for _ in range(int(next(lines)))], np.float32)))
    return found
