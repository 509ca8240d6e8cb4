"""Figures of learning: what each method knows, keeps and costs. Pure functions from numbers to a plotly Figure.

Accuracies come in as shares, 0 to 1, and are drawn in percent. An accuracy matrix is float[tasks, tasks]: entry [i, j] is the accuracy on
task j after learning task i, nan where not known. Several values of one thing are its seeds: their mean is drawn, with the standard deviation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import torch
from plotly.subplots import make_subplots
from torch import Tensor

from ..style import COLORWAY, OKABE_ITO, figure_defaults
from .axes import DASHES, GREY, SYMBOLS, nice_log
from .classes import confusion, confusions, drift, plane
from .matrices import accuracy_matrices, accuracy_matrix

__all__ = [
    "ablation",
    "accuracy_matrices",
    "accuracy_matrix",
    "by_budget",
    "confusion",
    "confusions",
    "drift",
    "learnt_so_far",
    "methods",
    "over_ratio",
    "plane",
]


def methods(
    rows: Mapping[str, Sequence[float]],
    title: str,
    lower: str = "fine-tuning",
    upper: str = "joint",
    chance: float | None = None,
    live: Mapping[str, Sequence[float]] | None = None,
) -> go.Figure:
    """Final average accuracy of each method, a dot per seed and the mean with its spread; the room between the bounds shaded.

    Args:
        rows: method -> FAA of each seed, 0 to 1; drawn from top to bottom as given.
        lower, upper: the methods that bound the others; no band where one of them is missing.
        chance: FAA of guessing, 0 to 1.
        live: method -> FAA of runs made just now, drawn with a symbol of their own; methods that `rows` has not come last.
    """
    live = live or {}
    names = list(dict.fromkeys([*rows, *live]))
    fig = go.Figure()
    for kind, given, colour, symbol, shift in (
        ("recorded", rows, OKABE_ITO["blue"], "circle", 0.0),
        ("run here", live, OKABE_ITO["vermilion"], "star-diamond", 0.27 if rows else 0.0),
    ):
        at = [names.index(name) + shift for name, values in given.items() for _ in values]
        if not at:
            continue
        fig.add_scatter(
            x=[100 * v for values in given.values() for v in values],
            y=at,
            mode="markers",
            name=f"{kind}, one seed" if kind == "recorded" else kind,
            marker={
                "color": colour,
                "symbol": symbol,
                "size": 7 if kind == "recorded" else 11,
                "opacity": 0.8,
            },
            text=[name for name, values in given.items() for _ in values],
            hovertemplate="%{text}: %{x:.1f} %<extra></extra>",
        )
        if kind == "recorded":
            means = [_summary(values) for values in given.values()]
            fig.add_scatter(
                x=[m for m, _ in means],
                y=[names.index(name) for name in given],
                mode="markers",
                name="mean ± standard deviation",
                marker={"color": "black", "symbol": "line-ns-open", "size": 16, "line": {"width": 3}},
                error_x={
                    "type": "data",
                    "array": [s for _, s in means],
                    "color": "black",
                    "thickness": 1.5,
                    "width": 5,
                },
                hoverinfo="skip",
            )
    _bounds(fig, rows, lower, upper, chance)
    fig.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=names,
        range=[len(names) - 0.4, -0.6],
        ticks="",
        showline=False,
    )
    fig.update_xaxes(range=[0, 100], ticksuffix=" %")
    fig.update_layout(
        height=190 + 32 * len(names),
        margin={"t": 96},
        legend={"orientation": "h", "y": -64 / (32 * len(names) + 40), "yanchor": "top"},
    )
    figure_defaults(
        fig, title, _methods_alt(title, rows, live, lower, upper, chance), "final average accuracy"
    )
    return fig


def _bounds(
    fig: go.Figure, rows: Mapping[str, Sequence[float]], lower: str, upper: str, chance: float | None
) -> None:
    marks = {}
    if lower in rows and upper in rows:
        low, high = _summary(rows[lower])[0], _summary(rows[upper])[0]
        fig.add_vrect(low, high, fillcolor=OKABE_ITO["green"], opacity=0.1, line_width=0, layer="below")
        marks = {
            low: (f"lower bound<br>{low:.0f} %", "solid"),
            high: (f"upper bound<br>{high:.0f} %", "solid"),
        }
    if chance is not None:
        marks[100 * chance] = (f"chance<br>{100 * chance:.0f} %", "dot")
    edge = -100.0
    for x in sorted(marks):
        text, dash = marks[x]
        fig.add_vline(
            x,
            line={"color": GREY if dash == "dot" else OKABE_ITO["green"], "width": 1.5, "dash": dash},
            layer="below",
        )
        edge = max(x, edge + 14)  # so that neighbouring words stay apart
        fig.add_annotation(
            text=text,
            x=edge,
            y=1,
            yref="paper",
            yanchor="bottom",
            showarrow=False,
            font={"size": 11, "color": "#444444"},
        )


def _methods_alt(
    title: str, rows: Mapping, live: Mapping, lower: str, upper: str, chance: float | None
) -> str:
    parts = [f"{name} {_words(values)}" for name, values in rows.items()]
    parts += [f"{name}, run here, {_words(values)}" for name, values in live.items()]
    between = f" The band reaches from {lower} to {upper}." if lower in rows and upper in rows else ""
    return f"{title}. Final average accuracy: {'; '.join(parts)}.{between}" + (
        f" Chance: {100 * chance:.1f} %." if chance is not None else ""
    )


def learnt_so_far(
    matrices: Mapping[str, Tensor | Sequence[Tensor]], title: str = "Accuracy on everything learnt so far"
) -> go.Figure:
    """Mean accuracy over the tasks seen so far, after each task: a curve per method, with its spread over seeds.

    Args:
        matrices: name -> float[tasks, tasks] of one seed, or several of them.
    """
    fig, ends = go.Figure(), {}
    for k, (name, given) in enumerate(matrices.items()):
        stack = (
            torch.stack([torch.as_tensor(m, dtype=torch.float64) for m in given])
            if torch.as_tensor(given[0]).ndim == 2
            else torch.as_tensor(given)[None]
        )
        curves = 100 * torch.stack(
            [stack[:, i, : i + 1].double().mean(1) for i in range(stack.shape[-1])], 1
        )  # [seeds, tasks]
        mean, spread = curves.mean(0), curves.std(0) if len(curves) > 1 else torch.zeros(curves.shape[1])
        known = (~mean.isnan()).nonzero().flatten().tolist()
        if not known:
            continue
        colour, x, y = COLORWAY[k % len(COLORWAY)], [i + 1 for i in known], mean[known]
        ends[name] = float(y[-1])
        if len(curves) > 1 and len(known) > 1:
            outline = torch.cat([y + spread[known], (y - spread[known]).flip(0)])
            fig.add_scatter(
                x=x + x[::-1],
                y=_short(outline),
                fill="toself",
                fillcolor=_faint(colour),
                line={"width": 0},
                mode="lines",
                hoverinfo="skip",
                showlegend=False,
                legendgroup=name,
            )
        fig.add_scatter(
            x=x,
            y=_short(y),
            name=name,
            legendgroup=name,
            mode="lines+markers",
            line={"color": colour, "dash": DASHES[k % len(DASHES)]},
            marker={"symbol": SYMBOLS[k % len(SYMBOLS)] + "-open" * (k >= len(SYMBOLS)), "size": 9},
            hovertemplate=f"{name}, after task %{{x}}: %{{y:.1f}} %<extra></extra>",
        )
    for rank, name in enumerate(
        sorted(ends, key=ends.get, reverse=True)
    ):  # the legend in the order in which the curves end
        fig.update_traces(legendrank=rank + 1, selector={"name": name})
    fig.update_yaxes(rangemode="tozero", ticksuffix=" %")
    fig.update_xaxes(dtick=1)
    fig.update_layout(height=420, legend={"x": 1.02, "y": 1})
    text = ", ".join(f"{name} {value:.1f} %" for name, value in ends.items())
    return figure_defaults(
        fig,
        title,
        f"{title}: mean accuracy over the tasks seen so far, after each task. At the end: {text}.",
        "tasks learnt",
        "mean accuracy over tasks so far",
    )


def over_ratio(rows: Sequence[dict], title: str = "What masking costs and brings") -> go.Figure:
    """Cost of a step and accuracy over the share of tuples hidden: rows with "ratio", "cost" (that of ratio 0 is 1), "accuracy" of each seed."""
    rows = sorted(rows, key=lambda row: row["ratio"])
    x, (means, spreads) = (
        [100 * r["ratio"] for r in rows],
        zip(*(_summary(r["accuracy"]) for r in rows), strict=True),
    )
    best = max(range(len(rows)), key=means.__getitem__)
    fig = make_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.06)
    fig.add_scatter(
        x=[0, 100],
        y=[1, 0],
        mode="lines",
        name="cost if it were 1 - ratio",
        line={"color": GREY, "dash": "dash"},
        hoverinfo="skip",
        row=1,
        col=1,
    )
    fig.add_scatter(
        x=x,
        y=[r["cost"] for r in rows],
        mode="lines+markers",
        name="cost of a step",
        line={"color": OKABE_ITO["vermilion"]},
        marker={"symbol": "square"},
        hovertemplate="%{x:.0f} % hidden: %{y:.2f} of the full cost<extra></extra>",
        row=1,
        col=1,
    )
    several = any(len(r["accuracy"]) > 1 for r in rows)
    if several:
        fig.add_scatter(
            x=[100 * r["ratio"] for r in rows for _ in r["accuracy"]],
            y=[100 * v for r in rows for v in r["accuracy"]],
            mode="markers",
            name="one seed",
            marker={"color": OKABE_ITO["blue"], "symbol": "circle-open", "size": 6, "opacity": 0.7},
            hoverinfo="skip",
            row=2,
            col=1,
        )
    fig.add_scatter(
        x=x,
        y=means,
        mode="lines+markers",
        name="mean ± standard deviation" if several else "accuracy",
        line={"color": OKABE_ITO["blue"]},
        error_y={"type": "data", "array": spreads, "thickness": 1.5, "width": 4},
        hovertemplate="%{x:.0f} % hidden: %{y:.1f} %<extra></extra>",
        row=2,
        col=1,
    )
    fig.add_scatter(
        x=[x[best]],
        y=[means[best]],
        mode="markers",
        name=f"best: {means[best]:.1f} % at {x[best]:.0f} % hidden",
        marker={
            "symbol": "star",
            "size": 17,
            "color": OKABE_ITO["orange"],
            "line": {"width": 1, "color": "black"},
        },
        hoverinfo="skip",
        row=2,
        col=1,
    )
    text = ", ".join(
        f"{a:.0f} % hidden: cost {r['cost']:.2f}, accuracy {m:.1f} %"
        for a, r, m in zip(x, rows, means, strict=True)
    )
    figure_defaults(fig, title, f"{title}. {text}. Best accuracy at {x[best]:.0f} % hidden.")
    fig.update_yaxes(title_text="cost of a step<br>(ratio 0 is 1)", rangemode="tozero", row=1, col=1)
    fig.update_yaxes(title_text="accuracy", ticksuffix=" %", row=2, col=1)
    fig.update_xaxes(range=[-2, max(x) + 4])
    fig.update_xaxes(title_text="share of tuples hidden (%)", row=2, col=1)
    fig.update_layout(height=560, legend={"orientation": "h", "y": -0.13, "yanchor": "top"})
    return fig


def ablation(
    rows: Sequence[dict],
    title: str = "What each part brings",
    parts: Sequence[str] = ("compression", "masking", "probing"),
) -> go.Figure:
    """Which parts are on (dots, left) against final average accuracy (right), a colour per size of the memory.

    Args:
        rows: dictionaries with "components" (a bool for each of `parts`), "memory" (its name) and "faa" (of each seed, 0 to 1).
    """
    combinations = sorted(
        {tuple(map(bool, r["components"])) for r in rows}, key=lambda on: (sum(on), [not each for each in on])
    )
    memories = list(dict.fromkeys(r["memory"] for r in rows))
    fig = make_subplots(1, 2, shared_yaxes=True, column_widths=[0.25, 0.75], horizontal_spacing=0.03)
    for y, on in enumerate(combinations):
        at = [k for k, each in enumerate(on) if each]
        fig.add_scatter(
            x=list(range(len(parts))),
            y=[y] * len(parts),
            mode="markers",
            marker={"size": 13, "color": ["black" if each else "#DDDDDD" for each in on]},
            hovertemplate=(" + ".join(parts[k] for k in at) or "none of them") + "<extra></extra>",
            showlegend=False,
            row=1,
            col=1,
        )
        if len(at) > 1:
            fig.add_scatter(
                x=[at[0], at[-1]],
                y=[y, y],
                mode="lines",
                line={"color": "black", "width": 3},
                hoverinfo="skip",
                showlegend=False,
                row=1,
                col=1,
            )
        if y % 2:
            fig.add_hrect(
                y - 0.5,
                y + 0.5,
                fillcolor="#F4F4F4",
                line_width=0,
                layer="below",
                row=1,
                col="all",
                exclude_empty_subplots=False,
            )
    for k, memory in enumerate(memories):
        mine = [r for r in rows if r["memory"] == memory]
        where = [
            combinations.index(tuple(map(bool, r["components"]))) + 0.5 * ((k + 0.5) / len(memories) - 0.5)
            for r in mine
        ]
        means, spreads = zip(*(_summary(r["faa"]) for r in mine), strict=True)
        fig.add_scatter(
            x=means,
            y=where,
            mode="markers",
            name=str(memory),
            marker={"color": COLORWAY[k % len(COLORWAY)], "symbol": SYMBOLS[k % len(SYMBOLS)], "size": 9},
            error_x={"type": "data", "array": spreads, "thickness": 1.5, "width": 3},
            hovertemplate="%{x:.1f} ± %{error_x.array:.1f} %<extra>" + str(memory) + "</extra>",
            row=1,
            col=2,
        )
    best = max(rows, key=lambda r: _summary(r["faa"])[0])
    on = " and ".join(name for name, each in zip(parts, best["components"], strict=True) if each) or "none of them"
    alt = f"{title}: {len(combinations)} combinations of {', '.join(parts)}, {len(memories)} memories. Best: {on} with {best['memory']}, {_words(best['faa'])}."
    figure_defaults(fig, title, alt)
    fig.update_yaxes(visible=False, range=[len(combinations) - 0.5, -0.5])
    look = {
        "tickangle": -40,
        "range": [-0.6, len(parts) - 0.4],
        "ticks": "",
        "showgrid": False,
        "showline": False,
    }
    fig.update_xaxes(tickvals=list(range(len(parts))), ticktext=parts, **look, row=1, col=1)
    fig.update_xaxes(title_text="parts that are on", row=1, col=1)
    fig.update_xaxes(title_text="final average accuracy ± standard deviation", ticksuffix=" %", row=1, col=2)
    legend = {
        "orientation": "h",
        "x": 0.28,
        "y": -52 / (40 * len(combinations)),
        "yanchor": "top",
        "title": {"text": "memory: ", "font": {"size": 13}},
    }
    fig.update_layout(height=190 + 40 * len(combinations), legend=legend)
    return fig


def by_budget(
    series: Mapping[str, Sequence[tuple[float, Sequence[float]]]],
    title: str = "How few bytes a stored clip needs",
    uncompressed: float | None = None,
    *,
    size: str = "stored size (bytes per clip, log scale)",
    accuracy: str = "final average accuracy",
    reference: str = "uncompressed",
) -> go.Figure:
    """Accuracy over size, as final average accuracy over bytes per stored clip, with the band within one point of a reference.

    Args:
        series: name -> (bytes per clip, FAA of each seed, 0 to 1), in any order.
        uncompressed: FAA of the reference, the uncompressed memory, 0 to 1; by default the mean where a clip takes the most bytes.
        size, accuracy, reference: what they are called, where they are others.
    """
    every = [point for points in series.values() for point in points]
    middle = (
        _summary(max(every, key=lambda point: point[0])[1])[0] if uncompressed is None else 100 * uncompressed
    )
    fig = go.Figure()
    fig.add_hrect(
        middle - 1, middle + 1, fillcolor=OKABE_ITO["green"], opacity=0.15, line_width=0, layer="below"
    )
    fig.add_hline(middle, line={"color": OKABE_ITO["green"], "width": 1, "dash": "dot"}, layer="below")
    for k, (name, points) in enumerate(series.items()):
        points = sorted(points, key=lambda point: point[0])
        means, spreads = zip(*(_summary(values) for _, values in points), strict=True)
        fig.add_scatter(
            x=[at for at, _ in points],
            y=means,
            name=name,
            mode="lines+markers",
            line={"color": COLORWAY[k % len(COLORWAY)], "dash": DASHES[k % len(DASHES)]},
            marker={"symbol": SYMBOLS[k % len(SYMBOLS)], "size": 9},
            error_y={"type": "data", "array": spreads, "thickness": 1.5, "width": 4},
            hovertemplate="%{x:,}: %{y:.1f} %<extra>" + name + "</extra>",
        )
    fig.add_scatter(
        x=[None],
        y=[None],
        mode="markers",
        name=f"within one point of {reference}",
        marker={"symbol": "square", "size": 14, "color": _faint(OKABE_ITO["green"], 0.3)},
    )
    nice_log(fig, "x", [at for at, _ in every])
    fig.update_yaxes(ticksuffix=" %")
    fig.update_layout(height=440, legend={"orientation": "h", "y": -0.2, "yanchor": "top"})
    least = min((at for at, values in every if abs(_summary(values)[0] - middle) <= 1), default=None)
    within = f" The smallest within one point of it: {least:,.0f}." if least is not None else ""
    alt = f"{title}: {', '.join(series)}. {reference.capitalize()} reaches {middle:.1f} %.{within}"
    return figure_defaults(fig, title, alt, size, accuracy)


def _summary(values: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation (0 for one value), in percent."""
    values = 100 * torch.as_tensor(values, dtype=torch.float64).flatten()
    return float(values.mean()), float(values.std()) if len(values) > 1 else 0.0


def _words(values: Sequence[float]) -> str:
    mean, spread = _summary(values)
    return f"{mean:.1f} %" + (f" ± {spread:.1f}" if len(values) > 1 else "")


def _short(values: Tensor) -> list[float]:
    return [round(v, 3) for v in values.tolist()]


def _faint(colour: str, opacity: float = 0.15) -> str:
    return f"rgba({', '.join(str(int(colour[k : k + 2], 16)) for k in (1, 3, 5))}, {opacity})"
