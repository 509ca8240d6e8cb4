"""Exercise of notebook 08: the accuracy on a test set some of whose clips were trained on, by hand."""

from __future__ import annotations

from .exercise import Case, Exercise


def accuracy_with_leaks() -> float:
    """In %: 30 % of the test clips are training clips, all of them right; of the others 40 % are right."""
    return 30 + 0.7 * 40


EXERCISE = Exercise(
    name="accuracy_with_leaks",
    notebook="08_your_data",
    reference=accuracy_with_leaks,
    cases=lambda: [Case("", ())],
    mistakes=(
        ("The 40 % are of the other clips alone, which are 70 % of all.", lambda: 70.0),
        ("The leaked clips count, too, and all of them are right.", lambda: 28.0),
        ("That is the accuracy on the clips that were not trained on.", lambda: 40.0),
        (
            "The two are exchanged: the leaked clips are right, of the others 40 %.",
            lambda: 0.3 * 40 + 0.7 * 100,
        ),
        ("In percent, please.", lambda: 0.58),
    ),
    hints=(
        "Of 100 test clips, how many leak, and how many of these are right?",
        "How many of the 70 others are right? Add both.",
    ),
)
