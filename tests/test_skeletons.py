import json
import re
from collections import Counter

import pytest
import torch
from helpers import seeded
from hypothesis import given
from hypothesis import strategies as st

from skelkit import models, skeletons
from skelkit.data import ClipSet
from skelkit.skeletons.skeleton import Skeleton

built_in = pytest.mark.parametrize("skeleton", skeletons.KNOWN.values(), ids=skeletons.KNOWN)


def distances(skeleton, start):
    """Bones from `start` to every joint, by repeatedly walking all bones."""
    found = {start: 0}
    while len(found) < len(skeleton.joints):
        for a, b in skeleton.bones:
            for here, there in ((a, b), (b, a)):
                if here in found and there not in found:
                    found[there] = found[here] + 1
    return [found[joint] for joint in skeleton.joints]


@st.composite
def trees(draw):
    """A skeleton of 1 to 12 joints: a random tree with the joints in random order and a random root."""
    count = draw(st.integers(1, 12))
    parents = [draw(st.integers(0, i - 1)) for i in range(1, count)]
    names = draw(st.permutations([f"j{i}" for i in range(count)]))
    bones = draw(st.permutations([(names[c], names[p]) for c, p in enumerate(parents, 1)]))
    return Skeleton("any", sorted(names), bones, root=draw(st.sampled_from(names)))


@given(trees())
def test_degrees_hops_and_parents_of_any_tree_agree_with_counting(skeleton):
    count = Counter(joint for bone in skeleton.bones for joint in bone)
    assert skeleton.degrees.tolist() == [count[joint] for joint in skeleton.joints]
    assert skeleton.hops.tolist() == distances(skeleton, skeleton.root)
    pairs = {frozenset(bone) for bone in skeleton.bones}
    for joint, parent in enumerate(skeleton.parents):
        if skeleton.joints[joint] == skeleton.root:
            assert parent == -1
        else:
            assert frozenset((skeleton.joints[joint], skeleton.joints[parent])) in pairs
            assert skeleton.hops[parent] == skeleton.hops[joint] - 1


@given(trees())
def test_every_joint_of_any_tree_is_in_exactly_one_body_part(skeleton):
    assert sorted(joint for part in skeleton.body_parts.values() for joint in part) == sorted(skeleton.joints)


@given(trees())
def test_the_three_subsets_of_the_partition_are_disjoint_and_cover_the_graph_with_columns_that_add_to_one(
    skeleton,
):
    wanted = torch.eye(len(skeleton)).bool()
    for a, b in skeleton.bones:
        i, j = skeleton.joints.index(a), skeleton.joints.index(b)
        wanted[i, j] = wanted[j, i] = True
    used = skeleton.partition > 0
    assert torch.equal(used.sum(0), wanted.long())
    torch.testing.assert_close(skeleton.partition.sum((0, 1)), torch.ones(len(skeleton)))
    hops = distances(skeleton, skeleton.root)
    for subset, i, j in used.nonzero().tolist():
        assert subset == (0 if hops[i] == hops[j] else 1 if hops[i] < hops[j] else 2)


@built_in
def test_mirroring_twice_changes_nothing_and_mirrored_bones_are_bones(skeleton):
    mirror = skeleton.mirror
    assert torch.equal(mirror[mirror], torch.arange(len(skeleton)))
    pairs = {frozenset(edge) for edge in skeleton.edges}
    assert {frozenset((int(mirror[a]), int(mirror[b]))) for a, b in skeleton.edges} == pairs


@built_in
def test_left_and_right_pair_up_in_the_built_in_skeletons(skeleton):
    lefts = [j for j in skeleton.joints if "left" in j or j.endswith("_L")]
    assert [left for left, _ in skeleton.mirror_pairs] == lefts
    assert all(
        left.replace("left", "right").replace("_L", "_R") == right for left, right in skeleton.mirror_pairs
    )


@built_in
def test_body_parts_of_the_built_in_skeletons_name_every_joint_once(skeleton):
    assert sorted(joint for part in skeleton.body_parts.values() for joint in part) == sorted(skeleton.joints)


