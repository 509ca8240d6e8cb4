"""Tables of numbers in a notebook, which scroll on a narrow screen."""

from __future__ import annotations

from collections.abc import Sequence

from ..study.display import show_html
from ..utils.tables import html_table


def show_table(heads: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "") -> None:
    """Show rows of text below titles of columns; the first cell of a row says what it is about."""
    table = html_table(rows, heads, caption)
    lines = [caption] * bool(caption) + ["   ".join(row) for row in (heads, *rows)]
    show_html(f'<div style="overflow-x:auto">{table}</div>', "\n".join(lines))
