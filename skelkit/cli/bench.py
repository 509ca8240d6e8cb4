"""`skelkit bench`: benchmarks of this machine."""

from __future__ import annotations

import json

from .. import study
from ..utils.validation import one_of


def add_bench(commands) -> None:
    from .. import bench

    command = commands.add_parser(
        "bench",
        help="measure this machine, in ratios",
        description="Time the library's parts against copying the same memory once, in turns; medians. Machines are noisy: read the ratios.",
    )
    command.add_argument(
        "what", nargs="*", metavar="WHAT", help=f"{', '.join(bench.BENCHES)}; all unless given"
    )
    command.add_argument("--device", default="auto", help='"auto", "cpu" or "cuda"')
    command.add_argument("--json", action="store_true", help="as JSON, for programs")
    command.set_defaults(run=run_bench)


def run_bench(options) -> int:
    from .. import bench

    for name in options.what:
        one_of(name, bench.BENCHES, "benchmark")
    device = study.pick_device(options.device)
    found = {name: bench.BENCHES[name](device) for name in options.what or bench.BENCHES}
    if options.json:
        print(json.dumps({"machine": bench.machine(), "device": str(device)} | found, indent=1))
        return 0
    print(bench.machine())
    for name, rows in found.items():
        print(f"\n{name}\n{bench.as_table(rows)}")
    return 0
