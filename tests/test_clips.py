import os

import numpy as np
import pytest
import torch
from helpers import body, seeded

from skelkit import ClipSet, Skeleton
from skelkit.skeletons.layouts import KINECT20


@pytest.fixture
def clips(ragged):
    """Nine clips of 1 to 90 frames, 3 classes, 3 named subjects, numbered views; clips 0 to 8 in turn."""
    arrays = ragged([9, 1, 30, 2, 64, 90, 5, 41, 7])
    names = [f"recording {i}" for i in range(9)]
    groups = {"subject": ["Ann", "Bo", "Cy"] * 3, "view": [0, 0, 1, 1, 2, 2, 0, 1, 2]}
    return ClipSet.from_arrays(
        arrays,
        labels=[0, 1, 2] * 3,
        skeleton=KINECT20,
        classes=["sit", "wäve", "fall"],
        fps=25,
        names=names,
        **groups,
    )


def numbered(*lengths):
    """Clips that say in every coordinate which frame (from 1) it is."""
    return ClipSet.from_arrays(
        [np.arange(1, n + 1, dtype=np.float32)[:, None, None].repeat(20, 1).repeat(3, 2) for n in lengths],
        skeleton=KINECT20,
    )


# -- making --


def test_clips_keep_the_arrays_they_are_made_of(ragged, clips):
    for clip, array in zip(clips, ragged([9, 1, 30, 2, 64, 90, 5, 41, 7]), strict=True):
        assert np.array_equal(clip.poses.numpy(), array)
    assert clips[-1].name == "recording 8"
    assert clips[4].class_name == "wäve"
    assert clips[4].seconds == 64 / 25
    assert clips[4].batch.shape == (1, 3, 64, 20, 2)


def test_a_person_counts_who_is_present_in_any_frame(ragged):
    arrays = [ragged([30])[0], ragged([30])[0][:, :1], np.zeros((3, 2, 20, 3)), np.zeros((3, 20, 3))]
    arrays[2][1, 1, 5] = -0.1
    arrays[3][2, 0, 0] = -0.1
    assert ClipSet.from_arrays(arrays, skeleton=KINECT20).persons.tolist() == [2, 1, 1, 1]


GOOD = np.ones((4, 20, 3))


def with_value(value, *place):
    array = np.ones((4, 2, 20, 3))
    array[place] = value
    return array


@pytest.mark.parametrize(
    ("arrays", "options", "message"),
    [
        ([], {}, "no clips were given"),
        ([GOOD, GOOD[:0]], {}, "clip 1: no frames; leave empty clips out"),
        ([GOOD[..., :2]], {}, r"clip 0: shape \[4, 20, 2\]; expected \[frames, joints, 3\]"),
        ([GOOD[0]], {}, r"clip 0: shape \[20, 3\]; expected"),
        (
            [GOOD, with_value(np.nan, 2, 1, 7, 0)],
            {},
            "clip 1: 1 coordinates are NaN or infinite, first at frame 2, person 1, joint 7",
        ),
        (
            [with_value(np.inf, 3)],
            {"names": ["a.bvh"]},
            "a.bvh: 120 coordinates are NaN or infinite, first at frame 3, person 0, joint 0",
        ),
        (
            [GOOD, GOOD * 0],
            {},
            "clip 1: all coordinates are zero, so nobody is present; leave such clips out",
        ),
        (
            [GOOD, np.ones((4, 24, 3))],
            {},
            "clip 1: 24 joints, the Kinect v1-20 skeleton has 20; pass skeleton=",
        ),
        ([np.ones((4, 19, 3))], {"skeleton": None}, "no built-in skeleton has 19 joints"),
        ([GOOD, GOOD], {"labels": [0]}, "1 labels for 2 clips; give one per clip"),
        ([GOOD, GOOD], {"subject": [1, 2, 3]}, "3 subject for 2 clips"),
        ([GOOD, GOOD], {"names": ["one"]}, "1 names for 2 clips"),
        (
            [GOOD, GOOD],
            {"labels": [0, 2], "classes": ["sit", "fall"]},
            "clip 1: label 2; labels count from 0 to 1, one for each class",
        ),
        ([GOOD, GOOD], {"labels": [-1, 0]}, "clip 0: label -1"),
        ([GOOD, GOOD], {"labels": ["sit", "fall"]}, "labels are .*expected one class index"),
        (
            [GOOD, GOOD],
            {"labels": [0.0, 0.5]},
            r"labels are float64 of shape \[2\]; expected one class index \(a whole number\) per clip",
        ),
        ([GOOD], {"fps": 0}, "fps must be a positive number of frames per second; got 0"),
    ],
)
def test_invalid_arrays_are_refused_with_the_clip_and_what_to_do(arrays, options, message):
    with pytest.raises(ValueError, match=message):
        ClipSet.from_arrays(arrays, **({"skeleton": KINECT20} | options))


