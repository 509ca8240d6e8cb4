"""The named layouts against the documentation of their makers."""

import pytest

from skelkit.skeletons.layouts import KNOWN

# Well-known positions, from the documentation of each layout: position -> joint.
PLACES = {
    "ntu25": {
        0: "spine_base",
        3: "head",
        4: "left_shoulder",
        11: "right_hand",
        20: "spine_shoulder",
        24: "right_thumb",
    },
    "kinect20": {0: "hip_center", 3: "head", 4: "left_shoulder", 11: "right_hand", 19: "right_foot"},
    "kinect20_head": {0: "head", 1: "shoulder_center", 3: "hip_center", 7: "left_hand", 19: "right_foot"},
    "msr20": {0: "left_shoulder", 2: "shoulder_center", 6: "hip_center", 12: "right_hand", 19: "head"},
    "azure32": {0: "pelvis", 3: "neck", 7: "left_wrist", 18: "left_hip", 26: "head", 31: "right_ear"},
    "sbu15": {0: "head", 1: "neck", 2: "torso", 5: "left_hand", 8: "right_hand", 14: "right_foot"},
    "florence15": {0: "head", 2: "spine", 5: "left_wrist", 11: "left_ankle", 14: "right_ankle"},
    "body25": {
        0: "nose",
        1: "neck",
        4: "right_wrist",
        8: "mid_hip",
        14: "left_ankle",
        18: "left_ear",
        24: "right_heel",
    },
    "coco18": {
        1: "neck",
        4: "right_wrist",
        8: "right_hip",
        13: "left_ankle",
        14: "right_eye",
        17: "left_ear",
    },
    "coco17": {0: "nose", 5: "left_shoulder", 10: "right_wrist", 11: "left_hip", 16: "right_ankle"},
    "wholebody23": {0: "nose", 16: "right_ankle", 17: "left_big_toe", 19: "left_heel", 22: "right_heel"},
    "halpe26": {0: "nose", 17: "head", 18: "neck", 19: "mid_hip", 20: "left_big_toe", 25: "right_heel"},
    "mediapipe33": {
        0: "nose",
        7: "left_ear",
        11: "left_shoulder",
        16: "right_wrist",
        23: "left_hip",
        31: "left_foot_index",
    },
    "h36m17": {
        0: "pelvis",
        1: "right_hip",
        6: "left_ankle",
        8: "thorax",
        10: "head",
        11: "left_shoulder",
        16: "right_wrist",
    },
    "h36m32": {
        1: "right_hip",
        6: "left_hip",
        13: "thorax",
        15: "head",
        17: "left_shoulder",
        27: "right_wrist",
    },
    "smpl22": {0: "pelvis", 1: "left_hip", 9: "spine3", 15: "head", 16: "left_shoulder", 21: "right_wrist"},
    "smpl24": {12: "neck", 14: "right_collar", 22: "left_hand", 23: "right_hand"},
    "humanml22": {0: "pelvis", 2: "right_hip", 12: "neck", 20: "left_wrist"},
    "kit21": {
        0: "pelvis",
        3: "neck",
        4: "head",
        5: "right_shoulder",
        10: "left_wrist",
        11: "right_hip",
        16: "left_hip",
    },
    "mocap21": {0: "Hips", 2: "Chest", 4: "Head", 8: "Hand_L", 20: "Toes_R"},
}

# Parents from the documentation, in the tree whose root is joint 0.
PARENTS = {
    "azure32": [-1, 0, 1, 2, 2, 4, 5, 6, 7, 8, 7, 2, 11, 12, 13, 14, 15, 14, 0, 18, 19, 20, 0, 22, 23, 24, 3]
    + [26] * 5,
    "h36m17": [-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15],
    "h36m32": [
        -1,
        0,
        1,
        2,
        3,
        4,
        0,
        6,
        7,
        8,
        9,
        0,
        11,
        12,
        13,
        14,
        12,
        16,
        17,
        18,
        19,
        20,
        19,
        22,
        12,
        24,
        25,
    ]
    + [26, 27, 28, 27, 30],
    "smpl24": [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21],
    "kit21": [-1, 0, 1, 2, 3, 3, 5, 6, 3, 8, 9, 0, 11, 12, 13, 14, 0, 16, 17, 18, 19],
    "florence15": [-1, 0, 1, 1, 3, 4, 1, 6, 7, 2, 9, 10, 2, 12, 13],
    "body25": [-1, 0, 1, 2, 3, 1, 5, 6, 1, 8, 9, 10, 8, 12, 13, 0, 0, 15, 16, 14, 19, 14, 11, 22, 11],
}


def test_every_layout_has_well_known_places():
    assert PLACES.keys() == KNOWN.keys()


@pytest.mark.parametrize("name", KNOWN)
def test_joints_are_where_the_documentation_of_the_layout_has_them(name):
    assert {place: KNOWN[name].joints[place] for place in PLACES[name]} == PLACES[name]


@pytest.mark.parametrize("name", PARENTS)
def test_bones_are_those_of_the_documentation_of_the_layout(name):
    documented = {frozenset((child, parent)) for child, parent in enumerate(PARENTS[name]) if parent >= 0}
    assert {frozenset(edge) for edge in KNOWN[name].edges} == documented


@pytest.mark.parametrize("name", KNOWN)
def test_the_name_of_a_layout_ends_in_its_number_of_joints(name):
    assert str(len(KNOWN[name])) in name


@pytest.mark.parametrize("name", KNOWN)
def test_all_joints_but_those_of_the_midline_have_a_counterpart(name):
    skeleton = KNOWN[name]
    sided = {joint for pair in skeleton.mirror_pairs for joint in pair}
    assert not any("left" in joint or "right" in joint for joint in set(skeleton.joints) - sided)
