"""The table of readers: what `skelkit.load`, the command line and the documentation know of file formats.

To add a reader, write a module with a `Reader` and add its line to `READERS`; the first reader that can read
a path is used. A whole reader::

    def read_toy(path: Path, *, fps: float = 30.0) -> ClipSet:
        poses = np.loadtxt(path).reshape(-1, 1, 20, 3)
        size = path.stat().st_size
        return clip_set(path, [poses], names=[path.stem], labels=[0], size=size, fps=fps)

    READER = Reader(
        kind="toy files",
        description="a .toy file",
        notes="Twenty joints, one frame per line.",
        read=read_toy,
        can_read=has_suffix(".toy"),
        suffixes=(".toy",),
    )

Errors about a file's content are `skelkit.data.errors.UnreadableFile`. The fuzz test asks for a sample in
``tests/reader_samples.py``. ``python -m skelkit.data.readers docs/data.md`` updates the table in the docs.
"""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import UnreadableFile
from . import (
    adapters,
    alphapose,
    amass,
    amc,
    azure_kinect,
    bvh_clips,
    c3d_files,
    florence3d,
    human36m,
    humanml3d,
    kinetics_skeleton,
    mediapipe,
    msr_action3d,
    npz_splits,
    ntu_npy,
    nwucla,
    openpose,
    pku_mmd,
    pyskl,
    ragged_npz,
    sbu,
    stgcn_files,
    tables,
    trc,
    utd_mhad,
)
from .reader import Reader

READERS: tuple[Reader, ...] = (
    adapters.SYNTHETIC,
    adapters.NTU_RAW,
    humanml3d.READER,
    ntu_npy.READER,
    stgcn_files.READER,
    nwucla.READER,
    openpose.READER,
    kinetics_skeleton.READER,
    alphapose.READER,
    mediapipe.READER,
    azure_kinect.READER,
    sbu.READER,
    utd_mhad.READER,
    msr_action3d.READER,
    florence3d.READER,
    pku_mmd.READER,
    bvh_clips.FOLDER,
    bvh_clips.ARCHIVE,
    amc.READER,
    c3d_files.READER,
    trc.READER,
    amass.READER,
    human36m.READER,
    npz_splits.READER,
    ragged_npz.READER,
    pyskl.READER,
    tables.READER,
    adapters.SAFETENSORS,
)
"""All readers, in the order in which they are asked whether they can read a path."""


def loadable() -> str:
    """What `skelkit.load` takes, as a list in one sentence."""
    return ", ".join(reader.description for reader in READERS)


def table() -> str:
    """What `skelkit.load` takes and the options of each reader, as a reStructuredText table."""
    rows = [("source", "options")]
    for reader in READERS:
        options = [name for name in reader.options if name != "seed"]
        rows.append((reader.description, ", ".join(options) or "none"))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    rule = "  ".join("=" * width for width in widths)
    lines = [f"{source:<{widths[0]}}  {options}".rstrip() for source, options in rows]
    return "\n".join([rule, lines[0], rule, *lines[1:], rule])


def markdown() -> str:
    """The table of formats in ``docs/data.md``."""
    rows = [f"| {reader.description} | {reader.notes} |" for reader in READERS]
    return "\n".join(["| `sk.load` takes | notes |", "|---|---|", *rows])


def find_reader(source: str | os.PathLike[str]) -> Reader:
    """The reader of a name or path.

    Raises:
        FileNotFoundError: there is no such file or folder.
        PermissionError: it may not be read.
        UnreadableFile: no reader can read it; says what can be loaded.
    """
    for reader in READERS:
        if reader.name and source == reader.name:
            return reader
    path = Path(source)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file or folder; sk.load takes {loadable()}")
    if not os.access(path, os.R_OK):
        raise PermissionError(f"{path}: no permission to read it; ask its owner")
    return _reader_of(path) or _refuse(path)


def _reader_of(path: Path) -> Reader | None:
    return next((reader for reader in READERS if reader.is_for(path)), None)


def _refuse(path: Path) -> Reader:
    """Raise the error for a path that no reader can read; names the recordings inside a folder."""
    if not path.is_dir():
        raise UnreadableFile(
            path, f"files ending in {path.suffix!r} cannot be loaded", fix=f"sk.load takes {loadable()}"
        )
    suffixes = {suffix for reader in READERS for suffix in reader.suffixes}
    inside = sorted(
        str(p) for p in path.rglob("*") if (_reader_of(p) if p.is_dir() else p.suffix.lower() in suffixes)
    )
    if not inside:
        raise UnreadableFile(
            path,
            "nothing that can be read in this folder or its subfolders",
            fix=f"sk.load takes {loadable()}",
        )
    more = f" (and {len(inside) - 1} more)" if len(inside) > 1 else ""
    raise UnreadableFile(
        path, f"this folder is no recording, but {inside[0]} in it may be{more}: pass that path"
    )


def others_in(folder: Path, reader: Reader) -> list[str]:
    """Recordings in a folder and below that this reader, which reads whole folders, does not read."""
    suffixes = {suffix for other in READERS for suffix in other.suffixes} - set(reader.suffixes)
    return [
        os.path.join(where, name)
        for where, _, names in os.walk(folder)
        for name in names
        if os.path.splitext(name)[1].lower() in suffixes
    ]
