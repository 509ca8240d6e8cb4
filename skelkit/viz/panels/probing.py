"""Linear probing: confusion matrices before and after it, and the ablation of CHARON's components."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as widgets
import plotly.graph_objects as go
import torch

from ...continual import metrics
from ...continual.diagnostics import FeatureRecorder, old_new_statistics
from ...experiments.components import component_names
from ...experiments.statistics import in_percent
from ...utils.tables import html_table
from ..figures.confusion_matrix import confusion, confusions
from ..style import readable
from .panel import LOOK, Panel

Order = Sequence[tuple[int, ...]]

KINDS = ("before probing", "after probing")

BOTH = "side by side"

ROWS = {
    "accuracy on old classes": "{old:.0%}",
    "accuracy on the newest classes": "{new:.0%}",
    "clips predicted as a newest class": "{predicted_new:.0%}",
    "clips of old classes predicted as a newest class": "{old_as_new:.0%}",
    "norm of a class's weights: old, newest": "{norm_old:.2f}, {norm_new:.2f}",
    "bias of a class: old, newest": "{bias_old:+.3f}, {bias_new:+.3f}",
}


def before_and_after(recorder: FeatureRecorder, order: Order, task: int) -> list[dict[str, float]]:
    """`old_new_statistics` of the classifier before and after the probing that follows a task.

    Args:
        recorder: of a finished run.
        order: classes of each task.
        task: counted from 0.
    """
    snapshot, old = recorder.snapshots[task], _classes(order[:task])
    return [
        old_new_statistics(classifier, snapshot.features, recorder.labels, old, order[task])
        for classifier in (snapshot.before, snapshot.after)
    ]


def picture(
    recorder: FeatureRecorder, order: Order, names: Sequence[str], task: int, kind: str = BOTH
) -> go.Figure:
    """Confusion matrices of the classes learnt up to a task; rows of classes of later tasks are empty.

    Args:
        recorder: of a finished run.
        order: classes of each task, which is the order of rows and columns.
        names: of all classes.
        task: counted from 0.
        kind: one of `KINDS`, or `BOTH`.
    """
    snapshot, classes = recorder.snapshots[task], _classes(order)
    learnt = torch.isin(recorder.labels, torch.tensor(_classes(order[: task + 1])))
    with torch.no_grad():
        logits = [classifier(snapshot.features[learnt]) for classifier in (snapshot.before, snapshot.after)]
    counts = [metrics.confusion(each, recorder.labels[learnt])[classes][:, classes] for each in logits]
    words, borders = [names[c] for c in classes], [len(each) for each in order]
    if kind == BOTH:
        title = f"Confusion matrices after task {task + 1}"
        return confusions(counts[0], counts[1], words, title, borders, KINDS)
    title = f"Confusion matrix after task {task + 1}, {kind}"
    return confusion(counts[KINDS.index(kind)], words, title, borders)


def probing(recorder: FeatureRecorder, order: Order, names: Sequence[str]) -> Panel:
    """Confusion matrices and statistics of the classifier before and after probing, for a task of choice.

    Args:
        recorder: of a finished run.
        order: classes of each task, as in `Scenario.order`.
        names: of all classes.
    """

    def state(task: int, kind: str) -> dict:
        before, after = before_and_after(recorder, order, task)
        rows = [[row, *(_dashes(form.format(**r)) for r in (before, after))] for row, form in ROWS.items()]
        newest = ", ".join(readable(names[c]) for c in order[task])
        share = f"{after['share_new']:.0%} of the clips of all classes so far"
        caption = f"After task {task + 1}: {newest} ({share})"
        return {
            "figure": picture(recorder, order, names, task, kind),
            "text": html_table(rows, ["", *KINDS], caption),
        }

    tasks = [(f"{i + 1} of {len(order)}", i) for i in range(len(recorder.snapshots))]
    controls = {
        "task": widgets.SelectionSlider(
            options=tasks, value=len(tasks) - 1, description="after task", **LOOK
        ),
        "kind": widgets.ToggleButtons(
            options=[("both", BOTH), *zip(("before", "after"), KINDS, strict=True)],
            description="classifier",
            style={"description_width": "5em", "button_width": "6em"},
            layout=LOOK["layout"],
        ),
    }
    return Panel(state, controls, offline={"task": 10, "kind": 3})


def _dashes(text: str) -> str:
    """Dashes instead of nan: after the first task there are no old classes."""
    return text.replace("+nan", "–").replace("nan%", "–").replace("nan", "–")


def _classes(tasks: Order) -> list[int]:
    return [c for task in tasks for c in task]


class AblationTable:
    """Ablation of CHARON's components as a table: a row per combination, a column per group of runs.

    Args:
        rows: of `experiments.components.rows`.
        caption: above the table.
    """

    def __init__(
        self,
        rows: Sequence[dict],
        caption: str = "Final average accuracy: mean [95 % interval] (seeds)",
    ):
        found: dict[str, dict[str, str]] = {}
        for r in sorted(rows, key=lambda r: sum(r["components"].values())):
            cell = f"{in_percent(r['faa'])} ({len(r['faa'])})"
            found.setdefault(component_names(r["components"]), {})[r["group"]] = cell
        groups = list(dict.fromkeys(r["group"] for r in rows))
        cells = [[on, *(each.get(group, "–") for group in groups)] for on, each in found.items()]
        self._html = html_table(cells, ["components that are on", *groups], caption)
        self._plain = [f"{on}, {group}: {cell}" for on, each in found.items() for group, cell in each.items()]

    def __repr__(self) -> str:
        return "\n".join(self._plain)

    def _repr_html_(self) -> str:
        return self._html
