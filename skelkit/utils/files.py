"""Write files atomically: a file is complete under its name, or not there. Read only plain files."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

HOLES = 2**27
"""Bytes from which on a file is refused of which less than a hundredth is on the disk."""


def fault(path: str | Path, most_bytes: int) -> str:
    """Why a file should not be read, as its error names it; "" for a plain file of at most `most_bytes`.

    Only the status is looked at. Faults are pipes, devices and folders, which may never end; files that are
    too large; and large files that consist of holes, which take memory but no disk.

    Raises:
        OSError: there is no such file.
    """
    about = os.stat(path)
    if not stat.S_ISREG(about.st_mode):
        return "a folder" if stat.S_ISDIR(about.st_mode) else "a pipe or a device"
    if about.st_size > most_bytes:
        return f"{about.st_size:,} bytes (at most {most_bytes:,} are read)"
    stored = getattr(about, "st_blocks", about.st_size) * 512
    if about.st_size > HOLES and stored * 100 < about.st_size:
        return f"{about.st_size:,} bytes of which {stored:,} are on the disk"
    return ""


def read_whole(path: str | Path) -> bytes:
    """The bytes of a plain file, as many as its status says.

    Raises:
        OSError: it has more, like the endless files of the system, or cannot be read.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        content = file.read(size + 1)
    if len(content) > size:
        raise OSError(f"more than the {size:,} bytes of its size")
    return content


def make_folder(path: Path) -> Path:
    """Create a folder and its parents if they do not exist.

    Raises:
        NotADirectoryError: a file has this name, or the name of a parent.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise NotADirectoryError(
            f"{path} cannot be a folder, a file stands there; choose another place to write to"
        ) from None
    return path


def write_atomic(path: str | Path, content: bytes) -> Path:
    """Write to a temporary file and rename it: readers see the old file or the new one, never a part."""
    with open_atomic(path) as file:
        file.write(content)
    return Path(path)


@contextmanager
def open_atomic(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file for writing that gets its name only when the context ends without an error."""
    path = Path(path)
    make_folder(path.parent)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
