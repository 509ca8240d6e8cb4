"""Exercise of notebook 00: where a crop of a clip begins, computed by hand."""

from __future__ import annotations

from .exercise import Case, Exercise


def start_of_a_crop() -> float:
    """Of the middle half of a clip of 99 frames, in frames."""
    return (99 - 1) * (1 - 0.5) / 2


EXERCISE = Exercise(
    name="start_of_a_crop",
    notebook="00_start_here",
    reference=start_of_a_crop,
    cases=lambda: [Case("", ())],
    mistakes=(
        ("Frames are counted from 0: 99 frames span 98 intervals.", lambda: 99 / 4),
        ("It need not be a whole frame: poses in between are interpolated.", lambda: 24.0),
        ("It need not be a whole frame: poses in between are interpolated, not rounded up.", lambda: 25.0),
        ("That is the middle of the clip; half of it lies around it.", lambda: 49.0),
        ("That is where it ends.", lambda: 73.5),
    ),
    hints=(
        "The last frame is number 98.",
        "The middle half leaves out a quarter at either end.",
    ),
)
