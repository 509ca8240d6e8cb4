import pickle
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import body

import skelkit as sk
from skelkit.cli.main import main
from skelkit.data import loading, readers, synthetic
from skelkit.data.errors import Place, UnknownOption, UnreadableFile
from skelkit.data.readers import adapters
from skelkit.data.readers.__main__ import update
from skelkit.data.readers.reader import Reader, has_suffix
from skelkit.skeletons import layouts
from skelkit.skeletons.layouts import KINECT20, KNOWN, NTU25

HAND = ["wrist", "index", "thumb"]
BVH = """HIERARCHY
ROOT wrist
{
OFFSET 0 0 0
CHANNELS 3 Xposition Yposition Zposition
End Site
{
OFFSET 0 10 0
}
}
MOTION
Frames: 2
Frame Time: 0.02
100 0 0
200 0 0
"""


def arrays(**changes):
    """Three clips of 2, 1 and 4 frames."""
    data = body(KINECT20, 7)
    good = {
        "data": data,
        "length": [2, 1, 4],
        "label": [0, 1, 1],
        "classes": ["sit", "fall"],
        "subject": [7, 7, 9],
        "start": [0, 5, 9],
    }
    return {key: value for key, value in (good | changes).items() if value is not None}


@pytest.fixture
def npz(tmp_path):
    def write(**changes):
        np.savez(tmp_path / "clips.npz", **arrays(**changes))
        return tmp_path / "clips.npz"

    return write


# -- .npz ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("persons", [None, 2])
def test_a_ragged_npz_gives_the_clips_labels_subjects_and_classes_in_it(npz, persons):
    data = arrays()["data"]
    data = data if persons is None else np.stack([data, -data], 1)
    clips = sk.load(npz(data=data))
    begin = 0
    for clip, length, label, subject in zip(clips, [2, 1, 4], [0, 1, 1], [7, 7, 9], strict=True):
        assert np.array_equal(clip.poses.numpy(), data[begin : begin + length].reshape(length, -1, 20, 3))
        assert clip.label == label
        assert subject in (7, 9)
        begin += length
    assert clips.subject.tolist() == [7, 7, 9]
    assert clips.classes == ("sit", "fall")
    assert (clips.fps, clips.skeleton) == (30, KINECT20)


def test_the_frame_rate_is_the_one_passed_else_the_files_else_thirty(npz):
    assert sk.load(npz()).fps == 30
    assert sk.load(npz(fps=60)).fps == 60
    assert sk.load(npz(fps=60), fps=12.5).fps == 12.5


def test_a_skeleton_is_passed_as_itself_or_by_its_name(npz):
    data = np.ones((7, 3, 3))
    mine = sk.Skeleton("hand", HAND, [("wrist", "index"), ("wrist", "thumb")], root="wrist")
    assert sk.load(npz(data=data), skeleton=mine).skeleton is mine
    assert sk.load(npz(data=np.ones((7, 25, 3))), skeleton="ntu25").skeleton is NTU25
    known = ", ".join(KNOWN)
    with pytest.raises(ValueError, match=f"no built-in skeleton 'ntu26'; known: {known}"):
        sk.load(npz(), skeleton="ntu26")


