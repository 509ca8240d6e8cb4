"""Notebooks 04 and 05: the figure of all variants of a recording."""

from __future__ import annotations

import re

from ..experiments.recordings import Recording
from ..study import Setup, recorded
from ..viz import learning, show


def guessing(found: Recording) -> str:
    """ ", guessing 10 %": the accuracy of guessing among all classes; "" if the number is not recorded."""
    sizes = re.match(r"(\d+) tasks? x (\d+) class", found.about.get("divided", ""))
    return f", guessing {1 / (int(sizes[1]) * int(sizes[2])):.0%}" if sizes else ""


def show_variants(experiment: str, setup: Setup, title: str) -> Recording | None:
    """Draw the final average accuracy of every variant of a recording; returns it, None if there is none."""
    found = recorded.find(experiment, setup)
    if found:
        rows = {label: found.of(label) for label in found.labels}
        show(learning.methods(rows, title, lower="", upper=""))
    return found
