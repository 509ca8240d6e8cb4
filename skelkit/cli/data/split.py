"""`skelkit data split`: train and test sets, and what they share."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from ...analysis.duplicates import leak_report
from ...data import ClipSet, ntu
from ...data.errors import TrainingGroupsNeeded
from ...data.file_split import split_by_file
from ...data.merging import merge
from ...data.readers.npz_splits import write_x_train
from ...data.readers.padding import room
from ...data.readers.pyskl import write_annotations
from ...utils.files import check_target, make_folder
from ...utils.validation import one_of
from ..command import Command
from . import source

_BY = ("subject", "view", "setup", "stratified", *ntu.PROTOCOLS, "file")


def _add_arguments(parser: ArgumentParser) -> None:
    source.add_arguments(parser)
    parser.add_argument(
        "--by",
        default="subject",
        help="subject, view, setup, stratified, a protocol of NTU RGB+D (xsub, xview, xset), or file: "
        "the file's predefined split. Default: subject",
    )
    parser.add_argument(
        "--train",
        nargs="+",
        help="subjects, views or setups to train on; for stratified the share of clips, like 0.7; "
        "for file the name of the training subset, if there are several splits",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("."),
        help="folder to write to, or one file for both sets: .npz (x_train, y_train, x_test, y_test) "
        "or .pkl (annotations with their split). Default: the current folder",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of a stratified split. Default: 0")
    parser.add_argument("--force", action="store_true", help="replace existing files")


def _run(options: Namespace) -> int:
    one_file = options.out.suffix.lower() in (".npz", ".pkl")
    _check(options, one_file)
    paths = [options.out / f"{name}.safetensors" for name in ("train", "test")]
    targets = [options.out] if one_file else paths
    if not options.force and (present := [str(path) for path in targets if path.exists()]):
        verb = "exists" if len(present) == 1 else "exist"
        raise FileExistsError(
            f"{' and '.join(present)} {verb}; pass --force to replace them, or --out for another folder"
        )
    for path in targets:
        check_target(path)
    train, test = _train_and_test(options, source.read(options))
    if one_file:
        print(f"{_write_both(train, test, options.out)}: train {train}, test {test}\n{source.NOT_STORED}")
    else:
        make_folder(options.out)
        for path, clips in zip(paths, (train, test), strict=True):
            print(f"{clips.save(path)}: {clips}")
    print("\n".join(leak_report(train, test)))
    return 0


def _check(options: Namespace, one_file: bool) -> None:
    """Refuse a wrong --out, --by or number of --train values before anything is read."""
    if options.out.suffix and not one_file and not options.out.is_dir():
        raise ValueError(f"--out {options.out}: give a folder, or a file that ends in .npz or .pkl")
    one_of(options.by, _BY, "--by")
    values: Sequence[str] = options.train or ()
    if options.by in ntu.PROTOCOLS and values:
        raise ValueError(f"--train {' '.join(values)}: --by {options.by} takes none; leave it out")
    if options.by in ("stratified", "file") and len(values) > 1:
        raise ValueError(f"--train {' '.join(values)}: --by {options.by} takes one; leave the others out")


def _train_and_test(options: Namespace, clips: ClipSet) -> tuple[ClipSet, ClipSet]:
    """Split the clips as --by and --train say."""
    values: Sequence[str] = options.train or ()
    if options.by in ntu.PROTOCOLS:
        return ntu.protocol(clips, options.by)
    if options.by == "file":
        return _split_by_file(clips, values, options.source)
    if options.by == "stratified":
        return clips.split("stratified", train=_share(values), seed=options.seed)
    groups = [int(value) if value.lstrip("-").isdigit() else value for value in values]
    try:
        return clips.split(options.by, train=groups or None)
    except TrainingGroupsNeeded as error:
        raise TrainingGroupsNeeded(error.by, error.known, "--train") from None


def _split_by_file(clips: ClipSet, values: Sequence[str], name: str) -> tuple[ClipSet, ClipSet]:
    try:
        train, test, unused = split_by_file(clips, *values)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if unused:
        print(f"in neither: {', '.join(unused)}")
    return train, test


def _share(values: Sequence[str]) -> float:
    """The share of clips to train on; 0.7 if none is given."""
    try:
        return float(values[0]) if values else 0.7
    except ValueError:
        raise ValueError(
            f"--train {values[0]}: a stratified split takes the share to train on, like 0.7"
        ) from None


def _write_both(train: ClipSet, test: ClipSet, path: Path) -> Path:
    """Write both sets to one file of another toolkit and return its path."""
    if path.suffix.lower() == ".npz":
        return write_x_train(train, test, path, **room(train, test))
    positions = range(len(train) + len(test))
    split: dict[str, Sequence[int]] = {"train": positions[: len(train)], "test": positions[len(train) :]}
    return write_annotations(merge(train, test), path, split=split)


COMMAND = Command(
    name="split",
    help="write train and test sets",
    description="Write train.safetensors and test.safetensors, or both sets in one file of another toolkit, "
    "and list the clips and subjects that both contain.",
    add_arguments=_add_arguments,
    run=_run,
)
