"""Readers whose work is done elsewhere in `skelkit.data`: synthetic clips, raw NTU RGB+D, saved clips."""

from __future__ import annotations

from pathlib import Path

from .. import ntu, synthetic
from ..clips import ClipSet
from ..ntu import samples
from .reader import Reader, has_suffix


def _holds_ntu_samples(path: Path) -> bool:
    return (path.is_dir() or path.suffix.lower() == ".zip") and samples.holds_samples(path)


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
    read=ClipSet.load,
    can_read=has_suffix(".safetensors"),
    suffixes=(".safetensors",),
)
