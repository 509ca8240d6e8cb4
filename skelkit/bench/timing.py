"""Paired timing against a reference, and tables of the results."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

Row = dict[str, Any]
"""A row of a table: text or number by column."""

MIN_FLOPS = 1e8
"""Below this number of operations, a comparison with matrix products says nothing."""


def seconds(run: Callable[[], object]) -> float:
    """Time of one call in seconds, including the work that it starts on a GPU."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    began = time.perf_counter()
    run()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - began


def median_ratio(
    run: Callable[[], object], against: Callable[[], object], rounds: int = 15
) -> tuple[float, float, float]:
    """Median seconds of both functions, and the median over rounds of run / against.

    The functions take turns, after one unmeasured call of each.
    """
    pairs = [(seconds(run), seconds(against)) for _ in range(rounds + 1)][1:]
    ratio = statistics.median(a / b for a, b in pairs)
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs), ratio


def against_a_copy(what: str, run: Callable[[], object], x: Tensor, clips: int, rounds: int) -> Row:
    """Row for a function that processes `clips` clips: its time against copying x once."""
    took, copy, ratio = median_ratio(run, x.clone, rounds)
    return {
        "what": what,
        "ms": 1000 * took,
        "copy ms": 1000 * copy,
        "times a copy": ratio,
        "clips a second": clips / took,
    }


def against_products(
    what: str, run: Callable[[], object], device: torch.device, precision: str, rounds: int
) -> Row:
    """Row for a function: its time and operations against matrix products of as many operations.

    Args:
        precision: of the matrix products, "fp32" or "bf16".
    """
    with FlopCounterMode(display=False) as counter:
        run()
    flops = counter.get_total_flops()
    if flops < MIN_FLOPS:
        run()
        return {"what": what, "ms": 1000 * statistics.median(seconds(run) for _ in range(rounds))}
    took, floor, ratio = median_ratio(run, products(flops, device, precision), rounds)
    return {
        "what": what,
        "ms": 1000 * took,
        "GFLOP": flops / 1e9,
        "bare products ms": 1000 * floor,
        "times bare products": ratio,
    }


def products(flops: float, device: torch.device, precision: str = "fp32") -> Callable[[], None]:
    """A function of matrix products with about this number of operations: the most that the device can do.

    Matrices are of a size that suits the device, in bfloat16 for precision "bf16".
    """
    side = 4096 if device.type == "cuda" else 512
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    a, b = torch.randn(2, side, side, device=device).to(dtype)
    out = torch.empty_like(a)

    def run() -> None:
        for _ in range(max(1, round(flops / (2 * side**3)))):
            torch.mm(a, b, out=out)

    return run


def as_table(rows: list[Row]) -> str:
    """Rows as aligned text; a column for each key of any row."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    cells = [columns] + [[_cell(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(line[k]) for line in cells) for k in range(len(columns))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if k else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in cells
    )


def _cell(value: str | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if value >= 1000 else f"{value:.2f}"
