"""Layouts found by the geometry of poses, for counts of joints that several layouts share."""

import json
import re

import numpy as np
import pytest
import torch
from helpers import body, seeded

import skelkit as sk
from skelkit.cli.main import main
from skelkit.data import ClipSet, anatomy, synthetic
from skelkit.data.layout_choice import MARGIN, WORST, LayoutChosen, choose, fit
from skelkit.data.reference_body import standing
from skelkit.skeletons.layouts import KINECT20, KINECT20_HEAD, KNOWN, NTU25, AmbiguousLayout, layouts_of
from skelkit.skeletons.skeleton import Skeleton

SHARED = [name for name, s in KNOWN.items() if name in layouts_of(len(s)) and len(layouts_of(len(s))) > 1]


def moving(skeleton, frames=40, bend=0.4, noise=0.01, seed=0):
    """Bodies of which each bone is turned at random about its parent, float32 [frames, V, 3]."""
    generator, places = seeded(seed), standing(skeleton)
    order = sorted(range(len(skeleton)), key=lambda joint: int(skeleton.hops[joint]))
    turns = bend * torch.randn(frames, len(skeleton), 3, generator=generator)
    turns = torch.linalg.matrix_exp(
        torch.stack([torch.linalg.cross(turn.expand(3, 3), torch.eye(3)) for turn in turns.reshape(-1, 3)])
    ).reshape(frames, len(skeleton), 3, 3)
    poses = places.repeat(frames, 1, 1)
    for joint in order[1:]:
        parent = skeleton.parents[joint]
        turns[:, joint] = turns[:, parent] @ turns[:, joint]
        poses[:, joint] = poses[:, parent] + turns[:, joint] @ (places[joint] - places[parent])
    return (poses + noise * torch.randn(poses.shape, generator=generator)).numpy()


def hand():
    """The 21 joints of an open hand that trembles, wrist first, four to a finger, [40, 21, 3]."""
    knuckles = np.array([(-30, 20), (-25, 90), (-5, 95), (15, 90), (35, 80)]) / 1000
    steps = np.array([(35, 30, 25), (40, 25, 20), (45, 28, 20), (42, 26, 20), (33, 20, 18)]) / 1000
    joints = [np.zeros(2)]
    for knuckle, lengths in zip(knuckles, steps, strict=True):
        direction = knuckle / np.linalg.norm(knuckle)
        joints += [knuckle + direction * reach for reach in (0, *np.cumsum(lengths))]
    still = np.c_[np.array(joints), np.zeros(21)]
    return still + np.random.default_rng(0).normal(0, 0.003, (40, 21, 3))


@pytest.mark.parametrize("name", [name for name in SHARED if name not in ("sbu15", "florence15")])
@pytest.mark.parametrize("change", ["3-D", "2-D, y down", "one frame", "millimetres, z up", "a person apart"])
def test_each_layout_is_found_among_those_of_as_many_joints(name, change):
    poses = moving(KNOWN[name], 1 if change == "one frame" else 40, 0.15 if change == "one frame" else 0.4)
    if change == "2-D, y down":
        poses = poses * np.float32([300, -300, 0])
    if change == "millimetres, z up":
        poses = 1000 * poses[..., [0, 2, 1]] * np.float32([1, -1, 1])
    if change == "a person apart":
        poses = np.stack([poses, np.zeros_like(poses), poses + 5], 1)
    with pytest.warns(
        LayoutChosen, match=rf"{len(KNOWN[name])} joints may be in \d orders; {name} was taken"
    ):
        assert (
            ClipSet.from_arrays([poses / 1000 if change[0] == "m" else poses / 300]).skeleton is KNOWN[name]
        )


@pytest.mark.parametrize("name", SHARED)
def test_the_right_layout_fits_far_better_than_the_others(name):
    right = fit(torch.tensor(moving(KNOWN[name])), KNOWN[name])
    assert right.misfit < 0.15 < WORST
    for other, skeleton in layouts_of(len(KNOWN[name])).items():
        if other != name and {other, name} != {"sbu15", "florence15"}:
            assert fit(torch.tensor(moving(KNOWN[name])), skeleton).misfit > right.misfit + 2 * MARGIN


def test_all_joints_of_the_built_in_layouts_have_a_place_in_the_reference_body():
    for skeleton in KNOWN.values():
        assert standing(skeleton).isfinite().all()
        assert torch.equal(standing(skeleton)[skeleton.mirror] * torch.tensor([-1, 1, 1]), standing(skeleton))


def test_the_length_of_bones_is_compared_as_a_share_of_their_sum():
    stick = Skeleton(
        "stick",
        ["pelvis", "left_hip", "left_knee"],
        [("pelvis", "left_hip"), ("left_hip", "left_knee")],
        "pelvis",
    )
    expected = np.array([np.hypot(0.09, 0.03), np.hypot(0.01, 0.42)])
    poses = torch.tensor([[[0.5, 0, 0], [0.5, 3, 0], [0.5, 3, 1]]])  # bones of 3 and 1
    found = fit(poses, stick)
    wrong = np.abs(np.array([0.75, 0.25]) - expected / expected.sum()).sum() / 2
    assert found.deviation == pytest.approx(wrong, rel=1e-5)
    assert (found.asymmetry, found.order) == (0, None)


