"""The synthetic data set: human, repeatable, balanced, and hard where it should be."""

import math

import numpy as np
import pytest
import torch
from helpers import bone_lengths, seeded

from skelkit import motion
from skelkit.data import synthetic
from skelkit.data.synthetic import body, choreography, sensor
from skelkit.data.synthetic.action import DOFS
from skelkit.skeletons.layouts import NTU25

EVERY = synthetic.ACTIONS
NAMES = {name: i for i, name in enumerate(NTU25.joints)}


def upright(clips, clip):
    """Poses of one clip [T, M, V, C] with y = 0 on the floor: the camera's tilt and height undone."""
    _, tilt, height, distance = synthetic.CAMERAS[int(clips.view[clip]) - 1]
    back = motion.rotation(torch.tensor([-math.radians(tilt), 0.0, 0.0]))
    return clips[clip].poses @ back.T - torch.tensor([0.0, -height, distance])


# -- the body ----------------------------------------------------------------------------------------------


def turn(axis, angle):
    """Rotation matrix about one axis, by Rodrigues' formula."""
    k = np.zeros((3, 3))
    a, b = (axis + 1) % 3, (axis + 2) % 3
    k[a, b], k[b, a] = -1, 1
    return np.eye(3) + math.sin(angle) * k + (1 - math.cos(angle)) * k @ k


def slow_body(d, size, walked):
    """One frame of body.joints in float64 with matrices: trunk, shoulders, hips, targets of the limbs."""
    leg, arm = size["thigh"] + size["shin"], size["upper"] + size["fore"]
    heading = turn(1, d["turn"])
    base = np.array([0, 0, leg * (d["go"] + walked)])
    height = size["ankle"] + leg * (0.99 + d["lift"]) + 0.31 * size["hips"]
    found = {"spine_base": base + heading @ [leg * d["side"], height, leg * d["forward"]]}
    pelvis = heading @ turn(0, d["tilt"]) @ turn(2, d["list"])

    def bend(names, share):
        return turn(1, share * d[names[2]]) @ turn(0, share * d[names[0]]) @ turn(2, share * d[names[1]])

    waist = pelvis @ bend(("bend", "lean", "twist"), 0.5)
    chest = waist @ bend(("bend", "lean", "twist"), 0.5)
    neck = chest @ bend(("nod", "cock", "look"), 0.4)
    head = neck @ bend(("nod", "cock", "look"), 0.6)
    found["spine_mid"] = found["spine_base"] + size["waist"] * waist[:, 1]
    found["spine_shoulder"] = found["spine_mid"] + size["chest"] * chest[:, 1]
    found["neck"] = found["spine_shoulder"] + size["neck"] * neck[:, 1]
    found["head"] = found["neck"] + size["head"] * head[:, 1]
    for side, sign in (("left", 1), ("right", -1)):
        s = side[0]
        rise = 0.3 / (1 + math.exp(-5 * d[f"{s}_up"])) - 0.15
        shoulder = found["spine_shoulder"] + size["shoulders"] * chest @ [
            sign * math.cos(rise),
            math.sin(rise),
            0,
        ]
        found[f"{side}_shoulder"] = shoulder
        found[f"{side}_wrist"] = reached(
            shoulder, shoulder + arm * chest @ [sign * d[f"{s}_out"], d[f"{s}_up"], d[f"{s}_fwd"]], arm
        )
        hip = found["spine_base"] + size["hips"] * pelvis @ [sign * 0.95, -0.31, 0]
        out = sign * (size["hips"] + leg * (0.015 + d[f"{s}_step_out"]))
        ankle = base + heading @ [
            out,
            size["ankle"] + leg * max(d[f"{s}_step_up"], 0),
            leg * d[f"{s}_step_fwd"],
        ]
        found[f"{side}_hip"], found[f"{side}_ankle"] = hip, reached(hip, ankle, leg)
    return found


def reached(start, target, length):
    """The target, moved closer if the limb would be straight, or farther away if it would fold up."""
    share = np.linalg.norm(target - start) / length
    allowed = 0.97 + 0.028 * math.tanh((share - 0.97) / 0.028) if share > 0.97 else max(share, 1 / 3)
    return start + (target - start) * allowed / share


