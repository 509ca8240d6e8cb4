import json
import math
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelkit.cli.main import main
from skelkit.data.readers import bvh, bvh_clips
from skelkit.skeletons.layouts import MOCAP21

CLIP = """HIERARCHY
ROOT Hips
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Chest
  {
    OFFSET 0 10 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 0 5 0
    }
  }
  JOINT Leg
  {
    OFFSET 0 -10 0
  }
}
MOTION
Frames: 3
Frame Time: 0.0333333
1 2 3 4 5 6 7 8 9
1 2 3 4 5 6 7 8 9.5

1 2 3 4 5 6 7 8 1e1
"""


@pytest.fixture
def written(tmp_path):
    def write(text, name="clip.bvh"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


# -- an independent reader: recursion, 4x4 matrices, one frame and one joint at a time -----------------------


def slow_positions(text, end_sites=False):
    """{joint name: list of world positions per frame} for every joint, in the file's units."""
    head, motion = text.split("MOTION")
    words = head.split()
    rows = [[float(v) for v in line.split()] for line in motion.split("\n")[3:] if line.strip()]
    found = {}

    def joint(at, before, name, column):
        """Reads from the word after `{` up to its `}`; returns the next word and column."""
        place, moves = [0.0] * 3, []
        world = None
        while words[at] != "}":
            if words[at] == "OFFSET":
                place = [float(v) for v in words[at + 1 : at + 4]]
                at += 4
            elif words[at] == "CHANNELS":
                count = int(words[at + 1])
                moves = [(word, column + i) for i, word in enumerate(words[at + 2 : at + 2 + count])]
                column += count
                at += 2 + count
            else:
                world = world or [before[t] @ local(place, moves, row) for t, row in enumerate(rows)]
                child = words[at + 1] if words[at] == "JOINT" else f"End_{name}"
                at, column = joint(at + 3, world, child, column)
        world = world or [before[t] @ local(place, moves, row) for t, row in enumerate(rows)]
        if end_sites or not name.startswith("End_"):
            found[name] = [matrix[:3, 3] for matrix in world]
        return at + 1, column

    joint(4, [np.eye(4)] * len(rows), words[2], 0)
    return found


def local(place, moves, row):
    place, turn = list(place), np.eye(4)
    for channel, column in moves:
        axis = "XYZ".index(channel[0])
        if channel.endswith("position"):
            place[axis] = row[column]
        else:
            cos, sin = math.cos(math.radians(row[column])), math.sin(math.radians(row[column]))
            about = {
                0: [[1, 0, 0, 0], [0, cos, -sin, 0], [0, sin, cos, 0], [0, 0, 0, 1]],
                1: [[cos, 0, sin, 0], [0, 1, 0, 0], [-sin, 0, cos, 0], [0, 0, 0, 1]],
                2: [[cos, -sin, 0, 0], [sin, cos, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
            }[axis]
            turn = turn @ np.array(about)
    move = np.eye(4)
    move[:3, 3] = place
    return move @ turn


def check_against_slow(file, text, scale, end_sites=False):
    for name, wanted in slow_positions(text, end_sites).items():
        if name in file.joints:
            found = file.poses[:, file.joints.index(name)]
            np.testing.assert_allclose(found, scale * np.array(wanted), atol=1e-5, rtol=1e-5)


# -- real clips ----------------------------------------------------------------------------------------------

REAL = ["walk_active_001", "wave-both-hands_feminine_003", "raise-up-right-hand_masculine_007"]


@pytest.mark.parametrize("name", REAL)
def test_real_motion_capture_agrees_with_reading_it_joint_by_joint_and_frame_by_frame(real_data, name):
    path = real_data("bandai-namco-2") / f"dataset-2_{name}.bvh"
    file = bvh.read(path)
    assert file.joints == MOCAP21.joints
    assert file.fps == 30
    check_against_slow(file, path.read_text(), 0.01)


@pytest.fixture(scope="module")
def recordings(real_data):
    return bvh_clips.read_folder(real_data("bandai-namco-2"))


def test_a_folder_of_real_files_has_the_classes_and_subjects_of_its_file_names(real_data, recordings):
    wanted = Counter(tuple(p.stem.split("_")[1:3]) for p in real_data("bandai-namco-2").glob("*.bvh"))
    found = Counter(
        (recordings.classes[label], recordings.group_names["subject"][subject])
        for label, subject in zip(recordings.labels.tolist(), recordings.subject.tolist(), strict=True)
    )
    assert found == wanted
    assert (len(recordings.classes), len(recordings.group_names["subject"])) == (10, 3)
    assert recordings.skeleton is MOCAP21


def test_bones_of_real_motion_capture_keep_their_length_within_a_tenth_of_a_millimetre(recordings):
    poses = recordings.poses[:, 0].double()
    for parent, child in MOCAP21.edges:
        length = (poses[:, child] - poses[:, parent]).norm(dim=-1)
        for begin, end in zip(recordings.starts, recordings.starts[1:], strict=False):
            assert length[begin:end].max() - length[begin:end].min() < 1e-4


def test_real_people_stand_upright_in_metres_with_the_raised_hand_on_the_side_named(recordings):
    height = recordings.poses[:, 0, :, 1]
    feet = height[:, [MOCAP21.index("Toes_L"), MOCAP21.index("Toes_R")]].amin(1)
    assert 1.2 < (height[:, MOCAP21.index("Head")] - feet).median() < 1.8
    for side, other in (("left", "right"), ("right", "left")):
        for index in recordings.of_class(f"raise-up-{side}-hand").tolist():
            top = recordings[index].poses[:, 0, :, 1].amax(0)
            assert (
                top[MOCAP21.index(f"Hand_{side[0].upper()}")] > top[MOCAP21.index(f"Hand_{other[0].upper()}")]
            )


# -- made-up files -------------------------------------------------------------------------------------------

CHANNELS = st.one_of(
    st.just([]),
    st.permutations(["Xrotation", "Yrotation", "Zrotation"]),
    st.permutations(["Xrotation", "Yrotation", "Zrotation", "Xposition", "Yposition", "Zposition"]),
    st.permutations(["Xposition", "Yposition", "Zposition"]),
    st.just(["Zrotation", "Xrotation", "Zrotation"]),
    st.just(["Yrotation", "Yposition"]),
)
NUMBER = st.integers(-180_000, 180_000).map(lambda v: v / 1000)


@st.composite
def files(draw):
    """A BVH text: up to 6 joints in any tree, any channels, up to 4 frames."""
    parents = [-1] + [draw(st.integers(0, i - 1)) for i in range(1, draw(st.integers(1, 6)))]
    channels = [draw(st.permutations(["Zposition", "Xrotation", "Yposition", "Zrotation"]))] + [
        draw(CHANNELS) for _ in parents[1:]
    ]
    order = []

    def block(joint, indent):
        order.append(joint)
        offset = " ".join(str(draw(NUMBER) / 20) for _ in range(3))
        lines = [f"{'JOINT' if joint else 'ROOT'} joint{joint}", "{", f"OFFSET {offset}"]
        if channels[joint] or draw(st.booleans()):
            lines.append(f"CHANNELS {len(channels[joint])} {' '.join(channels[joint])}")
        children = [c for c, p in enumerate(parents) if p == joint]
        for child in children:
            lines += block(child, indent + "\t")
        if not children:
            lines += ["End Site", "{", f"OFFSET {draw(NUMBER)} 1 -2.5e-1", "}"]
        return [indent + line for line in [*lines, "}"]]

    hierarchy = block(0, "")
    columns = sum(len(channels[j]) for j in order)
    frames = draw(st.lists(st.lists(NUMBER, min_size=columns, max_size=columns), min_size=1, max_size=4))
    return "\n".join(
        [
            "HIERARCHY",
            *hierarchy,
            "MOTION",
            f"Frames: {len(frames)}",
            "Frame Time: 0.01",
            *(" ".join(map(str, f)) for f in frames),
            "",
        ]
    )


@given(files(), st.booleans())
def test_any_order_of_channels_in_any_tree_agrees_with_the_slow_reader(tmp_path_factory, text, end_sites):
    path = tmp_path_factory.mktemp("bvh") / "clip.bvh"
    path.write_text(text)
    file = bvh.read(path, scale=0.1, end_sites=end_sites, keep_reference_root=True)
    names = [f"End_{name}" if word == "End" else name for word, name in joints_of(text)]
    assert list(file.joints) == [name for name in names if end_sites or not name.startswith("End_")]
    assert all(p < i for i, p in enumerate(file.parents))
    check_against_slow(file, text, 0.1, end_sites)


def joints_of(text):
    """(keyword, joint name) in file order; an End Site goes by the joint that it ends."""
    name = None
    for word, what in re.findall(r"(ROOT|JOINT|End) (\S+)", text):
        name = what if word != "End" else name
        yield word, name


def test_a_quarter_turn_of_the_root_moves_its_child_where_the_right_hand_rule_says(written):
    text = CLIP.replace("1 2 3 4 5 6 7 8 9\n", "0 100 0 90 0 0 0 0 0\n")
    file = bvh.read(written(text))
    np.testing.assert_allclose(
        file.poses[0], [[0, 1, 0], [-0.1, 1, 0], [0.1, 1, 0]], atol=1e-7
    )  # about z: up turns to -x


@pytest.mark.parametrize(
    "change",
    [
        "\r\n",
        "\r",
        "blank lines",
        "byte order mark",
        "brace on the line",
        "no last line end",
        "capitals",
        "tabs",
    ],
)
def test_ways_of_writing_the_same_file_give_the_same_clip(written, change):
    text = {
        "blank lines": "\n\n" + CLIP.replace("\n", "\n \n"),
        "byte order mark": "\ufeff" + CLIP,
        "brace on the line": CLIP.replace("\n{", " {").replace("Chest\n  {", "Chest{"),
        "no last line end": CLIP.rstrip(),
        "capitals": CLIP.replace("position", "POSITION")
        .replace("rotation", "ROTATION")
        .replace("Frames", "FRAMES"),
        "tabs": CLIP.replace("Frames: ", "Frames:\t").replace(" 5 6 ", "\t5\t6  "),
    }.get(change, CLIP.replace("\n", change))
    file, wanted = bvh.read(written(text)), bvh.read(written(CLIP, "plain.bvh"))
    assert (file.joints, file.parents, file.fps) == (wanted.joints, wanted.parents, wanted.fps)
    assert np.array_equal(file.poses, wanted.poses)


@pytest.mark.parametrize(
    ("written_as", "fps"),
    [
        ("0.0333333", 30),
        ("0.008333", 120),
        ("0.0083", 120),
        ("0.04167", 24),
        ("1e-2", 100),
        ("0.033367", 29.97),
        ("0.0330000", 30.303),
    ],
)
def test_a_frame_time_gives_the_whole_frame_rate_that_its_digits_allow(written, written_as, fps):
    assert bvh.read(written(CLIP.replace("0.0333333", written_as))).fps == fps


def test_scale_turns_the_units_of_the_file_into_metres(written):
    path = written(CLIP)
    np.testing.assert_allclose(bvh.read(path, scale=0.0254).poses, 2.54 * bvh.read(path).poses, rtol=1e-6)


REFERENCE = CLIP.replace(
    "ROOT Hips", "ROOT world\n{\nOFFSET 0 0 0\nCHANNELS 3 Xposition Yposition Zrotation\nJOINT Hips"
).replace("}\nMOTION", "}\n}\nMOTION")
REFERENCE = REFERENCE.replace("\n1 2 3 4", "\n100 0 90 1 2 3 4")


def test_a_reference_root_is_left_out_but_moves_the_body(written):
    path = written(REFERENCE)
    body, whole, alone = (
        bvh.read(path),
        bvh.read(path, keep_reference_root=True),
        bvh.read(written(CLIP, "alone.bvh")),
    )
    assert whole.joints == ("world", "Hips", "Chest", "Leg")
    assert body.joints == ("Hips", "Chest", "Leg")
    assert body.parents == (-1, 0, 0)
    assert np.array_equal(body.poses, whole.poses[:, 1:])
    x, y, z = np.moveaxis(alone.poses, -1, 0)
    np.testing.assert_allclose(body.poses, np.stack([1 - y, x, z], -1), atol=1e-6)


def test_a_root_whose_only_child_does_not_move_on_its_own_is_a_body_part(written):
    text = CLIP.replace("  JOINT Leg\n  {\n    OFFSET 0 -10 0\n  }\n", "")
    assert bvh.read(written(text)).joints == ("Hips", "Chest")


def chain_file(
    joints, frames, channels="CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
):
    """Joints one inside the other, each with an offset of 10, and rows of numbers."""
    opened = "".join(
        f"{'JOINT' if place else 'ROOT'} {name}\n{{\nOFFSET {10 * bool(place)} 0 0\n{channels}\n"
        for place, name in enumerate(joints)
    )
    closed, rows = "}\n" * len(joints), "\n".join(" ".join(map(str, row)) for row in frames)
    return f"HIERARCHY\n{opened}{closed}MOTION\nFrames: {len(frames)}\nFrame Time: 0.05\n{rows}\n"


def test_a_shoulder_that_stays_put_while_the_arm_turns_is_a_body_part(written):
    still, elbow = [0] * 6, [10, 0, 0]
    frames = [[*still[:3], 10 * t, 0, 0, *elbow, 5 * t, 0, 0, *elbow, 0, 0, 0] for t in range(4)]
    text = chain_file(["Shoulder", "Elbow", "Wrist"], frames)
    assert bvh.read(written(text)).joints == ("Shoulder", "Elbow", "Wrist")
    check_against_slow(bvh.read(written(text)), text, 0.01)


def test_a_root_that_stays_put_while_the_body_walks_is_a_reference_whatever_its_name(written):
    walking = [[*[0] * 6, t, 90, 5 * t, 0, 0, 0, 10, 0, 0, 0, 0, 0] for t in range(4)]
    assert bvh.read(written(chain_file(["Body0", "Hips", "Spine"], walking))).joints == ("Hips", "Spine")
    moving = [[t, *row[1:]] for t, row in enumerate(walking)]
    assert bvh.read(written(chain_file(["Body0", "Hips", "Spine"], moving))).joints[0] == "Body0"


def fingered(sides=("L", "R")):
    """A body whose hands have five fingers each, and its head two eyes; arms come first."""
    parents = {"Hips": "", "Spine": "Hips", "Chest": "Spine", "Neck": "Chest", "Head": "Neck"}
    for s in sides:
        parents |= {f"{s}Arm": "Chest", f"{s}ForeArm": f"{s}Arm", f"{s}Hand": f"{s}ForeArm"}
        for finger in ("Thumb", "Index", "Middle", "Ring", "Pinky"):
            parents |= {f"{s}{finger}1": f"{s}Hand", f"{s}{finger}2": f"{s}{finger}1"}
        parents |= {f"{s}UpLeg": "Hips", f"{s}Leg": f"{s}UpLeg", f"{s}Foot": f"{s}Leg", f"{s}Eye": "Head"}
    return parents


def tree_text(parents, name, rows, time="0.05"):
    def joint(name, word):
        inside = "".join(joint(child, "JOINT") for child, parent in parents.items() if parent == name)
        channels = "CHANNELS 3 Xposition Yposition Zposition\n" if word == "ROOT" else ""
        return f"{word} {name}\n{{\nOFFSET 1 9 0\n{channels}{inside}}}\n"

    motion = "\n".join("0 0 0" for _ in range(rows))
    return f"HIERARCHY\n{joint(name, 'ROOT')}MOTION\nFrames: {rows}\nFrame Time: {time}\n{motion}\n"


def test_the_root_of_the_graph_is_the_centre_of_the_trunk_also_with_fingers_and_eyes(written):
    skeleton = bvh.read(written(tree_text(fingered(), "Hips", 2))).skeleton
    distances = {}
    for start in skeleton.joints:
        reached = {start: 0}
        while len(reached) < len(skeleton.joints):
            for a, b in skeleton.bones:
                for here, there in ((a, b), (b, a)):
                    if here in reached and there not in reached:
                        reached[there] = reached[here] + 1
        distances[start] = max(reached.values())
    trunk = ["Hips", "Spine", "Chest", "Neck", "Head"]
    assert skeleton.root == "Chest"
    assert distances["Chest"] == min(distances[joint] for joint in trunk)
    assert skeleton.degrees[skeleton.index("LHand")] > skeleton.degrees[skeleton.index("Chest")]


def test_bodies_of_seven_centimetres_are_a_warning_that_names_the_likely_unit(written):
    path = written(tree_text(fingered(), "Hips", 2))
    with pytest.warns(
        UserWarning, match=r"bodies measure 0.0063 m .* may be inches \(scale=0.0254\)"
    ) as caught:
        bvh_clips.read_folder(path, scale=0.0001)
    assert "metres per unit, here 0.0001" in str(caught[0].message)


def test_a_frame_time_of_thirty_seconds_is_a_warning_and_fps_replaces_it(written):
    path = written(CLIP.replace("0.0333333", "30"))
    with pytest.warns(
        UserWarning, match=r"Frame Time is 30 seconds, 0.0333 frames .* pass fps=30 \(--fps 30\)"
    ):
        assert bvh_clips.read_folder(path).fps == pytest.approx(1 / 30)
    assert bvh_clips.read_folder(path, fps=30).fps == 30
    with pytest.raises(ValueError, match="fps must be a positive number of frames per second; got 0"):
        bvh_clips.read_folder(path, fps=0)


def test_the_command_line_takes_fps_and_keep_reference_root_for_bvh(written, capsys):
    path = str(written(REFERENCE))
    assert main(["data", "describe", path, "--fps", "25", "--keep-reference-root", "--json"]) == 0
    card = json.loads(capsys.readouterr().out)
    assert (card["fps"], card["skeleton"]) == (25, "BVH-4, 4 joints")


def test_the_skeleton_of_a_file_is_its_tree_hung_from_the_joint_with_most_bones(written):
    skeleton = bvh.read(written(CLIP), end_sites=True).skeleton
    assert skeleton.joints == ("Hips", "Chest", "End_Chest", "Leg")
    assert set(skeleton.bones) == {("Hips", "Chest"), ("Chest", "End_Chest"), ("Hips", "Leg")}
    assert skeleton.root == "Hips"


# -- what is refused -----------------------------------------------------------------------------------------

WRONG = {
    "no BVH": ("HIERARCHY", "Hierarchic", 1, "found 'Hierarchic', expected HIERARCHY"),
    "empty file": (CLIP, "", 1, "found the end of the file"),
    "two roots": ("  JOINT Leg", "}\nROOT Leg", 16, "found 'ROOT', expected one ROOT"),
    "joint in an end site": ("      OFFSET 0 5 0", "OFFSET 0 5 0\nJOINT x\n{", 13, "found 'JOINT'"),
    "no brace": ("Chest\n  {", "Chest\n", 8, "found 'OFFSET', expected '{' after 'Chest'"),
    "no name": ("JOINT Leg", "JOINT", 16, "expected a name after JOINT"),
    "no offset": ("    OFFSET 0 -10 0\n", "", 17, "expected OFFSET and three numbers in 'Leg'"),
    "two numbers": (
        "OFFSET 0 -10 0",
        "OFFSET 0 -10",
        18,
        "found '}', expected 3 finite numbers after OFFSET",
    ),
    "offset not a number": ("OFFSET 0 -10 0", "OFFSET 0 nan 0", 17, "found 'nan', expected 3 finite numbers"),
    "unknown word": ("    OFFSET 0 -10 0", "    SCALE 1", 17, "found 'SCALE', expected OFFSET, CHANNELS"),
    "unknown channel": (
        "Zrotation Xrotation Yrotation\n    End",
        "Zrotation Wrotation Yrotation\n    End",
        9,
        "found 'Wrotation'",
    ),
    "fewer channels than counted": (
        "CHANNELS 3",
        "CHANNELS 4",
        10,
        "found 'End', expected one of 4 channels",
    ),
    "more channels than counted": ("CHANNELS 3", "CHANNELS 2", 9, "found 'Yrotation'"),
    "channel count": ("CHANNELS 3", "CHANNELS three", 9, "found 'three', expected the number of channels"),
    "position twice": (
        "Xposition Yposition",
        "Xposition Xposition",
        5,
        "each position channel of 'Hips' once",
    ),
    "repeated joint": (
        "JOINT Leg",
        "JOINT Chest",
        15,
        "found joint 'Chest' again, expected each name once (it is also on line 7)",
    ),
    "brace missing": (
        "}\nMOTION",
        "MOTION",
        19,
        "found 'MOTION', expected '}' for 'Hips', whose '{' is on line 3",
    ),
    "brace too many": ("}\nMOTION", "}\n}\nMOTION", 20, "found '}', expected MOTION after the last '}'"),
    "no motion": ("MOTION\n", "", 20, "found 'Frames:', expected MOTION"),
    "channels twice": (
        "    CHANNELS 3",
        "    CHANNELS 1 Xrotation\nCHANNELS 3",
        10,
        "found 'CHANNELS', expected OFFSET, CHANNELS (once)",
    ),
    "cut in the hierarchy": (CLIP[CLIP.index("    End Site") :], "", 9, "found the end of the file"),
    "cut before motion": (CLIP[CLIP.index("MOTION") :], "", 19, "found the end of the file, expected MOTION"),
    "cut after motion": (CLIP[CLIP.index("Frames") :], "", 20, "expected 'Frames:'"),
    "no frame count": (
        "Frames: 3",
        "Frames:",
        21,
        "found 'Frames:', expected 'Frames:' and a whole number above zero",
    ),
    "zero frames": (
        "Frames: 3",
        "Frames: 0",
        21,
        "found 'Frames: 0', expected 'Frames:' and a whole number above zero",
    ),
    "half a frame": ("Frames: 3", "Frames: 2.5", 21, "a whole number above zero"),
    "absurd frame count": ("Frames: 3", "Frames: 1e999999", 21, "a whole number above zero"),
    "no frame time": ("Frame Time: 0.0333333\n", "", 22, "expected 'Frame Time:' and seconds above zero"),
    "frame time zero": (
        "0.0333333",
        "0.0",
        22,
        "found 'Frame Time: 0.0', expected 'Frame Time:' and seconds above zero",
    ),
    "frame time negative": ("0.0333333", "-0.0333333", 22, "seconds above zero"),
    "frame time not a number": ("0.0333333", "NaN", 22, "seconds above zero"),
    "fewer frames": (
        "Frames: 3",
        "Frames: 4",
        26,
        "found 3 frames, expected the 4 that 'Frames:' announces; get the whole file",
    ),
    "more frames": ("Frames: 3", "Frames: 2", 26, "found 3 frames, expected the 2 that 'Frames:' announces"),
    "number missing": ("8 9.5", "8", 24, "found 8 numbers, expected 9, one per channel"),
    "numbers missing everywhere": (
        CLIP[CLIP.index("1 2 3") :],
        "1 2\n1 2\n1 2\n",
        23,
        "found 2 numbers, expected 9",
    ),
    "cut inside a line": (CLIP[CLIP.index(" 7 8 1e1") :], "", 26, "found 6 numbers, expected 9"),
    "number too many": ("8 9.5", "8 9.5 10", 24, "found 10 numbers, expected 9"),
    "not a number": ("8 1e1", "8 l0", 26, "found 'l0' as number 9, expected finite numbers only"),
    "glued numbers": ("8 9.5", "8 9.5-3", 24, "found '9.5-3' as number 9"),
    "NaN": ("8 9.5", "nan 9.5", 24, "found 'nan' as number 8"),
    "infinite": ("8 9.5", "8 -inf", 24, "found '-inf' as number 9"),
    "too large": (
        "1 2 3 4 5 6 7 8 9.5",
        "1e60 2 3 4 5 6 7 8 9.5",
        24,
        "found a position too large for float32",
    ),
    "not text": ("8 9.5", "8 \x00\xff", 24, "as number 9, expected finite numbers only"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_an_irregular_file_is_refused_with_its_line_and_what_was_found(written, wrong):
    old, new, line, message = WRONG[wrong]
    assert CLIP.count(old) == 1
    path = written(CLIP.replace(old, new).encode("latin-1"))
    with pytest.raises(ValueError, match=re.escape(f"{path}:{line}: found ") + ".*, expected .*; ") as error:
        bvh.read(path)
    assert message in str(error.value)


def test_a_joint_tree_without_channels_is_refused(written):
    text = re.sub("CHANNELS.*", "", CLIP)
    with pytest.raises(
        ValueError, match=r"clip.bvh:20: found a hierarchy without channels, expected at least one"
    ):
        bvh.read(written(text))


@given(
    st.integers(0, len(CLIP) - 1), st.text(st.sampled_from("{}\n -.19eJEND"), max_size=3), st.integers(0, 8)
)
def test_a_damaged_file_is_read_or_refused_by_name_but_never_anything_else(tmp_path_factory, place, put, cut):
    path = tmp_path_factory.mktemp("bvh") / "clip.bvh"
    path.write_text(CLIP[:place] + put + CLIP[place + cut :])
    try:
        file = bvh.read(path)
        assert np.isfinite(file.poses).all()
    except ValueError as error:
        assert re.match(re.escape(str(path)) + r":\d+: found .*, expected .*; ", str(error))  # noqa: PT017


def test_a_file_that_is_not_there_and_a_scale_of_nothing_are_refused(tmp_path, written):
    with pytest.raises(FileNotFoundError, match=r"nowhere.bvh: no such file"):
        bvh.read(tmp_path / "nowhere.bvh")
    with pytest.raises(
        ValueError, match="scale must be a positive number of metres per unit of the file; got 0"
    ):
        bvh.read(written(CLIP), scale=0)


# -- folders -------------------------------------------------------------------------------------------------


def test_class_and_subject_come_from_the_groups_of_a_pattern_searched_in_the_path(tmp_path, written):
    for name in ("12/walk-1.bvh", "12/run-1.BVH", "3/walk-1.bvh"):
        written(CLIP, name)
    clips = bvh_clips.read_folder(tmp_path, pattern=r"(?P<subject>\d+)/(?P<class>\w+)-\d")
    assert clips.names == ("12/run-1.BVH", "12/walk-1.bvh", "3/walk-1.bvh")
    assert clips.classes == ("run", "walk")
    assert clips.labels.tolist() == [0, 1, 1]
    assert clips.subject.tolist() == [12, 12, 3]
    assert clips.split("subject", train=[12])[1].names == ("3/walk-1.bvh",)


@pytest.mark.parametrize(
    ("names", "classes", "labels"),
    [
        (["dataset-2_run_old_001.bvh", "dataset-2_sit-down_old_001.bvh"], ("run", "sit-down"), [0, 1]),
        (["wave/b.bvh", "jump/a.bvh", "wave/c.bvh"], ("jump", "wave"), [0, 1, 1]),
        (["a.bvh", "dataset-2_run_old_001.bvh"], ("all",), [0, 0]),
    ],
    ids=["names as in the Bandai-Namco set", "subfolders", "neither"],
)
def test_without_a_pattern_the_class_is_in_the_name_or_is_the_folder_or_is_all(
    tmp_path, written, names, classes, labels
):
    for name in names:
        written(CLIP, name)
    clips = bvh_clips.read_folder(tmp_path)
    assert clips.classes == classes
    assert clips.labels.tolist() == labels


def test_files_that_list_the_same_joints_in_another_order_are_put_in_one_order(tmp_path, written):
    chest = CLIP[CLIP.index("  JOINT Chest") : CLIP.index("  JOINT Leg")]
    leg = CLIP[CLIP.index("  JOINT Leg") : CLIP.index("}\nMOTION")]
    written(CLIP, "a.bvh")
    written(CLIP.replace(chest + leg, leg + chest), "b.bvh")
    first, second = bvh_clips.read_folder(tmp_path)
    assert np.array_equal(first.poses, second.poses)


def test_files_with_the_joints_of_a_built_in_skeleton_are_put_in_its_order(tmp_path, written):
    order = [MOCAP21.index("Hips"), *(j for j in range(20, -1, -1) if MOCAP21.joints[j] != "Hips")]
    children = [f"JOINT {MOCAP21.joints[j]}\n{{\nOFFSET {j} 0 0\n}}" for j in order[1:]]
    text = "\n".join(
        [
            "HIERARCHY",
            "ROOT Hips",
            "{",
            "OFFSET 0 0 0",
            "CHANNELS 1 Yposition",
            *children,
            "}",
            "MOTION",
            "Frames: 1",
            "Frame Time: 0.1",
            "5",
        ]
    )
    clips = bvh_clips.read_folder(written(text), scale=0.125)
    assert clips.skeleton is MOCAP21
    assert clips.poses[0, 0, :, 0].tolist() == [joint / 8 for joint in range(21)]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "JOINT Leg",
            "JOINT Foot",
            r"b.bvh: found other joints than in .*a.bvh "
            r"\(only in .*b.bvh: Foot; only in .*a.bvh: Leg\), expected the same",
        ),
        (
            "  }\n  JOINT Leg\n  {\n    OFFSET 0 -10 0\n",
            "  JOINT Leg\n  {\n    OFFSET 0 -10 0\n  }\n",
            "b.bvh: found other parents than in .*a.bvh for Leg",
        ),
        ("0.0333333", "0.01", "b.bvh: found 100 fps, expected 30 fps as in .*a.bvh"),
    ],
    ids=["joints", "parents", "frame rate"],
)
def test_two_files_that_do_not_belong_together_are_both_named(tmp_path, written, old, new, message):
    written(CLIP, "a.bvh")
    written(CLIP.replace(old, new), "b.bvh")
    with pytest.raises(ValueError, match=message):
        bvh_clips.read_folder(tmp_path)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (
            r"(?P<class>[a-z]+)_",
            r"clip.bvh: pattern .* does not fit 'clip.bvh'; pass a pattern whose groups fit every file",
        ),
        (r"(?P<class>[a-z]+)(?P<subject>\d+)?", "clip.bvh: pattern .* does not fit 'clip.bvh'"),
        (r"[a-z]+", "has no group named class"),
        (r"(?P<class>", "is not a regular expression"),
    ],
)
def test_a_pattern_that_does_not_fit_is_refused_with_the_file(written, pattern, message):
    with pytest.raises(ValueError, match=message):
        bvh_clips.read_folder(written(CLIP), pattern=pattern)


def test_a_folder_without_bvh_files_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"no .bvh file in this folder or its subfolders"):
        bvh_clips.read_folder(tmp_path)
    with pytest.raises(FileNotFoundError, match="nowhere: no such file or folder"):
        bvh_clips.read_folder(tmp_path / "nowhere")


def test_joint_names_with_control_characters_are_refused_with_their_line(written):
    with pytest.raises(
        ValueError, match=r"clip.bvh:\d+: found the joint .*x1b.*, expected a name without control characters"
    ):
        bvh.read(written(CLIP.replace("ROOT ", "ROOT \x1b[2J", 1)))


def test_joints_that_cost_no_number_in_the_file_are_no_bomb(tmp_path):
    path = tmp_path / "bomb.bvh"
    path.write_text("HIERARCHY\n" + "JOINT a { OFFSET 0 0 0 }\n" * 2500 + "MOTION\n")
    with pytest.raises(ValueError, match=r"bomb.bvh: found 2,500 joints in .* expected joints that move"):
        bvh.read(path)
