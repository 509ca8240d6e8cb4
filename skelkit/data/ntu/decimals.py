"""Numbers in text, thousands at once."""

from __future__ import annotations

import numpy as np

_WIDEST = 15  # characters: a whole number of so many digits is exact in float64
_TENS = 10.0 ** np.arange(_WIDEST + 2)


def decimals(letters: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Words like -12.5 as float64 [n], the nearest there is (what `float` gives), and which are such words, bool [n].

    Right-aligned, so that the digits of one column weigh the same in every word: with the point q digits from the end, the digits
    taken as one whole number are L 10^(q+1) + R, the point counting as a zero, and the number is (L 10^q + R) / 10^q. All of these
    are exact, and dividing rounds once.

    Args:
        letters: uint8; start, end: of the words in it, Long[n]; at least 15 letters stand before the first word.
    """
    size = end - start
    width = int(min(size.max(), _WIDEST))
    column = np.arange(width, 0, -1, dtype=np.uint8)[:, None]  # letters from here to the end
    table = letters[end - column.astype(np.int64)]  # [width, n]
    inside = column <= np.minimum(size, _WIDEST).astype(np.uint8)
    digit, point = (table - np.uint8(48) < 10) & inside, (table == 46) & inside
    sign = letters[start] == 45
    points = point.sum(0, dtype=np.uint8)
    digits = digit.sum(0, dtype=np.uint8)
    plain = (digits + points + sign == size) & (points < 2) & (digits > 0)
    behind = np.bitwise_or.reduce(point * column, 0)  # the point itself and the digits behind it; 0 without a point
    behind[~plain] = 0
    whole = _TENS[width - 1 :: -1][:width] @ ((table - np.uint8(48)) * digit).astype(np.float64)
    scale = _TENS[np.maximum(behind, 1) - 1]
    left = np.floor(whole / _TENS[behind])
    values = np.where(behind > 0, (left * scale + (whole - left * _TENS[behind])) / scale, whole)
    return np.where(sign, -values, values), plain
