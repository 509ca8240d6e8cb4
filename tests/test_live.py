"""The accuracy matrix while training runs: it fills, it stops, errors are shown, updates are few."""

import json
import threading
import time
from types import SimpleNamespace

import pytest
import torch

from skelkit.training.loop import Stopped
from skelkit.viz import chart, offline
from skelkit.viz.offline.packing import uncompressed
from skelkit.viz.panels import live
from skelkit.viz.panels.throttle import Throttle

NAMES = ["wave", "clap", "kick"]
SETTINGS = {"methods": ["ER", "CHARON"], "memories": [100, 500], "intervals": [1, 5]}


def learning(callback, method="ER", epochs=2, pause=0.0, before=lambda: None, **settings):
    """A run without a network: tasks of two epochs, an accuracy that falls by a tenth a task."""
    began, matrix = time.perf_counter(), torch.full((3, 3), torch.nan)
    for task in range(3):
        for epoch in range(1, epochs + 1):
            time.sleep(pause)
            before()
            matrix[task, : task + 1] = 0.9 - 0.1 * torch.arange(task, -1, -1)
            progress = {
                "learner": method,
                "task": task,
                "tasks": 3,
                "stage": "train",
                "epoch": epoch,
                "epochs": epochs,
                "loss": 1 / epoch,
            }
            callback(
                SimpleNamespace(
                    **progress, accuracy=matrix.clone(), live=True, seconds=time.perf_counter() - began
                )
            )
        progress |= {"stage": "evaluate", "loss": None}
        callback(
            SimpleNamespace(
                **progress, accuracy=matrix.clone(), live=False, seconds=time.perf_counter() - began
            )
        )
    return SimpleNamespace(accuracy=matrix, faa=0.8, forgetting=0.1, seconds=71.0, bytes_per_clip=14400.0)


@pytest.fixture
def shown(monkeypatch):
    """What is displayed, in order; every update of a chart is counted in `shown.updates`."""

    class Shown(list):
        updates = 0

    class Handle:
        def update(self, *_args, **_options):
            items.updates += 1

    items = Shown()

    def display(item, **_options):
        items.append(item)
        return Handle()

    monkeypatch.delenv("SKELKIT_HEADLESS", raising=False)
    for module in (live, chart):
        monkeypatch.setattr(module, "display", display)
    return items


def filled(figure) -> int:
    return sum(value is not None for row in figure.data[0].z for value in row)


# -- the panel ---------------------------------------------------------------------------------------------


def test_the_matrix_fills_while_the_run_goes_on():
    arrived, step, counts = threading.Semaphore(0), threading.Semaphore(0), []

    def wait() -> None:
        arrived.release()
        step.acquire()

    panel = live.LiveMatrix(lambda callback, **s: learning(callback, before=wait, **s), NAMES, **SETTINGS)
    panel._paint.gap = 0
    panel.start()
    for _ in range(6):
        assert arrived.acquire(timeout=5)
        counts.append(filled(panel.chart._figure))
        step.release()
    panel.join(5)
    assert counts == [0, 1, 1, 3, 3, 6]
    assert filled(panel.chart._figure) == 6


def test_the_run_gets_what_the_controls_say():
    got = {}
    panel = live.LiveMatrix(
        lambda callback, **settings: got.update(settings) or learning(callback),
        NAMES,
        **SETTINGS,
        ratios=[0.0, 0.5],
    )
    panel.controls["method"].value, panel.controls["memory"].value, panel.controls["seed"].value = (
        "CHARON",
        500,
        7,
    )
    panel.start_button.click()
    panel.join(5)
    assert got == {"method": "CHARON", "memory": 500, "interval": 1, "ratio": 0.0, "seed": 7}


def test_every_control_says_what_it_is():
    panel = live.LiveMatrix(learning, NAMES, **SETTINGS)
    assert [control.description for control in panel.controls.values()] == [
        "method",
        "memory (clips)",
        "interval s",
        "seed",
    ]


def test_finished_runs_are_listed_in_order():
    panel = live.LiveMatrix(learning, NAMES, **SETTINGS)
    for method in ("ER", "CHARON"):
        panel.controls["method"].value = method
        panel.start()
        panel.join(5)
    text = panel.table.value
    assert text.count("<tr>") == 3
    assert text.index(">ER<") < text.index(">CHARON<")
    assert all(f">{cell}<" in text for cell in ("80.0", "10.0", "14,400", "1 min 11 s"))
    assert "80.0 %" in panel.text.value
    assert panel.history.faa == 0.8


def test_stop_ends_the_run_at_its_next_epoch_and_the_panel_can_start_again():
    panel = live.LiveMatrix(
        lambda callback, **s: learning(callback, epochs=100, pause=0.01, **s), NAMES, **SETTINGS
    )
    panel.start()
    assert panel.start_button.disabled
    until(lambda: "epoch" in panel.text.value)
    panel.stop_button.click()
    panel.join(5)
    assert panel.text.value.startswith("<b>Stopped</b>")
    assert not panel.runs
    assert (panel.start_button.disabled, panel.stop_button.disabled) == (False, True)
    panel.start()
    until(lambda: "epoch" in panel.text.value)
    panel.stop()
    panel.join(5)