def with_bad(value, frame):
    data = arrays()["data"]
    data[frame, 5, 1] = value
    return data


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"length": None},
            r"found the arrays data, label, classes, subject, start, "
            r"expected data \[frames, joints, 3\].*; add 'length'",
        ),
        (
            {"data": np.ones((7, 20, 2))},
            r"found data float64 \[7, 20, 2\], expected floats \[frames, joints, 3\]",
        ),
        ({"data": np.ones((7, 20, 3), dtype=int)}, r"found data int64 \[7, 20, 3\], expected floats"),
        ({"data": np.ones((7, 19, 3))}, "no built-in skeleton has 19 joints; they have .*; pass skeleton="),
        (
            {"data": with_bad(np.nan, 4)},
            "clip 2: 1 coordinates are NaN or infinite, "
            "first at frame 1, person 0, joint 5; fill or drop them",
        ),
        ({"data": with_bad(np.inf, 2)}, "clip 1: 1 coordinates are NaN or infinite"),
        ({"data": np.zeros((7, 20, 3))}, "clip 0: all coordinates are zero"),
        (
            {"length": [2, 1, 5]},
            "found lengths that add up to 8, expected 7, the frames in data; save both again",
        ),
        ({"length": [2, 0, 5]}, "found clip 1 of 0 frames, expected at least one; leave empty clips out"),
        ({"length": [9, -6, 4]}, "found clip 1 of -6 frames"),
        ({"length": [2.0, 1.0, 4.0]}, r"found length float64 \[3\], expected integers \[clips\]"),
        ({"label": [0, 1]}, r"found label of shape \[2\], expected \[3\] like length; save one per clip"),
        ({"label": [0, 1, 2]}, "clip 2: label 2; labels count from 0 to 1"),
        ({"label": [0, -1, 1]}, "'clip 1': found the label -1, expected a class index from 0"),
        ({"label": ["a", "b", "b"]}, "found label <U1 .*expected integers"),
        ({"subject": [1, 2]}, r"found subject of shape \[2\], expected \[3\] like length"),
        ({"classes": [3, 4]}, r"found classes int64 \[2\], expected names \[classes\]"),
        ({"fps": [30, 60]}, r"found fps int64 \[2\], expected one number"),
        ({"fps": -1}, "fps must be a positive number of frames per second; got -1"),
    ],
)
def test_an_irregular_npz_is_refused_by_name_with_what_was_found_and_expected(npz, changes, message):
    path = npz(**changes)
    with pytest.raises(ValueError, match=re.escape(f"{path}: ") + message):
        sk.load(path)


class Trap:
    """Unpickling it fails the test."""

    def __reduce__(self):
        return pytest.fail, ("unpickled!",)


def test_pickled_objects_are_refused_and_never_run(npz, tmp_path):
    with pytest.raises(ValueError, match=r"clips.npz: label: found pickled objects, expected plain numbers"):
        sk.load(npz(label=np.array([Trap(), 1, 2], dtype=object)))
    (tmp_path / "bare.npz").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ValueError, match=r"bare.npz: found something that is not a whole .npz archive"):
        sk.load(tmp_path / "bare.npz")


def test_a_pickle_in_an_ignored_array_is_left_alone(npz):
    assert len(sk.load(npz(start=np.array([Trap()], dtype=object)))) == 3


@pytest.mark.parametrize("share", [0, 0.3, 0.99])
def test_a_truncated_npz_is_refused(npz, share):
    path = npz()
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(
        ValueError,
        match=r"clips.npz: found something that is not a whole .npz archive, expected one with data",
    ):
        sk.load(path)


def test_an_npz_with_flipped_bits_is_refused(npz):
    path = npz()
    content = bytearray(path.read_bytes())
    content[400] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(
        ValueError, match=r"clips.npz: data: found a damaged header .*Bad CRC-32 .*get the whole file"
    ):
        sk.load(path)


# -- other sources -------------------------------------------------------------------------------------------


def test_saved_clips_load_as_they_were(npz, tmp_path):
    clips = sk.load(npz())
    back = sk.load(clips.save(tmp_path / "clips.safetensors"))
    assert torch.equal(back.poses, clips.poses)
    assert back.classes == clips.classes


