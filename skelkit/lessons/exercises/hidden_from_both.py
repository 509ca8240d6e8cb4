"""Exercise of notebook 02: how many joints two encoders lack together, computed by hand."""

from __future__ import annotations

from .exercise import Case, Exercise


def hidden_from_both() -> float:
    """Mean number of 25 joints that are hidden from both of two encoders; each hides 8 at random."""
    return 25 * (8 / 25) ** 2


EXERCISE = Exercise(
    name="hidden_from_both",
    notebook="02_masks",
    reference=hidden_from_both,
    cases=lambda: [Case("", ())],
    mistakes=(
        ("Independent masks sometimes hide the same joint.", lambda: 0.0),
        (
            "The two masks are drawn independently; only the same mask twice hides 8 joints from both.",
            lambda: 8.0,
        ),
        ("Hidden from both: the two numbers do not add up.", lambda: 16.0),
        ("This is the share of the joints, asked is their number.", lambda: (8 / 25) ** 2),
        ("This is how many are hidden from at least one.", lambda: 16 - 64 / 25),
        ("This is how many both see.", lambda: 17 * 17 / 25),
    ),
    hints=(
        "With which probability does the first encoder lack a given joint? With which do both?",
        "There are 25 joints for which that can happen.",
    ),
    tolerance=5e-3,
)
