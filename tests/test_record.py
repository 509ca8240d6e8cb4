"""Longer runs, kept."""

import json
import shlex

import pytest
import torch

from skelkit import study
from skelkit.cli.main import main
from skelkit.cli.record import seeds as seeds_of
from skelkit.continual import CONTINUAL_PRESETS
from skelkit.deploy import distillation
from skelkit.experiments import continual, predictions, recordings, selection, selfsup, statistics, students
from skelkit.experiments.bootstrap import accuracy_interval
from skelkit.experiments.continual import LearnerVariant
from skelkit.experiments.run_data import RunData
from skelkit.lessons import asymmetric_recorded, probing_recorded
from skelkit.study import display, recorded
from skelkit.training.settings import choose

SMOKE = RunData(preset="smoke")
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
    first = recordings.record("tiny", SMOKE, [0], jobs=1, folder=tmp_path, only=["replay"], log=told.append)
    assert first.labels == ["replay"]
    assert "1 to do" in told[0]
    both = recordings.record("tiny", SMOKE, [0], jobs=1, folder=tmp_path, log=told.append)
    assert both.labels == ["nothing", "replay"], "in the order of the experiment"
    assert both.of("replay") == first.of("replay"), "it was not run again"
    before = (tmp_path / "synthetic" / "tiny.json").read_text()
    recordings.record("tiny", SMOKE, [0], jobs=1, folder=tmp_path, log=told.append)
    assert "0 to do" in told[-1]
    assert (tmp_path / "synthetic" / "tiny.json").read_text() == before


def test_a_recording_states_how_it_was_produced(tiny, tmp_path):
    kept = recordings.record(
        "tiny", SMOKE, [0], jobs=1, folder=tmp_path, only=["nothing"], log=lambda _: None
    )
    assert kept.about["command"] == "skelkit record tiny --dataset synthetic"
    assert {"machine", "date", "preset", "divided"} <= kept.about.keys()
    (run,) = kept.runs
    assert run["variant"]["learner"] == "fine-tuning"
    assert 0 <= run["faa"] <= 1
    assert run["total_seconds"] > 0
    assert str(tmp_path) not in json.dumps(kept.about)


def test_a_variant_that_was_changed_is_run_again(tiny, tmp_path, monkeypatch):
    recordings.record("tiny", SMOKE, [0], jobs=1, folder=tmp_path, only=["nothing"], log=lambda _: None)
    other = [LearnerVariant("nothing", "fine-tuning", changes=FEW | {"lr": 1e-3})]
    monkeypatch.setitem(recordings.EXPERIMENTS, "tiny", lambda: other)
    kept = recordings.record("tiny", SMOKE, [0], jobs=1, folder=tmp_path, log=lambda _: None)
    assert len(kept.runs) == 1
    assert kept.runs[0]["variant"]["changes"]["lr"] == 1e-3


def test_runs_with_other_settings_are_dropped_when_a_preset_changes(tiny, tmp_path, monkeypatch):
    recordings.record("tiny", SMOKE, [0], jobs=1, folder=tmp_path, only=["nothing"], log=lambda _: None)
    told = []
    recordings.record("tiny", SMOKE, [0], jobs=1, folder=tmp_path, only=["nothing"], log=told.append)
    assert told == ["tiny on synthetic: 1 runs kept, 0 to do"]
    slower = choose(CONTINUAL_PRESETS, "smoke", {"lr": 1e-3})
    monkeypatch.setitem(CONTINUAL_PRESETS, "smoke", slower)
    kept = recordings.record("tiny", SMOKE, [0], jobs=1, folder=tmp_path, only=["nothing"], log=told.append)
    assert told[1] == "tiny on synthetic: 0 runs kept, 1 that differ are dropped, 1 to do"
    assert kept.about["settings"]["lr"] == 1e-3


@pytest.mark.parametrize("experiment", recordings.EXPERIMENTS)
def test_every_experiment_states_its_settings_as_plain_values(experiment):
    for variant in recordings.EXPERIMENTS[experiment]():
        found = variant.settings("laptop")
        assert found == json.loads(json.dumps(found))
        assert found


