"""The zoo: what is stored comes back, is what training gave, and says how it was made."""

import json
from dataclasses import replace

import pytest
import torch

from skelkit import continual, study, zoo
from skelkit.cli.main import main
from skelkit.data.default_split import load_split
from skelkit.utils.checkpoint import DamagedFile
from skelkit.zoo import card as cards
from skelkit.zoo import data_summary, recipes
from skelkit.zoo.continual import ContinualRecipe, replay
from skelkit.zoo.tape import Tape

SHORT = {"epochs": 1, "least_steps": 0, "frames": 12, "probe_epochs": 1, "least_probe_steps": 0}
OPTIONS = {"memory": "20 clips", "preset": "explore", "seed": 0, "progress": False}


# -- the tape ------------------------------------------------------------------------------------------------


def _state(number, **more):
    return {"network": {"weight": torch.full((3, 2), number), "steps": torch.tensor(4)}, **more}


def test_states_come_back_as_they_were_kept():
    tape, kept = Tape(), [_state(0.1, ratio=0.3, inner=None), _state(0.7, inner={"x": torch.ones(2)}), {}]
    for state in kept:
        tape.keep(state)
    for found, expected in zip(tape.states(), kept, strict=True):
        assert repr(found) == repr(expected)


def test_a_tensor_with_the_same_values_is_stored_once():
    tape = Tape()
    for state in (_state(1.0), _state(2.0), _state(1.0, copy=torch.full((3, 2), 2.0))):
        tape.keep(state)
    assert sorted(tuple(v.shape) for v in tape.tensors.values()) == [(), (3, 2), (3, 2)]
    assert tape.changes[1] == {"network/weight": {"tensor": "2"}}


def test_a_halved_tape_rounds_floats_and_leaves_the_rest():
    tape = Tape()
    tape.keep({"x": torch.tensor([1 / 3]), "hash": torch.tensor([1 / 3], dtype=torch.float64), "n": 5})
    (state,) = tape.halved().states()
    assert state["x"].dtype == torch.float32
    assert state["x"] == torch.tensor([1 / 3]).half().float()
    assert state["hash"] == 1 / 3
    assert state["n"] == 5
    assert tape.halved().tensors["0"].dtype == torch.float16


# -- recorded and replayed -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def split():
    return load_split("synthetic", "explore", 0)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A zoo with a short CHARON in a folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(cards.FOLDER, str(tmp_path_factory.mktemp("zoo")))
        recipe = ContinualRecipe("charon/embedded", "a short CHARON.", "charon", changes=SHORT)
        patch.setitem(recipes.RECIPES, recipe.name, recipe)
        yield zoo.make(recipe.name)


def test_explore_is_laptop_with_networks_of_the_zoo(split):
    assert continual.settings("explore") == continual.settings("laptop")
    assert repr(split) == repr(load_split("synthetic", "laptop", 0))


def test_a_replayed_run_predicts_what_the_trained_one_does(split):
    recipe = ContinualRecipe("x", "x", "icarl", changes=SHORT)
    trained = continual.learn("icarl", split.train, split.test, split.tasks, **OPTIONS, **SHORT)
    tape, notes = recipe.record(recipe.start(0))
    found = replay(recipe.start(0), tape, notes)
    assert torch.equal(found.predictions, trained.predictions)
    assert torch.equal(found.accuracy.nan_to_num(-1), trained.accuracy.nan_to_num(-1))
    assert found.memory.used_bytes == trained.memory.used_bytes
    everything = torch.arange(len(trained.memory))
    assert torch.equal(found.memory.read(everything)[0], trained.memory.read(everything)[0])


def test_the_callback_sees_the_epochs_of_the_training(made, split):
    def epochs(learn):
        seen = []
        learn(
            *("charon", split.train, split.test, split.tasks),
            **OPTIONS,
            **SHORT,
            callback=lambda now: seen.append((now.task, now.stage, now.epoch, now.loss)),
        )
        return seen

    found, trained = epochs(zoo.learn), epochs(continual.learn)
    assert found == trained


def test_a_run_that_the_zoo_has_is_not_trained(made, split, monkeypatch):
    monkeypatch.setattr("skelkit.training.loop.fit", lambda *a, **k: pytest.fail("trained"))
    history = zoo.learn("charon", split.train, split.test, split.tasks, **OPTIONS, **SHORT)
    assert history.faa == made.results["faa"]
    with pytest.raises(pytest.fail.Exception):
        zoo.learn("charon", split.train, split.test, split.tasks, **OPTIONS, **SHORT | {"ratio": 0.5})
    fewer = split.train.select(torch.arange(len(split.train)) % 3 > 0)
    with pytest.raises(pytest.fail.Exception):
        zoo.learn("charon", fewer, split.test, split.tasks, **OPTIONS, **SHORT)


