"""The directory of a zip archive, looked at before it is read.

`zipfile` makes an object of every member when it opens an archive: a directory of some megabytes would take
seconds, and memory many times its size.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

from .errors import UnreadableFile

MOST_MEMBERS = 150_000
"""NTU RGB+D 120 has 114,480 samples."""

_MOST_BYTES = 64 * 2**20

_MEMBER, _END, _END64, _LOCATOR = b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"


def check_directory(path: str | Path, most: int = MOST_MEMBERS) -> None:
    """Refuse a zip archive of more than `most` members; other damage is left to `zipfile`.

    Members are counted by their signature, because the number that the archive states may be wrong.

    Raises:
        UnreadableFile: more members, or a directory of more than 64 MiB.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        begin = max(0, size - 2**16 - 2**10)
        file.seek(begin)
        tail = file.read()
        end = tail.rfind(_END)
        if end < 0 or len(tail) < end + 22:
            return
        (length,) = struct.unpack_from("<I", tail, end + 12)
        if tail[max(0, end - 20) :].startswith(_LOCATOR) and tail[max(0, end - 76) :].startswith(_END64):
            (length,) = struct.unpack_from("<Q", tail, end - 76 + 40)
            end -= 76
        members = length // 46
        if length <= _MOST_BYTES:
            file.seek(max(0, begin + end - length))
            members = file.read(length).count(_MEMBER)
    if members > most or length > _MOST_BYTES:
        found = (
            f"a directory of {members:,} members" if length <= _MOST_BYTES else f"{length:,} bytes of names"
        )
        raise UnreadableFile(path, found, f"at most {most:,} members", "split the archive")
