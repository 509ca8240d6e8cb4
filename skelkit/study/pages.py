"""The frame around the pages of a report: style, scripts, contents, and links to the other pages."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from pathlib import Path

from .rendering import highlight_style
from .runner import PLOTLY_FILE

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>
{style}</style>
{scripts}</head>
<body>{top}
<div class="columns">{contents}
<main>
{body}
{foot}</main></div>
</body></html>
"""

_HEADING = re.compile(r'<h2 id="([^"]+)"[^>]*>(.*?)</h2>', re.DOTALL)


@dataclass(frozen=True)
class Place:
    """A page to go to.

    Attributes:
        title: of the page.
        link: relative to the page on which it stands.
    """

    title: str
    link: str

    def anchor(self, text: str = "", attributes: str = "") -> str:
        """An <a> with this text, HTML. Default: the title."""
        return f'<a href="{html.escape(self.link)}"{attributes}>{text or html.escape(self.title)}</a>'


def page(title: str, body: str, up: Place, before: Place | None, after: Place | None) -> str:
    """A page with charts, players and questions, and with links to the pages before and after it."""
    from ..viz.offline import page_module
    from ..viz.questions import question_module
    from ..viz.skeleton_player.page import player_module

    plotly = f'<script src="{PLOTLY_FILE}"></script>\n'
    scripts = plotly + player_module() + question_module() + page_module()
    links = [each.anchor(word, f' rel="{rel}"') for each, word, rel in _around(before, after)]
    return _filled(title, body, up, scripts, links, _foot(before, after), "glossary.html")


def static_page(title: str, body: str, up: Place, glossary: str = "") -> str:
    """A page of text; `glossary` is a link to the glossary. Default: none."""
    return _filled(title, body, up, "", [], "", glossary)


def _filled(
    title: str, body: str, up: Place, scripts: str, links: list[str], foot: str, glossary: str
) -> str:
    terms = [f'<a href="{glossary}" target="glossary">glossary</a>'] if glossary else []
    index = [] if up.title == title else [up.anchor("index")]
    place = f'<span class="place">{html.escape(title)}</span>'
    words = " ".join([*index, *links, *terms])
    return _PAGE.format(
        title=html.escape(title),
        style=(Path(__file__).parent / "page.css").read_text("utf-8") + highlight_style(),
        scripts=scripts,
        top=f'<header class="top">{place}<nav>{words}</nav></header>',
        contents=contents(body),
        body=body,
        foot=foot,
    )


def contents(body: str) -> str:
    """The headings of a page as links, folded on narrow screens; empty with fewer than two."""
    found = [
        (match[1], re.sub(r"<(?!/?(math|m\w+)\b)[^>]+>", "", match[2])) for match in _HEADING.finditer(body)
    ]
    if len(found) < 2:
        return ""
    lines = "\n".join(f'<li><a href="#{name}">{text}</a></li>' for name, text in found)
    unfold = "<script>document.currentScript.parentNode.open = innerWidth >= 1200</script>"
    listed = f"<summary>Contents</summary><ol>{lines}</ol>"
    return f'<nav class="contents" aria-label="Contents"><details>{listed}{unfold}</details></nav>'


def _around(before: Place | None, after: Place | None) -> list[tuple[Place, str, str]]:
    found = [(before, "‹ previous", "prev"), (after, "next ›", "next")]
    return [(place, word, rel) for place, word, rel in found if place is not None]


def _foot(before: Place | None, after: Place | None) -> str:
    left = f"Previous: {before.anchor()}" if before else ""
    right = f"Next: {after.anchor()}" if after else ""
    return f'<footer class="turn"><span>{left}</span><span>{right}</span></footer>\n' if left or right else ""
