"""Pre-trained encoders of the zoo: what is replayed is what was trained."""

import pytest
import torch

from skelkit import selfsup, zoo
from skelkit.data.default_split import load_split
from skelkit.zoo import card as cards
from skelkit.zoo import recipes
from skelkit.zoo.pretraining import PretrainingRecipe, replay, stride

SHORT = {"epochs": 3, "frames": 12, "linear_epochs": 3}
OPTIONS = {"preset": "explore", "seed": 0, "progress": False} | SHORT
RECIPE = PretrainingRecipe("pstl/embedded", "PSTL, three epochs.", "pstl", (1,), SHORT)


@pytest.fixture(scope="module")
def train():
    return load_split("synthetic", "explore", 0).train


@pytest.fixture(scope="module")
def watched(train):
    """A training and the weights that its callback saw, by epoch."""
    seen = {}

    def watch(now):
        state = {k: v.clone() for k, v in now.model.state_dict().items()}
        seen[now.epoch] = (now.loss, now.rank, state)

    return selfsup.pretrain("pstl", train, callback=watch, **OPTIONS), seen


@pytest.fixture(scope="module")
def recorded():
    return RECIPE.record(RECIPE.start(0))


def test_a_replayed_training_ends_with_the_trained_encoders(watched, recorded):
    trained, found = watched[0], replay(RECIPE.start(0), *recorded)
    assert found.losses == trained.losses
    assert found.ranks == trained.ranks
    assert found.knn == pytest.approx(trained.knn)
    for ours, theirs in zip(found.encoders, trained.encoders, strict=True):
        assert not ours.training
        for name, value in theirs.state_dict().items():
            assert torch.equal(ours.state_dict()[name], value), name


def test_the_callback_sees_the_states_that_were_kept(watched, recorded):
    seen = watched[1]
    found = []

    def watch(now):
        loss, rank, state = seen[now.epoch]
        if now.epoch:
            assert (now.loss, now.rank) == (loss, rank)
        for name, value in state.items():
            assert torch.equal(now.model.state_dict()[name], value), (now.epoch, name)
        found.append(now.epoch)

    replay(RECIPE.start(0), *recorded, callback=watch)
    assert found == [0, 1, 3]


def test_a_tenth_of_a_training_is_at_least_one_epoch():
    assert [stride(n) for n in (1, 9, 10, 57)] == [1, 1, 1, 5]


def test_a_training_that_the_zoo_has_is_not_run(train, watched, tmp_path, monkeypatch):
    monkeypatch.setenv(cards.FOLDER, str(tmp_path))
    monkeypatch.setitem(recipes.RECIPES, RECIPE.name, RECIPE)
    card = zoo.make(RECIPE.name)
    low, high = card.results["interval"]
    assert low < card.results["accuracy"] < high
    assert zoo.check(RECIPE.name) == card.results
    assert len(zoo.load(RECIPE.name)) == 1
    with pytest.raises(ValueError, match="no part 'task 1'"):
        zoo.load(f"{RECIPE.name}/task 1")
    monkeypatch.setattr("skelkit.training.loop.fit", lambda *a, **k: pytest.fail("trained"))
    found = zoo.pretrain("pstl", train, **OPTIONS)
    assert found.losses == watched[0].losses
    assert zoo.pretrain("scratch", train, **OPTIONS).losses == []  # nothing to train
    with pytest.raises(pytest.fail.Exception):
        zoo.pretrain("pstl", train, **OPTIONS | {"projector": 32})
