"""Teachers and students of the zoo: what is loaded is what was trained."""

import pytest
import torch

from skelkit import distill, selfsup, zoo
from skelkit.data.default_split import load_split
from skelkit.zoo import card as cards
from skelkit.zoo import recipes
from skelkit.zoo.pretraining import PretrainingRecipe
from skelkit.zoo.students import StudentRecipe
from skelkit.zoo.teachers import TeacherRecipe

BEFORE = {"epochs": 1, "frames": 12}
AFTER = {"tune_epochs": 1, "least_tune_steps": 0}
TAUGHT = {"epochs": 2, "least_steps": 0, "frames": 12}
ENCODERS = PretrainingRecipe("pstl/embedded", "PSTL, one epoch.", "pstl", changes=BEFORE)
TEACHER = TeacherRecipe("teacher/embedded", "PSTL, fine-tuned.", "pstl", options=(BEFORE, AFTER))
STUDENT = StudentRecipe("student/embedded", "Its student.", TEACHER, TAUGHT)
ALONE = StudentRecipe("student of labels/embedded", "The control.", None, TAUGHT)


@pytest.fixture(scope="module")
def split():
    return load_split("synthetic", "explore", 0)


@pytest.fixture(scope="module", autouse=True)
def made(tmp_path_factory):
    """Cards of a zoo in a folder of its own, by name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(cards.FOLDER, str(tmp_path_factory.mktemp("zoo")))
        mine = (ENCODERS, TEACHER, STUDENT, ALONE)
        for recipe in mine:
            patch.setitem(recipes.RECIPES, recipe.name, recipe)
        yield {recipe.name: zoo.make(recipe.name) for recipe in mine}


@pytest.fixture
def untrained(monkeypatch):
    """Nothing is trained in this test."""
    monkeypatch.setattr("skelkit.training.loop.fit", lambda *a, **k: pytest.fail("trained"))


@pytest.fixture
def teacher(split):
    encoders = zoo.pretrain("pstl", split.train, preset="explore", seed=0, **BEFORE)
    return zoo.evaluate(encoders, split.train, split.test, "finetune", seed=0, **AFTER)


def test_every_card_is_what_its_weights_give(made):
    for name, card in made.items():
        assert zoo.check(name) == card.results
        assert card.results["clips"] == 300


def test_a_teacher_of_the_zoo_predicts_what_a_trained_one_does(teacher, split):
    encoders = zoo.pretrain("pstl", split.train, preset="explore", seed=0, **BEFORE)
    trained = selfsup.evaluate(encoders, split.train, split.test, "finetune", seed=0, **AFTER)
    assert (teacher.validation, teacher.chosen) == (trained.validation, trained.chosen)
    assert torch.allclose(teacher.logits, trained.logits, atol=0.05)  # weights are stored as float16
    assert abs(teacher.accuracy - trained.accuracy) < 0.01


def test_students_of_the_zoo_are_not_trained(made, teacher, split, untrained):
    for name, taught_by in ((STUDENT.name, teacher.network), (ALONE.name, None)):
        student = zoo.distill(taught_by, split.train, preset="explore", seed=0, progress=False, **TAUGHT)
        for key, value in zoo.load(name).state_dict().items():
            if isinstance(value, torch.Tensor):
                assert torch.equal(student.state_dict()[key], value), key
    with pytest.raises(pytest.fail.Exception):
        zoo.distill(teacher.network, split.train, seed=0, **TAUGHT | {"temperature": 5.0})
    with pytest.raises(pytest.fail.Exception):  # another preset trains anew
        zoo.distill(None, split.train, preset="laptop", seed=0, **TAUGHT)


def test_a_student_of_another_teacher_is_trained(split, untrained):
    with pytest.raises(pytest.fail.Exception):
        zoo.distill(torch.nn.Flatten(), split.train, seed=0, **TAUGHT)


def test_a_trained_student_is_the_stored_one(split):
    trained = distill(None, split.train, preset="explore", seed=0, progress=False, **TAUGHT)
    stored = zoo.load(ALONE.name)
    for key, value in trained.state_dict().items():
        if isinstance(value, torch.Tensor) and value.is_floating_point():
            assert torch.allclose(stored.state_dict()[key], value, atol=2e-3, rtol=2e-3), key


def test_evaluations_that_train_no_encoder_are_run(split):
    encoders = zoo.pretrain("scratch", split.train, preset="explore", seed=0, **BEFORE)
    ours = zoo.evaluate(encoders, split.train, split.test, "knn", seed=0)
    assert ours.accuracy == selfsup.evaluate(encoders, split.train, split.test, "knn", seed=0).accuracy


def test_a_teacher_has_no_parts():
    with pytest.raises(ValueError, match="teacher/embedded has no part 'task 1'"):
        zoo.load("teacher/embedded/task 1")
