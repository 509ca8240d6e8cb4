"""Figures of codecs: trajectories, rate–distortion, error by interval and by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import torch
from torch import Tensor

from ..style import COLORWAY, OKABE_ITO, figure_defaults, readable
from .axes import DASHES, SYMBOLS, label_places, nice_log

RMSE = "reconstruction error (RMSE, mm, log scale)"


def tracks(
    series: Mapping[str, Tensor], fps: float, title: str, kept: Tensor | None = None, y: str = "position (m)"
) -> go.Figure:
    """Trajectories over time.

    Args:
        series: name -> [T]; the first is the original.
        fps: frames per second.
        title: of the figure.
        kept: Long[K], stored frames, marked on the original. Default: none are marked.
        y: title of the vertical axis, with its unit.
    """
    fig = go.Figure()
    for k, (name, values) in enumerate(series.items()):
        time = (torch.arange(len(values)) / fps).tolist()
        fig.add_scatter(
            x=time,
            y=values.tolist(),
            name=name,
            mode="lines",
            line={"dash": DASHES[k % len(DASHES)], "width": 3 if k == 0 else 2},
        )
    if kept is not None:
        original = next(iter(series.values()))
        fig.add_scatter(
            x=(kept / fps).tolist(),
            y=original[kept].tolist(),
            name="stored frames",
            mode="markers",
            marker={"color": "black", "size": 8, "symbol": "circle-open"},
        )
    fig.update_layout(height=360)
    return figure_defaults(fig, title, f"{title}: curves over time of {', '.join(series)}.", "time (s)", y)


def rate_distortion(rows: Sequence[dict], title: str = "Rate–distortion of the codecs") -> go.Figure:
    """Reconstruction error over stored size, a line per codec family.

    Args:
        rows: "family", "codec", "bytes_per_clip", "rmse_mm".
        title: of the figure.
    """
    fig = go.Figure()
    families = list(dict.fromkeys(r["family"] for r in rows))
    for k, family in enumerate(families):
        mine = sorted((r for r in rows if r["family"] == family), key=lambda r: r["bytes_per_clip"])
        fig.add_scatter(
            x=[r["bytes_per_clip"] / 1024 for r in mine],
            y=[r["rmse_mm"] for r in mine],
            name=family,
            mode="lines+markers",
            marker={"symbol": SYMBOLS[k % len(SYMBOLS)]},
            line={"dash": DASHES[(k // len(COLORWAY)) % len(DASHES)]},
            text=[r["codec"] for r in mine],
            hovertemplate="%{text}<br>%{x:.2f} KiB, %{y:.1f} mm<extra></extra>",
        )
    nice_log(fig, "x", [r["bytes_per_clip"] / 1024 for r in rows])
    nice_log(fig, "y", [r["rmse_mm"] for r in rows])
    fig.update_layout(height=460)
    alt = (
        f"Reconstruction error against bytes per clip, both on log scales, for {', '.join(families)}; "
        "lower and further left is better."
    )
    return figure_defaults(fig, title, alt, "stored size (KiB per clip, log scale)", RMSE)


def error_by_interval(series: Mapping[str, Mapping[int, float]], title: str) -> go.Figure:
    """Reconstruction error over the sampling interval s.

    Args:
        series: name -> {s: mm}; names that end in "(NTU)" are drawn as reference points.
        title: of the figure.
    """
    fig = go.Figure()
    for k, (name, points) in enumerate(series.items()):
        reference = name.endswith("(NTU)")
        fig.add_scatter(
            x=list(points),
            y=list(points.values()),
            name=name,
            mode="markers" if reference else "lines+markers",
            marker={
                "symbol": "star" if reference else SYMBOLS[k % len(SYMBOLS)],
                "size": 12 if reference else 8,
            }
            | ({"color": "black"} if reference else {}),
        )
    every = [v for p in series.values() for v in p.values()]
    nice_log(fig, "x", sorted({s for p in series.values() for s in p}), exact=True)
    nice_log(fig, "y", every)
    fig.update_layout(height=420)
    alt = f"{title}: reconstruction error in millimetres against the interval s, for {', '.join(series)}."
    return figure_defaults(fig, title, alt, "interval s: every s-th frame is stored (log scale)", RMSE)


def by_class(
    names: Sequence[str],
    x: Sequence[float],
    y: Sequence[float],
    title: str,
    x_title: str,
    y_title: str,
    marked: Sequence[bool] | None = None,
    mark: str = "",
) -> go.Figure:
    """One labelled point per class.

    Args:
        names: of the classes.
        x, y: one value per class.
        title: of the figure; x_title, y_title: of the axes, with units.
        marked: classes drawn with a separate symbol. Default: none.
        mark: legend entry of those.
    """
    marked = marked or [False] * len(names)
    labels = label_places(x, y, [readable(n) for n in names])
    fig = go.Figure()
    for flag, label, symbol, colour in (
        (False, "one person", "circle", OKABE_ITO["blue"]),
        (True, mark, "diamond", OKABE_ITO["vermilion"]),
    ):
        mine = [k for k in range(len(names)) if bool(marked[k]) is flag]
        if mine:
            fig.add_scatter(
                x=[x[k] for k in mine],
                y=[y[k] for k in mine],
                mode="markers+text",
                name=label,
                showlegend=any(marked),
                text=[labels[k][0] for k in mine],
                textposition=[labels[k][1] for k in mine],
                textfont={"size": 11},
                customdata=[readable(names[k]) for k in mine],
                hovertemplate="%{customdata}: %{x:.3g}, %{y:.3g}<extra></extra>",
                marker={"symbol": symbol, "size": 9, "color": colour},
                cliponaxis=False,
            )
    fig.update_layout(height=520)
    alt = f"{title}: one point for each of {len(names)} classes; {x_title} across, {y_title} up."
    return figure_defaults(fig, title, alt, x_title, y_title)
