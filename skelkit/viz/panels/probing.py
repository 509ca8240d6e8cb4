"""Before and after linear probing: what is taken for what, and how old and new classes fare; and what each part of CHARON brings."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as widgets
import plotly.graph_objects as go
import torch

from ...continual import metrics
from ...continual.diagnostics import FeatureRecorder, old_new_statistics
from ...experiments import ablation
from ..figures import learning
from ..style import readable
from ..tables import table
from .panel import LAYOUT, WIDE, Panel

KINDS = ("before probing", "after probing")

BOTH = "side by side"

ROWS = {
    "clips of old classes that are right": "{old:.0%}",
    "clips of the newest classes that are right": "{new:.0%}",
    "clips taken for one of the newest classes": "{predicted_new:.0%}",
    "old clips taken for one of the newest classes": "{old_as_new:.0%}",
    "length of a class's weights: old, newest": "{norm_old:.2f}, {norm_new:.2f}",
    "bias of a class: old, newest": "{bias_old:+.3f}, {bias_new:+.3f}",
}


def judged(recorder: FeatureRecorder, order: Sequence[Sequence[int]], task: int) -> list[dict[str, float]]:
    """`old_new_statistics` of the classifier before and after the probing that followed a task (from 0). Pure."""
    snapshot, old = recorder.snapshots[task], sum(order[:task], ())
    return [
        old_new_statistics(classifier, snapshot.features, recorder.labels, old, order[task])
        for classifier in (snapshot.before, snapshot.after)
    ]


def picture(
    recorder: FeatureRecorder, order: Sequence[Sequence[int]], names: Sequence[str], task: int, kind: str = BOTH
) -> go.Figure:
    """Confusion of the classes learnt up to a task, in the order in which they are learnt; rows of classes still to come are empty. Pure.

    Args:
        kind: one of `KINDS`, or `BOTH`.
    """
    snapshot, classes = recorder.snapshots[task], list(sum(order, ()))
    learnt = torch.isin(recorder.labels, torch.tensor(classes[: len(sum(order[: task + 1], ()))]))
    with torch.no_grad():
        logits = [classifier(snapshot.features[learnt]) for classifier in (snapshot.before, snapshot.after)]
    counts = [metrics.confusion(each, recorder.labels[learnt])[classes][:, classes] for each in logits]
    words, borders = [names[c] for c in classes], [len(each) for each in order]
    title = f"What is taken for what after task {task + 1}"
    if kind == BOTH:
        return learning.confusions(*counts, words, title, borders, KINDS)
    return learning.confusion(counts[KINDS.index(kind)], words, f"{title}, {kind}", borders)


def probing(recorder: FeatureRecorder, order: Sequence[Sequence[int]], names: Sequence[str]) -> Panel:
    """Choose a task and see the classifier before and after its probing: confusion, accuracy on old and new classes, weights.

    Args:
        recorder: of a finished run; order: classes of each task, as `Scenario` has them; names: of all classes.
    """

    def state(task: int, kind: str) -> dict:
        before, after = judged(recorder, order, task)
        rows = [(row, *(_nothing(form.format(**r)) for r in (before, after))) for row, form in ROWS.items()]
        caption = f"After task {task + 1}: {_list(order[task], names)}. Of the clips of all classes so far, {after['share_new']:.0%} are of these."
        return {
            "figure": picture(recorder, order, names, task, kind),
            "text": table(["", *KINDS], rows, caption),
        }

    tasks = [(f"{i + 1} of {len(order)}", i) for i in range(len(recorder.snapshots))]
    controls = {
        "task": widgets.SelectionSlider(
            options=tasks, value=len(tasks) - 1, description="after task", style=WIDE, layout=LAYOUT
        ),
        "kind": widgets.ToggleButtons(
            options=[("both", BOTH), *zip(("before", "after"), KINDS, strict=True)],
            description="classifier",
            style={"description_width": "5em", "button_width": "6em"},
            layout=widgets.Layout(width="420px"),
        ),
    }
    return Panel(state, controls)


def _nothing(text: str) -> str:
    """Where there are no old classes yet."""
    return text.replace("+nan", "–").replace("nan%", "–").replace("nan", "–")


def _list(classes: Sequence[int], names: Sequence[str]) -> str:
    return ", ".join(readable(names[c]) for c in classes)


class AblationTable:
    """What was recorded of CHARON's parts, as a table: a combination a row, a memory a column. Shows itself in a notebook."""

    def __init__(
        self,
        rows: Sequence[dict],
        caption: str = "Final average accuracy (%): mean ± standard deviation (seeds)",
    ):
        memories = list(dict.fromkeys(r["memory"] for r in rows))
        found = {
            (r["components"], r["memory"]): "{:.1f} ± {:.1f} ({})".format(
                *ablation.percent(list(r["of"].values()))
            )
            for r in rows
        }
        combinations = sorted({r["components"] for r in rows}, key=lambda on: (sum(on), [not each for each in on]))
        self._text = table(
            ["parts that are on", *memories],
            [[ablation.component_names(on), *(found.get((on, m), "–") for m in memories)] for on in combinations],
            caption,
        )
        self._plain = [f"{ablation.component_names(on)}, {m}: {value}" for (on, m), value in found.items()]

    def __repr__(self) -> str:
        return "\n".join(self._plain)

    def _repr_html_(self) -> str:
        return self._text
