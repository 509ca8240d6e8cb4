"""Checks of what a reader wrote: the verdict in words, hints one at a time, and progress."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

from ...study.display import show_html
from ...study.progress import Progress
from ...study.runner import find
from ...study.session import ClaimFailed
from ...utils.progress import is_headless
from ...utils.tables import html_table
from ...utils.validation import one_of
from .exercise import Exercise

_KNOWN: dict[str, Exercise] = {}


def register(*exercises: Exercise) -> dict[str, Exercise]:
    """Make exercises known to `check`; returns all by name."""
    _KNOWN.update({exercise.name: exercise for exercise in exercises})
    return _KNOWN


def check(function: Callable[..., Any]) -> bool:
    """Say whether a function does what its exercise asks, and if not, what is wrong; returns whether it does.

    A function without content is not wrong, only not written yet. Runs without a reader check the reference.

    Args:
        function: it has the name of an exercise.

    Raises:
        ValueError: there is no such exercise; lists the known ones.
        ClaimFailed: in a run without a reader, the reference does not pass its own check.
    """
    one_of(function.__name__, _KNOWN, "exercise")
    return _judge(_KNOWN[function.__name__], function)


def check_number(name: str, value: Any) -> bool:
    """Say whether a number is the answer to an exercise, and if not, what is wrong with it.

    Args:
        name: of the exercise.
        value: the number; None or … if it has not been computed yet.

    Raises:
        ValueError: there is no such exercise; lists the known ones.
    """
    one_of(name, _KNOWN, "exercise")
    return _judge(_KNOWN[name], answer(_KNOWN[name], value))


def answer(exercise: Exercise, value: Any) -> Callable[[], Any]:
    """A function that gives a number as the answer to an exercise; whole numbers may be of any type."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = type(exercise.reference())(value) if float(value).is_integer() else float(value)
    return lambda: value


def _judge(exercise: Exercise, function: Callable[..., Any]) -> bool:
    if is_headless() and exercise.problems(exercise.reference) != []:
        raise ClaimFailed(f"the solution of the exercise {exercise.name} does not pass its own check")
    problems = exercise.problems(function)
    name = exercise.name.replace("_", " ")
    if problems is None:
        lines = [("○", "#595959", f"{name}: not written yet. Fill it in, and run this cell again.")]
    elif problems:
        lines = [("✗", "#B34700", f"{name}: {problem}") for problem in problems]
    else:
        lines = [("✓", "#0072B2", f"{name}: right, in all {len(exercise.cases())} cases that were tried.")]
        if not is_headless() and not Progress().note(exercise.notebook, "solved", exercise.name):
            lines.append(("→", "#595959", "This folder is read-only: your progress is not kept."))
    shown = "".join(_line(*line) for line in lines) + hints(exercise.name)
    show_html(shown, "\n".join(f"{mark} {words}" for mark, _, words in lines))
    return problems == []


def _line(mark: str, colour: str, words: str) -> str:
    style = f"border-left:3px solid {colour};padding:.2em .7em;margin:.3em 0"
    return f'<p style="{style}"><b style="color:{colour}">{mark}</b> {html.escape(words)}</p>'


def hints(name: str) -> str:
    """HTML that opens one hint after the other, and after the last one the solution."""
    exercise = _KNOWN[name]
    inner = _folded("Show the solution", f"<pre>{html.escape(exercise.solution)}</pre>")
    for number, hint in reversed(list(enumerate(exercise.hints, 1))):
        parts = html.escape(hint).split("`")
        text = "".join(f"<code>{part}</code>" if k % 2 else part for k, part in enumerate(parts))
        title = f"Hint {number} of {len(exercise.hints)}"
        inner = _folded(title, f'<p style="margin:.3em 0">{text}</p>{inner}')
    return f'<div style="margin:.2em 0 .6em .8em">{inner}</div>'


def _folded(title: str, content: str) -> str:
    summary = f'<summary style="cursor:pointer;color:#0059A0">{title}</summary>'
    return f'<details style="margin:.2em 0">{summary}{content}</details>'


def _asks(page: str, name: str) -> bool:
    """Whether the text of a notebook checks the exercise of this name."""
    return re.search(rf'exercises\.check(_number)?\(\\?"?{name}\b', page) is not None


def progress() -> None:
    """Show what the reader has guessed and solved, one row per notebook that asks for exercises."""
    notes, rows = Progress(), []
    for path in sorted(find()):
        notebook, page = path.stem, path.read_text("utf-8")
        names = [e.name for e in _KNOWN.values() if e.notebook == notebook and _asks(page, e.name)]
        if not names:
            continue
        solved = notes.notes().get(notebook, {}).get("solved", {})
        left = [name.replace("_", " ") for name in names if name not in solved]
        title = notebook.replace("_", " · ", 1).replace("_", " ")
        done = f"{len(names) - len(left)} of {len(names)}"
        rows.append([title, str(notes.count(notebook, "guessed")), done, ", ".join(left) or "all solved"])
    heads = ["notebook", "guesses", "exercises solved", "still open"]
    table = html_table(rows, heads, "Your progress", align="left")
    show_html(table, "\n".join(" · ".join(row) for row in rows))
