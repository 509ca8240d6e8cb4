"""The motion numbers of a BVH file; errors name the line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NoReturn

import numpy as np

from ..errors import Place, UnreadableFile
from .common import number


def read_motion(
    path: Path, lines: Sequence[str], start: int, columns: int
) -> tuple[float, np.ndarray, list[int]]:
    """Frames per second, the numbers float64 [T, columns], and the line of each frame (counted from 1).

    Args:
        start: line of the word MOTION, counted from 1.
        columns: number of channels of the hierarchy.

    Raises:
        UnreadableFile: numbers that are missing, too many or no numbers; no channels; names the line.
    """
    rows = [i for i, line in enumerate(lines[start:], start + 1) if line and not line.isspace()]
    last = rows[-1] if rows else start
    frames = int(
        _header(
            path, lines, rows.pop(0) if rows else last, "frames", "'Frames:' and a whole number above zero"
        )
    )
    seconds = _header(
        path, lines, rows.pop(0) if rows else last, "frame time", "'Frame Time:' and seconds above zero"
    )
    if len(rows) != frames:
        raise UnreadableFile(
            Place(path, line=rows[frames] if len(rows) > frames else last),
            f"{len(rows)} frames",
            f"the {frames} that 'Frames:' announces",
            "get the whole file, or correct 'Frames:'",
        )
    if not columns:
        raise UnreadableFile(
            Place(path, line=start),
            "a hierarchy without channels",
            "at least one",
            "give the root its channels",
        )
    return _frame_rate(seconds), _numbers(path, lines, rows, columns), rows


def _header(path: Path, lines: Sequence[str], row: int, key: str, expected: str) -> Decimal:
    """The number of the line "key: number", which is above zero, and whole for the key "frames"."""
    name, _, text = lines[row - 1].partition(":")
    try:
        value = Decimal(text.strip()) if " ".join(name.lower().split()) == key else Decimal("nan")
    except InvalidOperation:
        value = Decimal("nan")
    in_range = value.is_finite() and value > 0 and abs(value.adjusted()) <= 9
    if not in_range or (key == "frames" and value != int(value)):
        raise UnreadableFile(
            Place(path, line=row),
            repr(lines[row - 1].strip()[:60]),
            expected,
            "get the whole file, or correct this line",
        )
    return value


def _numbers(path: Path, lines: Sequence[str], rows: Sequence[int], columns: int) -> np.ndarray:
    """The numbers in these lines, float64 [rows, columns]."""
    try:
        motion = np.loadtxt([lines[row - 1] for row in rows], dtype=np.float64, comments=None, ndmin=2)
    except ValueError as error:
        _refuse_motion(path, lines, rows, columns, str(error))
    if motion.shape[1] != columns or not np.isfinite(motion).all():
        _refuse_motion(path, lines, rows, columns, f"{motion.shape[1]} columns")
    return motion


def _refuse_motion(
    path: Path, lines: Sequence[str], rows: Sequence[int], columns: int, error: str
) -> NoReturn:
    """Raise the error for the first line that is not `columns` finite numbers."""
    for row in rows:
        words, where = lines[row - 1].split(), Place(path, line=row)
        for place, word in enumerate(words, 1):
            if not math.isfinite(number(word)):
                raise UnreadableFile(
                    where,
                    f"{word[:40]!r} as number {place}",
                    "finite numbers only",
                    "leave this frame out, or correct it",
                )
        if len(words) != columns:
            raise UnreadableFile(
                where,
                f"{len(words)} numbers",
                f"{columns}, one per channel",
                "get the whole file, or correct this line",
            )
    raise UnreadableFile(
        Place(path, line=rows[0]),
        f"motion that cannot be read ({error})",
        "plain decimal numbers",
        "correct the file",
    )


def _frame_rate(seconds: Decimal) -> float:
    """Frames per second: a whole number if one fits the digits as written; else to 0.001, if above 1."""
    half = Decimal(5).scaleb(min(int(seconds.as_tuple().exponent), 0) - 1)  # of the last digit
    whole = round(1 / seconds)
    if whole and abs(1 / Decimal(whole) - seconds) <= half:
        return float(whole)
    return float(round(1 / seconds, 3) if seconds < 1 else 1 / seconds)
