"""Write files atomically: a file is complete under its name, or not there. Read only plain files."""

from __future__ import annotations

import contextlib
import errno
import glob
import io
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from .locks import lock
from .write_errors import explaining

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

HOLES = 2**27
"""Bytes from which on a file is refused of which less than a hundredth is on the disk."""

_PROBE_BYTES = 8192
"""Bytes that are written to learn whether a disk has room."""

_PREFIX_CHARACTERS = 60

_LEFT_SECONDS = 60
"""Age from which a temporary file that nobody has locked was left by a writer that was killed."""


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


@contextmanager
def openable(path: str | Path) -> Iterator[str]:
    """A name of a file for libraries that take UTF-8 alone; on Unix a name may be any bytes."""
    name = os.fspath(path)
    if name.isascii() or name.encode(errors="replace").decode() == name:
        yield name
    else:
        with open(path, "rb") as file:
            yield f"/dev/fd/{file.fileno()}"


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


def write_atomic(path: str | Path, content: bytes, keep: Path | None = None) -> Path:
    """Write to a temporary file and rename it: readers see the old file or the new one, never a part.

    Args:
        path: of the file; its folder is created if it does not exist.
        content: all of it.
        keep: name that the old file gets. Default: it is replaced.

    Raises:
        OSError: it cannot be written; says why and what to do. The old file is as it was.
    """
    with open_atomic(path, keep) as file:
        file.write(content)
    return Path(path)


@contextmanager
def open_atomic(path: str | Path, keep: Path | None = None) -> Iterator[BinaryIO]:
    """Open a file for writing that gets its name only when the context ends without an error.

    Its content is on the disk before it gets its name: after a power cut too, the file is the old one or the
    new one. Arguments and errors as in `write_atomic`.
    """
    path = Path(path)
    with explaining(path):
        make_folder(path.parent)
        _remove_leftovers(path)
        handle, temporary = _new_file(path.parent, path)
    try:
        with contextlib.suppress(OSError):  # there are file systems without locks
            lock(handle)
        with io.BufferedWriter(_Named(handle, path)) as file:
            yield cast(BinaryIO, file)
            file.flush()
            with explaining(path):
                os.fsync(handle)
        with explaining(path):
            os.chmod(temporary, 0o644)
            if keep is not None and path.exists():
                os.replace(path, keep)
            os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(path.parent)


def check_target(path: str | Path) -> Path:
    """Check, before long work, that a file can be written; a file that exists stays as it is.

    Some kilobytes are written beside it, or to the nearest folder above that exists, and removed again.

    Raises:
        OSError: it cannot be written; says why and what to do.
    """
    path = Path(path)
    with explaining(path):
        folder = path.absolute().parent
        while not os.path.lexists(folder):
            folder = folder.parent
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "")
        handle, temporary = _new_file(folder, path)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(bytes(_PROBE_BYTES))
        finally:
            os.unlink(temporary)
    return path


def temporaries(path: Path) -> Iterator[Path]:
    """Files that killed writers of this file left."""
    return path.parent.glob(f"{glob.escape(_prefix(path))}*")


class _Named(io.FileIO):
    """A file that is written, whose errors are those of writing `path`."""

    def __init__(self, handle: int, path: Path):
        super().__init__(handle, "wb")
        self._path = path

    def write(self, content: ReadableBuffer, /) -> int:
        with explaining(self._path):
            return super().write(content)


def _prefix(path: Path) -> str:
    """Start of the names of temporary files, which are no longer than the longest name of a file."""
    return f".{path.name[:_PREFIX_CHARACTERS]}."


def _new_file(folder: Path, path: Path) -> tuple[int, str]:
    """Handle and name of a new temporary file for `path`; an error if `path` cannot be the name of a file."""
    path.is_symlink()  # an error for a name that is too long
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "")
    return tempfile.mkstemp(dir=folder, prefix=_prefix(path))


def _remove_leftovers(path: Path) -> None:
    """Remove what killed writers of this file left; what living ones write is locked."""
    for left in temporaries(path):
        with contextlib.suppress(OSError):
            handle = os.open(left, os.O_RDWR)
            try:
                if time.time() - os.fstat(handle).st_mtime > _LEFT_SECONDS:
                    lock(handle)
                    os.unlink(left)
            finally:
                os.close(handle)


def _sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk, where the system can do that."""
    with contextlib.suppress(OSError):  # Windows opens no folders; some file systems cannot sync them
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
