"""Exercise of notebook 02: how often a joint is hidden by draws with repetition, computed by hand."""

from __future__ import annotations

from .exercise import Case, Exercise


def hidden_after_draws() -> float:
    """Probability that a joint of four bones is hidden in 6 draws by degree, with repetition; 25 joints."""
    missed = 1 - 4 / 48  # 24 bones have 48 ends
    return 1 - missed**6


EXERCISE = Exercise(
    name="hidden_after_draws",
    notebook="02_masks",
    reference=hidden_after_draws,
    cases=lambda: [Case("", ())],
    mistakes=(
        (
            "Probabilities of single draws do not add up: draws that hit the same joint count once.",
            lambda: 6 * 4 / 48,
        ),
        ("This is the probability of a single draw.", lambda: 4 / 48),
        ("This is the probability that the joint stays visible.", lambda: (1 - 4 / 48) ** 6),
        ("This is the probability that every draw hits the joint.", lambda: (4 / 48) ** 6),
        ("The degrees add up to 48, twice the number of bones.", lambda: 1 - (1 - 4 / 24) ** 6),
        (
            "Joints are drawn by degree: divide by the sum of the degrees, not by 25.",
            lambda: 1 - (21 / 25) ** 6,
        ),
    ),
    hints=(
        "25 joints are joined by 24 bones, and each bone counts at both of its ends.",
        "How likely is it that one draw misses the joint? And that all six do?",
    ),
    tolerance=5e-3,
)
