"""`skelkit pretrain`: train encoders without labels, in one process or, with torchrun, in several."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from ..data.default_split import load_split
from ..selfsup import OBJECTIVES, pretrain, pretrained_file
from ..training import processes
from ..utils.files import make_folder
from ..utils.machine import pick_device
from ..utils.presets import PRESET_NAMES
from . import dataset
from .command import Command


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("method", choices=list(OBJECTIVES), metavar="METHOD", help=", ".join(OBJECTIVES))
    parser.add_argument("--dataset", default="synthetic", help='"synthetic" or a path. Default: synthetic')
    parser.add_argument("--preset", default="laptop", choices=PRESET_NAMES, help="Default: laptop")
    parser.add_argument("--seed", type=int, default=0, help="Default: 0")
    parser.add_argument("--device", default="auto", help='"auto", "cpu" or "cuda". Default: auto')
    parser.add_argument("--epochs", type=int, help="Default: those of the preset")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for checkpoints and for encoders.safetensors"
    )


def _run(options: Namespace) -> int:
    changes = {} if options.epochs is None else {"epochs": options.epochs}
    source, _ = dataset.resolved(options.dataset)
    with processes.group(pick_device(options.device)) as device:
        first = processes.rank() == 0
        folder = make_folder(options.out)
        train = load_split(source, options.preset, options.seed, device).train
        if first:
            together = f", {processes.count()} processes" if processes.count() > 1 else ""
            print(f"{options.method} on {len(train)} training clips, {device.type}{together}")
        made = pretrain(
            options.method,
            train,
            preset=options.preset,
            seed=options.seed,
            checkpoints=folder,
            **changes,
        )
        if first:
            path = pretrained_file.save(made, folder / "encoders.safetensors")
            print(f"{made}\n{path}")
    return 0


COMMAND = Command(
    name="pretrain",
    help="train encoders without labels",
    description="Train encoders on the training clips of a data set without their labels. An interrupted "
    "training goes on from its last checkpoint.",
    add_arguments=_add_arguments,
    run=_run,
    epilog="on two GPUs of one machine:\n"
    "  torchrun --nproc_per_node=2 -m skelkit pretrain asma --preset gpu --out runs/asma\n"
    "All processes together train what one would with the whole batch.",
)
