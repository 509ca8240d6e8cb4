"""HTML tables."""

from __future__ import annotations

import html
from collections.abc import Sequence


def html_table(
    rows: Sequence[Sequence[str]],
    heads: Sequence[str] = (),
    caption: str = "",
    align: str = "right",
    marks: Sequence[str] = (),
) -> str:
    """An HTML table; the first cell of each row is its header.

    Args:
        rows: text of the cells; markup in it is escaped.
        heads: titles of the columns. Default: no header row.
        caption: above the table. Default: none.
        align: of all cells but the first of each row, "left" or "right".
        marks: HTML before the first cell of each row. Default: none.

    >>> html_table([["a", "<1>"]]).count("&lt;1&gt;")
    1
    """
    spacing = "vertical-align:baseline;padding:.1em .8em;line-height:1.5"
    cell = f'style="text-align:{align};{spacing}"'
    first = f'style="text-align:left;font-weight:normal;{spacing.replace(".8em", ".8em .1em 0", 1)}"'
    title = f'<caption style="text-align:left">{html.escape(caption)}</caption>' if caption else ""
    columns = " ".join(f'<th scope="col" {cell}>{html.escape(name)}</th>' for name in heads)
    head = f"<thead><tr>{columns}</tr></thead>" if heads else ""
    lines = []
    for mark, (name, *values) in zip(marks or [""] * len(rows), rows, strict=True):
        header = f'<th scope="row" {first}>{mark}{html.escape(name)}</th>'
        lines.append(" ".join([header, *(f"<td {cell}>{html.escape(value)}</td>" for value in values)]))
    body = " ".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table>{title}{head}<tbody>{body}</tbody></table>"
