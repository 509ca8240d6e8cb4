from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skelkit import ClipSet, motion
from skelkit.data.joint_names import canonical
from skelkit.data.mapping import Mapping, as_skeleton, common, match
from skelkit.data.merging import merge
from skelkit.skeletons.layouts import COCO17, KINECT20, KNOWN, MOCAP21, NTU25
from skelkit.skeletons.skeleton import Skeleton

BODIES = {"ntu25": NTU25, "kinect20": KINECT20, "mocap21": MOCAP21, "coco17": COCO17}

FINGER = Skeleton("finger", ["base", "middle", "tip"], [("base", "middle"), ("middle", "tip")], root="base")


def chain(name, *joints):
    return Skeleton(name, joints, list(pairwise(joints)), root=joints[0])


def both(*joints):
    return [joint.replace("SIDE", side) for side in ("left", "right") for joint in joints]


# -- names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "spellings"),
    [
        (
            "left shoulder",
            "left_shoulder LeftShoulder leftShoulder LShoulder shoulder.L ShoulderLeft "
            "UpperArm_L upperarm_l mixamorig:LeftArm",
        ),
        ("right elbow", "right_elbow RElbow elbow_r LowerArm_R RightForeArm forearm.R RightElbow"),
        ("right wrist", "right_wrist RWrist WristRight"),
        ("left hip", "left_hip UpperLeg_L LeftUpLeg thigh_l LHip HIP_LEFT"),
        ("left knee", "left_knee LowerLeg_L LeftLeg calf_l shin.L"),
        ("right foot", "right_foot Toes_R RightToeBase RBigToe FootRight"),
        ("left hand tip", "left_hand_tip HandTipLeft handtip_l"),
        ("left clavicle", "clavicle_l left_collar LCollar"),
        ("spine base", "spine_base SpineBase Hips hip_center HipCenter MidHip pelvis"),
        ("spine mid", "spine_mid Spine SPINE torso"),
        ("spine shoulder", "spine_shoulder Chest shoulder_center thorax"),
        ("head", "head Head HEAD"),
        ("nose", "nose Nose"),
        ("tail 2", "tail_2 Tail-2"),
    ],
)
def test_a_joint_has_one_name_however_it_is_spelt(name, spellings):
    assert {canonical(spelling) for spelling in spellings.split()} == {name}
    assert canonical(name) == name


