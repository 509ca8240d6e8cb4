"""Figures: pure functions from numbers to a plotly Figure; nothing here trains, loads or draws at random.

Every figure has axis titles with units, alt text in ``layout.meta["alt"]`` and colours that colour-blind readers can
tell apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import torch
from plotly.subplots import make_subplots
from torch import Tensor

from .. import motion
from ..data import ClipSet
from ..skeletons import Skeleton
from .style import COLORWAY, OKABE_ITO, SEQUENTIAL, figure_defaults, readable

GREY = "#767676"
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star")


# -- the data ----------------------------------------------------------------------------------------------------------


def lengths(clips: ClipSet) -> go.Figure:
    """How long the clips are, by number of persons."""
    seconds, persons = (clips.lengths / clips.fps).cpu(), clips.persons.cpu()
    fig = go.Figure()
    width = max(0.25, round(float(seconds.max() - seconds.min()) / 24, 2))
    for count in persons.unique().tolist():
        name = "one person" if count == 1 else f"{count} persons"
        fig.add_histogram(
            x=seconds[persons == count].numpy(), name=name, xbins={"size": width, "start": 0}, marker_line={"width": 1, "color": "white"}
        )
    fig.update_layout(barmode="stack", bargap=0, height=320)
    alt = f"Histogram of clip lengths: {len(clips)} clips from {seconds.min():.1f} to {seconds.max():.1f} seconds."
    return figure_defaults(fig, "How long the clips are", alt, "length (s)", "clips")


def against_target(rows: Sequence[tuple[str, float, float]], title: str, what: str, low: float = 1 / 1.5, high: float = 1.5) -> go.Figure:
    """Found / target for rows (name, target, found), on a log axis, with the band that counts as alike."""
    names, ratios = [r[0] for r in rows], [r[2] / r[1] for r in rows]
    fig = go.Figure(go.Scatter(x=ratios, y=names, mode="markers", marker={"size": 10, "color": OKABE_ITO["blue"]}, showlegend=False,
                               customdata=[[r[1], r[2]] for r in rows], hovertemplate="%{y}: target %{customdata[0]:.3g}, found %{customdata[1]:.3g}<extra></extra>"))  # fmt: skip
    fig.add_vrect(low, high, fillcolor=OKABE_ITO["green"], opacity=0.15, line_width=0)
    fig.add_vline(1, line={"color": GREY, "width": 1, "dash": "dot"})
    edge = max(2.0, *(max(r, 1 / r) for r in ratios)) * 1.1
    ticks = [v for v in (0.1, 0.2, 0.5, 1 / 1.5, 1, 1.5, 2, 5, 10) if 1 / edge <= v <= edge]
    fig.update_xaxes(
        type="log",
        range=[-torch.tensor(edge).log10().item(), torch.tensor(edge).log10().item()],
        tickvals=ticks,
        ticktext=[f"{v:.2g}x" for v in ticks],
    )
    fig.update_yaxes(autorange="reversed")
    fig.update_layout(height=120 + 26 * len(rows))
    alt = f"{what}: found over target lies between {min(ratios):.2f} and {max(ratios):.2f} for {len(rows)} statistics; the band is {low:.2f} to {high:.2f}."
    return figure_defaults(fig, title, alt, "found / target (log scale)")


# -- the body ----------------------------------------------------------------------------------------------------------


def reference_pose(clips: ClipSet, tries: int = 400) -> Tensor:
    """A pose to draw values on, facing the reader: [V, 2], metres.

    Of `tries` frames of the set, one side of the body is mirrored to the other, so that both sides look alike; the result whose joints
    overlap least is taken.
    """
    rows = torch.linspace(0, len(clips.poses) - 1, min(tries, len(clips.poses))).long().to(clips.device)
    poses = clips.poses[rows, 0].float()
    poses = _facing(poses[motion.presence(poses)], clips.skeleton).cpu()  # [tries, V, 2]
    poses = _symmetric(poses, clips.skeleton)
    apart = torch.cdist(poses, poses) + torch.eye(poses.shape[1]) * 9
    height = poses[..., 1].amax(1) - poses[..., 1].amin(1)
    crowding = apart.clamp_min(1e-2).pow(-1).mean((1, 2)) / height.clamp_min(1e-3)  # a few tight spots cost more than closeness gains
    root = clips.skeleton.index(clips.skeleton.root)
    raised = (poses[..., 1] > poses[:, [root], 1] + 0.02 * height[:, None]).float().mean(1)  # arms in the air look like an alarm
    return poses[(crowding * (1 + 4 * raised)).argmin()]


def _symmetric(poses: Tensor, skeleton: Skeleton) -> Tensor:
    """Each pose twice: with its left side mirrored to the right, and the other way round; the midline straight. [2 P, V, 2]"""
    image = poses[:, skeleton.mirror] * torch.tensor([-1.0, 1.0])
    midline = (poses + image) / 2
    sides = []
    for side in (0, 1):
        own = torch.zeros(len(skeleton), dtype=torch.bool)
        own[[skeleton.index(pair[side]) for pair in skeleton.mirror_pairs]] = True
        pose = torch.where(own[:, None], poses, torch.where(own[skeleton.mirror][:, None], image, midline))
        sides.append(pose)
    return torch.cat(sides)


def _facing(poses: Tensor, skeleton: Skeleton) -> Tensor:
    """[..., V, 3] seen from the front: the body's right-to-left axis runs to the right. [..., V, 2]"""
    left = [skeleton.index(a) for a, _ in skeleton.mirror_pairs]
    right = [skeleton.index(b) for _, b in skeleton.mirror_pairs]
    across = (poses[..., left, :] - poses[..., right, :]).mean(-2) if left else poses.new_tensor([1.0, 0, 0]).expand(poses[..., 0, :].shape)
    across = across * across.new_tensor([1, 0, 1])
    across = across / across.norm(dim=-1, keepdim=True).clamp_min(1e-6)
    middle = poses[..., [skeleton.index(skeleton.root)], :]
    return torch.stack([((poses - middle) * across[..., None, :]).sum(-1), poses[..., 1] - poses[..., 1].amin(-1, keepdim=True)], -1)


