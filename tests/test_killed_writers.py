"""Writers that are killed within a write: a file is the old one or the new one, whole.

Run again, each finishes as if it had never been killed, and no temporary file keeps it from doing so.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from held_writers import STEPS

import skelkit as sk
from skelkit.experiments.recording import read
from skelkit.utils import checkpoint

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")


@pytest.fixture(scope="module")
def writer():
    """`writer(action, step, file, number, folder)`: "held" if it was killed at the step, else its result."""
    here = Path(__file__).parent
    environment = os.environ | {
        "PYTHONPATH": str(here.parent),
        "OMP_NUM_THREADS": "1",
        "SKELKIT_HEADLESS": "1",
    }
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(
        [sys.executable, here / "held_writers.py"], env=environment, text=True, **pipes
    ) as child:

        def write(*words):
            child.stdin.write(json.dumps([str(w) if isinstance(w, Path) else w for w in words]) + "\n")
            child.stdin.flush()
            return json.loads(child.stdout.readline())

        yield write
        child.stdin.close()


@pytest.fixture(scope="module")
def whole(writer, tmp_path_factory):
    """`whole(action)`: what it gives when nobody kills it."""
    known = {}

    def result(action):
        if action not in known:
            known[action] = writer(action, "", "", 0, tmp_path_factory.mktemp(action))
        return known[action]

    return result


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("action", ["learning", "pretraining"])
def test_training_killed_within_a_checkpoint_resumes_with_the_same_bits(
    writer, whole, action, step, tmp_path
):
    assert writer(action, step, "checkpoint.safetensors", 2, tmp_path) == "held"
    present = [path for path in checkpoint.paths(tmp_path / "checkpoints") if path.exists()]
    assert [checkpoint.unseal(path, checkpoint.FORMAT, "checkpoint") for path in present]
    assert writer(action, "", "", 0, tmp_path) == whole(action)
    names = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    assert names == ["checkpoint.previous.safetensors", "checkpoint.safetensors"]


ONCE = [step for step in STEPS if step != "old one kept"]


@pytest.mark.parametrize("step", ONCE)
def test_a_recording_killed_within_a_write_has_the_runs_before_it_or_this_one_too(writer, step, tmp_path):
    assert writer("recording", step, "tiny.json", 2, tmp_path) == "held"
    seeds = [run["seed"] for run in read("tiny", "clips", tmp_path).runs]
    assert seeds == ([0, 1] if step in ("after rename", "folder sync") else [0])
    assert writer("recording", "", "", 0, tmp_path) == [0, 1, 2]


@pytest.mark.parametrize("step", ONCE)
def test_a_conversion_killed_within_a_write_leaves_the_old_file_or_the_new_one(writer, step, tmp_path, toy):
    old, new = toy(classes=2), toy(classes=2, seed=1)
    old.save(tmp_path / "a.safetensors")
    new.save(tmp_path / "source.safetensors")
    assert writer("converting", step, "a.safetensors", 1, tmp_path) == "held"
    found, renamed = sk.load(tmp_path / "a.safetensors"), step in ("after rename", "folder sync")
    assert found.poses.equal(new.poses if renamed else old.poses)
    assert writer("converting", "", "", 0, tmp_path)[0] == 0
    assert sk.load(tmp_path / "a.safetensors").poses.equal(new.poses)


@pytest.mark.parametrize("step", ONCE)
@pytest.mark.parametrize("name", ["values.json", "report.html"])
def test_a_study_killed_within_a_write_has_whole_values_and_a_whole_report_or_none(
    writer, name, step, tmp_path
):
    (tmp_path / name).write_text("old")
    assert writer("studying", step, name, 1, tmp_path) == "held"
    content, renamed = (tmp_path / name).read_text(), step in ("after rename", "folder sync")
    assert (content != "old") == renamed
    if renamed:
        assert content.rstrip().endswith("}" if name == "values.json" else "</html>")
    assert writer("studying", "", "", 0, tmp_path) == {"accuracy": 0.5}
