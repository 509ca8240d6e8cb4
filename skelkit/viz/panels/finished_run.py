"""A finished run, task by task, for pages that have no kernel."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from ...continual.history import History
from ..figures.matrices import accuracy_matrix
from ..offline import Choice, states


def finished_run(
    history: History, names: Sequence[str], title: str, fixed: Mapping[str, str], text: str
) -> dict[str, Any]:
    """States of a panel with a slider over the tasks: the accuracy matrix as it was after each.

    Args:
        history: of the run.
        names: of the tasks.
        title: of the run.
        fixed: label -> text of the settings, which cannot be changed without a kernel.
        text: HTML that is shown after the last task.
    """
    tasks = len(names)

    def state(task: int, **_settings: Any) -> dict:
        matrix = history.accuracy.clone()
        matrix[task + 1 :] = torch.nan
        mean = 100 * float(matrix[task, : task + 1].mean())
        after = f"after task {task + 1} of {tasks}"
        words = f"{html.escape(title)}, {after}: <b>{mean:.1f} %</b> on average on the tasks so far"
        return {
            "text": text if task == tasks - 1 else words,
            "figure": accuracy_matrix(matrix, names, f"{title}: {after}"),
        }

    options = tuple((f"{task + 1} of {tasks}", task) for task in range(tasks))
    after = Choice("task", "after task", "slider", options, tasks - 1)
    rest = [Choice(label, label, "menu", ((value, value),), 0) for label, value in fixed.items()]
    return states([after, *rest], state, most={"task": 30})
