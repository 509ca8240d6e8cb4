from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers import body, seeded

from skelkit import ClipSet, load
from skelkit.analysis import bones, joint_faults
from skelkit.analysis.body_size import FAR_BONES
from skelkit.analysis.duplicates import duplicates, leak_report, leaks
from skelkit.analysis.quality import inspect
from skelkit.cli.main import main
from skelkit.data.readers.common import upright
from skelkit.skeletons.layouts import KINECT20, KINECT20_HEAD
from skelkit.skeletons.skeleton import Skeleton

BODY = Skeleton(
    "stick", ["foot", "hip", "head", "hand"], [("foot", "hip"), ("hip", "head"), ("hip", "hand")], root="hip"
)


def person(frames=60, seed=0):
    """A swaying person, 1.8 m tall."""
    generator = np.random.default_rng(seed)
    base = np.array([[0, 0.1, 0], [0, 1.0, 0], [0, 1.9, 0], [0.4, 1.2, 0]])
    sway = np.cumsum(generator.normal(0, 0.005, (frames, 1, 3)), 0)
    return (base + sway + generator.normal(0, 0.001, (frames, 4, 3))).astype(np.float32)


def of(*arrays, **options):
    return ClipSet.from_arrays(arrays, skeleton=BODY, fps=30, **options)


def test_a_clean_recording_has_nothing_to_report():
    found = inspect(of(person(), person(seed=1)))
    assert not found.missing.any()
    assert not found.frozen.any()
    assert not found.jumps.any()
    assert (found.repeated, found.copies, found.contradictions, found.empty) == (0, (), (), ())
    assert found.height == pytest.approx(1.8, abs=0.05)
    assert found.upright == 1
    assert found.bone_variation.max() < 0.02
    assert "missing joints (exactly at the origin): none" in found.lines()
    assert (found.odd, found.gaps, found.inverted, found.worst) == ((), (), (), {})
    assert len(found.lines()) == 7


def test_missing_frozen_and_jumping_joints_are_counted_where_they_are():
    clip = person(100)
    clip[10:20, 3] = 0  # missing for ten frames; that it comes back is no jump
    clip[40:80, 0] = clip[40, 0]  # frozen for forty
    clip[85:95, 1] = clip[85, 1]  # ten may be chance
    clip[90, 2] += [0, 2, 0]  # a jump there and back
    found = inspect(of(person(100, seed=1), clip))
    assert found.missing[3] == pytest.approx(10 / 200)
    assert found.frozen[0] == pytest.approx(40 / 200)
    assert found.jumps.tolist() == [0, 0, 2, 0]
    assert found.worst == {"missing": 1, "frozen": 1, "jumping": 1}
    assert found.affected["missing"] == found.affected["frozen"] == 0.5
    text = "\n".join(found.lines())
    assert "hand 5.0%" in text
    criterion = "faster than 20 m/s, 67 cm from frame to frame; or 33 cm and back at once"
    assert f"{criterion}): head 2x (50% of the clips, most in clip 1)" in text


def test_a_joint_that_is_elsewhere_for_one_frame_jumps_though_it_is_slower_than_any_limit():
    for frame, jumps in (
        (50, 1),
        (1, 1),
        (0, 0),
        (99, 0),
    ):  # at an end there is nowhere to come back from or to
        clip = person(100)
        clip[frame, 3] += [0.4, 0, 0]
        assert inspect(of(person(100, seed=1), clip)).jumps.tolist() == [0, 0, 0, jumps]
    kick = person(100)
    kick[50:54, 0, 0] += np.array(
        [0.4, 0.8, 0.8, 0.4], np.float32
    )  # as fast, but still for a moment where it turns
    assert not inspect(of(kick)).jumps.any()
    gone = person(100)
    gone[49, 3], gone[50, 3] = 0, gone[50, 3] + [0.4, 0, 0]  # missing before
    assert not inspect(of(gone)).jumps.any()


def test_joints_in_another_order_than_the_skeleton_are_reported():
    clips = load("synthetic", clips=20)
    found = inspect(clips)
    assert 0.2 < found.reach < 0.4
    assert not any("another order" in line for line in found.lines())
    order = torch.randperm(25, generator=seeded())
    found = inspect(replace(clips, poses=clips.poses[:, :, order]))
    assert found.reach > 0.8
    assert any("these joints are in another order than those of NTU-25" in line for line in found.lines())


