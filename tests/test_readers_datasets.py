"""SBU, UTD-MHAD, MSR-Action3D, Florence 3D, PKU-MMD and the .npy dicts of NTU RGB+D, from hand-made files."""

import pickle
import struct
import zlib

import numpy as np
import pytest
import scipy.io

import skelkit as sk
from skelkit.data.errors import Place, UnreadableFile
from skelkit.data.loading import recognised
from skelkit.data.ntu import ACTIONS
from skelkit.data.readers import object_array
from skelkit.skeletons.layouts import KNOWN

RNG = np.random.default_rng(0)


def lines(rows, delimiter=" "):
    """Rows of numbers as text; whole numbers without a point."""
    cells = [[f"{v:.6f}" if v != int(v) else str(int(v)) for v in row] for row in rows]
    return "\n".join(map(delimiter.join, cells)) + "\n"


# -- SBU -----------------------------------------------------------------------------------------------------


def test_sbu_is_read_in_metres_with_the_pair_as_subject(tmp_path):
    metres = RNG.uniform([-1, -0.9, 1.5], [1, 0.9, 3.5], (3, 2, 15, 3))
    millimetres = 1000 * metres
    normalised = np.stack(
        [
            (1280 - millimetres[..., 0]) / 2560,
            (960 - millimetres[..., 1]) / 1920,
            millimetres[..., 2] * 7.8125 / 10000,
        ],
        -1,
    )
    for pair, action in (("s01s02", "03"), ("s07s01", "08"), ("s07s01", "03")):
        folder = tmp_path / "data" / pair / action / "001"
        folder.mkdir(parents=True)
        (folder / "skeleton_pos.txt").write_text(lines(np.c_[1:4, normalised.reshape(3, 90)], ","))
    clips = sk.load(tmp_path)
    assert (clips.skeleton, clips.fps) == (KNOWN["sbu15"], 15)
    assert clips.classes == ("kicking", "exchanging objects")
    assert clips.labels.tolist() == [0, 0, 1]
    assert clips.group_names == {"subject": ("s01s02", "s07s01")}
    assert clips.names[0] == "s01s02/03/001"
    np.testing.assert_allclose(clips[2].poses.numpy(), metres, atol=1e-5)
    assert "two persons of 15 joints" in recognised(tmp_path)


def test_an_sbu_line_of_another_length_is_named(tmp_path):
    path = tmp_path / "skeleton_pos.txt"
    path.write_text(lines(np.ones((2, 91)), ",") + "1,2,3\n")
    with pytest.raises(UnreadableFile, match=r"skeleton_pos.txt:3: found 3 numbers, expected 91 numbers"):
        sk.load(tmp_path)


# -- UTD-MHAD ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [True, False])
def test_utd_mhad_mat_files(tmp_path, packed):
    poses = {"a1_s1_t1": RNG.normal(size=(5, 20, 3)), "a27_s8_t2": RNG.normal(size=(7, 20, 3))}
    for name, array in poses.items():
        scipy.io.savemat(
            tmp_path / f"{name}_skeleton.mat", {"d_skel": array.transpose(1, 2, 0)}, do_compression=packed
        )
    clips = sk.load(tmp_path)
    assert clips.skeleton is KNOWN["kinect20_head"]
    assert clips.classes == ("right arm swipe to the left", "squat (two arms stretch out)")
    assert (clips.subject.tolist(), clips.names) == ([1, 8], tuple(poses))
    for clip, array in zip(clips, poses.values(), strict=True):
        np.testing.assert_allclose(clip.poses[:, 0].numpy(), array, atol=1e-6)


def mat(element):
    return b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H2s", 0x0100, b"IM") + element


def test_a_mat_file_that_unpacks_to_gigabytes_is_refused_before_it_does(tmp_path):
    packer = zlib.compressobj()
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(200)) + packer.flush()
    path = tmp_path / "a1_s1_t1_skeleton.mat"
    path.write_bytes(mat(struct.pack("<II", 15, len(bomb)) + bomb))
    with pytest.raises(UnreadableFile, match=r"skeleton.mat: found more than 16,777,216 bytes"):
        sk.load(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"MATLAB 7.3 MAT-file".ljust(512), "found a .mat file of version 7.3"),
        (b"hello", "found no header of a .mat file"),
        (mat(struct.pack("<II", 9, 0)), "found an element of type 9"),
        (mat(b""), r"found d_skel: nothing \[\], expected numbers \[20, 3, any\]"),
    ],
)
def test_other_mat_files_are_refused(tmp_path, content, message):
    path = tmp_path / "a1_s1_t1_skeleton.mat"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=message):
        sk.load(path)
    scipy.io.savemat(path, {"d_skel": np.ones((20, 2, 5))})
    with pytest.raises(UnreadableFile, match=r"found d_skel: double \[20, 2, 5\]"):
        sk.load(path)


