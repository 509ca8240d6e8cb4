"""`skelkit study`: run the notebooks and write a report."""

from __future__ import annotations

import time
from pathlib import Path

from .. import study


def add_study(commands) -> None:
    command = commands.add_parser(
        "study",
        help="run the notebooks and write one HTML report",
        description="Run the notebooks from start to end with nobody there, check every claim in them, and write executed notebooks, "
        "recorded values (JSON) and one self-contained report.html. Exit status 1 if a claim is false.",
        epilog=f"presets — {study.describe_presets()}",
    )
    command.add_argument(
        "notebooks",
        nargs="*",
        metavar="NOTEBOOK",
        help="which ones, by number (01) or name (compression); all unless given",
    )
    command.add_argument(
        "--preset", default="smoke", choices=list(study.PRESETS), help="how much work to do (default: smoke)"
    )
    command.add_argument(
        "--dataset",
        default="synthetic",
        help='"synthetic" (default) or a path of any recordings that `skelkit data describe` reads',
    )
    command.add_argument(
        "--seed", type=int, default=0, help="of the embedded data and of every draw (default: 0)"
    )
    command.add_argument(
        "--device", default="auto", help='"auto" (default: a GPU where there is one), "cpu", "cuda"'
    )
    command.add_argument("--out", type=Path, help="folder to write to (default: build/study/DATASET-PRESET)")
    command.set_defaults(run=run_study)


def run_study(options) -> int:
    from ..study import report, runner

    study.pick_device(options.device)
    dataset, label = dataset_argument(options.dataset)
    out = options.out or Path("build", "study", f"{label}-{options.preset}")
    began = time.perf_counter()
    print(f"the study: preset {options.preset}, dataset {label}, seed {options.seed}")
    parameters = {
        "preset": options.preset,
        "dataset": dataset,
        "seed": options.seed,
        "device": options.device,
    }
    runs = runner.run_all(options.notebooks, out, parameters)
    page = report.write(runs, out / "report.html")
    print(f"report:  {page}  ({page.stat().st_size / 1e6:.1f} MB)\ntook {time.perf_counter() - began:.0f} s")
    return 0


def dataset_argument(given: str) -> tuple[str, str]:
    """What notebooks get (they run in another folder, so paths become absolute), and a short name for folders."""
    if given == "synthetic":
        return given, given
    from ..data import load

    path = Path(given).expanduser()
    if not given or not path.exists():
        raise FileNotFoundError(
            f'{given}: no such file or folder; --dataset takes a path, or "synthetic" for the embedded data'
        )
    load(path)  # what is wrong with the data is said now, not by the first notebook
    return str(path.resolve()), study.dataset_name(given)
