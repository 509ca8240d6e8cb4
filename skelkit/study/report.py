"""One self-contained page from executed notebooks: opens from disk, asks nothing of the network."""

from __future__ import annotations

import base64
import html
import itertools
import json
import re
from collections.abc import Sequence
from pathlib import Path

from ..utils.files import write_atomic
from .runner import NOTEBOOKS, Run

PLOTLY = "application/vnd.plotly.v1+json"

WIDGET, WIDGET_STATE = "application/vnd.jupyter.widget-view+json", "application/vnd.jupyter.widget-state+json"

_COUNTER = itertools.count(1)

_STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.55 Inter, "Segoe UI", Helvetica, Arial, sans-serif; color: #222; background: #fff; margin: 0 auto; max-width: 60rem; padding: 1rem 1.2rem 5rem; }
nav { border-bottom: 1px solid #ccc; padding-bottom: .6rem; margin-bottom: 1rem; }
nav a { margin-right: 1.2rem; }
a { color: #0059a0; }
h1 { line-height: 1.2; margin-top: 2.5rem; }
section ~ section { border-top: 3px solid #0072B2; margin-top: 4rem; }
img { max-width: 100%; }
table { border-collapse: collapse; margin: .8rem 0; font-size: .95em; display: block; max-width: 100%; overflow-x: auto; }
th, td { padding: .25em .8em; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }
pre { background: #f6f6f6; padding: .6rem .8rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85em; line-height: 1.4; }
.output pre { background: none; padding: .2rem 0; }
details.code { margin: .4rem 0; }
details.code > summary { color: #595959; cursor: pointer; font-size: .85em; }
figure.chart { margin: 1rem 0; }
"""


def write(runs: Sequence[Run], path: Path, title: str = "The skelkit study") -> Path:
    """All runs as one page; plotly.js and the player's script are in it once. Returns the path."""
    from plotly.offline import get_plotlyjs

    from ..viz.skeleton_player.page import player_module

    links = " ".join(
        f'<a href="#{html.escape(run.name)}">{html.escape(run.name.replace("_", " "))}</a>' for run in runs
    )
    links += ' <a href="#glossary">glossary</a>'
    parameters = runs[0].results["parameters"] if runs else {}
    # Only the folder's name of a path: a report is passed on, and a path says more than its reader needs.
    about = ", ".join(f"{k} {Path(str(v)).name if k == 'dataset' else v}" for k, v in parameters.items())
    sections = (
        "\n".join(f'<section id="{html.escape(run.name)}">{_body(run.path)}</section>' for run in runs)
        + _glossary()
    )
    here = {run.name for run in runs}
    sections = re.sub(
        r'<a href="#(\d\d_\w+)">(.*?)</a>', lambda link: link[0] if link[1] in here else link[2], sections
    )
    seconds = sum(run.seconds for run in runs)
    page = (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title><style>{_STYLE}{_highlight()}</style>\n<script>{get_plotlyjs()}</script>\n{player_module()}</head>\n"
        f"<body><nav>{links}</nav>\n<p>{html.escape(title)}: {html.escape(about)}. Recomputed in {seconds:.0f} s; every sentence marked ✓ was checked in this run; one marked → says whichever of two things this data shows.</p>\n"
        f"{sections}\n</body></html>\n"
    )
    return write_atomic(path, page.encode())


def _highlight() -> str:
    from pygments.formatters import HtmlFormatter

    return HtmlFormatter(style="default").get_style_defs(".highlight")


def _body(path: Path) -> str:
    """One executed notebook as HTML, charts and players alive, code folded. (nbconvert's own pages drop both.)"""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    widgets = notebook.metadata.get("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
    parts = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(_markdown(cell.source))
        elif cell.cell_type == "code":
            parts.append(_code(cell) + "".join(_output(output, widgets) for output in cell.outputs))
    return "\n".join(parts)


def _markdown(source: str) -> str:
    """Markdown as HTML; pictures become part of the page, links between notebooks become links within it."""
    from nbconvert.filters import markdown2html

    page = re.sub(r'<a class="anchor-link".*?</a>', "", markdown2html(source))
    page = re.sub(r'src="(pictures/[\w.-]+)"', lambda m: f'src="{_data_uri(NOTEBOOKS / m[1])}"', page)
    page = re.sub(r'href="glossary\.md#([\w-]+)"', r'href="#glossary-\1"', page).replace(
        'href="glossary.md"', 'href="#glossary"'
    )
    return re.sub(r'href="(\d\d_\w+)\.ipynb"', r'href="#\1"', page)


def _data_uri(picture: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture.read_bytes()).decode()}"


def _glossary() -> str:
    """The glossary as the last section of the page; its terms get ids that the notebooks link to."""
    path = NOTEBOOKS / "glossary.md"
    if not path.is_file():
        return ""
    page = re.sub(
        r'<h2 id="([\w-]+)"',
        lambda m: f'<h2 id="glossary-{m[1].lower()}"',
        _markdown(path.read_text("utf-8")),
    )
    return f'<section id="glossary">{page}</section>'


def _code(cell) -> str:
    from nbconvert.filters import Highlight2HTML

    if not cell.source.strip():
        return ""
    first = next((line for line in cell.source.splitlines() if line.strip()), "").lstrip("# ")
    return f'<details class="code"><summary>code: {html.escape(first[:80])}</summary>{Highlight2HTML()(cell.source)}</details>'


def _output(output, widgets: dict) -> str:
    data = output.get("data", {})
    if PLOTLY in data:
        return _chart(data[PLOTLY])
    if WIDGET in data:
        return _player(
            widgets.get(data[WIDGET]["model_id"], {}).get("state", {}), widgets, data[WIDGET]["model_id"]
        )
    if "text/html" in data:
        return f'<div class="output">{data["text/html"]}</div>'
    text = output.get("text") or data.get("text/plain") or ""
    return f'<div class="output"><pre>{html.escape(text)}</pre></div>' if text.strip() else ""


def _chart(figure: dict) -> str:
    name = f"chart-{next(_COUNTER)}"
    alt = html.escape(str((figure.get("layout", {}).get("meta") or {}).get("alt", "chart")))
    parts = [json.dumps(figure.get(key) or {}).replace("<", "\\u003c") for key in ("data", "layout")]
    height = figure.get("layout", {}).get("height", 450)
    script = f'Plotly.newPlot("{name}", {parts[0]}, {parts[1]}, {{responsive: true, displaylogo: false}})'
    return f'<figure class="chart" role="img" aria-label="{alt}"><div id="{name}" style="height:{height}px"></div><script>{script}</script></figure>'


def _player(state: dict, widgets: dict, model: str) -> str:
    from ..viz.skeleton_player.page import fragment_of

    if "meta" not in state:  # some other widget: controls, which nobody can move here
        return ""
    buffers = {b["path"][0]: b["data"] for b in widgets[model].get("buffers", [])}
    return fragment_of(
        {name: buffers.get(name, "") for name in ("poses", "values", "masked")}
        | {"meta": state["meta"], "frame": state.get("frame", 0)}
    )
