"""Parse many decimal words at once to float64, exactly as `float` does."""

from __future__ import annotations

import numpy as np

_WIDEST = 14  # characters: a whole number of 14 digits is exact in float64, one of 7 digits in float32

_TENS = 10.0 ** np.arange(_WIDEST + 2)

_TENS_BEFORE = np.concatenate([[1.0], _TENS[:-1]])

_SEVEN = (10.0 ** np.arange(6, -1, -1)).astype(np.float32)

_ZERO, _POINT = np.uint8(ord("0")), np.uint8(ord(".") - ord("0") + 256)


def decimals(letters: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values of words like -12.5, float64 [n] (equal to `float(word)`), and which words are such, bool [n].

    The words are right-aligned, so that digits of one column have the same weight. With the point q digits
    from the end, and the point itself counted as a zero, the digits form the whole number L 10^(q+1) + R,
    and the value is (L 10^q + R) / 10^q. All of these are exact, and the division rounds once.

    Args:
        letters: uint8, the text; at least 15 letters precede the first word.
        start: first position of each word, int64 [n].
        end: position after each word, int64 [n].
    """
    size = end - start
    width = int(min(size.max(), _WIDEST))
    column = np.arange(width, 0, -1, dtype=np.uint8)[:, None]  # number of letters from here to the end
    value = letters[end - column.astype(np.int64)] - _ZERO  # [width, n]
    inside = column <= np.minimum(size, _WIDEST).astype(np.uint8)
    digit, point = (value < 10) & inside, (value == _POINT) & inside
    sign = letters[start] == ord("-")
    points = point.sum(0, dtype=np.uint8)
    digits = digit.sum(0, dtype=np.uint8)
    plain = (digits + points + sign == size) & (points < 2) & (digits > 0)
    # Number of letters from the point to the end; 0 without a point.
    behind = np.bitwise_or.reduce(point * column, 0)
    behind *= plain
    whole = _whole((value * digit).astype(np.float32))
    tens, scale = _TENS[behind], _TENS_BEFORE[behind]
    left = np.floor(whole / tens)
    values = (left * scale + (whole - left * tens)) / scale
    np.negative(values, where=sign, out=values)
    return values, plain


def _whole(digits: np.ndarray) -> np.ndarray:
    """Columns of digits, float32 [width, n], as whole numbers, float64 [n].

    Seven digits at a time, because float32 holds seven.
    """
    low, high = (_SEVEN[-len(part) :] @ part if len(part) else 0.0 for part in (digits[-7:], digits[:-7]))
    return np.multiply(high, 1e7, dtype=np.float64) + low
