"""How long one call takes, of several functions side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Latency:
    """Milliseconds: half of the calls took at most `median`, 95 % at most `p95`."""

    median: float
    p95: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ms (95 %: {self.p95:.2f} ms)"


def measure(
    functions: Mapping[str, Callable[[], object]], rounds: int = 200, warm_up: int = 20
) -> dict[str, Latency]:
    """Time of one call of each function, name -> `Latency`: in turn in the same run, on one thread, warm, in inference mode.

    What else the machine does then hits all of them alike. A function that starts work on a GPU has to wait for it itself; an
    onnxruntime session has the threads it was made with (`Recognizer` makes it with one).

    Raises:
        ValueError: no functions or no rounds.

    >>> spent = measure({"small": lambda: torch.ones(9).sum(), "large": lambda: torch.ones(3_000_000).sum()}, rounds=5, warm_up=1)
    >>> spent["small"].median < spent["large"].median
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
    kept = {name: torch.tensor(spent[warm_up:], dtype=torch.float64) for name, spent in times.items()}
    return {name: Latency(float(spent.median()), float(spent.quantile(0.95))) for name, spent in kept.items()}
