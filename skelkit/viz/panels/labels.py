"""Accessible sliders: a name for screen readers, and a visible focus."""

from __future__ import annotations

import anywidget

from ..scripts import script


class SliderLabels(anywidget.AnyWidget):
    """Invisible; gives the sliders in the same box the names that stand beside them, see labels.js."""

    _esm = script("panels/labels.js")
    _css = (
        ".widget-slider .noUi-handle:focus-visible, .widget-dropdown select:focus-visible "
        "{ outline: 3px solid #d55e00 !important; outline-offset: 2px; }"
    )