@pytest.fixture(scope="module")
def performed():
    """Degrees of freedom [D, R], bone lengths [15, R], distance [R] and joints [25, 3, R] of 60 clips."""
    index = torch.arange(60)
    cast = choreography.cast(index % 30, index % 40, None, 30.0, seeded(4))
    performer = torch.arange(len(cast.clip)).repeat_interleave(cast.lengths)
    step = torch.cat([torch.arange(n) for n in cast.lengths.tolist()])
    dofs, walked = choreography.perform(cast, performer, step, 30.0)
    bones = body.people().bones[cast.subject].T[:, performer]
    return dofs, bones, walked, body.joints(dofs, bones, walked)


def test_the_batched_body_equals_a_slow_body_of_one_frame_at_a_time(performed):
    dofs, bones, walked, joints = performed
    for frame in range(0, dofs.shape[1], 97):
        d, size = (
            dict(zip(DOFS, dofs[:, frame].double().numpy(), strict=True)),
            dict(zip(body.PROPORTIONS, bones[:, frame].double().numpy(), strict=True)),
        )
        for name, place in slow_body(d, size, float(walked[frame])).items():
            np.testing.assert_allclose(
                joints[NAMES[name], :, frame].numpy(), place, atol=2e-5, err_msg=f"{name}, frame {frame}"
            )


def test_elbows_and_knees_join_bones_of_the_right_lengths_and_bend_the_right_way(performed):
    dofs, bones, _, joints = performed
    size = dict(zip(body.PROPORTIONS, bones, strict=True))
    for side in ("left", "right"):
        at = {
            part: joints[NAMES[f"{side}_{part}"]]
            for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
        }
        for a, b, bone in (
            ("shoulder", "elbow", "upper"),
            ("elbow", "wrist", "fore"),
            ("hip", "knee", "thigh"),
            ("knee", "ankle", "shin"),
        ):
            torch.testing.assert_close((at[a] - at[b]).norm(dim=0), size[bone], atol=1e-5, rtol=0)
        yaw = dofs[DOFS.index("turn")]
        ahead = torch.stack([yaw.sin(), torch.zeros_like(yaw), yaw.cos()])
        assert ((at["knee"] - (at["hip"] + at["ankle"]) / 2) * ahead).sum(0).min() > -1e-3


def test_bones_keep_their_lengths_without_the_sensor():
    clips = synthetic.make(60, noise=False)
    for i in range(0, 60, 7):
        x = clips[i].batch[..., :1]
        assert bone_lengths(x, NTU25).std(dim=1).max() < 1e-4


def test_a_standing_person_has_both_feet_on_the_floor_and_a_plausible_height():
    clips = synthetic.make(90, classes=["wave", "drink", "look at watch"], noise=False)
    for i in range(0, 90, 5):
        pose = upright(clips, i)[:, 0, :, 1]
        ankles, feet = (
            pose[:, [NAMES["left_ankle"], NAMES["right_ankle"]]],
            pose[:, [NAMES["left_foot"], NAMES["right_foot"]]],
        )
        assert 0.04 < ankles.min() < ankles.max() < 0.13
        assert -0.01 < feet.min() < feet.max() < 0.1
        assert 1.25 < pose[:, NAMES["head"]].min() < pose[:, NAMES["head"]].max() < 2.0


def test_sitting_down_lowers_the_hips_to_the_height_of_a_chair():
    clips = synthetic.make(12, classes=["sit down"], noise=False)
    for i in range(12):
        hips = upright(clips, i)[:, 0, NAMES["spine_base"], 1]
        assert hips[0] > 0.75
        assert 0.35 < hips[-1] < 0.65


# -- repeatable --------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bits():
    a, b = synthetic.make(70, seed=3), synthetic.make(70, seed=3)
    assert torch.equal(a.poses, b.poses)
    assert torch.equal(a.starts, b.starts)
    assert a.names == b.names


def test_two_seeds_differ():
    a, b = synthetic.make(5, seed=3, frames=50), synthetic.make(5, seed=4, frames=50)
    assert torch.equal(a.labels, b.labels)
    assert not torch.isclose(a.poses[:, 0], b.poses[:, 0]).any(-1).all()


def test_a_clip_does_not_depend_on_the_number_of_clips_or_on_global_seeds():
    torch.manual_seed(1)
    few = synthetic.make(10, seed=5)
    torch.manual_seed(2)
    many = synthetic.make(150, seed=5)
    assert torch.equal(many.select(slice(10)).poses, few.poses)
    assert many.names[:10] == few.names


