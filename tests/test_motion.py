import math

import numpy as np
import pytest
import torch
from helpers import batch, bone_lengths, seeded

from skelkit import motion
from skelkit.skeletons.layouts import KINECT20, NTU25


def slow_resample(clips, positions):
    """One frame and one person at a time; clips [T, M, V, 3], positions [N, T]."""
    out = np.zeros((*positions.shape, *clips[0].shape[1:]))
    for n, clip in enumerate(clips):
        for t, position in enumerate(positions[n]):
            position = min(max(float(position), 0.0), len(clip) - 1.0)
            before = math.floor(position)
            after = min(before + 1, len(clip) - 1)
            share = np.float32(position - before)
            for m in range(clip.shape[1]):
                a, b = clip[before, m].astype(np.float64), clip[after, m].astype(np.float64)
                if a.any() and b.any():
                    out[n, t, m] = a * (1 - share) + b * share
                else:
                    out[n, t, m] = a if share <= 0.5 else b
    return out


def stack(clips):
    starts = torch.tensor([0, *np.cumsum([len(c) for c in clips])])
    return torch.tensor(np.concatenate(clips)), starts


# -- resample ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_resampling_agrees_with_interpolating_frame_by_frame_while_persons_come_and_go(ragged, seed):
    clips = ragged([9, 1, 30, 2], seed=seed)
    positions = np.random.default_rng(seed).uniform(-2, 32, (4, 25))
    positions[:, :4] = [0, 0.5, 1, 1.5]
    out = motion.resample(*stack(clips), torch.tensor(positions))
    np.testing.assert_allclose(out.numpy(), slow_resample(clips, positions), atol=2e-6)


def test_a_person_never_fades_in_from_the_origin(ragged):
    clips = ragged([30, 30])
    out = motion.resample(*stack(clips), torch.linspace(0, 29, 200).expand(2, -1))
    there = torch.tensor(np.concatenate(clips)).norm(dim=(-2, -1))
    nearest = out.norm(dim=(-2, -1))
    assert ((nearest == 0) | (nearest > 0.3 * there[there > 0].min())).all()


def test_half_precision_frames_are_interpolated_in_float32(ragged):
    clips = [c.astype(np.float16) for c in ragged([9, 20])]
    positions = np.random.default_rng(0).uniform(0, 20, (2, 30))
    out = motion.resample(*stack(clips), torch.tensor(positions))
    assert out.dtype is torch.float32
    np.testing.assert_allclose(out.numpy(), slow_resample(clips, positions), atol=2e-6)


def test_fractions_of_a_frame_survive_in_float32_positions_of_clips_that_start_millions_of_frames_in():
    begin = 2**24
    poses = torch.zeros(begin + 4, 1, 1, 1)
    poses[begin:] = torch.tensor([1.0, 2.0, 3.0, 4.0]).reshape(4, 1, 1, 1)
    out = motion.resample(poses, torch.tensor([begin, begin + 4]), torch.tensor([[0.25, 1.5, 2.75]]))
    assert out.flatten().tolist() == [1.25, 2.5, 3.75]


def test_resizing_keeps_the_first_and_last_frame_and_to_the_same_length_changes_nothing():
    x = batch(frames=12, joints=20)
    y = motion.resize(x, 31)
    assert y.shape == (3, 3, 31, 20, 2)
    torch.testing.assert_close(y[:, :, [0, -1]], x[:, :, [0, -1]])
    torch.testing.assert_close(motion.resize(x, 12), x)


# -- who is there -----------------------------------------------------------------------------------------


def test_a_person_whose_coordinates_add_up_to_less_than_zero_is_present():
    poses = torch.zeros(3, 20, 3)
    poses[1] = -1.0
    poses[2, 7, 1] = 1e-6
    assert motion.presence(poses).tolist() == [False, True, True]


# -- measures ---------------------------------------------------------------------------------------------


def test_bones_agree_with_a_joint_by_joint_difference_and_add_up_to_the_pose_again():
    x = batch(frames=12, joints=25)
    bones = motion.bones(x, NTU25)
    for joint in range(25):
        place, there = x[:, :, :, joint], joint
        total = torch.zeros_like(place)
        while NTU25.joints[there] != NTU25.root:
            total = total + bones[:, :, :, there]
            there = NTU25.parents[there]
        torch.testing.assert_close(total, place - x[:, :, :, there])
    assert not bones[:, :, :, NTU25.index(NTU25.root)].any()


def test_velocity_is_the_frame_difference_of_those_present_in_both_frames(ragged):
    x = motion.to_batch(torch.tensor(np.stack(ragged([15, 15, 15]))))
    wanted = torch.zeros_like(x)
    for n in range(3):
        for m in range(2):
            for t in range(14):
                here, there = x[n, :, t, :, m], x[n, :, t + 1, :, m]
                if here.any() and there.any():
                    wanted[n, :, t, :, m] = there - here
    assert torch.equal(motion.velocity(x), wanted)


