"""Arrays in .npy and .npz files: sizes are checked before memory is allocated, nothing is unpickled."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np

from ..errors import Place, UnreadableFile
from . import archives
from .common import MOST_CLASSES, check_file, quote

MOST_NUMBERS = 2**48
"""Largest number of values in an array, and of those that it would have without its axes of length 0."""

MOST_ARRAYS = 2_000
"""Largest number of arrays in a .npz file, which is opened for each of them."""


@dataclass(frozen=True)
class Stored:
    """An array in a file, not yet read.

    Args:
        path: the .npy or .npz file.
        member: name of the array's file in the .npz; "" for a .npy file.
        shape, dtype: of the array; values are returned in this type, in the byte order of this machine.
        columns_first: whether the array is stored in Fortran order.
        begin: byte at which the numbers begin.
    """

    path: Path
    member: str
    shape: tuple[int, ...]
    dtype: np.dtype
    columns_first: bool
    begin: int

    @property
    def where(self) -> Place:
        """The array's place, for errors."""
        return Place(self.path, part=self.member.removesuffix(".npy"))

    def row(self, number: int) -> Place:
        """The place of a row, for errors."""
        return replace(self.where, part=f"{self.member.removesuffix('.npy')}: row {number}".lstrip(": "))

    def describe(self) -> str:
        """Type and shape, for errors."""
        return f"{self.dtype} {list(self.shape)}"

    def rows(self) -> Iterator[np.ndarray]:
        """The rows, one at a time in memory (the whole array if stored in Fortran order, which is rare)."""
        if self.columns_first:
            yield from self.whole()
            return
        length = math.prod(self.shape[1:]) * self.dtype.itemsize
        with _opened(self.path, self.member) as (file, _):
            file.seek(self.begin)
            for _ in range(self.shape[0]):
                yield self._array(file.read(length), self.shape[1:])

    def whole(self) -> np.ndarray:
        """The array."""
        with _opened(self.path, self.member) as (file, _):
            file.seek(self.begin)
            return self._array(file.read(math.prod(self.shape) * self.dtype.itemsize), self.shape)

    def _array(self, raw: bytes, shape: tuple[int, ...]) -> np.ndarray:
        values = np.frombuffer(raw, self.dtype) if raw else np.zeros(0, self.dtype)
        if values.size != math.prod(shape):
            raise UnreadableFile(
                self.where, "fewer numbers than announced", self.describe(), "get the whole file"
            )
        values = values.astype(self.dtype.newbyteorder("="), copy=False)
        # numpy would turn such characters into strings that crash Python.
        if self.dtype.kind == "U" and (values.view(np.uint32) > 0x10FFFF).any():
            raise UnreadableFile(self.where, "characters that do not exist", "Unicode", "get the whole file")
        return values.reshape(shape, order="F" if self.columns_first else "C")


@contextmanager
def _opened(path: Path, member: str) -> Iterator[tuple[IO[bytes], int]]:
    """The open array file (header and numbers) and its size in bytes."""
    if member:
        with archives.opened(path, MOST_ARRAYS) as archive, archive.open(member) as file:
            yield file, archive.getinfo(member).file_size
    else:
        with check_file(path).open("rb") as file:
            yield file, os.fstat(file.fileno()).st_size


def names(path: str | Path) -> list[str]:
    """The names of the arrays in a .npz file."""
    with archives.opened(path, MOST_ARRAYS) as archive:
        return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]


def find(path: str | Path, name: str = "") -> Stored:
    """The array of this name in a .npz file, or (without a name) the array of a .npy file.

    Raises:
        FileNotFoundError: there is no such file.
        UnreadableFile: pickled objects, a damaged header, or a file that is not as long as its header says.
    """
    path, member = check_file(path), name and f"{name}.npy"
    with _opened(path, member) as (file, size):
        try:
            stored = _read_header(path, member, file)
        except UnreadableFile:
            raise
        except Exception as error:  # a damaged header fails in a dozen ways
            raise UnreadableFile(
                Place(path, part=name),
                f"a damaged header ({quote(str(error), 100)})",
                "a numpy array",
                "get the whole file",
            ) from None
    _check_type(stored)
    if (need := stored.begin + math.prod(stored.shape) * stored.dtype.itemsize) != size:
        raise UnreadableFile(
            stored.where, f"{size:,} bytes", f"{need:,} for {stored.describe()}", "get the whole file"
        )
    return stored


def _read_header(path: Path, member: str, file: IO[bytes]) -> Stored:
    with warnings.catch_warnings():  # headers written by Python 2, or otherwise odd
        warnings.simplefilter("ignore")
        version = np.lib.format.read_magic(file)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, columns_first, dtype = read(file)
    return Stored(path, member, tuple(map(int, shape)), dtype, bool(columns_first), file.tell())


def _check_type(stored: Stored) -> None:
    """Refuse arrays of anything but numbers and strings."""
    dtype, shape = stored.dtype, stored.shape
    if dtype.hasobject:
        raise UnreadableFile(
            stored.where,
            "pickled objects",
            "plain numbers and strings",
            "a pickle could run any code, it is not read; save plain arrays",
        )
    if (
        dtype.kind not in "biufUS"
        or not 0 < dtype.itemsize <= 2**20
        or min(shape, default=0) < 0
        or len(shape) > 8
        or math.prod(length or 1 for length in shape) > MOST_NUMBERS
    ):
        raise UnreadableFile(
            stored.where,
            f"an array {str(dtype)[:60]} {str(list(shape)[:9])[:200]}",
            "numbers or strings",
            "save plain arrays",
        )


def find_all(path: str | Path, wanted: tuple[str, ...], kind: str) -> dict[str, Stored]:
    """The arrays of these names in a .npz file.

    Args:
        kind: what such a file is, for the error about a missing array.

    Raises:
        UnreadableFile: one of them is missing, or the file is damaged.
    """
    found = names(path)
    for name in wanted:
        if name not in found:
            raise UnreadableFile(
                path,
                f"the arrays {', '.join(map(quote, found[:12])) or '(none)'}",
                f"{', '.join(wanted)} ({kind})",
                f"add {name!r}",
            )
    return {name: find(path, name) for name in wanted}


def labels(stored: Stored) -> np.ndarray:
    """Class indices, Long[N], from an array of class indices [N] or of one-hot rows [N, K].

    Raises:
        UnreadableFile: the array is neither; for one-hot rows, names the row.
    """
    if len(stored.shape) == 1 and stored.dtype.kind in "iu":
        return stored.whole()
    is_one_hot = (
        len(stored.shape) == 2 and stored.dtype.kind in "biuf" and 0 < stored.shape[1] <= MOST_CLASSES
    )
    if not is_one_hot:
        raise UnreadableFile(
            stored.where,
            stored.describe(),
            "class indices [clips], or one-hot rows [clips, classes]",
            "save one label per clip",
        )
    indices = []
    for number, row in enumerate(stored.rows()):
        nonzero = np.flatnonzero(row)
        if len(nonzero) != 1:
            raise UnreadableFile(
                stored.row(number), f"{len(nonzero)} classes", "one", "give each clip one label"
            )
        indices.append(int(nonzero[0]))
    return np.array(indices, dtype=np.int64)
