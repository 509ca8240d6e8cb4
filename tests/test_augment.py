import math

import pytest
import torch
from helpers import batch, bone_lengths, seeded
from hypothesis import given
from hypothesis import strategies as st

from skelkit import augment, motion
from skelkit.skeletons.layouts import KINECT20, NTU25

EVERY = {
    "rotate": augment.rotate,
    "tilt": augment.tilt,
    "shear": augment.shear,
    "crop": augment.crop,
    "mirror": lambda x, g: augment.mirror(x, KINECT20, g),
    "flip": augment.flip,
}


def noise(clips=4, frames=24, persons=1, seed=0):
    return batch(clips, frames, 20, persons, seed)


def matrices(change, clips=400, **settings):
    """What `change` does to the three unit vectors, [N, 3, 3]; it must do the same in every frame and to
    every person."""
    x = torch.eye(3).reshape(1, 3, 1, 3, 1).expand(clips, 3, 4, 3, 2)  # joint j is unit vector j
    y = change(x, seeded(1), **settings)
    assert (y == y[:, :, :1, :, :1]).all()
    return y[:, :, 0, :, 0]


def angles(matrix):
    """Angles about x, y and z, applied in that order, of rotation matrices [N, 3, 3]."""
    return torch.stack(
        [
            torch.atan2(matrix[:, 2, 1], matrix[:, 2, 2]),
            -torch.asin(matrix[:, 2, 0].clamp(-1, 1)),
            torch.atan2(matrix[:, 1, 0], matrix[:, 0, 0]),
        ],
        1,
    )


# -- all of them ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", EVERY.values(), ids=EVERY)
def test_clips_are_changed_by_draws_of_their_own_and_the_same_seed_changes_them_the_same_way(change):
    x = noise(1).expand(8, -1, -1, -1, -1)
    y = change(x, seeded(5))
    assert y.shape == x.shape
    assert any(not torch.equal(y[0], y[n]) for n in range(1, 8))
    assert torch.equal(y, change(x, seeded(5)))
    assert any(not torch.equal(y, change(x, seeded(seed))) for seed in (6, 7, 8))


@pytest.mark.parametrize("change", EVERY.values(), ids=EVERY)
def test_whoever_is_absent_stays_absent_and_whoever_is_there_stays_there(change):
    x = noise(6, persons=2)
    x[::2, ..., 1] = 0
    there = motion.presence(motion.to_frames(x))
    for seed in range(5):
        assert torch.equal(motion.presence(motion.to_frames(change(x, seeded(seed)))), there)


@pytest.mark.parametrize("change", EVERY.values(), ids=EVERY)
def test_the_clips_that_went_in_are_left_alone(change):
    x = noise()
    before = x.clone()
    change(x, seeded())
    assert torch.equal(x, before)


@pytest.mark.parametrize("change", EVERY.values(), ids=EVERY)
def test_one_clip_that_is_no_batch_is_refused(change):
    with pytest.raises(ValueError, match=r"got 4 axes of sizes \[3, 24, 20, 1\]"):
        change(noise()[0], seeded())


# -- turning and shearing ---------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [augment.rotate, augment.tilt])
def test_turning_keeps_bone_lengths_and_left_and_right_apart(change):
    x = noise(persons=2)
    torch.testing.assert_close(bone_lengths(change(x, seeded()), KINECT20), bone_lengths(x, KINECT20))
    torch.testing.assert_close(torch.linalg.det(matrices(change)), torch.ones(400))


@pytest.mark.parametrize("limit", [0.3, 1.0])
def test_each_angle_of_a_rotation_is_spread_evenly_up_to_the_limit(limit):
    found = angles(matrices(augment.rotate, 4000, limit=limit))
    assert found.abs().max() <= limit + 1e-5
    assert (found.abs().amax(0) > 0.99 * limit).all()
    assert (found.mean(0).abs() < 5 * limit / 3**0.5 / 4000**0.5).all()
    torch.testing.assert_close(found.std(0), torch.full((3,), limit / 3**0.5), rtol=0.05, atol=0)
    assert (torch.corrcoef(found.T) - torch.eye(3)).abs().max() < 5 / 4000**0.5


def test_a_tilt_turns_about_one_axis_by_up_to_thirty_degrees_and_about_the_others_by_up_to_one():
    degrees = angles(matrices(augment.tilt, 3000)).rad2deg().abs()
    largest, main = degrees.max(1)
    assert ((degrees > 1 + 1e-3).sum(1) <= 1).all()
    assert 29 < largest.max() <= 30 + 1e-3
    clear = main[largest > 1.01].bincount(minlength=3) / (largest > 1.01).sum()
    torch.testing.assert_close(clear, torch.full((3,), 1 / 3), rtol=0, atol=5 * (2 / 9 / 2900) ** 0.5)


@pytest.mark.parametrize("amplitude", [0.0, 0.5, 1.0])
def test_a_shear_keeps_its_diagonal_at_one_and_spreads_the_rest_up_to_the_amplitude(amplitude):
    found = matrices(augment.shear, 2000, amplitude=amplitude)
    assert (found.diagonal(dim1=1, dim2=2) == 1).all()
    rest = found[:, ~torch.eye(3, dtype=torch.bool)]
    assert rest.abs().max() <= amplitude
    assert (rest.amax(0) >= 0.98 * amplitude).all()
    assert (rest.amin(0) <= -0.98 * amplitude).all()


