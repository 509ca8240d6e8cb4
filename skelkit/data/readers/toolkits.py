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

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ..clips import ClipSet
from . import archives, npy, npz_splits
from .annotations import read_annotations, write_annotations
from .archives import read_bvh_zip
from .foreign import Refused
from .npz_splits import read_x_train, write_x_train
from .nwucla import NAME, is_nwucla, read_nwucla
from .stgcn_files import is_stgcn, read_stgcn, write_stgcn
from .tables import read_table

__all__ = [
    "find_reader", "read_annotations", "read_bvh_zip", "read_nwucla", "read_stgcn", "read_table", "read_x_train",
    "write_annotations", "write_stgcn", "write_x_train",
]  # fmt: skip


def find_reader(path: str | Path) -> tuple[str, Callable[..., ClipSet]] | None:
    """(what it is, its reader) of a path that is there, or None if it is of none of these kinds.

    Only names are looked at: of the file, of the files in a folder, of the members of an archive.

    Raises:
        ValueError: a .zip that `archives.opened` refuses.
    """
    path = Path(path)
    if path.is_dir():
        return ("ST-GCN folders", read_stgcn) if is_stgcn(path) else ("NW-UCLA folders", read_nwucla) if is_nwucla(path) else None
    kind = path.suffix.lower()
    if kind == ".npz":
        with suppress(Refused):  # of a damaged one its own reader tells
            return ("x_train/y_train .npz files", npz_splits.read) if set(npz_splits.KEYS) <= set(npy.names(path)) else None
    if kind == ".zip":
        with archives.opened(path) as archive:
            names = [name.rpartition("/")[2] for name in archive.namelist()]
        if any(NAME.fullmatch(name) for name in names):
            return "NW-UCLA archives", read_nwucla
        return ("BVH archives", read_bvh_zip) if any(name.lower().endswith(".bvh") for name in names) else None
    readers = {".npy": ("ST-GCN arrays", read_stgcn), ".toml": ("described tables", read_table)}
    return readers.get(kind) or (("annotation pickles", read_annotations) if kind in (".pkl", ".pickle") else None)
