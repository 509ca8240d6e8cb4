"""The report of a study: an index that shows failures first, and a page per notebook."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from skelkit.cli.main import main
from skelkit.study import pages, rendering, report, runner

CLAIMS = [
    {"sentence": "2 + 2 is 4", "holds": True},
    {"sentence": "<it> helps", "holds": False, "finding": True},
]


@pytest.fixture
def run(tmp_path):
    """`run(name, cells, error)` is the run of a notebook with these cells."""

    def make(name, *cells, error=""):
        path = tmp_path / f"{name}.ipynb"
        nbformat.write(new_notebook(cells=list(cells)), path)
        results = {
            "parameters": {"preset": "smoke", "dataset": "/srv/me/walks"},
            "values": {},
            "claims": CLAIMS,
        }
        return runner.Run(name, path, results, 1.5, error)

    return make


@pytest.fixture
def site(run, tmp_path):
    """A report of three notebooks, of which the last one failed, as texts by name."""
    first = new_markdown_cell("# One\n\n## Guess first\n\nA [joint](glossary.md#joint).\n\n## What is $x^2$?")
    turn = new_markdown_cell("---\nPrevious: [00](00_start_here.ipynb) · Next: [02](02_masks.ipynb)")
    linked = new_markdown_cell(
        "See [that one](01_compression.ipynb) or [another](06_asymmetric_pretraining.ipynb)."
    )
    broken = new_code_cell(
        "1 / 0",
        outputs=[
            new_output("error", ename="ZeroDivisionError", evalue="by <zero>", traceback=["\x1b[31mwhy <x>"])
        ],
    )
    runs = [
        run("01_compression", first, turn),
        run("02_masks", linked),
        run("04_forgetting", broken, error="04_forgetting.ipynb, cell 1: ZeroDivisionError: by <zero>"),
    ]
    index = report.write(runs, tmp_path / "out" / "report.html")
    found = {path.name: path.read_text("utf-8") for path in (index.parent / "report").glob("*.html")}
    return found | {"index": index.read_text("utf-8")}


def test_there_is_an_index_a_page_per_notebook_a_glossary_and_one_script(site, tmp_path):
    names = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*")}
    each = {f"report/{name}.html" for name in ("01_compression", "02_masks", "04_forgetting", "glossary")}
    assert names == {"report.html", "report/plotly.js"} | each


def test_the_index_shows_failures_first_then_all_notebooks_with_their_sentences_folded(site):
    text = site["index"]
    rows = re.findall(r'<tr><td><a href="report/(\w+)\.html">', text)
    assert rows == ["04_forgetting", "01_compression", "02_masks"]
    assert text.index("ZeroDivisionError: by &lt;zero&gt;") < text.index("<table>")
    assert "2 + 2 is 4" not in re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)
    assert '<b class="false" aria-hidden="true">→</b>&lt;it&gt; helps' in text
    assert "3 notebooks recomputed, 1 of them failed, in 4 s" in text
    assert "walks" in text
    assert "/srv/me" not in text


def test_a_page_has_contents_with_its_headings_and_equations(site):
    contents = re.search(r'<nav class="contents".*?</nav>', site["01_compression.html"], re.DOTALL)[0]
    targets = re.findall(r'href="#([^"]+)"', contents)
    assert targets[0] == "Guess-first"
    assert set(targets) <= set(re.findall(r' id="([^"]+)"', site["01_compression.html"]))
    assert "<msup>" in contents
    assert contents.count("<li>") == 2
    assert "<nav class" not in site["02_masks.html"]


def test_pages_lead_to_the_pages_before_and_after_them_and_to_no_other_notebook(site):
    first, second, third = (site[f"{name}.html"] for name in ("01_compression", "02_masks", "04_forgetting"))
    assert 'rel="prev"' not in first
    assert '<a href="02_masks.html" rel="next">' in first
    assert second.count("Previous: <a") == second.count("Next: <a") == 1
    assert 'rel="next"' not in third
    assert first.count("Next: ") == 1, "the turn of the notebook is not repeated"
    assert '<a href="01_compression.html">that one</a>' in second
    assert "or another." in second
    assert all('href="../report.html"' in page for page in (first, second, third))


def test_every_link_leads_somewhere(site):
    for name, text in site.items():
        here = "report/" if name == "index" else ""
        for link in re.findall(r'href="([^"]+)"', text):
            file, _, anchor = link.partition("#")
            file = file.removeprefix(here) if file else name
            target = site["index"] if file == "../report.html" else site[file]
            assert not anchor or f'id="{anchor}"' in target, f"{name} links to {link}"
    assert 'href="glossary.html#joint" target="glossary"' in site["01_compression.html"]


def test_nothing_is_loaded_from_a_network(site):
    for text in site.values():
        assert re.findall(r'<script[^>]* src="([^"]+)"', text) in ([], ["plotly.js"])
        assert not re.search(r'(src|href)="https?:|@import|url\(', text)


def test_a_failed_cell_shows_its_error_in_the_page(site):
    text = site["04_forgetting.html"]
    assert '<pre class="error" role="alert">why &lt;x&gt;</pre>' in text
    assert "Failed: 04 · Forgetting" in text


def test_pages_of_an_earlier_report_are_removed_and_other_files_stay(run, tmp_path):
    folder = tmp_path / "out" / "report"
    folder.mkdir(parents=True)
    (folder / "07_distillation.html").write_text("old")
    (folder / "mine.html").write_text("mine")
    report.write([run("01_compression")], tmp_path / "out" / "report.html")
    assert not (folder / "07_distillation.html").exists()
    assert (folder / "mine.html").read_text() == "mine"
    runner.remove_report(tmp_path / "out")
    assert [path.name for path in folder.iterdir()] == ["mine.html"]


def test_a_report_of_nothing_is_an_index(tmp_path):
    text = report.write([], tmp_path / "report.html").read_text("utf-8")
    assert "0 notebooks" in text
    assert text.rstrip().endswith("</html>")


def test_columns_of_text_keep_their_lines_and_sentences_wrap(tmp_path, run):
    table, sentence = "s =  2   1.0 mm\ns = 12   9.5 mm\n", "one sentence\nand  another one\n"
    cell = new_code_cell("print()", outputs=[new_output("stream", text=text) for text in (table, sentence)])
    body = rendering.notebook_body(run("01_compression", cell).path)
    assert '<pre class="columns-of-text">s =  2' in body
    assert "<pre>one sentence" in body


def test_long_cells_of_a_table_may_wrap_and_short_ones_not(run):
    row = "<tr><th scope='row'>short</th><td style='a'>a sentence that is long enough to wrap</td></tr>"
    output = new_output("display_data", {"text/html": f"<table>{row}</table>"})
    cell = new_code_cell("t", outputs=[output])
    body = rendering.notebook_body(run("01_compression", cell).path)
    assert """<td class="long" style='a'>a sentence""" in body
    assert "<th scope='row'>short" in body


def test_algorithms_are_unfolded_and_other_code_and_answers_are_folded(run):
    algorithm, answer = "def restore(z):\n    return z", "def two():\n    return 2\n\nguess.reveal(two())"
    cells = [new_code_cell(source) for source in (algorithm, "lesson.draw()", answer)]
    body = rendering.notebook_body(run("01_compression", *cells).path)
    assert re.findall(r'<details class="code"( open)?>', body) == [" open", "", ""]


def test_a_page_without_headings_has_no_contents():
    assert pages.contents("<p>text</p><h2 id='x'>one</h2>") == ""


# -- a study that goes on ------------------------------------------------------------------------------------


def test_a_study_goes_on_past_a_notebook_that_fails(tmp_path, monkeypatch):
    def execute(notebook, out, parameters):
        if notebook.stem.startswith("01"):
            raise runner.NotebookFailed("01_compression.ipynb, cell 3: it broke")
        results = {"parameters": parameters, "values": {}, "claims": []}
        return runner.Run(notebook.stem, out / "none.ipynb", results, 1.0)

    monkeypatch.setattr(runner, "run", execute)
    told = []
    runs = runner.run_all(["00", "01", "02"], tmp_path, {"seed": 0}, tell=told.append)
    assert [bool(run.error) for run in runs] == [False, True, False]
    assert "FAILED: 01_compression.ipynb, cell 3: it broke" in told[1]
    index = report.write(runs, tmp_path / "report.html").read_text("utf-8")
    assert index.index("it broke") < index.index("00 · Start here")


def test_a_study_with_a_failure_writes_its_report_and_has_exit_status_1(tmp_path, monkeypatch, capsys):
    results = {"parameters": {}, "values": {}, "claims": []}
    runs = [runner.Run("01_compression", tmp_path / "none.ipynb", results, 1.0, "it broke")]
    monkeypatch.setattr(runner, "run_all", lambda *_: runs)
    assert main(["study", "01", "--out", str(tmp_path / "out")]) == 1
    assert "failed: 01_compression" in capsys.readouterr().out
    assert "it broke" in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_a_process_that_dies_is_a_failure_of_its_notebook(tmp_path, monkeypatch):
    import papermill
    from nbclient.exceptions import DeadKernelError

    def die(*_args, **_options):
        raise DeadKernelError("Kernel died")

    monkeypatch.setattr(papermill, "execute_notebook", die)
    (run,) = runner.run_all(["01"], tmp_path, {"seed": 0}, tell=lambda _: None)
    assert run.error == "01_compression.ipynb: its process died, perhaps for lack of memory"
