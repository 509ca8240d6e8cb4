"""The notebooks as Voilà's pages: no code, the same panels and charts, and they answer."""

import driving
import pytest
import servers

pytest.importorskip("voila", reason="needs the notebooks extra: pip install 'skelkit[notebooks]'")


@pytest.fixture(scope="module")
def voila(browser, tmp_path_factory):
    with servers.voila(tmp_path_factory.mktemp("voila")) as server:
        yield server


def test_a_page_shows_no_code_but_the_panel_and_the_charts_and_they_answer(browser, voila):
    with driving.voila_page(browser, voila, "01_compression.ipynb") as page:
        words = page.inner_text("body")
        assert "Move the slider" in words
        assert not [
            code
            for code in ("panels.compression(", "import torch", "study.claim", "Traceback", "Warning")
            if code in words
        ], voila.tail()
        charts = page.locator(".js-plotly-plot")
        assert charts.count() > 3
        for width in (1280, 1100):  # a chart must survive that the window changes its size
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(1000)
            sizes = charts.evaluate_all("(all) => all.map((node) => [node.clientWidth, node.clientHeight])")
            assert all(w > 300 and h > 150 for w, h in sizes), sizes
        text = page.locator(".widget-html-content").first
        before = text.inner_text()
        assert "mm" in before
        times = driving.measure_slider(
            page,
            driving.handle(page, "interval"),
            picture=page.locator(".skelkit-player").first,
            text=text,
            moves=6,
        )
        assert len(times["text"]) == 6
        assert len(times["picture"]) >= 4
        assert not page.troubles, "\n".join(page.troubles) + voila.tail()


def test_the_chart_below_a_panel_follows_its_slider(browser, voila):
    with driving.voila_page(browser, voila, "02_masks.ipynb") as page:
        chart = page.locator(".js-plotly-plot").first
        times = driving.measure_slider(
            page,
            driving.handle(page, "ratio"),
            text=page.locator(".widget-html-content").first,
            chart=chart,
            moves=4,
        )
        assert len(times["chart"]) == 4
        assert not page.troubles, "\n".join(page.troubles) + voila.tail()
