"""Exercise of notebook 03: the size of an attention map, computed by hand."""

from __future__ import annotations

from .exercise import Case, Exercise


def attention_weights() -> int:
    """Weights of one head's attention map for clips of 14 visible tuples, six frames of 25 joints each."""
    return (6 * 25) ** 2


EXERCISE = Exercise(
    name="attention_weights",
    notebook="03_masked_training",
    reference=attention_weights,
    cases=lambda: [Case("", ())],
    mistakes=(
        ("These are the tokens; a map has a weight for every pair of them.", lambda: 6 * 25),
        ("One map serves all tuples: their number does not count.", lambda: 14 * (6 * 25) ** 2),
        ("Tokens of different tuples do not attend to each other.", lambda: (14 * 6 * 25) ** 2),
        ("A token is one joint in one frame: a tuple has six times 25.", lambda: 25**2),
        ("All pairs of tokens of a tuple count, also those of different frames.", lambda: 6 * 25**2),
        ("Query and key change roles: a pair counts twice.", lambda: 150 * 151 // 2),
    ),
    hints=(
        "The tokens of a tuple are the joints of its six frames. How many are there?",
        "There is a weight for every pair of query and key.",
    ),
)