def test_a_joint_that_moves_two_metres_in_a_second_has_speed_two():
    seconds = torch.arange(10) / 25
    x = torch.ones(1, 3, 10, 20, 1)
    x[0, 2, :, 4, 0] += 2 * seconds
    speed = motion.speed(x, fps=25)
    torch.testing.assert_close(speed[0, :-1, 4, 0], torch.full((9,), 2.0))
    assert speed[0, :, 5].max() == 0
    assert speed[0, -1].max() == 0


# -- low pass ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("frames", [1, 3, 50])
def test_smoothing_leaves_whoever_stands_still_as_they_are_and_absent_persons_absent(ragged, frames):
    there = motion.presence(torch.tensor(np.stack(ragged([frames, frames]))))  # [N, T, M]
    pose = torch.randn(2, 3, 1, 20, 2, generator=seeded(1))
    x = pose * there[:, None, :, None, :]
    smooth = motion.low_pass(x, cutoff=3.0, fps=30)
    torch.testing.assert_close(smooth, x)
    assert torch.equal(motion.presence(motion.to_frames(smooth)), there)


@pytest.mark.parametrize(("frequency", "gain"), [(1.0, 2 ** (-1 / 8)), (2.0, 2**-0.5), (4.0, 0.25)])
def test_smoothing_halves_the_power_at_its_cutoff(frequency, gain):
    seconds = torch.arange(300) / 30
    x = torch.zeros(1, 3, 300, 20, 1) + 5
    x[0, 0, :, 0, 0] += torch.sin(2 * torch.pi * frequency * seconds)
    smooth = motion.low_pass(x, cutoff=2.0, fps=30)[0, 0, 100:200, 0, 0] - 5
    torch.testing.assert_close(
        smooth, gain * torch.sin(2 * torch.pi * frequency * seconds[100:200]), atol=2e-3, rtol=0
    )


def test_a_cutoff_that_is_no_frequency_is_refused():
    with pytest.raises(ValueError, match="positive frequency in Hz; got 0"):
        motion.low_pass(batch(frames=12, joints=20), cutoff=0, fps=30)


# -- place and direction ----------------------------------------------------------------------------------


def test_centring_moves_the_first_persons_origin_joint_to_zero_and_nothing_else(ragged):
    x = motion.to_batch(torch.tensor(np.stack(ragged([8, 8]))))
    x[1, :, :3, :, 0] = 0  # the first person of clip 1 comes in frame 3
    centred = motion.centre(x, KINECT20)
    spine = KINECT20.index("spine")
    for n, first in enumerate([0, 3]):
        shift = x[n, :, first, spine, 0]
        assert not centred[n, :, first, spine, 0].any()
        for t in range(8):
            for m in range(2):
                pose = x[n, :, t, :, m]
                torch.testing.assert_close(
                    centred[n, :, t, :, m], pose - shift[:, None] if pose.any() else pose
                )


def test_rotation_agrees_with_turning_a_point_about_one_axis_after_the_other():
    generator = seeded(0)
    angles = torch.rand(50, 3, generator=generator, dtype=torch.float64) * 2 * torch.pi
    points = torch.randn(50, 3, generator=generator, dtype=torch.float64)
    turned = (motion.rotation(angles) @ points[..., None])[..., 0]
    for angle, point, found in zip(angles.tolist(), points.tolist(), turned.tolist(), strict=True):
        x, y, z = point
        a, b, c = angle
        y, z = y * math.cos(a) - z * math.sin(a), y * math.sin(a) + z * math.cos(a)
        z, x = z * math.cos(b) - x * math.sin(b), z * math.sin(b) + x * math.cos(b)
        x, y = x * math.cos(c) - y * math.sin(c), x * math.sin(c) + y * math.cos(c)
        assert found == pytest.approx([x, y, z], abs=1e-12)


def test_every_clip_is_turned_by_its_own_matrix():
    x, matrix = batch(frames=12, joints=20), torch.randn(3, 3, 3, generator=seeded(2))
    turned = motion.rotate(x, matrix)
    for n in range(3):
        torch.testing.assert_close(turned[n], (matrix[n] @ x[n].reshape(3, -1)).reshape(x[n].shape))


def test_turning_keeps_bone_lengths():
    x = batch(frames=12, joints=20)
    turned = motion.rotate(x, motion.rotation(torch.randn(3, 3, generator=seeded(3))))
    torch.testing.assert_close(bone_lengths(turned, KINECT20), bone_lengths(x, KINECT20))


# -- shapes -----------------------------------------------------------------------------------------------


def test_frames_of_a_batch_put_back_together_are_the_batch():
    x = batch(frames=12, joints=20, persons=1)
    assert motion.to_frames(x).shape == (3, 12, 1, 20, 3)
    assert torch.equal(motion.to_batch(motion.to_frames(x)), x)


def test_a_batch_of_other_axes_or_other_joints_is_refused_with_both_numbers():
    with pytest.raises(
        ValueError,
        match=r"5 axes \[clips, channels, frames, joints, persons\]; got 3 axes of sizes \[20, 3, 9\]",
    ):
        motion.to_frames(torch.zeros(20, 3, 9))
    with pytest.raises(ValueError, match="the batch has 20 joints, the NTU-25 skeleton has 25"):
        motion.bones(batch(frames=12, joints=20), NTU25)
