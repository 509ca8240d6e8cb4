"""ASF/AMC: forward kinematics against a slow one of another kind, units, names, and what is refused."""

import math

import numpy as np
import pytest
from acclaim_files import ASF, CHANNELS, amc

import skelkit as sk
from skelkit.data.errors import UnreadableFile
from skelkit.data.loading import recognised

RNG = np.random.default_rng(2)


def frames_of(count=4):
    return [{name: RNG.uniform(-90, 90, n).round(3) for name, n in CHANNELS.items()} for _ in range(count)]


def about(axis, degrees):
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return {
        "x": np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]]),
        "y": np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]),
        "z": np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]]),
    }[axis]


def slow_positions(frame):
    """{bone: where it ends}, by hand: a bone moves as seen in its own axes, which are then turned back."""
    bones = {
        "thorax": ("root", (0.5, 4.5, 1.0), (10, -20, 30), "xyz"),
        "lhumerus": ("thorax", (2.5, 0, 0), (5, 80, -20), "zx"),
        "rhumerus": ("thorax", (-2.5, 0, 1.25), (-70, 8, 12), ""),
        "lradius": ("lhumerus", (2.1, -2.1, 0), (15, 0, 0), "x"),
    }
    x, y, z, a, b, c = frame["root"]
    places = {"root": np.array([x + 1, y, z])}
    turned = {"root": about("z", c) @ about("y", b) @ about("x", a)}
    for name, (parent, offset, axis, channels) in bones.items():
        own = about("z", axis[2]) @ about("y", axis[1]) @ about("x", axis[0])
        motion = np.eye(3)
        for channel, degrees in zip(channels, frame.get(name, ()), strict=True):
            motion = about(channel, degrees) @ motion
        turned[name] = turned[parent] @ own @ motion @ np.linalg.inv(own)
        places[name] = places[parent] + turned[name] @ offset
    return places


