"""Checksum of an exported ONNX file.

The last metadata entry of the file is the SHA-256 checksum of all bytes before it. So truncated and changed
files are detected before onnxruntime reads them.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

# Protobuf encoding of an entry of ModelProto.metadata_props (74 bytes): key "sha256", value of 64 bytes.
_HEADER = b"\x72\x4a\x0a\x06sha256\x12\x40"
_DIGITS = 64


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
    data = path.read_bytes()
    content, found = data[: -len(_HEADER) - _DIGITS], data[-_DIGITS:]
    if data[len(content) : -_DIGITS] != _HEADER:
        raise ValueError(
            f"{path}: its {len(data)} bytes do not end in the checksum of a file of skelkit.export: "
            "cut off, or written by another program; copy it again or export it again"
        )
    expected = hashlib.sha256(content).hexdigest().encode()
    if found != expected:
        raise ValueError(
            f"{path}: damaged, its content has the checksum {expected[:8].decode()}…, "
            f"it was written with {found[:8].decode(errors='replace')}…; copy it again or export it again"
        )
    return data
