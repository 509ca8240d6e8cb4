"""Text files of numbers, one row per line, as most data sets keep skeletons."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from ..errors import Place, UnreadableFile
from .common import number, quote, read_file

MOST_BYTES, LONGEST_LINE, _BLOCK = 2**25, 100_000, 2**20
"""Size limits of a file and of a line; 150 numbers take 3,000 characters."""


def read(path: Path, columns: int | tuple[int, ...], delimiter: str | None = None) -> np.ndarray:
    """The numbers of a file, float64 [rows, columns]. Blank lines are skipped; a file may be empty.

    Args:
        path: the file.
        columns: numbers in a line, or the allowed ones.
        delimiter: what separates them. Default: white space.

    Raises:
        FileNotFoundError: there is no such file.
        UnreadableFile: names the line that is not such a row.
    """
    allowed = (columns,) if isinstance(columns, int) else columns
    content = read_file(path, MOST_BYTES)
    blocks = []
    lines = io.BytesIO(content)
    first = 1
    while block := lines.readlines(_BLOCK):
        if max(map(len, block)) > LONGEST_LINE:
            found = f"a line of more than {LONGEST_LINE:,} characters"
            raise UnreadableFile(path, found, "rows of numbers", "pass another file")
        if any(map(bytes.strip, block)):
            blocks.append(_rows(path, block, first, allowed, delimiter))
        first += len(block)
    if len({rows.shape[1] for rows in blocks}) > 1:
        found = " and ".join(str(n) for n in sorted({rows.shape[1] for rows in blocks}))
        raise UnreadableFile(path, f"lines of {found} numbers", "lines of one length", "correct the file")
    return np.concatenate(blocks) if blocks else np.zeros((0, allowed[0]))


def _rows(
    path: Path, block: list[bytes], first: int, allowed: tuple[int, ...], delimiter: str | None
) -> np.ndarray:
    """The numbers of some lines; `first` is the number of the first."""
    try:
        rows = np.loadtxt(block, delimiter=delimiter, comments=None, ndmin=2, encoding="latin-1")
    except ValueError:
        raise _fault(path, block, first, allowed, delimiter) from None
    if rows.shape[1] not in allowed or not np.isfinite(rows).all():
        raise _fault(path, block, first, allowed, delimiter)
    return rows


def _fault(
    path: Path, block: list[bytes], first: int, allowed: tuple[int, ...], delimiter: str | None
) -> UnreadableFile:
    """The error for the first line that is no row of numbers."""
    expected = f"{' or '.join(map(str, allowed))} numbers in each line"
    width = 0
    for line, text in enumerate(block, first):
        cells = text.decode("latin-1").split(delimiter)
        if not text.strip():
            continue
        odd = next((cell for cell in cells if not abs(number(cell)) < 1e300), None)
        if odd is not None or len(cells) not in allowed or len(cells) != (width or len(cells)):
            found = f"{len(cells)} numbers" if odd is None else quote(odd)
            return UnreadableFile(Place(path, line=line), found, expected, "correct this line")
        width = len(cells)
    return UnreadableFile(path, "something that is no table of numbers", expected, "get the file again")
