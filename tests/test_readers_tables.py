"""MediaPipe and Azure Kinect in json and csv, and windows of long recordings."""

import json

import numpy as np
import pytest
import torch

import skelkit as sk
from skelkit.cli.main import main
from skelkit.data.errors import UnreadableFile
from skelkit.data.loading import recognised
from skelkit.data.readers import find_reader
from skelkit.data.readers.pixels import in_metres
from skelkit.skeletons.layouts import KNOWN

MEDIAPIPE, AZURE = KNOWN["mediapipe33"].joints, KNOWN["azure32"].joints


def world(frames=5, seed=0):
    """World landmarks [T, 33, 4] whose origin lies between the hips (23 and 24)."""
    points = np.random.default_rng(seed).normal(0, 0.4, (frames, 33, 4)).round(4)
    points[:, 24, :3] = -points[:, 23, :3]
    points[..., 3] = 0.75
    return points


def image(frames=5, seed=0):
    """Landmarks in the image [T, 33, 4]."""
    points = np.random.default_rng(seed).uniform(0.2, 0.8, (frames, 33, 4)).round(4)
    points[..., 3] = 0.75
    return points


def landmarks(points):
    return [dict(zip("xyz", map(float, p[:3]), strict=True)) | {"visibility": float(p[3])} for p in points]


def upright(points):
    """World landmarks as poses: y and z are turned."""
    return points[..., :3] * [1, -1, -1]


def flat(points):
    """Landmarks in an image of 16:9 as poses."""
    return in_metres(points[:, None, :, :2] * [16 / 9, 1])[:, 0]