def test_shoulder_hand_and_foot_mean_other_joints_where_joints_are_named_by_bones():
    mixamo = [
        "LeftShoulder",
        "LeftArm",
        "LeftForeArm",
        "LeftHand",
        "LeftUpLeg",
        "LeftLeg",
        "LeftFoot",
        "LeftToeBase",
    ]
    meanings = ["clavicle", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot"]
    assert [canonical(j, mixamo) for j in mixamo] == [f"left {m}" for m in meanings]
    assert canonical("left_hand", NTU25.joints) == "left hand"
    assert canonical("left_shoulder", ["left_collar", "left_shoulder", "left_forearm"]) == "left shoulder"


@pytest.mark.parametrize("joint", ["", "_", "L", "left", "Left Right", "épaule", "手"])
def test_a_name_without_a_joint_stays_as_it_is(joint):
    assert canonical(joint) == (joint.lower() or joint)


# -- matching ----------------------------------------------------------------------------------------------

LIMBS = both("SIDE_shoulder", "SIDE_elbow", "SIDE_wrist", "SIDE_hip", "SIDE_knee", "SIDE_ankle")
MOCAP_NAMES = {
    "shoulder": "UpperArm",
    "elbow": "LowerArm",
    "wrist": "Hand",
    "hip": "UpperLeg",
    "knee": "LowerLeg",
    "ankle": "Foot",
    "foot": "Toes",
}


def in_mocap(joint):
    side, _, name = joint.partition("_")
    return f"{MOCAP_NAMES[name]}_{side[0].upper()}"


KINECT_LIMBS = LIMBS + both("SIDE_hand", "SIDE_foot")
MOCAP_LIMBS = LIMBS + both("SIDE_foot")
SAME = {  # by hand: joint of the first -> joint of the second
    ("ntu25", "kinect20"): {
        "spine_base": "hip_center",
        "spine_mid": "spine",
        "spine_shoulder": "shoulder_center",
        "head": "head",
    }
    | {j: j for j in KINECT_LIMBS},
    ("ntu25", "mocap21"): {
        "spine_base": "Hips",
        "spine_mid": "Spine",
        "spine_shoulder": "Chest",
        "neck": "Neck",
        "head": "Head",
    }
    | {j: in_mocap(j) for j in MOCAP_LIMBS},
    ("ntu25", "coco17"): {"head": "nose"} | {j: j for j in LIMBS},
    ("kinect20", "mocap21"): {
        "hip_center": "Hips",
        "spine": "Spine",
        "shoulder_center": "Chest",
        "head": "Head",
    }
    | {j: in_mocap(j) for j in MOCAP_LIMBS},
    ("kinect20", "coco17"): {"head": "nose"} | {j: j for j in LIMBS},
    ("mocap21", "coco17"): {"Head": "nose"} | {in_mocap(j): j for j in LIMBS},
}


@pytest.mark.parametrize(("pair", "same"), SAME.items(), ids=" ".join)
def test_the_built_in_skeletons_match_joint_by_joint_as_anatomy_says(pair, same):
    a, b = (KNOWN[name] for name in pair)
    for source, target, expected in ((a, b, {v: k for k, v in same.items()}), (b, a, same)):
        found = match(source, target)
        assert {
            t: source.joints[i] for t, i in zip(target.joints, found.index, strict=True) if i >= 0
        } == expected
        assert set(found.missing) == set(target.joints) - set(expected)
        assert set(found.dropped) == set(source.joints) - set(expected.values())
        assert [target.joints[i] for i in found.hidden.nonzero().flatten()] == list(found.missing)


@pytest.mark.parametrize(
    "skeleton",
    [*BODIES.values(), FINGER, chain("odd", "Head", "head", "Hips", "pelvis")],
    ids=lambda s: s.name,
)
def test_a_skeleton_matches_itself_in_every_joint(skeleton):
    assert match(skeleton, skeleton).index == tuple(range(len(skeleton)))


def test_a_mapping_describes_matched_approximate_and_missing_joints():
    assert repr(match(KINECT20, NTU25)) == (
        "Kinect v1-20 -> NTU-25: 20 of 25 joints; "
        "missing neck, left_hand_tip, left_thumb, right_hand_tip, right_thumb"
    )
    assert match(NTU25, KINECT20).describe() == (
        "NTU-25 -> Kinect v1-20: 20 of 20 joints; "
        "not used: neck, left_hand_tip, left_thumb, right_hand_tip, right_thumb"
    )
    assert match(COCO17, MOCAP21).describe() == (
        "COCO-17 -> motion capture-21: 13 of 21 joints; Head taken from nose; "
        "missing Hips, Spine, Chest, Neck, Shoulder_L, Shoulder_R, Toes_L, Toes_R; "
        "not used: left_eye, right_eye, left_ear, right_ear"
    )
    assert repr(match(NTU25, NTU25)) == "NTU-25 -> NTU-25: 25 of 25 joints"


def test_a_nose_replaces_a_head_only_if_there_is_no_head():
    nose, head, two = (
        chain("nose", "Nose", "Neck"),
        chain("head", "Head", "Neck"),
        chain("two", "Head", "Neck", "Nose"),
    )
    assert match(nose, head).index == match(head, nose).index == (0, 1)
    assert match(nose, two).index == (-1, 1, 0)
    assert match(two, nose).index == (2, 1)


def test_the_first_of_two_joints_with_the_same_meaning_is_used():
    twice = chain("twice", "Hips", "pelvis", "Spine")
    assert match(twice, KINECT20).dropped == ("pelvis",)
    assert match(KINECT20, twice).missing == ("pelvis",)
    assert match(twice, chain("more", "Neck", "Spine", "Hips", "pelvis")).index == (-1, 2, 0, 1)


def test_pairs_override_names():
    found = match(KINECT20, NTU25, pairs={"neck": "shoulder_center", "left_thumb": "left_hand", "head": None})
    assert [found.index[NTU25.index(j)] for j in ("neck", "spine_shoulder", "left_thumb", "head")] == [
        2,
        2,
        KINECT20.index("left_hand"),
        -1,
    ]
    assert "neck taken from shoulder_center, left_thumb taken from left_hand" in found.describe()
    assert match(FINGER, NTU25, pairs={"left_hand_tip": "tip"}).missing == tuple(
        j for j in NTU25.joints if j != "left_hand_tip"
    )


def test_skeletons_without_a_common_joint_are_refused_with_what_to_do():
    message = (
        r"no joint of finger \(base, middle, tip\) is one of NTU-25 "
        r"\(spine_base, spine_mid, neck, head, …\); "
        r'rename the joints or pass pairs=\{"target joint": "source joint"\}'
    )
    with pytest.raises(ValueError, match=message):
        match(FINGER, NTU25)
    with pytest.raises(ValueError, match="no joint of finger"):
        as_skeleton(ClipSet.from_arrays([np.ones((2, 3, 3))], skeleton=FINGER), NTU25)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ({"Hips": "hip_center"}, "'NTU-25' has no joint 'Hips'; its joints are"),
        ({"neck": "Neck"}, "'Kinect v1-20' has no joint 'Neck'"),
    ],
)
def test_pairs_of_unknown_joints_are_refused(pairs, message):
    with pytest.raises(
        ValueError, match="pairs go from joints of the target to joints of the source: skeleton " + message
    ):
        match(KINECT20, NTU25, pairs)


