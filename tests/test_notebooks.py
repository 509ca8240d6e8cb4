"""Notebooks as committed, and their recorded values after a run compared with tests/expected."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from skelkit import study
from skelkit.study import runner

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EXPECTED = ROOT / "tests" / "expected"
by_name = pytest.mark.parametrize("path", NOTEBOOKS, ids=[p.stem for p in NOTEBOOKS])


@by_name
def test_a_notebook_is_committed_with_only_those_outputs_that_are_checked(path):
    strip = re.search(
        r"^strip:.*\n\t\$\(BIN\)/(nbstripout .*) notebooks/\*\.ipynb$",
        (ROOT / "Makefile").read_text(),
        re.MULTILINE,
    )[1]
    dirty = subprocess.run(
        [Path(sys.executable).parent / "nbstripout", "--verify", *shlex.split(strip)[1:], path],
        capture_output=True,
        text=True,
    )
    assert dirty.returncode == 0, f"{path.name} was saved with outputs or run-time metadata; run: make strip"
    checked = [c for c in nbformat.read(path, as_version=4).cells if c.get("outputs")]
    assert all("nbval-check-output" in c.metadata.tags for c in checked)
    assert path.stat().st_size < 100_000


@by_name
def test_a_notebook_declares_the_four_parameters(path):
    import papermill

    assert sorted(papermill.inspect_notebook(str(path))) == sorted(study.PARAMETERS)


@by_name
def test_a_notebook_has_the_parts_that_a_reader_expects(path):
    text = "\n".join(c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown")
    for part in (
        "**Afterwards you can explain**",
        "*Run time:*",
        "## Summary",
        "## Exercises",
        "glossary.md",
    ):
        assert part in text, f"{path.name} lacks {part}"


def section(nb, title):
    """The text cell that starts with this title."""
    return next(c for c in nb.cells if c.source.startswith(title))


@by_name
def test_every_exercise_has_a_folded_answer_that_checks_itself(path):
    nb = nbformat.read(path, as_version=4)
    exercises = re.findall(r"^\d+\. ", section(nb, "## Exercises").source, re.MULTILINE)
    answers = [c for c in nb.cells if "answer" in c.metadata.get("tags", [])]
    if "exercises.check(" in "".join(c.source for c in nb.cells):  # which checks what the reader wrote
        code = "\n".join(c.source for c in nb.cells[nb.cells.index(section(nb, "## Exercises")) :])
        checked = re.findall(r"^(?:exercises\.check\w*\(|\w+\.reveal\()", code, re.MULTILINE)
        assert len(checked) == len(exercises) >= 3
        assert answers == []
        return
    assert len(answers) == len(exercises) >= 3
    for cell in answers:
        assert cell.metadata["jupyter"]["source_hidden"]
        assert "study.claim(" in cell.source or "study.finding(" in cell.source


@by_name
def test_links_lead_somewhere_and_pictures_have_alt_text(path):
    terms = {
        re.sub(r"[^\w]+", "-", t.lower())
        for t in re.findall(r"^## (.+)$", (ROOT / "notebooks" / "glossary.md").read_text(), re.MULTILINE)
    }
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "markdown":
            continue
        for picture, alt, target in re.findall(r"(!?)\[([^\]]*)\]\(([^)]+)\)", cell.source):
            file, _, anchor = target.partition("#")
            assert (ROOT / "notebooks" / file).is_file(), f"{path.name} links to {target}"
            assert not anchor or anchor in terms, f"{path.name}: the glossary has no {anchor}"
            assert not picture or len(alt) > 30, (
                f"{path.name}: {target} needs alt text that says what it shows"
            )


@by_name
def test_numbers_in_sentences_are_computed(path):
    """Prose may contain numbers of papers and settings; a measured number belongs in a claim."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            levels = cell.source.replace("95 % interval", "interval")
            assert not re.search(r"\d(\.\d+)? ?(mm|%|m/s)(?!\w)", levels), (
                f"{path.name}: a measured number stands in prose: {cell.source[:200]}"
            )


