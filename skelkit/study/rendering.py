"""Executed notebooks as HTML: interactive charts and players, folded code. nbconvert's pages have neither."""

from __future__ import annotations

import base64
import html
import re
from pathlib import Path
from typing import Any

from .equations import render_markdown
from .runner import NOTEBOOKS

PLOTLY = "application/vnd.plotly.v1+json"

WIDGET = "application/vnd.jupyter.widget-view+json"

WIDGET_STATE = "application/vnd.jupyter.widget-state+json"

LINKS = re.compile(r'<a href="(\d\d_\w+)\.ipynb">(.*?)</a>', re.DOTALL)
"""A link to a notebook: its name, and the text of the link."""

_TURN = re.compile(r"\s*(---\s*)?(Previous|Next): \[.*", re.DOTALL)
"""The last cell of a notebook, whose links every page has anyway."""

_LONG = re.compile(r"<(td|th)\b((?: [^>]*)?>[^<]{25,})")
"""Long cells of a table, which wrap; short ones do not."""

_ANSI = re.compile(r"\x1b\[[0-9;]*m")

_COLUMNS = re.compile(r"\S {2,}\S.*\n.*\S {2,}\S")
"""Two lines with gaps: columns of text, which must not wrap."""


def highlight_style() -> str:
    """CSS of highlighted code, on light and on dark pages."""
    from pygments.formatters import HtmlFormatter

    light, dark = (
        HtmlFormatter(style=name).get_style_defs(".highlight") for name in ("default", "github-dark")
    )
    return (
        f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n.highlight {{ background: none; }}\n"
    )


def notebook_body(path: Path) -> str:
    """The cells of an executed notebook as HTML."""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    widgets = notebook.metadata.get("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
    parts = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and not _TURN.fullmatch(cell.source):
            parts.append(_markdown(cell.source))
        elif cell.cell_type == "code":
            shown = "".join(_output(output, widgets) for output in cell.outputs)
            parts.append(_code(cell.source) + (f'<div class="outputs">{shown}</div>' if shown else ""))
    return "\n".join(parts)


def glossary() -> str:
    """The glossary, with the ids that links from the notebooks use; empty if there is none."""
    path = NOTEBOOKS / "glossary.md"
    if not path.is_file():
        return ""
    page = _markdown(path.read_text("utf-8"))
    return re.sub(r'<h2 id="([\w-]+)"', lambda match: f'<h2 id="{match[1].lower()}"', page)


def _markdown(source: str) -> str:
    """Markdown as HTML; pictures are embedded, and links to the glossary open beside the page."""
    from nbconvert.filters import markdown2html

    page = render_markdown(source, markdown2html)
    page = re.sub(r'<a class="anchor-link".*?</a>', "", page)
    page = re.sub(r'src="(pictures/[\w.-]+)"', lambda match: f'src="{_data_uri(NOTEBOOKS / match[1])}"', page)
    return re.sub(r'href="glossary\.md(#[\w-]+)?"', r'href="glossary.html\1" target="glossary"', page)


def _data_uri(picture: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture.read_bytes()).decode()}"


def _code(source: str) -> str:
    from nbconvert.filters import Highlight2HTML

    if not source.strip():
        return ""
    first = next(line for line in source.splitlines() if line.strip()).lstrip("# ")
    summary = f"<summary>code: {html.escape(first[:80])}</summary>"
    algorithm = first.startswith("def ") and ".reveal(" not in source  # to be read, but answers are not
    unfolded = " open" if algorithm else ""
    return f'<details class="code"{unfolded}>{summary}{Highlight2HTML()(source)}</details>'


def _output(output: dict[str, Any], widgets: dict[str, Any]) -> str:
    from ..viz import offline

    data = output.get("data", {})
    if offline.MIME in data:
        return offline.fragment_of(data[offline.MIME])
    if PLOTLY in data:
        return offline.chart_of(data[PLOTLY])
    if WIDGET in data:
        return _widget(widgets.get(data[WIDGET]["model_id"], {}))
    if "text/html" in data:
        marked = _LONG.sub(r'<\1 class="long"\2', data["text/html"])
        return f'<div class="output">{marked}</div>'
    if output.get("output_type") == "error":
        lines = _ANSI.sub("", "\n".join(output["traceback"]) or f"{output['ename']}: {output['evalue']}")
        return f'<pre class="error" role="alert">{html.escape(lines)}</pre>'
    text = output.get("text") or data.get("text/plain") or ""
    kind = ' class="columns-of-text"' if _COLUMNS.search(text) else ""
    return f'<div class="output"><pre{kind}>{html.escape(text)}</pre></div>' if text.strip() else ""


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
