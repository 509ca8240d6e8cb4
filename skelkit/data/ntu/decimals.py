"""Numbers in text, thousands at once."""

from __future__ import annotations

import numpy as np

_WIDEST = 14  # characters: a whole number of so many digits is exact in float64, half of it in float32

_TENS = 10.0 ** np.arange(_WIDEST + 2)

_TENS_BEFORE = np.concatenate([[1.0], _TENS[:-1]])

_SEVEN = (10.0 ** np.arange(6, -1, -1)).astype(np.float32)

_ZERO, _POINT = np.uint8(ord("0")), np.uint8(ord(".") - ord("0") + 256)


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
    value = letters[end - column.astype(np.int64)] - _ZERO  # [width, n]
    inside = column <= np.minimum(size, _WIDEST).astype(np.uint8)
    digit, point = (value < 10) & inside, (value == _POINT) & inside
    sign = letters[start] == 45
    points = point.sum(0, dtype=np.uint8)
    digits = digit.sum(0, dtype=np.uint8)
    plain = (digits + points + sign == size) & (points < 2) & (digits > 0)
    behind = np.bitwise_or.reduce(
        point * column, 0
    )  # the point itself and the digits behind it; 0 without a point
    behind *= plain
    whole = _whole((value * digit).astype(np.float32))
    tens, scale = _TENS[behind], _TENS_BEFORE[behind]
    left = np.floor(whole / tens)
    values = (left * scale + (whole - left * tens)) / scale
    np.negative(values, where=sign, out=values)
    return values, plain


def _whole(digits: np.ndarray) -> np.ndarray:
    """The number that columns of digits are, float64 [n] of float32 [width, n]: seven at a time, which float32 holds."""
    low, high = (_SEVEN[-len(part) :] @ part if len(part) else 0.0 for part in (digits[-7:], digits[:-7]))
    return np.multiply(high, 1e7, dtype=np.float64) + low
