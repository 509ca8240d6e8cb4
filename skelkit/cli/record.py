"""`skelkit record`: longer experiments with several seeds, stored as JSON."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from .. import study
from ..experiments import recordings
from ..utils.notebooks import COPY, is_checkout
from . import dataset
from .command import Command

_DEFAULT_FOLDER = (Path("notebooks") if is_checkout() else COPY) / "recorded"


def _add_arguments(parser: ArgumentParser) -> None:
    names = list(recordings.EXPERIMENTS)
    parser.add_argument("experiment", choices=names, metavar="EXPERIMENT", help=", ".join(names))
    parser.add_argument("--dataset", default="synthetic", help='"synthetic" or a path. Default: synthetic')
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="Default: 0 1 2")
    parser.add_argument(
        "--preset", default="laptop", choices=list(study.STUDY_PRESETS), help="Default: laptop"
    )
    parser.add_argument("--jobs", type=int, default=2, help="parallel processes, one thread each. Default: 2")
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="LABEL", help="variants to run. Default: all"
    )
    parser.add_argument(
        "--sources",
        nargs="+",
        default=[],
        metavar="DATASET",
        help='data sets to pre-train on, for "transfer"',
    )
    parser.add_argument("--out", type=Path, help=f"folder to store results in. Default: {_DEFAULT_FOLDER}")


def _run(options: Namespace) -> int:
    source, _ = dataset.resolved(options.dataset)
    recording = recordings.record(
        options.experiment,
        source,
        options.seeds,
        preset=options.preset,
        jobs=options.jobs,
        folder=options.out or (recordings.FOLDER if is_checkout() else _DEFAULT_FOLDER),
        only=options.only,
        sources=[dataset.resolved(path)[0] for path in options.sources],
    )
    metric = recordings.EXPERIMENTS[options.experiment]()[0].headline
    title = metric.replace("faa", "FAA")
    for label, (mean, deviation, seeds) in recording.summary(metric).items():
        print(f"{label:<40} {title} {100 * mean:5.1f} % ± {100 * deviation:4.1f} ({seeds} seeds)")
    return 0


def _experiments() -> str:
    """One line of help per experiment: its name and the first sentence of its description."""
    lines = ["experiments:"]
    for name, variants in recordings.EXPERIMENTS.items():
        sentence = " ".join((variants.__doc__ or "").split()).split(". ")[0].rstrip(".")
        lines.append(f"  {name:<12} {sentence}")
    return "\n".join(lines)


COMMAND = Command(
    name="record",
    help="run longer experiments with several seeds and store the results as JSON",
    description="Run the missing runs of an experiment with several seeds and store the results as JSON. "
    "The notebooks show stored results beside their own. An interrupted experiment resumes "
    "where it stopped.",
    add_arguments=_add_arguments,
    run=_run,
    epilog=_experiments(),
)
