"""Exercise of notebook 04: what a reservoir holds of the first task, computed by hand."""

from __future__ import annotations

from .exercise import Case, Exercise


def clips_of_the_first_task() -> float:
    """Expected number, after four tasks of 50 clips each, in a memory for 20."""
    return 50 * 20 / 200


EXERCISE = Exercise(
    name="clips_of_the_first_task",
    notebook="04_forgetting",
    reference=clips_of_the_first_task,
    cases=lambda: [Case("", ())],
    mistakes=(
        ("That is the probability of a single clip; the task has 50.", lambda: 20 / 200),
        (
            "That is how many it held after the first task; clips of later tasks have taken their places.",
            lambda: 20.0,
        ),
        ("That is what it held after the second task; two more follow.", lambda: 50 * 20 / 100),
        (
            "The places of the first task are not halved by each later task: the later a clip, the less "
            "likely it enters.",
            lambda: 20 / 2**3,
        ),
    ),
    hints=(
        "How many clips have come by in all, and with which probability is each of them in the memory?",
        "That probability, m / n, is the same for the 50 clips of the first task. Add them up.",
    ),
)
