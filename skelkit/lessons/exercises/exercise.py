"""An exercise: a function that the reader writes, and how it is compared with the reference."""

from __future__ import annotations

import copy
import inspect
import itertools
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Case:
    """Arguments with which a function is tried, and what they are, in words: "a clip of 11 frames"."""

    words: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Exercise:
    """A function to write, or a number to compute: then it has no arguments.

    Attributes:
        name: of the function or number.
        notebook: to which it belongs.
        reference: the solution, a function of that name.
        cases: makes the arguments it is tried with.
        mistakes: what is wrong, in words, and a function that makes this mistake. A function that returns the
            same as one of these in all cases has made it.
        hints: shown one at a time.
        properties: finds mistakes that no comparison of values can find, such as those of random functions;
            yields them in words. Default: none.
        tolerance: absolute and relative, for floats.
    """

    name: str
    notebook: str
    reference: Callable[..., Any]
    cases: Callable[[], Sequence[Case]]
    mistakes: Sequence[tuple[str, Callable[..., Any]]]
    hints: Sequence[str]
    properties: Callable[[Callable[..., Any]], Iterator[str]] | None = None
    tolerance: float = 1e-4

    @property
    def solution(self) -> str:
        """Source of the reference."""
        return textwrap.dedent(inspect.getsource(self.reference)).strip()

    def problems(self, function: Callable[..., Any]) -> list[str] | None:
        """What is wrong with a function, in words, at most three; None if it has not been written yet."""
        cases = list(self.cases())
        found, wrong = [], []
        for case in cases:
            value, trouble = _call(function, case)
            if not trouble and (value is None or value is Ellipsis):
                return None
            found.append(value)
            expected = self.reference(*copy.deepcopy(case.arguments))
            trouble = trouble or difference(value, expected, self.tolerance)
            if trouble:
                wrong.append(f"{trouble}, {case.words}" if case.words else trouble)
        if wrong:
            named = self._mistake(cases, found)
            return [named] if named else wrong[:2]
        return list(itertools.islice(self.properties(function), 3)) if self.properties else []

    def _mistake(self, cases: Sequence[Case], found: Sequence[Any]) -> str:
        """The mistake that returns what was found in all cases; empty if none does."""
        for words, imitation in self.mistakes:
            if all(
                not difference(value, _call(imitation, case)[0], self.tolerance)
                for value, case in zip(found, cases, strict=True)
            ):
                return words
        return ""


def _call(function: Callable[..., Any], case: Case) -> tuple[Any, str]:
    """The value of a function and, in words, what went wrong when it was called."""
    given = copy.deepcopy(case.arguments)
    try:
        value = function(*given)
    except Exception as error:
        return None, f"it stops with {type(error).__name__}: {str(error)[:200]}"
    if not any(isinstance(a, torch.Generator) for a in given) and difference(given, case.arguments, 0):
        return value, "it changes the tensors that it is given"
    return value, ""


def difference(found: Any, expected: Any, tolerance: float) -> str:
    """How a value differs from the expected one, in words; empty if it does not."""
    if isinstance(expected, (list, tuple)):
        if not isinstance(found, (list, tuple)) or len(found) != len(expected):
            return f"it returns {_brief(found)}, expected {_brief(expected)}"
        each = (difference(a, b, tolerance) for a, b in zip(found, expected, strict=True))
        return next(filter(None, each), "")
    if isinstance(expected, Tensor):
        return _tensors(found, expected, tolerance)
    if isinstance(expected, float):
        found = found.item() if isinstance(found, Tensor) and found.numel() == 1 else found
        numbers = isinstance(found, (int, float))
        if numbers and abs(found - expected) <= tolerance * max(1.0, abs(expected)):
            return ""
        return f"it returns {_brief(found)}, expected {_brief(expected)}"
    if isinstance(expected, torch.Generator):
        return ""
    return "" if found == expected else f"it returns {_brief(found)}, expected {_brief(expected)}"


def _tensors(found: Any, expected: Tensor, tolerance: float) -> str:
    if not isinstance(found, Tensor):
        return f"it returns a {type(found).__name__}, expected a tensor {list(expected.shape)}"
    if found.shape != expected.shape:
        return f"it returns a tensor {list(found.shape)}, expected {list(expected.shape)}"
    if not expected.numel():
        return ""
    off = (found.double() - expected.double()).abs()
    if bool((off <= tolerance * (1 + expected.double().abs())).all()):
        return ""
    place = tuple((~(off <= tolerance * (1 + expected.double().abs()))).nonzero()[0].tolist())
    return f"at {list(place)} it returns {float(found[place]):.4g}, expected {float(expected[place]):.4g}"


def _brief(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"a tensor {list(value.shape)}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)[:60]
