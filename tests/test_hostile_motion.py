"""Hostile motion capture files and pickled dicts are refused in 5 s and 1 GB, as in `test_hostile_files`."""

import io
import struct
import zipfile

import numpy as np
import pytest
from acclaim_files import ASF
from marker_files import NAMES, TOML, c3d, trc
from test_hostile_files import MEGABYTES, SECONDS, reader, sparse, written

__all__ = ["reader"]


def with_map(folder, name, content):
    (folder / "markers.toml").write_text(TOML)
    return written(folder / name, content)


def pickled(folder, program):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|O", "fortran_order": False, "shape": ()})
    with zipfile.ZipFile(folder / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("positions_3d.npy", header.getvalue() + program)
    return folder / "a.npz"


def dict_of_40_million_instructions(folder):
    return pickled(folder, b"\x80\x04](" + 20_000_000 * b"N0" + b"e.")


def dict_of_empty_lists(folder):
    return pickled(folder, b"\x80\x04](" + 30_000_000 * b"]" + b"e.")


def dict_that_holds_itself_in_an_array(folder):
    kind = b"cnumpy\ndtype\n(X\x01\x00\x00\x00OI00\nI01\ntR"
    array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tC\x01btRq\x00"
    return pickled(folder, b"\x80\x04" + array + b"(K\x01)" + kind + b"I00\n]h\x00atb.")


def amc_of_32_million_lines(folder):
    (folder / "a.asf").write_text(ASF)
    return written(folder / "a.amc", b"1\n" * 32_000_000)


def amc_without_line_ends(folder):
    (folder / "a.asf").write_text(ASF)
    return written(folder / "a.amc", b"1\nroot" + b" 1" * 30_000_000)


def amc_that_ends_in_damage(folder):
    (folder / "a.asf").write_text(ASF)
    frame = b"1\nroot 1 2 3 4 5 6\nthorax 1 2 3\nlhumerus 1 2\nlradius 1\n"
    return written(folder / "a.amc", frame * 1_000_000 + b"ulna 1\n")


def asf_of_bones(folder):
    bone = "begin\nname b{}\ndirection 1 0 0\nlength 1\nend\n"
    bones = "".join(bone.format(i) for i in range(80_000))
    written(folder / "a.asf", f":root\n:bonedata\n{bones}:hierarchy\nroot b0\n".encode())
    return written(folder / "a.amc", b"1\n")


def trc_of_tabs(folder):
    lines = trc(NAMES, np.ones((2, 4, 3))).split("\n")
    lines[3] = "Frame#\tTime" + "\ta" * 30_000_000
    return with_map(folder, "a.trc", "\n".join(lines).encode())


def trc_of_rows_without_numbers(folder):
    text = trc([f"m{i}" for i in range(1000)], np.ones((1, 1000, 3))).replace(
        "\t1\t1000\t", "\t4000001\t1000\t"
    )
    return with_map(folder, "a.trc", text.encode() + b"1\t2\n" * 4_000_000)


def c3d_of_endless_frames(folder):
    content = bytearray(c3d(NAMES, np.ones((5, 4, 3)), last=65_535))
    return with_map(folder, "a.c3d", bytes(content))


def c3d_of_frames_without_bytes(folder):
    content = c3d(NAMES, np.ones((5, 4, 3)), points=0).replace(
        b"USED" + struct.pack("<h", 6) + b"\x02\x00\x04", b"USED" + struct.pack("<h", 6) + b"\x02\x00\x00", 1
    )
    return with_map(folder, "a.c3d", content)


def c3d_of_a_million_tiny_frames(folder):
    begin = c3d(["ankle"], np.ones((1, 1, 3)), last=65_535, scale=0.1)
    return with_map(folder, "a.c3d", begin + bytes(200_000_000))


def smpl_of_wide_poses(folder):
    arrays = {"trans": np.zeros((100, 3)), "J": np.zeros((52, 3)), "poses": np.zeros((100, 150_000))}
    np.savez_compressed(folder / "a.npz", mocap_framerate=np.array(120.0), **arrays)
    return folder / "a.npz"


BOMBS = [
    dict_of_40_million_instructions,
    dict_of_empty_lists,
    dict_that_holds_itself_in_an_array,
    amc_of_32_million_lines,
    amc_without_line_ends,
    amc_that_ends_in_damage,
    asf_of_bones,
    trc_of_tabs,
    trc_of_rows_without_numbers,
    c3d_of_endless_frames,
    c3d_of_frames_without_bytes,
    smpl_of_wide_poses,
    *(lambda f, end=end: sparse(f / f"a{end}") for end in (".c3d", ".trc", ".amc")),
]


@pytest.mark.parametrize("make", BOMBS)
def test_a_hostile_file_is_refused_in_time_and_memory_by_an_error_that_names_it(tmp_path, reader, make):
    path = make(tmp_path)
    error, message, seconds, megabytes = reader("load", path)
    assert error == "UnreadableFile", (error, message)
    assert str(tmp_path) in message
    assert seconds < SECONDS, seconds
    assert megabytes < MEGABYTES, megabytes
