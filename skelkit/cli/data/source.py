"""The arguments that all verbs of `skelkit data` share: the recordings, and how to read them."""

from __future__ import annotations

import warnings
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path

import torch

from ... import skeletons
from ...data import ClipSet, load, ntu
from ...data.errors import UnknownOption, UnreadableFile
from ...data.loading import takes
from ...data.ntu import samples
from ...data.readers import loadable
from ...data.readers.common import UP, upright
from ...skeletons.layouts import AmbiguousLayout
from ...utils.validation import positive

READING = ("fps", "skeleton", "scale", "up", "pattern", "windows", "keep_reference_root")
"""The options that say what files do not."""

NOT_STORED = (
    "this format does not store class names, the frame rate and joint names; subjects and views only in "
    "names of NTU RGB+D samples; .npy and .npz also drop empty frames at the end of a clip"
)
"""What files of other toolkits lack."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add SOURCE and the options that say what its files do not."""
    parser.add_argument("source", help=f"the recordings: {loadable()}")
    reading = parser.add_argument_group("reading options, for what the files do not say (see skelkit.load)")
    reading.add_argument("--fps", type=float, help="frames per second")
    reading.add_argument("--skeleton", help=f"skeleton layout: {', '.join(skeletons.KNOWN)}")
    reading.add_argument("--scale", type=float, help="metres per unit. Default: 0.01 for BVH, else 1")
    reading.add_argument(
        "--up", choices=list(UP), help="axis that points up; write --up=-y with a minus sign. Default: y"
    )
    reading.add_argument(
        "--pattern", help="regular expression for file names, with groups named class and subject"
    )
    reading.add_argument(
        "--keep-reference-root",
        action="store_true",
        default=None,
        help="keep a root of BVH files that stays put and is no body part",
    )
    reading.add_argument(
        "--windows",
        type=Path,
        help="a .csv with the columns start, end and label (frames): these windows of the recordings are the "
        "clips. Default: the table beside the recording, such as walk.windows.csv",
    )


def read(options: Namespace, report: ntu.Report | None = None) -> ClipSet:
    """Load the recordings that the arguments name; `report` collects what is dropped from raw NTU RGB+D.

    ``--scale`` and ``--up`` work for every kind of file: where the reader has no such option, the loaded
    positions are converted.

    Raises:
        UnknownOption: the files take no such option; named as on the command line.
        ValueError: --scale is not positive; and the errors of `load`. If several layouts have the number of
            joints, the error names --skeleton first.
    """
    arguments = {name: getattr(options, name) for name in READING if name != "up"}
    arguments = {name: value for name, value in arguments.items() if value is not None}
    if report is not None:
        arguments["report"] = report
    scale = None if takes(options.source, "scale") else arguments.pop("scale", None)
    if scale is not None:
        positive(scale, "--scale", "metres per unit")
    try:
        with warnings.catch_warnings():
            if scale is not None:  # the positions are not in metres yet, so this warning would be wrong
                warnings.filterwarnings("ignore", "bodies measure", UserWarning)
            clips = load(options.source, **arguments)
    except UnknownOption as error:
        raise UnknownOption(f"--{error.option.replace('_', '-')}", error.kind, error.known) from None
    except UnreadableFile as error:
        reason = error.__context__  # of what the reader found; a TOML description names its skeleton itself
        if not isinstance(reason, AmbiguousLayout) or error.expected:
            raise
        raise UnreadableFile(error.where, reason.message(on_command_line=True)) from None
    if scale is not None:
        clips = replace(clips, poses=clips.poses * scale)
    if options.up not in (None, "y"):
        poses = torch.from_numpy(upright(clips.poses.numpy(), options.up))
        clips = replace(clips, poses=poses.contiguous())
    return clips


def is_raw_ntu(source: str) -> bool:
    """Whether the source is a folder or archive of raw NTU RGB+D samples."""
    return source != "synthetic" and Path(source).exists() and samples.holds_samples(source)
