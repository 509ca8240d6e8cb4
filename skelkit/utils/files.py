"""Write files atomically: a file is complete under its name, or not there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


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
