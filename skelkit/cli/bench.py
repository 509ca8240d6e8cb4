"""`skelkit bench`: benchmarks of this machine."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace

from .. import bench
from ..utils.machine import pick_device
from ..utils.validation import one_of
from .command import Command


def _add_arguments(parser: ArgumentParser) -> None:
    names = ", ".join(bench.BENCHES)
    parser.add_argument("benchmarks", nargs="*", metavar="BENCHMARK", help=f"{names}. Default: all")
    parser.add_argument("--device", default="auto", help='"auto", "cpu" or "cuda". Default: auto')
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")


def _run(options: Namespace) -> int:
    for name in options.benchmarks:
        one_of(name, bench.BENCHES, "benchmark")
    device = pick_device(options.device)
    results = {name: bench.BENCHES[name](device) for name in options.benchmarks or bench.BENCHES}
    if options.json:
        print(json.dumps({"machine": bench.machine(), "device": str(device)} | results, indent=1))
        return 0
    print(bench.machine())
    for name, rows in results.items():
        print(f"\n{name}\n{bench.as_table(rows)}")
    return 0


COMMAND = Command(
    name="bench",
    help="measure the speed of this machine, as ratios",
    description="Time parts of the library; each timing alternates with a copy of the same tensor. Print "
    "medians. Absolute times vary from run to run; compare the ratios.",
    add_arguments=_add_arguments,
    run=_run,
)
