"""The table of benchmarks."""

from __future__ import annotations

from collections.abc import Callable

import torch

from .asma import bench_asma
from .charon import bench_charon
from .ntu_parsing import bench_ntu
from .operations import bench_clips, bench_codecs, bench_masks
from .timing import Row

BENCHES: dict[str, Callable[[torch.device], list[Row]]] = {
    "asma": bench_asma,
    "charon": bench_charon,
    "clips": bench_clips,
    "codecs": bench_codecs,
    "data": lambda device: bench_ntu(),  # reads files, on the CPU
    "masks": bench_masks,
}
"""Benchmarks by name: device -> rows of a table."""
