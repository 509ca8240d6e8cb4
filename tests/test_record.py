"""Longer runs, kept."""

import json
import shlex
from dataclasses import asdict
from pathlib import Path

import pytest

from skelkit import study
from skelkit.cli.main import main
from skelkit.deploy import distillation
from skelkit.experiments import continual, recordings, selfsup
from skelkit.experiments.continual import LearnerVariant
from skelkit.study import display, recorded
from skelkit.training.settings import choose

FEW = {"epochs": 1, "probe_epochs": 1, "least_probe_steps": 0}


@pytest.fixture
def tiny(monkeypatch):
    variants = [
        LearnerVariant("nothing", "fine-tuning", changes=FEW),
        LearnerVariant("replay", "er", "4 clips", FEW),
    ]
    monkeypatch.setitem(recordings.EXPERIMENTS, "tiny", lambda: variants)
    return variants


def test_help_lists_the_labels_of_every_experiment_as_a_shell_takes_them(capsys):
    with pytest.raises(SystemExit):
        main(["record", "--help"])
    printed = capsys.readouterr().out
    labels = [variant.label for variants in recordings.EXPERIMENTS.values() for variant in variants()]
    assert len(labels) > 50
    assert [label for label in labels if shlex.quote(label) not in printed] == []


def test_missing_runs_are_run_and_recorded_ones_are_kept(tiny, tmp_path):
    told = []
    first = recordings.record(
        "tiny", seeds=[0], preset="smoke", jobs=1, folder=tmp_path, only=["replay"], log=told.append
    )
    assert first.labels == ["replay"]
    assert "1 to do" in told[0]
    both = recordings.record("tiny", seeds=[0], preset="smoke", jobs=1, folder=tmp_path, log=told.append)
    assert both.labels == ["nothing", "replay"], "in the order of the experiment"
    assert both.of("replay") == first.of("replay"), "it was not run again"
    before = (tmp_path / "synthetic" / "tiny.json").read_text()
    recordings.record("tiny", seeds=[0], preset="smoke", jobs=1, folder=tmp_path, log=told.append)
    assert "0 to do" in told[-1]
    assert (tmp_path / "synthetic" / "tiny.json").read_text() == before


def test_a_recording_states_how_it_was_produced(tiny, tmp_path):
    kept = recordings.record(
        "tiny", seeds=[0], preset="smoke", jobs=1, folder=tmp_path, only=["nothing"], log=lambda _: None
    )
    assert kept.about["command"] == "skelkit record tiny --dataset synthetic"
    assert {"machine", "date", "preset", "divided"} <= kept.about.keys()
    (run,) = kept.runs
    assert run["variant"]["learner"] == "fine-tuning"
    assert 0 <= run["faa"] <= 1
    assert run["total_seconds"] > 0
    assert str(tmp_path) not in json.dumps(kept.about)


def test_a_variant_that_was_changed_is_run_again(tiny, tmp_path, monkeypatch):
    recordings.record(
        "tiny", seeds=[0], preset="smoke", jobs=1, folder=tmp_path, only=["nothing"], log=lambda _: None
    )
    other = [LearnerVariant("nothing", "fine-tuning", changes=FEW | {"lr": 1e-3})]
    monkeypatch.setitem(recordings.EXPERIMENTS, "tiny", lambda: other)
    kept = recordings.record("tiny", seeds=[0], preset="smoke", jobs=1, folder=tmp_path, log=lambda _: None)
    assert len(kept.runs) == 1
    assert kept.runs[0]["variant"]["changes"]["lr"] == 1e-3


def test_mean_and_spread_are_over_seeds():
    runs = [{"label": "a", "seed": s, "faa": v} for s, v in ((1, 0.3), (0, 0.1), (2, 0.2))]
    kept = recordings.Recording({}, runs)
    assert kept.of("a") == [0.1, 0.3, 0.2]
    mean, spread, seeds = kept.summary()["a"]
    assert (mean, spread, seeds) == (pytest.approx(0.2), pytest.approx(0.1), 3)
    assert kept.points("a") == "20.0 ± 10.0 points"


def test_errors_on_unknown_names_list_the_known_ones(tiny, tmp_path):
    with pytest.raises(ValueError, match="no experiment 'speed'; known: methods"):
        recordings.record("speed", folder=tmp_path)
    with pytest.raises(ValueError, match="no variant x in tiny; there are: nothing; replay"):
        recordings.record("tiny", only=["x"], folder=tmp_path)
    assert recordings.read("tiny", "synthetic", tmp_path) is None


