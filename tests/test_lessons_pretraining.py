"""Notebook 06: its sentences compute what they say, whatever the classes, clips and recordings are."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from helpers import code_of, seeded

import skelkit as sk
from skelkit import selfsup, study
from skelkit.experiments import recordings
from skelkit.experiments.recordings import Recording
from skelkit.lessons import (
    asymmetric_equations,
    asymmetric_evaluated,
    asymmetric_mirrored,
    asymmetric_pretraining,
    asymmetric_recorded,
    asymmetric_variants,
    pretraining_gain,
    recorded_tables,
)
from skelkit.lessons.exercises import EXERCISES
from skelkit.ops import augment
from skelkit.selfsup.diagnostics import EncoderRecorder, EpochSnapshot
from skelkit.study import recorded

PAGE = Path(__file__).parents[1] / "notebooks" / "06_asymmetric_pretraining.ipynb"


@pytest.fixture(autouse=True)
def started():
    study.start("a test", {})


def said():
    return study.results()["claims"][-1]["sentence"]


def twins(a, b, redundancy):
    a, b = ((z - z.mean(0)) / z.std(0, unbiased=False) for z in (a, b))
    c = a.T @ b / len(a)
    cost = (torch.eye(len(c)) - c).square()
    agree = cost.diagonal().sum()
    return agree + redundancy * (cost.sum() - agree)


def test_the_loss_of_the_page_is_accepted_and_others_are_not():
    asymmetric_equations.check_twins(twins)
    assert "C = (1.0, -0.58; 0.0, 0.58), so the loss is (1 − 0.58)² + 0.1 · 0.58² = 0.21" in said()
    with pytest.raises(study.ClaimFailed, match="These lines are the loss"):
        asymmetric_equations.check_twins(lambda a, b, weight: twins(a, b, 1.0))


def test_the_effective_rank_is_worked_out():
    asymmetric_equations.check_rank()
    assert "= 1.38. With equal variances it is 2.00." in said()


@pytest.mark.parametrize(
    ("without", "with_", "words"),
    [
        (2.0, 7.0, "Without the term the features collapse: of at most 33"),
        (1.5, 1.6, "has not spread the features in this training: of at most 33, the projector's"),
        (1.0, 3.0, "fewer than 4 directions tell few classes apart"),
    ],
)
def test_few_directions_are_not_called_no_collapse(without, with_, words):
    asymmetric_equations.compare_ranks(without, with_, 34)
    assert words in said()
    assert ("fewer than 4" in said()) == (with_ < 4)


def attend(f, g, module):
    w, b = module.in_proj_weight.chunk(3), module.in_proj_bias.chunk(3)
    q, k, v = (x @ w[i].T + b[i] for i, x in enumerate((f, g, g)))
    q, k, v = (x.unflatten(2, (module.num_heads, -1)).transpose(1, 2) for x in (q, k, v))
    share = (q @ k.transpose(2, 3) / q.shape[3] ** 0.5).softmax(3)
    return module.out_proj((share @ v).transpose(1, 2).flatten(2))


def test_attention_written_out_is_that_of_the_module():
    tokens = torch.randn(2, 4, 5, 8, generator=seeded())
    alignment = sk.models.Alignment(8, heads=2, generator=seeded())
    for weights in alignment.parameters():
        weights.data.normal_(generator=seeded(1))
    network = SimpleNamespace(alignment=alignment, eval=lambda: SimpleNamespace(tokens=lambda x: list(x)))
    asymmetric_equations.check_attention(attend, network, tokens)
    assert "With a single token" in said()
    with pytest.raises(study.ClaimFailed, match="Written out"):
        asymmetric_equations.check_attention(lambda f, g, m: attend(g, f, m), network, tokens)


def test_two_clips_have_correlations_of_size_one():
    asymmetric_equations.check_batch_of_two(3)
    assert "All 36 correlations" in said()


@pytest.fixture(scope="module")
def clips():
    return sk.load("synthetic", seed=0, clips=12)


def test_f_and_g_have_as_many_joints_in_common_as_draws_show(clips):
    views = asymmetric_pretraining.three_views(clips, selfsup.presets.settings("smoke"), 0)
    probability = asymmetric_pretraining.removal_probability(clips, views)
    common = asymmetric_pretraining.compare_removed(clips, probability, views.removed)
    x = views.x[:1].expand(3000, -1, -1, -1, -1)
    share = views.settings.joints
    f = sk.masks.degree_joints(x, clips.skeleton, share, seeded())
    g = sk.masks.inverse_degree_joints(x, clips.skeleton, share, seeded(1))
    assert float((f & g).sum(1).float().mean()) == pytest.approx(common, abs=0.1)
    asymmetric_pretraining.check_removed_frames(views)
    assert "would leave" in said()


def test_learning_is_judged_beside_unrelated_features():
    matrix = torch.full((3, 3), 0.2).fill_diagonal_(0.5)
    first = EpochSnapshot(0, 0.0, (), (matrix,))
    last = EpochSnapshot(4, 0.0, (), (torch.eye(3),))
    asymmetric_pretraining.compare_learning([3.0, 1.0], first, last, 25)
    sentences = [each["sentence"] for each in study.results()["claims"]]
    assert "correlation 0.50 before training, 1.00 after, over 25 test clips" in sentences[1]
    assert "0.20 before training, 0.00 after; of unrelated features it would be 0.20" in sentences[2]


def test_classes_without_names_are_not_called_classes_without_sides():
    asymmetric_pretraining.check_mirroring([], 3, 0.5, named=False)
    assert said().startswith("These 3 classes have no names, so nothing tells")
    asymmetric_pretraining.check_mirroring([], 3, 0.0)
    assert "views were not mirrored (no left and right joints" in said()
    asymmetric_pretraining.check_mirroring([("left a", "right a")], 3, 0.0)
    assert "classes are mirror images (pairs: 1), such as 'left a' and 'right a'" in said()


def test_agreement_with_mirror_images_is_not_called_learnt_where_none_were_shown():
    trained, untrained = torch.eye(20) * 0.9, torch.eye(20) * 0.2
    asymmetric_mirrored.compare_mirror_images(trained, untrained, 0.5)
    assert said().startswith("The encoder has learnt")
    asymmetric_mirrored.compare_mirror_images(trained, untrained, 0.0)
    assert said().startswith("Nothing in the training asked for the same features of mirror images")
    noise = torch.diag(torch.randn(20, generator=seeded()))
    asymmetric_mirrored.compare_mirror_images(untrained + noise, untrained, 0.5)
    assert said().startswith("No sign that the encoder has learnt")


@pytest.mark.parametrize(
    "names",
    [
        ("draw circle (clockwise)", "draw circle (counter clockwise)"),
        ("turn anticlockwise", "turn clockwise"),
        ("TurnClockwise", "TurnCounterClockwise"),
    ],
)
def test_clockwise_and_counter_clockwise_are_sides(names):
    assert augment.sides([*names, "kick"]) == [tuple(sorted(names))]
    assert augment.sides([names[0], "kick"]) == []


def evaluation(right, clips=30):
    """An evaluation that is right for the first `right` clips of two classes."""
    labels = torch.arange(clips) % 2
    found = torch.where(torch.arange(clips) < right, labels, 1 - labels)
    return selfsup.Evaluation(
        "linear", right / clips, 0.0, 1, torch.nn.functional.one_hot(found, 2).float(), labels, None
    )


def test_alignment_is_compared_with_untrained_encoders_clip_by_clip():
    asymmetric_evaluated.compare_alignment(evaluation(20), evaluation(29), evaluation(15))
    assert said().startswith("Under the same module, pre-trained encoders are better")
    assert "right for 14, only without for 0" in said()
    assert "most frequent class alone 50%" in said()
    asymmetric_evaluated.compare_alignment(evaluation(20), evaluation(17), evaluation(15))
    assert "makes no difference that these clips could show" in said()


def recorder_of(features, labels):
    recorder = EncoderRecorder.__new__(EncoderRecorder)
    recorder.clips = SimpleNamespace(labels=labels)
    recorder.snapshots = [EpochSnapshot(0, 0.0, (features,), ())]
    return recorder


def test_first_weights_are_compared_with_guessing():
    labels = torch.arange(40) % 2
    pretraining_gain.explain_first_weights(recorder_of(torch.eye(2)[labels], labels))
    assert "right for 100 % [91, 100] of 40 clips" in said()
    noise = torch.randn(40, 5, generator=seeded())
    pretraining_gain.explain_first_weights(recorder_of(noise, labels))
    assert "not clearly better than guessing" in said()


@pytest.mark.parametrize(
    ("last", "words"), [(0.9, "helps k-NN"), (0.55, "no clear difference"), (0.1, "does not help")]
)
def test_a_gain_is_said_with_its_error_and_with_guessing(last, words, monkeypatch):
    recorder = recorder_of(torch.eye(2)[torch.arange(40) % 2], torch.arange(40) % 2)
    monkeypatch.setattr(pretraining_gain, "knn_by_epoch", lambda r: {0: 0.5, 2: last})
    pretraining_gain.show_gain({"PSTL": recorder}, {"PSTL": 100})
    assert words in said()
    assert f"difference {100 * (last - 0.5):+.0f} ± " in said()
    assert "most frequent class alone 50%" in said()


SECTIONS = {
    "pairs": (asymmetric_variants, "show_pairs"),
    "streams": (asymmetric_variants, "show_streams"),
    "transfer": (asymmetric_variants, "show_transfer"),
    "mirrored": (asymmetric_variants, "show_mirrored"),
    "asymmetry": (asymmetric_recorded, "show_asymmetry"),
    "curves": (asymmetric_recorded, "show_curves"),
    "projector": (asymmetric_recorded, "show_projector"),
}


def runs_of(experiment, seeds=2):
    """Runs of all variants with random accuracies, seed after seed, as an interrupted recording has them."""
    generator, runs = seeded(), []
    for seed in range(seeds):
        for variant in recordings.EXPERIMENTS[experiment]():
            ways = ("joint", "bone", "motion", "ensemble", "joined", "aligned", "linear")
            ways = ways if experiment == "streams" else variant.judged
            values = {way: float(torch.rand((), generator=generator)) for way in ways}
            runs.append({"label": variant.label, "seed": seed, "head": 1000 + len(runs)} | values)
    return runs


@pytest.mark.parametrize("experiment", SECTIONS)
def test_an_interrupted_recording_is_shown_as_far_as_it_goes(experiment, monkeypatch, capsys):
    module, function = SECTIONS[experiment]
    runs, figures = runs_of(experiment), []
    monkeypatch.setattr(module, "show", figures.append)
    setup = study.begin("x", preset="smoke", seed=0)
    for count in [*range(0, len(runs), 5), len(runs)]:
        found = Recording({"divided": "10 classes, 300 clips to train"}, runs[:count])
        monkeypatch.setattr(recorded, "find", lambda *_, found=found, **__: found)
        getattr(module, function)(setup)
    assert figures
    assert "not recorded yet" not in capsys.readouterr().out


def test_methods_of_an_interrupted_recording_are_compared_as_far_as_they_go(monkeypatch, capsys):
    runs, figures = runs_of("pretraining"), []
    monkeypatch.setattr(asymmetric_recorded, "show", figures.append)
    for count in [*range(0, len(runs), 5), len(runs)]:
        found = Recording({"preset": "laptop", "divided": "10 classes, 300 clips"}, runs[:count])
        asymmetric_recorded.show_methods(found, {}, ["scratch", "pstl", "asma"], "smoke")
    assert figures
    told = capsys.readouterr().out
    assert "guessing one of 10 classes: 10.0%" in told
    assert "gains more over none with few labels" in told


def test_guessing_is_not_said_where_the_classes_are_not_known():
    assert recorded_tables.guessing(Recording({"divided": "somehow"}, [])) == ""
    assert recorded_tables.with_seeds({"a": {"b": []}, "c": {"d": [1.0], "e": []}}) == {"c": {"d": [1.0]}}


def test_the_page_asks_before_it_shows():
    page = "\n".join(code_of(PAGE))
    guesses = ("guess_random", "guess_constant", "guess_common", "guess_two")
    assert all(page.index(f"{name} = predict") < page.index(f"{name}.reveal(") for name in guesses)
    assert page.index("predict.compared()") < page.index("study.record(")


def test_a_loss_that_a_constant_feature_breaks_is_told_so():
    (words,) = EXERCISES["barlow_twins"].problems(twins)
    assert "A feature that is the same for all clips should add 1" in words


def test_solutions_are_those_of_the_library():
    features = torch.randn(30, 5, generator=seeded()) * torch.tensor([4.0, 1, 1, 0.5, 0.1])
    expected = selfsup.effective_rank(features)
    assert EXERCISES["effective_rank"].reference(features) == pytest.approx(expected, rel=1e-4)
    labels = torch.arange(30) % 3
    expected = selfsup.protocols.leave_one_out(features, labels, k=1)
    assert EXERCISES["knn_accuracy"].reference(features, labels) == pytest.approx(expected)
    a, b = features, features + torch.randn(30, 5, generator=seeded(1))
    torch.testing.assert_close(
        EXERCISES["barlow_twins"].reference(a, b, 0.3), selfsup.barlow_twins(a, b, 0.3), rtol=2e-3, atol=1e-3
    )