def test_a_second_start_while_a_run_is_under_way_does_nothing():
    calls = []
    panel = live.LiveMatrix(
        lambda callback, **s: calls.append(s) or learning(callback, pause=0.01), NAMES, **SETTINGS
    )
    panel.start()
    panel.start()
    panel.join(5)
    assert len(calls) == 1


def test_starting_one_panel_stops_the_run_of_another():
    slow = live.LiveMatrix(
        lambda callback, **s: learning(callback, epochs=1000, pause=0.01), NAMES, **SETTINGS
    )
    other = live.LiveMatrix(learning, NAMES, **SETTINGS)
    slow.start()
    other.start()
    slow.join(5)
    other.join(5)
    assert "Stopped" in slow.text.value
    assert len(other.runs) == 1


@pytest.mark.parametrize("error", [ValueError("no task <4>"), KeyboardInterrupt(), SystemExit(2)])
def test_an_error_in_the_run_is_shown_as_an_alert(error):
    def broken(callback, **_):
        raise error

    panel = live.LiveMatrix(broken, NAMES, **SETTINGS)
    panel.start()
    panel.join(5)
    assert 'role="alert"' in panel.text.value
    assert type(error).__name__ in panel.text.value
    assert "<4>" not in panel.text.value
    assert not panel.start_button.disabled


def test_a_finished_run_can_be_shown_before_any_is_started():
    settings = {"method": "ER", "memory": 100, "interval": 5}
    panel = live.LiveMatrix(learning, NAMES, **SETTINGS, first=(settings, learning(lambda progress: None)))
    assert {name: panel.settings[name] for name in settings} == settings
    assert filled(panel.chart._figure) == 6
    assert ">ER<" in panel.table.value


def test_the_panel_shows_controls_chart_and_table(shown):
    panel = live.LiveMatrix(learning, NAMES, **SETTINGS)
    panel._ipython_display_()
    assert set(shown[0].children[0].children) == set(panel.controls.values())
    assert chart.PLOTLY_MIME in shown[1]
    assert shown[2] is panel.table


def test_a_headless_panel_shows_one_finished_run_task_by_task(shown, monkeypatch):
    monkeypatch.setenv("SKELKIT_HEADLESS", "1")
    panel = live.LiveMatrix(learning, NAMES, **SETTINGS)
    panel._ipython_display_()
    run = shown[0][offline.MIME]
    assert (
        run["controls"][0] | {"label": "after task", "options": ["1 of 3", "2 of 3", "3 of 3"]}
        == run["controls"][0]
    )
    z = run["first"]["figure"]["data"][0]["z"]
    assert sum(value is not None for row in z for value in row) == 6
    early = json.loads(uncompressed(run["states"]))[0]["figure"]["data"]["0"]["z"]
    assert early == {"1": [[None] * 3], "2": [[None] * 3]}
    assert "Finished runs" in shown[1]["text/html"]


# -- the callback ------------------------------------------------------------------------------------------


def test_the_callback_shows_one_chart_and_updates_it(shown):
    learning(live.watch(NAMES), pause=0.15)
    assert len(shown) == 1
    assert 2 <= shown.updates <= 8


def test_the_last_state_of_a_run_is_always_shown(shown):
    watch = live.watch(NAMES)
    learning(watch)  # all in a few milliseconds
    assert filled(watch._chart._figure) == 6
    assert "task 3 of 3" in watch._chart._figure.layout.title.text
    assert shown.updates <= 2


def test_another_run_gets_a_chart_of_its_own(shown):
    watch = live.watch(NAMES)
    learning(watch, method="ER")
    learning(watch, method="CHARON")
    assert len(shown) == 2


def test_headlessly_the_callback_shows_the_final_figure_once(shown, monkeypatch):
    monkeypatch.setenv("SKELKIT_HEADLESS", "1")
    learning(live.watch(NAMES), pause=0.05)
    assert len(shown) == 1
    assert shown.updates == 0
    assert None not in [row[0] for row in shown[0][chart.PLOTLY_MIME]["data"][0]["z"]]


def test_a_watched_run_saves_little(shown):
    learning(live.watch(NAMES))
    assert len(str(shown[0])) < 12_000


def test_updates_are_few_and_the_newest_comes_through():
    got = []
    paint = Throttle(0.1, got.append)
    for k in range(50):
        paint(k)
        time.sleep(0.005)
    until(lambda: got[-1] == 49)
    assert len(got) <= 8
    assert got == sorted(got)


def test_a_stopped_run_is_no_error_of_the_callback():
    panel = live.LiveMatrix(learning, NAMES, **SETTINGS)
    panel._stop.set()
    with pytest.raises(Stopped):
        panel._callback(SimpleNamespace())


def until(true, seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)