def on_body(
    pose: Tensor, skeleton: Skeleton, values: Mapping[str, Tensor], title: str, unit: str, low: float | None = None, high: float | None = None
) -> go.Figure:
    """Joint values as colours and sizes on a body, one body per entry of `values`, on one colour scale.

    Args:
        pose: [V, 2] from `reference_pose`.
        values: name -> [V].
        unit: what the colours mean, with its unit, for the colour bar.
    """
    if not values:
        raise ValueError("on_body needs at least one entry of values={name: [V]}")
    values = {name: v.detach().cpu().float() for name, v in values.items()}
    low = min(float(v.min()) for v in values.values()) if low is None else low
    high = max(float(v.max()) for v in values.values()) if high is None else high
    fig = make_subplots(1, len(values), subplot_titles=list(values), horizontal_spacing=0.02)
    lines_x, lines_y = [], []
    for a, b in skeleton.edges:
        lines_x += [float(pose[a, 0]), float(pose[b, 0]), None]
        lines_y += [float(pose[a, 1]), float(pose[b, 1]), None]
    for column, v in enumerate(values.values(), 1):
        size = 9 + 15 * ((v - low) / max(high - low, 1e-9)).clamp(0, 1)
        fig.add_scatter(
            x=lines_x, y=lines_y, mode="lines", line={"color": "#BBBBBB", "width": 4}, hoverinfo="skip", showlegend=False, row=1, col=column
        )
        fig.add_scatter(
            x=pose[:, 0].tolist(), y=pose[:, 1].tolist(), mode="markers", showlegend=False, row=1, col=column,
            marker={"color": v.tolist(), "size": size.tolist(), "coloraxis": "coloraxis", "line": {"width": 1, "color": "#444444"}},
            text=[readable(j) for j in skeleton.joints], hovertemplate="%{text}: %{marker.color:.3g}<extra></extra>",
        )  # fmt: skip
    figure_defaults(fig, title, _body_alt(values, skeleton, unit))
    span = [float(pose[:, 0].min()) - 0.12, float(pose[:, 0].max()) + 0.12]
    fig.update_xaxes(visible=False, range=span)
    fig.update_yaxes(visible=False, range=[-0.08, float(pose[:, 1].max()) + 0.12])
    for column in range(1, len(values) + 1):
        fig.update_yaxes(scaleanchor=f"x{column if column > 1 else ''}", row=1, col=column)
    fig.update_layout(
        height=440,
        margin={"l": 10, "r": 10, "b": 10, "t": 80},
        title_x=0.5,
        title_xanchor="center",
        coloraxis={"cmin": low, "cmax": high, "colorscale": list(SEQUENTIAL), "colorbar": {"title": {"text": unit, "side": "right"}}},
    )
    return fig


