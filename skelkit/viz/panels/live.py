"""The accuracy matrix while training runs: `LiveMatrix`, a panel that starts and stops runs, and `watch`, a callback for a cell."""

from __future__ import annotations

import html
import threading
import time
from collections.abc import Callable, Sequence

import ipywidgets as widgets
import torch
from IPython.display import display

from ...training.loop import Stopped
from ...utils.progress import is_headless
from ..chart import Chart
from ..figures.matrices import accuracy_matrix

WIDE = {"description_width": "9em"}

LAYOUT = widgets.Layout(width="340px")

GAP = 0.25
"""Seconds between two updates of the page, at least."""


def words(progress) -> str:
    """Where a run is, in one line.

    >>> from types import SimpleNamespace as Progress
    >>> words(Progress(learner="charon", task=1, tasks=5, stage="train", epoch=3, epochs=10, loss=0.25, seconds=71.0))
    'charon · task 2 of 5 · train, epoch 3 of 10 · loss 0.250 · 1 min 11 s'
    """
    epoch = f", epoch {progress.epoch} of {progress.epochs}" if progress.epochs else ""
    loss = "" if progress.loss is None else f" · loss {progress.loss:.3f}"
    return f"{progress.learner} · task {progress.task + 1} of {progress.tasks} · {progress.stage}{epoch}{loss} · {_duration(progress.seconds)}"


def picture(progress, names: Sequence[str], title: str):
    """The accuracy matrix of a run as it is now; pure."""
    return accuracy_matrix(progress.accuracy, names, title, progress.task if progress.live else None)


class Watch:
    """A callback that shows the accuracy matrix below its cell and keeps it up to date; headlessly, once, when the last task is finished."""

    def __init__(self, names: Sequence[str]):
        self._names, self._chart, self._run = list(names), None, ("", 0.0)
        self._paint = _AtMostEvery(GAP, self._show)

    def __call__(self, progress) -> None:
        learner, seconds = self._run
        if progress.learner != learner or progress.seconds < seconds:  # another run: a chart of its own
            self._paint.flush()
            self._chart = None
        self._run = (progress.learner, progress.seconds)
        finished = progress.task == progress.tasks - 1 and not progress.live
        if finished or not is_headless():
            self._paint(progress)
        if finished:
            self._paint.flush()

    def _show(self, progress) -> None:
        figure = picture(progress, self._names, words(progress))
        if self._chart is None:
            self._chart = Chart(figure)
            self._chart.show(live=not is_headless())
        elif not is_headless():
            self._chart.update(figure)


watch = Watch
"""`learn(…, callback=watch(names))`: the accuracy matrix below the cell, updated while the cell runs."""


