"""Sections of notebooks that show recordings: they draw every variant, and compare what belongs together."""

import pytest
import torch
from helpers import seeded

from skelkit import study
from skelkit.experiments import recordings
from skelkit.experiments.statistics import compare_all
from skelkit.lessons import asymmetric_recorded, forgetting_recorded, probing_recorded, recorded_variants


def recording(experiment, metrics=("faa",), seeds=3):
    """A recording with random numbers for every variant of an experiment."""
    generator = seeded()
    runs = []
    for variant in recordings.EXPERIMENTS[experiment]():
        ways = getattr(variant, "judged", metrics)
        for seed in range(seeds):
            values = {way: float(torch.rand((), generator=generator)) for way in ways}
            fields = {"learner": getattr(variant, "learner", "")}
            run = {"label": variant.label, "seed": seed, "variant": fields | {"changes": variant.changes}}
            runs.append(run | values | {"stored": 40 + len(runs), "head": 1000 + len(runs)})
    about = {"divided": "5 tasks x 6 classes, 4200 clips to train, 2000 to test, cross-subject"}
    return recordings.Recording(about, runs)


@pytest.fixture
def shown(monkeypatch, capsys):
    """Run a section with a random recording; returns the recording, its figures, and what it printed."""

    def section(module, function, experiment):
        found, figures = recording(experiment), []
        monkeypatch.setattr(module.recorded, "find", lambda *_, **__: found)
        for drawing in (module, recorded_variants):
            monkeypatch.setattr(drawing, "show", figures.append)
        setup = study.begin("x", preset="smoke", seed=0)
        capsys.readouterr()
        getattr(module, function)(setup)
        return found, figures, capsys.readouterr().out

    return section


def test_steps_draw_a_curve_for_each_learner_and_compare_the_most_steps_with_the_fewest(shown):
    found, (figure,), told = shown(forgetting_recorded, "show_steps", "steps")
    assert [line.name for line in figure.data] == ["er", "der++", "icarl", "charon", "joint"]
    assert list(figure.data[0].x) == [50, 150, 450]
    ends = [f"er, least_steps = {steps}" for steps in (450, 50)]
    assert figure.data[0].y[2] == pytest.approx(100 * found.means()[ends[0]])
    names = ("er", "der++", "icarl", "charon", "joint")
    ends = [", least_steps = 450", ", least_steps = 50"]
    expected = compare_all({n: found.paired_differences(*(n + end for end in ends)) for n in names})
    assert all(f"450 steps compared with 50: {name}: {each}." in told for name, each in expected.items())


def test_pressure_says_how_many_clips_each_memory_keeps(shown):
    found, (figure,), told = shown(forgetting_recorded, "show_pressure", "pressure")
    most = max(found.means("stored").items(), key=lambda each: each[1])
    whole = found.means("stored")["s = 1"]
    assert f"Whole clips: {whole:.0f} of 4,200 stored. '{most[0]}' stores most: {most[1]:.0f}, " in told
    assert told.count("Compared with whole clips:") == len(found.labels) - 1
    assert len(figure.data[0].y) == len(found.runs)


def test_components_of_all_learners_are_compared_and_corrected_together(shown):
    found, (figure,), told = shown(probing_recorded, "show_replay", "components")
    assert len(figure.data[0].y) == len(found.runs)
    lines = [line for line in told.splitlines() if "3 seeds:" in line]
    assert len(lines) == 4 + 3 + 2
    pairs = [found.paired_differences("er, compression", "er, none")]
    pairs.append(found.paired_differences("er, compression + probing", "er, probing"))
    assert f"memory, with it instead of without: ER: {sum(map(sum, pairs)) / 6:+.1f} [" in told


def test_every_asymmetry_is_compared_with_the_mask_that_hides_as_much(shown):
    found, (figure,), told = shown(asymmetric_recorded, "show_asymmetry", "asymmetry")
    pairs = (len(found.labels) - 1) // 2
    assert len([line for line in told.splitlines() if "3 seeds:" in line]) == 3 * pairs == 24
    differences = found.paired_differences("hops, power 2", "matched to hops, power 2", "knn")
    assert f"k-NN: hops, power 2: {sum(differences) / 3:+.1f} [" in told
    assert figure.layout.meta["alt"].startswith("Asymmetric masks and their controls")


def test_curves_start_at_the_first_weights_and_compare_with_no_pretraining(shown):
    found, (pretraining, tuning), told = shown(asymmetric_recorded, "show_curves", "curves")
    lines = {line.name: line for line in pretraining.data}
    assert lines["PSTL, knn"].x[0] == lines["ASMa, linear"].x[0] == 0
    assert lines["PSTL, knn"].y[0] == pytest.approx(100 * found.means("knn")["scratch"])
    assert tuning.data[0].name == "no pre-training"
    assert list(tuning.data[0].x) == sorted(tuning.data[0].x)
    assert "Pre-training compared with none, knn" in told
    assert ": scratch:" not in told


def test_projectors_differ_from_the_first_in_one_thing_each_and_are_compared_with_it(shown):
    found, (figure,), told = shown(asymmetric_recorded, "show_projector", "projector")
    names = {trace.name for trace in figure.data}
    assert {"another width", "another depth", "another λ"} <= names
    assert told.count("Compared with width 256, depth 2, λ = 0.004:") == len(found.labels) - 1


def test_components_of_an_interrupted_recording_are_compared_as_far_as_they_go(monkeypatch):
    found = recording("components", seeds=2)
    setup, figures = study.begin("x", preset="smoke", seed=0), []
    monkeypatch.setattr(probing_recorded, "show", figures.append)
    for runs in range(1, len(found.runs) + 1):
        part = recordings.Recording(found.about, found.runs[:runs])
        monkeypatch.setattr(probing_recorded.recorded, "find", lambda *_, part=part: part)
        if probing_recorded.show_components(setup) is not None:
            probing_recorded.components_table(part)
            probing_recorded.compare_components(part)
    assert len(figures) == 2 * (8 + 8)
