"""Benchmarks of skelkit on this machine, as ratios to a reference measured in alternation."""

from __future__ import annotations

from ..utils.machine import machine
from .suite import BENCHES
from .timing import as_table, median_ratio, seconds

__all__ = ["BENCHES", "as_table", "machine", "median_ratio", "seconds"]
