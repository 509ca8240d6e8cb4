"""The table of benchmarks."""

from __future__ import annotations

from collections.abc import Callable

import torch

from .operations import bench_clips, bench_codecs, bench_masks


def bench_charon(device: torch.device) -> list[dict]:
    """A training step of CHARON, stage by stage."""
    from .charon import bench_charon

    return bench_charon(device)


def bench_asma(device: torch.device) -> list[dict]:
    """A pre-training step of ASMa, stage by stage."""
    from .asma import bench_asma

    return bench_asma(device)


def bench_data(device: torch.device) -> list[dict]:
    """Raw NTU RGB+D files: against a parser that goes line by line, against reading the bytes alone, and with ever more files."""
    from .ntu_parsing import bench_ntu

    return bench_ntu()


BENCHES: dict[str, Callable[..., list[dict]]] = {
    "asma": bench_asma,
    "charon": bench_charon,
    "clips": bench_clips,
    "codecs": bench_codecs,
    "data": bench_data,
    "masks": bench_masks,
}