def test_the_ntu_graph_has_the_published_degrees():
    degree = dict(zip(skeletons.NTU25.joints, skeletons.NTU25.degrees.tolist(), strict=True))
    assert degree["spine_shoulder"] == 4
    assert degree["spine_base"] == 3
    assert [j for j, d in degree.items() if d == 1] == [
        "head",
        "left_foot",
        "right_foot",
        "left_hand_tip",
        "right_hand_tip",
    ]


def test_a_custom_skeleton_takes_five_lines():
    joints = ["Hips", "Head", "LeftHand", "RightHand"]
    bones = [("Hips", "Head"), ("Hips", "LeftHand"), ("RightHand", "Hips")]
    mine = Skeleton("mine", joints, bones, root="Hips")
    assert mine.degrees.tolist() == [3, 1, 1, 1]
    assert mine.mirror_pairs == (("LeftHand", "RightHand"),)
    assert mine.body_parts == {
        "trunk": ("Hips",),
        "Head": ("Head",),
        "LeftHand": ("LeftHand",),
        "RightHand": ("RightHand",),
    }


@built_in
@pytest.mark.parametrize("name", ["degrees", "hops", "mirror", "partition"])
def test_writing_to_a_tensor_of_a_skeleton_does_not_change_the_skeleton(skeleton, name):
    before = getattr(skeleton, name).clone()
    getattr(skeleton, name).add_(1)
    assert torch.equal(getattr(skeleton, name), before)


def test_writing_to_a_buffer_of_an_encoder_does_not_change_the_skeleton():
    before = skeletons.NTU25.partition.clone()
    encoder = models.STGCN(skeletons.NTU25, "laptop", seeded())
    for buffer in encoder.buffers():
        buffer.zero_()
    assert torch.equal(skeletons.NTU25.partition, before)
    again = models.STGCN(skeletons.NTU25, "laptop", seeded())
    assert any(torch.equal(buffer, before) for buffer in again.buffers())


@built_in
def test_a_skeleton_survives_json(skeleton):
    again = Skeleton.from_dict(json.loads(json.dumps(skeleton.to_dict())))
    assert again == skeleton
    assert again.body_parts == skeleton.body_parts


@built_in
def test_a_built_in_skeleton_is_found_by_its_number_of_joints_if_no_other_has_it(skeleton):
    others = [s for s in skeletons.KNOWN.values() if len(s) == len(skeleton)]
    if len({(s.joints, s.bones) for s in others}) == 1:
        assert skeletons.of_size(len(skeleton)) is others[0]
    else:
        with pytest.raises(ValueError, match="say which one"):
            skeletons.of_size(len(skeleton))


def test_left_and_right_are_told_by_name_whichever_comes_first():
    joints = ("hip", "right_knee", "left_knee", "Toe_R", "Toe_L", "left_ear")
    bones = [("hip", j) for j in joints[1:]]
    assert Skeleton("right first", joints, bones, "hip").mirror_pairs == (
        ("left_knee", "right_knee"),
        ("Toe_L", "Toe_R"),
    )


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("HIP_LEFT", "HIP_RIGHT"),
        ("LEFT_HIP", "RIGHT_HIP"),
        ("L_Hip", "R_Hip"),
        ("LHip", "RHip"),
        ("lHand", "rHand"),
        ("thigh.L", "thigh.R"),
        ("thigh_l", "thigh_r"),
        ("hip.l", "hip.r"),
        ("LThigh", "RThigh"),
        ("Bip01 L Thigh", "Bip01 R Thigh"),
        ("mixamorig:LeftUpLeg", "mixamorig:RightUpLeg"),
        ("l_uparm", "r_uparm"),
        ("lfemur", "rfemur"),
        ("UpperLeg_L", "UpperLeg_R"),
        ("ElbowLeft", "ElbowRight"),
        ("HandL", "HandR"),
        ("LHIP", "RHIP"),
    ],
)
def test_sides_are_told_by_names_in_every_common_habit(left, right):
    skeleton = Skeleton("body", ["Head", right, left], [("Head", left), ("Head", right)], "Head")
    assert skeleton.mirror_pairs == ((left, right),)
    assert skeleton.mirror.tolist() == [0, 2, 1]