# -- moving clips ------------------------------------------------------------------------------------------


@pytest.fixture
def clips(ragged):
    """Clips on `skeleton`, people coming and going, with classes, subjects and names."""

    def make(skeleton, lengths=(9, 1, 30, 5), **options):
        options = {
            "subject": ["Ann", "Bo"] * 2,
            "view": [3, 1, 1, 3],
            "names": list("abcd"),
            "classes": ["sit", "fall"],
            "fps": 30,
        } | options
        return ClipSet.from_arrays(
            ragged(lengths, len(skeleton)), labels=[0, 1, 1, 0], skeleton=skeleton, **options
        )

    return make


every_pair = pytest.mark.parametrize(
    ("source", "target"), [(a, b) for a in BODIES.values() for b in BODIES.values()], ids=lambda s: s.name
)


@every_pair
def test_matched_joints_keep_every_bit_and_missing_ones_are_zero_without_filling(clips, source, target):
    before = clips(source)
    x, found = before.batch(slice(None)), match(source, target)
    y = found.apply(x)
    for joint, place in enumerate(found.index):
        assert torch.equal(
            y[:, :, :, joint], x[:, :, :, place] if place >= 0 else torch.zeros_like(y[:, :, :, joint])
        )
    assert torch.equal(
        as_skeleton(before, target, fill=False).poses,
        motion.to_frames(found.apply(motion.to_batch(before.poses[None])))[0],
    )


@every_pair
def test_filling_changes_neither_the_presence_of_persons_nor_matched_joints(clips, source, target):
    before = clips(source)
    after, bare = as_skeleton(before, target), as_skeleton(before, target, fill=False)
    assert torch.equal(after.present, before.present)
    assert torch.equal(bare.present, before.present)
    there = ~match(source, target).hidden
    assert torch.equal(after.poses[..., there, :], bare.poses[..., there, :])
    assert after.poses[before.present].abs().sum(-1).gt(0).all()  # nothing is left at the origin
    assert after.poses.is_contiguous()


def test_everything_but_the_poses_stays_the_same(clips):
    before = clips(NTU25)
    after = as_skeleton(before, KINECT20)
    assert after.skeleton is KINECT20
    assert (after.names, after.classes, after.fps, after.group_names) == (
        before.names,
        before.classes,
        before.fps,
        before.group_names,
    )
    for key in ("labels", "starts", "subject", "view"):
        assert torch.equal(getattr(after, key), getattr(before, key))