@pytest.mark.parametrize("name", list(continual.EXPERIMENTS))
def test_every_variant_names_a_learner_and_settings_that_exist(name):
    from skelkit.continual import LEARNERS, settings

    variants = continual.EXPERIMENTS[name]()
    assert len({v.label for v in variants}) == len(variants), "labels are told apart"
    for variant in variants:
        assert variant.learner in LEARNERS
        settings("laptop", LEARNERS[variant.learner], **variant.changes).memory_codec()


@pytest.mark.parametrize("name", list(selfsup.EXPERIMENTS))
def test_every_variant_names_a_method_and_settings_that_exist(name):
    from skelkit.selfsup import OBJECTIVES, presets

    variants = selfsup.EXPERIMENTS[name]()
    assert len({v.label for v in variants}) == len(variants), "labels are told apart"
    for variant in variants:
        if name == "students":
            for changes in variant.students.values():
                choose(distillation.DISTILLATION_PRESETS, "laptop", changes)
        else:
            assert variant.method in OBJECTIVES
            presets.settings("laptop", OBJECTIVES[variant.method], **variant.changes)


def test_where_few_labels_are_known_neither_teacher_nor_student_sees_the_others(monkeypatch):
    seen = []
    distill = selfsup.distill
    monkeypatch.setattr(
        selfsup,
        "distill",
        lambda teacher, clips, **rest: (seen.append((len(clips), rest)), distill(teacher, clips, **rest))[1],
    )
    ways = {"answers alone": {"hard": 0.0, "epochs": 1}, "labels": {"epochs": 1}}
    found = selfsup.StudentsVariant(students=ways, fraction=0.1).run("synthetic", 0, "smoke")
    (every, answers), (known, labels) = seen
    assert known == found["labelled"] < every
    assert answers["hard"] == 0
    assert answers["validation"] == labels["validation"] == 0


def test_a_run_of_students_keeps_the_teacher_and_all_of_them():
    found = selfsup.StudentsVariant(students={"student": {"epochs": 1}, "labels": {"epochs": 1}}).run(
        "synthetic", 0, "smoke"
    )
    assert {"teacher", "student", "labels", "student, 2:4", "student, 2:4, taught again"} <= found.keys()
    assert found["student_parameters"] < 0.1 * found["teacher_parameters"]


@pytest.mark.parametrize(
    ("method", "judged"),
    [
        ("pstl", ("knn", "linear", "semi 10 %")),
        ("asma", ("first alone", "second alone", "joined", "aligned")),
        ("pstl", ("linear", "streams")),
    ],
)
def test_a_run_of_pretraining_keeps_how_it_was_judged_and_what_it_cost(method, judged, tmp_path, monkeypatch):
    variant = selfsup.PretrainingVariant(
        "one", method, judged, {"epochs": 1, "linear_epochs": 2, "projector": 8}
    )
    found = variant.run("synthetic", 0, "smoke")
    streams = ("joint", "bone", "motion", "ensemble", "joined", "aligned")
    assert all(0 <= found[name] <= 1 for way in judged for name in (streams if way == "streams" else [way]))
    assert found["parameters"] > 0
    assert found["head"] > 0
    assert found["total_seconds"] >= found["pretraining_seconds"] > 0


@pytest.mark.parametrize(("name", "seconds"), [("heads", 1), ("pairs", 1)])
def test_recorded_runs_of_every_kind_are_recognised_and_not_repeated(name, seconds, monkeypatch, tmp_path):
    """Settings with many decimals; variants that are not judged by linear evaluation."""
    found = dict.fromkeys(("knn", "linear", "first alone", "second alone", "joined", "aligned"), 0.5) | {
        "total_seconds": 1.0,
        "divided": "so",
    }
    monkeypatch.setattr(
        selfsup.PretrainingVariant,
        "run",
        lambda self, dataset, seed, *rest: {
            "label": self.label,
            "seed": seed,
            "variant": asdict(self),
            **found,
        },
    )
    told = []
    variants = len(selfsup.EXPERIMENTS[name]())
    assert (
        len(recordings.record(name, seeds=[0], jobs=1, folder=tmp_path, log=told.append).runs)
        == variants
        == len(told) - 1
    )
    recordings.record(name, seeds=[0], jobs=1, folder=tmp_path, log=told.append)
    assert told[-1] == f"{name} on synthetic: {variants} runs kept, 0 to do"


