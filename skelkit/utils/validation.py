"""Checks of arguments, with errors that say what was given, what is expected and what was probably meant."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from difflib import get_close_matches
from numbers import Real
from pathlib import Path
from typing import Any


def one_of(given: Any, known: Iterable[str], what: str, more: str = "") -> None:
    """Check that a name is a known one.

    Args:
        given: the name.
        known: all valid names.
        what: names the argument in the error.
        more: appended to the list of known names.

    Raises:
        ValueError: not a known name; lists the known ones and the closest match.

    >>> one_of("pslt", ("pstl", "asma"), "method")
    Traceback (most recent call last):
        ...
    ValueError: no method 'pslt'; known: pstl, asma; did you mean 'pstl'?
    """
    known = list(known)
    if isinstance(given, str) and given in known:
        return
    if not isinstance(given, str):
        raise ValueError(f"a {type(given).__name__} is no name of a {what}; known: {listed(known)}{more}")
    close = "".join(f"; did you mean {name!r}?" for name in get_close_matches(given, known, 1))
    raise ValueError(f"no {what} {given!r}; known: {listed(known)}{more}{close}")


def instance_of(kind: type, given: Any, what: str, source: str) -> None:
    """Check the type of an argument; swapped arguments are the usual reason for a wrong one.

    Args:
        kind: the expected type.
        given: the argument.
        what: names the argument in the error.
        source: a function that returns a valid argument, named in the error.

    Raises:
        ValueError: an argument of another type.

    >>> instance_of(int, "three", "seed", "counting")
    Traceback (most recent call last):
        ...
    ValueError: seed is a str, expected an int, as counting gives; look at the order of the arguments
    """
    if not isinstance(given, kind):
        article = "an" if kind.__name__[0].lower() in "aeiou" else "a"
        found = "an array" if type(given).__name__ in ("Tensor", "ndarray") else f"a {type(given).__name__}"
        raise ValueError(
            f"{what} is {found}, expected {article} {kind.__name__}, as {source} gives; "
            "look at the order of the arguments"
        )


def path_of(given: Any, what: str) -> Path:
    """The path that an argument is.

    Raises:
        ValueError: no text or path, or an empty one; names the argument by `what`.

    >>> path_of(3, "missing")
    Traceback (most recent call last):
        ...
    ValueError: missing is a int, expected a path
    """
    if not isinstance(given, (str, os.PathLike)) or not os.fspath(given):
        found = "an empty name" if isinstance(given, str) else f"a {type(given).__name__}"
        raise ValueError(f"{what} is {found}, expected a path")
    return Path(given)


def positive(given: Any, what: str, unit: str) -> None:
    """Check that an argument is a finite number above zero.

    Raises:
        ValueError: anything else; names the argument by `what` and its unit.

    >>> positive("60", "fps", "frames per second")
    Traceback (most recent call last):
        ...
    ValueError: fps must be a positive number of frames per second; got '60'
    """
    if not (isinstance(given, Real) and float(given) > 0 and math.isfinite(float(given))):
        raise ValueError(f"{what} must be a positive number of {unit}; got {given!r}")


def listed(names: Iterable[object]) -> str:
    r"""Names in one line, each `printable`.

    >>> print(listed(["a", "b\x1b", 3]))
    a, b\x1b, 3
    """
    return ", ".join(map(printable, names))


MALFORMED = (
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    IndexError,
    RecursionError,
    OverflowError,
    RuntimeError,
)
"""What values of other types, or nested otherwise, than code expects raise in it."""


def reason(error: Exception) -> str:
    r"""An error as a part of another one: its type and text, printable, at most 300 characters.

    >>> reason(KeyError("size\x1b"))
    "KeyError: 'size\\x1b'"
    """
    return printable(f"{type(error).__name__}: {error}"[:300])


def printable(text: object) -> str:
    r"""Text from a file, safe to print: control characters, which a terminal would execute, are escaped.

    >>> printable("a\x1b[2J")
    'a\\x1b[2J'
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(text))
