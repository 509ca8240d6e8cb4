"""Exercise of notebook 08: test clips that are training clips, too."""

from __future__ import annotations

import torch
from torch import Tensor

from .exercise import Case, Exercise
from .samples import walk


def leaks(train: list[Tensor], test: list[Tensor]) -> list[int]:
    """Positions of the test clips [L, V, C] that are bit for bit equal to a clip of the training set."""
    return [k for k, clip in enumerate(test) if any(torch.equal(clip, other) for other in train)]


def _cases() -> list[Case]:
    a, b, c, d = (
        walk(t, clips=1, seed=t + k)[0, ..., 0].permute(1, 2, 0) for k, t in enumerate((5, 6, 6, 7))
    )
    near = b + 0.01
    begins = torch.cat([a[:1], d[1:]])  # begins like a
    return [
        Case("where one clip leaks", ([a, b], [near, c, d, b.clone()])),
        Case("where clips only begin alike", ([a, d], [begins, b])),
        Case("where a clip is there twice", ([a, b], [b.clone(), d, b.clone()])),
        Case("where all is clean", ([a], [d, near])),
    ]


def _lengths(train: list[Tensor], test: list[Tensor]) -> list[int]:
    return [k for k, clip in enumerate(test) if any(len(clip) == len(other) for other in train)]


def _first_frames(train: list[Tensor], test: list[Tensor]) -> list[int]:
    return [k for k, clip in enumerate(test) if any(torch.equal(clip[0], other[0]) for other in train)]


def _same_place(train: list[Tensor], test: list[Tensor]) -> list[int]:
    return [k for k, (one, two) in enumerate(zip(train, test, strict=False)) if torch.equal(one, two)]


def _of_train(train: list[Tensor], test: list[Tensor]) -> list[int]:
    return leaks(test, train)


def _once(train: list[Tensor], test: list[Tensor]) -> list[int]:
    return leaks(train, test)[:1]


EXERCISE = Exercise(
    name="leaks",
    notebook="08_your_data",
    reference=leaks,
    cases=_cases,
    mistakes=(
        ("Clips of the same length are not the same clip: compare the poses.", _lengths),
        ("Clips that begin alike may end otherwise: compare all frames.", _first_frames),
        ("A copy may stand anywhere in the training set, not only at the same position.", _same_place),
        ("These are positions in the training set; asked are those in the test set.", _of_train),
        ("It stops at the first leak; list all.", _once),
    ),
    hints=(
        "Compare each test clip with every training clip.",
        "`torch.equal(a, b)` also compares the shapes.",
        "`enumerate(test)` gives the position beside the clip.",
    ),
)
