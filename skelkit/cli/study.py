"""`skelkit study`: run the notebooks and write a report."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from .. import study
from ..utils.files import check_target
from ..utils.machine import pick_device
from . import dataset
from .command import Command, require


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "notebooks",
        nargs="*",
        metavar="NOTEBOOK",
        help="notebooks to run, by number (01) or name (compression). Default: all",
    )
    parser.add_argument(
        "--preset", default="explore", choices=list(study.STUDY_PRESETS), help="Default: explore"
    )
    parser.add_argument(
        "--dataset",
        default="synthetic",
        help='"synthetic", or a path to recordings that `skelkit data describe` reads. Default: synthetic',
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of the embedded data and of every random draw. Default: 0"
    )
    parser.add_argument(
        "--device", default="auto", help='"auto" (a GPU if there is one), "cpu" or "cuda". Default: auto'
    )
    parser.add_argument("--out", type=Path, help="folder to write to. Default: build/study/DATASET-PRESET")


def _run(options: Namespace) -> int:
    require("papermill", "notebooks")
    from ..study import report, runner

    pick_device(options.device)
    source, label = dataset.resolved(options.dataset)
    out = options.out or Path("build", "study", f"{label}-{options.preset}")
    check_target(out / "report.html")
    start = time.perf_counter()
    print(f"study: preset {options.preset}, data set {label}, seed {options.seed}")
    parameters = {
        "preset": options.preset,
        "dataset": source,
        "seed": options.seed,
        "device": options.device,
    }
    runs = runner.run_all(options.notebooks, out, parameters)
    page = report.write(runs, out / runner.REPORT[0])
    print(f"report:  {page}\ntook {time.perf_counter() - start:.0f} s")
    failed = [run.name for run in runs if run.error]
    if failed:
        print(f"failed: {', '.join(failed)}")
    return int(bool(failed))


COMMAND = Command(
    name="study",
    help="run the notebooks and write a report of HTML pages",
    description="Run the notebooks without user interaction, check every claim in them, and write the "
    "executed notebooks, the recorded values (JSON), report.html, and beside it a page for each notebook "
    "in the folder report, which need no network. A notebook that fails stops no other one; the exit "
    "status is then 1.",
    add_arguments=_add_arguments,
    run=_run,
    epilog="\n  ".join(["presets:", *study.describe_presets().split("; ")]),
)
