"""The lines of a text file that is not read in one piece by a parser: bounded before they are split."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..errors import Place, UnreadableFile
from .common import read_file

MOST_BYTES, MOST_LINES, LONGEST_LINE = 2**26, 5_000_000, 200_000
"""Limits of a file; a row of a thousand markers has 40,000 characters."""


def read_lines(path: Path, most_bytes: int = MOST_BYTES) -> Iterator[str]:
    """The lines of a file without their ends (LF, CRLF or CR), decoded one by one as UTF-8.

    Raises:
        FileNotFoundError: there is no such file.
        UnreadableFile: it is larger than `most_bytes`, or has too many lines or one that is too long.
    """
    content = read_file(path, most_bytes).removeprefix(b"\xef\xbb\xbf")
    if (count := content.count(b"\n") + content.count(b"\r")) > MOST_LINES:
        raise UnreadableFile(path, f"{count:,} lines", f"at most {MOST_LINES:,}", "split the file")
    for number, line in enumerate(content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"), 1):
        if len(line) > LONGEST_LINE:
            where = Place(path, line=number)
            raise UnreadableFile(where, f"{len(line):,} characters", f"at most {LONGEST_LINE:,}", "split it")
        yield line.decode("utf-8", "replace")
