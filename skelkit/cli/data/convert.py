"""`skelkit data convert`: any readable recordings as one file."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

from ...data import ClipSet, file_split, ntu
from ...data.errors import UnreadableFile
from ...data.readers.padding import LEAST_FRAMES, room
from ...data.readers.pyskl import write_annotations
from ...data.readers.stgcn_files import write_stgcn
from ...utils.files import check_target
from ..command import Command
from . import source

_NTU_OPTIONS = ("workers", "scheduler", "dtype", "missing", "only", "damaged")


def _add_arguments(parser: ArgumentParser) -> None:
    source.add_arguments(parser)
    parser.add_argument("target", type=Path, help="file to write, ending in .safetensors, .pkl or .npy")
    parser.add_argument("--force", action="store_true", help="replace the target if it exists")
    raw = parser.add_argument_group("raw NTU RGB+D")
    raw.add_argument("--workers", type=int, help="processes. Default: as many as speed it up")
    raw.add_argument(
        "--scheduler", metavar="ADDRESS", help="Dask scheduler whose workers parse; needs the extra cluster"
    )
    raw.add_argument(
        "--dtype",
        choices=["float32", "float16"],
        default="float32",
        help="type of the poses. Default: float32",
    )
    raw.add_argument("--missing", type=Path, metavar="FILE", help="list of samples to leave out, one a line")
    raw.add_argument("--only", metavar="PATTERN", help='read only samples whose name matches, like "S001*"')
    raw.add_argument(
        "--damaged",
        choices=["refuse", "report"],
        default="refuse",
        help="refuse: stop at a damaged file; report: leave it out and report it. Default: refuse",
    )
    raw.add_argument(
        "--all-bodies",
        action="store_true",
        help="skip the published denoising: keep all tracked bodies, background detections included",
    )


def _run(options: Namespace) -> int:
    target = _checked_target(options)
    if target.suffix == ".safetensors" and source.is_raw_ntu(options.source):
        report = _convert_raw_ntu(options, target)
        print(f"{report.describe()}\n{_written(target)}")
        return 0
    if unused := _given_ntu_options(options):
        raise ValueError(
            f"--{', --'.join(unused)}: only for raw NTU RGB+D that is written to a .safetensors file; "
            "leave it out"
        )
    clips = source.read(options)
    written = _WRITERS[target.suffix](clips, target)
    if note := _not_stored(clips, target.suffix):
        print(note)
    print(f"{clips}\n{_written(written)}")
    return 0


def _checked_target(options: Namespace) -> Path:
    """The file to write; an error if its type is unknown, or it exists, is the source or unwritable."""
    target: Path = options.target
    if target.suffix not in _WRITERS:
        raise ValueError(f"{target}: the target must end in {', '.join(_WRITERS)}")
    if target.suffix == ".npy" and not target.stem.endswith("_data"):
        target = target.with_name(f"{target.stem}_data.npy")  # the name that the toolkits expect
    if target.exists() and not options.force:
        raise FileExistsError(f"{target} exists; pass --force to replace it")
    if target.exists() and Path(options.source).exists() and target.samefile(options.source):
        raise ValueError(f"{target} is the source itself; give another name")
    return check_target(target)


def _convert_raw_ntu(options: Namespace, target: Path) -> ntu.Report:
    if unused := [name for name in source.READING if getattr(options, name) is not None]:
        raise ValueError(
            f"--{', --'.join(unused).replace('_', '-')}: raw NTU RGB+D defines this itself; leave it out"
        )
    arguments = {name: getattr(options, name) for name in _NTU_OPTIONS}
    try:
        return ntu.convert(options.source, target, denoise=not options.all_bodies, **arguments)
    except UnreadableFile as error:
        if options.damaged == "report" or error.line is None:
            raise
        fix = "; ".join(filter(None, (error.fix, "--damaged report leaves such files out and reports them")))
        raise UnreadableFile(error.where, error.found, error.expected, fix) from None


def _given_ntu_options(options: Namespace) -> list[str]:
    """Names of the options for raw NTU RGB+D that differ from their defaults."""
    defaults = (None, "float32", "refuse")
    given = [name for name in _NTU_OPTIONS if getattr(options, name) not in defaults]
    return given + ["all-bodies"] * options.all_bodies


def _not_stored(clips: ClipSet, suffix: str) -> str:
    """A note on what the written file lacks; empty if it lacks nothing."""
    subsets = file_split.subsets(clips)
    if suffix == ".npy" and subsets:
        return f"{source.NOT_STORED}; nor does .npy store the split into {', '.join(subsets)}"
    if suffix != ".safetensors":
        return source.NOT_STORED
    if clips.file_splits:
        return (
            f"this format does not store the overlapping subsets {', '.join(clips.file_splits)}; "
            "`skelkit data split --by file` writes one split"
        )
    return ""


def _written(target: Path) -> str:
    return f"written to {target} ({target.stat().st_size / 1e6:.1f} MB)"


def _write_annotations(clips: ClipSet, target: Path) -> Path:
    split: dict[str, Sequence[int]] = dict(file_split.subsets(clips))
    return write_annotations(clips, target, split=split)


def _write_stgcn(clips: ClipSet, target: Path) -> Path:
    size = room(clips)
    if size["frames"] > LEAST_FRAMES:
        print(f"the file has {size['frames']} frames for each clip, as many as the longest has")
    return write_stgcn(clips, str(target).removesuffix("_data.npy"), **size)[0]


_WRITERS: dict[str, Callable[[ClipSet, Path], Path]] = {
    ".safetensors": ClipSet.save,
    ".pkl": _write_annotations,
    ".npy": _write_stgcn,
}

COMMAND = Command(
    name="convert",
    help="write one file that loads fast, or a file of another toolkit",
    description="Read any recordings and write one .safetensors file that loads fast, a .pkl file "
    "(annotations of pyskl and mmaction2), or an .npy file (ST-GCN, with labels in a second "
    "file). Raw NTU RGB+D is read on all cores, in bounded memory; an interrupted conversion "
    "resumes where it stopped.",
    add_arguments=_add_arguments,
    run=_run,
)