def test_means_and_intervals_are_over_seeds():
    runs = [{"label": "a", "seed": s, "faa": v} for s, v in ((1, 0.6), (0, 0.4), (2, 0.5))]
    kept = recordings.Recording({}, runs)
    assert kept.of("a") == [0.4, 0.6, 0.5]
    assert kept.means() == {"a": pytest.approx(0.5)}
    assert kept.percent("a") == "50.0 % [25.2, 74.8]"  # 4.303 · 10 / √3


def test_recorded_numbers_are_found_again_from_the_recorded_predictions(tiny, tmp_path):
    kept = recordings.record("tiny", SMOKE, [0, 1], jobs=1, folder=tmp_path, log=lambda _: None)
    names = {"accuracy", "task_accuracy", "faa", "task_faa", "forgetting", "backward_transfer"}
    for run in kept.runs:
        found = kept.recomputed(run)
        assert found.keys() == names
        assert found == {name: run[name] for name in names}
    assert len(kept.about["tests"]) == 2, "one list of labels for all runs of a seed"
    correct, shared = kept.correct("replay", "accuracy")
    assert not shared
    assert accuracy_interval(correct, shared_clips=shared).seeds == 2
    last = [sum(run["accuracy"][-1]) / 3 for run in kept.runs if run["label"] == "replay"]
    assert [float(each.float().mean()) for each in correct] == pytest.approx(last, abs=0.1)


def test_recorded_accuracies_of_encoders_and_students_are_found_again(tmp_path, monkeypatch):
    encoders = selfsup.PretrainingVariant("one", "scratch", ("knn", "linear"), {"linear_epochs": 2})
    student = students.StudentsVariant(students={"student": {"epochs": 1}})
    for variant in (encoders, student):
        monkeypatch.setitem(recordings.EXPERIMENTS, "tiny", lambda variant=variant: [variant])
        kept = recordings.record("tiny", SMOKE, [0], jobs=1, folder=tmp_path, log=lambda _: None)
        (run,) = kept.runs
        found = kept.recomputed(run)
        assert len(found) == (2 if variant is encoders else 4)
        assert found == {name: run[name] for name in found}


def recorded_by_the_project():
    """Experiment and data set of every recording of the project."""
    return [(path.stem, path.parent.name) for path in sorted(recordings.FOLDER.glob("*/*.json"))]


@pytest.mark.parametrize(("experiment", "dataset"), recorded_by_the_project())
def test_every_number_of_the_projects_recordings_follows_from_its_predictions(experiment, dataset):
    kept = recordings.read(experiment, dataset)
    for run in kept.runs:
        found = kept.recomputed(run)
        assert found == {name: run[name] for name in found}
        assert found or "predictions" not in run


@pytest.mark.parametrize(("experiment", "dataset"), recorded_by_the_project())
def test_the_projects_recordings_were_made_with_the_settings_of_today(experiment, dataset):
    kept, variants = recordings.read(experiment, dataset), recordings.EXPERIMENTS[experiment]()
    if "settings" not in kept.about:
        pytest.skip("recorded before settings were stated")
    if experiment not in selection.EXPERIMENTS:  # what those choose may differ from what they began with
        assert kept.about["settings"] == variants[0].settings(kept.about["preset"])
    assert set(kept.labels) <= {variant.label for variant in variants}
    seeds = {label: sorted(r["seed"] for r in kept.runs if r["label"] == label) for label in kept.labels}
    assert all(len(each) > 1 and each == list(range(len(each))) for each in seeds.values()), "interrupted"
    if experiment not in selection.EXPERIMENTS:  # which go on where few seeds do not tell settings apart
        assert len({len(each) for each in seeds.values()}) == 1


def test_a_recording_without_predictions_is_still_read(tmp_path):
    (tmp_path / "old").mkdir()
    run = {"label": "charon", "seed": 0, "faa": 0.5, "variant": {}}
    (tmp_path / "old" / "methods.json").write_text(json.dumps({"preset": "laptop", "runs": [run]}))
    kept = recordings.read("methods", "old", tmp_path)
    assert kept.recomputed(run) == {}
    assert kept.correct("charon", "accuracy") == ([], False)


