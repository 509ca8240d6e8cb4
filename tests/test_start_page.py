"""Notebook 00: what it says holds for any skeleton, and its function resizes clips as the library does."""

import pytest
import torch
from helpers import seeded

import skelkit as sk
from skelkit import study
from skelkit.lessons import start_here

ROBOT = sk.Skeleton(
    "robot",
    joints=["the base", "elbow", "hand"],
    bones=[("the base", "elbow"), ("elbow", "hand")],
    root="elbow",
)


@pytest.fixture(autouse=True)
def started(monkeypatch):
    study.start("a test", {})
    monkeypatch.setattr(start_here, "show", lambda figure: None)


def clips(moving):
    """Eight clips in which one joint of three moves."""
    poses = []
    for k in range(8):
        x = torch.ones(20 + k, 3, 3) + 0.001 * torch.randn(20 + k, 3, 3, generator=seeded(k))
        x[:, moving, 0] += torch.linspace(0, 1, 20 + k)
        poses.append(x)
    return sk.ClipSet.from_arrays(poses, skeleton=ROBOT, fps=30)


def last():
    return study.results()["claims"][-1]


def test_joints_are_listed_by_degree_whatever_the_skeleton(capsys):
    start_here.print_joints_by_degree(ROBOT)
    assert capsys.readouterr().out == "1 bone:  the base, hand\n2 bones: elbow\n"


def test_the_fastest_joint_and_the_ends_of_the_body_are_measured(capsys):
    ends, middle = clips(moving=2), clips(moving=1)
    speed = sk.realism.speed_by_joint(ends)
    assert start_here.show_speed(ends, speed, ends)[0] == "hand"
    assert "fastest: 'hand'" in capsys.readouterr().out
    assert last()["holds"]
    assert "In 8 of 8 clips" in last()["sentence"]
    start_here.show_speed(middle, sk.realism.speed_by_joint(middle), middle)
    assert not last()["holds"]
    assert start_here.fastest_group(ends)[0] == "ends (degree 1)"
    assert start_here.fastest_group(middle)[0] == "where most bones meet"


def test_a_resize_that_begins_half_a_frame_late_is_a_false_claim():
    sample = clips(moving=2)

    def resample(p, frames, crop, late=0.0):
        last = len(p) - 1
        u = last * ((1 - crop) / 2 + crop * torch.linspace(0, 1, frames, dtype=torch.float64)) + late
        u = u.clamp(0, last)
        w = (u % 1).float().reshape(-1, 1, 1, 1)
        return (1 - w) * p[u.long()] + w * p[(u.long() + 1).clamp(max=last)]

    start_here.check_resample(resample, sample)
    assert last()["sentence"].startswith("These lines resize 8 clips")
    with pytest.raises(study.ClaimFailed, match="These lines resize"):
        start_here.check_resample(lambda *given: resample(*given, late=0.5), sample)


def test_a_turn_changes_no_speed():
    assert start_here.check_rotation(clips(moving=1).batch(slice(None), frames=20)) == "none"
