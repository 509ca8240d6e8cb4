"""Comparisons of recordings of which some runs may be missing, for notebooks 06 and 07."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..experiments.recordings import Recording
from ..study import recorded

Tables = Mapping[str, Mapping[str, list[float]]]
"""Caption -> what is compared -> differences in percentage points, one per seed."""


def with_seeds(tables: Tables) -> dict[str, dict[str, list[float]]]:
    """The comparisons of which at least one seed is recorded, and the tables that have any."""
    kept = {caption: {name: each for name, each in of.items() if each} for caption, of in tables.items()}
    return {caption: of for caption, of in kept.items() if of}


def verdicts(tables: Tables) -> None:
    """Show what is recorded of the tables, corrected together; see `study.recorded.verdicts`."""
    recorded.verdicts(with_seeds(tables))


def guessing(found: Recording) -> str:
    """What guessing would reach, in words for a sentence; empty if the recording does not say its classes.

    >>> guessing(Recording({"divided": "8 classes, 230 clips to train"}, []))
    'guessing one of 8 classes: 12.5%'
    """
    classes = re.search(r"(\d+) classes", str(found.about.get("divided", "")))
    return f"guessing one of {classes[1]} classes: {1 / int(classes[1]):.1%}" if classes else ""