def test_mapping_there_and_back_keeps_the_common_joints_bit_for_bit(clips):
    before = clips(NTU25)
    again = as_skeleton(as_skeleton(before, KINECT20), NTU25)
    kept = ~match(KINECT20, NTU25).hidden
    assert int(kept.sum()) == 20
    assert torch.equal(again.poses[..., kept, :], before.poses[..., kept, :])


@pytest.mark.parametrize(
    ("source", "target", "joint", "between"),
    [
        (KINECT20, NTU25, "left_thumb", ["left_hand"]),
        (KINECT20, NTU25, "left_hand_tip", ["left_hand"]),
        (KINECT20, NTU25, "neck", ["shoulder_center", "head"]),
        (NTU25, MOCAP21, "Shoulder_R", ["spine_shoulder", "right_shoulder"]),
        (MOCAP21, NTU25, "right_thumb", ["Hand_R"]),
        (COCO17, NTU25, "spine_base", ["left_hip", "right_hip"]),
        (COCO17, NTU25, "spine_shoulder", ["left_shoulder", "right_shoulder"]),
        (COCO17, NTU25, "spine_mid", ["left_shoulder", "right_shoulder", "left_hip", "right_hip"]),
        (COCO17, KINECT20, "left_foot", ["left_ankle"]),
        (NTU25, COCO17, "left_ear", ["head"]),
    ],
)
def test_a_missing_joint_is_the_mean_of_the_nearest_joints_of_the_tree(clips, source, target, joint, between):
    before = clips(source)
    expected = sum(before.poses[:, :, source.index(j)] for j in between) / len(between)
    found = as_skeleton(before, target).poses[:, :, target.index(joint)]
    assert torch.equal(found, expected) if len(between) == 1 else torch.allclose(found, expected, atol=1e-6)


@every_pair
def test_filling_mirrored_clips_gives_the_mirror_image(clips, source, target):
    x, found = clips(source).batch(slice(None)), match(source, target)
    swapped = found.apply(x[:, :, :, source.mirror], fill=True)
    torch.testing.assert_close(swapped, found.apply(x, fill=True)[:, :, :, target.mirror], atol=1e-6, rtol=0)


def test_half_precision_clips_stay_in_half_precision(clips):
    half = as_skeleton(clips(COCO17).to(dtype=torch.float16), NTU25)
    assert half.poses.dtype is torch.float16
    assert (
        merge(half, as_skeleton(clips(COCO17, fps=25).to(dtype=torch.float16), NTU25)).poses.dtype
        is torch.float16
    )


def test_a_batch_of_another_skeleton_is_refused():
    with pytest.raises(ValueError, match="the batch has 25 joints, the Kinect v1-20 skeleton has 20"):
        match(KINECT20, NTU25).apply(torch.ones(1, 3, 4, 25, 1))


# -- common joints -----------------------------------------------------------------------------------------


def undirected(bones):
    return {frozenset(bone) for bone in bones}


def test_the_common_skeleton_joins_bones_across_joints_left_out():
    found = common(MOCAP21, KINECT20)
    left_out = {"Neck", "Shoulder_L", "Shoulder_R"}
    assert found.joints == tuple(j for j in MOCAP21.joints if j not in left_out)
    kept = [bone for bone in MOCAP21.bones if not left_out & set(bone)]
    assert undirected(found.bones) == undirected(
        [*kept, ("Chest", "Head"), ("Chest", "UpperArm_L"), ("Chest", "UpperArm_R")]
    )
    assert (found.root, found.origin, found.name) == ("Chest", "Spine", "motion capture-21 & Kinect v1-20")
    assert found.body_parts["left arm"] == ("UpperArm_L", "LowerArm_L", "Hand_L")
    assert found.body_parts["trunk"] == ("Hips", "Spine", "Chest", "Head")


