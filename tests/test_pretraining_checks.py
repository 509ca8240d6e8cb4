"""Whether pre-training took enough steps, and whether it made encoders better than their first weights."""

import math
import warnings
from dataclasses import replace

import pytest
import torch
from helpers import seeded

from skelkit import selfsup
from skelkit.selfsup import checks
from skelkit.selfsup.protocols import leave_one_out
from skelkit.training import loop
from skelkit.training.inputs import PreparedClips

pytestmark = pytest.mark.usefixtures("small")
QUICK = {"frames": 10, "epochs": 2, "batch": 12, "projector": 16, "size": "small"}


def test_few_clips_take_more_epochs_to_reach_the_least_number_of_steps(toy):
    clips, seen = toy(), []  # 24 clips, 2 batches
    made = selfsup.pretrain("pstl", clips, callback=seen.append, **QUICK | {"least_steps": 7})
    assert len(made.losses) == 4
    assert [p.epochs for p in seen] == [4] * 5
    s = made.settings
    assert [s.epochs_for(n) for n in (1, 12, 13, 84, 85, 1000)] == [7, 7, 4, 2, 2, 2]
    s = s.changed(least_tune_steps=9, tune_epochs=3)
    assert [s.tune_epochs_for(n) for n in (1, 24, 36, 48)] == [9, 5, 3, 3]


def test_leave_one_out_is_the_vote_of_the_nearest_other_clips():
    x, labels = torch.randn(40, 6, generator=seeded(1)), torch.arange(40) % 3
    right = 0
    for i in range(len(x)):
        cosine = torch.nn.functional.cosine_similarity(x[i : i + 1], x)
        near = sorted((j for j in range(len(x)) if j != i), key=lambda j: -cosine[j])[:5]
        votes = [sum(math.exp(cosine[j] / 0.1) for j in near if labels[j] == c) for c in range(3)]
        right += votes.index(max(votes)) == labels[i]
    assert leave_one_out(x, labels) == pytest.approx(right / 40)


def test_the_accuracy_of_the_first_weights_is_kept_and_survives_a_stop(toy, tmp_path):
    clips = toy()
    untrained = selfsup.pretrain("scratch", clips, **QUICK)
    made = selfsup.pretrain("skeletonbt", clips, **QUICK)
    first, last = made.knn
    prepared = PreparedClips(clips, 10, crop=None)
    assert first == checks.knn_accuracy(untrained, prepared)
    assert last == checks.knn_accuracy(made, prepared)

    def stop(progress):
        if progress.epoch == 1:
            raise loop.Stopped

    with pytest.raises(loop.Stopped):
        selfsup.pretrain("skeletonbt", clips, callback=stop, checkpoints=tmp_path, every=0, **QUICK)
    assert selfsup.pretrain("skeletonbt", clips, checkpoints=tmp_path, every=0, **QUICK).knn == made.knn


def test_without_labels_nothing_is_compared(toy):
    clips = toy()
    assert selfsup.pretrain("pstl", replace(clips, labels=clips.labels * 0), **QUICK).knn is None


@pytest.mark.parametrize(
    ("rank", "knn", "steps", "said"),
    [
        (3.9, None, 200, r"an effective rank of 3.9 \(of 12\); train longer \(least_steps=400\)"),
        (
            9.0,
            (0.41, 0.36),
            200,
            "k-NN on the .* clips is right for 36%, with the first weights for 41%",
        ),
        (3.0, (0.5, 0.2), 200, "rank of 3.0 .*k-NN"),
        (3.0, (0.5, 0.2), 49, None),
        (4.0, (0.5, 0.5), 200, None),
        (9.0, None, 200, None),
    ],
)
def test_little_learning_is_a_warning_that_says_what_to_raise(rank, knn, steps, said, toy):
    made = replace(selfsup.pretrain("scratch", toy(), **QUICK), ranks=[9.0, rank], knn=knn)
    if said is None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            checks.warn_of_little_learning(made, steps)
    else:
        with pytest.warns(UserWarning, match=said):
            checks.warn_of_little_learning(made, steps)
