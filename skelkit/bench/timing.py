"""Paired timing, and tables of its results."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from torch.utils.flop_counter import FlopCounterMode


def median_ratio(
    run: Callable[[], object], against: Callable[[], object], rounds: int = 15
) -> tuple[float, float, float]:
    """Median seconds of both, and the median of their ratio round by round; they take turns, after one warm-up each."""
    pairs = []
    for _ in range(rounds + 1):
        pairs.append((seconds(run), seconds(against)))
    pairs = pairs[1:]
    ratio = statistics.median(a / b for a, b in pairs)
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs), ratio


def against_a_copy(what: str, run: Callable[[], object], x: torch.Tensor, clips: int, rounds: int) -> dict:
    """A row of a table: `run`, which deals with so many clips, against copying x once."""
    took, copy, ratio = median_ratio(run, x.clone, rounds)
    return {
        "what": what,
        "ms": 1000 * took,
        "copy ms": 1000 * copy,
        "times a copy": ratio,
        "clips a second": clips / took,
    }


def seconds(run: Callable[[], object]) -> float:
    """How long a call takes, with all that it asked of a GPU."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    began = time.perf_counter()
    run()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - began


def as_table(rows: list[dict]) -> str:
    """Rows as aligned text."""
    columns = list(dict.fromkeys(k for row in rows for k in row))
    cells = [columns] + [[_cell(row.get(c)) for c in columns] for row in rows]
    widths = [max(len(line[k]) for line in cells) for k in range(len(columns))]
    return "\n".join(
        "  ".join(
            v.ljust(w) if k == 0 else v.rjust(w) for k, (v, w) in enumerate(zip(line, widths, strict=True))
        )
        for line in cells
    )


def _cell(value) -> str:
    return (
        ""
        if value is None
        else value
        if isinstance(value, str)
        else f"{value:,.0f}"
        if value >= 1000
        else f"{value:.2f}"
    )


def against_products(
    name: str, run: Callable[[], object], device: torch.device, precision: str, rounds: int
) -> dict:
    """A row of a table: time and operations of `run`, and of bare matrix products of as many operations in the same rounds."""
    with FlopCounterMode(display=False) as counter:
        run()
    flops = counter.get_total_flops()
    if flops < 1e8:  # nothing that a matrix product would have to do
        run()
        return {"what": name, "ms": 1000 * statistics.median(seconds(run) for _ in range(rounds))}
    took, floor, ratio = median_ratio(run, products(flops, device, precision), rounds)
    return {
        "what": name,
        "ms": 1000 * took,
        "GFLOP": flops / 1e9,
        "bare products ms": 1000 * floor,
        "times bare products": ratio,
    }


def products(flops: float, device: torch.device, precision: str = "fp32") -> Callable[[], None]:
    """A function of matrix products of about so many operations, large ones on a GPU: what the device can do at best."""
    side = 4096 if device.type == "cuda" else 512
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    a, b = torch.randn(2, side, side, device=device).to(dtype)
    out = torch.empty_like(a)

    def run() -> None:
        for _ in range(max(1, round(flops / (2 * side**3)))):
            torch.mm(a, b, out=out)

    return run