@pytest.fixture(scope="session")
def study_runs(tmp_path_factory):
    """The whole study at preset smoke on the embedded data, run once."""
    out = tmp_path_factory.mktemp("study")
    runs = runner.run_all(
        [], out, {"preset": "smoke", "dataset": "synthetic", "seed": 0, "device": "cpu"}, tell=lambda _: None
    )
    assert not [run.error for run in runs if run.error]
    return {run.name: run for run in runs}


LEARNT = 0.35
"""Tolerance of values under "learnt": accuracies after a few steps differ between processors."""


def close(found, expected, tolerance: float, absolute: float = 0.0) -> bool:
    if isinstance(expected, dict):
        slack = {k: LEARNT if k == "learnt" else absolute for k in expected}
        return (
            isinstance(found, dict)
            and found.keys() == expected.keys()
            and all(close(found[k], expected[k], tolerance, slack[k]) for k in expected)
        )
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(found) == len(expected)
            and all(close(a, b, tolerance, absolute) for a, b in zip(found, expected, strict=True))
        )
    if isinstance(expected, float) and isinstance(found, (int, float)):
        return abs(found - expected) <= tolerance * max(abs(expected), 1e-3) + absolute
    return found == expected


@by_name
def test_recorded_values_are_what_they_were(path, study_runs):
    """Floats within 2 %, everything else exactly. After an intended change: python tests/expect.py"""
    expected = json.loads((EXPECTED / f"{path.stem}.json").read_text())
    found = study_runs[path.stem].results["values"]
    assert found.keys() == expected.keys()
    wrong = {k: (found[k], expected[k]) for k in expected if not close({k: found[k]}, {k: expected[k]}, 0.02)}
    assert not wrong


@by_name
def test_an_executed_notebook_stays_under_two_megabytes_and_without_warnings(path, study_runs):
    """The states of a panel, with which a page works without a kernel, are at most half of that."""
    run = study_runs[path.stem]
    assert run.path.stat().st_size < 2_000_000
    for cell in nbformat.read(run.path, as_version=4).cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            assert output.get("name") != "stderr", (
                f"{path.name} prints to standard error: {output.get('text')}"
            )


MOST_PAGE_BYTES = 4_000_000


def test_the_report_is_an_offline_site_of_small_pages_that_holds_everything(study_runs, tmp_path):
    from skelkit.study import report

    index = report.write(list(study_runs.values()), tmp_path / "report.html").read_text()
    for run in study_runs.values():
        page = tmp_path / "report" / f"{run.name}.html"
        text = page.read_text()
        assert page.stat().st_size < MOST_PAGE_BYTES
        assert not re.search(r'(src|href)="https?://', text)
        here = set(re.findall(r' id="([^"]+)"', text))
        assert set(re.findall(r'href="#([^"]+)"', text)) <= here, "a link leads nowhere"
        for claim in run.results["claims"]:
            assert claim["sentence"].split(":")[0][:40].replace("'", "&#x27;") in index
        outputs = [o for c in nbformat.read(run.path, 4).cells for o in c.get("outputs", [])]
        for kind, shown in (("plotly", "skelkitChart(document"), ("panel", '<div class="skelkit-panel">')):
            assert text.count(shown) == sum(f"{kind}" in str(o.get("data", {}).keys()) for o in outputs)


def test_a_page_says_move_the_slider_only_above_a_slider(study_runs, tmp_path):
    from skelkit.study import report

    report.write(list(study_runs.values()), tmp_path / "report.html")
    for page in (tmp_path / "report").glob("[0-9]*.html"):
        for part in re.split(r"<h2 ", page.read_text())[1:]:
            if "Move the slider" in part.split("</h2>")[0]:
                assert '"kind":"slider"' in part, f"{page.name} has no slider"
