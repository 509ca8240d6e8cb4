"""Before and after probing: the recorder, statistics of a classifier, the panel, and the ablation."""

from itertools import product

import pytest
import torch
from helpers import seeded
from torch import nn

from skelkit import load
from skelkit.continual import ReplayMemory, diagnostics, learn, metrics
from skelkit.continual.presets import settings
from skelkit.experiments import components
from skelkit.experiments.components import component_names
from skelkit.experiments.recordings import Recording
from skelkit.ops.codecs.uniform import Uniform
from skelkit.viz.panels import probing


@pytest.fixture(scope="module")
def run():
    """A short run of CHARON: its recorder and history."""
    clips = load("synthetic", clips=60, classes=["wave", "hug", "kick", "nod"], seed=0)
    train, test = clips.split("subject", train=range(1, 41, 2))
    recorder = diagnostics.FeatureRecorder(test, settings("smoke").frames)
    history = learn(
        *("charon", train, test, 2),
        memory="10 clips",
        preset="smoke",
        epochs=1,
        callback=recorder,
        progress=False,
    )
    return recorder, history


def test_the_recorder_holds_the_classifier_before_and_after_each_probing(run):
    recorder, history = run
    assert len(recorder.snapshots) == 2
    last = recorder.snapshots[-1]
    assert torch.equal(last.before.weight, history.method.unprobed.weight)
    assert torch.equal(last.after.weight, history.network.classifier.weight)
    assert all(not torch.equal(m.before.weight, m.after.weight) for m in recorder.snapshots)
    assert not any(
        torch.equal(a, b) for a, b in zip(recorder.snapshots[0].after.weight, last.before.weight, strict=True)
    )


def test_the_recorded_classifiers_have_the_accuracies_of_the_accuracy_matrix(run):
    recorder, history = run
    for i, snapshot in enumerate(recorder.snapshots):
        for j in range(i + 1):
            mine = torch.isin(recorder.labels, torch.tensor(history.scenario.order[j]))
            found = metrics.accuracy(snapshot.after(snapshot.features[mine]), recorder.labels[mine])
            assert found == pytest.approx(float(history.accuracy[i, j]))


def test_the_recorded_running_statistics_are_those_before_recalibration(run):
    recorder, history = run
    now = dict(history.network.named_buffers())
    buffers = recorder.snapshots[-1].buffers
    assert buffers.keys() == now.keys()
    assert any(
        not torch.equal(buffers[name], now[name])
        for name in now
        if name.startswith("encoder") and name.endswith("running_mean")
    )


def test_old_new_statistics_equal_those_of_a_loop_over_clips():
    generator = seeded()
    features, labels = torch.randn(40, 3, generator=generator), torch.randint(5, (40,), generator=generator)
    classifier, old, new = nn.Linear(3, 5), [0, 3], [2]
    found = diagnostics.old_new_statistics(classifier, features, labels, old, new)
    answers = [
        (int(y), int(classifier(x).argmax()))
        for x, y in zip(features, labels, strict=True)
        if int(y) in (0, 2, 3)
    ]
    assert found["old"] == pytest.approx(
        sum(y == a for y, a in answers if y != 2) / sum(y != 2 for y, _ in answers)
    )
    assert found["new"] == pytest.approx(
        sum(y == a for y, a in answers if y == 2) / sum(y == 2 for y, _ in answers)
    )
    assert found["predicted_new"] == pytest.approx(sum(a == 2 for _, a in answers) / len(answers))
    assert found["old_as_new"] == pytest.approx(
        sum(a == 2 for y, a in answers if y != 2) / sum(y != 2 for y, _ in answers)
    )
    assert (
        diagnostics.old_new_statistics(classifier, features, labels, [], new)["old"]
        != diagnostics.old_new_statistics(classifier, features, labels, [], new)["old"]
    ), "nan"


def test_the_nearest_mean_is_the_one_of_least_distance_and_a_discriminant_is_it_after_whitening():
    generator = seeded()
    labels = torch.tensor([0, 1, 3]).repeat_interleave(30)  # class 2 has no clips
    features = (
        torch.randn(90, 4, generator=generator) * torch.tensor([1.0, 1, 1, 9])
        + torch.randn(4, 4, generator=generator)[labels]
    )
    means = torch.stack([features[labels == c].mean(0) for c in (0, 1, 3)])
    wanted = torch.tensor([0, 1, 3])[torch.cdist(features, means).argmin(1)]
    assert torch.equal(diagnostics.nearest_mean_classifier(features, labels)(features).argmax(1), wanted)
    around = features - means[torch.tensor([0, 1, -1, 2])[labels]]
    spread = around.T @ around / 90
    root = torch.linalg.cholesky(torch.linalg.inv(spread + 0.1 * spread.diagonal().mean() * torch.eye(4)))
    wanted = torch.tensor([0, 1, 3])[torch.cdist(features @ root, means @ root).argmin(1)]
    assert torch.equal(diagnostics.linear_discriminant(features, labels)(features).argmax(1), wanted)


