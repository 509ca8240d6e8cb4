"""Arrays in .npy and .npz files, row by row: their size is known before any memory is taken, and nothing is unpickled."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from . import archives
from .common import Refused, check_file, fail, quote


@dataclass(frozen=True)
class Stored:
    """One array in a file: `where` names it in errors, `member` is its name in the archive ("" for a .npy file).

    Numbers come as they are stored, in the byte order of this machine.
    """

    path: Path
    member: str
    shape: tuple[int, ...]
    dtype: np.dtype
    columns_first: bool
    begin: int

    @property
    def where(self) -> str:
        return f"{self.path}: {self.member.removesuffix('.npy')}" if self.member else str(self.path)

    def describe(self) -> str:
        return f"{self.dtype} {list(self.shape)}"

    def rows(self) -> Iterator[np.ndarray]:
        """`array[0]`, `array[1]`, …, one at a time in memory (all of it if columns come first, which is rare)."""
        if self.columns_first:
            yield from self.whole()
            return
        length = math.prod(self.shape[1:]) * self.dtype.itemsize
        with _opened(self.path, self.member) as (file, _):
            file.seek(self.begin)
            for _ in range(self.shape[0]):
                yield self._array(file.read(length), self.shape[1:])

    def whole(self) -> np.ndarray:
        with _opened(self.path, self.member) as (file, _):
            file.seek(self.begin)
            return self._array(file.read(math.prod(self.shape) * self.dtype.itemsize), self.shape)

    def _array(self, raw: bytes, shape: tuple[int, ...]) -> np.ndarray:
        values = np.frombuffer(raw, self.dtype) if raw else np.zeros(0, self.dtype)
        if values.size != math.prod(shape):
            fail(self.where, "fewer numbers than announced", self.describe(), "get the whole file")
        values = values.astype(self.dtype.newbyteorder("="), copy=False)
        if (
            self.dtype.kind == "U" and (values.view(np.uint32) > 0x10FFFF).any()
        ):  # numpy would make strings of them that crash Python
            fail(self.where, "characters that do not exist", "Unicode", "get the whole file")
        return values.reshape(shape, order="F" if self.columns_first else "C")


@contextmanager
def _opened(path: Path, member: str) -> Iterator[tuple[BinaryIO, int]]:
    """The bytes of an array with its header, and how many they are."""
    if member:
        with archives.opened(path) as archive, archive.open(member) as file:
            yield file, archive.getinfo(member).file_size
    else:
        with check_file(path).open("rb") as file:
            yield file, os.fstat(file.fileno()).st_size


def names(path: str | Path) -> list[str]:
    """The names of the arrays in a .npz file."""
    with archives.opened(path) as archive:
        return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]


def find(path: str | Path, name: str = "") -> Stored:
    """The array of this name in a .npz file, or (without a name) that of a .npy file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: names the file and the array: pickled objects, a damaged header, or a file that is not as long as it says.
    """
    path, member = check_file(path), name and f"{name}.npy"
    with _opened(path, member) as (file, size):
        try:
            with warnings.catch_warnings():  # headers of Python 2 and such that Python finds odd
                warnings.simplefilter("ignore")
                version = np.lib.format.read_magic(file)
                read = {
                    (1, 0): np.lib.format.read_array_header_1_0,
                    (2, 0): np.lib.format.read_array_header_2_0,
                }[version]
                shape, columns_first, dtype = read(file)
            stored = Stored(path, member, tuple(map(int, shape)), dtype, bool(columns_first), file.tell())
        except Refused:
            raise
        except Exception as error:  # a damaged header fails in a dozen ways
            where = f"{path}: {name}" if name else path
            raise Refused(
                f"{where}: found a damaged header ({quote(str(error), 100)}), expected a numpy array; get the whole file"
            ) from None
    if dtype.hasobject:
        fail(
            stored.where,
            "pickled objects",
            "plain numbers and strings",
            "a pickle could run any code, it is not read; save plain arrays",
        )
    if (
        dtype.kind not in "biufUS"
        or not dtype.itemsize
        or dtype.itemsize > 2**20
        or min(shape, default=0) < 0
        or len(shape) > 8
    ):
        fail(
            stored.where,
            f"an array {str(dtype)[:60]} {list(shape)[:9]}",
            "numbers or strings",
            "save plain arrays",
        )
    if (need := stored.begin + math.prod(stored.shape) * dtype.itemsize) != size:
        fail(stored.where, f"{size:,} bytes", f"{need:,} for {stored.describe()}", "get the whole file")
    return stored


def find_all(path: str | Path, wanted: tuple[str, ...], kind: str) -> dict[str, Stored]:
    """These arrays of a .npz file; `kind` says in the error what such a file is."""
    there = names(path)
    for name in wanted:
        if name not in there:
            fail(
                path,
                f"the arrays {', '.join(map(quote, there[:12])) or '(none)'}",
                f"{', '.join(wanted)} ({kind})",
                f"add {name!r}",
            )
    return {name: find(path, name) for name in wanted}


def labels(stored: Stored) -> np.ndarray:
    """Class indices [N] from such, or from one-hot rows [N, K]. Raises ValueError that names the row."""
    if len(stored.shape) == 1 and stored.dtype.kind in "iu":
        return stored.whole()
    if len(stored.shape) != 2 or stored.dtype.kind not in "biuf" or not 0 < stored.shape[1] <= 10_000:
        fail(
            stored.where,
            stored.describe(),
            "class indices [clips], or one-hot rows [clips, classes]",
            "save one label per clip",
        )
    found = []
    for number, row in enumerate(stored.rows()):
        place = np.flatnonzero(row)
        if len(place) != 1:
            fail(f"{stored.where}: row {number}", f"{len(place)} classes", "one", "give each clip one label")
        found.append(int(place[0]))
    return np.array(found, dtype=np.int64)
