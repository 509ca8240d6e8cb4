"""Readers whose work is done elsewhere in `skelkit.data`: synthetic clips, raw NTU RGB+D, saved clips."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ...skeletons.layouts import known_skeleton
from ...skeletons.skeleton import Skeleton
from .. import ntu, synthetic
from ..clips import ClipSet
from ..errors import UnreadableFile
from ..ntu import samples
from .reader import Reader, has_suffix


def _holds_ntu_samples(path: Path) -> bool:
    return (path.is_dir() or path.suffix.lower() == ".zip") and samples.holds_samples(path)


def read_saved(path: Path, *, skeleton: Skeleton | str | None = None) -> ClipSet:
    """The clips that `ClipSet.save` wrote.

    Args:
        path: the .safetensors file.
        skeleton: a `Skeleton` or the short name of a built-in one, of as many joints, in place of the one in
            the file. Default: that of the file.

    Raises:
        ValueError: no built-in skeleton has this name.
        UnreadableFile: another kind of file, a damaged one, or one of another number of joints.
    """
    clips, skeleton = ClipSet.load(path), known_skeleton(skeleton)
    if skeleton is not None and len(skeleton) != len(clips.skeleton):
        raise UnreadableFile(
            path,
            f"{len(clips.skeleton)} joints",
            f"{len(skeleton)}, as {skeleton.name} has",
            "leave out the skeleton, or convert the loaded clips with skelkit.data.mapping.as_skeleton",
        )
    return clips if skeleton is None else replace(clips, skeleton=skeleton)


SYNTHETIC = Reader(
    kind="synthetic clips",
    description='"synthetic"',
    notes="Generated: thirty everyday actions, seen by three cameras through a sensor model.",
    read=synthetic.make,
    name="synthetic",
)

NTU_RAW = Reader(
    kind="NTU RGB+D",
    description="NTU RGB+D (a folder or .zip of .skeleton files)",
    notes="NTU RGB+D 60 and 120, read on all cores in bounded memory. The published denoising is applied, "
    "with a report of what it drops. Splits: `--by xsub`, `xview`, `xset`.",
    read=ntu.read,
    can_read=_holds_ntu_samples,
    suffixes=(".skeleton", ".zip"),
    whole_folders=True,
)

SAFETENSORS = Reader(
    kind=".safetensors files",
    description="a .safetensors file (ClipSet.save)",
    notes="Written by `ClipSet.save` and `skelkit data convert`.",
    read=read_saved,
    can_read=has_suffix(".safetensors"),
    suffixes=(".safetensors",),
)
