"""Motion statistics: the embedded set beside NTU, and each measure on a known motion."""

import math

import numpy as np
import pytest
import torch
from helpers import seeded

from skelkit import ClipSet, realism
from skelkit.data import synthetic
from skelkit.skeletons.layouts import KINECT20


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_motion_statistics_lie_within_a_factor_of_one_and_a_half_of_ntu(seed):
    for row in realism.compare(synthetic.make(300, seed=seed)):
        assert 1 / 1.5 < row.ratio < 1.5, row


def test_reconstruction_errors_equal_a_slow_interpolation_of_each_body():
    clips, expected = synthetic.make(9, frames=120), []
    for i in range(len(clips)):
        for person in range(int(clips.persons[i])):
            pose = clips[i].poses[:, person].double().numpy()
            kept = np.arange(0, 120, 5)
            restored = np.stack(
                [[np.interp(np.arange(120), kept, pose[kept, v, c]) for c in range(3)] for v in range(25)]
            )  # [V, C, T]
            expected.append(1000 * math.sqrt(((restored.transpose(2, 0, 1) - pose) ** 2).sum(-1).mean()))
    middle = sorted(expected)[(len(expected) - 1) // 2]
    assert realism.reconstruction_errors(clips, (5,))[0] == pytest.approx(middle, rel=1e-3)


def test_speeds_powers_and_bone_lengths_are_those_of_a_known_motion():
    time = torch.arange(90) / 30
    pose = torch.rand(25, 3, generator=seeded()) + 1
    clip = pose.repeat(90, 1, 1)
    # All joints move together at 2 Hz, so that bones keep their lengths.
    clip[:, :, 0] += (0.2 * torch.sin(2 * torch.pi * 2.0 * time))[:, None]
    clips = ClipSet.from_arrays([clip, clip[:60]], skeleton="ntu25")
    expected = 0.2 * (torch.sin(2 * torch.pi * 2 * time).diff().abs().mean()) * 30
    torch.testing.assert_close(realism.speed_by_joint(clips), expected.expand(25), rtol=0.02, atol=0)
    assert realism.power_shares(clips)[1] > 0.95
    assert sum(realism.power_shares(clips)) == pytest.approx(1, abs=1e-5)
    assert realism.bone_variation(clips) < 1e-5


def test_realism_takes_any_skeleton_and_clips_with_absent_persons():
    poses = torch.randn(50, 2, 20, 3, generator=seeded()).cumsum(0) * 0.01 + 1
    poses[20:, 1] = 0
    rows = realism.compare(ClipSet.from_arrays([poses, poses[:30]], skeleton=KINECT20))
    assert all(math.isfinite(row.found) for row in rows)
    assert len(rows) >= 14


def test_the_jitter_is_measured_only_at_joints_at_rest():
    generator = seeded()
    clip = torch.ones(120, 20, 3)
    clip[:, 19] += 0.01 * torch.randn(120, 3, generator=generator)  # at rest, and trembles
    clip[:, 18, 0] += torch.linspace(0, 2, 120)  # moves away
    raw, smooth, count = realism.jitter_at_rest(ClipSet.from_arrays([clip], skeleton=KINECT20), [18, 19])
    assert count == 1
    assert raw == pytest.approx(30 * float(clip[:, 19].diff(dim=0).norm(dim=1).mean()), rel=1e-4)
    assert smooth < raw / 5


def test_without_a_joint_at_rest_nothing_trembles():
    clip = torch.linspace(1, 9, 60)[:, None, None].expand(60, 20, 3)
    assert realism.jitter_at_rest(ClipSet.from_arrays([clip], skeleton=KINECT20), [3]) == (0.0, 0.0, 0)
