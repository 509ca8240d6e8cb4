"""`skelkit record`: longer runs over several seeds, kept as JSON."""

from __future__ import annotations

from pathlib import Path

from .. import study
from .study import dataset_argument


def add_record(commands) -> None:
    from ..experiments.recordings import EXPERIMENTS

    listed = "; ".join(
        f"{name}: {' '.join(make.__doc__.split()).rstrip('.')}" for name, make in EXPERIMENTS.items()
    )
    command = commands.add_parser(
        "record",
        help="longer runs over several seeds, kept as JSON",
        description="Run what is missing of an experiment with several seeds, and keep the results as JSON; the notebooks show them beside their "
        "own. Broken off, it goes on where it was.",
        epilog=f"experiments — {listed}",
    )
    command.add_argument(
        "experiment", choices=list(EXPERIMENTS), metavar="EXPERIMENT", help=", ".join(EXPERIMENTS)
    )
    command.add_argument("--dataset", default="synthetic", help='"synthetic" (default) or a path')
    command.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="default: 0 1 2")
    command.add_argument("--preset", default="laptop", choices=list(study.PRESETS), help="default: laptop")
    command.add_argument(
        "--jobs", type=int, default=2, help="processes at once, of one thread each (default: 2)"
    )
    command.add_argument(
        "--only", nargs="+", default=[], metavar="LABEL", help="variants to run; all unless given"
    )
    command.add_argument(
        "--sources",
        nargs="+",
        default=[],
        metavar="DATASET",
        help='data sets to pre-train on, for "transfer"',
    )
    command.add_argument("--out", type=Path, help="folder to keep them in (default: notebooks/recorded)")
    command.set_defaults(run=run_record)


def run_record(options) -> int:
    from ..experiments import recordings

    dataset, _ = dataset_argument(options.dataset)
    folder = options.out or recordings.FOLDER
    sources = [dataset_argument(source)[0] for source in options.sources]
    found = recordings.record(
        options.experiment,
        dataset,
        options.seeds,
        preset=options.preset,
        jobs=options.jobs,
        folder=folder,
        only=options.only,
        sources=sources,
    )
    main = recordings.EXPERIMENTS[options.experiment]()[0].main
    for label, (mean, spread, seeds) in found.summary(main).items():
        print(
            f"{label:<40} {main.replace('faa', 'FAA')} {100 * mean:5.1f} % ± {100 * spread:4.1f} ({seeds} seeds)"
        )
    return 0