def test_left_and_right_are_compared_where_both_are_known():
    poses = standing(KINECT20)[None] + 1
    poses[0, KINECT20.index("left_knee")] = torch.tensor([1.09, 0.5, 1])
    poses[0, KINECT20.index("left_ankle")] = torch.tensor([1.09, 0.2, 1])
    poses[0, KINECT20.index("right_foot")] = 0
    lengths = {}
    for a, b in KINECT20.bones:
        if "right_foot" not in (a, b):
            ends = poses[0, KINECT20.index(a)], poses[0, KINECT20.index(b)]
            lengths[a, b] = float((ends[0] - ends[1]).norm())
    pairs = [
        (length, lengths[tuple(j.replace("left", "right") for j in bone)])
        for bone, length in lengths.items()
        if "left" in bone[1] and tuple(j.replace("left", "right") for j in bone) in lengths
    ]
    expected = sum(abs(a - b) for a, b in pairs) / sum(a + b for a, b in pairs)
    assert fit(poses, KINECT20).asymmetry == pytest.approx(expected, rel=1e-5)


def test_a_hand_is_no_body():
    with pytest.raises(
        AmbiguousLayout, match=r"2 built-in skeletons have 21 joints: mocap21, kit21; the poses"
    ):
        ClipSet.from_arrays([hand()])


@pytest.mark.parametrize("joints", [15, 20, 25, 33])
def test_poses_of_no_body_are_refused_with_the_candidates_and_the_evidence(joints):
    noise = torch.randn(30, joints, 3, generator=seeded())
    with pytest.raises(AmbiguousLayout, match=r"% off a body's, left and right \d+% apart.*; say which one"):
        ClipSet.from_arrays([noise])


@pytest.mark.parametrize("value", [0, 1, 1e30, 1e300, np.inf, np.nan])
def test_poses_without_lengths_settle_nothing(value):
    with pytest.raises(AmbiguousLayout, match="ntu25: no bones of known length"):
        choose([np.full((3, 1, 25, 3), value)])


def test_layouts_that_differ_in_names_alone_are_refused():
    with pytest.raises(AmbiguousLayout, match="sbu15, florence15"):
        ClipSet.from_arrays([moving(KNOWN["sbu15"])])


def test_a_layout_that_is_said_is_not_looked_at(recwarn):
    assert ClipSet.from_arrays([body(NTU25, 5)], skeleton="body25").skeleton is KNOWN["body25"]
    assert not recwarn.list


def test_the_only_layout_of_a_count_is_taken_without_a_word(recwarn):
    assert ClipSet.from_arrays([moving(KNOWN["mediapipe33"])]).skeleton is KNOWN["mediapipe33"]
    assert ClipSet.from_arrays([moving(KNOWN["humanml22"])]).skeleton is KNOWN["smpl22"]
    assert not recwarn.list


def test_positions_relative_to_a_joint_have_their_layout():
    poses = moving(KINECT20_HEAD) - moving(KINECT20_HEAD)[:, 3:4]
    with pytest.warns(LayoutChosen):
        assert ClipSet.from_arrays([poses]).skeleton is KINECT20_HEAD


def test_synthetic_clips_are_found_to_have_the_layout_of_ntu_rgbd():
    clips = synthetic.make(8)
    with pytest.warns(LayoutChosen, match="ntu25 was taken"):
        assert ClipSet.from_arrays([clip.poses for clip in clips]).skeleton is NTU25


def test_real_recordings_of_a_depth_camera_have_the_order_of_kinect_in_any_order(real_data, tmp_path):
    path = real_data("precog-2016/precog.npz")
    with pytest.warns(LayoutChosen, match="kinect20 was taken"):
        clips = sk.load(path)
    assert clips.skeleton is KINECT20
    for name in ("kinect20_head", "msr20"):
        order = [KINECT20.index(joint) for joint in KNOWN[name].joints]
        with pytest.warns(LayoutChosen, match=f"{name} was taken"):
            assert ClipSet.from_arrays([clip.poses[:, :, order] for clip in clips]).skeleton is KNOWN[name]
    for clip in list(clips)[::25]:
        with pytest.warns(LayoutChosen, match="kinect20 was taken"):
            assert ClipSet.from_arrays([clip.poses]).skeleton is KINECT20


def test_real_motion_capture_without_names_is_found(real_data):
    clips = sk.load(real_data("bandai-namco-2")).select(slice(0, 300, 30))
    with pytest.warns(LayoutChosen, match="mocap21 was taken"):
        assert ClipSet.from_arrays([clip.poses for clip in clips]).skeleton is KNOWN["mocap21"]


def test_the_command_line_prints_the_evidence_and_takes_the_layout_that_is_said(tmp_path, capsys):
    np.savez(tmp_path / "a.npz", data=body(KINECT20_HEAD, 9), length=[4, 5], label=[0, 1])
    with pytest.warns(LayoutChosen) as caught:
        assert main(["data", "describe", str(tmp_path / "a.npz"), "--json"]) == 0
    chosen = next(str(w.message) for w in caught if w.category is LayoutChosen)
    assert re.search("kinect20_head: bones [0-9]% off a body's", chosen)
    assert json.loads(capsys.readouterr().out)["skeleton"].startswith("Kinect v1-20, head first")
    assert main(["data", "describe", str(tmp_path / "a.npz"), "--skeleton", "kinect20"]) == 0
    assert "Kinect v1-20, 20 joints" in capsys.readouterr().out


def test_heights_are_those_of_the_joints_from_head_to_feet():
    heights, names = anatomy.heights(standing(KINECT20)[None], KINECT20, torch.tensor([0.0, 1, 0]))
    assert names == ["head", "neck", "spine mid", "spine base", "knee", "ankle"]
    assert heights[0].tolist() == pytest.approx([1.62, 1.42, 1.15, 0.95, 0.50, 0.09])
    assert anatomy.in_order(heights) == 1
    assert anatomy.in_order(anatomy.heights(standing(KINECT20)[None], KINECT20_HEAD)[0]) == pytest.approx(
        2 / 5
    )