def test_sources_are_gathered_on_the_skeleton_of_the_first(tmp_path, toy):
    import torch

    from skelkit import ClipSet
    from skelkit.skeletons.layouts import KINECT20

    other = ClipSet.from_arrays(
        [torch.rand(9, 20, 3) for _ in range(4)],
        labels=[0, 0, 1, 1],
        skeleton=KINECT20,
        classes=["wave", "fly"],
    )
    path = other.save(tmp_path / "other.safetensors")
    clips = selfsup.merged_sources(["synthetic", str(path)], "smoke", 0)
    assert clips.skeleton.name == "NTU-25"
    assert len(clips) == 38 + 4
    assert "fly" in clips.classes


@pytest.mark.parametrize("text", ['{"runs": [', "[]", "{}", "3"])
def test_an_error_names_the_damaged_recording(text, tmp_path):
    (tmp_path / "synthetic").mkdir()
    (tmp_path / "synthetic" / "tiny.json").write_text(text)
    with pytest.raises(ValueError, match=r"tiny\.json: found no whole recording \(.*record again"):
        recordings.read("tiny", "synthetic", tmp_path)


def test_a_recording_of_a_renamed_experiment_is_read_and_continued_under_its_new_name(tmp_path, monkeypatch):
    variants = [LearnerVariant("nothing", "fine-tuning", changes=FEW)]
    for name in ("parts", "ablation"):
        monkeypatch.setitem(recordings.EXPERIMENTS, name, lambda: variants)
    options = {"preset": "smoke", "jobs": 1, "folder": tmp_path, "log": lambda _: None}
    old = recordings.record("parts", seeds=[0], **options)
    assert recordings.read("ablation", "synthetic", tmp_path) == old
    new = recordings.record("ablation", seeds=[0, 1], **options)
    assert new.runs[0] == old.runs[0]
    assert recordings.read("ablation", "synthetic", tmp_path) == new != old
    assert (tmp_path / "synthetic" / "ablation.json").exists()


def test_differences_between_variants_are_paired_by_seed():
    runs = [
        {"label": label, "seed": seed, "faa": value}
        for label, seed, value in (("CHARON", 0, 0.5), ("CHARON", 1, 0.7), ("x", 1, 0.6), ("x", 2, 0.1))
    ]
    assert recordings.Recording({}, runs).paired_differences("x", "CHARON") == pytest.approx([-10])
    assert recordings.Recording({}, runs).paired_differences("y", "CHARON") == []


def test_a_verdict_says_whether_a_difference_is_more_than_seeds_differ(capsys):
    study.begin("x", preset="smoke", seed=0)
    recorded.verdict("one against the other", [3.0, 4.0, 5.0])
    recorded.verdict("one against the other", [-3.0, 4.0, 5.0])
    recorded.verdict("one against the other", [7.0])
    recorded.verdict("one against the other", [])
    told = capsys.readouterr().out.splitlines()
    assert told[2:] == [
        "→ one against the other: +7.0 points in one seed; the spread over seeds is unknown.",
        "→ one against the other: not recorded yet.",
    ]
    assert told[0] == "→ one against the other: +4.0 ± 1.0 points over 3 seeds."
    assert told[1].endswith("not significant.")


def test_several_verdicts_are_one_table_and_each_is_kept(capsys):
    study.begin("x", preset="smoke", seed=0)
    recorded.verdicts("Against <nothing>", {"one": [3.0, 4.0, 5.0], "two": [-3.0, 4.0, 5.0], "three": []})
    assert capsys.readouterr().out.splitlines() == [
        "→ Against <nothing>: one: +4.0 ± 1.0 points over 3 seeds.",
        "→ Against <nothing>: two: +2.0 ± 4.4 points over 3 seeds; not significant.",
        "→ Against <nothing>: three: not recorded yet.",
    ]
    assert [claim["holds"] for claim in study.results()["claims"]] == [True, False, False]
    page = display.FindingsTable("Against <nothing>:", [(True, "", ("one", "+4.0", ""))])._repr_html_()
    assert "Against &lt;nothing&gt;" in page
    assert page.count("<tr>") == 1


def test_a_notebook_is_told_how_a_recording_came_about_or_how_to_make_it(tiny, tmp_path, capsys):
    setup = study.begin("x", preset="smoke", seed=0)
    assert recorded.find("tiny", setup, tmp_path) is None
    recordings.record(
        "tiny", seeds=[0], preset="smoke", jobs=1, folder=tmp_path, only=["nothing"], log=lambda _: None
    )
    assert recorded.find("tiny", setup, tmp_path).labels == ["nothing"]
    told = capsys.readouterr().out
    assert "make one with: skelkit record tiny --dataset synthetic" in told
    assert "skelkit record tiny --dataset synthetic: preset smoke, 3 tasks x 2 classes" in told