class LiveMatrix:
    """Choose a method, start it, and see the accuracy matrix fill while it learns; finished runs are listed below.

    Headlessly it shows one finished run, without controls: `first`, or else a run with the first choice of everything.

    Args:
        run: (callback, method=…, memory=…, interval=…, seed=…) -> History; also ratio=… where `ratios` are offered.
            It calls `callback(progress)` after every epoch and task, and lets the `Stopped` that this may raise through.
        names: of the tasks.
        methods, memories, intervals, ratios: the choices; a memory is a number of clips.
        first: (settings, History) of a finished run, shown before any is started.
    """

    _running: LiveMatrix | None = (
        None  # of all panels: starting one stops the other, whose Stop button may be gone
    )

    def __init__(
        self,
        run: Callable,
        names: Sequence[str],
        methods: Sequence[str],
        memories: Sequence[int],
        intervals: Sequence[int],
        ratios: Sequence[float] = (),
        seed: int = 0,
        first: tuple[dict, object] | None = None,
    ):
        self.run, self.names, self.history, self.runs = run, list(names), None, []
        self.controls = _controls(methods, memories, intervals, ratios, seed)
        self.start_button = widgets.Button(description="Start", button_style="primary")
        self.stop_button = widgets.Button(description="Stop", disabled=True)
        self.start_button.on_click(lambda _: self.start())
        self.stop_button.on_click(lambda _: self.stop())
        self.text = widgets.HTML("Choose, then press <b>Start</b>.")
        self.table = widgets.HTML("")
        self.chart = Chart(
            accuracy_matrix(torch.full((len(names), len(names)), torch.nan), names, "No run yet")
        )
        self._stop, self._thread, self._title = threading.Event(), None, ""
        self._paint = _AtMostEvery(GAP, self._show)
        if first is not None:
            for name, value in first[0].items():
                self.controls[name].value = value
            self._finished(*first)

    @property
    def settings(self) -> dict:
        """The settings as the controls have them now."""
        return {name: control.value for name, control in self.controls.items()}

    def start(self) -> None:
        """Run with the present settings in a thread of its own; nothing happens while a run is under way."""
        if self._thread is not None and self._thread.is_alive():
            return
        if LiveMatrix._running not in (None, self):
            LiveMatrix._running.stop()
        LiveMatrix._running = self
        self._stop.clear()
        self._buttons(running=True)
        self.text.value = "starting …"
        self.chart.update(
            accuracy_matrix(torch.full((len(self.names),) * 2, torch.nan), self.names, _title(self.settings))
        )
        self._title = _title(self.settings)
        self._thread = threading.Thread(target=self._work, args=(self.settings,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask the run to end; it does so at its next epoch."""
        self._stop.set()
        self.stop_button.disabled = True
        if self._thread is not None and self._thread.is_alive():
            self.stop_button.description = "stopping …"

    def join(self, seconds: float | None = None) -> None:
        """Wait until the run under way is over."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _work(self, settings: dict) -> None:
        try:
            history = self.run(self._callback, **settings)
            self._paint.flush()
            self._finished(settings, history)
        except Stopped:
            self._paint.flush()
            self.text.value = f"<b>Stopped</b> after: {self.text.value}"
        except (
            BaseException
        ) as error:  # whatever it was, the reader must see it: no one else looks at this thread
            self._paint.flush()
            message = html.escape(f"{type(error).__name__}: {error}")
            self.text.value = f'<div role="alert" style="border-left:3px solid #D55E00;padding:.2em .7em"><b>The run failed.</b> {message}</div>'
        finally:
            if LiveMatrix._running is self:
                LiveMatrix._running = None
            self._buttons(running=False)

    def _callback(self, progress) -> None:
        if self._stop.is_set():
            raise Stopped
        self._paint(progress)

    def _show(self, progress) -> None:
        self.text.value = html.escape(words(progress))
        self.chart.update(
            picture(
                progress, self.names, f"{self._title}: learning task {progress.task + 1} of {progress.tasks}"
            )
        )

    def _finished(self, settings: dict, history) -> None:
        self.history = history
        self.runs.append(
            _row(settings, history)
        )  # not the whole history, which keeps its network and memory alive
        self.text.value = (
            f'<span role="status">{html.escape(_title(settings))}: final average accuracy <b>{100 * history.faa:.1f} %</b>'
            f" &nbsp;·&nbsp; forgetting {100 * history.forgetting:.1f} points &nbsp;·&nbsp; {_duration(history.seconds)}</span>"
        )
        self.table.value = _table(self.runs)
        self.chart.update(
            accuracy_matrix(
                history.accuracy, self.names, f"{_title(settings)}: {100 * history.faa:.1f} % in the end"
            )
        )

    def _buttons(self, running: bool) -> None:
        self.start_button.disabled, self.stop_button.disabled = running, not running
        self.stop_button.description = "Stop"

    def _ipython_display_(self) -> None:
        if is_headless():
            if not self.runs:
                self._finished(self.settings, self.run(lambda progress: None, **self.settings))
            self.chart.show()
            controls = ", ".join(c.description for c in self.controls.values())
            text = f"{self.table.value}<small>In JupyterLab there are controls here: {controls}, Start and Stop.</small>"
            display(
                {
                    "text/html": text,
                    "text/plain": f"{100 * self.history.faa:.1f} % final average accuracy; controls: {controls}",
                },
                raw=True,
            )
            return
        choices = widgets.Box(list(self.controls.values()), layout=widgets.Layout(flex_flow="row wrap"))
        display(widgets.VBox([choices, widgets.HBox([self.start_button, self.stop_button]), self.text]))
        self.chart.show(live=True)
        display(self.table)


def _controls(methods, memories, intervals, ratios, seed) -> dict[str, widgets.Widget]:
    look = {"style": WIDE, "layout": LAYOUT}
    controls = {
        "method": widgets.Dropdown(options=list(methods), description="method", **look),
        "memory": widgets.SelectionSlider(
            options=[(f"{m:,}", m) for m in memories], description="memory (clips)", **look
        ),
        "interval": widgets.SelectionSlider(options=list(intervals), description="interval s", **look),
    }
    if len(ratios):
        controls["ratio"] = widgets.SelectionSlider(
            options=[(f"{r:.0%}", r) for r in ratios], description="share masked", **look
        )
    controls["seed"] = widgets.BoundedIntText(value=seed, min=0, max=2**31 - 1, description="seed", **look)
    return controls


def _title(settings: dict) -> str:
    return f"{settings['method']}, memory of {settings['memory']:,} clips, s = {settings['interval']}"


def _table(rows: Sequence[dict[str, str]]) -> str:
    heads = list(dict.fromkeys(name for row in rows for name in row))
    head = "".join(f'<th scope="col" style="padding:0 .8em">{name}</th>' for name in heads)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td style="text-align:right;padding:0 .8em">{html.escape(row.get(name, ""))}</td>'
            for name in heads
        )
        + "</tr>"
        for row in rows
    )
    return f'<table><caption style="text-align:left">Finished runs</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _row(settings: dict, history) -> dict[str, str]:
    row = {
        "method": str(settings["method"]),
        "memory (clips)": f"{settings['memory']:,}",
        "interval s": str(settings["interval"]),
    }
    row |= {"share masked": f"{settings['ratio']:.0%}"} if "ratio" in settings else {}
    row |= {
        "seed": str(settings.get("seed", "")),
        "FAA (%)": f"{100 * history.faa:.1f}",
        "forgetting (points)": f"{100 * history.forgetting:.1f}",
    }
    bytes_per_clip = (
        f"{history.bytes_per_clip:,.0f}" if history.bytes_per_clip else "–"
    )  # a method without memory
    return row | {"bytes per clip": bytes_per_clip, "time": _duration(history.seconds)}


def _duration(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


class _AtMostEvery:
    """Calls `show` with the newest of the values it is given, at most once in `gap` seconds; the last value always comes through."""

    def __init__(self, gap: float, show: Callable):
        self._gap, self._show, self._lock = gap, show, threading.RLock()
        self._newest, self._timer, self._last = [], None, -1e9

    def __call__(self, value) -> None:
        with self._lock:
            self._newest = [value]
            wait = self._last + self._gap - time.monotonic()
            if wait <= 0:
                self.flush()
            elif self._timer is None:
                self._timer = threading.Timer(wait, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Show now what still waits to be shown."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            waiting, self._newest, self._timer = self._newest, [], None
            if waiting:
                self._last = time.monotonic()
                self._show(waiting[0])