def test_a_skeleton_without_head_and_feet_is_not_judged_as_a_person():
    robot = Skeleton(
        "robot",
        ["base", "elbow", "hand", "tip"],
        [("base", "elbow"), ("elbow", "hand"), ("hand", "tip")],
        root="base",
    )
    found = inspect(ClipSet.from_arrays([0.1 * person()], skeleton=robot))
    assert not found.human
    assert found.height == pytest.approx(0.18, abs=0.02)
    assert not any("not in metres" in line for line in found.lines())
    assert any("not in metres" in line for line in inspect(of(0.1 * person())).lines())


@pytest.mark.parametrize("segment", [7, 16, 4096])
def test_the_size_of_the_segments_does_not_change_the_report(segment, monkeypatch, ragged):
    clips = ClipSet.from_arrays(ragged([30, 8, 51], joints=4), skeleton=BODY)
    poses = clips.poses.clone()
    poses[5:28, 0, 1] = poses[5, 0, 1]
    poses[40:60, 0] = poses[40, 0]
    poses[[13, 14, 15, 33, 83], 0, 2] += 0.5
    clips = ClipSet(poses, clips.starts, clips.labels, clips.classes, clips.skeleton, clips.fps)
    whole = inspect(clips)
    for module in (bones, joint_faults):
        monkeypatch.setattr(module, "SEGMENT", segment)
    cut = inspect(clips)
    for name in ("missing", "frozen", "jumps", "bone_variation"):
        assert torch.allclose(getattr(whole, name), getattr(cut, name))
    assert (whole.repeated, whole.affected, whole.worst) == (cut.repeated, cut.affected, cut.worst)


def test_repeated_frames_are_no_frozen_joints():
    clip = person(60)
    clip[20:50] = clip[20]
    found = inspect(of(clip))
    assert found.repeated == pytest.approx(29 / 60)
    assert not found.frozen.any()


def test_a_body_in_millimetres_or_lying_is_noticed():
    lying = person()[..., [1, 0, 2]]
    assert inspect(of(lying)).upright == 0
    with pytest.warns(UserWarning, match="metres"):
        tall = of(person() * 1000)
    assert any("not in metres" in line for line in inspect(tall).lines())
    hanging = person() * np.array([1, -1, 1], np.float32)
    assert any(
        "the head is below the feet in 100% of the clips: y points down" in line
        for line in inspect(of(hanging)).lines()
    )


def test_a_few_clips_in_another_unit_are_noticed():
    found = inspect(of(*(person(seed=s) for s in range(4)), person(seed=4) * 100, person(seed=5) / 1000))
    assert found.odd == (4, 5)
    assert any("perhaps in another unit: 2 (clips 4, 5)" in line for line in found.lines())


def test_copies_are_found_also_with_an_empty_second_slot():
    clip = person()
    two = np.zeros((60, 2, 4, 3), np.float32)
    two[:, 0] = clip
    clips = of(clip, person(seed=1), two, clip, labels=[0, 0, 0, 1])
    assert duplicates(clips) == ((0, 2, 3),)
    found = inspect(clips)
    assert found.contradictions == ((0, 2, 3),)
    assert "clips that are copies of others: 2 (clips 2, 3)" in found.lines()
    assert "the same clip under different labels: 3 (clips 0, 2, 3)" in found.lines()


def test_copies_are_named_by_file_and_counted_across_subjects_and_views():
    a, b, c = (person(seed=s) for s in range(3))
    groups = {"subject": ["Ann", "Ann", "Bob", "Bob"], "view": [1, 2, 1, 1]}
    found = inspect(of(a, a, b, a, names=["a.bvh", "b.bvh", "c.bvh", "d.bvh"], **groups))
    assert found.crossing == {"subject": (0, 1, 3), "view": (0, 1, 3)}
    assert "clips that are copies of others: 2 (b.bvh of a.bvh, d.bvh of a.bvh)" in found.lines()
    for key in groups:
        expected = f"clips with a copy of another {key}: 3 of 4 (75%); a split by {key} would test on"
        assert any(expected in line for line in found.lines())
    assert inspect(of(a, a, b, c, **groups)).crossing == {"view": (0, 1)}
    assert inspect(of(a, b, c)).crossing == {}


