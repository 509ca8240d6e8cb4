"""Exercise of notebook 00: how many numbers a clip holds, computed by hand."""

from __future__ import annotations

from .exercise import Case, Exercise


def numbers_of_a_clip() -> int:
    """Two persons with 25 joints, 3 seconds at 30 frames per second."""
    return 3 * 90 * 25 * 2


EXERCISE = Exercise(
    name="numbers_of_a_clip",
    notebook="00_start_here",
    reference=numbers_of_a_clip,
    cases=lambda: [Case("", ())],
    mistakes=(
        ("Each joint has three coordinates, x, y and z.", lambda: 90 * 25 * 2),
        ("Both persons count.", lambda: 3 * 90 * 25),
        ("These are seconds, not frames.", lambda: 3 * 3 * 25 * 2),
        ("These are bytes in float32; asked are the numbers.", lambda: 4 * 3 * 90 * 25 * 2),
    ),
    hints=("Multiply C, T, V and M.", "T is seconds times frames per second."),
)
