"""Exercise of notebook 01: the highest frequency that stored frames can represent, computed by hand."""

from __future__ import annotations

from .exercise import Case, Exercise


def highest_frequency() -> float:
    """In Hz, for every 4th frame of a recording at 30 frames per second."""
    return 30 / (2 * 4)


EXERCISE = Exercise(
    name="highest_frequency",
    notebook="01_compression",
    reference=highest_frequency,
    cases=lambda: [Case("", ())],
    mistakes=(
        ("This is the rate of the stored frames; a period needs at least two of them.", lambda: 30 / 4),
        ("This is the limit of the recording; only every 4th frame is stored.", lambda: 30 / 2),
        ("This is a period in seconds; the frequency is one over it.", lambda: 2 * 4 / 30),
    ),
    hints=(
        "How many frames per second are stored?",
        "A wave needs more than two stored frames per period, or a slower wave fits them as well.",
    ),
)
