"""What encoders make of clips, as pictures; and what a recorder keeps of a training."""

import pytest
import torch
from helpers import seeded

from skelkit import selfsup
from skelkit.selfsup.diagnostics import EncoderRecorder, EpochSnapshot
from skelkit.selfsup.objectives.barlow_twins import cross_correlation, effective_rank
from skelkit.viz.figures import representations
from skelkit.viz.panels import pretraining

pytestmark = pytest.mark.usefixtures("small")
QUICK = {"frames": 10, "batch": 12, "projector": 16, "size": "small", "epochs": 3}


@pytest.fixture
def watched(toy):
    clips = toy()
    recorder = EncoderRecorder(clips, 10, every=2)
    return clips, recorder, selfsup.pretrain("asma", clips, callback=recorder, **QUICK)


def test_the_recorder_has_snapshots_of_the_start_of_every_second_epoch_and_of_the_end(watched):
    clips, recorder, pretrained = watched
    assert [m.epoch for m in recorder.snapshots] == [0, 2, 3]
    assert len(recorder.snapshots[0].features) == len(recorder.snapshots[0].correlations) == 2
    from skelkit.training.inputs import PreparedClips

    x = PreparedClips(clips, 10, crop=None)[torch.arange(len(clips))]
    assert torch.allclose(torch.cat(recorder.snapshots[-1].features, 1), pretrained.features(x), atol=1e-5)


def test_recording_does_not_change_the_training(toy):
    clips = toy()
    plain, watched = (
        selfsup.pretrain("pstl", clips, **QUICK),
        selfsup.pretrain("pstl", clips, callback=EncoderRecorder(clips, 10), **QUICK),
    )
    assert plain.losses == watched.losses
    assert all(
        torch.equal(a, b)
        for a, b in zip(
            plain.encoders[0].state_dict().values(), watched.encoders[0].state_dict().values(), strict=True
        )
    )


def test_agreement_and_redundancy_are_read_off_the_matrix():
    c = torch.tensor([[1.0, 0.5], [-0.5, 0.8]])
    moment = EpochSnapshot(1, 0.0, (), (c,))
    assert moment.agreement == [pytest.approx(0.9)]
    assert moment.redundancy == [pytest.approx(0.5)]


def test_methods_without_a_projector_have_features_and_no_matrix(toy):
    recorder = EncoderRecorder(toy(), 10)
    selfsup.pretrain("autoencoder", toy(), callback=recorder, **QUICK)
    assert recorder.snapshots[-1].correlations == ()
    assert recorder.snapshots[-1].features[0].shape == (24, 12)


def test_the_slider_changes_matrix_clips_and_numbers(watched):
    clips, recorder, _ = watched
    panel = pretraining.training(recorder, clips.classes, ("f", "g"))
    now = panel.state(**panel.values)
    other = panel.state(epoch=0, encoder=1)
    assert now["figure"].data[0].z != other["figure"].data[0].z
    assert now["text"] != other["text"]
    assert f"{recorder.snapshots[-1].agreement[0]:.2f}" in now["text"]
    assert "before the first epoch" in other["figure"].layout.title.text


def test_the_nearest_other_clip_is_not_the_clip_itself():
    features = torch.tensor([[1.0, 0], [1, 0.1], [0, 1], [0.1, 1]])
    assert pretraining.neighbours(features, torch.tensor([0, 0, 1, 1])) == 1
    assert pretraining.neighbours(features, torch.tensor([0, 1, 2, 3])) == 0


def test_switching_features_switches_points_and_accuracy():
    labels = torch.arange(12) % 3
    good, bad = (
        torch.eye(3)[labels] + 0.01 * torch.rand(12, 3, generator=seeded()),
        torch.rand(12, 3, generator=seeded(1)),
    )
    panel = pretraining.together({"good": (good, good), "bad": (good, bad)}, labels, labels, ["a", "b", "c"])
    first, second = panel.state("good"), panel.state("bad")
    assert "<b>100%</b>" in first["text"]
    assert "<b>100%</b>" not in second["text"]
    assert f"{effective_rank(bad):.1f}" in second["text"]
    assert first["figure"].data[0].x != second["figure"].data[0].x


def test_a_higher_temperature_flattens_the_probabilities(toy):
    clips = toy()
    logits = {
        "teacher": torch.randn(24, 4, generator=seeded()) * 3,
        "student": torch.randn(24, 4, generator=seeded(1)),
    }
    panel = pretraining.temperature(clips, logits)
    cold, hot = (panel.state(clip=3, temperature=t, network="all") for t in (0.5, 30))
    assert max(cold["figure"].data[0].y) > max(hot["figure"].data[0].y)
    assert sum(hot["figure"].data[1].y) == pytest.approx(100, abs=0.1)
    assert len(panel.state(clip=3, temperature=1, network="student")["figure"].data) == 1
    assert f"<b>{clips.classes[int(clips.labels[3])]}</b>" in cold["text"]
    first = panel.controls["clip"].options[0][1]
    assert logits["teacher"].softmax(1).max(1).values.argmin() == first


def test_figures_say_in_words_what_they_show():
    labels, names = torch.arange(10) % 2, ["wave", "sit_down"]
    features = torch.rand(10, 4, generator=seeded())
    matrix = cross_correlation(features, features)
    rows = [
        {
            "name": "teacher",
            "milliseconds": 4.0,
            "p95": 5.0,
            "accuracy": 0.9,
            "parameters": 100,
            "kind": "torch",
        },
        {
            "name": "student",
            "milliseconds": 0.5,
            "p95": 0.6,
            "accuracy": 0.8,
            "parameters": 10,
            "kind": "onnxruntime",
        },
    ]
    answers = torch.tensor([[0.9, 0.1], [0.3, 0.7]])[labels]
    found = {
        "10 clips of 2 classes": representations.scatter(features, labels, names, "t"),
        "Mean correlation on the diagonal 1.00": representations.cross_correlation(
            features, matrix, labels, names, "t"
        ),
        "linear: pstl 75.0 %": representations.comparison(
            {"linear": {"pstl": [0.7, 0.8]}}, "t", {"linear": {"pstl": 0.6}}
        ),
        "teacher: wave 90 %": representations.class_probabilities({"teacher": answers[0]}, names, "t", 0),
        "student (onnxruntime): 0.50 ms, 80.0 %, 10 parameters": representations.frontier(rows, "t"),
        "wave for clips of sit down, 30.0 %": representations.mean_probabilities(answers, labels, names, "t"),
    }
    for words, figure in found.items():
        assert words in figure.layout.meta["alt"]


def test_panels_with_similar_accuracies_have_one_scale():
    def scales(low):
        fig = representations.comparison({"joint": {"a": [0.8, 0.9]}, "bone": {"a": [low, low + 0.1]}}, "t")
        return fig.layout.xaxis2.matches

    assert scales(0.78) == "x"
    assert scales(0.2) is None


def test_a_comparison_draws_every_seed_the_mean_and_the_live_runs():
    figure = representations.comparison(
        {"linear": {"a": [0.5, 0.7], "b": [0.6]}}, "t", {"linear": {"a": 0.4}, "knn": {"b": 0.3}}
    )
    seeds, means, now = figure.data[:3]
    assert list(seeds.x) == [50, 70, 60]
    assert list(means.x) == [60, 60]
    assert list(now.x) == [40]
    assert list(figure.data[5].x) == [30]
