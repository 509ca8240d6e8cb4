"""Panels and charts as parts of HTML pages."""

from __future__ import annotations

import html
import itertools
import json
from pathlib import Path
from typing import Any

from ..scripts import script

_HERE = Path(__file__).parent

_COUNTER = itertools.count(1)
"""Numbers of the charts of all pages."""

_CHART = """<figure class="skelkit-chart"><figcaption></figcaption><div class="scroll">
<div class="chart" id="{name}" role="img" aria-label="{alt}" style="height:{height}px"></div></div></figure>
"""

_PANEL = """<div class="skelkit-panel"><div class="controls"></div>
<div class="words" aria-live="polite">{text}</div>
<div class="stage"></div>{chart}{note}<script type="application/json">{data}</script></div>
"""


def page_module() -> str:
    """Style and scripts that charts and panels need, once per page, before them and after plotly.js."""
    style = (_HERE / "page.css").read_text("utf-8")
    panels = f'<script type="module">\n{script("offline/panel.js")}\n</script>\n'
    return f"<style>\n{style}</style>\n<script>\n{script('offline/charts.js')}\n</script>\n{panels}"


def chart_of(figure: dict[str, Any]) -> str:
    """A chart from the JSON of a plotly figure."""
    box, name = _box(figure)
    shown = {part: figure.get(part) or {} for part in ("data", "layout")}
    return f'{box}<script>skelkitChart(document.getElementById("{name}"), {_json(shown)})</script>'


def fragment_of(data: dict[str, Any]) -> str:
    """A panel from what `states` returns; without controls it shows its only state."""
    fixed = "; ".join(f"{html.escape(label)}: <b>{html.escape(text)}</b>" for label, text in data["fixed"])
    note = f'<p class="note">In JupyterLab you can change these, too: {fixed}.</p>' if fixed else ""
    chart = _box(data["first"]["figure"])[0] if "figure" in data["first"] else ""
    return _PANEL.format(text=data["first"]["text"], chart=chart, note=note, data=_json(data))


def _box(figure: dict[str, Any]) -> tuple[str, str]:
    """The place of a chart, and its id."""
    name, layout = f"chart-{next(_COUNTER)}", figure.get("layout") or {}
    alt = html.escape(str((layout.get("meta") or {}).get("alt", "chart")))
    return _CHART.format(name=name, alt=alt, height=layout.get("height", 450)), name


def _json(value: Any) -> str:
    """JSON in which "</script>" cannot end a script."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")
