"""Exercise of notebook 07: how many bytes a layer takes with 2:4 sparsity, computed by hand."""

from __future__ import annotations

from .exercise import Case, Exercise


def bytes_of_a_sparse_layer() -> int:
    """A layer of 64 outputs and 576 inputs in float16, 2:4 sparse, with the places of its weights."""
    kept = 64 * 576 // 2
    return kept * 2 + kept * 2 // 8


EXERCISE = Exercise(
    name="bytes_of_a_sparse_layer",
    notebook="07_distillation",
    reference=bytes_of_a_sparse_layer,
    cases=lambda: [Case("", ())],
    mistakes=(
        ("These are the values alone: where they stand must be stored, too.", lambda: 64 * 576 // 2 * 2),
        ("These are the bytes of the dense layer.", lambda: 64 * 576 * 2),
        ("A place takes two bits, not a byte.", lambda: 64 * 576 // 2 * (2 + 1)),
        (
            "A group needs two places of two bits, for the weights that stay: four bits, not eight.",
            lambda: 64 * 576 // 2 * 2 + 64 * 576 * 2 // 8,
        ),
        ("float16 has two bytes; four are float32.", lambda: 64 * 576 // 2 * 4 + 64 * 576 // 2 * 2 // 8),
        ("These are bits: eight of them are a byte.", lambda: 64 * 576 // 2 * (16 + 2)),
    ),
    hints=(
        "Half of 64 · 576 weights stay, each with two bytes.",
        "A place from 0 to 3 takes two bits. How many places are there?",
    ),
)