# -- MSR-Action3D --------------------------------------------------------------------------------------------


def test_msr_action3d_prefers_the_files_in_metres(tmp_path):
    poses = {"a01_s02_e01": RNG.normal(size=(4, 20, 3)), "a20_s03_e02": RNG.normal(size=(2, 20, 3))}
    for name, array in poses.items():
        rows = np.c_[array.reshape(-1, 3), np.ones(20 * len(array))]
        (tmp_path / f"{name}_skeleton3D.txt").write_text(lines(rows))
        (tmp_path / f"{name}_skeleton.txt").write_text(lines(rows * 100))
    (tmp_path / "a02_s03_e02_skeleton3D.txt").write_text("")
    with pytest.warns(UserWarning, match="nobody is seen in 'a02_s03_e02_skeleton3D'; left out: 1"):
        clips = sk.load(tmp_path)
    assert clips.skeleton is KNOWN["msr20"]
    assert clips.classes == ("high arm wave", "pick up & throw")
    assert clips.subject.tolist() == [2, 3]
    for clip, array in zip(clips, poses.values(), strict=True):
        np.testing.assert_allclose(clip.poses[:, 0].numpy(), array, atol=1e-5)


def test_msr_action3d_in_pixels_is_scaled_to_the_height_of_a_person(tmp_path):
    pixels = RNG.uniform(10, 200, (3, 20, 2))
    path = tmp_path / "a01_s02_e01_skeleton.txt"
    path.write_text(lines(np.c_[pixels.reshape(-1, 2), np.full((60, 2), 7.0)]))
    poses = sk.load(path)[0].poses[:, 0].numpy()
    extents = np.ptp(poses[..., 1], axis=1)
    assert np.median(extents) == pytest.approx(1.7, abs=1e-4)
    assert not poses[..., 2].any()
    path.write_text(lines(np.ones((21, 4))))
    with pytest.raises(UnreadableFile, match=r"skeleton.txt: found 21 lines, expected 20 for each frame"):
        sk.load(path)


# -- Florence 3D ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", [1, 1000], ids=["metres", "millimetres"])
def test_florence_videos_are_told_apart_by_their_numbers(tmp_path, unit):
    numbers = [(1, 1, 1), (2, 1, 9), (3, 10, 9)]  # video, actor, category
    videos = [(about, RNG.normal(size=(3 + about[0], 15, 3))) for about in numbers]
    rows = [[*about, *frame.ravel() * unit] for about, poses in videos for frame in poses]
    path = tmp_path / "Florence_dataset_WorldCoordinates.txt"
    path.write_text(lines(rows))
    for source in (path, tmp_path):
        clips = sk.load(source)
        assert clips.skeleton is KNOWN["florence15"]
        assert (clips.classes, clips.labels.tolist()) == (("wave", "bow"), [0, 1, 1])
        assert clips.subject.tolist() == [1, 1, 10]
        for clip, (_, poses) in zip(clips, videos, strict=True):
            np.testing.assert_allclose(clip.poses[:, 0].numpy(), poses, atol=1e-5)
    path.write_text(lines([*rows, [1.5, *rows[0][1:]]]))
    with pytest.raises(UnreadableFile, match="found odd numbers of videos"):
        sk.load(path)


# -- PKU-MMD -------------------------------------------------------------------------------------------------


@pytest.fixture
def pku(tmp_path):
    """Two recordings of part 2, and their label files in another folder."""
    poses = {}
    for name in ("A01N02-L", "A03N13-R"):
        poses[name] = RNG.normal(size=(50, 2, 25, 3))
        poses[name][:, 1] = 0
        for folder in ("skeleton", "label"):
            (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / "skeleton" / f"{name}.txt").write_text(lines(poses[name].reshape(50, 150)))
    (tmp_path / "label" / "A01N02-L.txt").write_text("11,0,20,2\n3,18,30,1\n")
    (tmp_path / "label" / "A03N13-R.txt").write_text("3,40,55,2\n")
    return tmp_path, poses