def test_a_bvh_file_and_the_folder_above_its_folder_load_alike(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.bvh").write_text(BVH)
    one, many = sk.load(tmp_path / "deep" / "a.bvh", scale=1), sk.load(str(tmp_path), scale=1)
    assert one.poses.flatten().tolist() == many.poses.flatten().tolist() == [100, 0, 0, 200, 0, 0]
    assert (one.classes, many.classes) == (("all",), ("deep",))
    assert sk.load(tmp_path, end_sites=True).poses[0, 0].tolist() == [[1, 0, 0], [1, pytest.approx(0.1), 0]]


def test_synthetic_clips_come_from_their_own_module_with_seed_and_options(monkeypatch):
    assert adapters.SYNTHETIC.read is synthetic.make
    made = replace(adapters.SYNTHETIC, read=lambda *, seed=0, clips=1: (seed, clips))
    monkeypatch.setattr(readers, "READERS", (made,))
    assert sk.load("synthetic", seed=3, clips=5) == (3, 5)
    with pytest.raises(TypeError, match="no option 'clip' for synthetic clips; they take clips"):
        sk.load("synthetic", clip=5)


@pytest.mark.parametrize(
    ("name", "option", "message"),
    [
        ("clips.npz", "scale", "no option 'scale' for .npz files; they take fps, skeleton"),
        (
            "a.bvh",
            "rate",
            "no option 'rate' for BVH files; they take pattern, scale, end_sites, keep_reference_root, fps",
        ),
        ("clips.safetensors", "fps", "no option 'fps' for .safetensors files; they take skeleton"),
    ],
)
def test_an_unknown_option_is_answered_with_the_known_ones(tmp_path, name, option, message):
    (tmp_path / name).write_text("")
    with pytest.raises(TypeError, match=message):
        sk.load(tmp_path / name, **{option: 1})


def test_what_is_not_there_or_cannot_be_loaded_is_answered_with_what_can(tmp_path):
    (tmp_path / "clips.csv").write_text("")
    with pytest.raises(
        FileNotFoundError, match=r'nowhere: no such file or folder; sk.load takes "synthetic", NTU'
    ):
        sk.load(tmp_path / "nowhere")
    with pytest.raises(
        ValueError, match=r"clips.csv: files ending in '.csv' cannot be loaded; sk.load takes \"synthetic\""
    ):
        sk.load(tmp_path / "clips.csv")
    with pytest.raises(
        ValueError, match=r"nothing that can be read in this folder or its subfolders; sk.load takes"
    ):
        sk.load(tmp_path)
    with pytest.raises(ValueError, match=r"cannot load a ndarray; .* arrays go through ClipSet.from_arrays"):
        sk.load(np.ones((9, 20, 3)))


# -- the real Kinect recordings ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kinect(real_data):
    return sk.load(real_data("precog-2016") / "precog.npz")


def test_the_kinect_recordings_have_the_classes_and_subjects_of_their_description(kinect):
    assert kinect.labels.bincount().tolist() == [47, 34, 47, 35, 58, 70, 47, 12]
    assert sorted(set(kinect.subject.tolist())) == list(range(1, 13))
    assert (int(kinect.lengths.min()), int(kinect.lengths.max())) == (7, 88)
    assert kinect.skeleton is KINECT20


def test_people_in_the_kinect_recordings_stand_upright_in_metres_with_bones_as_long_left_as_right(kinect):
    poses = kinect.poses[:, 0]
    joint = dict(zip(KINECT20.joints, poses.unbind(1), strict=True))
    height = joint["head"][:, 1] - torch.minimum(joint["left_foot"][:, 1], joint["right_foot"][:, 1])
    assert 1.4 < height.median() < 1.9
    lengths = {
        KINECT20.joints[child]: (poses[:, child] - poses[:, parent]).norm(dim=-1).median().item()
        for parent, child in KINECT20.edges
    }
    for left, right in KINECT20.mirror_pairs:
        assert lengths[left] == pytest.approx(lengths[right], rel=0.08)
    assert lengths["left_knee"] > lengths["left_ankle"] > lengths["left_elbow"] > lengths["left_hand"]


@pytest.mark.parametrize(
    ("name", "moves", "rests"),
    [
        ("right punch", "right_hand", "left_hand"),
        ("left punch", "left_hand", "right_hand"),
        ("front left kick", "left_foot", "right_foot"),
    ],
)
def test_the_limb_that_the_kinect_class_names_is_the_one_that_moves_most(kinect, name, moves, rests):
    def spread(clip, joint):
        return clip.poses[:, 0, KINECT20.index(joint)].std(0).norm() if len(clip) > 1 else 0

    chosen = [kinect[i] for i in kinect.of_class(name).tolist()]
    assert sum(spread(clip, moves) for clip in chosen) > 1.5 * sum(spread(clip, rests) for clip in chosen)


def test_the_table_of_sources_in_the_docstring_names_every_reader_and_option():
    for reader in readers.READERS:
        assert reader.description in loading.load.__doc__
        for option in reader.options:
            assert option in loading.load.__doc__


def test_files_of_another_kind_in_a_folder_are_not_passed_over_silently(tmp_path):
    (tmp_path / "a.bvh").write_text(BVH)
    (tmp_path / "b.npz").write_bytes(b"")
    with pytest.warns(
        UserWarning, match=r"1 file of another kind in this folder is not read with it, such as .*b\.npz"
    ):
        assert len(sk.load(tmp_path)) == 1


def test_a_folder_around_a_recording_says_which_path_to_pass(tmp_path):
    with pytest.raises(ValueError, match="nothing that can be read in this folder"):
        sk.load(tmp_path)
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "b.npz").write_bytes(b"")
    with pytest.raises(
        ValueError, match=r"this folder is no recording, but .*b\.npz in it may be: pass that path"
    ):
        sk.load(tmp_path)


