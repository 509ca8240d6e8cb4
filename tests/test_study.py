"""Claims, records, presets and the notebook runner."""

import json
import os

import nbformat
import pytest
import torch
from nbformat.v4 import new_code_cell, new_notebook

from skelkit import study
from skelkit.study import display, runner


@pytest.fixture
def started():
    study.begin("a test", preset="smoke", seed=3)


def notebook(folder, *sources, parameters="preset = 'smoke'\nseed = 0"):
    cells = [new_code_cell(parameters, metadata={"tags": ["parameters"]})] if parameters is not None else []
    nb = new_notebook(cells=cells + [new_code_cell(s) for s in sources])
    nb.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / "07_test.ipynb"
    nbformat.write(nb, path)
    return path


BEGIN = "from skelkit import study\nstudy.start('t', {})"


# -- claims and records ----------------------------------------------------------------------------------


def test_a_true_claim_is_printed_with_its_numbers_and_kept(started, capsys):
    study.claim("2 + 2 is 4", torch.tensor(True))
    assert capsys.readouterr().out == "✓ 2 + 2 is 4\n"
    assert study.results()["claims"] == [{"sentence": "2 + 2 is 4", "holds": True}]


def test_a_false_claim_stops_the_notebook_and_says_which(started):
    with pytest.raises(study.ClaimFailed, match="this claim is false here: 2 is 3"):
        study.claim("2 is 3", False)


def test_a_finding_prints_the_sentence_that_holds(started, capsys):
    study.finding(False, "it helps", "it does not help")
    assert "it does not help" in capsys.readouterr().out
    assert study.results()["claims"][-1] == {"sentence": "it does not help", "holds": False, "finding": True}


def test_recorded_values_are_plain_numbers_and_words(started):
    study.record(a=torch.tensor(1.5), b=torch.arange(3), c={2: 0.25}, d="word", e=None)
    assert study.results()["values"] == {"a": 1.5, "b": [0, 1, 2], "c": {"2": 0.25}, "d": "word", "e": None}


def test_a_record_of_an_object_is_refused_by_name(started):
    with pytest.raises(TypeError, match=r"record\(weights=…\).*Linear"):
        study.record(weights=torch.nn.Linear(1, 1))


def test_a_record_is_written_where_the_runner_asks(started, tmp_path, monkeypatch):
    monkeypatch.setenv(study.RECORD, str(tmp_path / "values.json"))
    study.record(x=1)
    written = json.loads((tmp_path / "values.json").read_text())
    assert written["values"] == {"x": 1}
    assert written["parameters"]["seed"] == 3
    assert os.listdir(tmp_path) == ["values.json"]


def test_recorded_words_cannot_put_markup_into_the_report():
    assert (
        "<script>" not in display.RecordedTable({"<script>": "<script>", "d": {"<script>": 1}})._repr_html_()
    )
    assert "<script>" not in display.SentenceLine("✓", "red", "<script>")._repr_html_()


# -- beginning ---------------------------------------------------------------------------------------------


def test_the_same_seed_begins_with_the_same_clips():
    a, b, c = (study.begin("t", preset="smoke", seed=s).clips for s in (1, 1, 2))
    assert torch.equal(a.poses, b.poses)
    assert not torch.equal(a.lengths, c.lengths)


def test_every_preset_asks_for_more_than_the_one_before():
    sizes = [(p.clips, p.sample, p.draws) for p in study.STUDY_PRESETS.values()]
    assert sizes == sorted(sizes)


def test_an_unknown_preset_lists_the_known_ones():
    with pytest.raises(ValueError, match="no preset 'large'; known: smoke, explore, laptop, gpu, paper"):
        study.begin("t", preset="large")


def test_an_unknown_device_lists_the_known_ones():
    with pytest.raises(ValueError, match="no device 'tpu'; known: auto, cpu, cuda"):
        study.begin("t", device="tpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_asking_for_a_gpu_that_is_not_there_says_what_to_use():
    with pytest.raises(ValueError, match="use device='auto' or 'cpu'"):
        study.begin("t", device="cuda")


def test_a_missing_dataset_is_named():
    with pytest.raises(FileNotFoundError, match="nowhere"):
        study.begin("t", dataset="nowhere/at/all")


# -- running -----------------------------------------------------------------------------------------------


def test_a_parameter_that_the_notebook_does_not_declare_is_refused(tmp_path):
    path = notebook(tmp_path, "1")
    with pytest.raises(ValueError, match=r"07_test.ipynb: no parameter colour; it declares: preset, seed"):
        runner.run(path, tmp_path / "out", {"seed": 1, "colour": "red"})
    assert not (tmp_path / "out").exists()


def test_a_notebook_without_a_parameters_cell_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no parameters cell"):
        runner.run(notebook(tmp_path, "1", parameters=None), tmp_path / "out", {})


def test_a_run_writes_the_notebook_and_its_values(tmp_path):
    path = notebook(tmp_path, BEGIN, "study.claim('seed is 5', seed == 5)\nstudy.record(twice=2 * seed)")
    done = runner.run(path, tmp_path / "out", {"seed": 5})
    assert done.results["values"] == {"twice": 10}
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["07_test.ipynb", "07_test.json"]


def test_a_false_claim_fails_the_run_and_leaves_no_results(tmp_path):
    path = notebook(tmp_path, BEGIN, "study.record(x=1)", "study.claim('1 is 2', 1 == 2)")
    with pytest.raises(runner.NotebookFailed, match=r"07_test.ipynb.*1 is 2"):
        runner.run(path, tmp_path / "out", {})
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["07_test.failed.ipynb"]


def test_a_notebook_that_records_nothing_fails(tmp_path):
    with pytest.raises(runner.NotebookFailed, match="recorded nothing"):
        runner.run(notebook(tmp_path, "1 + 1"), tmp_path / "out", {})


def test_only_the_notebook_runs_headlessly(tmp_path):
    path = notebook(tmp_path, BEGIN, "study.claim('nobody is there', study.is_headless())\nstudy.record(x=1)")
    runner.run(path, tmp_path / "out", {})
    assert not study.is_headless()


def test_an_output_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "out").write_text("a file, not a folder")
    with pytest.raises(OSError, match="out"):
        runner.run(notebook(tmp_path, BEGIN), tmp_path / "out", {})


def test_an_unknown_notebook_lists_the_known_ones():
    with pytest.raises(FileNotFoundError, match="01_compression"):
        runner.find(["99"])


def test_notebooks_are_found_by_number_and_name():
    assert [p.stem for p in runner.find(["01", "02_masks"])] == ["01_compression", "02_masks"]
    assert [p.stem for p in runner.find()][:1] == ["00_start_here"]


def test_an_interrupted_run_leaves_no_old_results(tmp_path, monkeypatch):
    (tmp_path / "report.html").write_text("old")
    (tmp_path / "01_compression.json").write_text("{}")

    def broken_off(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "run", broken_off)
    with pytest.raises(KeyboardInterrupt):
        runner.run_all(["00", "01"], tmp_path, {}, tell=lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_is_found_by_its_name_without_its_number():
    assert [p.stem for p in runner.find(["compression"])] == ["01_compression"]
