"""Text files of numbers, one row per line, as most data sets keep skeletons."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from ..errors import Place, UnreadableFile
from .common import number, quote, read_file

MOST_BYTES, LONGEST_LINE = 2**26, 100_000
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
    if not content.strip():
        return np.zeros((0, allowed[0]))
    if max(map(len, io.BytesIO(content))) > LONGEST_LINE:
        raise UnreadableFile(
            path, f"a line of more than {LONGEST_LINE:,} characters", "rows", "pass another file"
        )
    try:
        rows = np.loadtxt(
            io.BytesIO(content), delimiter=delimiter, comments=None, ndmin=2, encoding="latin-1"
        )
    except ValueError:
        raise _fault(path, content, allowed, delimiter) from None
    if rows.shape[1] not in allowed or not np.isfinite(rows).all():
        raise _fault(path, content, allowed, delimiter)
    return rows


def _fault(path: Path, content: bytes, allowed: tuple[int, ...], delimiter: str | None) -> UnreadableFile:
    """The error for the first line that is no row of numbers."""
    expected = f"{' or '.join(map(str, allowed))} numbers in each line"
    width = 0
    for line, text in enumerate(io.BytesIO(content), 1):
        cells = text.decode("latin-1").split(delimiter)
        if not text.strip():
            continue
        odd = next((cell for cell in cells if not abs(number(cell)) < 1e300), None)
        if odd is not None or len(cells) not in allowed or len(cells) != (width or len(cells)):
            found = f"{len(cells)} numbers" if odd is None else quote(odd)
            return UnreadableFile(Place(path, line=line), found, expected, "correct this line")
        width = len(cells)
    return UnreadableFile(path, "something that is no table of numbers", expected, "get the file again")