def test_another_data_sets_recording_is_shown_only_where_there_is_none_and_it_is_said(
    tiny, tmp_path, capsys, toy
):
    setup = study.begin(
        "x", preset="smoke", dataset=str(toy().save(tmp_path / "elsewhere.safetensors")), seed=0
    )
    recordings.record(
        "tiny", seeds=[0], preset="smoke", jobs=1, folder=tmp_path, only=["nothing"], log=lambda _: None
    )
    assert recorded.find("tiny", setup, tmp_path) is None
    assert recorded.find("tiny", setup, tmp_path, instead="synthetic").labels == ["nothing"]
    assert "results on synthetic are shown" in capsys.readouterr().out


def first_table(text, heading):
    """Cells of the rows of the first table under a heading that hold results."""
    lines = text.split(f"## {heading}\n")[1].split("\n## ")[0].split("\n### ")[0].splitlines()
    return [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in lines
        if line.startswith("|") and " ± " in line
    ]


def test_the_page_of_results_says_what_was_recorded():
    table = (Path(__file__).parents[1] / "docs" / "results.md").read_text("utf-8")
    methods = first_table(table, "Self-supervised learning")
    assert len(methods) == 6
    for name, *cells in methods:
        method = {"none": "scratch"}.get(name, name.replace("*", "").lower())
        for way, cell in zip(("knn", "linear", "finetune", "semi 10 %", "semi 1 %"), cells, strict=True):
            assert f"{cell} points" == recordings.read("pretraining", "synthetic").points(method, way), (
                method,
                way,
            )
    learners = first_table(table, "Continual learning")
    assert len(learners) == 8
    for name, *cells in learners:
        learner = name.replace("*", "").split(" (")[0].lower().removesuffix(" training")
        for dataset, cell in zip(("synthetic", "precog", "bandai-namco-2"), cells, strict=True):
            assert f"{cell} points" == recordings.read("methods", dataset).points(learner), (learner, dataset)
    for experiment, label, what in (
        ("intervals", "s = 1", ""),
        ("intervals", "s = 5", ""),
        ("codecs", "int8, every 30th frame", "bytes"),
        ("codecs", "float32, every frame", "bytes"),
        ("ratios", "0%", ""),
        ("ratios", "90%", ""),
    ):
        kept = recordings.read(experiment, "synthetic")
        assert kept.points(label).removesuffix(" points") in table, (experiment, label)
        assert not what or f"{kept.summary('bytes_per_clip')[label][0]:,.0f}" in table, (experiment, label)
    pairs, heads = recordings.read("pairs", "synthetic"), recordings.read("heads", "synthetic")
    of_f_and_g = [("f and g", way) for way in ("first alone", "second alone", "joined", "aligned")]
    for label, way in [*of_f_and_g, ("two g", "aligned"), ("two random", "aligned")]:
        assert pairs.points(label, way).removesuffix(" points") in table, (label, way)
    for label in ("2 x 32", "2 x 1024"):
        assert heads.points(label, "linear").removesuffix(" points") in table, label
        assert f"{heads.of(label, 'head')[0]:,}" in table, label
    streams = recordings.read("streams", "synthetic")
    for label, ways in (("asma", ("joint", "bone", "motion", "ensemble")), ("pstl", ("joint", "ensemble"))):
        for way in ways:
            assert streams.points(label, way).removesuffix(" points") in table, (label, way)
    taught = recordings.read("students", "synthetic")
    usual, _, few = taught.labels
    for label, ways in (
        (usual, ("teacher", "student", "labels")),
        (few, ("teacher", "answers alone", "labels")),
    ):
        for way in ways:
            assert taught.points(label, way).removesuffix(" points") in table, (label, way)
    mean, apart, _ = recordings.spread(taught.paired_differences(usual, usual, "teacher", "student"))
    assert f"loses {mean:.1f} ± {apart:.1f} points" in table
    mean, apart, _ = recordings.spread(taught.paired_differences(few, few, "answers alone", "labels"))
    assert f"{mean:.1f} ± {apart:.1f} points (paired by seed), which is not significant" in table
    for label, way in (
        ("asma", "linear"),
        ("pstl", "linear"),
        ("scratch", "linear"),
        ("asma", "transfer"),
        ("scratch", "transfer"),
    ):
        assert recordings.read("transfer", "precog").points(label, way).removesuffix(" points") in table, (
            label,
            way,
        )
    for label in ("mirrored", "not mirrored"):
        assert (
            recordings.read("mirrored", "precog").points(label, "linear").removesuffix(" points") in table
        ), label
