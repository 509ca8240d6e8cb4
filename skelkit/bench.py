"""Measuring this machine, in ratios: both sides in one run, several times, medians."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable

import torch

from . import codecs, masks, motion
from .data import load
from .skeletons import NTU25


def median_ratio(run: Callable[[], object], against: Callable[[], object], rounds: int = 15) -> tuple[float, float, float]:
    """Median seconds of both, and the median of their ratio round by round; they take turns, after one warm-up each."""
    pairs = []
    for _ in range(rounds + 1):
        pairs.append((seconds(run), seconds(against)))
    pairs = pairs[1:]
    ratio = statistics.median(a / b for a, b in pairs)
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs), ratio


def _against_a_copy(what: str, run: Callable[[], object], x: torch.Tensor, clips: int, rounds: int) -> dict:
    """A row of a table: `run`, which deals with so many clips, against copying x once."""
    took, copy, ratio = median_ratio(run, x.clone, rounds)
    return {"what": what, "ms": 1000 * took, "copy ms": 1000 * copy, "times a copy": ratio, "clips a second": clips / took}


def seconds(run: Callable[[], object]) -> float:
    """How long a call takes, with all that it asked of a GPU."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    began = time.perf_counter()
    run()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - began


def machine() -> str:
    """Processor, threads and versions, without names or addresses."""
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return f"{platform.machine()}, {torch.get_num_threads()} threads{gpu}, Python {platform.python_version()}, torch {torch.__version__}"


def ntu_shaped(clips: int, device: torch.device, seed: int = 0) -> torch.Tensor:
    """A batch as ClipSet.batch makes it: [clips, 3, 120, 25, 2], both persons present."""
    generator = torch.Generator().manual_seed(seed)
    return motion.to_batch(torch.randn(clips, 120, 2, 25, 3, generator=generator).cumsum(1).to(device))


def bench_codecs(device: torch.device, clips: int = 512, rounds: int = 15) -> list[dict]:
    """Encode and decode against copying the decoded tensor once: time, ratio, bytes."""
    x = ntu_shaped(clips, device)
    rows = []
    for name, codec in {
        "uniform s=5, indexed": codecs.Uniform(5),
        "uniform s=5, half-pixel": codecs.Uniform(5, restore="half_pixel"),
        "uniform s=5, int8": codecs.Uniform(5, dtype="int8"),
        "cosine transform, 24": codecs.DCT(24),
        "cosine transform, 24, int8": codecs.DCT(24, dtype="int8"),
        "adaptive, 24 keyframes": codecs.Adaptive(24),
    }.items():
        y = codec.decode(codec.encode(x))
        few = rounds if not isinstance(codec, codecs.Adaptive) else 3
        rows.append(_against_a_copy(name, lambda codec=codec: codec.decode(codec.encode(x)), y, clips, few))
    return rows


def bench_clips(device: torch.device, clips: int = 3000, rounds: int = 5) -> list[dict]:
    """The embedded set, and batches from it against copying the batch."""
    took = statistics.median(seconds(lambda: load("synthetic", clips=clips)) for _ in range(rounds))
    rows = [{"what": "embedded clips made", "ms": 1000 * took, "clips a second": clips / took}]
    some = load("synthetic", clips=512).to(device)
    x = some.batch(slice(None), frames=120)
    some.present  # noqa: B018 - computed once per set, as in training
    return [*rows, _against_a_copy("batch of 512, 120 frames", lambda: some.batch(slice(None), frames=120), x, 512, rounds * 3)]


def bench_masks(device: torch.device, clips: int = 512, rounds: int = 15) -> list[dict]:
    """Masks of 512 clips of 50 frames against copying the clips."""
    x, generator = ntu_shaped(clips, device)[:, :, :50], torch.Generator().manual_seed(0)
    rows = []
    for name, draw in {
        "degree joints": lambda: masks.degree_joints(x, NTU25, 0.3, generator),
        "high-motion frames": lambda: masks.high_motion_frames(x, ratio=0.2),
        "high-motion frames, 6 Hz low-pass": lambda: masks.high_motion_frames(x, ratio=0.2, cutoff=6.0),
        "asymmetric views": lambda: masks.asymmetric_views(x, NTU25, generator),
    }.items():
        rows.append(_against_a_copy(name, draw, x, clips, rounds))
    return rows


def bench_charon(device: torch.device) -> list[dict]:
    """A training step of CHARON, stage by stage."""
    from .bench_charon import bench_charon

    return bench_charon(device)


def bench_asma(device: torch.device) -> list[dict]:
    """A pre-training step of ASMa, stage by stage."""
    from .bench_asma import bench_asma

    return bench_asma(device)


def bench_data(device: torch.device) -> list[dict]:
    """Raw NTU RGB+D files: against a parser that goes line by line, against reading the bytes alone, and with ever more files."""
    from .bench_data import bench_ntu

    return bench_ntu()


BENCHES: dict[str, Callable[..., list[dict]]] = {
    "asma": bench_asma,
    "charon": bench_charon,
    "clips": bench_clips,
    "codecs": bench_codecs,
    "data": bench_data,
    "masks": bench_masks,
}


def as_table(rows: list[dict]) -> str:
    """Rows as aligned text."""
    columns = list(dict.fromkeys(k for row in rows for k in row))
    cells = [columns] + [[_cell(row.get(c)) for c in columns] for row in rows]
    widths = [max(len(line[k]) for line in cells) for k in range(len(columns))]
    return "\n".join("  ".join(v.ljust(w) if k == 0 else v.rjust(w) for k, (v, w) in enumerate(zip(line, widths, strict=True))) for line in cells)


def _cell(value) -> str:
    return "" if value is None else value if isinstance(value, str) else f"{value:,.0f}" if value >= 1000 else f"{value:.2f}"
