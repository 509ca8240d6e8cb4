"""PSTL's pre-training as published: its spatial mask, and the values of the preset paper."""

import itertools
import math
import random

import pytest
import torch
from helpers import batch, seeded

from skelkit import masks
from skelkit.models import STGCN
from skelkit.selfsup.objectives import siamese
from skelkit.selfsup.presets import settings
from skelkit.selfsup.pretraining import learning_rate
from skelkit.skeletons.layouts import KINECT20, NTU25
from skelkit.skeletons.skeleton import Skeleton

TREE = Skeleton("tree", list("abcde"), [("a", "b"), ("b", "c"), ("c", "d"), ("b", "e")], root="b")


def entries(skeleton):
    """The list in which every joint stands as often as it has bones."""
    return [joint for bone in skeleton.edges for joint in bone]


# -- the spatial mask -------------------------------------------------------------------------------------


@pytest.mark.parametrize("draws", [1, 3, 8])
def test_the_probability_of_a_joint_agrees_with_counting_all_draws_from_the_list(draws):
    found = masks.DegreeDraws(draws, replacement=False).probability(batch(2), TREE)
    sets = [set(chosen) for chosen in itertools.combinations(entries(TREE), draws)]
    expected = [sum(joint in chosen for chosen in sets) / len(sets) for joint in range(5)]
    torch.testing.assert_close(found, torch.tensor([expected, expected]))


@pytest.mark.parametrize("skeleton", [NTU25, KINECT20, TREE], ids=lambda s: s.name)
def test_joints_are_drawn_as_often_as_their_probability_says(skeleton):
    clips = 20_000
    mask = masks.DegreeDraws(4, replacement=False)
    x = torch.zeros(1, 3, 1, len(skeleton), 1).expand(clips, -1, -1, -1, -1)
    often = mask(x, skeleton, seeded()).double().mean(0)
    expected = mask.probability(x[:1], skeleton)[0].double()
    assert ((often - expected).abs() <= 5 * (expected * (1 - expected) / clips).sqrt() + 1e-9).all()


def test_eight_draws_hide_7_35_distinct_joints_of_ntu_and_6_87_with_repetition():
    x, total = torch.zeros(1, 3, 1, 25, 1), 48
    assert len(entries(NTU25)) == total
    closed = sum(1 - math.comb(total - d, 8) / math.comb(total, 8) for d in NTU25.degrees.tolist())
    chance = random.Random(0)
    drawn = [len(set(chance.sample(entries(NTU25), 8))) for _ in range(20_000)]
    without = float(masks.DegreeDraws(8, replacement=False).probability(x, NTU25).sum())
    assert without == pytest.approx(closed, abs=1e-4)
    assert without == pytest.approx(sum(drawn) / len(drawn), abs=0.03)
    assert round(without, 2) == 7.35
    assert round(float(masks.DegreeDraws(8).probability(x, NTU25).sum()), 2) == 6.87


def test_all_entries_drawn_are_all_joints():
    hidden = masks.degree_draws(batch(3), TREE, 8, seeded(), replacement=False)
    assert hidden.all()


def test_more_draws_than_entries_are_refused():
    for ask in (
        lambda: masks.degree_draws(batch(), TREE, 9, seeded(), replacement=False),
        lambda: masks.DegreeDraws(9, replacement=False).probability(batch(), TREE),
    ):
        with pytest.raises(ValueError, match="draws=9: the list has 8 entries, and none is drawn twice"):
            ask()


# -- the objective ----------------------------------------------------------------------------------------


def removed(monkeypatch, name, **changes):
    """What each encoder of an objective removes from the spatial view of a batch, over several steps."""
    s = settings("smoke", frames=12, batch=8, projector=4, **changes)
    objective = siamese.SiameseObjective(TREE, s, seeded(), masking=[name])
    found, plain = [], STGCN.features

    def features(self, x, hidden=None, count=None):
        found.append(hidden)
        return plain(self, x, hidden, count)

    monkeypatch.setattr(STGCN, "features", features)
    for seed in range(20):
        objective.loss(batch(8, 12, seed=seed))
    return [hidden for hidden in found if hidden is not None]


def test_pstl_as_published_removes_the_same_joints_from_a_batch_and_others_from_the_next(small, monkeypatch):
    hidden = removed(monkeypatch, "pstl", size="small", joint_draws=3)
    assert [tuple(h.shape) for h in hidden] == [(5,)] * 20
    counts = {int(h.sum()) for h in hidden}
    assert counts <= {1, 2, 3}
    assert len(counts) > 1
    assert len({tuple(h.tolist()) for h in hidden}) > 3


@pytest.mark.parametrize(("name", "draws"), [("pstl", 0), ("f", 3), ("g", 3)])
def test_by_default_and_for_asma_every_clip_has_its_own_joints(name, draws, small, monkeypatch):
    hidden = removed(monkeypatch, name, size="small", joints=0.4, joint_draws=draws)
    assert all(h.shape == (8, 5) and (h.sum(1) == 2).all() for h in hidden)


# -- the preset -------------------------------------------------------------------------------------------


def test_the_preset_paper_has_the_published_values():
    s = settings("paper")
    published = {
        "size": "published",
        "frames": 50,
        "stream": "joint",
        "epochs": 150,
        "batch": 128,
        "lr": 5e-3,
        "weight_decay": 1e-5,
        "projector": 6144,
        "depth": 3,
        "redundancy": 2e-4,
        "joint_draws": 8,
        "shear": 1.0,
        "tilt": 30.0,
        "mirror": 0.5,
        "crop": 1 / 6,
        "clip": math.inf,
        "linear_epochs": 150,
        "linear_lr": 0.01,
        "tune_epochs": 150,
        "tune_lr": 5e-3,
        "tune_factor": 1.0,
        "smoothing": 0.0,
        "least_steps": 0,
        "least_tune_steps": 0,
    }
    assert {name: getattr(s, name) for name in published} == published
    objective = siamese.SiameseObjective(NTU25, s.changed(projector=8), seeded(), masking=["pstl"])
    assert objective.members[0].joint_mask == masks.DegreeDraws(8, replacement=False)


def test_the_preset_paper_warms_up_for_ten_epochs_of_150():
    s, per_epoch = settings("paper"), 313
    rates = [learning_rate(s, step, 150 * per_epoch) for step in range(150 * per_epoch)]
    assert rates.index(max(rates)) == 10 * per_epoch - 1
    assert max(rates) == pytest.approx(5e-3)
    assert rates[-1] < 1e-6


def test_the_preset_paper_drops_ten_frames_of_most_motion_and_ten_others():
    s, x = settings("paper"), batch(4, 50, persons=1)
    x[:, :, -1] = x[:, :, -2]  # as if still at the end, where there is no next frame
    _, mask = siamese.view_masks("pstl", s)
    hidden = mask(x, TREE, seeded())
    energy = (x[:, :, 1:] - x[:, :, :-1]).square().sum((1, 3, 4))
    assert (hidden.sum(1) == 20).all()
    for n in range(4):
        assert hidden[n, energy[n].topk(10).indices].all()


def test_the_other_presets_keep_distinct_joints_of_each_clip():
    for name in ("smoke", "laptop", "gpu"):
        assert settings(name).joint_draws == 0
        joint_mask, _ = siamese.view_masks("pstl", settings(name))
        assert joint_mask == masks.DegreeJoints(settings(name).joints)