def test_generating_clips_does_not_use_the_global_generator():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    synthetic.make(3)
    assert torch.equal(before, torch.get_rng_state())


# -- hard on purpose ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("pair", synthetic.PAIRS["time order"])
def test_a_time_order_pair_is_one_motion_played_forwards_and_backwards(pair):
    forth, back = (synthetic.make(9, classes=[name], noise=False) for name in pair)
    for i in range(9):
        torch.testing.assert_close(back[i].poses, forth[i].poses.flip(0), atol=1e-6, rtol=0)
        assert not torch.allclose(back[i].poses, forth[i].poses, atol=0.05)


def test_writing_typing_and_phoning_differ_only_in_one_arm():
    write, other, phone = (
        synthetic.make(20, classes=[name], noise=False).poses[:, 0] for name in ("write", "type", "use phone")
    )
    arm = {
        side: [
            NAMES[f"{side}_{part}"] for part in ("elbow", "wrist", "hand", "hand_tip", "thumb", "shoulder")
        ]
        for side in ("left", "right")
    }
    rest = [i for i in range(25) if i not in arm["left"] + arm["right"]]
    for clip in (other, phone):
        assert torch.equal(clip[:, rest], write[:, rest])
        moved = torch.stack([(clip - write)[:, arm[side]].abs().amax((1, 2)) for side in ("left", "right")])
        assert (moved.amin(0) < 1e-6).all()
        assert (moved.amax(0) > 1e-3).float().mean() > 0.95


@pytest.mark.parametrize(("slow", "fast"), synthetic.PAIRS["tempo"])
def test_a_tempo_pair_differs_in_the_frequency_of_its_rhythm(slow, fast):
    frequency = torch.fft.rfftfreq(512, 1 / 30)
    found = []
    for name in (slow, fast):
        clips = synthetic.make(40, classes=[name], noise=False, frames=100)
        hands = motion.bones(clips.batch(slice(None)), NTU25)[
            :, :, :, [NAMES["left_elbow"], NAMES["right_elbow"]], 0
        ].flatten(1, 1)
        change = hands.diff(dim=2)  # differences weigh the rhythm more than the way up and down
        power = (
            torch.fft.rfft(change * torch.hann_window(99)[:, None], 512, dim=2).abs().square().sum((0, 1, 3))
        )
        found.append(float((power * frequency).sum() / power.sum()))
    assert found[1] > 1.2 * found[0]


# -- balanced ----------------------------------------------------------------------------------------------


def test_clips_are_balanced_over_classes_subjects_and_views():
    clips = synthetic.make(600)
    assert clips.labels.bincount().tolist() == [20] * 30
    assert clips.subject.min() == 1
    assert clips.subject.bincount()[1:].tolist() == [15] * synthetic.SUBJECTS
    assert clips.view.bincount()[1:].tolist() == [200] * 3
    for label in range(30):
        assert clips.subject[clips.labels == label].unique().numel() == 20
        assert clips.view[clips.labels == label].bincount()[1:].min() >= 6


def test_lengths_lie_between_40_and_200_frames_unless_given():
    lengths = synthetic.make(300).lengths
    assert 40 <= lengths.min() < 70
    assert 120 < lengths.max() <= 200
    assert synthetic.make(3, frames=33).lengths.tolist() == [33] * 3
    assert synthetic.make(60, fps=60).lengths.min() >= 80


def test_actions_of_two_have_two_persons_in_every_frame_and_the_others_one():
    clips = synthetic.make(60)
    assert len(EVERY) == 30
    assert len(synthetic.TWO_PERSON) == 5
    expected = torch.tensor([2 if clips.classes[c] in synthetic.TWO_PERSON else 1 for c in clips.labels])
    assert torch.equal(clips.persons, expected)
    assert torch.equal(clips.present.sum(1), expected.repeat_interleave(clips.lengths))


def test_two_persons_face_each_other_at_arm_s_length():
    clips = synthetic.make(10, classes=["shake hands"], noise=False, views=[2])
    for i in range(10):
        pose = upright(clips, i)
        gap = pose[:, 0] - pose[:, 1]  # [T, V, C]
        assert 0.8 < gap[:, NAMES["spine_base"]].norm(dim=-1).min() < 1.5
        right, left = (pose[:, :, NAMES[f"{side}_hand"]] for side in ("right", "left"))
        nearest = min(
            float((a[:, 0] - b[:, 1]).norm(dim=-1).min()) for a in (right, left) for b in (right, left)
        )
        assert nearest < 0.45


