"""The notebooks in JupyterLab: run all, move a slider, see picture, numbers and chart change."""

import statistics

import driving
import pytest
import servers

pytest.importorskip("jupyterlab", reason="needs the notebooks extra: pip install 'skelkit[notebooks]'")

MOST = 2000  # ms: only what is broken is slower than this on a busy machine


@pytest.fixture(scope="module")
def lab(browser, tmp_path_factory):
    with servers.jupyterlab(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture(scope="module")
def compression(browser, lab):
    with driving.lab_page(browser, lab, "01_compression.ipynb") as page:
        page.server = lab
        yield page


@pytest.fixture(scope="module")
def masks(browser, lab):
    with driving.lab_page(browser, lab, "02_masks.ipynb") as page:
        page.server = lab
        yield page


def nothing_went_wrong(page) -> None:
    assert not page.troubles, "\n".join(page.troubles) + page.server.tail()


def report(capsys, what: str, times: dict[str, list[float]]) -> None:
    with capsys.disabled():
        for name, found in times.items():
            print(
                f"\n{what}, to changed {name}: median {statistics.median(found):.0f} ms, "
                f"worst of {len(found)} {max(found):.0f} ms",
                end="",
            )
    assert max(max(found) for found in times.values()) < MOST


def test_running_all_of_01_leaves_no_traceback_and_no_warning(compression):
    found = driving.outputs(compression)
    assert len(found) > 10
    wrong = [o for o in found if o["output_type"] == "error" or o.get("name") == "stderr"]
    assert not wrong, f"{wrong}{compression.server.tail()}"
    words = [str(o.get("text", "")) + str(o.get("data", {}).get("text/plain", "")) for o in found]
    assert not [w for w in words if "Traceback" in w or "Warning" in w]
    nothing_went_wrong(compression)


def test_moving_the_interval_changes_the_picture_and_the_error(compression, capsys):
    cell = driving.cell(compression, "panels.compression(")
    text = cell.locator(".widget-html-content").first
    before = text.inner_text()
    assert "mm" in before
    slider = driving.handle(cell, "interval")
    times = driving.measure_slider(compression, slider, picture=cell.locator(".skelkit-player"), text=text)
    assert len(times["text"]) == 16
    assert len(times["picture"]) >= 13
    assert text.inner_text() == before  # eight steps up and eight down
    report(capsys, "interval slider", times)
    slider.press("ArrowRight")
    compression.wait_for_timeout(500)
    assert text.inner_text().split("mm")[0] != before.split("mm")[0]
    nothing_went_wrong(compression)


def test_the_interval_can_be_dragged_with_the_mouse(compression):
    cell = driving.cell(compression, "panels.compression(")
    text, slider = cell.locator(".widget-html-content").first, driving.handle(cell, "interval")
    before, value = text.inner_text(), slider.get_attribute("aria-valuenow")
    box = slider.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    compression.mouse.move(x, y)
    compression.mouse.down()
    compression.mouse.move(x + 90, y, steps=12)
    compression.mouse.up()
    moved = slider.get_attribute("aria-valuenow")
    assert float(moved) > float(value) + 5
    compression.wait_for_function(
        "([text, s]) => text.innerText.includes(`interval=${s}`)",
        arg=[text.element_handle(), int(float(moved))],
    )
    assert text.inner_text() != before
    nothing_went_wrong(compression)


def test_the_players_own_slider_moves_the_frame(compression, capsys):
    player = driving.cell(compression, "panels.compression(").locator(".skelkit-player")
    frame = int(player.get_attribute("data-frame"))
    times = driving.measure_slider(
        compression, player.locator("input[type=range]"), picture=player, text=player.locator(".readout")
    )
    assert len(times["picture"]) == len(times["text"]) == 16
    assert int(player.get_attribute("data-frame")) == frame
    report(capsys, "the player's own slider", times)
    nothing_went_wrong(compression)


def test_the_chart_and_the_picture_follow_the_ratio(masks, capsys):
    cell = driving.cell(masks, "panels.masking(")
    slider, chart = driving.handle(cell, "ratio"), cell.locator(".js-plotly-plot")
    chart.locator(".main-svg").first.wait_for()
    size = chart.bounding_box()
    times = driving.measure_slider(
        masks, slider, text=cell.locator(".widget-html-content").first, chart=chart
    )
    assert len(times["text"]) == len(times["chart"]) == 16
    assert chart.bounding_box() == size
    assert chart.count() == 1
    report(capsys, "ratio slider", times)
    picture = "(player) => player.querySelector('canvas').toDataURL()"
    before = cell.locator(".skelkit-player").evaluate(picture)
    slider.press("ArrowRight")
    masks.wait_for_timeout(500)
    assert cell.locator(".skelkit-player").evaluate(picture) != before
    nothing_went_wrong(masks)


def test_the_chart_fits_its_cell_after_the_window_changed(masks):
    chart = driving.cell(masks, "panels.masking(").locator(".js-plotly-plot")
    height = chart.bounding_box()["height"]
    for width in (1000, 1280):
        masks.set_viewport_size({"width": width, "height": 900})
        masks.wait_for_function(
            "(node) => Math.abs(node.querySelector('.main-svg').clientWidth - node.clientWidth) < 3",
            arg=chart.element_handle(),
        )
        assert abs(chart.bounding_box()["height"] - height) < 3
    nothing_went_wrong(masks)


def test_the_ratio_is_reached_with_the_tab_key(masks):
    cell = driving.cell(masks, "panels.masking(")
    ratio = driving.handle(cell, "ratio")
    cell.locator("select").first.focus()
    for _ in range(6):
        if ratio.evaluate("(node) => node === document.activeElement"):
            break
        masks.keyboard.press("Tab")
    else:
        pytest.fail("six times Tab from the first control do not reach the ratio")
    before = float(ratio.get_attribute("aria-valuenow"))
    masks.keyboard.press("ArrowRight")
    masks.wait_for_function(
        "([node, old]) => Number(node.getAttribute('aria-valuenow')) > old",
        arg=[ratio.element_handle(), before],
    )
    nothing_went_wrong(masks)


def test_chart_and_picture_follow_on_a_page_too_slow_for_anywidget(browser, lab):
    out_of_time = (
        "AbortSignal.timeout = (ms) => "
        "(ms === 2000 ? { addEventListener: (_, late) => late() } : AbortSignal.any([]));"
    )
    with driving.lab_page(browser, lab, "02_masks.ipynb", out_of_time) as page:
        cell = driving.cell(page, "panels.masking(")
        chart, picture = cell.locator(".js-plotly-plot"), cell.locator(".skelkit-player canvas.stage")
        chart.locator(".main-svg").first.wait_for()
        look = "([chart, picture]) => [chart.innerHTML, picture.toDataURL()]"
        both = [chart.element_handle(), picture.element_handle()]
        before = page.evaluate(look, both)
        driving.handle(cell, "ratio").press("ArrowRight")
        page.wait_for_function(
            f"([nodes, old]) => ({look})(nodes).every((now, i) => now !== old[i])", arg=[both, before]
        )
        page.server = lab
        nothing_went_wrong(page)


def test_the_epoch_and_the_encoder_change_matrix_and_clips_of_06(browser, lab, capsys):
    with driving.lab_page(browser, lab, "06_asymmetric_pretraining.ipynb") as page:
        page.server = lab
        cell = driving.cell(page, "pretraining.training(asma_recorder")
        chart = cell.locator(".js-plotly-plot")
        chart.locator(".main-svg").first.wait_for()
        before = chart.evaluate("(node) => JSON.stringify(node.data[0].z)")
        epoch = driving.handle(cell, "epoch")
        epoch.focus()
        epoch.press("ArrowLeft")
        page.wait_for_function(
            "([node, old]) => JSON.stringify(node.data[0].z) !== old", arg=[chart.element_handle(), before]
        )
        between = chart.evaluate("(node) => JSON.stringify(node.data[0].z)")
        cell.get_by_role("button", name="g", exact=True).click()
        page.wait_for_function(
            "([node, old]) => JSON.stringify(node.data[0].z) !== old", arg=[chart.element_handle(), between]
        )
        nothing_went_wrong(page)


def test_temperature_flattens_the_bars_of_07(browser, lab, capsys):
    with driving.lab_page(browser, lab, "07_distillation.ipynb") as page:
        page.server = lab
        cell = driving.cell(page, "pretraining.temperature(")
        chart = cell.locator(".js-plotly-plot")
        chart.locator(".main-svg").first.wait_for()
        highest = "(node) => Math.max(...node.data[0].y)"
        before = chart.evaluate(highest)
        slider = driving.handle(cell, "temperature τ")
        times = driving.measure_slider(
            page, slider, text=cell.locator(".widget-html-content").first, chart=chart
        )
        report(capsys, "temperature slider", times)
        assert chart.evaluate(highest) == before  # as many steps up as down
        slider.press("PageUp")
        slider.press("PageUp")
        page.wait_for_function(
            "([node, old]) => Math.max(...node.data[0].y) < old", arg=[chart.element_handle(), before]
        )
        nothing_went_wrong(page)