def test_a_clip_beyond_the_set_is_an_index_error(clips):
    with pytest.raises(IndexError, match="clip 9 was asked for; there are 9 clips, 0 to 8"):
        clips[9]


# -- choosing --


@pytest.mark.parametrize(
    "index",
    [[7, 0, 7], [-1], slice(2, 8, 3), torch.tensor([3, 1]), torch.arange(9) % 2 == 0, np.array([5]), 4, []],
)
def test_selected_clips_are_those_clips_in_that_order(clips, index):
    chosen = clips.select(index)
    wanted = np.atleast_1d(np.arange(9)[index if not isinstance(index, list) else np.array(index, dtype=int)])
    assert len(chosen) == len(wanted)
    for clip, original in zip(chosen, wanted, strict=True):
        assert torch.equal(clip.poses, clips[original].poses)
        assert (clip.label, clip.name) == (clips[original].label, clips[original].name)
    assert chosen.subject.tolist() == clips.subject[wanted].tolist()


@pytest.mark.parametrize(
    ("by", "train", "wanted"),
    [
        ("subject", ["Bo"], [1, 4, 7]),
        ("subject", ["Cy", "Ann"], [0, 2, 3, 5, 6, 8]),
        ("view", [0, 1], [0, 1, 2, 3, 6, 7]),
    ],
)
def test_splitting_by_a_group_gives_its_clips_to_training_and_all_others_to_test(clips, by, train, wanted):
    first, second = clips.split(by, train=train)
    assert first.names == tuple(f"recording {i}" for i in wanted)
    assert second.names == tuple(f"recording {i}" for i in range(9) if i not in wanted)


def test_a_stratified_split_takes_its_share_of_every_class_and_loses_or_shares_no_clip():
    labels = [0] * 10 + [1] * 20 + [2] * 7
    clips = ClipSet.from_arrays([GOOD] * 37, labels=labels, names=range(37), skeleton=KINECT20)
    train, test = clips.split("stratified", train=0.6, seed=3)
    assert train.labels.bincount().tolist() == [6, 12, 4]
    assert sorted(train.names + test.names) == sorted(clips.names)
    again, other = (
        clips.split("stratified", train=0.6, seed=3)[0],
        clips.split("stratified", train=0.6, seed=4)[0],
    )
    assert again.names == train.names != other.names


@pytest.mark.parametrize(
    ("by", "train", "message"),
    [
        ("weekday", [1], "no protocol 'weekday'; known: subject, view, setup, stratified"),
        (
            "setup",
            [1],
            r"these clips have no setup; pass setup=… to from_arrays, or use split\('stratified'\)",
        ),
        ("subject", None, r"split by subject needs train=\[…\], some of: Ann, Bo, Cy"),
        ("subject", ["Dan"], "no subject 'Dan' among these clips; they have: Ann, Bo, Cy"),
        ("view", [7], "no view 7 among these clips; they have: 0, 1, 2"),
        ("view", [0, 1, 2], "leaves the training or the test set empty: 9 of 9 clips for training"),
        ("view", [], "leaves the training or the test set empty: 0 of 9"),
        ("stratified", 1.0, "a share between 0 and 1; got 1.0"),
        ("stratified", [1], r"a share between 0 and 1; got \[1\]"),
        ("stratified", 0.01, "leaves the training or the test set empty"),
    ],
)
def test_an_impossible_split_is_refused_with_the_possible_ones(clips, by, train, message):
    with pytest.raises(ValueError, match=message):
        clips.split(by, train=train)


def test_the_clips_of_a_class_are_found_by_its_name(clips):
    assert clips.of_class("fall").tolist() == [2, 5, 8]
    with pytest.raises(ValueError, match="no class 'jump'; the classes are: sit, wäve, fall"):
        clips.of_class("jump")


# -- batches --