def test_a_missing_root_is_replaced_by_the_nearest_joint_of_the_midline():
    found = common(NTU25, COCO17)
    assert found.joints == tuple(j for j in NTU25.joints if j == "head" or j in LIMBS)
    assert (found.root, found.origin) == ("head", "head")
    limbs = [
        (f"{s}_{a}", f"{s}_{b}")
        for s in ("left", "right")
        for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
    ]
    hung = [("head", f"{s}_{j}") for s in ("left", "right") for j in ("shoulder", "hip")]
    assert undirected(found.bones) == undirected(limbs + hung)


def test_a_skeleton_that_all_others_contain_is_itself_the_common_one():
    assert common(KINECT20, NTU25) is KINECT20
    assert common(MOCAP21) is MOCAP21
    assert len(common(NTU25, KINECT20, MOCAP21, COCO17)) == 13


@pytest.mark.parametrize("first", BODIES.values(), ids=BODIES)
def test_clips_of_all_skeletons_fit_the_common_one_with_nothing_missing(clips, first):
    shared = common(first, *BODIES.values())
    assert len(shared.mirror_pairs) == 6
    for skeleton in BODIES.values():
        assert match(skeleton, shared).missing == ()
        assert len(as_skeleton(clips(skeleton), shared)) == 4


def test_a_name_that_would_mean_another_joint_alone_becomes_the_canonical_one():
    few = chain("few", "right_wrist", "head", "left_wrist")
    shared = common(MOCAP21, few)
    assert shared.joints == ("Head", "left wrist", "right wrist")
    assert match(few, shared).missing == match(MOCAP21, shared).missing == ()


@st.composite
def trees_and_some_joints(draw):
    count = draw(st.integers(2, 12))
    bones = [(f"j{draw(st.integers(0, i - 1))}", f"j{i}") for i in range(1, count)]
    joints = draw(st.permutations([f"j{i}" for i in range(count)]))
    some = draw(st.lists(st.sampled_from(joints), min_size=2, unique=True))
    return Skeleton("any", joints, bones, root=draw(st.sampled_from(joints))), chain("some", *some)


def path(skeleton, a, b):
    """Joints between a and b, by depth-first search over the bones."""
    paths = [[a]]
    while paths:
        here = paths.pop()
        if here[-1] == b:
            return here[1:-1]
        paths += [[*here, j] for bone in skeleton.bones if here[-1] in bone for j in bone if j not in here]
    raise AssertionError


@given(trees_and_some_joints())
def test_a_contracted_bone_passes_no_joint_that_is_kept(tree_and_some):
    tree, some = tree_and_some
    found = common(tree, some)  # a Skeleton is one tree, or is refused
    assert found.joints == tuple(j for j in tree.joints if j in some.joints)
    for a, b in found.bones:
        assert not set(path(tree, a, b)) & set(found.joints)
    if tree.root in found.joints:
        assert found.root == tree.root


def test_fewer_than_two_common_joints_are_refused():
    with pytest.raises(
        ValueError, match="NTU-25 & finger have 0 joints in common, a skeleton needs 2; rename"
    ):
        common(NTU25, FINGER)
    with pytest.raises(ValueError, match="COCO-17 & face have 1 joints in common"):
        common(COCO17, chain("face", "head", "chin"))


# -- merging -----------------------------------------------------------------------------------------------


def test_merged_sets_keep_their_clips_labels_and_names(clips):
    a, b = clips(KINECT20), clips(KINECT20, (3, 8, 2, 40), classes=["jump", "sit"], names=list("efgh"))
    found = merge(a, b, a)
    assert found.classes == ("sit", "fall", "jump")
    assert found.names == tuple("abcdefghabcd")
    assert [clip.class_name for clip in found] == [clip.class_name for clips in (a, b, a) for clip in clips]
    for before, after in zip([*a, *b, *a], found, strict=True):
        assert torch.equal(before.poses, after.poses)


