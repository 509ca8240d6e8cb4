"""`skelkit record`: longer experiments with several seeds, stored as JSON."""

from __future__ import annotations

import shlex
import textwrap
from argparse import ArgumentParser, Namespace
from pathlib import Path

from .. import study
from ..experiments import recordings
from ..utils.notebooks import COPY, is_checkout
from . import dataset
from .command import HELP_WIDTH, Command

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
        "--only", nargs="+", default=[], metavar="LABEL", help="variants to run, see below. Default: all"
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
    """Help on each experiment: its name, the first sentence of its description, the labels for --only."""
    lines = ["experiments, and the labels that --only takes:"]
    for name, variants in recordings.EXPERIMENTS.items():
        sentence = " ".join((variants.__doc__ or "").split()).split(". ")[0].rstrip(".")
        # Lines break between labels, so that each can be copied.
        labels = " ".join(shlex.quote(variant.label).replace(" ", "\0") for variant in variants())
        lines.append(f"  {name:<12} {sentence}")
        lines += (line.replace("\0", " ") for line in _wrapped(labels))
    return "\n".join(lines)


def _wrapped(labels: str) -> list[str]:
    indent = " " * 15
    return textwrap.wrap(
        labels, HELP_WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


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
