"""How claims, findings and recorded values look in a notebook and in a terminal."""

from __future__ import annotations

import html
from collections.abc import Sequence


def show_item(item) -> None:
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        get_ipython = None
    if get_ipython is None or get_ipython() is None:
        print(item)
    else:
        display(item)


class SentenceLine:
    def __init__(self, mark: str, colour: str, sentence: str):
        self.mark, self.colour, self.sentence = mark, colour, sentence

    def __repr__(self) -> str:
        return f"{self.mark} {self.sentence}"

    def _repr_html_(self) -> str:
        mark = f'<b style="color:{self.colour}" aria-hidden="true">{self.mark}</b>'
        return f'<p style="border-left:3px solid {self.colour};padding:.2em .7em;margin:.3em 0">{mark} {html.escape(self.sentence)}</p>'


class FindingsTable:
    def __init__(self, caption: str, rows: Sequence[tuple[bool, str, Sequence[str]]]):
        self.caption, self.rows = caption, rows

    def __repr__(self) -> str:
        return "\n".join(f"→ {sentence}" for _, sentence, _ in self.rows)

    def _repr_html_(self) -> str:
        def row(holds: bool, cells: Sequence[str]) -> str:
            mark = f'<b style="color:{"#0072B2" if holds else "#D55E00"}" aria-hidden="true">→</b> '
            first = f'<th scope="row" style="font-weight:normal;{look}">{mark}{html.escape(cells[0])} </th>'
            rest = "".join(f'<td style="{look}">{html.escape(cell)} </td>' for cell in cells[1:])
            return f"<tr>{first}{rest}</tr>"

        look = "text-align:left;vertical-align:baseline;padding:.3em .8em"
        caption = f'<caption style="text-align:left">{html.escape(self.caption)}</caption>'
        return f"<table>{caption}<tbody>{''.join(row(holds, cells) for holds, _, cells in self.rows)}</tbody></table>"


class RecordedTable:
    def __init__(self, values: dict):
        self.values = values

    def __repr__(self) -> str:
        width = max(map(len, self.values), default=0)
        return "\n".join(f"{name:<{width}}  {value}" for name, value in self.values.items())

    def _repr_html_(self) -> str:
        def cell(value) -> str:
            if isinstance(value, dict):
                return "; ".join(f"{html.escape(str(k))}: {cell(v)}" for k, v in value.items())
            if isinstance(value, list):
                return ", ".join(map(cell, value))
            return f"{value:.4g}" if isinstance(value, float) else html.escape(str(value))

        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{html.escape(k.replace("_", " "))}</th><td style="text-align:left">{cell(v)}</td></tr>'
            for k, v in self.values.items()
        )
        return f'<table><caption style="text-align:left">Recorded</caption>{rows}</table>'
