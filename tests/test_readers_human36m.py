"""Human3.6M: the dict of VideoPose3D, which is a pickle, and which no code of it runs."""

import io
import os
import pickle
import zipfile

import numpy as np
import pytest

import skelkit as sk
from skelkit.data.errors import UnreadableFile
from skelkit.data.loading import recognised
from skelkit.skeletons.layouts import KNOWN

RNG = np.random.default_rng(3)


def positions(joints=32, subjects=("S1", "S11"), actions=("Directions", "Directions 1", "Walking")):
    def action(number):
        return RNG.normal(0, 1, (4 + number, joints, 3)).astype(np.float32)

    return {subject: {name: action(i) for i, name in enumerate(actions)} for subject in subjects}


def pickled(path, program):
    """An .npz whose positions_3d is this pickle, after the header that numpy writes for an object."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|O", "fortran_order": False, "shape": ()})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("positions_3d.npy", header.getvalue() + program)
    return path


def check(path, about):
    clips = sk.load(path)
    assert clips.names == tuple(f"{s}/{a}" for s, actions in about.items() for a in actions)
    assert clips.classes == ("Directions", "Walking")
    assert clips.labels.tolist() == [0, 0, 1] * 2
    assert clips.subject.tolist() == [1, 1, 1, 11, 11, 11]
    for clip, array in zip(clips, (a for actions in about.values() for a in actions.values()), strict=True):
        x, y, z = np.moveaxis(array, -1, 0)
        assert np.array_equal(clip.poses[:, 0].numpy(), np.stack([x, z, -y], -1))
    return clips


@pytest.mark.parametrize(("joints", "layout"), [(32, "h36m32"), (17, "h36m17")])
def test_each_action_of_each_subject_is_a_clip_with_z_turned_up(tmp_path, joints, layout):
    about = positions(joints)
    np.savez_compressed(tmp_path / "data_3d_h36m.npz", positions_3d=about)
    clips = check(tmp_path / "data_3d_h36m.npz", about)
    assert clips.skeleton is KNOWN[layout]
    assert clips.fps == 50
    assert "positions_3d, a dict of subjects and actions" in recognised(tmp_path / "data_3d_h36m.npz")


@pytest.mark.parametrize("protocol", range(2, 6))
def test_the_pickle_is_read_in_the_protocols_that_versions_of_numpy_have_written(tmp_path, protocol):
    about = positions()
    program = pickle.dumps(np.array(about, dtype=object), protocol)
    check(pickled(tmp_path / "a.npz", program), about)


class Runs:
    def __reduce__(self):
        return os.system, ("touch was_run",)


@pytest.mark.parametrize(
    "harm",
    [
        {"S1": {"Walking": Runs()}},
        {"S1": np.array([Runs(), 1], dtype=object)},
        Runs(),
    ],
    ids=["in the dict", "in an array of objects", "instead of it"],
)
def test_code_in_the_pickle_is_refused_and_not_run(tmp_path, monkeypatch, harm):
    monkeypatch.chdir(tmp_path)
    np.savez(tmp_path / "a.npz", positions_3d=np.array(harm, dtype=object))
    with pytest.raises(UnreadableFile, match=r"a.npz: .*a pickle can run any code"):
        sk.load(tmp_path / "a.npz")
    assert not (tmp_path / "was_run").exists()


@pytest.mark.parametrize(
    ("about", "message"),
    [
        (
            {"S1": {"Walking": [np.zeros((3, 17, 3))] * 4}},
            r"'S1/Walking': found a list of 4, expected floats",
        ),
        ({"S1": {"Walking": np.ones((3, 32, 2))}}, r"found float64 \[3, 32, 2\], expected floats"),
        ({"S1": {"Walk": np.ones((3, 32, 3)), "Sit": np.ones((3, 17, 3))}}, r"'S1/Sit': .*\[frames, 32, 3\]"),
        ({"S1": np.ones((3, 32, 3))}, r"positions_3d\['S1'\]: found float64 .* expected a dict of actions"),
        ({"S1": {"Walk": np.ones((3, 15, 3))}}, r"found 15 joints, expected 32 or 17 joints"),
        ({}, "found no action of any subject"),
        ([np.ones((3, 32, 3))], "found a list of 1, expected a dict of subjects"),
    ],
)
def test_other_contents_are_refused_where_they_are(tmp_path, about, message):
    holder = np.empty((), dtype=object)
    holder[()] = about
    np.savez(tmp_path / "a.npz", positions_3d=holder)
    with pytest.raises(UnreadableFile, match=message):
        sk.load(tmp_path / "a.npz")


def test_a_plain_array_and_a_pickle_far_larger_than_its_archive_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", positions_3d=np.ones((3, 32, 3)))
    with pytest.raises(UnreadableFile, match=r"an array float64 \[3, 32, 3\], expected a dict of subjects"):
        sk.load(tmp_path / "a.npz")
    zeros = {"S1": {"Walking": np.zeros((250_000, 32, 3), np.float32)}}
    np.savez_compressed(tmp_path / "b.npz", positions_3d=zeros)
    with pytest.raises(UnreadableFile, match=r"b.npz: positions_3d: .* bytes that unpack to 96,0"):
        sk.load(tmp_path / "b.npz")
