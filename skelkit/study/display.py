"""Claims, findings and recorded values, as shown in a notebook and in a terminal."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from ..utils.tables import html_table


def show_item(item: object) -> None:
    """Display an object in a notebook, or print it elsewhere."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        print(item)
        return
    if get_ipython() is None:
        print(item)
    else:
        display(item)


def show_html(markup: str, text: str) -> None:
    """Display HTML in a notebook, or print `text` elsewhere."""
    show_item(_Markup(markup, text))


class _Markup:
    def __init__(self, markup: str, text: str):
        self.markup, self.text = markup, text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.markup


class SentenceLine:
    """A sentence behind a coloured mark."""

    def __init__(self, mark: str, colour: str, sentence: str):
        self.mark, self.colour, self.sentence = mark, colour, sentence

    def __repr__(self) -> str:
        return f"{self.mark} {self.sentence}"

    def _repr_html_(self) -> str:
        style = f"border-left:3px solid {self.colour};padding:.2em .7em;margin:.3em 0"
        return f'<p style="{style}">{_mark(self.mark, self.colour)}{html.escape(self.sentence)}</p>'


class FindingsTable:
    """Findings: their sentences in a terminal, a table of their cells in a notebook."""

    def __init__(self, caption: str, rows: Sequence[tuple[bool, str, Sequence[str]]]):
        self.caption, self.rows = caption, rows

    def __repr__(self) -> str:
        return "\n".join(f"→ {sentence}" for _, sentence, _ in self.rows)

    def _repr_html_(self) -> str:
        cells = [row for _, _, row in self.rows]
        marks = [_mark("→", "#0072B2" if holds else "#D55E00") for holds, _, _ in self.rows]
        return html_table(cells, caption=self.caption, align="left", marks=marks)


class RecordedTable:
    """Recorded values by name."""

    def __init__(self, values: Mapping[str, Any]):
        self.values = values

    def __repr__(self) -> str:
        width = max(map(len, self.values), default=0)
        return "\n".join(f"{name:<{width}}  {value}" for name, value in self.values.items())

    def _repr_html_(self) -> str:
        rows = [[name.replace("_", " "), _in_words(value)] for name, value in self.values.items()]
        table = html_table(rows, align="left")  # folded: it contains the answers to questions
        return f"<details><summary>Recorded values of this run</summary>{table}</details>"


def _mark(mark: str, colour: str) -> str:
    return f'<b style="color:{colour}" aria-hidden="true">{mark}</b> '


def _in_words(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_in_words(each)}" for key, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(_in_words, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)