def _body_alt(values: Mapping[str, Tensor], skeleton: Skeleton, unit: str) -> str:
    parts = []
    for name, v in values.items():
        top = ", ".join(readable(skeleton.joints[j]) for j in v.topk(min(3, len(v))).indices.tolist())
        parts.append(f"{name}: from {v.min():.3g} to {v.max():.3g}, highest at {top}")
    return f"Joints of a body coloured by {unit}. " + "; ".join(parts) + "."


# -- compression -------------------------------------------------------------------------------------------------------


def tracks(series: Mapping[str, Tensor], fps: float, title: str, kept: Tensor | None = None, y: str = "position (m)") -> go.Figure:
    """Curves over time, name -> [T]; the first is the original; `kept` marks the stored frames on it."""
    fig = go.Figure()
    for k, (name, values) in enumerate(series.items()):
        time = (torch.arange(len(values)) / fps).tolist()
        fig.add_scatter(x=time, y=values.tolist(), name=name, mode="lines", line={"dash": DASHES[k % len(DASHES)], "width": 3 if k == 0 else 2})
    if kept is not None:
        original = next(iter(series.values()))
        fig.add_scatter(
            x=(kept / fps).tolist(),
            y=original[kept].tolist(),
            name="kept frames",
            mode="markers",
            marker={"color": "black", "size": 8, "symbol": "circle-open"},
        )
    fig.update_layout(height=360)
    return figure_defaults(fig, title, f"{title}: curves over time of {', '.join(series)}.", "time (s)", y)