def test_a_card_says_how_accurate_its_weights_are(made):
    low, high = made.results["interval"]
    assert low < made.results["accuracy"] < high
    assert zoo.check(made.name) == made.results
    assert [card.name for card in zoo.list()] == [made.name]
    assert made.precision == "float16"
    assert made.command == "skelkit zoo make charon/embedded"


def test_a_network_of_a_task_is_the_network_after_it(made, split):
    first, last = (zoo.load(f"{made.name}/{part}") for part in ("task 1", "task 5"))
    assert not first.training
    assert torch.equal(last.classifier.weight, zoo.load(made.name).classifier.weight)
    assert torch.equal(last.classifier.weight, zoo.history(made.name).network.classifier.weight)
    assert not torch.equal(first.classifier.weight, last.classifier.weight)


# -- refused -------------------------------------------------------------------------------------------------


def test_an_unknown_entry_or_part_lists_the_known_ones(made):
    with pytest.raises(ValueError, match=r"entry of the zoo.*charon/embedded"):
        zoo.load("charon/mine")
    with pytest.raises(ValueError, match=r"task 6.*task 5"):
        zoo.load("charon/embedded/task 6")
    with pytest.raises(ValueError, match="has not been made; run: skelkit zoo make er/embedded"):
        zoo.load("er/embedded")


def test_a_card_of_other_settings_is_refused_with_the_command_that_makes_it_again(made, monkeypatch):
    recipe = ContinualRecipe(made.name, made.what, "charon", changes=SHORT | {"ratio": 0.5})
    monkeypatch.setitem(recipes.RECIPES, made.name, recipe)
    with pytest.raises(ValueError, match=r"ratio: 0.3 then, 0.5 now.*run: skelkit zoo make charon/embedded"):
        zoo.load(made.name)


def test_a_card_of_other_clips_is_refused(made, monkeypatch):
    monkeypatch.setattr(data_summary, "TOLERANCE", -1.0)
    with pytest.raises(
        ValueError, match=r"training clips: coordinates are up to 0 mm apart.*run: skelkit zoo make"
    ):
        zoo.check(made.name)


@pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: b[:-9] + bytes(9), lambda b: b"{}" * 40])
def test_a_damaged_entry_is_refused(made, damage, tmp_path, monkeypatch):
    content = cards.path_of(made.name).read_bytes()
    monkeypatch.setenv(cards.FOLDER, str(tmp_path))
    cards.path_of(made.name).write_bytes(damage(content))
    with pytest.raises(DamagedFile, match=r"charon.embedded"):
        zoo.load(made.name)


def test_data_is_recognised_up_to_rounding(split):
    card = json.loads(json.dumps(data_summary.summary(split.test)))
    assert not data_summary.difference(card, split.test)
    assert not data_summary.difference(card, replace(split.test, poses=split.test.poses + 4e-4))
    moved = replace(split.test, poses=split.test.poses + 2e-2)
    assert "20 mm apart" in data_summary.difference(card, moved)
    assert data_summary.difference(card, split.train).startswith("frames: 28686 there")


def test_the_command_lists_makes_and_checks(made, capsys):
    assert main(["zoo", "list"]) == 0
    assert main(["zoo", "check", made.name]) == 0
    printed = capsys.readouterr().out
    assert "charon/embedded: a short CHARON." in printed
    assert "as its card says" in printed
    for action in ("list", "make", "check"):
        assert main(["zoo", action, "charon/mine"]) == 1
        assert "no entry of the zoo 'charon/mine'" in capsys.readouterr().err


# -- the start of a notebook ---------------------------------------------------------------------------------


def test_explore_shows_the_embedded_data_where_the_zoo_has_no_networks(capsys):
    setup = study.begin("t", preset="explore", seed=3, split=True)
    assert setup.seed == zoo.SEED
    assert repr(setup.split) == repr(load_split("synthetic", "explore", zoo.SEED))
    assert "no trained networks for seed 3" in capsys.readouterr().out
    assert study.begin("t", preset="explore", seed=3).seed == 3  # needs no networks
