"""Settings are chosen on validation subjects; the test clips are not looked at."""

from dataclasses import replace

import pytest
import torch

from skelkit.continual import ReplayMemory, settings
from skelkit.continual.learners import LEARNERS
from skelkit.data.default_split import load_split, validation_split
from skelkit.experiments import continual, selection, selfsup
from skelkit.experiments.run_data import RunData
from skelkit.experiments.selfsup import PretrainingVariant

SMOKE = RunData(preset="smoke")


def subjects(clips):
    return set(clips.subject.tolist())


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_a_quarter_of_the_training_subjects_validates_another_for_each_seed(seed):
    split = load_split(preset="laptop")
    inner, other = validation_split(split, seed), validation_split(split, seed + 1)
    assert subjects(inner.train) | subjects(inner.test) == subjects(split.train)
    assert not subjects(inner.train) & subjects(inner.test)
    assert not subjects(inner.test) & (subjects(split.test) | subjects(other.test))
    assert len(subjects(inner.test)) == len(subjects(split.train)) // 4
    assert subjects(validation_split(split, seed + 4).test) == subjects(inner.test)


def test_without_subjects_a_quarter_of_the_clips_of_each_class_validates():
    split = load_split(preset="laptop")
    inner = validation_split(replace(split, train=replace(split.train, subject=None)))
    counts = [c.labels.bincount() for c in (inner.test, split.train)]
    assert torch.equal(counts[0], (counts[1] - (0.75 * counts[1]).round()).long())


def test_more_clips_of_the_validation_subjects_are_generated_for_a_recording():
    few, more = SMOKE.inner_split(0), replace(SMOKE, test_clips=100).inner_split(0)
    assert torch.equal(few.train.poses, more.train.poses)
    assert len(few.test) < len(more.test) == 100
    assert more.test.names[: len(few.test)] == few.test.names
    assert subjects(more.test) == subjects(few.test)


@pytest.mark.parametrize(
    "variant",
    [
        selection.ChoiceVariant("one", "fine-tuning", changes={"epochs": 1}),
        selection.PretrainingChoice("one", "scratch", ("knn",)),
    ],
    ids=["learner", "pre-training"],
)
def test_a_choice_is_evaluated_on_training_subjects_alone(variant):
    split, inner = SMOKE.split(0), SMOKE.inner_split(0)
    found = variant.run(SMOKE, 0)
    assert subjects(found["test"]) == subjects(inner.test) < subjects(split.train)


def test_a_grid_starts_from_the_preset_and_steps_from_what_the_learner_has_chosen(monkeypatch):
    taken = []

    def learn(name, *_, preset, **changes):
        taken.append(
            settings(preset, LEARNERS[name], **{k: changes[k] for k in ("lr", "batch") & changes.keys()})
        )
        raise KeyboardInterrupt

    monkeypatch.setattr(continual, "learn", learn)
    monkeypatch.setattr(LEARNERS["er"], "chosen", {"smoke": {"lr": 0.5}})
    for kind in (selection.GridVariant, selection.ChoiceVariant):
        with pytest.raises(KeyboardInterrupt):
            kind("one", "er", changes={"batch": 4}).run(SMOKE, 0)
    assert [(s.lr, s.batch) for s in taken] == [(settings("smoke").lr, 4), (0.5, 4)]
    grid, steps = selection.grid()[0].settings("smoke"), selection.steps()[0].settings("smoke")
    assert "chosen" not in grid
    assert steps["chosen"]["er"] == {"lr": 0.5}


def test_fine_tuning_takes_the_number_of_steps_that_its_name_says(monkeypatch):
    taken = []
    evaluate = selfsup.evaluate
    monkeypatch.setattr(
        selfsup, "evaluate", lambda *a, **options: taken.append(options) or evaluate(*a, **options)
    )
    found = PretrainingVariant("one", "scratch", ("finetune, 7 steps",)).run(SMOKE, 0)
    assert 0 <= found["finetune, 7 steps"] <= 1
    assert (taken[0]["tune_epochs"], taken[0]["least_tune_steps"]) == (1, 7)


def test_the_factorial_of_replay_has_every_combination_once_and_no_component_that_a_learner_lacks():
    variants = continual.components()
    assert len({v.label for v in variants}) == len(variants) == 2 + 4 + 8 + 8
    assert [v.changes for v in variants if v.learner == "icarl"] == [
        {"compression": False},
        {"compression": True},
    ]
    assert all("refresh" not in v.changes for v in variants if v.learner in ("er", "icarl"))


def test_every_learner_has_a_grid_and_labels_are_unique():
    for variants in (*(make() for make in selection.EXPERIMENTS.values()), selfsup.asymmetry()):
        assert len({v.label for v in variants}) == len(variants)
    assert {v.learner for v in selection.grid()} == LEARNERS.keys()
    assert {v.learner for v in selection.steps()} == set(selection.CONVERGING) < LEARNERS.keys()


def test_every_asymmetry_has_a_control_that_differs_in_its_masks_alone():
    variants = {v.label: v for v in selfsup.asymmetry()}
    controlled = [v for v in variants.values() if v.method == "asma"]
    assert len(controlled) == 8
    for variant in controlled:
        control = variants[f"matched to {variant.label}"]
        assert (control.method, control.changes) == ("two matched", variant.changes)


def test_under_pressure_at_most_one_clip_in_twenty_is_kept_and_some_codec_keeps_ten_times_as_many():
    kept = {}
    for variant in continual.pressure():
        s = settings("laptop", **variant.changes)
        sizes = {"frames": s.frames, "joints": 25, "persons": 2, "classes": 30}
        memory = ReplayMemory(variant.memory, s.memory_codec(), **sizes)
        kept[variant.label] = memory.capacity(persons=1)
    assert max(kept.values()) <= continual.MANY_CLIPS / 2 / 20, kept
    assert max(kept.values()) >= 10 * kept["s = 1"], kept


def test_under_pressure_all_thirty_actions_are_learnt_whatever_the_preset(monkeypatch):
    monkeypatch.setattr(continual, "MANY_CLIPS", 600)
    variant = continual.PressureVariant("one", "charon")
    split = variant.split(replace(SMOKE, test_clips=200), 0)
    assert len(split.train.labels.unique()) == 30
    assert (len(split.train) > 250, len(split.test)) == (True, 200)