def test_a_name_without_its_counterpart_has_no_side():
    joints = ["leg", "lower_back", "LeftHand", "l", "ribs", "thumb.l"]
    assert Skeleton("odd", joints, [("leg", j) for j in joints[1:]], "leg").mirror_pairs == ()


def test_pairs_may_be_given_and_are_kept_in_files():
    joints, bones = ("middle", "a", "b", "c"), [("middle", j) for j in "abc"]
    skeleton = Skeleton("signs", joints, bones, "middle", pairs=[("c", "a")])
    assert skeleton.mirror_pairs == (("c", "a"),)
    assert skeleton.mirror.tolist() == [0, 3, 2, 1]
    assert Skeleton.from_dict(json.loads(json.dumps(skeleton.to_dict()))) == skeleton
    assert "pairs" not in skeletons.NTU25.to_dict()
    with pytest.raises(ValueError, match="skeleton 'signs': a joint is in two pairs"):
        Skeleton("signs", joints, bones, "middle", pairs=[("c", "a"), ("b", "a")])
    with pytest.raises(ValueError, match="has no joint 'd'"):
        Skeleton("signs", joints, bones, "middle", pairs=[("c", "d")])


def test_a_body_with_limbs_and_no_sides_is_a_warning():
    joints = [f"J{i}" for i in range(13)]
    limbs = [
        (0, 1),
        (1, 2),
        (2, 3),
        (0, 4),
        (4, 5),
        (5, 6),
        (0, 7),
        (7, 8),
        (8, 9),
        (0, 10),
        (10, 11),
        (11, 12),
    ]
    body = Skeleton("numbers", joints, [(joints[a], joints[b]) for a, b in limbs], "J0")
    assert body.lacks_sides
    with pytest.warns(
        UserWarning, match=r"no left and right joints are found in the names of numbers \(J0, J1"
    ):
        ClipSet.from_arrays([torch.ones(2, 13, 3)], skeleton=body)
    assert not any(skeleton.lacks_sides for skeleton in skeletons.KNOWN.values())


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"joints": ["a", "b", "a"], "bones": [("a", "b")], "root": "a"}, "joint names are repeated: a"),
        (
            {"joints": ["a", "b"], "bones": [("a", "c")], "root": "a"},
            "has no joint 'c'; its joints are: a, b",
        ),
        ({"joints": ["a", "b"], "bones": [("a", "b")], "root": "c"}, "has no joint 'c'"),
        (
            {"joints": ["a", "b"], "bones": [("a", "b")], "root": "a", "body_parts": {"arm": ["c"]}},
            "has no joint 'c'",
        ),
        (
            {"joints": ["a", "b", "c"], "bones": [("a", "b")], "root": "a"},
            "3 joints need 2 bones .* found 1 bones, with no path from 'a' to c",
        ),
        (
            {"joints": ["a", "b", "c"], "bones": [("a", "b"), ("b", "a")], "root": "a"},
            "with no path from 'a' to c",
        ),
        (
            {"joints": ["a", "b", "c"], "bones": [("a", "b"), ("b", "c"), ("c", "a")], "root": "a"},
            "need 2 bones .*; found 3 bones",
        ),
    ],
    ids=[
        "repeated joint",
        "unknown joint",
        "unknown root",
        "unknown joint in a part",
        "joint adrift",
        "bone given twice",
        "loop",
    ],
)
def test_a_skeleton_that_is_not_one_tree_of_known_joints_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Skeleton("wrong", **fields)


def test_an_unknown_number_of_joints_is_refused_with_the_known_ones():
    known = ", ".join(f"{len(skeleton)} ({name})" for name, skeleton in skeletons.KNOWN.items())
    assert "25 (ntu25), 20 (kinect20)" in known
    with pytest.raises(ValueError, match=re.escape(f"no built-in skeleton has 19 joints; they have {known}")):
        skeletons.of_size(19)