def slow_batch(clips, index, frames, share=1.0):
    """Each frame of each person of each clip by itself, numpy float64."""
    out = np.zeros((len(index), 3, frames, 20, 2))
    for n, i in enumerate(index):
        poses = clips[i].poses.double().numpy()
        margin = (len(poses) - 1) * (1 - share) / 2
        for t in range(frames):
            position = margin + (len(poses) - 1 - 2 * margin) * t / max(frames - 1, 1)
            before = min(int(position), len(poses) - 1)
            after = min(before + 1, len(poses) - 1)
            weight = np.float32(position - before)
            for m in range(2):
                a, b = poses[before, m], poses[after, m]
                if a.any() and b.any():
                    out[n, :, t, :, m] = (a + (b - a) * weight).T
                else:
                    out[n, :, t, :, m] = (a if weight <= 0.5 else b).T
    return out


@pytest.mark.parametrize(("frames", "share"), [(1, 1.0), (30, 1.0), (64, 1.0), (25, 0.95), (47, 0.5)])
def test_a_batch_agrees_with_interpolating_each_clip_by_itself(clips, frames, share):
    index = [8, 0, 1, 5, 5, 2, 3]
    found = clips.batch(index, frames=frames, crop=None if share == 1 else share)
    np.testing.assert_allclose(found.numpy(), slow_batch(clips, index, frames, share), atol=5e-6)


def test_a_batch_is_by_default_as_long_as_its_longest_clip_and_that_clip_is_unchanged(clips):
    x = clips.batch([1, 7, 2])
    assert x.shape == (3, 3, 41, 20, 2)
    assert torch.equal(x[1:2], clips[7].batch)


def test_a_clip_of_one_frame_repeats_it(clips):
    x = clips.batch([1], frames=10, crop=(0.5, 1), generator=torch.Generator())
    assert torch.equal(x, clips[1].batch.expand(-1, -1, 10, -1, -1))


def test_a_central_crop_removes_the_same_length_at_both_ends():
    x = numbered(101, 11).batch([0, 1], frames=2, crop=0.9)[:, 0, :, 0, 0]
    torch.testing.assert_close(x, torch.tensor([[6.0, 96.0], [1.5, 10.5]]))


def test_random_crops_lie_inside_the_clip_and_span_the_share_drawn_but_never_fewer_than_64_frames():
    clips = numbered(400, 100, 30)
    x = clips.batch(
        [0] * 500 + [1] * 500 + [2] * 500,
        frames=2,
        crop=(0.5, 0.8),
        generator=seeded(),
    )
    first, last = x[:, 0, 0, 0, 0].reshape(3, 500), x[:, 0, 1, 0, 0].reshape(3, 500)
    span = last - first  # in intervals between frames
    assert (first >= 1).all()
    assert (last <= torch.tensor([[400], [100], [30]])).all()
    long = span[0] / 399
    assert 0.499 < long.min() < 0.51
    assert 0.79 < long.max() < 0.801
    assert (first[0].min(), last[0].max()) == (pytest.approx(1, abs=4), pytest.approx(400, abs=4))
    assert span[1].min() == pytest.approx(63)
    assert span[1].max() == pytest.approx(0.8 * 99, abs=0.5)
    assert torch.equal(span[2], torch.full((500,), 29.0))


def test_the_same_seed_gives_the_same_crops_and_every_call_draws_new_ones(clips):
    def draw(seed, times=1):
        generator = seeded(seed)
        return [clips.batch([5, 5, 4], frames=16, crop=(0.2, 1), generator=generator) for _ in range(times)]

    first, second = draw(0, times=2)
    assert torch.equal(first, draw(0)[0])
    assert not torch.equal(first, second)
    assert not torch.equal(first[0], first[1])


@pytest.mark.parametrize(
    ("index", "options", "message"),
    [
        ([], {}, "a batch of no clips"),
        ([0], {"crop": 0.0}, r"crop=0.0: the central share of a clip to keep lies in \(0, 1\]"),
        ([0], {"crop": (0.9, 0.5)}, r"crop=\(0.9, 0.5\): .* smaller first"),
        ([0], {"crop": (0.5, 1)}, "a random crop needs generator="),
    ],
)
def test_an_impossible_batch_is_refused(clips, index, options, message):
    with pytest.raises(ValueError, match=message):
        clips.batch(index, **options)


