"""Exercise of notebook 01: how many bytes a stored clip takes, computed by hand."""

from __future__ import annotations

import math

from .exercise import Case, Exercise


def bytes_of_a_clip() -> int:
    """One person with 25 joints, 98 frames, every 5th stored in float16; the values alone."""
    frames = math.ceil(98 / 5)  # frames 0, 5, …, 95
    return frames * 25 * 3 * 2


EXERCISE = Exercise(
    name="bytes_of_a_clip",
    notebook="01_compression",
    reference=bytes_of_a_clip,
    cases=lambda: [Case("", ())],
    mistakes=(
        ("Frame 0 is stored too: there are ⌈98 / 5⌉ stored frames, not ⌊98 / 5⌋.", lambda: 19 * 25 * 3 * 2),
        ("A joint has three coordinates.", lambda: 20 * 25 * 2),
        ("float16 has two bytes; four are float32.", lambda: 20 * 25 * 3 * 4),
        ("float16 has two bytes; one is int8.", lambda: 20 * 25 * 3),
        ("These are the bytes of all 98 frames.", lambda: 98 * 25 * 3 * 2),
        ("These are bits: eight of them are a byte.", lambda: 20 * 25 * 3 * 16),
    ),
    hints=(
        "Bytes = stored frames · joints · coordinates · bytes per value.",
        "Frames 0, 5, 10, …, 95 are stored.",
        "float16 means 16 bits, two bytes.",
    ),
)
