"""Files of other toolkits: which reader a path is for.

==============================  ==================================================  ==========================================================
what it is                      read by                                             written by
==============================  ==================================================  ==========================================================
x_train/… .npz                  `npz_splits.read`, `npz_splits.read_x_train`        `npz_splits.write_x_train`
data .npy and label .pkl        `stgcn_files.read_stgcn`                            `stgcn_files.write_stgcn`
annotation .pkl                 `annotations.read_annotations`                      `annotations.write_annotations`
folder or .zip of json          `nwucla.read_nwucla`                                -
.zip of .bvh                    `archives.read_bvh_zip`                             -
.toml beside a .csv or .npz     `tables.read_table`                                 -
==============================  ==================================================  ==========================================================
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .. import ntu
from ..clips import ClipSet
from ..ntu import samples
from . import archives, bvh, npy, npz_splits
from .annotations import read_annotations, write_annotations
from .archives import read_bvh_zip
from .common import Refused
from .npz_splits import read_x_train, write_x_train
from .nwucla import NAME, is_nwucla, read_nwucla
from .ragged_npz import read_npz
from .stgcn_files import is_stgcn, read_stgcn, write_stgcn
from .tables import read_table

LOADABLE = (
    '"synthetic", NTU RGB+D (a folder or .zip of .skeleton files), a folder, file or .zip of .bvh, an .npz file (data, length, label), '
    "files of other toolkits (x_train .npz, ST-GCN .npy and .pkl, annotation .pkl, NW-UCLA json), a .toml that describes a .csv or .npz, "
    "or a .safetensors file (ClipSet.save)"
)

FILE_SUFFIXES = (".npz", ".safetensors", ".toml", ".pkl", ".npy", ".zip")
"""How files end that are read one at a time."""

FOLDER_SUFFIXES = {"NTU RGB+D": {".skeleton", ".zip"}, "BVH files": {".bvh"}}
"""How files end that are read together, all that are in a folder."""


def reader_of(path: Path) -> tuple[str, Callable[..., ClipSet]]:
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file or folder; sk.load takes {LOADABLE}")
    if not os.access(path, os.R_OK):
        raise PermissionError(f"{path}: no permission to read it; ask whom it belongs to")
    if (path.is_dir() or path.suffix.lower() == ".zip") and samples.holds_samples(path):
        return "NTU RGB+D", ntu.read
    if found := find_reader(path):
        return found
    if path.is_dir():
        if any(p.suffix.lower() == ".bvh" for p in path.rglob("*")):
            return "BVH files", bvh.read_folder
        inside = sorted(
            str(p)
            for p in path.rglob("*")
            if p.suffix.lower() in FILE_SUFFIXES or (p.is_dir() and find_reader(p))
        )
        if inside:
            more = f" (and {len(inside) - 1} more)" if len(inside) > 1 else ""
            raise ValueError(
                f"{path}: this folder is no recording, but {inside[0]} in it may be{more}: pass that path"
            )
        raise ValueError(
            f"{path}: nothing that can be read in this folder or its subfolders; sk.load takes {LOADABLE}"
        )
    readers = {
        ".bvh": ("BVH files", bvh.read_folder),
        ".npz": (".npz files", read_npz),
        ".safetensors": (".safetensors files", ClipSet.load),
    }
    if path.suffix.lower() not in readers:
        raise ValueError(
            f"{path}: files ending in {path.suffix!r} cannot be loaded; sk.load takes {LOADABLE}"
        )
    return readers[path.suffix.lower()]


__all__ = [
    "find_reader",
    "read_annotations",
    "read_bvh_zip",
    "read_nwucla",
    "read_stgcn",
    "read_table",
    "read_x_train",
    "write_annotations",
    "write_stgcn",
    "write_x_train",
]


def find_reader(path: str | Path) -> tuple[str, Callable[..., ClipSet]] | None:
    """(what it is, its reader) of a path that is there, or None if it is of none of these kinds.

    Only names are looked at: of the file, of the files in a folder, of the members of an archive.

    Raises:
        ValueError: a .zip that `archives.opened` refuses.
    """
    path = Path(path)
    if path.is_dir():
        return (
            ("ST-GCN folders", read_stgcn)
            if is_stgcn(path)
            else ("NW-UCLA folders", read_nwucla)
            if is_nwucla(path)
            else None
        )
    kind = path.suffix.lower()
    if kind == ".npz":
        with suppress(Refused):  # of a damaged one its own reader tells
            return (
                ("x_train/y_train .npz files", npz_splits.read)
                if set(npz_splits.KEYS) <= set(npy.names(path))
                else None
            )
    if kind == ".zip":
        with archives.opened(path) as archive:
            names = [name.rpartition("/")[2] for name in archive.namelist()]
        if any(NAME.fullmatch(name) for name in names):
            return "NW-UCLA archives", read_nwucla
        return (
            ("BVH archives", read_bvh_zip) if any(name.lower().endswith(".bvh") for name in names) else None
        )
    readers = {".npy": ("ST-GCN arrays", read_stgcn), ".toml": ("described tables", read_table)}
    return readers.get(kind) or (
        ("annotation pickles", read_annotations) if kind in (".pkl", ".pickle") else None
    )
