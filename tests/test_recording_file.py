"""Recordings that several processes write, and of which data they are."""

import json
import subprocess
import sys

import pytest

from skelkit.experiments import recordings
from skelkit.experiments.continual import LearnerVariant
from skelkit.experiments.run_data import RunData

SMOKE = RunData(preset="smoke")
VARIANT = LearnerVariant("nothing", "fine-tuning", changes={"epochs": 1, "probe_epochs": 1})


@pytest.fixture
def record(monkeypatch, tmp_path, toy):
    """Record without training."""
    found = {"faa": 0.5, "total_seconds": 1.0, "divided": "so"}
    monkeypatch.setattr(
        LearnerVariant, "run", lambda self, data, seed: {**found, "test": toy(), "predictions": {}}
    )
    monkeypatch.setitem(recordings.EXPERIMENTS, "tiny", lambda: [VARIANT])

    def run(seeds, data=SMOKE, log=lambda _: None):
        return recordings.record("tiny", data, seeds, jobs=1, folder=tmp_path, log=log)

    return run


def meanwhile(action):
    """A log that acts once, at the first line: when the recording has been read, before the first run."""
    lines = []

    def log(line):
        lines.append(line)
        if len(lines) == 1:
            action()

    return log


def seeds_of(recording):
    return [run["seed"] for run in recording.runs]


def test_runs_that_another_process_records_meanwhile_are_kept(record):
    assert seeds_of(record([0, 2], log=meanwhile(lambda: record([1, 0])))) == [0, 1, 2]
    assert seeds_of(record([0, 1, 2])) == [0, 1, 2]


def test_runs_of_other_settings_that_another_process_records_meanwhile_are_kept_and_the_error_says_so(record):
    other = RunData(preset="smoke", test_clips=60)
    with pytest.raises(ValueError, match=r"recorded 1 runs with other settings meanwhile; .* another folder"):
        record([0], log=meanwhile(lambda: record([5], other)))
    assert seeds_of(record([], other)) == [5]
    assert seeds_of(record([0])) == [0], "it is replaced where this is said before: 1 that differ are dropped"


ADD = """
import sys
from pathlib import Path
from skelkit.experiments.recording_file import RecordingFile
file = RecordingFile("tiny", "synthetic", Path(sys.argv[1]), {"preset": "smoke"}, [{"a": 1}])
for i in range(20):
    file.add({"variant": {"a": 1}, "label": "one", "seed": 3 * i + int(sys.argv[2]), "test": "t",
              "test_labels": "", "divided": "so", "machine": "here"})
"""


def test_three_processes_at_once_record_all_their_runs(tmp_path):
    command = [sys.executable, "-c", ADD, str(tmp_path)]
    processes = [subprocess.Popen([*command, str(i)]) for i in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert sorted(seeds_of(recordings.read("tiny", "synthetic", tmp_path))) == list(range(60))
    assert [path.name for path in (tmp_path / "synthetic").iterdir()] == ["tiny.json"]


def saved(toy, folder, by=1.0):
    """A path of clips of one name, and of their data."""
    clips = toy()
    folder.mkdir()
    clips.poses.mul_(by)
    path = clips.save(folder / "clips.safetensors")
    return RunData(dataset=str(path), preset="smoke")


def test_another_data_set_of_the_same_name_is_refused_and_a_copy_of_the_same_is_not(record, toy, tmp_path):
    first, copy, other = (saved(toy, tmp_path / name, by) for name, by in (("a", 1), ("b", 1), ("c", 1.01)))
    assert record([0], first).about["content"].keys() == {"clips"}
    assert seeds_of(record([0, 1], copy)) == [0, 1]
    before = (tmp_path / "clips" / "tiny.json").read_bytes()
    with pytest.raises(ValueError, match=r"clips.tiny\.json was recorded from other clips .* rename yours"):
        record([2], other)
    assert (tmp_path / "clips" / "tiny.json").read_bytes() == before


def test_a_recording_that_does_not_say_of_which_clips_it_is_goes_on(record, toy, tmp_path):
    data = saved(toy, tmp_path / "a")
    kept, path = record([0], data), tmp_path / "clips" / "tiny.json"
    content = json.loads(path.read_text())
    del content["content"]
    path.write_text(json.dumps(content))
    assert seeds_of(record([0, 1], data)) == [0, 1]
    assert recordings.read("tiny", "clips", tmp_path).about["content"] == kept.about["content"]
    assert "content" not in record([0]).about, "embedded clips are told apart by their settings"


def test_other_data_to_pretrain_on_is_another_experiment(record, toy, tmp_path):
    data = saved(toy, tmp_path / "a")
    told = []
    record([0], RunData(data.dataset, "smoke", sources=("synthetic",)))
    record([0], data, log=told.append)
    assert "0 runs kept, 1 that differ are dropped" in told[0]


def test_a_place_that_cannot_be_written_is_an_error_before_the_first_run(record, tmp_path, monkeypatch):
    monkeypatch.setattr(LearnerVariant, "run", lambda *_: pytest.fail("it ran"))
    (tmp_path / "synthetic" / "tiny.json").mkdir(parents=True)
    with pytest.raises(IsADirectoryError, match=r"tiny\.json was not written.*a folder has this name"):
        record([0])
