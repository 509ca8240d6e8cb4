"""Exercise of notebook 03: how much faster a step is with most of a clip hidden, computed by hand."""

from __future__ import annotations

from .exercise import Case, Exercise


def speed_up() -> float:
    """Encoder 6 GMAC and decoder 1.5 GMAC for a whole clip of 20 tuples, 60 % of them hidden."""
    return (6 + 1.5) / (6 * 8 / 20 + 1.5)


EXERCISE = Exercise(
    name="speed_up",
    notebook="03_masked_training",
    reference=speed_up,
    cases=lambda: [Case("", ())],
    mistakes=(
        ("The decoder costs the same at every ratio; only the encoder skips hidden tuples.", lambda: 1 / 0.4),
        ("This is the cost that remains; the speed-up is one over it.", lambda: (6 * 0.4 + 1.5) / 7.5),
        ("With 60 % hidden, 8 of 20 tuples are kept, not 12.", lambda: 7.5 / (6 * 0.6 + 1.5)),
        (
            "The cost is proportional to the tuples kept, not to their square: one attention map serves all.",
            lambda: 7.5 / (6 * 0.16 + 1.5),
        ),
        ("The decoder runs with nothing hidden, too.", lambda: 6 / (6 * 0.4 + 1.5)),
        ("This is the largest speed-up, with the encoder free of cost.", lambda: 7.5 / 1.5),
    ),
    hints=(
        "How many tuples are kept? What do they cost in the encoder?",
        "The decoder restores the whole clip: it costs 1.5 GMAC in both cases.",
    ),
    tolerance=5e-3,
)