def rate_distortion(rows: Sequence[dict], title: str = "What a byte buys") -> go.Figure:
    """Restore error over bytes, a line per family: rows with "family", "codec", "bytes_per_clip", "rmse_mm"."""
    fig = go.Figure()
    families = list(dict.fromkeys(r["family"] for r in rows))
    for k, family in enumerate(families):
        mine = sorted((r for r in rows if r["family"] == family), key=lambda r: r["bytes_per_clip"])
        fig.add_scatter(
            x=[r["bytes_per_clip"] / 1024 for r in mine], y=[r["rmse_mm"] for r in mine], name=family, mode="lines+markers",
            marker={"symbol": SYMBOLS[k % len(SYMBOLS)]}, line={"dash": DASHES[(k // len(COLORWAY)) % len(DASHES)]},
            text=[r["codec"] for r in mine], hovertemplate="%{text}<br>%{x:.2f} KiB, %{y:.1f} mm<extra></extra>",
        )  # fmt: skip
    _nice_log(fig, "x", [r["bytes_per_clip"] / 1024 for r in rows])
    _nice_log(fig, "y", [r["rmse_mm"] for r in rows])
    fig.update_layout(height=460)
    alt = "Restore error against bytes per clip, both on log scales, for " + ", ".join(families) + "; lower and further left is better."
    return figure_defaults(fig, title, alt, "stored size (KiB per clip, log scale)", "restore error (RMSE, mm, log scale)")


def error_by_interval(series: Mapping[str, Mapping[int, float]], title: str) -> go.Figure:
    """Restore error over the interval s: name -> {s: mm}; names that end in "(NTU)" are drawn as reference points."""
    fig = go.Figure()
    for k, (name, points) in enumerate(series.items()):
        reference = name.endswith("(NTU)")
        fig.add_scatter(
            x=list(points), y=list(points.values()), name=name, mode="markers" if reference else "lines+markers",
            marker={"symbol": "star" if reference else SYMBOLS[k % len(SYMBOLS)], "size": 12 if reference else 8} | ({"color": "black"} if reference else {}),
        )  # fmt: skip
    every = [v for p in series.values() for v in p.values()]
    _nice_log(fig, "x", sorted({s for p in series.values() for s in p}), exact=True)
    _nice_log(fig, "y", every)
    fig.update_layout(height=420)
    return figure_defaults(
        fig,
        title,
        f"{title}: restore error in millimetres against the interval s, for {', '.join(series)}.",
        "interval s: every s-th frame kept (log scale)",
        "restore error (RMSE, mm, log scale)",
    )


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
    """One point per class, named; `marked` classes get their own symbol."""
    marked = marked or [False] * len(names)
    labels = _label_places(x, y, [readable(n) for n in names])
    fig = go.Figure()
    for flag, label, symbol, colour in ((False, "one person", "circle", OKABE_ITO["blue"]), (True, mark, "diamond", OKABE_ITO["vermilion"])):
        mine = [k for k in range(len(names)) if bool(marked[k]) is flag]
        if mine:
            fig.add_scatter(
                x=[x[k] for k in mine], y=[y[k] for k in mine], mode="markers+text", name=label, showlegend=any(marked),
                text=[labels[k][0] for k in mine], textposition=[labels[k][1] for k in mine], textfont={"size": 11},
                customdata=[readable(names[k]) for k in mine], hovertemplate="%{customdata}: %{x:.3g}, %{y:.3g}<extra></extra>",
                marker={"symbol": symbol, "size": 9, "color": colour}, cliponaxis=False,
            )  # fmt: skip
    fig.update_layout(height=520)
    return figure_defaults(fig, title, f"{title}: one point for each of {len(names)} classes; {x_title} across, {y_title} up.", x_title, y_title)


# -- masks -------------------------------------------------------------------------------------------------------------


def degree_and_motion(skeleton: Skeleton, speeds: Mapping[str, Tensor], title: str) -> go.Figure:
    """Mean speed of each joint (m/s) over its degree: name -> [V], one panel per entry, medians joined."""
    fig = make_subplots(1, len(speeds), subplot_titles=list(speeds), shared_yaxes=True, horizontal_spacing=0.04)
    degrees = skeleton.degrees
    for column, speed in enumerate(speeds.values(), 1):
        speed = speed.cpu()
        nudge = torch.zeros(len(skeleton))
        for d in degrees.unique():
            mine = (degrees == d).nonzero().flatten()
            nudge[mine] = torch.linspace(-0.22, 0.22, len(mine)) if len(mine) > 1 else 0.0
        fig.add_scatter(x=(degrees + nudge).tolist(), y=speed.tolist(), mode="markers", text=[readable(j) for j in skeleton.joints], showlegend=False,
                        marker={"color": OKABE_ITO["blue"], "size": 9, "opacity": 0.8}, hovertemplate="%{text}: %{y:.2f} m/s<extra></extra>", row=1, col=column)  # fmt: skip
        known = degrees.unique().tolist()
        fig.add_scatter(x=known, y=[float(speed[degrees == d].median()) for d in known], mode="lines+markers", name="median", showlegend=column == 1,
                        line={"color": OKABE_ITO["vermilion"], "dash": "dash"}, marker={"symbol": "line-ew-open", "size": 18}, row=1, col=column)  # fmt: skip
        fig.update_xaxes(title_text="degree (bones at the joint)", tickvals=known, row=1, col=column)
    fig.update_yaxes(title_text="mean speed (m/s)", rangemode="tozero", row=1, col=1)
    fig.update_layout(height=420, margin={"t": 96})
    text = "; ".join(
        f"{name}: {', '.join(f'degree {d} {float(s.cpu()[degrees == d].mean()):.2f} m/s' for d in degrees.unique().tolist())}"
        for name, s in speeds.items()
    )
    return figure_defaults(fig, title, f"Mean joint speed against joint degree. {text}.")


def motion_over_time(energy: Tensor, fps: float, hidden: Mapping[str, Tensor], title: str) -> go.Figure:
    """RMS joint speed of one clip over time, with the frames that each mask hides as bars below it.

    Args:
        energy: [T], mean squared frame difference (m^2) from `masks.frame_motion`.
        hidden: name -> bool [T] (or probability [T]).
    """
    time = (torch.arange(len(energy)) / fps).tolist()
    fig = make_subplots(1 + len(hidden), 1, shared_xaxes=True, vertical_spacing=0.02, row_heights=[1.0] + [0.13] * len(hidden))
    fig.add_scatter(
        x=time,
        y=(energy.sqrt() * fps).tolist(),
        mode="lines",
        showlegend=False,
        line={"color": "#222222"},
        hovertemplate="%{x:.2f} s: %{y:.2f} m/s<extra></extra>",
        row=1,
        col=1,
    )
    for row, (name, mask) in enumerate(hidden.items(), 2):
        fig.add_bar(
            x=time,
            y=mask.float().tolist(),
            width=1 / fps,
            marker={"color": COLORWAY[(row - 2) % len(COLORWAY)], "line": {"width": 0}},
            showlegend=False,
            hovertemplate="%{x:.2f} s: %{y:.2f}<extra>" + name + "</extra>",
            row=row,
            col=1,
        )
        fig.update_yaxes(title_text="", range=[0, 1], showticklabels=False, ticks="", row=row, col=1)
        fig.add_annotation(text=name, xref="paper", x=1.01, xanchor="left", yref=f"y{row} domain", y=0.5, showarrow=False, font={"size": 12})
    figure_defaults(fig, title, f"{title}: speed over {len(energy) / fps:.1f} s, and which frames are hidden by {', '.join(hidden)}.")
    fig.update_yaxes(title_text="RMS joint speed (m/s)", rangemode="tozero", row=1, col=1)
    fig.update_xaxes(title_text="time (s)", row=1 + len(hidden), col=1)
    fig.update_layout(height=300 + 44 * len(hidden), bargap=0, margin={"r": 150})
    return fig


def bars(groups: Mapping[str, Mapping[str, float]], title: str, x: str, y: str, height: int = 380) -> go.Figure:
    """Grouped bars: legend name -> {category: value}."""
    fig = go.Figure()
    for name, values in groups.items():
        fig.add_bar(x=[readable(k) for k in values], y=list(values.values()), name=name, hovertemplate="%{x}: %{y:.3g}<extra>" + name + "</extra>")
    fig.update_layout(barmode="group", height=height)
    text = "; ".join(f"{name}: {', '.join(f'{readable(k)} {v:.3g}' for k, v in list(values.items())[:6])}" for name, values in groups.items())
    return figure_defaults(fig, title, f"{title}, bars of {y} for each {x}. {text}.", x, y)


# -- axes --------------------------------------------------------------------------------------------------------------


def _nice_log(fig: go.Figure, axis: str, values: Sequence[float], exact: bool = False) -> None:
    """A log axis labelled with plain numbers 1, 2, 5, 10, … (or exactly the values)."""
    low, high = min(v for v in values if v > 0), max(values)
    steps = [m * 10.0**e for e in range(-4, 7) for m in (1, 2, 5)]
    ticks = list(values) if exact else [t for t in steps if low / 2 <= t <= high * 2]
    update = fig.update_xaxes if axis == "x" else fig.update_yaxes
    update(type="log", tickvals=ticks, ticktext=[f"{t:,.10g}" for t in ticks])


def _label_places(x: Sequence[float], y: Sequence[float], names: Sequence[str]) -> list[tuple[str, str]]:
    """(text, place) for each point: above, below or beside it where no other name or point lies; the crowded ones go unnamed."""
    spread_x, spread_y = (max(max(v) - min(v), 1e-9) for v in (x, y))
    points = [((a - min(x)) / spread_x, (b - min(y)) / spread_y) for a, b in zip(x, y, strict=True)]  # unit square
    taken = [(px - 0.008, px + 0.008, py - 0.012, py + 0.012) for px, py in points]
    result = []
    for (px, py), name in zip(points, names, strict=True):
        width, height = 0.0095 * len(name), 0.042
        boxes = {
            "top center": (px - width / 2, px + width / 2, py + 0.013, py + 0.013 + height),
            "bottom center": (px - width / 2, px + width / 2, py - 0.013 - height, py - 0.013),
            "middle right": (px + 0.012, px + 0.012 + width, py - height / 2, py + height / 2),
            "middle left": (px - 0.012 - width, px - 0.012, py - height / 2, py + height / 2),
        }
        free = [place for place, box in boxes.items() if not any(_overlap(box, other) for other in taken)]
        if free:
            taken.append(boxes[free[0]])
        result.append((name, free[0]) if free else ("", "top center"))
    return result


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3]
