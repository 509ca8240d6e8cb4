"""Checksum of an exported ONNX file.

The last metadata entry of the file is the SHA-256 checksum of all bytes before it. So truncated and changed
files are detected before onnxruntime reads them.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from ..utils.files import fault, read_whole

# Protobuf encoding of an entry of ModelProto.metadata_props (74 bytes): key "sha256", value of 64 bytes.
_HEADER = b"\x72\x4a\x0a\x06sha256\x12\x40"
_DIGITS = 64

MOST_BYTES = 2**30
"""Size limit of an exported file; those of the kit have some megabytes."""


def append_checksum(content: bytes) -> bytes:
    """An ONNX file with its checksum as last metadata entry; still a valid ONNX file."""
    return content + _HEADER + hashlib.sha256(content).hexdigest().encode()


def read_checked(path: str | Path) -> bytes:
    """All bytes of a file that `append_checksum` made.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is not as it was written.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; write one with skelkit.export.onnx")
    if reason := fault(path, MOST_BYTES) or _end(path):
        raise ValueError(
            f"{path}: {reason}: cut off, or written by another program; copy it again or export it again"
        )
    data = read_whole(path)
    content, found = data[: -len(_HEADER) - _DIGITS], data[-_DIGITS:]
    expected = hashlib.sha256(content).hexdigest().encode()
    if found != expected:
        raise ValueError(
            f"{path}: damaged, its content has the checksum {expected[:8].decode()}…, "
            f"it was written with {found[:8].decode(errors='replace')}…; copy it again or export it again"
        )
    return data


def _end(path: Path) -> str:
    """What is wrong with the end of a file, read before the rest; "" if it is that of an exported file."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(max(0, size - len(_HEADER) - _DIGITS))
        end = file.read(len(_HEADER))
    return (
        "" if end == _HEADER else f"its {size} bytes do not end in the checksum of a file of skelkit.export"
    )