def test_features_that_are_shifted_move_by_the_shift_over_the_spread():
    features = torch.randn(50, 6, generator=seeded())
    labels = torch.arange(50) % 2
    around = torch.cat([features[labels == c] - features[labels == c].mean(0) for c in (0, 1)])
    shift = torch.tensor([3.0, 4, 0, 0, 0, 0])
    assert diagnostics.class_mean_shift(features, features + shift, labels) == pytest.approx(
        5 / float(around.square().sum(1).mean().sqrt()), rel=1e-5
    )


def test_the_remembered_part_of_a_memory_holds_those_clips_and_logits():
    memory = ReplayMemory("12 clips", Uniform(3), frames=12, joints=4, persons=2, classes=5)
    x = torch.randn(10, 3, 12, 4, 2, generator=seeded())
    labels = torch.arange(10) % 5
    memory.offer(x, labels, torch.randn(10, 5), seeded())
    part = diagnostics.memory_subset(memory, [0, 3])
    assert part.counts().tolist() == [2, 0, 0, 2, 0]
    wanted, mine = memory.read(torch.arange(10)), torch.isin(memory.labels, torch.tensor([0, 3]))
    for found, all_of_them in zip(part.read(torch.arange(4)), wanted, strict=True):
        assert torch.equal(found, all_of_them[mine])


# -- the panel ---------------------------------------------------------------------------------------------


def test_moving_the_slider_shows_another_task_and_the_toggle_another_classifier(run):
    recorder, history = run
    panel = probing.probing(recorder, history.scenario.order, history.scenario.train.classes)
    assert "After task 2" in panel.text.value
    assert len(panel.chart._figure.data) == 2, "before and after, side by side"
    panel.controls["task"].value = 0
    assert "After task 1" in panel.text.value
    assert "–" in panel.text.value, "there are no old classes yet"
    assert all(v is None for row in panel.chart._figure.data[0].z[2:] for v in row), (
        "rows of classes still to come are empty"
    )
    panel.controls["kind"].value = "after probing"
    assert len(panel.chart._figure.data) == 1
    assert "after probing" in panel.chart._figure.layout.title.text


def test_the_picture_is_the_confusion_in_the_order_of_learning(run):
    recorder, history = run
    order = history.scenario.order
    figure = probing.picture(recorder, order, history.scenario.train.classes, 1, "after probing")
    classes = list(sum(order, ()))
    counts = history.confusion[classes][:, classes].double()
    assert torch.allclose(
        torch.tensor(figure.data[0].z, dtype=torch.float64),
        100 * counts / counts.sum(1, keepdim=True),
        atol=0.05,
    )
    assert figure.layout.meta["alt"]


# -- what each part brings -------------------------------------------------------------------------------

GAINS = {"compression": 0.01, "masking": 0.02, "probing": 0.04, "refresh": 0.03}


def run_of(learner, changes, seed, faa):
    label = f"{learner}, {component_names(changes)}"
    return {"label": label, "seed": seed, "faa": faa, "variant": {"learner": learner, "changes": changes}}


def recording(without=()) -> Recording:
    """Components that simply add up, the same for both seeds but for a constant."""
    runs = []
    for on, seed in product(product((False, True), repeat=4), (0, 1)):
        changes = dict(zip(GAINS, on, strict=True))
        faa = 0.5 + 0.1 * seed + sum(GAINS[name] for name, is_on in changes.items() if is_on)
        learner = "charon" if changes.pop("masking") else "der++"
        runs.append(run_of(learner, changes, seed, faa))
    return Recording({}, [r for r in runs if r["label"] not in without])


def test_gains_that_add_up_are_found_alone_together_and_overall():
    found = recording()
    assert len(components.rows(found)) == 16
    for part, among in product(GAINS, ("alone", "together", "all")):
        assert components.gain(found, part, among) == pytest.approx([100 * GAINS[part]] * 2)
    assert components.best(found, "alone") == ("probing", pytest.approx([4, 4]))


def test_gains_of_a_factorial_are_means_over_the_other_switches_for_each_learner_seed_by_seed():
    accuracy = {(False, False): 0.2, (True, False): 0.3, (False, True): 0.5, (True, True): 0.8}
    runs = [
        run_of(
            learner,
            {"compression": a, "probing": b},
            seed,
            value + 0.01 * seed * a + 0.1 * (learner == "icarl") * a,
        )
        for seed in (0, 1)
        for (a, b), value in accuracy.items()
        for learner in ("er", "icarl")
    ]
    found = Recording({}, runs)
    assert components.gain(found, "compression", learners=["er"]) == pytest.approx([20, 21])
    assert components.gain(found, "compression", learners=["icarl"]) == pytest.approx([30, 31])
    assert components.gain(found, "compression", learners=["er", "icarl"]) == pytest.approx([25, 26])
    assert components.gain(found, "probing", learners=["charon"]) == []
    assert components.gain(found, "refresh", learners=["er"]) == []


def test_a_recording_that_is_not_finished_says_what_it_can():
    found = recording(without=("der++, none",))
    assert components.gain(found, "probing", "alone") == []
    assert components.best(found, "alone") is None
    assert components.gain(found, "probing", "together") == pytest.approx([4, 4])
    table = probing.AblationTable(components.rows(found))
    assert "–" in table._repr_html_()
    assert "65.0 % [1.5, 100.0] (2)" in table._repr_html_()
    assert "65.0 % [1.5, 100.0] (2)" in repr(table)