def test_people_of_different_sets_are_different_people(clips):
    a, b = clips(KINECT20), clips(KINECT20, subject=[7, 10, 7, 10])
    found = merge(a, b)
    assert found.group_names == {
        "subject": ("1: Ann", "1: Bo", "2: 7", "2: 10"),
        "view": ("1: 1", "1: 3", "2: 1", "2: 3"),
    }
    assert found.subject.tolist() == [0, 1, 0, 1, 2, 3, 2, 3]
    assert found.view.tolist() == [1, 0, 0, 1, 3, 2, 2, 3]
    train, test = found.split("subject", train=["1: Ann", "2: 10"])
    assert (train.names, test.names) == (("a", "c", "b", "d"), ("b", "d", "a", "c"))


def test_a_group_that_one_set_lacks_is_left_out(clips):
    found = merge(clips(KINECT20), clips(KINECT20, view=None))
    assert found.view is None
    assert found.setup is None
    assert set(found.group_names) == {"subject"}


@pytest.mark.parametrize(
    ("fps", "lengths"), [(60, (60, 31, 1, 2)), (15, (20, 7, 1, 3)), (25, (25, 50, 2, 9))]
)
def test_clips_of_another_frame_rate_last_as_long_and_move_as_fast(clips, fps, lengths):
    ramps = [
        np.arange(1.0, n + 1)[:, None, None].repeat(20, 1).repeat(3, 2) + 1000 * i
        for i, n in enumerate(lengths)
    ]
    other = ClipSet.from_arrays(ramps, fps=fps, skeleton=KINECT20)
    found = merge(clips(KINECT20), other)
    assert found.fps == 30
    for before, after in zip(other, list(found)[4:], strict=True):
        assert abs(after.seconds - before.seconds) <= 0.5 / 30 + 1e-9 or len(after) == 1
        seconds = np.arange(len(after)) / 30
        expected = np.interp(
            seconds * fps, np.arange(len(before)), before.poses[:, 0, 0, 0].numpy()
        )  # held at the last frame
        np.testing.assert_allclose(after.poses[:, 0, 7, 1].numpy(), expected, rtol=1e-6)
        assert not after.poses[:, 1:].any()  # room for a second person, and nobody there


def test_persons_are_padded_to_the_largest_count(clips):
    one = ClipSet.from_arrays([np.ones((4, 20, 3))], names=["one"], skeleton=KINECT20)
    for found, place in ((merge(one, clips(KINECT20)), 0), (merge(clips(KINECT20), one), 4)):
        assert found.poses.shape[1] == 2
        assert found[place].persons == 1
        assert found.names[place] == "one"


def test_a_merged_set_is_saved_and_loaded(clips, tmp_path):
    found = merge(as_skeleton(clips(NTU25), KINECT20), clips(KINECT20, fps=25))
    again = ClipSet.load(found.save(tmp_path / "both.safetensors"))
    assert torch.equal(again.poses, found.poses)
    assert (again.group_names, again.names, again.skeleton) == (found.group_names, found.names, KINECT20)


def test_merging_one_set_returns_it(clips):
    alone = clips(KINECT20)
    assert merge(alone) is alone


def test_sets_of_different_skeletons_are_refused_with_what_to_do(clips):
    with pytest.raises(
        ValueError,
        match=(
            r"set 3 has the NTU-25 skeleton, set 1 has Kinect v1-20; "
            r"merge\(first, as_skeleton\(other, first.skeleton\)\)"
        ),
    ):
        merge(clips(KINECT20), clips(KINECT20), clips(NTU25))


def test_a_custom_mapping_is_applied_as_given():
    x = torch.arange(1.0, 10).reshape(1, 1, 1, 9, 1).expand(1, 3, 1, 9, 1)[:, :, :, :3]
    flipped = Mapping(FINGER, FINGER, (2, -1, 0))
    assert flipped.apply(x)[0, 0, 0, :, 0].tolist() == [3, 0, 1]
    assert flipped.apply(x, fill=True)[0, 0, 0, :, 0].tolist() == [3, 2, 1]
    assert flipped.missing == flipped.dropped == ("middle",)
