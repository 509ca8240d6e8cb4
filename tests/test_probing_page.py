"""Notebook 05: what the classifier loses and what the features lose, beyond chance."""

from types import SimpleNamespace

import pytest
import torch
from helpers import seeded
from torch import nn

from skelkit import study
from skelkit.continual.diagnostics import TaskSnapshot, linear_discriminant
from skelkit.lessons import linear_probing, probing_findings
from skelkit.lessons.probing_run import ALL_CLIPS, DISCRIMINANT, PROBED, TRAINED, ProbedRun
from skelkit.lessons.uncertainty import paired_difference


@pytest.fixture(autouse=True)
def started():
    study.start("a test", {})


def last():
    return study.results()["claims"][-1]


def right(count, of=60):
    return torch.arange(of) < count


def classifier(bias):
    """Logits are the features plus a bias."""
    made = nn.Linear(4, 4)
    made.weight.data, made.bias.data = torch.eye(4), torch.tensor(bias)
    return made


@pytest.fixture
def run():
    """Two tasks of two classes; before probing, the newest two classes lose to the old ones."""
    labels = torch.arange(80) % 4
    features = nn.functional.one_hot(labels, 4).float() + 0.1 * torch.randn(80, 4, generator=seeded())
    before, after = classifier([2.0, 2.0, 0.0, 0.0]), classifier([0.0, 0.0, 0.0, 0.0])
    shots = [TaskSnapshot(x, before, after, {}) for x in (features, features + 3)]
    shots[-1] = TaskSnapshot(features, before, after, {})
    counts = torch.full((4,), 5)
    test = SimpleNamespace(labels=labels, classes=tuple("abcd"))
    history = SimpleNamespace(
        scenario=SimpleNamespace(order=((0, 1), (2, 3)), test=test),
        memory=SimpleNamespace(counts=lambda: counts),
        accuracy=torch.tensor([[1.0, torch.nan], [0.1, 0.9]]),
    )
    return ProbedRun(history, SimpleNamespace(labels=labels, snapshots=shots), 0)


def test_classifiers_differ_if_chance_alone_would_hardly_divide_their_errors_so():
    assert not probing_findings.differ(right(32), right(30))[0]
    more, counts = probing_findings.differ(right(40), right(30))
    assert more
    assert counts.startswith("10 clips are right only with the first, 0 only with the second, p = 0.002")


def test_the_part_of_the_classifier_is_the_share_of_its_errors_that_another_avoids():
    part, words = probing_findings.part_of_the_classifier({TRAINED: right(20), ALL_CLIPS: right(50)})
    assert part == pytest.approx(75)  # 30 of 40 errors
    assert "33 % [" in words
    assert probing_findings.part_of_the_classifier({TRAINED: right(60), ALL_CLIPS: right(60)})[0] == 0
    assert probing_findings.part_of_the_classifier({TRAINED: right(30), ALL_CLIPS: right(20)})[0] == 0


def test_a_classifier_as_good_as_the_discriminant_by_chance_is_not_praised():
    labels = torch.arange(60) % 4

    def said(best, trained, probed):
        probing_findings.compare_classifiers(
            {DISCRIMINANT: right(best), TRAINED: right(trained), PROBED: right(probed)}, labels
        )
        return [claim["sentence"] for claim in study.results()["claims"][-2:]]

    first, second = said(50, 20, 48)
    assert "allow more than it uses" in first
    assert "guessing: 25%" in first
    assert "no more than chance" in second
    assert "The classifier is better" in said(20, 50, 50)[0]


def test_probing_is_compared_with_guessing_and_its_bias_with_chance(run):
    probing_findings.compare_probing(run)
    accuracy, before, after = study.results()["claims"][-3:]
    assert accuracy["holds"]
    assert "100 % [95, 100] of 80 test clips" in accuracy["sentence"]
    assert "gives 25%" in accuracy["sentence"]
    assert before["sentence"].endswith("too rarely.")
    assert after["holds"]
    assert probing_findings.accuracy_after(run)[0] == 100


def test_what_misaligns_a_classifier_is_what_changes_its_accuracy_beyond_chance():
    whole = right(50)

    def cause(masked, lagging):
        return probing_findings.misaligned_by(
            {
                "whole clips, recalibrated": whole,
                "masked clips, recalibrated": right(masked),
                "whole clips, lagging": right(lagging),
            }
        )[0]

    masks, statistics, neither = probing_findings.CAUSES
    assert (cause(48, 20), cause(20, 40), cause(49, 51)) == (statistics, masks, neither)


def test_signs_of_failure_are_beyond_chance(run):
    same = {DISCRIMINANT: right(50), PROBED: right(49)}
    signs = probing_findings.failure_signs(run, same)
    assert [name for name, present in signs.items() if present] == ["first tasks collapse"]
    assert "guessing 38 %" in last()["sentence"]
    worse = {DISCRIMINANT: right(50), PROBED: right(20)}
    assert probing_findings.failure_signs(run, worse)["classifier misaligned"]


def test_drift_is_compared_with_the_drift_of_a_mean_of_few_clips(run, monkeypatch):
    monkeypatch.setattr(linear_probing, "show", lambda figure: None)
    assert linear_probing.show_drift(run) == [0.0, 0.0]
    assert last()["sentence"].endswith("hardly more than that.")


def test_a_bias_learns_the_logarithm_of_the_proportions():
    linear_probing.check_prior(2, 8)
    assert "+1.39 above that of an old one; log(8/2) = +1.39" in last()["sentence"]


def test_the_difference_of_two_accuracies_knows_that_they_share_their_clips():
    difference, error = paired_difference(right(40), right(30))
    assert difference == pytest.approx(1 / 6)
    assert 0 < error < difference
    apart = torch.zeros(60, dtype=torch.bool)
    apart[30:] = True
    assert paired_difference(apart, right(30))[1] > error, "where they disagree often it is less certain"


def test_a_discriminant_agrees_with_half_way_between_two_means():
    h = torch.tensor([[0.0], [2.0], [2.0], [4.0]])
    found = linear_discriminant(h, torch.tensor([0, 0, 1, 1]), ridge=0.0)  # means 1 and 3, variance 1
    torch.testing.assert_close(found.bias, torch.tensor([-0.5, -4.5]), atol=1e-4, rtol=0)
