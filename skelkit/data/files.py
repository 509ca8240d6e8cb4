"""Opening clips by name or path: one door, `load`."""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

from . import ntu
from .clips import ClipSet
from .ntu import samples
from .readers import bvh, toolkits
from .readers.ragged_npz import read_npz

LOADABLE = (
    '"synthetic", NTU RGB+D (a folder or .zip of .skeleton files), a folder, file or .zip of .bvh, an .npz file (data, length, label), '
    "files of other toolkits (x_train .npz, ST-GCN .npy and .pkl, annotation .pkl, NW-UCLA json), a .toml that describes a .csv or .npz, "
    "or a .safetensors file (ClipSet.save)"
)

_FILES = (".npz", ".safetensors", ".toml", ".pkl", ".npy", ".zip")
"""How files end that are read one at a time."""
_IN_FOLDERS = {"NTU RGB+D": {".skeleton", ".zip"}, "BVH files": {".bvh"}}
"""How files end that are read together, all that are in a folder."""


def load(source: str | os.PathLike, *, seed: int = 0, **options) -> ClipSet:
    """Clips by name or path.

    ===========================  =============================================================  ================================
    source                       what it is                                                     options
    ===========================  =============================================================  ================================
    ``"synthetic"``              generated from `seed`, see `skelkit.data.synthetic.make`       those of ``make``
    folder or zip of .skeleton   raw NTU RGB+D, see `skelkit.data.ntu.read`                    those of ``read``
    folder with .bvh, or a file  motion capture, see `skelkit.data.readers.bvh.read_folder`     pattern, scale, end_sites,
                                                                                                keep_reference_root
    ``*.npz``                    all clips' frames back to back, see `read_npz`                 fps, skeleton
    ``*.safetensors``            what `ClipSet.save` wrote                                      none
    files of other toolkits      see `skelkit.data.readers.toolkits`                            those of their readers
    ===========================  =============================================================  ================================

    `seed` is read by the synthetic clips alone: files hold what they hold. (A folder of the name is ``"./synthetic"``.)

    Raises:
        FileNotFoundError, PermissionError: there is no such file or folder, or it may not be read.
        TypeError: an option that this kind of source does not take; the known ones are listed.
        ValueError: something that cannot be loaded, or a damaged or irregular file; says which, what was found and what to do.

    >>> clips = load("synthetic", clips=4, seed=1)
    >>> len(clips), clips.skeleton.name
    (4, 'NTU-25')
    """
    if not isinstance(source, (str, os.PathLike)) or (isinstance(source, str) and not source):
        raise ValueError(
            f"cannot load {'an empty name' if isinstance(source, str) else 'a ' + type(source).__name__}; give {LOADABLE}; arrays go through ClipSet.from_arrays"
        )
    if source == "synthetic":
        from . import synthetic

        kind, reader = "synthetic clips", partial(synthetic.make, seed=seed)
        _check_options(kind, synthetic.make, options)
    else:
        path = Path(source)
        kind, read = _reader(path)
        _check_options(kind, read, options)
        if kind in _IN_FOLDERS:
            _tell_others(path, _IN_FOLDERS[kind])
        reader = partial(read, path)
    return reader(**options)


def takes(source: str | os.PathLike, option: str) -> bool:
    """Whether what reads this source has such an option."""
    if source == "synthetic":
        return False
    read = _reader(Path(source))[1]
    return option in inspect.signature(read).parameters


def _reader(path: Path) -> tuple[str, Callable[..., ClipSet]]:
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file or folder; sk.load takes {LOADABLE}")
    if not os.access(path, os.R_OK):
        raise PermissionError(f"{path}: no permission to read it; ask whom it belongs to")
    if (path.is_dir() or path.suffix.lower() == ".zip") and samples.holds_samples(path):
        return "NTU RGB+D", ntu.read
    if found := toolkits.find_reader(path):
        return found
    if path.is_dir():
        if any(p.suffix.lower() == ".bvh" for p in path.rglob("*")):
            return "BVH files", bvh.read_folder
        inside = sorted(str(p) for p in path.rglob("*") if p.suffix.lower() in _FILES or (p.is_dir() and toolkits.find_reader(p)))
        if inside:
            more = f" (and {len(inside) - 1} more)" if len(inside) > 1 else ""
            raise ValueError(f"{path}: this folder is no recording, but {inside[0]} in it may be{more}: pass that path")
        raise ValueError(f"{path}: nothing that can be read in this folder or its subfolders; sk.load takes {LOADABLE}")
    readers = {".bvh": ("BVH files", bvh.read_folder), ".npz": (".npz files", read_npz), ".safetensors": (".safetensors files", ClipSet.load)}
    if path.suffix.lower() not in readers:
        raise ValueError(f"{path}: files ending in {path.suffix!r} cannot be loaded; sk.load takes {LOADABLE}")
    return readers[path.suffix.lower()]


def _tell_others(path: Path, read: set[str]) -> None:
    """Recordings of other kinds in a folder that is read file by file are not read with it: that is said."""
    kinds = {*_FILES, ".bvh", ".skeleton"} - read
    others = [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names if os.path.splitext(name)[1].lower() in kinds]
    if others:
        what = "1 file of another kind in this folder is" if len(others) == 1 else f"{len(others)} files of other kinds in this folder are"
        warnings.warn(f"{path}: {what} not read with it, such as {min(others)}", stacklevel=3)


def _check_options(kind: str, read: Callable, options: dict) -> None:
    parameters = inspect.signature(read).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    known = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY or (p.default is not p.empty and p.kind is p.POSITIONAL_OR_KEYWORD)]
    known = [name for name in known if name != "seed"]
    for name in options:
        if name not in known:
            raise TypeError(f"no option {name!r} for {kind}; they take {', '.join(known) or 'none'}")
