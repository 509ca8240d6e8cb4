"""HTML tables."""

from __future__ import annotations

import html
from collections.abc import Sequence


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "") -> str:
    """An HTML table; the first cell of each row is its name."""
    cell = 'style="text-align:right;padding:0 .8em;line-height:1.5"'
    head = "".join(f'<th scope="col" {cell}>{html.escape(name)}</th>' for name in heads)
    body = "".join(
        f'<tr><th scope="row" style="text-align:left;font-weight:normal;padding:0 .8em 0 0;line-height:1.5">{html.escape(row[0])} </th>'
        + "".join(f"<td {cell}>{html.escape(value)} </td>" for value in row[1:])
        + "</tr>"
        for row in rows
    )
    return f'<table><caption style="text-align:left">{html.escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