def test_clips_that_half_precision_cannot_hold_are_refused_by_number():
    far = ClipSet.from_arrays([torch.ones(n, 20, 3) for n in (4, 3, 2)], skeleton=KINECT20)
    far.poses[5] = 7e4
    with pytest.raises(ValueError, match=r"clip 1: coordinates up to 70000; float16 holds .* up to 65504"):
        far.to(dtype=torch.float16)
    assert far.to(dtype=torch.float32).poses.max() == 7e4


def test_half_precision_clips_give_float32_batches_close_to_the_full_ones(clips):
    half = clips.to(dtype=torch.float16)
    assert half.nbytes * 2 == clips.nbytes
    x = half.batch([0, 5], frames=40)
    assert x.dtype is torch.float32
    torch.testing.assert_close(x, clips.batch([0, 5], frames=40), atol=3e-3, rtol=0)


# -- files --


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_saved_clips_are_read_back_bit_for_bit_with_all_their_names(clips, tmp_path, dtype):
    clips = clips.to(dtype=dtype)
    back = ClipSet.load(clips.save(tmp_path / "new folder" / "clips.safetensors"))
    for key in ("poses", "starts", "labels", "subject", "view"):
        before, after = getattr(clips, key), getattr(back, key)
        assert before.dtype is after.dtype
        assert before.numpy().tobytes() == after.numpy().tobytes()
    assert back.setup is None
    for key in ("classes", "fps", "names", "group_names", "skeleton"):
        assert getattr(back, key) == getattr(clips, key)
    assert back.skeleton.body_parts == clips.skeleton.body_parts
    assert back.split("subject", train=["Bo"])[0].names == ("recording 1", "recording 4", "recording 7")


def test_a_custom_skeleton_is_saved_with_its_clips(tmp_path):
    mine = Skeleton(
        "finger",
        ["base", "middle", "tip"],
        [("base", "middle"), ("middle", "tip")],
        root="base",
        origin="tip",
    )
    path = ClipSet.from_arrays([np.ones((2, 3, 3))], skeleton=mine).save(tmp_path / "finger.safetensors")
    assert ClipSet.load(path).skeleton.to_dict() == mine.to_dict()


@pytest.mark.parametrize("keep", [0, 5, 300, -1])
def test_a_truncated_file_is_refused_by_name(clips, tmp_path, keep):
    path = clips.save(tmp_path / "clips.safetensors")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(
        ValueError, match=r"clips.safetensors: not a whole safetensors file .* write it again"
    ):
        ClipSet.load(path)


def test_a_safetensors_file_of_something_else_is_refused(tmp_path):
    from safetensors.torch import save_file

    save_file({"weight": torch.ones(3)}, tmp_path / "network.safetensors")
    with pytest.raises(ValueError, match=r"network.safetensors: format None, expected 'skelkit-clips-2'"):
        ClipSet.load(tmp_path / "network.safetensors")


def test_writing_that_fails_keeps_the_old_file_and_leaves_nothing_behind(clips, tmp_path, monkeypatch):
    path = clips.save(tmp_path / "clips.safetensors")
    before = path.read_bytes()

    def no_space(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", no_space)
    with pytest.raises(OSError, match="was there is unchanged: the disk is full"):
        clips.select([0]).save(path)
    assert [p.name for p in tmp_path.iterdir()] == ["clips.safetensors"]
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_an_error_and_changes_nothing(clips, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OSError, match="file"):
        clips.save(tmp_path / "file" / "clips.safetensors")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "not a folder"


def test_the_skeleton_is_found_from_the_number_of_joints_and_the_poses():
    assert ClipSet.from_arrays([body(KINECT20, 4)]).skeleton is KINECT20


def test_a_warning_is_issued_for_coordinates_that_cannot_be_metres():
    with pytest.warns(UserWarning, match="divide millimetres by 1000"):
        ClipSet.from_arrays([1000 * torch.rand(5, 20, 3)], skeleton=KINECT20)


def test_the_error_for_a_clip_beyond_the_set_names_the_number_of_clips():
    clips = ClipSet.from_arrays([torch.ones(5, 20, 3)], skeleton=KINECT20)
    with pytest.raises(IndexError, match="clip 999 was asked for; there are 1 clips, 0 to 0"):
        clips.batch([0, 999])
    with pytest.raises(ValueError, match="frames=-3: a batch has at least one frame"):
        clips.batch([0], frames=-3)
