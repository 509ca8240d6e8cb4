"""Questions of a notebook: the reader guesses before the answer shows, and the guess is compared with it.

One cell shows the question; a later one calls `reveal`, and what it shows after that waits for the guess:

    guess = predict.number("How far off is a hand on average?", unit="mm", high=100)
    guess
    ...
    guess.reveal(12.3)

A run without a reader computes the answers and checks that they can be answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from ..utils.progress import is_headless
from ..utils.validation import one_of
from ..viz.questions import Question, curtain
from .display import show_html, show_item
from .progress import Progress
from .session import results


class Guess:
    """A question that was asked; `reveal` gives its answer."""

    def __init__(self, kind: str, text: str, hint: str, **meta: Any):
        notebook = results()["notebook"]
        name = hashlib.sha256(f"{notebook} {kind} {text}".encode()).hexdigest()[:8]
        self.meta = {"id": f"q{name}", "kind": kind, "text": text, "hint": hint, **meta}
        self.widget = Question(meta=self.meta)
        if not is_headless():
            self.widget.observe(lambda change: _keep(notebook, self.meta, change["new"]), "guess")

    def reveal(self, value: Any, explanation: str = "") -> None:
        """Give the answer, and hide what this cell shows from here on until there is a guess.

        Args:
            value: one of the options; a number; or for a curve one number for each x.
            explanation: a sentence behind the answer. Default: none.

        Raises:
            ValueError: the value is not one of the options, or not one number for each x.
        """
        self.widget.answer = {"value": self._checked(value), "text": explanation}
        show_html(curtain(self.meta["id"], self.meta["text"]), "The answer follows.")

    def _checked(self, value: Any) -> Any:
        if self.meta["kind"] == "choice":
            one_of(value, self.meta["options"], "answer")
            return value
        if self.meta["kind"] == "number":
            return float(value)
        values = [float(each) for each in (value.values() if isinstance(value, Mapping) else value)]
        if len(values) != len(self.meta["x"]):
            raise ValueError(f"the answer has {len(values)} numbers, the curve {len(self.meta['x'])} points")
        return values

    def _ipython_display_(self) -> None:
        show_item(self.widget)


def choice(text: str, options: Sequence[str]) -> Guess:
    """Ask which of several answers is right."""
    return Guess("choice", text, "Choose one of the answers first.", options=list(options))


def number(text: str, *, unit: str, high: float, low: float = 0.0, step: float = 1.0) -> Guess:
    """Ask for a number between `low` and `high`, in steps of `step`."""
    scale = {"unit": unit, "low": low, "high": high, "step": step}
    return Guess("number", text, "Move the slider first.", **scale)


def curve(text: str, x: Sequence[float], x_label: str, y_label: str, *, high: float, unit: str = "") -> Guess:
    """Ask for a curve from 0 to `high`, which is drawn by dragging one point for each x."""
    labels = {"x": list(x), "x_label": x_label, "y_label": y_label}
    scale = {"unit": unit, "low": 0.0, "high": high, "step": high / 100}
    return Guess("curve", text, "Drag the points first.", **labels, **scale)


def compared() -> Question:
    """All guesses of this page beside their answers."""
    return Question(meta={"id": "summary", "kind": "summary", "text": "Your guesses beside the answers"})


def _keep(notebook: str, meta: Mapping[str, Any], guess: Mapping[str, Any]) -> None:
    if "value" in guess:
        Progress().note(notebook, "guessed", str(meta["id"]), guess["value"])