def test_a_file_that_may_not_be_read_is_not_called_damaged(tmp_path, monkeypatch):
    path = tmp_path / "a.npz"
    path.write_bytes(b"")
    monkeypatch.setattr("os.access", lambda *_: False)  # root may read everything
    with pytest.raises(PermissionError, match=r"a\.npz: no permission to read it"):
        sk.load(path)


# -- a joint count that several built-in skeletons share -----------------------------------------------------


@pytest.fixture
def second_layout(monkeypatch):
    """Another built-in skeleton of 25 joints."""
    other = replace(NTU25, name="another-25", joints=NTU25.joints[::-1])
    monkeypatch.setitem(layouts.KNOWN, "another25", other)
    return other


@pytest.fixture
def two_layouts(second_layout):
    """The message that lists the layouts of 25 joints."""
    names = [name for name, skeleton in layouts.KNOWN.items() if len(skeleton) == 25]
    example = names[0]
    return (
        f"{len(names)} built-in skeletons have 25 joints: {', '.join(names)}; the poses do not settle it .*"
        "; say which one: "
        rf".*skeleton='{example}'.*--skeleton {example} .*\[skeleton\] name = \"{example}\""
    )


def test_arrays_whose_joint_count_fits_two_layouts_need_a_skeleton(second_layout, two_layouts):
    array = np.ones((3, 25, 3))
    with pytest.raises(ValueError, match=two_layouts):
        sk.ClipSet.from_arrays([array])
    assert sk.ClipSet.from_arrays([array], skeleton=second_layout).skeleton is second_layout


def test_an_npz_whose_joint_count_fits_two_layouts_needs_a_skeleton(second_layout, two_layouts, npz):
    path = npz(data=np.ones((7, 25, 3)))
    with pytest.raises(UnreadableFile, match=re.escape(f"{path}: ") + two_layouts):
        sk.load(path)
    assert sk.load(path, skeleton="another25").skeleton is second_layout
    assert sk.load(path, skeleton="ntu25").skeleton is NTU25


def test_an_x_train_file_whose_width_fits_two_layouts_needs_a_skeleton(second_layout, two_layouts, tmp_path):
    x, y = np.ones((1, 2, 150), np.float32), np.eye(1)
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    with pytest.raises(UnreadableFile, match=two_layouts):
        sk.load(tmp_path / "a.npz")
    assert sk.load(tmp_path / "a.npz", skeleton="ntu25").skeleton is NTU25
    assert sk.load(tmp_path / "a.npz", skeleton="another25").skeleton is second_layout


def test_saved_clips_take_another_skeleton_of_as_many_joints(second_layout, tmp_path):
    clips = synthetic.make(4)
    path = clips.save(tmp_path / "a.safetensors")
    again = sk.load(path, skeleton="another25")
    assert again.skeleton is second_layout
    assert torch.equal(again.poses, clips.poses)
    assert sk.load(path).skeleton == NTU25
    with pytest.raises(
        UnreadableFile, match=r"a.safetensors: found 25 joints, expected 20, as Kinect v1-20 has"
    ):
        sk.load(path, skeleton="kinect20")