def test_a_shear_agrees_with_multiplying_every_joint_by_the_matrix_of_its_clip():
    x = noise(3, 5)
    whole = augment.shear(
        torch.cat([x, torch.eye(3).reshape(1, 3, 1, 3, 1).expand(3, 3, 5, 3, 1)], 3), seeded(4)
    )
    y, matrix = whole[:, :, :, :20], whole[:, :, 0, 20:, 0]
    for n in range(3):
        for t in range(5):
            for j in range(20):
                torch.testing.assert_close(y[n, :, t, j, 0], matrix[n] @ x[n, :, t, j, 0])


# -- time -------------------------------------------------------------------------------------------------


def mirrored(frames, pad):
    """Frame numbers of a clip with its mirror image before and after it; the first and last frame are not
    repeated."""
    before, after = list(range(1, pad + 1))[::-1], list(range(frames - 1 - pad, frames - 1))[::-1]
    return [*before, *range(frames), *after]


@given(st.integers(1, 40), st.floats(0, 0.9), st.integers(0, 99))
def test_a_crop_is_a_window_of_the_clip_padded_with_its_mirror_image(frames, padding, seed):
    pad = int(frames * padding)
    numbers = torch.arange(1.0, frames + 1).reshape(1, 1, -1, 1, 1).expand(5, 3, -1, 2, 1)
    padded = mirrored(frames, pad)
    windows = [[t + 1 for t in padded[start : start + frames]] for start in range(2 * pad + 1)]
    for clip in augment.crop(numbers, seeded(seed), padding):
        assert (clip == clip[:1, :, :1]).all()
        assert clip[0, :, 0, 0].tolist() in windows


def test_a_crop_starts_anywhere_equally_often():
    numbers = torch.arange(1.0, 13).reshape(1, 1, -1, 1, 1).expand(5000, 3, -1, 1, 1)
    starts = [tuple(row) for row in augment.crop(numbers, seeded())[:, 0, :, 0, 0].tolist()]
    often = [starts.count(window) / 5000 for window in set(starts)]
    assert len(often) == 5  # 12 frames, 2 at each end
    assert max(abs(share - 0.2) for share in often) < 5 * math.sqrt(0.2 * 0.8 / 5000)


def test_a_flip_runs_a_clip_backwards():
    x = noise()
    assert torch.equal(augment.flip(x, seeded(), p=1), torch.stack([x[:, :, 23 - t] for t in range(24)], 2))


# -- mirror -----------------------------------------------------------------------------------------------


def test_a_mirror_image_has_left_and_right_swapped_and_x_negated():
    x = noise(persons=2)
    y = augment.mirror(x, KINECT20, seeded(), p=1)
    for j, name in enumerate(KINECT20.joints):
        other = name.replace("left", "RIGHT").replace("right", "left").replace("RIGHT", "right")
        from_there = x[:, :, :, KINECT20.index(other)]
        assert torch.equal(y[:, 0, :, j], -from_there[:, 0])
        assert torch.equal(y[:, 1:, :, j], from_there[:, 1:])


def test_the_mirror_image_of_a_mirror_image_is_the_clip_and_its_bones_are_as_long_on_the_other_side():
    x = noise()
    y = augment.mirror(x, KINECT20, seeded(), p=1)
    assert torch.equal(augment.mirror(y, KINECT20, seeded(), p=1), x)
    torch.testing.assert_close(bone_lengths(y, KINECT20), bone_lengths(x, KINECT20)[:, :, KINECT20.mirror])


@pytest.mark.parametrize(
    "change", [augment.flip, lambda x, g, p: augment.mirror(x, KINECT20, g, p)], ids=["flip", "mirror"]
)
def test_a_clip_is_changed_as_a_whole_or_not_at_all_and_as_often_as_p_says(change):
    x = noise(1, 4).expand(2000, -1, -1, -1, -1)
    assert torch.equal(change(x, seeded(), 0), x)
    all_changed = change(x, seeded(), 1)
    y = change(x, seeded(), 0.3)
    as_it_was, changed = ((y == whole).flatten(1).all(1) for whole in (x, all_changed))
    assert (as_it_was ^ changed).all()
    assert abs(float(changed.float().mean()) - 0.3) < 5 * math.sqrt(0.3 * 0.7 / 2000)


def test_mirroring_with_the_skeleton_of_other_clips_is_refused():
    with pytest.raises(ValueError, match="the batch has 20 joints, the NTU-25 skeleton has 25"):
        augment.mirror(noise(), NTU25, seeded())


def test_drawing_without_a_generator_is_an_error_that_says_what_to_pass():
    with pytest.raises(ValueError, match=r"needs generator=torch.Generator\(\)"):
        augment.rotate(torch.ones(1, 3, 6, 25, 1), None)


def test_a_probability_beyond_one_is_an_error():
    with pytest.raises(ValueError, match=r"p=1\.5: a probability lies between 0 and 1"):
        augment.flip(torch.ones(1, 3, 6, 25, 1), torch.Generator(), p=1.5)


def test_mirroring_more_than_the_whole_clip_is_an_error():
    with pytest.raises(ValueError, match="padding=1: the share"):
        augment.crop(torch.ones(1, 3, 6, 25, 1), torch.Generator(), padding=1)


@pytest.mark.parametrize(
    ("classes", "pairs"),
    [
        (["left punch", "right punch", "kick"], [("left punch", "right punch")]),
        (["walk-turn-right", "walk-turn-left"], [("walk-turn-left", "walk-turn-right")]),
        (["RaiseLeftHand", "RaiseRightHand"], [("RaiseLeftHand", "RaiseRightHand")]),
        (["right punch", "left kick"], []),
        (["wave", "hug"], []),
        (["left to right", "right to left"], [("left to right", "right to left")]),
    ],
)
def test_classes_that_are_mirror_images_are_found_by_their_names(classes, pairs):
    assert augment.sides(classes) == pairs
