"""Arrays of MATLAB's .mat files of version 5 to 7, read by scipy; what is packed is counted before."""

from __future__ import annotations

import io
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from ..errors import UnreadableFile
from .common import quote, read_file

MOST_BYTES = 2**24
"""Size limit of a file, also unpacked; the skeletons of a clip have 60 KB."""

_COMPRESSED, _MATRIX = 15, 14


def array(file: Path, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The numbers of an array, float64.

    Args:
        file: the .mat file.
        name: of the array.
        shape: what it must have; 0 stands for any size but zero.

    Raises:
        FileNotFoundError: there is no such file.
        ImportError: scipy is not installed.
        UnreadableFile: another version, a damaged file, or another array.
    """
    try:
        from scipy.io import loadmat, whosmat
    except ImportError:
        raise ImportError(f"{file}: .mat files need scipy; pip install skelkit[matlab]") from None
    content = unpacked(file, read_file(file, MOST_BYTES))
    try:
        known = {each: (sizes, kind) for each, sizes, kind in whosmat(io.BytesIO(content))}
        sizes, kind = known.get(name, ((), "nothing"))
        if math.prod(sizes) * 4 > len(content):
            raise UnreadableFile(
                file, f"{len(content):,} bytes for {list(sizes)[:8]}", "more", "get it again"
            )
        fits = len(sizes) == len(shape) and all(
            n == (m or n) and n for n, m in zip(sizes, shape, strict=True)
        )
        if kind not in ("double", "single") or not fits:
            expected = f"numbers {[n or 'any' for n in shape]}".replace("'", "")
            raise UnreadableFile(file, f"{name}: {kind} {list(sizes)[:8]}", expected, "get the file again")
        values = np.asarray(loadmat(io.BytesIO(content), variable_names=[name])[name], np.float64)
    except UnreadableFile:
        raise
    except Exception as error:  # a damaged file fails in a dozen ways
        found = f"a damaged .mat file ({quote(f'{type(error).__name__}: {error}')})"
        raise UnreadableFile(file, found, "a whole one, version 5 to 7", "get it again") from None
    if not np.isfinite(values).all():
        raise UnreadableFile(
            file, f"{name} with NaN or infinite numbers", "coordinates", "get the file again"
        )
    return values


def unpacked(file: Path, content: bytes) -> bytes:
    """The content of a .mat file of version 5 without compression, at most `MOST_BYTES`.

    A few packed bytes may stand for gigabytes; here they are counted before a library unpacks them. (Format:
    MathWorks, "MAT-File Format": a header of 128 bytes, then elements of type, size and data.)

    Raises:
        UnreadableFile: another version, a damaged file, or too much in it.
    """
    if content[:19] == b"MATLAB 7.3 MAT-file":
        raise UnreadableFile(file, "a .mat file of version 7.3", "version 5 to 7", "save it with -v7")
    order = {b"IM": "<", b"MI": ">"}.get(content[126:128])
    if order is None:
        raise UnreadableFile(file, "no header of a .mat file", "version 5 to 7", "get the file again")
    whole, at = bytearray(content[:128]), 128
    while at + 8 <= len(content):
        kind, size = struct.unpack(f"{order}II", content[at : at + 8])
        element = content[at : at + 8 + size]
        if kind == _COMPRESSED:
            unpacker = zlib.decompressobj()
            try:
                element = unpacker.decompress(element[8:], MOST_BYTES + 1)
            except zlib.error as error:
                raise UnreadableFile(
                    file, f"damaged data ({error})", "a whole file", "get it again"
                ) from None
        elif kind != _MATRIX:
            raise UnreadableFile(file, f"an element of type {kind}", "matrices", "get the file again")
        whole += element
        if len(whole) > MOST_BYTES:
            raise UnreadableFile(file, f"more than {MOST_BYTES:,} bytes", "fewer", "get the file again")
        at += 8 + size
    return bytes(whole)
