"""Opening clips by name or path: one door, `load`."""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

from .clips import ClipSet
from .errors import UnknownOption
from .readers.detection import FILE_SUFFIXES, FOLDER_SUFFIXES, LOADABLE, reader_of


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
        kind, read = reader_of(path)
        _check_options(kind, read, options)
        if kind in FOLDER_SUFFIXES:
            _tell_others(path, FOLDER_SUFFIXES[kind])
        reader = partial(read, path)
    return reader(**options)


def takes(source: str | os.PathLike, option: str) -> bool:
    """Whether what reads this source has such an option."""
    if source == "synthetic":
        return False
    read = reader_of(Path(source))[1]
    return option in inspect.signature(read).parameters


def _tell_others(path: Path, read: set[str]) -> None:
    """Recordings of other kinds in a folder that is read file by file are not read with it: that is said."""
    kinds = {*FILE_SUFFIXES, ".bvh", ".skeleton"} - read
    others = [
        os.path.join(folder, name)
        for folder, _, names in os.walk(path)
        for name in names
        if os.path.splitext(name)[1].lower() in kinds
    ]
    if others:
        what = (
            "1 file of another kind in this folder is"
            if len(others) == 1
            else f"{len(others)} files of other kinds in this folder are"
        )
        warnings.warn(f"{path}: {what} not read with it, such as {min(others)}", stacklevel=3)


def _check_options(kind: str, read: Callable, options: dict) -> None:
    parameters = inspect.signature(read).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    known = [
        p.name
        for p in parameters
        if p.kind is p.KEYWORD_ONLY or (p.default is not p.empty and p.kind is p.POSITIONAL_OR_KEYWORD)
    ]
    known = [name for name in known if name != "seed"]
    for name in options:
        if name not in known:
            raise UnknownOption(name, kind, known)


def dataset_name(dataset: str) -> str:
    """A short name for folders: "synthetic", or the name of the file or folder that a path leads to.

    >>> dataset_name("recordings/bandai.npz")
    'bandai'
    """
    return dataset if dataset == "synthetic" else Path(dataset).stem
