"""Accuracy matrices: entry [i, j] is the accuracy on task j after learning task i, nan where not known."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import torch
from plotly.subplots import make_subplots
from torch import Tensor

from ..style import OKABE_ITO, SEQUENTIAL, figure_defaults, readable

PROVISIONAL = "Dashed frame: the task in training, measured on validation clips; not final."


def accuracy_matrix(
    matrix: Tensor,
    names: Sequence[str],
    title: str = "Accuracy matrix",
    live_row: int | None = None,
) -> go.Figure:
    """Accuracy matrix with percentages in its cells; unknown cells are blank, those of future tasks grey.

    Args:
        matrix: [tasks, tasks], 0 to 1, nan where not known.
        names: of the tasks.
        title: of the figure.
        live_row: row of the task in training, drawn in a dashed frame: its accuracies are measured on
            validation clips and are not final. Default: none.

    Raises:
        ValueError: a matrix that is not square, or not as many names as tasks.
    """
    matrix = _checked(matrix, names)
    tasks = len(names)
    fig = go.Figure(_heat(matrix, names, unit=" %" if tasks <= 9 else "", size=15 if tasks <= 6 else 12))
    _axes(fig, [readable(name) for name in names])
    stairs = "M-0.5,-0.5" + "".join(f"H{i + 0.5}V{i + 0.5}" for i in range(tasks)) + "H-0.5Z"
    fig.add_shape(type="path", path=stairs, fillcolor="#F3F3F3", line_width=0, layer="below")
    # Without this trace an empty matrix has no colour bar.
    marker = {"color": [0], "coloraxis": "coloraxis"}
    fig.add_scatter(x=[None], y=[None], mode="markers", marker=marker, showlegend=False)
    if live_row is not None:
        _frame(fig, live_row, tasks)
    fig.update_layout(
        height=210 + max(46, min(64, 320 // tasks)) * tasks, margin={"t": 84}, coloraxis=_colours()
    )
    figure_defaults(
        fig, title, _alt(matrix, names, title, live_row), "accuracy on task", "after learning task"
    )
    return fig.update_layout(
        title_subtitle={
            "text": PROVISIONAL if live_row is not None else " ",
            "font": {"size": 12, "color": "#444444"},
        }
    )


def accuracy_matrices(
    matrices: Mapping[str, Tensor], title: str = "Accuracy matrices", names: Sequence[str] | None = None
) -> go.Figure:
    """Several accuracy matrices side by side on one colour scale.

    Args:
        matrices: name -> [tasks, tasks], 0 to 1, nan where not known.
        title: of the figure.
        names: of the tasks, shown under the pointer; axes number the tasks. Default: "task 1", "task 2", …

    Raises:
        ValueError: no matrices, one that is not square, or not as many names as tasks.
    """
    if not matrices:
        raise ValueError("accuracy_matrices needs at least one entry of matrices={name: [tasks, tasks]}")
    tasks = len(next(iter(matrices.values())))
    names = names or [f"task {i + 1}" for i in range(tasks)]
    checked = {name: _checked(matrix, names) for name, matrix in matrices.items()}
    columns = min(len(matrices), 3 if tasks <= 7 else 2)
    rows = -(-len(matrices) // columns)
    fig = make_subplots(
        rows,
        columns,
        subplot_titles=list(matrices),
        horizontal_spacing=0.04,
        vertical_spacing=0.13 / max(1, rows - 1),
    )
    for k, matrix in enumerate(checked.values()):
        row, column = k // columns + 1, k % columns + 1
        fig.add_trace(
            _heat(matrix, names, unit="", size=12 if tasks * columns <= 15 else 10), row=row, col=column
        )
    _axes(fig, [str(i + 1) for i in range(tasks)])
    fig.update_xaxes(title_standoff=4)
    fig.update_annotations(font_size=14)
    parts = [f"{name}: {_mean_of_last(matrix)}" for name, matrix in checked.items()]
    figure_defaults(fig, title, f"{title}: accuracy matrices of {tasks} tasks. {'; '.join(parts)}.")
    for k in range(len(matrices)):
        row, column = k // columns + 1, k % columns + 1
        lowest = k + columns >= len(matrices)
        fig.update_xaxes(
            title_text="accuracy on task" if lowest else "", showticklabels=lowest, row=row, col=column
        )
        fig.update_yaxes(
            title_text="after learning task" if column == 1 else "",
            showticklabels=column == 1,
            row=row,
            col=column,
        )
    height = tasks * max(26, 36 if columns == 3 else 220 // tasks)
    return fig.update_layout(height=130 + rows * (height + 44), margin={"t": 84}, coloraxis=_colours())


def _heat(matrix: Tensor, names: Sequence[str], unit: str, size: int) -> go.Heatmap:
    values = [[None if v != v else round(100 * v, 1) for v in row] for row in matrix.tolist()]
    words = [readable(name) for name in names]
    hover = [
        ["" if v is None else f"after learning {words[i]}: {v} % on {words[j]}" for j, v in enumerate(row)]
        for i, row in enumerate(values)
    ]
    text = [["" if v is None else f"{v:.0f}{unit}" for v in row] for row in values]
    return go.Heatmap(
        z=values,
        text=text,
        texttemplate="%{text}",
        textfont={"size": size},
        customdata=hover,
        hovertemplate="%{customdata}<extra></extra>",
        hoverongaps=False,
        coloraxis="coloraxis",
        xgap=2,
        ygap=2,
    )


def _axes(fig: go.Figure, words: Sequence[str]) -> None:
    tasks = len(words)
    look = {"tickvals": list(range(tasks)), "showgrid": False, "ticks": "", "showline": False}
    across = _wrapped(words, max(7, 62 // tasks)) if tasks <= 7 else _wrapped(words, 16, lines=1)
    level = tasks <= 7 or max(map(len, across)) <= 2
    fig.update_xaxes(range=[-0.55, tasks - 0.45], ticktext=across, tickangle=0 if level else -45, **look)
    fig.update_yaxes(
        range=[tasks - 0.45, -0.55], ticktext=_wrapped(words, 18, lines=3 if tasks <= 7 else 2), **look
    )


def _wrapped(words: Sequence[str], width: int, lines: int = 3) -> list[str]:
    return ["<br>".join(textwrap.wrap(each, width, max_lines=lines, placeholder=" …")) for each in words]


def _frame(fig: go.Figure, row: int, tasks: int) -> None:
    """A dashed frame around a row, on a white one, so that it is visible on dark and on light cells."""
    box = {"type": "rect", "x0": -0.5, "x1": min(row, tasks - 1) + 0.5, "y0": row - 0.5, "y1": row + 0.5}
    fig.add_shape(**box, line={"color": "white", "width": 4})
    fig.add_shape(**box, line={"color": OKABE_ITO["vermilion"], "width": 3, "dash": "dash"})


def _colours() -> dict:
    bar = {
        "title": {"text": "accuracy (%)", "side": "right"},
        "thickness": 14,
        "tickvals": [0, 25, 50, 75, 100],
    }
    return {"cmin": 0, "cmax": 100, "colorscale": list(SEQUENTIAL), "colorbar": bar}


def _checked(matrix: Tensor, names: Sequence[str]) -> Tensor:
    matrix = torch.as_tensor(matrix).detach().to("cpu", torch.float64)
    if matrix.shape != (len(names), len(names)):
        raise ValueError(
            f"a matrix of shape {list(matrix.shape)} for {len(names)} tasks; "
            "expected [tasks, tasks] with a name for each task"
        )
    return matrix


def _alt(matrix: Tensor, names: Sequence[str], title: str, live_row: int | None) -> str:
    known = (~matrix.isnan()).any(1).nonzero().flatten().tolist()
    if not known:
        return f"{title}: an accuracy matrix of {len(names)} tasks, still empty."
    last, words = known[-1], [readable(name) for name in names]
    cells = ", ".join(f"{100 * v:.0f} % on {words[j]}" for j, v in enumerate(matrix[last].tolist()) if v == v)
    moving = " (not final, on validation clips)" if live_row == last else ""
    return f"{title}: accuracy matrix of {len(names)} tasks. After learning {words[last]}{moving}: {cells}."


def _mean_of_last(matrix: Tensor) -> str:
    known = (~matrix.isnan()).any(1).nonzero().flatten()
    if not len(known):
        return "still empty"
    return f"{100 * float(matrix[known[-1]].nanmean()):.0f} % on average after task {int(known[-1]) + 1}"
