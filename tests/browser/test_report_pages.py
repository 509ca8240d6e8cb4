"""Pages of a report in a real browser, from files on disk: they answer without a kernel and a network."""

import json
from types import SimpleNamespace

import nbformat
import pytest
import torch
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from plotly.utils import PlotlyJSONEncoder

import skelkit as sk
from skelkit.study import rendering, report, runner

pytest.importorskip("anywidget", reason="needs the notebooks extra: pip install 'skelkit[notebooks]'")
from skelkit.viz import figures, offline, panels, questions
from skelkit.viz.figures.axes import bars
from skelkit.viz.panels.finished_run import finished_run

NAMES = ["drink water, brush teeth", "put on jacket, take off jacket", "shake hands, hand over"]
TITLE = "A title that is <far> too long for the screen of a telephone, task 3 of 3, learning rate 0.001"
SCALE = {"unit": "mm", "low": 0, "high": 9, "step": 1}
QUESTION = {"id": "q1", "kind": "number", "text": "How far?", "hint": "Move it."} | SCALE


def shown(data):
    return new_code_cell("show()", outputs=[new_output("display_data", data)])


def chart(figure):
    return shown({rendering.PLOTLY: json.loads(json.dumps(figure.to_plotly_json(), cls=PlotlyJSONEncoder))})


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A report with a page that has two panels, a question with an answer, and charts."""
    folder = tmp_path_factory.mktemp("site")
    clips = sk.load("synthetic", clips=12, classes=["wave", "hug"], seed=1)
    codec = panels.compression(clips)
    codec.offline = {"interval": 5, "restore": 3}
    matrix = torch.tensor([[0.9, torch.nan, torch.nan], [0.5, 0.8, torch.nan], [0.3, 0.4, 0.7]])
    run = finished_run(SimpleNamespace(accuracy=matrix), NAMES, "ER", {"method": "ER"}, "it is over")
    state = {"meta": QUESTION, "answer": {"value": 4, "text": ""}, "guess": {}}
    words = {
        name: float(i) for i, name in enumerate(["all frames, float32", "s = 5, float32", "cosines, int8"])
    }
    behind = [
        new_output("display_data", {"text/html": questions.curtain("q1", "How far?")}),
        new_output("display_data", {"text/html": '<p id="answer">4 mm</p>'}),
    ]
    cells = [
        new_markdown_cell("# Moving\n\n## Move the slider"),
        shown({offline.MIME: codec.states()}),
        new_markdown_cell("## A matrix"),
        shown({offline.MIME: run}),
        shown({rendering.WIDGET: {"model_id": "a"}}),
        new_code_cell("tell()", outputs=behind),
        chart(bars({"a": words, "b": words}, TITLE, "codec", "clips")),
        chart(figures.tracks({"original": torch.rand(9), "restored": torch.rand(9)}, 30, TITLE)),
    ]
    notebook = new_notebook(cells=cells)
    notebook.metadata["widgets"] = {rendering.WIDGET_STATE: {"state": {"a": {"state": state}}}}
    nbformat.write(notebook, folder / "01_moving.ipynb")
    results = {"parameters": {"preset": "smoke"}, "values": {}, "claims": []}
    runs = [runner.Run("01_moving", folder / "01_moving.ipynb", results, 1.0)]
    return report.write(runs, folder / "report.html")


@pytest.fixture(scope="module")
def opened(browser, site):
    """`opened(width)` is the page at this width; it must cause no errors, and load nothing but files."""
    troubles, pages = [], {}

    def open_page(width=1280):
        if width in pages:
            return pages[width]
        context = browser.new_context(viewport={"width": width, "height": 720}, color_scheme="light")
        pages[width] = page = context.new_page()
        page.set_default_timeout(120_000)  # plotly.js takes long to start on a busy machine
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        local = ("file:", "data:", "blob:")
        page.on("request", lambda asked: None if asked.url.startswith(local) else troubles.append(asked.url))
        page.goto((site.parent / "report" / "01_moving.html").as_uri())
        page.wait_for_function("document.querySelectorAll('.skelkit-panel[data-state]').length === 2")
        page.wait_for_function("document.querySelectorAll('.js-plotly-plot').length === 3")
        return page

    yield open_page
    for page in pages.values():
        page.context.close()
    assert not troubles


def move(page, panel, position):
    """Move the first slider of a panel, and wait until its state is shown."""
    slider = page.locator(".skelkit-panel").nth(panel).locator("input[type=range]").first
    before = page.locator(".skelkit-panel").nth(panel).get_attribute("data-state")
    slider.evaluate("(node, at) => { node.value = at; node.dispatchEvent(new Event('input')); }", position)
    page.wait_for_function(
        "([panel, before]) => document.querySelectorAll('.skelkit-panel')[panel].dataset.state !== before",
        arg=[panel, before],
    )
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_a_slider_without_a_kernel_changes_player_and_text(opened):
    page = opened()
    panel = page.locator(".skelkit-panel").first
    picture = "document.querySelector('.skelkit-panel canvas.stage').toDataURL()"
    before, text = page.evaluate(picture), panel.locator(".words").inner_text()
    move(page, 0, 4)
    assert panel.locator("output").first.inner_text() == "30"
    assert "interval=30" in panel.locator(".words").inner_text() != text
    assert page.evaluate(picture) != before
    at_end = panel.locator(".words").inner_text()
    panel.locator("select").first.select_option(index=1)
    page.wait_for_function(
        "(text) => document.querySelector('.skelkit-panel .words').innerText !== text", arg=at_end
    )


def test_a_slider_without_a_kernel_changes_the_chart(opened):
    page = opened()
    panel = page.locator(".skelkit-panel").nth(1)
    labels = "[...document.querySelectorAll('.heatmap-label text')]"
    filled = f"{labels}.filter((label) => label.textContent.trim()).length"
    assert page.evaluate(filled) == 6
    assert panel.locator(".words").inner_text() == "it is over"
    move(page, 1, 0)
    page.wait_for_function(f"{filled} === 1")
    assert "after task 1 of 3" in panel.locator("figcaption").inner_text()
    assert "90.0 %" in panel.locator(".words").inner_text()
    assert "90 % on drink water" in panel.locator(".chart").get_attribute("aria-label")
    slider = page.get_by_role("slider", name="after task")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelectorAll('.skelkit-panel')[1].dataset.state === '1'")
    assert slider.get_attribute("aria-valuetext") == "2 of 3"


def test_an_answer_shows_after_a_guess(opened):
    page = opened()
    visible = (
        "getComputedStyle(document.querySelector('#answer').closest('.output')).visibility === 'visible'"
    )
    assert not page.evaluate(visible)
    page.locator(".skelkit-question input").evaluate(
        "(node) => { node.value = 3; node.dispatchEvent(new Event('input')); }"
    )
    page.get_by_role("button", name="That is my guess").click()
    page.wait_for_function(visible)
    assert "You said 3 mm; it was 4 mm" in page.inner_text(".skelkit-question")


OVERLAPS = """() => {
    const turned = (label) => /rotate\\((?!0)/.test(label.getAttribute("transform") || "");
    const apart = (p, q) => p.left >= q.right - 1 || q.left >= p.right - 1
        || p.top >= q.bottom - 1 || q.top >= p.bottom - 1;
    const words = ".xtick text, .legendtext, .xtitle", found = [];
    for (const plot of document.querySelectorAll(".js-plotly-plot")) {
        const labels = [...plot.querySelectorAll(words)].filter((label) => !turned(label));
        const boxes = labels.map((label) => label.getBoundingClientRect());
        for (let i = 0; i < labels.length; i++) {
            for (let k = i + 1; k < labels.length; k++) {
                const pair = [labels[i].textContent, labels[k].textContent];
                if (!apart(boxes[i], boxes[k])) found.push(pair.join(" / "));
            }
        }
    }
    return found;
}"""


@pytest.mark.parametrize("width", [390, 1280])
def test_titles_are_whole_and_labels_apart_at_every_width(opened, width):
    page = opened(width)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for caption in page.locator("figcaption").all():
        assert caption.evaluate("(node) => node.scrollWidth <= node.clientWidth")
    assert TITLE in page.locator("figcaption").nth(1).inner_text()
    assert page.evaluate(OVERLAPS) == []


def test_charts_and_page_follow_the_theme(opened):
    page = opened()
    ink = "getComputedStyle(document.querySelector('.xtick text')).fill"
    paper = "getComputedStyle(document.body).backgroundColor"

    def bright():
        return [sum(map(int, c[4:-1].split(","))) > 384 for c in page.evaluate(f"[{ink}, {paper}]")]

    assert bright() == [False, True]
    light = page.evaluate(ink)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"{ink} !== {json.dumps(light)}")
    assert bright() == [True, False]
    page.emulate_media(color_scheme="light")
    page.wait_for_function(f"{ink} === {json.dumps(light)}")


def test_contents_are_beside_a_wide_page_and_folded_above_a_narrow_one(opened):
    for width, unfolded in ((1280, True), (390, False)):
        page = opened(width)
        assert page.get_by_role("link", name="A matrix").is_visible() == unfolded
    page.get_by_text("Contents", exact=True).click()
    page.get_by_role("link", name="A matrix").click()
    assert page.evaluate("document.querySelector('#A-matrix').getBoundingClientRect().top < innerHeight")


def test_the_index_leads_to_the_page_and_the_page_back(browser, site):
    page = browser.new_page()
    page.goto(site.as_uri())
    page.get_by_role("link", name="01 · Moving").click()
    page.get_by_role("link", name="index").click()
    assert page.url == site.as_uri()
    page.close()


def test_a_page_is_small_and_shares_its_largest_script(site):
    sizes = {path.name: path.stat().st_size for path in (site.parent / "report").iterdir()}
    assert sizes.pop("plotly.js") > 3_000_000
    assert max(sizes.values()) < 4_000_000
