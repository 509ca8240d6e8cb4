"""The look of all figures: a palette for colour-blind readers, and defaults for plotly figures."""

from __future__ import annotations

import plotly.graph_objects as go

OKABE_ITO: dict[str, str] = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "purple": "#CC79A7",
}
"""The palette of Okabe and Ito, "Color Universal Design", 2008."""

COLORWAY: tuple[str, ...] = tuple(
    OKABE_ITO[name] for name in ("blue", "vermilion", "green", "purple", "orange", "sky", "black")
)
"""Colours of the first, second, … curve of a chart, without yellow, which is too pale for thin lines."""

SEQUENTIAL: tuple[str, ...] = (
    "#440154",
    "#482878",
    "#3E4989",
    "#31688E",
    "#26828E",
    "#1F9E89",
    "#35B779",
    "#6ECE58",
    "#B5DE2B",
    "#FDE725",
)
"""Viridis from low to high in equal steps, for `colorscale=list(SEQUENTIAL)`."""

INK = ""
"""Stands for the colour of the surrounding text, which depends on the light or dark theme."""

PERSONS: tuple[tuple[str, str, str], ...] = (
    (INK, OKABE_ITO["blue"], OKABE_ITO["vermilion"]),
    (INK, OKABE_ITO["sky"], OKABE_ITO["orange"]),
    (INK, OKABE_ITO["green"], OKABE_ITO["purple"]),
)
"""Colours of trunk, left and right side of each person; a fourth person has those of the first."""

OVERLAID: tuple[tuple[str, str, str], ...] = (
    (OKABE_ITO["blue"], OKABE_ITO["sky"], OKABE_ITO["blue"]),
    (OKABE_ITO["vermilion"], OKABE_ITO["orange"], OKABE_ITO["vermilion"]),
    (OKABE_ITO["green"], "#66C5AB", OKABE_ITO["green"]),
    (OKABE_ITO["purple"], "#E3B5CC", OKABE_ITO["purple"]),
    ("#767676", "#A3A3A3", "#767676"),
    ("#B3A800", OKABE_ITO["yellow"], "#B3A800"),
)
"""Colours of trunk, left and right side of each of several clips drawn over each other; left is lighter."""


def readable(name: str) -> str:
    """Name of a joint or class without underscores.

    >>> readable("left_hand_tip")
    'left hand tip'
    """
    return name.replace("_", " ")


def template() -> go.layout.Template:
    """The plotly template of the kit: font sizes, palette, white background."""
    axis = {
        "showgrid": True,
        "gridcolor": "#E5E5E5",
        "zeroline": False,
        "showline": True,
        "linecolor": "#767676",
        "ticks": "outside",
        "tickcolor": "#767676",
        "automargin": True,
        "title": {"standoff": 8, "font": {"size": 14}},
    }
    bar = {"thickness": 14, "outlinewidth": 0, "ticks": "outside", "title": {"side": "right"}}
    scale = [[i / (len(SEQUENTIAL) - 1), colour] for i, colour in enumerate(SEQUENTIAL)]
    return go.layout.Template(
        layout={
            "font": {
                "size": 13,
                "color": "#222222",
                "family": "Inter, Segoe UI, Helvetica, Arial, sans-serif",
            },
            "title": {"x": 0, "xref": "paper", "xanchor": "left", "font": {"size": 16}},
            "margin": {"l": 64, "r": 24, "t": 56, "b": 56},
            "paper_bgcolor": "white",
            "plot_bgcolor": "white",
            "legend": {"bgcolor": "rgba(255,255,255,0.8)"},
            "hoverlabel": {"font": {"size": 13}},
            "colorway": list(COLORWAY),
            "colorscale": {"sequential": scale},
            "coloraxis": {"colorscale": scale, "colorbar": bar},
            "xaxis": axis,
            "yaxis": axis,
        },
        data={
            "heatmap": [{"colorscale": scale, "colorbar": bar}],
            "scatter": [{"line": {"width": 2}, "marker": {"size": 7}}],
        },
    )


def figure_defaults(
    fig: go.Figure,
    title: str | None = None,
    alt: str | None = None,
    x: str | None = None,
    y: str | None = None,
) -> go.Figure:
    """Apply the kit's template, title, axis titles and alt text to a figure; returns the figure.

    Args:
        fig: changed in place.
        title: above the figure.
        alt: description for screen readers, stored in ``fig.layout.meta["alt"]``.
        x, y: titles of all horizontal and all vertical axes, with units, such as "time (s)".
    """
    fig.update_layout(template=template())
    if title is not None:
        fig.update_layout(title_text=title)
    if alt is not None:
        fig.update_layout(meta={**(fig.layout.meta or {}), "alt": alt})
    if x is not None:
        fig.update_xaxes(title_text=x)
    if y is not None:
        fig.update_yaxes(title_text=y)
    return fig