def test_chosen_classes_get_labels_in_the_given_order_and_names_identify_the_clip():
    clips = synthetic.make(7, classes=["walk slowly", "clap"])
    assert clips.classes == ("walk slowly", "clap")
    assert clips.labels.tolist() == [0, 1, 0, 1, 0, 1, 0]
    for i, name in enumerate(clips.names):
        subject, view = int(clips.subject[i]), int(clips.view[i])
        assert name == f"synthetic {clips.classes[clips.labels[i]]} s{subject:02d} v{view} #{i}"


# -- the camera and the sensor -----------------------------------------------------------------------------


def test_two_cameras_see_the_same_motion_turned_and_moved():
    here, there = (synthetic.make(6, classes=["throw", "hug"], noise=False, views=[v]) for v in (2, 3))
    a, b = (
        here.poses[here.present].reshape(-1, 3).double(),
        there.poses[there.present].reshape(-1, 3).double(),
    )
    u, _, vh = torch.linalg.svd((a - a.mean(0)).T @ (b - b.mean(0)))  # the rotation that fits best (Kabsch)
    rotation = vh.T @ u.T
    assert torch.linalg.det(rotation) == pytest.approx(1)
    torch.testing.assert_close((a - a.mean(0)) @ rotation.T, b - b.mean(0), atol=1e-4, rtol=0)
    angle = math.degrees(math.acos((float(rotation.trace()) - 1) / 2))
    assert 40 < angle < 50


def test_a_person_who_faces_the_middle_camera_has_the_right_side_at_positive_x():
    clips = synthetic.make(20, classes=["nod"], views=[2])
    x = clips.batch(slice(None))[..., 0]  # [N, C, T, V]
    assert 2 < x[:, 2, :, NAMES["spine_base"]].min() < x[:, 2, :, NAMES["spine_base"]].max() < 4.5
    assert (x[:, 0, :, NAMES["right_shoulder"]] > x[:, 0, :, NAMES["left_shoulder"]]).all()


def test_sensor_errors_are_larger_at_the_extremities_and_for_hidden_joints():
    noisy, clean = (synthetic.make(120, noise=on).poses[:, 0] for on in (True, False))
    error, hidden = (noisy - clean).norm(dim=-1).T, sensor.self_occlusion(clean.permute(1, 2, 0))  # [V, F]
    mean = error.mean(1)
    assert mean[NAMES["left_hand_tip"]] > 1.2 * mean[NAMES["left_elbow"]] > 1.2 * mean[NAMES["spine_mid"]]
    for joint in ("left_hand", "right_hand"):
        errors, behind = error[NAMES[joint]], hidden[NAMES[joint]]
        assert 0.01 < (behind > 0.5).float().mean() < 0.5
        assert errors[behind > 0.5].median() > 1.3 * errors[behind == 0].median()


def test_limbs_are_lost_in_bursts_that_freeze_for_several_frames():
    poses = synthetic.make(300, frames=90).poses[:, 0].unflatten(0, (300, 90))
    still = (poses.diff(dim=1) == 0).all(-1)  # [N, T - 1, V]
    assert not still[:, :, NAMES["spine_mid"]].any()
    hand = still[:, :, NAMES["left_hand"]]
    assert 0.005 < hand.float().mean() < 0.2
    assert (hand[:, 1:] & hand[:, :-1]).sum() > 0.5 * hand.sum()


# -- errors ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"clips": 0}, "clips must be a whole number, 1 or more; got 0"),
        ({"clips": 2.5}, "clips must be"),
        ({"seed": -1}, "seed must be"),
        ({"frames": 1}, "frames must be a whole number, 2 or more"),
        ({"fps": 0}, "fps must be"),
        ({"views": [4]}, "there are cameras 1 to 3"),
        ({"classes": []}, "at least one"),
        ({"classes": ["wave", "wave"]}, "each of them once"),
        ({"classes": ["wave", "moonwalk"]}, "no action 'moonwalk'; known: drink, eat"),
    ],
)
def test_invalid_arguments_are_refused_with_the_known_values(arguments, message):
    with pytest.raises(ValueError, match=message):
        synthetic.make(**{"clips": 3, **arguments})
