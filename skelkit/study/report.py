"""A report: executed notebooks as one self-contained HTML page, which opens from disk without a network."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path

from ..utils.files import write_atomic
from .rendering import NARROW_LAYOUT, glossary, highlight_style, notebook_body
from .runner import Run

_STYLE = """
math mtd { text-align: left; padding: .3em .6em; white-space: nowrap; }
:root { color-scheme: light; }
body {
  font: 16px/1.55 Inter, "Segoe UI", Helvetica, Arial, sans-serif; color: #222; background: #fff;
  margin: 0 auto; max-width: 60rem; padding: 1rem 1.2rem 5rem; overflow-wrap: break-word;
}
nav { border-bottom: 1px solid #ccc; padding-bottom: .6rem; margin-bottom: 1rem; }
nav a { margin-right: 1.2rem; }
a { color: #0059a0; }
h1 { line-height: 1.2; margin-top: 2.5rem; }
section ~ section { border-top: 3px solid #0072B2; margin-top: 4rem; }
img { max-width: 100%; }
table {
  border-collapse: collapse; margin: .8rem 0; font-size: .95em;
  display: block; max-width: 100%; overflow-x: auto;
}
th, td { padding: .25em .8em; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }
pre {
  background: #f6f6f6; padding: .6rem .8rem; font-size: .85em; line-height: 1.4;
  overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere;
}
.output pre { background: none; padding: .2rem 0; }
details.code { margin: .4rem 0; }
details.code > summary { color: #595959; cursor: pointer; font-size: .85em; }
.output { margin: .4rem 0; }
th[scope="row"] { min-width: 8em; }
figure.chart { margin: 1rem 0; overflow-x: auto; }
"""

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{style}</style>
<script>{plotly}</script>
<script>{layout}</script>
{player}</head>
<body><nav>{links}</nav>
<p>{title}: {about}. Recomputed in {seconds:.0f} s. Sentences marked ✓ were checked in this run; what a
sentence marked → says depends on the data.</p>
{sections}
</body></html>
"""


def write(runs: Sequence[Run], path: Path, title: str = "The skelkit study") -> Path:
    """Write all runs as one page, with one copy of plotly.js and of the player's script; returns the path."""
    from plotly.offline import get_plotlyjs

    from ..viz.questions import question_module
    from ..viz.skeleton_player.page import player_module

    page = _PAGE.format(
        title=html.escape(title),
        style=_STYLE + highlight_style(),
        plotly=get_plotlyjs(),
        layout=NARROW_LAYOUT,
        player=player_module() + question_module(),
        links=_links(runs),
        about=html.escape(_about(runs)),
        seconds=sum(run.seconds for run in runs),
        sections=_sections(runs),
    )
    return write_atomic(path, page.encode(errors="backslashreplace"))


def _links(runs: Sequence[Run]) -> str:
    names = [html.escape(run.name) for run in runs]
    links = [f'<a href="#{name}">{name.replace("_", " ")}</a>' for name in [*names, "glossary"]]
    return " ".join(links)


def _about(runs: Sequence[Run]) -> str:
    """The parameters; of a path only the last part, because a report is passed on to others."""
    parameters = runs[0].results["parameters"] if runs else {}
    return ", ".join(f"{k} {Path(str(v)).name if k == 'dataset' else v}" for k, v in parameters.items())


def _sections(runs: Sequence[Run]) -> str:
    """A section per notebook, and the glossary; links to notebooks outside the page become plain text."""
    parts = [f'<section id="{html.escape(run.name)}">{notebook_body(run.path)}</section>' for run in runs]
    here = {run.name for run in runs}

    def known(link: re.Match[str]) -> str:
        return link[0] if link[1] in here else link[2]

    return re.sub(r'<a href="#(\d\d_\w+)">(.*?)</a>', known, "\n".join(parts) + glossary())
