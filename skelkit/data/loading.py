"""`load`: clips by name or path."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

from . import readers
from .clips import ClipSet


def load(source: str | os.PathLike[str], *, seed: int = 0, **options: Any) -> ClipSet:
    """Load clips by name or path.

    {table}

    `skelkit.data.readers` has a module for each kind, which documents the options.

    Args:
        source: a name or path of the table. (A folder named like one of the names is ``"./synthetic"``.)
        seed: of synthetic clips; files do not depend on it.
        options: of the reader, see the table. ``windows=`` cuts long recordings into clips, see
            `skelkit.data.readers.windows`; `recognised` says what a source is read as, and why.

    Raises:
        FileNotFoundError, PermissionError: there is no such file or folder, or it may not be read.
        skelkit.data.errors.UnknownOption: a TypeError; the reader does not have an option.
        skelkit.data.errors.UnreadableFile: a ValueError; no reader can read the source, or it is damaged or
            irregular. Its attributes are the file, line and clip, what was found and expected, and the fix.
        ValueError: an option is out of range.

    >>> clips = load("synthetic", clips=4, seed=1)
    >>> len(clips), clips.skeleton.name
    (4, 'NTU-25')
    """
    if not isinstance(source, (str, os.PathLike)) or (isinstance(source, str) and not source):
        what = "an empty name" if isinstance(source, str) else f"a {type(source).__name__}"
        raise ValueError(
            f"cannot load {what}; give {readers.loadable()}; arrays go through ClipSet.from_arrays"
        )
    reader, path = readers.find_reader(source), Path(source)
    if reader.whole_folders and path.is_dir() and (others := readers.others_in(path, reader)):
        what = (
            "1 file of another kind in this folder is"
            if len(others) == 1
            else f"{len(others)} files of other kinds in this folder are"
        )
        warnings.warn(f"{path}: {what} not read with it, such as {min(others)}", stacklevel=2)
    return reader.load(path, seed=seed, **options)


if load.__doc__:  # None under python -OO
    load.__doc__ = load.__doc__.replace("{table}", readers.table().replace("\n", "\n    "))


def recognised(source: str | os.PathLike[str]) -> str:
    """What `load` takes a source for, and why.

    >>> recognised("synthetic")
    'synthetic clips: "synthetic"'
    """
    return readers.find_reader(source).recognised(Path(source))


def takes(source: str | os.PathLike[str], option: str) -> bool:
    """Whether the reader of this source has such an option."""
    return option in readers.find_reader(source).options


def dataset_name(dataset: str) -> str:
    """A short name for folders: "synthetic", or the name of the file or folder of a path.

    >>> dataset_name("recordings/bandai.npz")
    'bandai'
    """
    return dataset if dataset == "synthetic" else Path(dataset).stem
