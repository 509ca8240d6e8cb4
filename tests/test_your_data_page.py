"""Notebook 08: what it says of learners and joints is beyond chance, on any recordings."""

from types import SimpleNamespace

import pytest
import torch

import skelkit as sk
from skelkit import study
from skelkit.lessons import your_data, your_data_learning


@pytest.fixture(autouse=True)
def started(monkeypatch):
    study.start("a test", {})
    for module in (your_data, your_data_learning):
        monkeypatch.setattr(module, "show", lambda figure: None)


def last():
    return study.results()["claims"][-1]


def run(*final):
    """A run of two tasks of two classes with 40 test clips each."""
    labels = torch.arange(160) % 4
    test = SimpleNamespace(labels=labels)
    return SimpleNamespace(
        accuracy=torch.tensor([[1.0, torch.nan], list(final)]),
        scenario=SimpleNamespace(order=((0, 1), (2, 3)), test=test),
        predictions=torch.zeros(2, 160, dtype=torch.int16),
    )


def compared(charon, tuned, tasks=2):
    runs = {"charon": run(*charon), "fine-tuning": run(*tuned)}
    your_data_learning.compare_learners(runs, SimpleNamespace(tasks=tasks, test=range(160)), "a set")
    return last()["sentence"], your_data_learning.better_learner(runs)[0]


def test_learners_are_compared_beyond_chance_and_beside_guessing():
    tuned, charon, neither = your_data_learning.LEARNERS
    sentence, answer = compared((0.8, 0.8), (0.0, 0.9))
    assert (sentence.endswith("CHARON keeps more."), answer) == (True, charon)
    assert "guessing 25 %" in sentence
    sentence, answer = compared((0.5, 0.5), (0.52, 0.5))
    assert ("no larger than chance" in sentence, answer) == (True, neither)
    sentence, answer = compared((0.3, 0.3), (0.0, 0.0))
    assert "no better than guessing" in sentence
    assert compared((0.4, 0.4), (0.9, 0.9))[1] == tuned
    assert "nothing to forget" in compared((0.8, 0.8), (0.8, 0.8), tasks=1)[0]


def test_ends_of_limbs_are_faster_only_if_they_are_so_in_more_clips_than_chance_gives():
    skeleton = sk.skeletons.NTU25
    speeds = torch.ones(12, 25)
    speeds[:, skeleton.degrees == 1] = 2.0
    your_data.compare_degrees(skeleton, speeds)
    assert last()["holds"]
    assert "in 12 of 12 clips" in last()["sentence"]
    speeds[:6, skeleton.degrees == 1] = 0.5
    your_data.compare_degrees(skeleton, speeds)
    assert not last()["holds"]


def test_a_data_set_costs_its_clips_times_the_bytes_of_one():
    clips = sk.load("synthetic", seed=0, clips=6, frames=30)
    errors = {2: (10.0, 900.0), 5: (20.0, 400.0), 12: (40.0, 200.0)}
    your_data_learning.whole_data_set(clips, list(clips), errors)
    assert last()["sentence"].startswith(
        "At s = 5 in int8, with an error of 20.0 mm, all 6 clips take 0.0024 MB"
    )


def test_people_on_their_sides_are_seen_by_their_axes():
    clips = sk.load("synthetic", seed=0, clips=6, frames=30)
    assert your_data_learning.lay_down(clips) == "the one about the axes"
    assert "changes: y is the longest extent in 0% of 6" in study.results()["claims"][-2]["sentence"]


def test_bones_without_a_length_leave_nothing_to_guess():
    nothing = SimpleNamespace(bone_variation=torch.tensor([torch.nan]))
    assert your_data_learning.bone_variation(nothing)[0] == 0
    three = SimpleNamespace(bone_variation=torch.tensor([0.01, 0.03, 0.2]))
    value, words = your_data_learning.bone_variation(three)
    assert value == pytest.approx(3)
    assert words.startswith("Between 1.0 % and 20.0 %")
