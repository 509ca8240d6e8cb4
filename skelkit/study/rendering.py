"""Executed notebooks as HTML: interactive charts and players, folded code. nbconvert's pages have neither."""

from __future__ import annotations

import base64
import html
import itertools
import json
import re
from pathlib import Path
from typing import Any

from .equations import render_markdown
from .runner import NOTEBOOKS

PLOTLY = "application/vnd.plotly.v1+json"

WIDGET = "application/vnd.jupyter.widget-view+json"

WIDGET_STATE = "application/vnd.jupyter.widget-state+json"

_COUNTER = itertools.count(1)
"""Numbers of the charts of all pages."""


NARROW_LAYOUT = """
function skelkitLayout(layout) {
  const legend = layout.legend || {};
  if (innerWidth >= 640 || legend.orientation === "h") return layout;
  const below = { ...legend, orientation: "h", x: 0, xanchor: "left", y: -0.25, yanchor: "top" };
  return { ...layout, legend: below };
}
"""
"""JavaScript: on a narrow screen, a legend beside a chart moves below it."""


def highlight_style() -> str:
    """CSS of highlighted code."""
    from pygments.formatters import HtmlFormatter

    return HtmlFormatter(style="default").get_style_defs(".highlight")


def notebook_body(path: Path) -> str:
    """The cells of an executed notebook as HTML."""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    widgets = notebook.metadata.get("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
    parts = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(_markdown(cell.source))
        elif cell.cell_type == "code":
            shown = "".join(_output(output, widgets) for output in cell.outputs)
            parts.append(_code(cell.source) + (f'<div class="outputs">{shown}</div>' if shown else ""))
    return "\n".join(parts)


def glossary() -> str:
    """The glossary as a section, with the ids that links from the notebooks use; empty if there is none."""
    path = NOTEBOOKS / "glossary.md"
    if not path.is_file():
        return ""
    page = re.sub(
        r'<h2 id="([\w-]+)"',
        lambda match: f'<h2 id="glossary-{match[1].lower()}"',
        _markdown(path.read_text("utf-8")),
    )
    return f'<section id="glossary">{page}</section>'


def _markdown(source: str) -> str:
    """Markdown as HTML; pictures are embedded, and links between notebooks become links within the page."""
    from nbconvert.filters import markdown2html

    page = render_markdown(source, markdown2html)
    page = re.sub(r'<a class="anchor-link".*?</a>', "", page)
    page = re.sub(r'src="(pictures/[\w.-]+)"', lambda match: f'src="{_data_uri(NOTEBOOKS / match[1])}"', page)
    page = re.sub(r'href="glossary\.md#([\w-]+)"', r'href="#glossary-\1"', page)
    page = page.replace('href="glossary.md"', 'href="#glossary"')
    return re.sub(r'href="(\d\d_\w+)\.ipynb"', r'href="#\1"', page)


def _data_uri(picture: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture.read_bytes()).decode()}"


def _code(source: str) -> str:
    from nbconvert.filters import Highlight2HTML

    if not source.strip():
        return ""
    first = next(line for line in source.splitlines() if line.strip()).lstrip("# ")
    summary = f"<summary>code: {html.escape(first[:80])}</summary>"
    return f'<details class="code">{summary}{Highlight2HTML()(source)}</details>'


def _output(output: dict[str, Any], widgets: dict[str, Any]) -> str:
    data = output.get("data", {})
    if PLOTLY in data:
        return _chart(data[PLOTLY])
    if WIDGET in data:
        return _widget(widgets.get(data[WIDGET]["model_id"], {}))
    if "text/html" in data:
        return f'<div class="output">{data["text/html"]}</div>'
    text = output.get("text") or data.get("text/plain") or ""
    return f'<div class="output"><pre>{html.escape(text)}</pre></div>' if text.strip() else ""


def _chart(figure: dict[str, Any]) -> str:
    name, layout = f"chart-{next(_COUNTER)}", figure.get("layout") or {}
    alt = html.escape(str((layout.get("meta") or {}).get("alt", "chart")))
    parts = [json.dumps(part or {}).replace("<", "\\u003c") for part in (figure.get("data"), layout)]
    options = "{responsive: true, displaylogo: false}"
    width = ";min-width:600px" if "xaxis2" in layout else ""  # panels side by side scroll on narrow screens
    box = f'<div id="{name}" style="height:{layout.get("height", 450)}px{width}"></div>'
    script = f'<script>Plotly.newPlot("{name}", {parts[0]}, skelkitLayout({parts[1]}), {options})</script>'
    return f'<figure class="chart" role="img" aria-label="{alt}">{box}{script}</figure>'


def _widget(model: dict[str, Any]) -> str:
    """A player or a question from the saved model of a widget; others are controls, which need a kernel."""
    from ..viz import questions
    from ..viz.skeleton_player.page import fragment_of

    state = model.get("state", {})
    if "guess" in state:
        return questions.fragment_of(state)
    if "meta" not in state:
        return ""
    buffers = {buffer["path"][0]: buffer["data"] for buffer in model.get("buffers", [])}
    data = {name: buffers.get(name, "") for name in ("poses", "values", "masked")}
    return fragment_of(data | {"meta": state["meta"], "frame": state.get("frame", 0)})
