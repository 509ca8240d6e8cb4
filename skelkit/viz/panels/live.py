"""A panel that starts and stops training runs and shows the accuracy matrix while they train."""

from __future__ import annotations

import html
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import ipywidgets as widgets
import plotly.graph_objects as go
import torch
from IPython.display import display

from ...continual.history import History, TaskProgress
from ...training.loop import Stopped
from ...utils.progress import is_headless
from ...utils.tables import html_table
from ..chart import Chart
from ..figures.matrices import accuracy_matrix
from ..offline import MIME
from .finished_run import finished_run
from .throttle import Throttle
from .training_progress import GAP, Watch, duration, picture, words

LOOK = {"style": {"description_width": "9em"}, "layout": widgets.Layout(width="340px")}

watch = Watch
"""`learn(…, callback=watch(names))`: the accuracy matrix below the cell, updated while the cell runs."""


class LiveMatrix:
    """Controls for training runs, the accuracy matrix of the current run, a table of finished runs.

    Headlessly it shows one finished run, with a slider over the tasks: `first`, or else a run with the first
    choice of every control.

    Args:
        run: (callback, method=…, memory=…, interval=…, seed=…) -> History; also ratio=… if `ratios` are
            given. It calls `callback(progress)` after every epoch and task, and does not catch the `Stopped`
            that this may raise.
        names: of the tasks.
        methods, memories, intervals, ratios: the choices; a memory is a number of clips.
        seed: value of the seed control at the start.
        first: (settings, History) of a finished run, shown at the start. Default: none.
        uses: method -> names of the controls that matter to it; the others are locked while it is chosen.
            Default: all.
    """

    _running: LiveMatrix | None = (
        None  # of all panels: starting one stops the other, whose button may be gone
    )

    def __init__(
        self,
        run: Callable[..., History],
        names: Sequence[str],
        methods: Sequence[str],
        memories: Sequence[int],
        intervals: Sequence[int],
        ratios: Sequence[float] = (),
        seed: int = 0,
        first: tuple[dict, History] | None = None,
        uses: Mapping[str, Collection[str]] | None = None,
    ):
        self.run, self.names, self.uses = run, list(names), uses or {}
        self.history: History | None = None
        self.runs: list[dict[str, str]] = []
        self.controls = _controls(methods, memories, intervals, ratios, seed)
        self.start_button = widgets.Button(description="Start", button_style="primary")
        self.stop_button = widgets.Button(description="Stop", disabled=True)
        self.start_button.on_click(lambda _: self.start())
        self.stop_button.on_click(lambda _: self.stop())
        self.text, self.unused = widgets.HTML("Choose, then press <b>Start</b>."), widgets.HTML("")
        self.table = widgets.HTML("")
        self.chart = Chart(self._empty("No run yet"))
        self._thread: threading.Thread | None = None
        self._stop, self._title = threading.Event(), ""
        self._paint = Throttle(GAP, self._show)
        self.controls["method"].observe(lambda _: self._lock(), "value")
        if first is not None:
            for name, value in first[0].items():
                self.controls[name].value = value
            self._finished(*first)
        self._lock()

    @property
    def settings(self) -> dict:
        """The current values of the controls."""
        return {name: control.value for name, control in self.controls.items()}

    def start(self) -> None:
        """Start a run with the current settings in a separate thread. No-op while a run is in progress."""
        if self._thread is not None and self._thread.is_alive():
            return
        if LiveMatrix._running is not None and LiveMatrix._running is not self:
            LiveMatrix._running.stop()
        LiveMatrix._running = self
        self._stop.clear()
        self._buttons(running=True)
        self.text.value = "starting …"
        self._title = self._name(self.settings)
        self.chart.update(self._empty(self._title))
        self._thread = threading.Thread(target=self._work, args=(self.settings,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask the run to stop; it does so after its current epoch."""
        self._stop.set()
        self.stop_button.disabled = True
        if self._thread is not None and self._thread.is_alive():
            self.stop_button.description = "stopping …"

    def join(self, seconds: float | None = None) -> None:
        """Wait until the run in progress has ended, at most `seconds` seconds. Default: no limit."""
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
        except BaseException as error:  # of any kind: nobody else sees an error of this thread
            self._paint.flush()
            message = html.escape(f"{type(error).__name__}: {error}")
            style = "border-left:3px solid #D55E00;padding:.2em .7em"
            self.text.value = f'<div role="alert" style="{style}"><b>The run failed.</b> {message}</div>'
        finally:
            if LiveMatrix._running is self:
                LiveMatrix._running = None
            self._buttons(running=False)

    def _callback(self, progress: TaskProgress) -> None:
        if self._stop.is_set():
            raise Stopped
        self._paint(progress)

    def _show(self, progress: TaskProgress) -> None:
        self.text.value = html.escape(words(progress))
        title = f"{self._title}: learning task {progress.task + 1} of {progress.tasks}"
        self.chart.update(picture(progress, self.names, title))

    def _finished(self, settings: dict, history: History) -> None:
        self.history = history
        used = {name: value for name, value in settings.items() if self._matters(name, settings["method"])}
        self.runs.append(_row(used, history))  # not the history, which holds a network and a memory
        title, faa = self._name(settings), 100 * history.faa
        separator = " &nbsp;·&nbsp; "
        self.text.value = (
            f'<span role="status">{html.escape(title)}: final average accuracy <b>{faa:.1f} %</b>'
            f"{separator}forgetting {100 * history.forgetting:.1f} points"
            f"{separator}{duration(history.seconds)}</span>"
        )
        self.table.value = _table(self.runs)
        final = f"{title}: final average accuracy {faa:.1f} %"
        self.chart.update(accuracy_matrix(history.accuracy, self.names, final))

    def _matters(self, control: str, method: str) -> bool:
        return control in self.uses.get(method, self.controls)

    def _name(self, settings: dict) -> str:
        """A run in words: its method, and what else matters to it."""
        words = {
            "memory": f"memory of {settings['memory']:,} clips",
            "interval": f"s = {settings['interval']}",
        }
        method = settings["method"]
        return ", ".join([method, *(w for name, w in words.items() if self._matters(name, method))])

    def _lock(self) -> None:
        """Lock the controls that do not matter to the chosen method, and say which these are."""
        method = self.controls["method"].value
        for name, control in self.controls.items():
            control.disabled = not self._matters(name, method)
        locked = ", ".join(control.description for control in self.controls.values() if control.disabled)
        self.unused.value = f"<small>Without effect on {method}: {locked}.</small>" if locked else ""

    def _empty(self, title: str) -> go.Figure:
        return accuracy_matrix(torch.full((len(self.names),) * 2, torch.nan), self.names, title)

    def _buttons(self, running: bool) -> None:
        self.start_button.disabled, self.stop_button.disabled = running, not running
        self.stop_button.description = "Stop"

    def _ipython_display_(self) -> None:
        if is_headless():
            self._show_finished_run()
            return
        choices = widgets.Box(list(self.controls.values()), layout=widgets.Layout(flex_flow="row wrap"))
        buttons = widgets.HBox([self.start_button, self.stop_button])
        display(widgets.VBox([choices, self.unused, buttons, self.text]))
        self.chart.show(live=True)
        display(self.table)

    def _show_finished_run(self) -> None:
        if self.history is None:
            self._finished(self.settings, self.run(lambda progress: None, **self.settings))
        assert self.history is not None
        fixed = {control.description: str(control.value) for control in self.controls.values()}
        run = finished_run(self.history, self.names, self._name(self.settings), fixed, self.text.value)
        plain = f"{100 * self.history.faa:.1f} % final average accuracy; controls: {', '.join(fixed)}"
        display({MIME: run, "text/html": self.text.value, "text/plain": plain}, raw=True)
        display({"text/html": self.table.value, "text/plain": "table of finished runs"}, raw=True)


def _controls(
    methods: Sequence[str],
    memories: Sequence[int],
    intervals: Sequence[int],
    ratios: Sequence[float],
    seed: int,
) -> dict[str, Any]:
    clips = [(f"{memory:,}", memory) for memory in memories]
    controls = {
        "method": widgets.Dropdown(options=list(methods), description="method", **LOOK),
        "memory": widgets.SelectionSlider(options=clips, description="memory (clips)", **LOOK),
        "interval": widgets.SelectionSlider(options=list(intervals), description="interval s", **LOOK),
    }
    if len(ratios):
        shares = [(f"{ratio:.0%}", ratio) for ratio in ratios]
        controls["ratio"] = widgets.SelectionSlider(options=shares, description="mask ratio", **LOOK)
    controls["seed"] = widgets.BoundedIntText(value=seed, min=0, max=2**31 - 1, description="seed", **LOOK)
    return controls


def _row(settings: dict, history: History) -> dict[str, str]:
    """What mattered to a run, and its results; a dash for what does not matter to its method."""
    memory, ratio = settings.get("memory"), settings.get("ratio")
    row = {
        "method": str(settings["method"]),
        "memory (clips)": "–" if memory is None else f"{memory:,}",
        "interval s": str(settings.get("interval", "–")),
    }
    row |= {} if ratio is None else {"mask ratio": f"{ratio:.0%}"}
    return row | {
        "seed": str(settings.get("seed", "")),
        "FAA (%)": f"{100 * history.faa:.1f}",
        "forgetting (points)": f"{100 * history.forgetting:.1f}",
        # A method without a memory stores no clips.
        "bytes per clip": f"{history.bytes_per_clip:,.0f}" if history.bytes_per_clip else "–",
        "time": duration(history.seconds),
    }


def _table(runs: Sequence[dict[str, str]]) -> str:
    heads = list(dict.fromkeys(name for run in runs for name in run))
    return html_table([[run.get(name, "–") for name in heads] for run in runs], heads, "Finished runs")
