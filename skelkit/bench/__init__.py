"""Benchmarks of the kit on this machine, as ratios."""

from ..utils.machine import machine
from .suite import BENCHES
from .timing import as_table, median_ratio, seconds

__all__ = ["BENCHES", "as_table", "machine", "median_ratio", "seconds"]