FORMS = {
    "a list of landmarks": lambda p: [landmarks(frame) for frame in p],
    "lists of numbers": lambda p: {"fps": 30, "landmarks": p.tolist(), "visibility": 1},
    "frames with landmarks": lambda p: [{"frame": 3 + t, "landmarks": landmarks(f)} for t, f in enumerate(p)],
    "an object with frames": lambda p: {
        "frames": [{"pose_landmarks": {"landmark": landmarks(f)}} for f in p]
    },
    "several people": lambda p: {"frames": [{"pose_world_landmarks": [landmarks(f)]} for f in p]},
    "by name": lambda p: [
        {
            "frame": t,
            "landmarks": {
                name.upper(): landmark for name, landmark in zip(MEDIAPIPE, landmarks(f), strict=True)
            },
        }
        for t, f in enumerate(p)
    ],
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize(
    ("points", "expected"), [(world(), upright), (image(), flat)], ids=["world", "image"]
)
def test_mediapipe_json_in_all_its_forms(tmp_path, form, points, expected):
    path = tmp_path / "walk.json"
    path.write_text(json.dumps(form(points)))
    clips = sk.load(path)
    assert clips.skeleton is KNOWN["mediapipe33"]
    np.testing.assert_allclose(clips[0].poses[:, 0].numpy(), expected(points), atol=1e-5)


def names_of(pattern):
    """Names of the columns x, y, z and visibility of all landmarks."""
    words = {"x": "x", "y": "y", "z": "z", "v": "visibility"}
    columns = [(i, name, axis) for i, name in enumerate(MEDIAPIPE) for axis in words]
    return [
        pattern.format(n=i, N=i + 1, name=name, NAME=name.upper(), axis=axis, word=words[axis])
        for i, name, axis in columns
    ]


NUMBERED = ["{axis}{n}", "{axis}{N}", "{n}_{axis}", "landmark_{n}_{axis}"]
NAMED = ["{name}_{word}", "{NAME}_{axis}", "{name}.{word}"]


@pytest.mark.parametrize("pattern", NUMBERED + NAMED)
def test_mediapipe_csv_with_a_column_for_each_coordinate(tmp_path, pattern):
    points = world()
    lines = [",".join(["frame", "time", *names_of(pattern)])]
    lines += [",".join(map(str, [t, t / 30, *frame.ravel()])) for t, frame in enumerate(points)]
    (tmp_path / "walk.csv").write_text("\n".join(lines))
    clips = sk.load(tmp_path)
    np.testing.assert_allclose(clips[0].poses[:, 0].numpy(), upright(points), atol=1e-5)
    assert "metres, since the origin lies between the hips" in recognised(tmp_path)


@pytest.mark.parametrize(
    "names", [MEDIAPIPE, range(33), [f"PoseLandmark.{name.upper()}" for name in MEDIAPIPE]]
)
def test_mediapipe_csv_with_a_row_for_each_landmark(tmp_path, names):
    points = image()
    rows = [[t, name, *p] for t, frame in enumerate(points) for name, p in zip(names, frame, strict=True)]
    lines = ["frame,landmark,x,y,z,visibility", *(",".join(map(str, row)) for row in rows)]
    path = tmp_path / "walk.csv"
    path.write_text("\n".join(lines) + "\n")
    np.testing.assert_allclose(sk.load(path)[0].poses[:, 0].numpy(), flat(points), atol=1e-5)
    assert "positions in the image" in recognised(path)


def test_mediapipe_frames_without_a_person_and_missing_landmarks_are_zero(tmp_path):
    points = world()
    content = FORMS["a list of landmarks"](points)
    content[1], content[3] = None, []
    content[2][5]["x"] = None
    content[2][6]["y"] = float("nan")
    path = tmp_path / "walk.json"
    path.write_text(json.dumps(content))
    expected = upright(points)
    expected[[1, 3]], expected[2, 5:7] = 0, 0
    np.testing.assert_allclose(sk.load(path)[0].poses[:, 0].numpy(), expected, atol=1e-6)


def test_mediapipe_errors_name_frame_or_line(tmp_path):
    path = tmp_path / "walk.json"
    content = FORMS["a list of landmarks"](world())
    path.write_text(json.dumps([content[0], content[1][:20]]))
    with pytest.raises(
        UnreadableFile, match=r"walk.json: frame 1: found 20 landmarks, expected 33 of each person"
    ):
        sk.load(path)
    table = tmp_path / "walk.csv"
    head = ",".join(["frame", *names_of("{axis}{n}")])
    table.write_text(f"{head}\n0,1,2\n")
    with pytest.raises(UnreadableFile, match=r"walk.csv:2: found 3 cells, expected 133"):
        sk.load(table)


# -- Azure Kinect --------------------------------------------------------------------------------------------


def azure(frames=6, seed=0):
    """Joints [T, 2, 32, 3] in millimetres, whose body keeps its size."""
    rng = np.random.default_rng(seed)
    body = rng.normal(0, 400, (1, 2, 32, 3)) + [0, 0, 2500]
    return (body + rng.normal(0, 20, (frames, 2, 1, 3))).round(3)


def kinect_json(points, times, names=AZURE):
    def body(m, joints):
        return {"body_id": 7 - m, "joint_orientations": [], "joint_positions": joints.tolist()}

    frames = [
        {"frame_id": t, "timestamp_usec": time, "bodies": [body(m, joints) for m, joints in enumerate(frame)]}
        for t, (time, frame) in enumerate(zip(times, points, strict=True))
    ]
    return {"bone_list": [], "frames": frames, "joint_names": [name.upper() for name in names]}


@pytest.mark.parametrize("step", [33333, 66666])
def test_azure_kinect_json_has_identities_a_frame_rate_and_millimetres(tmp_path, step):
    points = azure()
    path = tmp_path / "walk.json"
    path.write_text(json.dumps(kinect_json(points, [10**6 + step * t for t in range(6)]), indent=4))
    clips = sk.load(path)
    assert (clips.skeleton, clips.fps) == (KNOWN["azure32"], round(1e6 / step))
    np.testing.assert_allclose(clips[0].poses.numpy(), points * [0.001, -0.001, -0.001], atol=1e-5)


def test_azure_kinect_frames_that_the_camera_dropped_show_nobody_and_names_tell_the_joints(tmp_path):
    points = azure()
    order = np.random.default_rng(3).permutation(32)
    times = [33333 * t for t in (0, 1, 2, 5, 6, 7)]
    content = kinect_json(points[:, :, order], times, [AZURE[i] for i in order])
    (tmp_path / "walk.json").write_text(json.dumps(content))
    poses = sk.load(tmp_path)[0].poses.numpy()
    assert not poses[3:5].any()
    np.testing.assert_allclose(poses[[0, 1, 2, 5, 6, 7]], points * [0.001, -0.001, -0.001], atol=1e-5)


@pytest.mark.parametrize("factor", [1, 0.001], ids=["millimetres", "metres"])
@pytest.mark.parametrize("pattern", ["{NAME}_{axis}", "{name}.{axis}", "Pos_{name}_{axis}_m"])
def test_azure_kinect_csv(tmp_path, factor, pattern):
    points = azure() * factor
    header = [pattern.format(name=name, NAME=name.upper(), axis=axis) for name in AZURE for axis in "xyz"]
    rows = [[t, m, *body.ravel()] for t, frame in enumerate(points) for m, body in enumerate(frame)]
    lines = [["frame", "body_id", *header], *rows]
    (tmp_path / "walk.csv").write_text("\n".join(",".join(map(str, line)) for line in lines))
    np.testing.assert_allclose(
        sk.load(tmp_path)[0].poses.numpy(), points * np.array([1, -1, -1]) * 0.001 / factor, atol=1e-5
    )


def test_rows_of_one_time_are_one_frame_and_columns_that_are_not_read_are_named(tmp_path):
    points = azure()
    header = [f"{name.upper()}_{axis.upper()}" for name in AZURE for axis in "xyz"]
    rows = [
        [33333 * t, m, "calm", *body.ravel()]
        for t, frame in enumerate(points)
        for m, body in enumerate(frame)
    ]
    lines = [["timestamp", "body_id", "mood", *header], *rows]
    path = tmp_path / "walk.csv"
    path.write_text("\n".join(",".join(map(str, line)) for line in lines))
    np.testing.assert_allclose(sk.load(path)[0].poses.numpy(), points * [0.001, -0.001, -0.001], atol=1e-5)
    assert "not read: mood" in find_reader(path).remarks(path, None)
    assert "the frame rate is assumed, not read" in find_reader(path).remarks(path, None)


def test_azure_kinect_errors_name_the_frame(tmp_path):
    path = tmp_path / "walk.json"
    content = kinect_json(azure(), range(6))
    content["frames"][4]["bodies"][0]["joint_positions"].pop()
    path.write_text(json.dumps(content))
    with pytest.raises(UnreadableFile, match=r"walk.json: frame 4: found 31 joint_positions, expected 32"):
        sk.load(path)


# -- windows -------------------------------------------------------------------------------------------------


@pytest.fixture
def recording(tmp_path):
    """A long recording of MediaPipe landmarks and its poses."""
    points = world(60)
    path = tmp_path / "walk.json"
    path.write_text(json.dumps(FORMS["a list of landmarks"](points)))
    return path, upright(points)


def test_rows_of_start_end_and_label_become_clips(recording):
    path, poses = recording
    clips = sk.load(path, windows=[(0, 20, "walk"), (10, 15, 2), (30, 60, "walk")])
    assert (clips.classes, clips.labels.tolist()) == (("2", "walk"), [1, 0, 1])
    assert clips.names == ("walk 0-20", "walk 10-15", "walk 30-60")
    for clip, (begin, end) in zip(clips, [(0, 20), (10, 15), (30, 60)], strict=True):
        np.testing.assert_allclose(clip.poses[:, 0].numpy(), poses[begin:end], atol=1e-6)


def test_a_table_beside_the_recording_is_found_in_frames_or_seconds(recording):
    path, poses = recording
    table = path.with_name("walk.windows.csv")
    table.write_text("label,start,end,who\nsit,5,9,x\nstand,50,60,x\n")
    clips = sk.load(path)
    assert (clips.classes, clips.lengths.tolist()) == (("sit", "stand"), [4, 10])
    assert "cut into the windows of walk.windows.csv" in recognised(path)
    table.write_text("start_seconds,end_seconds,label\n0.5,1,10\n1,2,9\n")
    clips = sk.load(path, fps=20)
    assert (clips.classes, clips.labels.tolist()) == (("9", "10"), [1, 0])
    np.testing.assert_allclose(clips[1].poses[:, 0].numpy(), poses[20:40], atol=1e-6)


def test_windows_of_a_folder_name_their_recordings_and_any_reader_takes_them(recording, tmp_path):
    path, _ = recording
    (tmp_path / "run.json").write_text(path.read_text())
    (tmp_path / "windows.csv").write_text(
        "recording,start,end,label\nrun,0,5,a\nwalk.json,5,7,b\nrun,9,10,b\n"
    )
    with pytest.raises(
        UnreadableFile, match=r"windows.csv:3: found the recording 'walk.json', expected one of run, walk"
    ):
        sk.load(tmp_path)
    (tmp_path / "windows.csv").write_text("recording,start,end,label\nrun,0,5,a\nwalk,5,7,b\nrun,9,10,b\n")
    clips = sk.load(tmp_path)
    assert clips.names == ("run 0-5", "walk 5-7", "run 9-10")
    long = sk.ClipSet.from_arrays([torch.ones(9, 20, 3)], subject=[7], fps=25, skeleton="kinect20")
    saved = long.save(tmp_path / "a.safetensors")
    clips = sk.load(saved, windows=[(2, 4, "x")])
    assert (len(clips[0]), clips.subject.tolist(), clips.fps) == (2, [7], 25)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            "start,end,label\n3,2,a\n",
            r"windows.csv:2: found start 3, end 2, expected numbers, start before end",
        ),
        ("start,end,label\n3,x,a\n", r"windows.csv:2: found start 3, end nan"),
        ("start,end,label\n3,61,a\n", r"windows.csv:2: found the frames 3 to 61, expected some of 0 to 60"),
        ("start,end\n3,61\n", r"windows.csv:1: found the columns 'start', 'end', expected"),
        ("start,end,label\n3,61\n", r"windows.csv:2: found 2 cells, expected 3"),
        ("start,end,label\n", r"windows.csv: found no window in which somebody is seen"),
        ("start,end,label\n" + "0,60,a\n" * 40_000, r"found 2,400,000 frames in windows of 60"),
    ],
)
def test_errors_of_windows_name_the_line(recording, rows, message):
    path, _ = recording
    path.with_name("walk.windows.csv").write_text(rows)
    with pytest.raises(UnreadableFile, match=message):
        sk.load(path)


def test_windows_in_which_nobody_is_seen_are_left_out_with_a_warning(tmp_path):
    content = FORMS["a list of landmarks"](world(20))
    path = tmp_path / "walk.json"
    path.write_text(json.dumps([*content[:10], *[None] * 9, content[19]]))
    with pytest.warns(UserWarning, match=r"walk.json: windows, row 1: nobody is seen in 1 windows"):
        clips = sk.load(path, windows=[(0, 10, "a"), (10, 19, "b"), (15, 20, "b")])
    assert clips.names == ("walk 0-10", "walk 15-20")


def test_the_command_line_describes_what_was_recognised_and_takes_a_table_of_windows(recording, capsys):
    path, _ = recording
    table = path.with_name("mine.csv")
    table.write_text("start,end,label\n0,20,walk\n20,40,sit\n40,60,walk\n")
    assert main(["data", "describe", str(path), "--windows", str(table)]) == 0
    printed = capsys.readouterr().out
    assert "read as      MediaPipe files: json with landmarks; metres" in printed
    assert "clips        3\n" in printed
    assert main(["data", "describe", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["read as"].startswith("MediaPipe files")
