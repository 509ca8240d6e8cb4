"""Names that files bring are shown escaped, and files whose own names are odd are read."""

import io
import os
import re
import zipfile

import numpy as np
import pytest
import torch

import skelkit as sk
from skelkit import ClipSet
from skelkit.cli.main import main
from skelkit.cli.output import Printable, escaped
from skelkit.data import ntu
from skelkit.data.errors import UnreadableFile
from skelkit.skeletons.layouts import KINECT20, NTU25
from skelkit.utils import checkpoint

ODD = "a\x1b[2J\u202eb"
ODD_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def clips():
    poses = [torch.rand(12, 20, 3) for _ in range(8)]
    named = {"classes": [ODD, "b"], "subject": [ODD, "s"] * 4, "names": [f"{ODD}{i}" for i in range(8)]}
    return ClipSet.from_arrays(poses, labels=[0, 1] * 4, skeleton=KINECT20, **named)


def test_texts_about_clips_show_names_escaped(clips):
    shown = [repr(clips), repr(clips[0]), str(clips.card()["subjects"])]
    for wrong in ({"by": "subject", "train": ["zz"]}, {"by": "subject"}):
        with pytest.raises(ValueError) as error:
            clips.split(**wrong)
        shown.append(str(error.value))
    with pytest.raises(ValueError, match="no class 'zz'") as error:
        clips.of_class("zz")
    shown.insert(0, str(error.value))
    assert [text for text in shown if ODD_TEXT.search(text)] == []
    assert "a\\x1b[2J\\u202eb" in shown[-1]


@pytest.mark.parametrize("command", ["describe", "show"])
def test_the_command_line_shows_names_escaped(clips, tmp_path, command, capsys):
    path, page = clips.save(tmp_path / "a.safetensors"), tmp_path / "a.html"
    assert main(["data", command, str(path), *(["--out", str(page)] if command == "show" else [])]) == 0
    shown = capsys.readouterr().out
    assert not ODD_TEXT.search(shown)
    assert "\\x1b[2J" in shown


def test_what_the_encoding_of_a_terminal_does_not_have_is_escaped():
    stream = io.TextIOWrapper(io.BytesIO(), "ascii")
    Printable(stream).write("ü \ud800\tline\n")
    stream.flush()
    assert stream.buffer.getvalue() == b"\\xfc \\ud800\tline\n"
    assert escaped("line\r\n\tä") == "line\\r\n\tä"


@pytest.mark.parametrize("key", ["classes", "subject"])
def test_names_with_control_characters_in_an_npz_are_refused(tmp_path, key):
    arrays = {"data": np.ones((2, 25, 3), np.float32), "length": [1, 1], "label": [0, 1]}
    np.savez(tmp_path / "a.npz", **arrays | {key: np.array([ODD, "b"])})
    with pytest.raises(
        UnreadableFile, match=rf"a\.npz: {key}: found the name 'a.*expected a name without"
    ) as error:
        sk.load(tmp_path / "a.npz")
    assert not ODD_TEXT.search(str(error.value))


@pytest.mark.parametrize("persons", [16, 17, 200])
def test_an_npz_has_as_many_persons_as_files_of_other_kinds(tmp_path, persons):
    data = np.ones((2, persons, 25, 3), np.float32)
    np.savez(tmp_path / "a.npz", data=data, length=[2], label=[0])
    if persons <= 16:
        assert sk.load(tmp_path / "a.npz", skeleton=NTU25).poses.shape[1] == persons
    else:
        with pytest.raises(
            UnreadableFile, match=f"a.npz: data: found {persons} persons in a clip, expected at"
        ):
            sk.load(tmp_path / "a.npz", skeleton=NTU25)


@pytest.mark.parametrize("shape", [(2**62, 0), (0, 2**62), (10**30, 0), (0, 2**40, 2**40, 3), (2**62, 2**62)])
@pytest.mark.parametrize("odd", ["data", "length", "label", "x_train", "y_test"])
def test_an_array_of_impossible_shape_is_an_error_that_names_file_and_array(tmp_path, shape, odd):
    names = ("x_train", "y_train", "x_test", "y_test") if "_" in odd else ("data", "length", "label")
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        for name in names:
            about = {"descr": "<f4", "fortran_order": False, "shape": shape if name == odd else (0,)}
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array_header_1_0(member, about)
    with pytest.raises(UnreadableFile, match=r"a\.npz"):
        sk.load(tmp_path / "a.npz", skeleton=NTU25)


UNIX = pytest.mark.skipif(os.name == "nt", reason="names of files are Unicode there")


@UNIX
def test_files_whose_names_are_no_utf_8_are_written_and_read(clips, tmp_path):
    folder = tmp_path / "f\udcff"
    assert torch.equal(sk.load(clips.save(folder / "a\udcff.safetensors")).poses, clips.poses)
    checkpoint.write(folder, {"row": torch.arange(3)}, {})
    assert checkpoint.read(folder, {})["row"].tolist() == [0, 1, 2]


@UNIX
def test_a_clip_whose_name_is_no_utf_8_has_a_page(clips, tmp_path, capsys):
    odd = ClipSet.from_arrays([torch.rand(4, 20, 3)], skeleton=KINECT20, names=["walk\udcff"])
    path = odd.save(tmp_path / "a.safetensors")
    assert main(["data", "show", str(path), "--out", str(tmp_path / "a.html")]) == 0
    assert "walk\\udcff" in capsys.readouterr().out
    assert "walk" in (tmp_path / "a.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("wrong", [3, None, b"a", ["a"]])
def test_arguments_that_are_no_paths_are_named(tmp_path, wrong):
    with pytest.raises(ValueError, match=r"source is a .*, expected a path"):
        ntu.convert(wrong, tmp_path / "a.safetensors")
    with pytest.raises(ValueError, match=r"path of the samples is a .*, expected a path"):
        ntu.read(wrong)
    if wrong is not None:
        with pytest.raises(ValueError, match=r"missing is a .*, expected a path"):
            ntu.read(tmp_path, missing=wrong)
        with pytest.raises(ValueError, match=r"only is a .*, expected a pattern"):
            ntu.read(tmp_path, only=wrong)
