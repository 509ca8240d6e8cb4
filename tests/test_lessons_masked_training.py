"""Notebook 03: what its functions compute is what their sentences say."""

import math
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from helpers import batch, defined, seeded

import skelkit as sk
from skelkit import study
from skelkit.lessons import exercises, masked_costs, masked_restoration, masked_training
from skelkit.models import MaskedAutoencoder, STTFormer
from skelkit.models.autoencoder import insert_tuples

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "03_masked_training.ipynb"


@pytest.fixture(autouse=True)
def started():
    study.start("a test", {"preset": "smoke"})


@pytest.fixture(scope="module")
def network():
    return MaskedAutoencoder(STTFormer(2, 5, "nano", seeded()), seeded()).eval()


@pytest.fixture
def x():
    """Clips of two slots for persons; the second enters, or is absent."""
    clips = batch(clips=4, frames=24, persons=2).abs() + 0.2
    clips[0, :, :7, :, 1] = 0
    clips[1, ..., 1] = 0
    return clips


def last_sentence():
    return study.results()["claims"][-1]


# -- the algorithm -----------------------------------------------------------------------------------------


def test_the_functions_of_the_notebook_are_those_of_the_library(network, x):
    masked_restoration.check_restoration(
        defined(NOTEBOOK, "restored"), defined(NOTEBOOK, "loss"), network, x, 0.5
    )
    masked_costs.check_attention(defined(NOTEBOOK, "attention"), network, x)
    network.encoder.blocks[0].scale.data.fill_(2.5)  # as after a training
    masked_costs.check_attention(defined(NOTEBOOK, "attention"), network, x)
    network.encoder.blocks[0].scale.data.fill_(1.0)


def test_a_network_that_knows_the_positions_of_tuples_is_restored_too(x):
    knowing = MaskedAutoencoder(STTFormer(2, 5, "nano", seeded(), temporal_position=True), seeded()).eval()
    masked_restoration.check_restoration(
        defined(NOTEBOOK, "restored"), defined(NOTEBOOK, "loss"), knowing, x, 0.5
    )


def test_a_loss_that_counts_absent_persons_or_a_shifted_restoration_is_a_false_claim(network, x):
    def everywhere(restored, poses, counted):
        return (restored - poses).square().mean()

    with pytest.raises(study.ClaimFailed, match="and have its loss"):
        masked_restoration.check_restoration(defined(NOTEBOOK, "restored"), everywhere, network, x, 0.5)

    def late(network, poses, kept):
        return defined(NOTEBOOK, "restored")(network, poses, kept).roll(1, 2)

    with pytest.raises(study.ClaimFailed, match="restore 7 persons as the library does"):
        masked_restoration.check_restoration(late, defined(NOTEBOOK, "loss"), network, x, 0.5)


def test_an_attention_over_the_other_axis_is_a_false_claim(network, x):
    def usual(x, queries, keys):
        scores = torch.einsum("htud,htvd->huv", queries, keys) / (queries.shape[1] * queries.shape[3])
        return torch.einsum("huv,tvc->tuhc", scores.softmax(2), x).flatten(2)

    with pytest.raises(study.ClaimFailed, match="the library's attention"):
        masked_costs.check_attention(usual, network, x)


# -- costs -------------------------------------------------------------------------------------------------


def test_the_cost_of_a_masked_clip_lies_between_that_of_the_decoder_and_that_of_the_whole_clip(network):
    costs = [masked_costs.relative_cost(network, 24, ratio) for ratio in (0.0, 0.5, 0.75)]
    assert costs[0] == 1 > costs[1] > costs[2] > 0