def test_a_toml_description_of_a_joint_count_that_fits_two_layouts_needs_a_skeleton(
    second_layout, two_layouts, tmp_path
):
    np.savez(tmp_path / "a.npz", data=np.ones((2, 3, 25, 3)))
    told = '[source]\npath = "a.npz"\n[arrays]\nposes = "data"\naxes = "N T V C"\n'
    (tmp_path / "a.toml").write_text(told)
    with pytest.raises(UnreadableFile, match=r"\[skeleton\]: found nothing, and 25 joints, .*" + two_layouts):
        sk.load(tmp_path / "a.toml")
    (tmp_path / "a.toml").write_text(told + '[skeleton]\nname = "another25"\n')
    assert sk.load(tmp_path / "a.toml").skeleton is second_layout


def test_the_command_line_asks_for_a_skeleton_when_the_joint_count_fits_two_layouts(
    second_layout, npz, capsys
):
    path = str(npz(data=np.random.default_rng(0).normal(1, 0.3, (7, 25, 3))))
    assert main(["data", "describe", path]) != 0
    printed = capsys.readouterr().err
    names = [name for name, skeleton in layouts.KNOWN.items() if len(skeleton) == 25]
    listed = f"{len(names)} built-in skeletons have 25 joints: {', '.join(names)}"
    assert f"{path}: {listed}; the poses do not settle it ({names[0]}: bones" in printed
    assert "; say which one: --skeleton" in printed
    assert f"skeleton='{names[0]}' (sk.load)" in printed
    assert main(["data", "describe", path, "--skeleton", "another25"]) == 0
    assert "another-25" in capsys.readouterr().out


# -- the table of readers ------------------------------------------------------------------------------------


def test_a_reader_that_is_added_to_the_table_is_used_and_listed(monkeypatch, tmp_path, capsys):
    def read_toy(path, *, fps=30.0):
        return sk.ClipSet.from_arrays([np.loadtxt(path).reshape(-1, 20, 3)], skeleton="kinect20", fps=fps)

    toy = Reader(
        kind="toy files",
        description="a .toy file",
        notes="One frame per line.",
        read=read_toy,
        can_read=has_suffix(".toy"),
        suffixes=(".toy",),
    )
    monkeypatch.setattr(readers, "READERS", (*readers.READERS, toy))
    path = tmp_path / "inside" / "a.toy"
    path.parent.mkdir()
    np.savetxt(path, np.random.default_rng(0).normal(size=(4, 60)))
    assert sk.load(path, fps=15).fps == 15
    assert loading.takes(path, "fps")
    assert not loading.takes(path, "scale")
    with pytest.raises(UnknownOption, match="no option 'up' for toy files; they take fps"):
        sk.load(path, up="z")
    with pytest.raises(UnreadableFile, match=r"no recording, but .*a\.toy in it may be"):
        sk.load(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"a \.toy file"):
        sk.load(tmp_path / "nothing")
    assert "a .toy file" in readers.table()
    assert main(["data", "describe", str(path), "--scale", "0.5"]) == 0
    assert "Kinect v1-20" in capsys.readouterr().out


def test_the_table_of_formats_in_the_documentation_is_that_of_the_readers(tmp_path):
    page = Path(__file__).parents[1] / "docs" / "data.md"
    copy = tmp_path / "data.md"
    copy.write_bytes(page.read_bytes())
    update(copy)
    assert readers.markdown() in copy.read_text(encoding="utf-8")
    command = f"python -m {readers.__name__} docs/data.md"
    assert copy.read_bytes() == page.read_bytes(), f"the table of formats is not up to date: run {command}"


def test_errors_carry_the_place_and_the_fix_also_from_another_process(tmp_path):
    (tmp_path / "a.csv").write_text("x\n")
    error = UnreadableFile(Place(tmp_path / "a.csv", line=7), "3 cells", "4", "correct this line")
    copy = pickle.loads(pickle.dumps(error))
    for one in (error, copy):
        assert str(one) == f"{tmp_path / 'a.csv'}:7: found 3 cells, expected 4; correct this line"
        assert (one.file, one.line, one.clip) == (str(tmp_path / "a.csv"), 7, None)
        assert (one.found, one.expected, one.fix) == ("3 cells", "4", "correct this line")
    assert "\x1b" not in str(UnreadableFile("a\x1b[2J.csv", "nothing"))
