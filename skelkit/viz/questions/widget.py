"""The widget of a question; question.js draws it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ..scripts import script

_SCRIPTS = ("form", "plot", "question")
"""One script in parts, which share their names; question.js, which exports, is the last."""


class Question(anywidget.AnyWidget):
    """A form that takes a guess, and then shows it beside the answer.

    Attributes:
        meta: "id", "text", "hint" and "kind": "choice" with "options"; "number" with "low", "high", "step",
            "unit"; "curve" with those, "x", "x_label" and "y_label"; "summary": all guesses of the page.
        answer: empty, or "value" (one of the options, a number, or numbers) and "text", which explains it.
        guess: empty, or "value", or "shown" if the reader asked for the answer instead.
    """

    _esm = "".join(script(f"questions/{name}.js") for name in _SCRIPTS)
    _css = (Path(__file__).parent / "question.css").read_text("utf-8")
    meta = traitlets.Dict().tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)
    guess = traitlets.Dict().tag(sync=True)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        found = super()._repr_mimebundle_(**options)
        bundle = found[0] if isinstance(found, tuple) else found
        if bundle:
            bundle["text/plain"] = self.meta.get("text", "question")
        return found
