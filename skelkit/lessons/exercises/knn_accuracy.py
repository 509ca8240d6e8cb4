"""Exercise of notebook 06: how many clips their nearest other clip classifies correctly."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .exercise import Case, Exercise


def knn_accuracy(features: Tensor, labels: Tensor) -> float:
    """Share of clips whose nearest other clip, by cosine, has the same label; [N, D], Long[N]."""
    x = F.normalize(features)
    cosine = (x @ x.T).fill_diagonal_(-torch.inf)
    return float((labels[cosine.argmax(1)] == labels).float().mean())


def _cases() -> list[Case]:
    cases = []
    for seed, clips, words in ((0, 12, "for twelve clips"), (2, 9, "for nine clips")):
        generator = torch.Generator().manual_seed(seed)
        labels = torch.arange(clips) % 3
        around = torch.randn(3, 4, generator=generator)[labels]
        size = 0.2 + 3 * torch.rand(clips, 1, generator=generator)  # lengths differ: cosine is not distance
        features = size * (around + 0.7 * torch.randn(clips, 4, generator=generator))
        cases.append(Case(words, (features, labels)))
    return cases


def _nearest(cosine: Tensor, labels: Tensor) -> float:
    return float((labels[cosine.fill_diagonal_(-torch.inf).argmax(1)] == labels).float().mean())


def _itself(features: Tensor, labels: Tensor) -> float:
    x = F.normalize(features)
    return float((labels[(x @ x.T).argmax(1)] == labels).float().mean())


def _farthest(features: Tensor, labels: Tensor) -> float:
    x = F.normalize(features)
    cosine = (x @ x.T).fill_diagonal_(torch.inf)
    return float((labels[cosine.argmin(1)] == labels).float().mean())


EXERCISE = Exercise(
    name="knn_accuracy",
    notebook="06_asymmetric_pretraining",
    reference=knn_accuracy,
    cases=_cases,
    mistakes=(
        ("Each clip finds itself: its own cosine is 1. Leave it out.", _itself),
        (
            "The features are not divided by their length: it takes the largest inner product, not cosine.",
            lambda x, y: _nearest(x @ x.T, y),
        ),
        (
            "It is the nearest by Euclidean distance; asked is the cosine.",
            lambda x, y: _nearest(-torch.cdist(x, x), y),
        ),
        ("It takes the farthest clip: the cosine is largest for the nearest.", _farthest),
        ("It counts the clips; divide by their number.", lambda x, y: knn_accuracy(x, y) * len(y)),
        ("It is the share of wrong answers.", lambda x, y: 1 - knn_accuracy(x, y)),
        (
            "It normalises over the clips (axis 0); each clip's features have the length 1 (axis 1).",
            lambda x, y: _nearest(F.normalize(x, dim=0) @ F.normalize(x, dim=0).T, y),
        ),
    ),
    hints=(
        "`F.normalize(features)` gives each clip's features the length 1; then inner products are cosines.",
        "`x @ x.T` has 1 on its diagonal: set it to −∞, so that no clip finds itself.",
        "`labels[cosine.argmax(1)]` are the labels of the nearest clips.",
    ),
)