def test_the_equation_gives_the_multiply_adds_that_are_counted_for_any_number_of_joints():
    for joints in (3, 15):
        cost = masked_costs.of_sizes(joints, (0.0, 0.6), sizes=("nano",))
        masked_costs.check_equation(cost, joints)
        decoder = masked_costs.check_costs(cost)["nano"]
        whole, part = cost["nano"][0.0]["encoder"], cost["nano"][0.6]["encoder"]
        assert f"= {(whole + decoder) / (part + decoder):.2f}," in last_sentence()["sentence"]
        assert masked_costs.remaining(cost, "nano")[1] == pytest.approx(
            100 * (part + decoder) / (whole + decoder)
        )


def test_attention_is_quadratic_in_the_tokens_and_linear_in_the_tuples():
    pairs, total = masked_costs.block_cost(32, 64, 16, 3, 150, 10)
    assert masked_costs.block_cost(32, 64, 16, 3, 300, 10)[0] == 4 * pairs
    assert masked_costs.block_cost(32, 64, 16, 3, 150, 20) == (2 * pairs, 2 * total)
    wrong = {"nano": {0.0: {"encoder": 1000, "both": 1500}}}
    with pytest.raises(study.ClaimFailed, match="equation and the counted"):
        masked_costs.check_equation(wrong, 5)


def test_hidden_tuples_and_absent_persons_are_not_computed(network, x):
    masked_costs.check_skipped(network, x)
    assert "2 of 4 tuples" in last_sentence()["sentence"]
    masked_costs.check_absent(network, x)


def test_a_clock_that_runs_behind_the_multiply_adds_says_so(network, x, monkeypatch):
    for clock, holds in ((0.5, True), (0.99, False)):
        monkeypatch.setattr(sk.bench, "median_ratio", lambda *_, clock=clock: (clock, 1.0, clock))
        masked_costs.measure_clock(network, x, 0.6)
        assert last_sentence()["holds"] == holds
        assert f"{1 / clock:.2f} times as fast" in last_sentence()["sentence"]


# -- what is restored --------------------------------------------------------------------------------------


def test_errors_in_hidden_frames_are_those_of_the_class():
    x = batch(clips=4, frames=6)
    labels, frames = torch.tensor([0, 0, 1, 1]), torch.ones(4, 6, dtype=torch.bool)
    y = x.clone()
    y[2:, 1] += 0.3
    error = masked_restoration.errors_by_class(x, {"decoder": y}, frames, labels, ["nod", "wave"])
    assert error["decoder"] == {"nod": 0.0, "wave": pytest.approx(300, rel=1e-4)}


def test_decoders_are_counted_in_the_clips_in_which_they_are_better(capsys):
    x = batch(clips=12, frames=12, persons=1)
    frames = torch.zeros(12, 12, dtype=torch.bool)
    frames[:, :6] = True
    near, lines, far = x.clone(), x.clone(), x.clone()
    near[:, 0] += 0.1
    lines[:11, 0] += 0.2
    far[:, 0] += 0.3
    filled = {"hidden": frames, "decoder": far, "straight lines": lines, "mean body": x + 1}
    masked_restoration.compare_decoder(x, filled | {"decoder of deviations": near})
    coordinates, deviations = study.results()["claims"]
    assert not coordinates["holds"]
    assert "not closer to the hidden frames than straight lines: it is in 0 of 12" in coordinates["sentence"]
    assert deviations["holds"]
    assert "in 11 of 12 clips (by chance in half of them; sign test p = 0.0063)" in deviations["sentence"]
    assert "decoder 300 mm, decoder of deviations 100 mm" in capsys.readouterr().out


def test_the_place_of_the_larger_error_is_one_of_the_answers(network, x):
    answer, words = masked_restoration.where_larger(network, x, 0.5, 0)
    assert answer in masked_restoration.LARGER
    assert "4 clips" in words


def test_the_order_of_tuples_shows_only_through_convolutions_or_position():
    x = batch(clips=6, frames=24, persons=1)
    effect = masked_restoration.order_effects(x, 0)
    masked_restoration.check_order(effect)
    assert effect[False, True] > 1e-3 > effect[False, False]


# -- accuracies --------------------------------------------------------------------------------------------


