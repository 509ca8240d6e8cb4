"""Exercise of notebook 05: how many clips a loop without cached features encodes, computed by hand."""

from __future__ import annotations

from .exercise import Case, Exercise


def clips_encoded() -> int:
    """3 epochs of 120 clips in batches of 20; each step adds two draws of 30 from the memory."""
    return 3 * (120 + 2 * 30 * 6)


EXERCISE = Exercise(
    name="clips_encoded",
    notebook="05_linear_probing",
    reference=clips_encoded,
    cases=lambda: [Case("", ())],
    mistakes=(
        ("That is without the draws from the memory.", lambda: 3 * 120),
        ("That is a single epoch.", lambda: 120 + 2 * 30 * 6),
        ("There are two draws from the memory in each step.", lambda: 3 * (120 + 30 * 6)),
        ("Both draws are made in every step, not once per epoch.", lambda: 3 * (120 + 2 * 30)),
        (
            "These are the clips of the draws alone; those of the task are encoded, too.",
            lambda: 3 * 2 * 30 * 6,
        ),
    ),
    hints=(
        "How many steps does an epoch have?",
        "Each step encodes its own batch and both draws.",
    ),
)
