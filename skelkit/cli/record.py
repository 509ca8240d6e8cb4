"""`skelkit record`: longer experiments with several seeds, stored as JSON."""

from __future__ import annotations

import shlex
import textwrap
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from ..experiments import recordings, run_data
from ..experiments.statistics import scipy_stats
from ..utils.notebooks import COPY, is_checkout
from ..utils.presets import PRESET_NAMES
from . import dataset
from .command import HELP_WIDTH, Command

_DEFAULT_FOLDER = (Path("notebooks") if is_checkout() else COPY) / "recorded"


def _add_arguments(parser: ArgumentParser) -> None:
    names = list(recordings.EXPERIMENTS)
    parser.add_argument("experiment", choices=names, metavar="EXPERIMENT", help=", ".join(names))
    parser.add_argument("--dataset", default="synthetic", help='"synthetic" or a path. Default: synthetic')
    parser.add_argument(
        "--seeds",
        nargs="+",
        default=["8"],
        help="number of seeds, such as 8; or seeds, such as 3 4 or 0-7. Default: 8",
    )
    parser.add_argument("--preset", default="laptop", choices=PRESET_NAMES, help="Default: laptop")
    parser.add_argument("--jobs", type=int, default=2, help="parallel processes, one thread each. Default: 2")
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="Dask scheduler whose workers run the runs; needs the extra cluster",
    )
    parser.add_argument(
        "--device", default="cpu", help="cpu, cuda, or auto: a GPU if there is one. Default: cpu"
    )
    parser.add_argument(
        "--test-clips",
        type=int,
        default=run_data.TEST_CLIPS,
        metavar="N",
        help=f"test clips of the embedded set. Default: {run_data.TEST_CLIPS}",
    )
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
    scipy_stats()  # a run may take hours: what its summary needs is missed at once
    source, _ = dataset.resolved(options.dataset)
    data = run_data.RunData(
        source,
        options.preset,
        tuple(dataset.resolved(path)[0] for path in options.sources),
        options.test_clips if source == "synthetic" else None,
        options.device,
    )
    recording = recordings.record(
        options.experiment,
        data,
        seeds(options.seeds),
        jobs=options.jobs,
        scheduler=options.scheduler,
        folder=options.out or (recordings.FOLDER if is_checkout() else _DEFAULT_FOLDER),
        only=options.only,
    )
    metric = recordings.EXPERIMENTS[options.experiment]()[0].headline
    title = metric.replace("faa", "FAA")
    for label in recording.labels:
        if values := recording.of(label, metric):
            print(f"{label:<40} {title} {recording.percent(label, metric)} ({len(values)} seeds)")
    return 0


def seeds(words: Sequence[str]) -> list[int]:
    """Seeds from the words of the command line: a number of them, ranges, or a list.

    >>> seeds(["3"]), seeds(["3", "4"]), seeds(["0-2", "7"]), seeds(["5-5"])
    ([0, 1, 2], [3, 4], [0, 1, 2, 7], [5])
    """
    ends = [word.split("-") for word in words]
    if not all(len(each) <= 2 and all(end.isdecimal() for end in each) for each in ends) or words == ["0"]:
        raise ValueError(
            f"--seeds {' '.join(words)}: expected a number of seeds, such as 8, or seeds, such as 3 4 or 0-7"
        )
    if len(words) == 1 and len(ends[0]) == 1:
        return list(range(int(words[0])))
    found = [seed for each in ends for seed in range(int(each[0]), int(each[-1]) + 1)]
    return list(dict.fromkeys(found))


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
