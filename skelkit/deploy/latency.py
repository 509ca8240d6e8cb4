"""Latency of several functions, measured in alternation."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Latency:
    """Median and 95th percentile of the time of a call, in milliseconds."""

    median: float
    p95: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ms (95 %: {self.p95:.2f} ms)"


def measure(
    functions: Mapping[str, Callable[[], object]], rounds: int = 200, warm_up: int = 20
) -> dict[str, Latency]:
    """Latency of each function by name, on one thread and in inference mode.

    The functions take turns, so that other load on the machine affects all of them alike. A function that
    starts work on a GPU has to synchronise itself. An onnxruntime session uses the number of threads that it
    was created with (`Recognizer` creates it with one).

    Args:
        functions: to be measured, by name.
        rounds: measured calls of each function.
        warm_up: unmeasured calls of each function before.

    Raises:
        ValueError: No functions or no rounds.

    >>> small, large = torch.ones(9), torch.ones(3_000_000)
    >>> found = measure({"small": small.sum, "large": large.sum}, rounds=5, warm_up=1)
    >>> found["small"].median < found["large"].median
    True
    """
    if not functions or rounds < 1:
        raise ValueError(f"{len(functions)} functions, {rounds} rounds: nothing would be measured")
    threads = torch.get_num_threads()
    times: dict[str, list[float]] = {name: [] for name in functions}
    try:
        torch.set_num_threads(1)
        with torch.inference_mode():
            for _ in range(warm_up + rounds):
                for name, function in functions.items():
                    begin = time.perf_counter()
                    function()
                    times[name].append((time.perf_counter() - begin) * 1000)
    finally:
        torch.set_num_threads(threads)
    measured = {name: torch.tensor(spent[warm_up:], dtype=torch.float64) for name, spent in times.items()}
    return {name: Latency(float(ms.median()), float(ms.quantile(0.95))) for name, ms in measured.items()}