@pytest.mark.parametrize("inside", ["", "skeleton"])
def test_pku_mmd_actions_are_the_clips(pku, inside):
    folder, poses = pku
    clips = sk.load(folder / inside)
    assert (clips.skeleton, clips.fps) == (KNOWN["ntu25"], 30)
    assert (clips.classes, clips.labels.tolist()) == (("action 11", "action 3"), [0, 1, 1])
    assert (clips.subject.tolist(), clips.group_names) == ([2, 2, 13], {"view": ("L", "R")})
    assert clips.view.tolist() == [0, 0, 1]
    spans = [("A01N02-L", 0, 20), ("A01N02-L", 18, 30), ("A03N13-R", 40, 50)]
    for clip, (name, begin, end) in zip(clips, spans, strict=True):
        np.testing.assert_allclose(clip.poses.numpy(), poses[name][begin:end], atol=1e-5)


def test_pku_mmd_without_labels_gives_whole_recordings_and_its_errors_name_the_line(pku, tmp_path_factory):
    folder, _ = pku
    alone = tmp_path_factory.mktemp("alone") / "A01N02-L.txt"
    alone.write_bytes((folder / "skeleton" / "A01N02-L.txt").read_bytes())
    clips = sk.load(alone)
    assert (clips.classes, clips.lengths.tolist()) == (("all",), [50])
    assert "no label files: whole recordings" in recognised(alone)
    assert sk.load(alone, labels=folder / "label").lengths.tolist() == [20, 12]
    (folder / "label" / "A01N02-L.txt").write_text("11,0,20,2\n3,30,18,1\n")
    with pytest.raises(
        UnreadableFile,
        match=r"L.txt:2: found action 3, frames 30 to 18, expected frames of 0 to 50",
    ):
        sk.load(folder)


# -- NTU RGB+D .npy ------------------------------------------------------------------------------------------


def ntu_dict(frames=5, bodies=2, name="S001C002P003R001A013"):
    """What the converter of the data set saves."""
    content = {"file_name": name, "nbodys": [bodies] * frames, "njoints": 25}
    for body in range(bodies):
        content[f"skel_body{body}"] = RNG.normal(size=(frames, 25, 3))
        content[f"rgb_body{body}"] = np.ones((frames, 25, 2))
    return content


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_ntu_dicts_are_read_without_running_their_pickle(tmp_path, protocol):
    content = {"S001C002P003R001A013": ntu_dict(), "S017C001P008R002A060": ntu_dict(3, 1)}
    for name, one in content.items():
        path = tmp_path / f"{name}.skeleton.npy"
        with path.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": ()})
            pickle.dump(np.array(one), file, protocol=protocol)
        np.testing.assert_equal(np.load(path, allow_pickle=True).item(), one)
    clips = sk.load(tmp_path)
    assert clips.skeleton is KNOWN["ntu25"]
    assert clips.classes == (ACTIONS[12], ACTIONS[59])
    groups = [clips.setup.tolist(), clips.view.tolist(), clips.subject.tolist()]
    assert groups == [[1, 17], [2, 1], [3, 8]]
    first = content["S001C002P003R001A013"]
    for body in (0, 1):
        np.testing.assert_allclose(clips[0].poses[:, body].numpy(), first[f"skel_body{body}"], atol=1e-6)


def test_what_numpy_saves_is_read_and_code_in_a_pickle_is_refused(tmp_path):
    path = tmp_path / "S001C002P003R001A013.skeleton.npy"
    content = ntu_dict()
    np.save(path, np.array(content))
    np.testing.assert_equal(object_array.value(Place(path), path.read_bytes(), "a dict"), content)

    class Evil:
        def __reduce__(self):
            import os

            return os.mkdir, (str(tmp_path / "owned"),)

    np.save(path, np.array({"skel_body0": Evil()}))
    with pytest.raises(UnreadableFile, match=r"skeleton.npy: byte \d+: found (posix|nt).mkdir"):
        sk.load(path)
    assert not (tmp_path / "owned").exists()
    np.save(path, np.ones((3, 25, 3)))
    with pytest.raises(UnreadableFile, match=r"npy: found an array float64 \[3, 25, 3\], expected the dict"):
        sk.load(path)
    np.save(path, np.array({"skel_body0": np.ones((3, 24, 3))}))
    with pytest.raises(UnreadableFile, match=r"found skel_body: float64 \[3, 24, 3\], expected floats"):
        sk.load(path)
