"""The accuracy matrix fills in JupyterLab while training runs in the background, and Stop stops it."""

import json
import time

import driving
import nbformat
import pytest
import servers
from nbformat.v4 import new_code_cell, new_notebook

pytest.importorskip("jupyterlab", reason="needs the notebooks extra: pip install 'skelkit[notebooks]'")

FAKE = """
import time
from types import SimpleNamespace
import torch
from skelkit.viz import live

names = ["wave, clap", "drink water, brush teeth", "kick, sit down"]

def run(callback, method="ER", memory=100, interval=1, seed=0, pause=0.3):
    if method == "broken":
        raise RuntimeError("the loss is nan")
    began, matrix = time.perf_counter(), torch.full((3, 3), torch.nan)
    for task in range(3):
        for epoch in range(1, 7):
            time.sleep(pause)
            matrix[task, : task + 1] = (0.9 - 0.2 * torch.arange(task, -1, -1)) * (0.7 + 0.05 * epoch)
            callback(SimpleNamespace(
                learner=method, task=task, tasks=3, stage="train", epoch=epoch, epochs=6, loss=1 / epoch,
                accuracy=matrix.clone(), live=epoch < 6, seconds=time.perf_counter() - began,
            ))
    seconds = time.perf_counter() - began
    return SimpleNamespace(accuracy=matrix, faa=0.7, forgetting=0.2, seconds=seconds, bytes_per_clip=14400)
"""
WATCH = """
times = globals().get("times", 0) + 1
run(live.watch(names), "CHARON", pause=0.3 if times > 1 else 0)  # slow when it is run again
None
"""
PANEL = """
methods, memories = ["ER", "CHARON", "broken"], [100, 200, 500]
live.LiveMatrix(run, names, methods=methods, memories=memories, intervals=[1, 2, 5, 10])
"""
FILLED = """(cell) =>
[...cell.querySelectorAll('.heatmap-label text')].filter((node) => node.textContent.trim()).length"""


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    with servers.jupyterlab(tmp_path_factory.mktemp("lab")) as server:
        notebook = new_notebook(cells=[new_code_cell(FAKE), new_code_cell(PANEL), new_code_cell(WATCH)])
        notebook.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        nbformat.write(notebook, server.log.parent / "notebooks" / "live.ipynb")
        with driving.lab_page(browser, server, "live.ipynb") as page:
            page.server = server
            page.cell = driving.cell(page, "LiveMatrix(")
            page.cell.locator(".js-plotly-plot .main-svg").first.wait_for()
            yield page


def press(page, name: str):
    page.cell.get_by_role("button", name=name, exact=True).click()


def enabled(page, name: str, seconds: float = 20):
    button = page.cell.get_by_role("button", name=name, exact=True)
    page.wait_for_function("(node) => !node.disabled", arg=button.element_handle(), timeout=1000 * seconds)


def text(page) -> str:
    return page.cell.locator(".widget-html-content").nth(1).inner_text()


def test_the_matrix_fills_in_the_page_while_training_runs(page, tmp_path, capsys):
    assert page.cell.evaluate(FILLED) == 0
    press(page, "Start")
    seen, began = [], time.monotonic()
    while "final average accuracy" not in text(page):
        assert time.monotonic() - began < 40, f"{text(page)}{page.server.tail()}"
        count = page.cell.evaluate(FILLED)
        if "final average accuracy" not in text(page) and count not in [c for c, _ in seen]:
            seen.append((count, round(time.monotonic() - began, 1)))
            page.cell.screenshot(path=tmp_path / f"filling-{count}.png")
        page.wait_for_timeout(100)
    with capsys.disabled():
        print(f"\nfilled cells while it ran (count, seconds): {seen}; pictures in {tmp_path}", end="")
    assert [c for c, _ in seen] == sorted(c for c, _ in seen)
    assert len({c for c, _ in seen if c}) >= 3
    page.wait_for_function(f"(cell) => ({FILLED})(cell) === 6", arg=page.cell.element_handle())
    enabled(page, "Start")
    page.cell.screenshot(path=tmp_path / "finished.png")
    words = page.cell.inner_text()
    assert "Finished runs" in words
    assert "14,400" in words
    assert not page.troubles, "\n".join(page.troubles) + page.server.tail()


def test_the_line_of_text_and_the_other_controls_work_while_training_runs(page):
    press(page, "Start")
    page.wait_for_function(
        "(node) => node.innerText.includes('epoch')",
        arg=page.cell.locator(".widget-html-content").nth(1).element_handle(),
    )
    before = text(page)
    memory = driving.handle(page.cell, "memory")
    memory.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "([node, before]) => node.innerText !== before",
        arg=[page.cell.locator(".widget-html-content").nth(1).element_handle(), before],
    )
    assert "200" in page.cell.locator(".widget-readout").first.inner_text()
    assert "loss" in text(page)
    page.keyboard.press("ArrowLeft")
    press(page, "Stop")
    enabled(page, "Start", 5)


def test_stop_stops_and_leaves_the_matrix_as_it_was(page, tmp_path):
    press(page, "Start")
    page.wait_for_function(f"(cell) => ({FILLED})(cell) === 3", arg=page.cell.element_handle())
    press(page, "Stop")
    enabled(page, "Start", 5)
    assert text(page).startswith("Stopped")
    page.cell.screenshot(path=tmp_path / "stopped.png")
    before = page.cell.evaluate(FILLED), text(page)
    page.wait_for_timeout(1000)
    assert (page.cell.evaluate(FILLED), text(page)) == before
    assert not page.troubles, "\n".join(page.troubles) + page.server.tail()


def test_an_error_of_the_run_is_an_alert_in_the_page(page):
    page.cell.locator("select").first.select_option("broken")
    press(page, "Start")
    alert = page.cell.get_by_role("alert")
    alert.wait_for()
    assert "the loss is nan" in alert.inner_text()
    enabled(page, "Start", 5)


def test_a_watched_run_fills_the_matrix_while_its_cell_runs(page, tmp_path):
    cell = driving.cell(page, "live.watch(")
    page.wait_for_function(
        f"(cell) => ({FILLED})(cell) === 6", arg=cell.element_handle()
    )  # what the first, quick run left
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    busy, seen = "jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'", []
    page.wait_for_function(busy)
    while page.evaluate(busy):
        if (count := cell.evaluate(FILLED)) not in seen:
            seen.append(count)
            cell.screenshot(path=tmp_path / f"watched-{count}.png")
        page.wait_for_timeout(100)
    assert len(set(seen) & {1, 3, 6}) == 3, f"{seen}{page.server.tail()}"
    assert cell.evaluate(FILLED) == 6
    assert "task 3 of 3" in cell.inner_text()
    assert not page.troubles, "\n".join(page.troubles) + page.server.tail()


def test_there_is_one_chart_and_little_is_saved(page):
    assert page.cell.locator(".js-plotly-plot").count() == 1
    assert len(json.dumps(driving.outputs(page))) < 20_000
