"""The table of benchmarks, each imported when it runs."""

from __future__ import annotations

from collections.abc import Callable

import torch

from .operations import bench_clips, bench_codecs, bench_masks
from .timing import Row


def bench_asma(device: torch.device) -> list[Row]:
    """Stages of an ASMa pre-training step; see `asma`."""
    from . import asma

    return asma.bench_asma(device)


def bench_charon(device: torch.device) -> list[Row]:
    """Stages of a CHARON training step; see `charon`."""
    from . import charon

    return charon.bench_charon(device)


def bench_data(device: torch.device) -> list[Row]:
    """Parsing and conversion of raw NTU RGB+D files, which run on the CPU; see `ntu_parsing`."""
    from . import ntu_parsing

    return ntu_parsing.bench_ntu()


BENCHES: dict[str, Callable[[torch.device], list[Row]]] = {
    "asma": bench_asma,
    "charon": bench_charon,
    "clips": bench_clips,
    "codecs": bench_codecs,
    "data": bench_data,
    "masks": bench_masks,
}
"""Benchmarks by name: device -> rows of a table."""