def test_clips_of_one_frame_are_reported_by_name():
    found = inspect(of(person(), person(1), person(1, seed=1), names=["long", "short", "brief"]))
    assert found.single == (1, 2)
    assert "clips of one frame, in which nothing moves: 2 (short, brief)" in found.lines()
    assert not any("of one frame" in line for line in inspect(of(person())).lines())


def test_the_median_of_an_even_number_is_the_mean_of_the_two_in_the_middle():
    lengths, sizes = (10, 21, 30, 60), (1.0, 1.2, 1.5, 2.0)
    arrays = [person(frames) * size for frames, size in zip(lengths, sizes, strict=True)]
    clips = of(*arrays)
    found, heights = inspect(clips), [np.median(np.ptp(array[..., 1], axis=1)) for array in arrays]
    assert found.height == pytest.approx(np.median(heights), abs=0.005)
    alone = np.stack([inspect(of(array)).bone_variation.numpy() for array in arrays])
    np.testing.assert_allclose(found.bone_variation, np.median(alone, 0))
    assert any(
        f"{np.median([0.01, 0.02, 0.04, 0.05]):.1%} (median bone)" in line
        for line in replace(
            found, bones=found.bones[:1] * 4, bone_variation=torch.tensor([0.05, 0.01, 0.04, 0.02])
        ).lines()
    )
    assert clips.card()["frames"]["median"] == 25.5
    assert of(person(10), person(12)).card()["frames"] == {"shortest": 10, "median": 11, "longest": 12}


def test_a_split_that_leaks_is_reported():
    a, b, c = (person(seed=s) for s in range(3))
    train, test = of(a, b, subject=[1, 2]), of(c, a, b, subject=[3, 1, 3])
    assert leaks(train, test) == [(1, 0), (2, 1)]
    report = leak_report(train, test)
    assert "2 of 3 (67%)" in report[0]
    assert report[-1] == "subjects in both: 1"
    assert leaks(train, of(c)) == []


def test_leaks_of_the_predefined_split_of_a_file_are_reported(tmp_path):
    a, b, c = (person(seed=s) for s in range(3))
    clips = of(a, b, c, a, setup=["xsub_train", "xsub_train", "xsub_val", "xsub_val"])
    found = inspect(clips)
    assert found.leaked == {"xsub_train": ("xsub_val", 2, (3,))}
    expected = "test clips that are training clips, bit for bit: 1 of 2 (50%) (clip 3)"
    assert f"the file's own split, xsub_train and xsub_val: {expected}" in found.lines()
    assert inspect(of(a, a, setup=["hall", "yard"])).leaked == {}
    assert inspect(of(a, a, setup=["train", "train"])).leaked == {}


def test_missing_joints_are_no_positions_of_a_body():
    high = person() + np.array([0, 3, 0], np.float32)
    high[:, 1] = 0
    found = inspect(of(high, high[::-1].copy()))
    assert found.height == pytest.approx(1.8, abs=0.05)
    assert found.upright == 1
    assert found.origin is None
    assert found.missing[1] == 1


def test_positions_relative_to_a_joint_are_reported_and_the_joint_is_not_missing():
    clip = person()
    clip[:, 3, 2] -= 0.2  # not in a plane
    clip[:, 0, 2] += 0.2
    found = inspect(of(clip - clip[:, 1:2]))
    assert found.origin == "hip"
    assert not found.missing.any()
    assert found.affected["missing"] == 0
    assert (
        "hip is the origin in every frame: positions are relative to it, and the path of the person is lost"
        in found.lines()
    )
    assert found.height == pytest.approx(1.8, abs=0.05)


def test_the_upward_axis_and_bodies_upside_down_are_reported():
    clip = person()
    lines = inspect(of(clip[..., [0, 2, 1]])).lines()
    assert any(line.startswith("z is the longest extent in most clips") for line in lines)
    assert not any("y points down" in line for line in lines)
    down = clip * np.array([1, -1, 1], np.float32)
    found = inspect(of(down))
    assert any("y points down" in line for line in found.lines())
    assert not found.standing
    found = inspect(of(person(seed=1), clip, down))
    assert "the head is below the feet in 1 (clip 2)" in found.lines()
    assert found.standing


