"""A report of the study: an index and one page per notebook, which open from disk without a network."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..utils.files import write_atomic
from .pages import Place, page, static_page
from .rendering import LINKS, glossary, notebook_body
from .runner import PLOTLY_FILE, REPORT, Run, remove_report

FOLDER = REPORT[1]
"""Folder of the pages, beside the index."""

_HEAD = """<h1>{title}</h1>
<p>{about}. {count} in {seconds:.0f} s. Sentences marked <b class="true">✓</b> were checked in this run; what
a sentence marked <b class="true">→</b> says depends on the data.</p>
"""

_ROW = """<tr><td><a href="{link}">{name}</a></td><td>{status}</td><td class="number">{claims}</td>
<td class="number">{findings}</td><td class="number">{seconds:.1f}</td></tr>"""

_TABLE = """<table><thead><tr><th>notebook</th><th>result</th><th class="number">claims ✓</th>
<th class="number">findings →</th><th class="number">seconds</th></tr></thead><tbody>
{rows}</tbody></table>
"""


def write(runs: Sequence[Run], path: Path, title: str = "The skelkit study") -> Path:
    """Write an index at `path` and the pages to a folder beside it; returns the path.

    The pages share one copy of plotly.js. Pages of an earlier report are removed; the index is written last.

    Args:
        runs: executed notebooks; those that failed come first in the index.
        path: of the index.
        title: of the report.
    """
    folder = path.parent / FOLDER
    if runs:
        from plotly.offline import get_plotlyjs

        remove_report(path.parent)
        write_atomic(folder / PLOTLY_FILE, get_plotlyjs().encode())
        up = Place(title, f"../{path.name}")
        places = [Place(_words(run.name), f"{run.name}.html") for run in runs]
        for k, run in enumerate(runs):
            around = places[k - 1] if k else None, places[k + 1] if k + 1 < len(places) else None
            body = _failure(run) + _linked(notebook_body(run.path) if run.path.is_file() else "", runs)
            _write(folder / places[k].link, page(places[k].title, body, up, *around))
        _write(folder / "glossary.html", static_page("Glossary", _linked(glossary(), runs), up))
    body = _index(runs, title)
    return _write(path, static_page(title, body, Place(title, path.name), glossary=f"{FOLDER}/glossary.html"))


def _write(path: Path, text: str) -> Path:
    return write_atomic(path, text.encode(errors="backslashreplace"))


def _words(name: str) -> str:
    """Name of a notebook in words.

    >>> _words("01_compression")
    '01 · Compression'
    """
    number, _, words = name.partition("_")
    return f"{number} · {words.replace('_', ' ').capitalize()}" if words else name


def _linked(body: str, runs: Sequence[Run]) -> str:
    """Links between notebooks become links between pages, or plain text where a notebook was not run."""
    here = {run.name for run in runs}
    return LINKS.sub(
        lambda link: f'<a href="{link[1]}.html">{link[2]}</a>' if link[1] in here else link[2], body
    )


def _index(runs: Sequence[Run], title: str) -> str:
    ordered = sorted(runs, key=lambda run: not run.error)
    rows = "".join(_row(run) for run in ordered)
    failed, whole = sum(bool(run.error) for run in runs), len(runs)
    count = f"{whole} {'notebook' if whole == 1 else 'notebooks'} recomputed"
    count += f", {failed} of them failed," if failed else ""
    about, seconds = html.escape(_about(runs)), sum(run.seconds for run in runs)
    head = _HEAD.format(title=html.escape(title), about=about, count=count, seconds=seconds)
    failures = "".join(_failure(run, f"{FOLDER}/{run.name}.html") for run in ordered)
    sentences = "".join(_sentences(run) for run in runs)
    return f"{head}{failures}{_TABLE.format(rows=rows)}{sentences}"


def _about(runs: Sequence[Run]) -> str:
    """The parameters; of a path only the last part, because a report is passed on to others."""
    parameters: dict[str, Any] = next(
        (run.results["parameters"] for run in runs if run.results["parameters"]), {}
    )
    return ", ".join(f"{k} {Path(str(v)).name if k == 'dataset' else v}" for k, v in parameters.items())


def _row(run: Run) -> str:
    findings = sum(bool(each.get("finding")) for each in run.results["claims"])
    return _ROW.format(
        link=html.escape(f"{FOLDER}/{run.name}.html"),
        name=html.escape(_words(run.name)),
        status='<b class="false">failed</b>' if run.error else "passed",
        claims=len(run.results["claims"]) - findings,
        findings=findings,
        seconds=run.seconds,
    )


def _failure(run: Run, link: str = "") -> str:
    """What went wrong in a run; empty if nothing did."""
    if not run.error:
        return ""
    name = html.escape(_words(run.name))
    place = f'<a href="{html.escape(link)}">{name}</a>' if link else name
    return (
        f'<div class="failed" role="alert"><b>Failed: {place}</b><pre>{html.escape(run.error)}</pre></div>\n'
    )


def _sentences(run: Run) -> str:
    """Claims and findings of a run, folded: they contain the answers to its questions."""
    lines = []
    for each in run.results["claims"]:
        mark = "→" if each.get("finding") else "✓"
        kind = "true" if each["holds"] else "false"
        sentence = html.escape(each["sentence"])
        lines.append(f'<li><b class="{kind}" aria-hidden="true">{mark}</b>{sentence}</li>')
    if not lines:
        return ""
    name, listed = html.escape(_words(run.name)), "\n".join(lines)
    summary = f"<summary>{name}: what was found. It answers the questions of the page.</summary>"
    return f'<details>{summary}<ul class="claims">{listed}</ul></details>\n'
