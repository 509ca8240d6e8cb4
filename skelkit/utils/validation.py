"""How an argument is refused: what was found, what is known or expected, and what was probably meant."""

from __future__ import annotations

import math
from collections.abc import Iterable
from difflib import get_close_matches
from numbers import Real


def one_of(given, known: Iterable[str], what: str, more: str = "") -> None:
    """A name must be a known one.

    Raises:
        ValueError: lists those that are, and says which one was probably meant.

    >>> one_of("pslt", ("pstl", "asma"), "method")
    Traceback (most recent call last):
        ...
    ValueError: no method 'pslt'; known: pstl, asma; did you mean 'pstl'?
    """
    known = list(known)
    if isinstance(given, str) and given in known:
        return
    meant = get_close_matches(given, known, 1) if isinstance(given, str) else []
    found = (
        f"no {what} {given!r}"
        if isinstance(given, str)
        else f"a {type(given).__name__} is no name of a {what}"
    )
    raise ValueError(
        f"{found}; known: {', '.join(known)}{more}" + "".join(f"; did you mean {name!r}?" for name in meant)
    )


def instance_of(kind: type, given, what: str, source: str) -> None:
    """An argument must be of a kind; arguments in another order are the usual reason why it is not.

    Raises:
        ValueError: says what it is, and what gives one (`source`).

    >>> instance_of(int, "three", "seed", "counting")
    Traceback (most recent call last):
        ...
    ValueError: seed is a str, expected an int, as counting gives; look at the order of the arguments
    """
    if not isinstance(given, kind):
        article = "an" if kind.__name__[0].lower() in "aeiou" else "a"
        found = "an array" if type(given).__name__ in ("Tensor", "ndarray") else f"a {type(given).__name__}"
        raise ValueError(
            f"{what} is {found}, expected {article} {kind.__name__}, as {source} gives; look at the order of the arguments"
        )


def positive(given, what: str, unit: str) -> None:
    """A number must be one, above zero and finite.

    >>> positive("60", "fps", "frames per second")
    Traceback (most recent call last):
        ...
    ValueError: fps must be a positive number of frames per second; got '60'
    """
    if not isinstance(given, Real) or not (given > 0 and math.isfinite(given)):
        raise ValueError(f"{what} must be a positive number of {unit}; got {given!r}")


def printable(text: object) -> str:
    r"""What a file made up, as errors print it: without control characters that a terminal would obey.

    >>> printable("a\x1b[2J")
    'a\\x1b[2J'
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(text))