def test_a_clip_without_persons_for_most_of_its_frames_is_reported():
    clip = person()
    clip[:40] = 0
    found = inspect(of(clip, person(seed=1)))
    assert found.empty == (0,)
    assert "nobody is present in more than half of the frames: 1 (clip 0)" in found.lines()
    assert found.gaps == (), "somebody who comes late"


def test_a_gap_without_persons_is_reported():
    clip = person()
    clip[20:30] = 0
    found = inspect(of(person(seed=1), clip))
    assert found.gaps == (1,)
    assert "nobody is present for a while between frames with persons: 1 (clip 1)" in found.lines()
    assert not found.jumps.any()


def test_real_recordings_are_inspected(real_data):
    found = inspect(load(real_data("precog-2016") / "precog.npz"))
    assert 0.5 < found.height < 2.2
    assert found.bone_variation.median() < 0.3


# -- the order of joints, all frames, axes ------------------------------------------------------------------


def test_a_head_below_the_hips_shows_that_joints_are_in_another_order():
    read = ClipSet.from_arrays([body(KINECT20_HEAD, 20)], skeleton=KINECT20)
    found = inspect(read)
    assert found.reach < FAR_BONES
    assert found.order == pytest.approx(2 / 5)  # shoulders, spine and hips are reversed; hips to feet are not
    assert found.misplaced == ("head", "neck", 1)
    assert any(line.startswith("head is below neck in 100% of the frames") for line in found.lines())
    assert any(
        "these joints are in another order than those of Kinect v1-20" in line for line in found.lines()
    )
    assert not found.standing
    right = inspect(replace(read, skeleton=KINECT20_HEAD))
    assert (right.order, right.misplaced, right.standing) == (1, None, True)


def test_real_kinect_joints_that_are_read_head_first_are_reported(real_data):
    clips = load(real_data("precog-2016") / "precog.npz", skeleton="kinect20")
    right, wrong = inspect(clips), inspect(replace(clips, skeleton=KINECT20_HEAD))
    assert (right.order > 0.98, right.disordered) == (True, False)
    assert (wrong.order < 0.6, wrong.disordered) == (True, True)
    assert wrong.reach < FAR_BONES


def test_a_body_that_begins_with_wide_arms_is_measured_in_all_frames():
    clip = body(KINECT20, 60)
    for side, sign in (("left", 1), ("right", -1)):
        for reach, joint in enumerate(("elbow", "wrist", "hand"), 2):
            clip[:10, KINECT20.index(f"{side}_{joint}")] = (sign * 0.4 * reach, 1.4, 0)
    found = inspect(ClipSet.from_arrays([clip], skeleton=KINECT20))
    assert (found.longest, found.upright) == ("y", 1)
    assert found.height == pytest.approx(np.median(np.ptp(clip, axis=1)[:, 1]), abs=0.03)


@pytest.mark.parametrize("up", ["x", "-x", "y", "-y", "z", "-z"])
def test_each_upward_axis_is_turned_to_y_by_a_rotation(up):
    axis, sign = "xyz".index(up[-1]), -1 if up[0] == "-" else 1
    turned = upright(np.eye(3), up)  # rows: where the axes of the file go
    assert turned[axis].tolist() == [0, sign, 0]
    assert np.linalg.det(turned) == pytest.approx(1)
    assert np.allclose(turned @ turned.T, np.eye(3))


def test_the_command_line_turns_any_axis_up(tmp_path):
    poses = body(KINECT20, 6)
    turned = np.stack([-poses[..., 1], poses[..., 0], poses[..., 2]], -1)
    np.savez(tmp_path / "a.npz", data=turned, length=[6], label=[0])
    arguments = [
        str(tmp_path / "a.npz"),
        str(tmp_path / "a.safetensors"),
        "--up=-x",
        "--skeleton",
        "kinect20",
    ]
    assert main(["data", "convert", *arguments]) == 0
    assert np.allclose(load(tmp_path / "a.safetensors").poses[:, 0].numpy(), poses, atol=1e-6)