def test_the_predictions_of_a_whole_experiment_stay_below_a_megabyte():
    """Eight variants with eight seeds on 2,000 clips, even if they are guessed, which compresses worst."""
    generator = torch.Generator().manual_seed(0)
    labels, seen = torch.arange(2_000) % 10, torch.arange(10) // 2
    unseen = seen[labels] > torch.arange(5)[:, None]  # [tasks, clips]
    guessed = torch.randint(10, (5, 2_000), generator=generator).masked_fill(unseen, -1)
    within = (labels // 2 * 2 + torch.randint(2, (5, 2_000), generator=generator)).masked_fill(unseen, -1)
    size = 64 * sum(len(predictions.pack(each)) for each in (guessed, within))
    assert size + 8 * len(predictions.pack(labels)) < 700_000
    assert torch.equal(predictions.unpack(predictions.pack(guessed)), guessed)
    many = torch.tensor([0, 300])
    assert torch.equal(predictions.unpack(predictions.pack(many)), many)
    with pytest.raises(ValueError, match="expected numbers of 16 bits"):
        predictions.pack(torch.tensor([40_000]))


def test_runs_with_other_test_clips_are_not_mixed(tiny, tmp_path):
    told = []
    options = {"jobs": 1, "folder": tmp_path, "only": ["nothing"], "log": told.append}
    few = recordings.record("tiny", SMOKE, [0], **options)
    many = recordings.record("tiny", RunData(preset="smoke", test_clips=60), [0], **options)
    assert "34 to test" in few.about["divided"]
    assert "60 to test" in many.about["divided"]
    assert told[2] == "tiny on synthetic: 0 runs kept, 1 that differ are dropped, 1 to do"
    assert len(many.about["tests"]) == len(many.runs) == 1


def test_workers_of_a_dask_cluster_find_what_local_processes_find(tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed", reason="needs Dask: pip install 'skelkit[cluster]'")
    variant = LearnerVariant("fine-tuning", "fine-tuning", changes=FEW)
    monkeypatch.setitem(recordings.EXPERIMENTS, "tiny", lambda: [variant])
    options = {"folder": tmp_path, "log": lambda _: None}
    local = recordings.record("tiny", SMOKE, [0, 1], jobs=2, **options)
    (tmp_path / "synthetic" / "tiny.json").unlink()
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        remote = recordings.record("tiny", SMOKE, [0, 1], scheduler=cluster.scheduler_address, **options)
    seconds = ("seconds", "total_seconds")
    plain = [[{k: v for k, v in r.items() if k not in seconds} for r in x.runs] for x in (local, remote)]
    assert plain[0] == plain[1]
    assert local.about == remote.about


@pytest.mark.parametrize("words", [["x"], ["0"], ["1-2-3"], ["-1"], ["1.5"]])
def test_an_error_says_how_seeds_are_given(words, capsys):
    with pytest.raises(ValueError, match="expected a number of seeds, such as 8, or seeds, such as 3 4"):
        seeds_of(words)


def test_the_command_records_on_more_test_clips_and_prints_intervals(tmp_path, capsys):
    words = ["record", "ratios", "--preset", "smoke", "--only", "0%", "--seeds", "2", "--test-clips", "50"]
    assert main([*words, "--jobs", "1", "--out", str(tmp_path)]) == 0
    kept = recordings.read("ratios", "synthetic", tmp_path)
    assert kept.about["test_clips"] == 50
    assert [run["seed"] for run in kept.runs] == [0, 1]
    assert f"FAA {kept.percent('0%')} (2 seeds)" in capsys.readouterr().out


def test_errors_on_unknown_names_list_the_known_ones(tiny, tmp_path):
    with pytest.raises(ValueError, match="no experiment 'speed'; known: methods"):
        recordings.record("speed", SMOKE, [0], folder=tmp_path)
    with pytest.raises(ValueError, match="no variant x in tiny; there are: nothing; replay"):
        recordings.record("tiny", SMOKE, [0], only=["x"], folder=tmp_path)
    assert recordings.read("tiny", "synthetic", tmp_path) is None


@pytest.mark.parametrize("name", list(continual.EXPERIMENTS))
def test_every_variant_names_a_learner_and_settings_that_exist(name):
    from skelkit.continual import LEARNERS, settings

    variants = continual.EXPERIMENTS[name]()
    assert len({v.label for v in variants}) == len(variants), "labels are told apart"
    for variant in variants:
        assert variant.learner in LEARNERS
        settings("laptop", LEARNERS[variant.learner], **variant.changes).memory_codec()


@pytest.mark.parametrize("name", [*selfsup.EXPERIMENTS, *students.EXPERIMENTS])
def test_every_variant_names_a_method_and_settings_that_exist(name):
    from skelkit.selfsup import OBJECTIVES, presets

    variants = recordings.EXPERIMENTS[name]()
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
    distill = students.distill
    monkeypatch.setattr(
        students,
        "distill",
        lambda teacher, clips, **rest: (seen.append((len(clips), rest)), distill(teacher, clips, **rest))[1],
    )
    ways = {"answers alone": {"hard": 0.0, "epochs": 1}, "labels": {"epochs": 1}}
    found = students.StudentsVariant(students=ways, fraction=0.1).run(SMOKE, 0)
    (every, answers), (known, labels) = seen
    assert known == found["labelled"] < every
    assert answers["hard"] == 0
    assert answers["validation"] == labels["validation"] == 0


def test_a_run_of_students_keeps_the_teacher_and_all_of_them():
    ways = {"student": {"epochs": 1}, "labels": {"epochs": 1}}
    found = students.StudentsVariant(students=ways).run(SMOKE, 0)
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
    found = variant.run(SMOKE, 0)
    streams = ("joint", "bone", "motion", "ensemble", "joined", "aligned")
    assert all(0 <= found[name] <= 1 for way in judged for name in (streams if way == "streams" else [way]))
    assert found["parameters"] > 0
    assert found["head"] > 0
    assert found["total_seconds"] >= found["pretraining_seconds"] > 0


@pytest.mark.parametrize("name", ["projector", "pairs"])
def test_recorded_runs_of_every_kind_are_recognised_and_not_repeated(name, monkeypatch, tmp_path, toy):
    """Settings with many decimals; variants that are not judged by linear evaluation."""
    found = dict.fromkeys(("knn", "linear", "first alone", "second alone", "joined", "aligned"), 0.5) | {
        "total_seconds": 1.0,
        "divided": "so",
        "test": toy(),
    }
    monkeypatch.setattr(
        selfsup.PretrainingVariant, "run", lambda self, data, seed: {**found, "predictions": {}}
    )
    told = []
    variants = len(recordings.EXPERIMENTS[name]())
    assert (
        len(recordings.record(name, RunData(), [0], jobs=1, folder=tmp_path, log=told.append).runs)
        == variants
        == len(told) - 1
    )
    recordings.record(name, RunData(), [0], jobs=1, folder=tmp_path, log=told.append)
    assert told[-1] == f"{name} on synthetic: {variants} runs kept, 0 to do"


def test_sources_are_gathered_on_the_skeleton_of_the_first(tmp_path, toy):
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


def test_differences_between_variants_are_paired_by_seed():
    runs = [
        {"label": label, "seed": seed, "faa": value}
        for label, seed, value in (("CHARON", 0, 0.5), ("CHARON", 1, 0.7), ("x", 1, 0.6), ("x", 2, 0.1))
    ]
    assert recordings.Recording({}, runs).paired_differences("x", "CHARON") == pytest.approx([-10])
    assert recordings.Recording({}, runs).paired_differences("y", "CHARON") == []
    assert recordings.Recording({}, runs).differences_from("CHARON") == {"x": pytest.approx([-10])}


def test_a_verdict_says_whether_a_difference_is_significant(capsys):
    study.begin("x", preset="smoke", seed=0)
    for differences in ([3.0, 4.0, 5.0], [-3.0, 4.0, 5.0], [7.0], []):
        recorded.verdict("one against the other", differences)
    told = capsys.readouterr().out.splitlines()
    assert told[0] == ("→ one against the other: +4.0 [+1.5, +6.5] points, p = 0.02, 3 seeds: significant.")
    assert told[1].endswith("not significant at this size (14.2 points could have been seen).")
    assert told[2:] == [
        "→ one against the other: +7.0 points; one seed: no test.",
        "→ one against the other: not recorded yet.",
    ]
    assert [claim["holds"] for claim in study.results()["claims"]] == [True, False, False, False]


def test_the_tables_of_a_figure_are_corrected_together(capsys):
    study.begin("x", preset="smoke", seed=0)
    values = [3.0, 4.0, 5.0]
    recorded.verdicts({"Against <nothing>": {"one": values, "three": []}})
    recorded.verdicts({"Against <nothing>": {"one": values}, "Against more": {"two": [-3.0, 4.0, 5.0]}})
    recorded.verdicts({"Against <nothing>": {"one": values}}, also={"hidden": [-3.0, 4.0, 5.0]})
    recorded.verdict("one", values, also={"hidden": [-3.0, 4.0, 5.0]})
    alone, missing, first, second, shown, single = capsys.readouterr().out.splitlines()
    assert alone == "→ Against <nothing>: one: +4.0 [+1.5, +6.5] points, p = 0.02, 3 seeds: significant."
    assert missing == "→ Against <nothing>: three: not recorded yet."
    assert "p = 0.04, 3 seeds: significant" in first
    assert "p = 0.51, 3 seeds: not significant" in second
    assert shown == first
    assert "p = 0.04" in single
    page = display.FindingsTable("Against <nothing>:", [(True, "", ("one", "+4.0", ""))])._repr_html_()
    assert "Against &lt;nothing&gt;" in page
    assert page.count("<tr>") == 1


def noisy(labels, metrics=("faa",), seeds=3):
    """A recording of random accuracies."""
    generator = torch.Generator().manual_seed(0)
    return recordings.Recording(
        {},
        [
            {"label": label, "seed": seed} | {m: float(torch.rand((), generator=generator)) for m in metrics}
            for label in labels
            for seed in range(seeds)
        ],
    )


def test_one_recorded_change_of_charon_is_corrected_for_all_of_them(capsys):
    study.begin("x", preset="smoke", seed=0)
    found = noisy(["CHARON", "no recalibration", "another", "a third"], seeds=8)
    probing_recorded.compare_extra(found, "no recalibration")
    expected = statistics.compare_all(found.differences_from("CHARON"))["no recalibration"]
    alone = statistics.paired_comparison(found.paired_differences("no recalibration", "CHARON"))
    assert expected.p > alone.p
    assert capsys.readouterr().out.strip() == (
        f"→ CHARON with no recalibration compared with CHARON unchanged: {expected}."
    )


def test_all_evaluations_of_the_methods_are_corrected_together(capsys):
    study.begin("x", preset="smoke", seed=0)
    ways = ("linear", "finetune", "semi 10 %", "semi 1 %")
    found = noisy(["asma", "pstl", "skeletonbt", "scratch"], ways, seeds=8)
    asymmetric_recorded.compare_methods(found)
    told = [line for line in capsys.readouterr().out.splitlines() if "seeds" in line]
    assert len(told) == 12
    pairs = (("asma", "pstl"), ("pstl", "skeletonbt"), ("asma", "scratch"))
    alone = [
        statistics.paired_comparison(found.paired_differences(*pair, way)).p for pair in pairs for way in ways
    ]
    least = min(told, key=lambda line: float(line.split("p = ")[1].split(",")[0]))
    assert f"p = {min(12 * min(alone), 1):.2g}" in least


def test_a_notebook_is_told_how_a_recording_came_about_or_how_to_make_it(tiny, tmp_path, capsys):
    setup = study.begin("x", preset="smoke", seed=0)
    assert recorded.find("tiny", setup, tmp_path) is None
    recordings.record("tiny", SMOKE, [0], jobs=1, folder=tmp_path, only=["nothing"], log=lambda _: None)
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
    recordings.record("tiny", SMOKE, [0], jobs=1, folder=tmp_path, only=["nothing"], log=lambda _: None)
    assert recorded.find("tiny", setup, tmp_path) is None
    assert recorded.find("tiny", setup, tmp_path, instead="synthetic").labels == ["nothing"]
    assert "results on synthetic are shown" in capsys.readouterr().out