def runs_that_are_right(right, labels, losses=None):
    """Runs as `lesson.Runs`, of networks that need not be trained."""
    runs = masked_training.Runs.__new__(masked_training.Runs)
    test = SimpleNamespace(labels=labels, classes=["nod", "wave", "sit_down"])
    runs.split, runs.losses = SimpleNamespace(test=test), losses or {}
    answers = {r: torch.where(ok, labels, (labels + 1) % 3) for r, ok in right.items()}
    runs._found = {r: SimpleNamespace(predictions=a[None]) for r, a in answers.items()}
    return runs


def test_an_accuracy_is_compared_with_that_of_the_most_frequent_class():
    labels = torch.tensor([0] * 60 + [1] * 40)
    runs = runs_that_are_right({0.3: torch.arange(100) < 62}, labels)
    masked_training.compare_with_chance(runs, 0.3)
    assert not last_sentence()["holds"]
    assert "right in 60 %: no more than chance" in last_sentence()["sentence"]
    masked_training.compare_with_chance(runs_that_are_right({0.3: torch.arange(100) < 80}, labels), 0.3)
    assert last_sentence()["holds"]


def test_a_ratio_hurts_only_where_the_same_clips_say_so():
    labels = torch.arange(90) % 3
    many, few = torch.arange(90) < 80, torch.arange(90) < 20
    masked_training.compare_ratios(runs_that_are_right({0.0: many, 0.3: many, 0.9: few}, labels))
    helps, hurts = study.results()["claims"]
    assert not helps["holds"]
    assert "difference +0 ± 2 points on the same 90 clips" in helps["sentence"]
    assert hurts["holds"]
    assert hurts["sentence"].startswith("Too high a ratio hurts: 89 %")
    masked_training.compare_ratios(runs_that_are_right({0.0: few, 0.3: few, 0.9: few}, labels))
    assert not last_sentence()["holds"]


def test_the_class_that_loses_most_is_named_with_its_clips():
    labels = torch.arange(90) % 3
    runs = runs_that_are_right({0.3: torch.ones(90, dtype=torch.bool), 0.9: labels != 2}, labels)
    masked_training.compare_recall(runs, 0.3, 0.9)
    assert last_sentence()["sentence"].startswith("'sit down' loses most: its recall is 100 ±")
    assert "(30 clips;" in last_sentence()["sentence"]


def test_a_loss_that_ends_higher_is_a_sign():
    labels = torch.arange(3)
    losses = {0.3: [3.0, 1.0], 0.9: [3.0, 1.5]}
    masked_training.compare_losses(runs_that_are_right({}, labels, losses), 0.3, 0.9)
    assert last_sentence()["holds"]
    masked_training.compare_losses(runs_that_are_right({}, labels, {0.3: [1.0], 0.9: [1.05]}), 0.3, 0.9)
    assert not last_sentence()["holds"]


# -- the page and its exercises ----------------------------------------------------------------------------


def test_solutions_of_the_exercises_agree_with_the_library(x):
    features, token, kept = torch.randn(2, 7, generator=seeded()), torch.randn(7, generator=seeded(1)), [1, 3]
    expected = insert_tuples(features.T[None, :, :, None], torch.tensor([kept]), 5, token)[0, :, :, 0].T
    found = exercises.EXERCISES["insert_tokens"].reference(features, torch.tensor(kept), 5, token)
    torch.testing.assert_close(found, expected)
    people = sk.models.persons.tracks(x)
    hidden, restored = torch.rand(7, 4, generator=seeded()) < 0.5, people.poses + 0.1
    errors, counts = sk.models.autoencoder.reconstruction_errors(restored, people, 4, hidden)
    loss = exercises.EXERCISES["masked_loss"].reference(restored, people.poses, hidden, people.present)
    assert float(loss) == pytest.approx(float((errors * counts).sum() / counts.sum()), rel=1e-5)
    assert math.isclose(float(loss), 0.01, rel_tol=1e-4)
