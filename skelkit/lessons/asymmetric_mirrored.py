"""Notebook 06, mirrored views: which classes have sides, and what an encoder makes of mirror images."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from .. import study
from ..data import ClipSet
from ..ops import augment
from ..selfsup import Pretrained
from ..training.inputs import PreparedClips
from .asymmetric_pretraining import check_mirroring

MOST_CLIPS = 64
"""Test clips that are compared with their mirror images."""


def compare_mirrored(pstl: Pretrained, untrained: Pretrained, test: ClipSet) -> None:
    """Say whether views were mirrored, and how alike the features of clips and mirror images are."""
    names, probability = test.classes, pstl.settings.mirror
    unnamed = all(re.fullmatch(r"class \d+", name) for name in names)
    check_mirroring(augment.sides(names), len(names), probability, named=not unnamed)
    index = torch.arange(min(MOST_CLIPS, len(test)), device=test.device)
    x = PreparedClips(test, pstl.settings.frames, crop=None)[index]
    trained, first = (mirror_similarity(encoders, x) for encoders in (pstl, untrained))
    compare_mirror_images(trained, first, probability)


@torch.no_grad()
def mirror_similarity(encoders: Pretrained, x: Tensor) -> Tensor:
    """Correlation of the features of clips (rows) and mirror images (columns), [N, N].

    Args:
        x: the clips, [N, 3, T, V, M].
    """

    def normalised(p: float) -> Tensor:
        clips = augment.mirror(x, encoders.skeleton, torch.Generator().manual_seed(0), p)
        features = encoders.features(clips)
        return torch.nn.functional.normalize(features - features.mean(0))

    return (normalised(0.0) @ normalised(1.0).T).cpu()


def compare_mirror_images(trained: Tensor, untrained: Tensor, probability: float) -> None:
    """Say whether pre-training makes features of a clip and of its mirror image more alike.

    Args:
        trained, untrained: from `mirror_similarity`, of the same clips.
        probability: with which a view was mirrored in training.
    """
    same, first = trained.diagonal().double(), untrained.diagonal().double()
    more = same - first
    margin = 2 * float(more.std()) / len(more) ** 0.5 if len(more) > 1 else float("inf")
    other = trained[~torch.eye(len(trained), dtype=torch.bool)]
    values = (
        f"over {len(more)} test clips, the correlation of a clip and its mirror image is "
        f"{float(same.mean()):.2f}, with an untrained encoder {float(first.mean()):.2f} (difference "
        f"{float(more.mean()):+.2f} ± {margin:.2f})"
    )
    if len(other):
        values += f"; of two different clips it is {float(other.mean()):.2f}"
    if probability == 0:
        text = f"Nothing in the training asked for the same features of mirror images: {values}"
        study.finding(True, f"{text}. What agreement there is comes from the motion and the network.", "")
        return
    study.finding(
        float(more.mean()) > margin,
        f"The encoder has learnt to give a clip and its mirror image similar features: {values}.",
        f"No sign that the encoder has learnt to give clips and mirror images similar features: {values}.",
    )
