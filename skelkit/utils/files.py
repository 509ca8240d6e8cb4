"""Writing files: whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def make_folder(path: Path) -> Path:
    """Make a folder and those above it; says plainly when a file stands in the way."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise NotADirectoryError(
            f"{path} cannot be a folder, a file stands there; choose another place to write to"
        ) from None
    return path


def write_atomic(path: str | Path, content: bytes) -> Path:
    """Write to a temporary file beside `path`, then rename it: readers see the old file or the new one, never half."""
    with open_atomic(path) as file:
        file.write(content)
    return Path(path)


@contextmanager
def open_atomic(path: str | Path) -> Iterator[BinaryIO]:
    """A file to write to piece by piece that gets its name when it is whole; for files too large to be made in memory first."""
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
