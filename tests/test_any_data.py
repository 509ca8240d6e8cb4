"""The whole study on data other than the embedded one.

A file of its own, because files are what is shared out to processes.
"""

import pytest
import torch

import skelkit as sk
from skelkit.data.ntu import sample_writer
from skelkit.study import runner

REAL = ["bandai-namco-2", "precog-2016/precog.npz"]


@pytest.mark.parametrize("dataset", REAL)
def test_every_claim_holds_on_real_recordings(dataset, real_data, tmp_path):
    path = real_data(dataset)
    runs = runner.run_all(
        [],
        tmp_path,
        {"preset": "smoke", "dataset": str(path), "seed": 0, "device": "cpu"},
        tell=lambda _: None,
    )
    assert len(runs) == len(runner.find())
    assert all(c["holds"] or c.get("finding") for run in runs for c in run.results["claims"])


def test_the_study_runs_on_the_skeleton_of_the_readme(tmp_path):
    """Three joints in a row, no left or right, no feet, no joint of three bones."""
    skeleton = sk.Skeleton(
        "robot", joints=["base", "elbow", "hand"], bones=[("base", "elbow"), ("elbow", "hand")], root="base"
    )
    generator = torch.Generator().manual_seed(0)
    arrays = [1 + 0.01 * torch.randn(length, 3, 3, generator=generator).cumsum(0) for length in (60, 80, 70)]
    path = sk.ClipSet.from_arrays(
        arrays, labels=[0, 1, 0], skeleton=skeleton, fps=50, classes=["reach", "wave"]
    ).save(tmp_path / "robot.safetensors")
    runs = runner.run_all([], tmp_path / "out", {"dataset": str(path), "seed": 0}, tell=lambda _: None)
    assert len(runs) == len(runner.find())


def test_raw_ntu_files_with_every_oddity_are_judged_and_learnt_from_task_by_task(tmp_path):
    """The published text layout, read by notebooks 04 and 08 as they are."""
    clips = sk.load("synthetic", clips=180, classes=["wave", "hug", "kick", "clap", "nod", "jump"])
    written = sample_writer.synthesise(tmp_path / "raw", clips)
    assert set(sample_writer.ODDITIES) <= set(written.values())
    parameters = {"preset": "smoke", "dataset": str(tmp_path / "raw"), "seed": 0}
    runs = runner.run_all(["04", "08"], tmp_path / "out", parameters, tell=lambda _: None)
    assert all(run.results["parameters"]["dataset"] == parameters["dataset"] for run in runs), (
        "large enough: none falls back on the embedded data"
    )
    assert all(c["holds"] or c.get("finding") for run in runs for c in run.results["claims"])
