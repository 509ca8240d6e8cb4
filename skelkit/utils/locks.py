"""Locks between processes: one writer of a file or a folder at a time.

A lock is a small file beside what it locks. The operating system releases it when its process ends, however
that happens. (`flock` on Unix, `LockFile` on Windows.)
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
import warnings
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .write_errors import explained, explaining

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_PAUSE = 0.02
"""Seconds between attempts to get a lock that another process holds."""

_UNSUPPORTED = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


class Busy(RuntimeError):
    """Another process holds the lock."""


class Lock:
    """A lock that is held until `release`, or until nothing refers to it any more.

    Where the file system has no locks, a warning says so, and nothing is locked.

    Args:
        path: of the lock's own file, which is removed with the lock. Its folder must exist.
        seconds: how long to wait for another process that holds it.

    Raises:
        Busy: another process holds it still.
        OSError: the file cannot be written; says why and what to do.
    """

    def __init__(self, path: Path, seconds: float = 0.0):
        late = time.monotonic() + seconds
        while (handle := _attempt(path)) is None:
            if time.monotonic() >= late:
                raise Busy(f"another process holds {path}{_holder(path)}; wait for it to finish")
            time.sleep(_PAUSE)
        self.release = weakref.finalize(self, _release, path, handle, os.getpid())
        """Give the lock back; nothing happens if it was given back already."""


@contextmanager
def locked(path: Path, seconds: float = 60.0) -> Iterator[None]:
    """Hold a lock while the context lasts. Arguments and errors as in `Lock`."""
    lock = Lock(path, seconds)
    try:
        yield
    finally:
        lock.release()


def _attempt(path: Path) -> int | None:
    """Handle of the locked file; None if another process has locked it."""
    with explaining(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        lock(handle)
    except OSError as error:
        if error.errno in _UNSUPPORTED:
            message = "this file system has no locks; let no two processes write there at once"
            warnings.warn(f"{path.parent}: {message}", stacklevel=4)
            return handle
        os.close(handle)
        if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            return None
        raise explained(path, error) from None
    if os.name != "nt" and not os.fstat(handle).st_nlink:  # who held it before has removed this file
        os.close(handle)
        return None
    with contextlib.suppress(OSError):  # a full disk has no room for the note
        os.ftruncate(handle, 0)
        os.write(handle, f"process {os.getpid()}".encode())
    return handle


def lock(handle: int) -> None:
    """Lock an open file until it is closed. Raises OSError if it is locked, or if that cannot be done."""
    if sys.platform == "win32":
        # The byte is beyond the note in the file, which others read.
        os.lseek(handle, 1 << 20, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)
    else:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _release(path: Path, handle: int, process: int) -> None:
    if os.getpid() != process:  # a fork has the handle too, but not the lock
        return
    with contextlib.suppress(OSError):  # Windows removes no open file; it is reused then
        os.unlink(path)
    os.close(handle)


def _holder(path: Path) -> str:
    """Which process holds the lock, " (process 123)", if that can be read."""
    with contextlib.suppress(OSError, ValueError):
        if note := path.read_text()[:40]:
            return f" ({note})"
    return ""
