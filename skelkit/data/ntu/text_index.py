"""Index of the words and lines of a text file: numbers are parsed in bulk, and errors name their line."""

from __future__ import annotations

from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import NoReturn

import numpy as np

from ..errors import Place, UnreadableFile
from .decimals import decimals

_LARGEST = float(np.finfo(np.float32).max)

_CARRIAGE_RETURN, _NEWLINE = 13, 10


class TextIndex:
    """Words and lines of a text; blank lines do not count.

    Most lines are *regular*: they have `regular` words, and only some of these are parsed, in bulk. The
    words of the other lines are looked up one line at a time.

    Args:
        data: the text; lines end in LF or CRLF.
        path: name of the file in errors.
        regular: number of words of a regular line.
        most_irregular: largest number of irregular lines that are looked up.

    Attributes:
        rows: number of lines that are not blank.
        first: index of each line's first word among all words, int64 [rows + 1].

    Raises:
        UnreadableFile: the text contains control characters.
    """

    def __init__(self, data: bytes, path: str | Path, regular: int, most_irregular: int) -> None:
        self.path, self.original = path, data
        if not self._divide(data.strip()):
            lines = (b" ".join(words) for line in data.split(b"\n") if (words := line.split()))
            if not self._divide(
                b"\n".join(lines)
            ):  # neither several spaces nor blank lines: control characters
                self._refuse_control_character(data)
        word_counts = np.diff(self.first)
        irregular = np.flatnonzero(word_counts != regular)[:most_irregular]
        begin = self.before[self.first[irregular]] + 1
        end = self.before[self.first[irregular] + 1]
        end -= self.letters[end - 1] == _CARRIAGE_RETURN
        first_words = [self.data[i:j] for i, j in zip(begin.tolist(), end.tolist(), strict=True)]
        rows = irregular.tolist()
        next_rows = [*rows, self.rows][1:]
        counts = word_counts[irregular].tolist()
        # row -> number of words, first word, the next irregular row
        self._irregular = dict(zip(rows, zip(counts, first_words, next_rows, strict=True), strict=True))

    def _divide(self, data: bytes) -> bool:
        """Find words and lines. False if that fails: several spaces in a row, or control characters."""
        self.data = b"\n" + data + (b"\n|" if data else b"|")
        self.letters = np.frombuffer(self.data, np.uint8)
        space = self.letters <= 32
        # Position of the space before each word, and of the one after the last word.
        self.before = np.flatnonzero(space[:-1] > space[1:])
        spaces = self.letters[self.before]
        self.first = np.flatnonzero(spaces == _NEWLINE)
        self.rows = len(self.first) - 1
        line_ends = self.letters[self.before[self.first[1:]] - 1]
        single = np.count_nonzero(space) == len(self.before) + np.count_nonzero(line_ends == _CARRIAGE_RETURN)
        return single and not ((spaces < 9) | (spaces - np.uint8(14) < 18)).any()

    def _refuse_control_character(self, data: bytes) -> NoReturn:
        position = next(i for i, letter in enumerate(data) if letter < 9 or 13 < letter < 32)
        line = data.count(_NEWLINE, 0, position) + 1
        found = f"the control character {data[position]}"
        raise UnreadableFile(Place(self.path, line), found, "text", "get the file again")

    def next_irregular(self, row: int) -> int:
        """The next irregular row after this irregular one; the number of rows if there is none."""
        return self._irregular[row][2]

    def whole(self, row: int, words: int = 1, digits: int = 9) -> int | None:
        """The whole number that starts an irregular row of `words` words; None for any other row."""
        found, word, _ = self._irregular.get(row, (0, b"", 0))
        return int(word) if found == words and word.isdigit() and len(word) <= digits else None

    def numbers(self, places: np.ndarray) -> np.ndarray:
        """The numbers at these word indices, float32 of the shape of `places`.

        None of the words may be the last of its line or within 15 characters of the start.

        Raises:
            UnreadableFile: a word is no finite number that float32 can hold.
        """
        start, end = self.before[places] + 1, self.before[places + 1]
        values, is_plain = decimals(self.letters, start.ravel(), end.ravel())
        for i in np.flatnonzero(~is_plain).tolist():
            values[i] = self._number(int(places.flat[i]), start.flat[i], end.flat[i])
        return values.astype(np.float32).reshape(places.shape)

    def _number(self, place: int, start: int, end: int) -> float:
        """A number that is not a plain decimal: with an exponent, a plus sign or very many digits."""
        word = self.data[start:end]
        try:
            value = float(word) if b"_" not in word else np.nan
        except ValueError:
            value = np.nan
        if not abs(value) <= _LARGEST:
            self.refuse(
                int(np.searchsorted(self.first, place, "right")) - 1,
                repr(word[:40].decode("ascii", "backslashreplace")),
                "a finite coordinate in metres that float32 can hold",
                "leave this file out, or correct the line",
            )
        return value

    def text(self, row: int) -> str:
        """The words of a row, shortened."""
        line = self._line(row)[1]
        return line[:40].decode("ascii", "backslashreplace") + ("…" if len(line) > 40 else "")

    def _line(self, row: int) -> tuple[int, bytes]:
        """Line number of a row, from 0, and its words in one string."""
        lines = (
            (number, words) for number, line in enumerate(BytesIO(self.original)) if (words := line.split())
        )
        number, words = next(islice(lines, row, None))
        return number, b" ".join(words)

    def refuse(
        self, row: int, found: str, expected: str, fix: str = "correct this line, or get the whole file"
    ) -> NoReturn:
        """Raise an UnreadableFile that names the line. `found` "": the words of the row."""
        if row >= self.rows:
            last = self._line(self.rows - 1)[0] if self.rows else 0
            place = Place(self.path, last + 1)
            raise UnreadableFile(place, "the end of the file", expected, "get the whole file")
        count = int(self.first[row + 1] - self.first[row])
        found = found or f"{self.text(row)!r} ({count} word{'s' * (count > 1)})"
        raise UnreadableFile(Place(self.path, self._line(row)[0] + 1), found, expected, fix)