def save(folder, frames=None, text=ASF, name="01", trial="01_walk"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.asf").write_text(text)
    (folder / f"{trial}.amc").write_text(amc(frames or frames_of()))
    return folder / f"{trial}.amc"


def test_joints_are_where_a_slow_forward_kinematics_puts_them_in_metres(tmp_path):
    frames = frames_of()
    clips = sk.load(save(tmp_path, frames))
    names = {"left_elbow": "lhumerus", "right_elbow": "rhumerus", "left_radius": "lradius"}
    for joint in clips.skeleton.joints:
        bone = names.get(joint, "lradius" if joint == "left_wrist" else joint)
        wanted = [slow_positions(frame)[bone] * 2.54 / 100 / 0.45 for frame in frames]
        found = clips.poses[:, 0, clips.skeleton.index(joint)].numpy()
        np.testing.assert_allclose(found, wanted, atol=1e-4)
    assert (clips.fps, clips.classes) == (120.0, ("all",))
    assert "skeleton is the .asf beside it" in recognised(tmp_path / "01_walk.amc")


def test_the_rate_and_the_unit_of_angles_of_a_motion_are_read(tmp_path):
    frames = frames_of()
    path = save(tmp_path, frames)
    wanted = sk.load(path)
    radians = [{k: np.r_[v[:-3], np.radians(v[-3:])] for k, v in frame.items()} for frame in frames]
    text = amc(radians).replace(":DEGREES", ":RADIANS\n:SAMPLES-PER-SECOND 60")
    path.write_text(text)
    found = sk.load(path)
    np.testing.assert_allclose(found.poses, wanted.poses, atol=1e-5)
    assert (found.fps, sk.load(path, fps=30).fps) == (60.0, 30.0)


def test_bones_become_joints_with_sides_and_the_root_is_the_middle_of_the_trunk(tmp_path):
    skeleton = sk.load(save(tmp_path)).skeleton
    assert skeleton.joints[:2] == ("root", "thorax")
    assert ("left_elbow", "right_elbow") in skeleton.mirror_pairs
    assert "lradius" in skeleton.joints  # it has no counterpart, so the l may be no side
    assert (skeleton.root, skeleton.origin) == ("thorax", "root")


def test_each_subject_has_its_own_skeleton_and_radians_and_inches_are_understood(tmp_path):
    frames = frames_of()
    save(tmp_path / "02", frames, ASF.replace("length 0.45", "length 1.0"), "02", "02_walk")
    inches = {
        name: np.r_[values[:3], np.radians(values[3:])] if name == "root" else np.radians(values)
        for name, values in frames[0].items()
    }
    angles = ASF.replace("angle deg", "angle rad")
    for axis in ("10 -20 30", "5 80 -20", "-70 8 12", "15 0 0"):
        angles = angles.replace(axis, " ".join(str(math.radians(float(v))) for v in axis.split()))
    path = save(tmp_path / "03", [inches], angles, "03", "03_walk")
    path.write_text(path.read_text().replace(":DEGREES\n", ""))
    clips = sk.load(tmp_path)
    assert clips.names == ("02/02_walk", "03/03_walk")
    assert clips.group_names["subject"] == ("02", "03")
    np.testing.assert_allclose(clips[0].poses[:1] / 0.45, clips[1].poses, atol=1e-4)
    assert sk.load(tmp_path, pattern=r"_(?P<class>\w+)", fps=60).classes == ("walk",)


def test_of_several_skeletons_in_a_folder_the_one_whose_name_begins_the_motion_is_taken(tmp_path):
    save(tmp_path, None, ASF.replace("length 0.45", "length 1.0"), "HDM_bd", "HDM_bd_01")
    (tmp_path / "HDM_dg.asf").write_text(ASF)
    one, other = sk.load(tmp_path), sk.load(save(tmp_path / "x", None, ASF))
    assert one.group_names["subject"] == ("HDM_bd",)
    length = [clips.poses[:, 0, 1] - clips.poses[:, 0, 0] for clips in (one, other)]
    np.testing.assert_allclose(length[0].norm(dim=-1), 0.45 * length[1].norm(dim=-1), rtol=1e-4)
    (tmp_path / "walk.amc").write_text(amc(frames_of()))
    with pytest.raises(UnreadableFile, match=r"walk.amc: found 2 .asf in this folder, expected one"):
        sk.load(tmp_path / "walk.amc")


WRONG = {
    "no bone data": (":bonedata", ":bones", "no section :bonedata, expected an ASF skeleton"),
    "unknown bone": (
        "lhumerus lradius",
        "lhumerus ulna",
        r"01.asf:\d+: found the bone 'ulna', expected a bone of",
    ),
    "two parents": (
        "thorax lhumerus rhumerus",
        "thorax lhumerus rhumerus lradius",
        "'lradius', expected a bone",
    ),
    "no parent": ("    lhumerus lradius\n", "", "found 4 of 5 bones below the root"),
    "direction": ("direction 1 0 0", "direction 1 0 up", r"01.asf:\d+: found '1 0 up', expected 3 numbers"),
    "channel": ("dof rz rx", "dof rz l", "the channels 'rz l', expected some of rx ry rz, each once"),
    "order": ("-70 8 12  XYZ", "-70 8 12 ZYX", "expected angles in the order XYZ"),
    "length": ("length 0.45", "length 0", "found the length 0, expected a factor above zero"),
    "name twice": ("name rhumerus", "name lhumerus", "found the bone 'lhumerus', expected each name once"),
}


@pytest.mark.parametrize(("old", "new", "message"), WRONG.values(), ids=WRONG)
def test_a_damaged_skeleton_is_refused_with_its_line(tmp_path, old, new, message):
    with pytest.raises(UnreadableFile, match=message):
        sk.load(save(tmp_path, None, ASF.replace(old, new)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda text: text.replace("lradius", "ulna"),
            r"01_walk.amc:\d+: found 'ulna .*expected a bone of the .asf",
        ),
        (lambda text: text.replace("thorax ", "thorax 1 "), r"01_walk.amc:4?5: found 'thorax 1 "),
        (
            lambda text: text.rsplit("\n", 2)[0],
            "found frame 4 without lradius, expected all bones in each frame",
        ),
        (lambda text: text.replace("lradius ", "lradius x", 1), "found lradius in frame 1: 'x"),
        (lambda text: ":DEGREES\n", "found no frame"),
    ],
    ids=["another bone", "a number too many", "cut off", "no number", "empty"],
)
def test_a_damaged_motion_is_refused_with_its_line_or_frame(tmp_path, change, message):
    path = save(tmp_path)
    path.write_text(change(path.read_text()))
    with pytest.raises(UnreadableFile, match=message):
        sk.load(path)


def test_a_motion_without_a_skeleton_and_two_skeletons_of_other_bones_are_refused(tmp_path):
    path = save(tmp_path / "01")
    (tmp_path / "01" / "01.asf").unlink()
    with pytest.raises(UnreadableFile, match=r"01_walk.amc: found 0 .asf in this folder, expected one"):
        sk.load(path)
    save(tmp_path / "01")
    save(
        tmp_path / "02",
        [{k.replace("thorax", "chest"): v for k, v in f.items()} for f in frames_of()],
        ASF.replace("thorax", "chest"),
        "02",
        "02_walk",
    )
    with pytest.raises(
        UnreadableFile, match=r"02.asf: found other bones than in .*01.asf, expected the same"
    ):
        sk.load(tmp_path)
