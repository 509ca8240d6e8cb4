"""Errors of writing a file: they name it, say that nothing was changed, and say what to do."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from .validation import printable

_ELSEWHERE = "write to another place"

_REASONS = {
    "ENOSPC": "the disk is full; free some space, or write to another disk",
    "EDQUOT": "your share of the disk is used up; free some space, or write to another disk",
    "EFBIG": "it would be larger than a file may be here; raise the limit (ulimit -f), or use another disk",
    "EROFS": f"the file system is read-only; {_ELSEWHERE}",
    "EACCES": f"no permission to write there; {_ELSEWHERE}",
    "EPERM": f"no permission to write there; {_ELSEWHERE}",
    "EISDIR": "a folder has this name; give the name of a file",
    "ENOTDIR": f"a part of its path is a file, not a folder; {_ELSEWHERE}",
    "ENAMETOOLONG": "its name is too long for the file system; give a shorter one",
    "ENOENT": f"its folder does not exist any more; {_ELSEWHERE}",
}

_BY_NUMBER = {getattr(errno, name): reason for name, reason in _REASONS.items() if hasattr(errno, name)}

_LONGEST_NAME = 300


def explained(path: str | os.PathLike[str], error: OSError) -> OSError:
    """The error of writing a file as a sentence, of the same type.

    An error that is a sentence already, which has no `strerror`, is returned as it is.

    >>> print(explained("a.json", OSError(errno.EROFS, "Read-only file system")))
    a.json was not written, what was there is unchanged: the file system is read-only; write to another place
    """
    if error.strerror is None:
        return error
    name = printable(os.fspath(path))
    name = name if len(name) <= _LONGEST_NAME else f"{name[:200]} … {name[-90:]}"
    reason = _BY_NUMBER.get(error.errno or 0, f"{error.strerror}; {_ELSEWHERE}")
    sentence = type(error)(f"{name} was not written, what was there is unchanged: {reason}")
    sentence.errno = error.errno
    return sentence


@contextmanager
def explaining(path: str | os.PathLike[str]) -> Iterator[None]:
    """Errors of the operating system that are raised within become `explained` ones."""
    try:
        yield
    except OSError as error:
        raise explained(path, error) from None
