"""Hostile json, tables, texts, .mat and .npy files are refused within 5 s and 1 GB; the error names them."""

import io
import json
import pickle
import random
import struct
import zlib

import numpy as np
import pytest
from fuzzing import check, mutate, put
from test_hostile_files import MEGABYTES, SECONDS, link, reader, sparse, written

import skelkit as sk
from skelkit.data.readers import windows

__all__ = ["reader"]

DETECTION = b'[{"image_id": "1.jpg", "keypoints": [], "score": 1}, '


def lists_30_million(folder):
    return written(folder / "a.json", DETECTION + b"[]," * 30_000_000 + b"0]")


def objects_10_million(folder):
    return written(folder / "a.json", DETECTION + b'{"":0},' * 10_000_000 + b"0]")


def strings_20_million(folder):
    return written(folder / "a.json", DETECTION + b'"a",' * 20_000_000 + b"0]")


def nested_lists(folder):
    return written(folder / "a.json", DETECTION + b"[" * 1_000_000)


def a_number_of_a_million_digits(folder):
    return written(folder / "a.json", DETECTION + b"1" * 1_000_000 + b"]")


def frames_far_apart(folder):
    """Two detections in frames 0 and 1, and one in frame 10^14."""
    points = [1.0] * 51
    content = [{"image_id": f"{i}.jpg", "keypoints": points, "score": 1} for i in (0, 1, 10**14)]
    return written(folder / "a.json", json.dumps(content).encode())


def files_far_apart(folder):
    content = json.dumps({"people": [{"pose_keypoints_2d": [1.0] * 75}]}).encode()
    for number in (0, 1, 10**14):
        written(folder / f"{number}_keypoints.json", content)
    return folder


def a_crowd(folder):
    content = {"people": [{"pose_keypoints_2d": [0.5] * 75}] * 20_000}
    for number in range(3):
        written(folder / f"{number}_keypoints.json", json.dumps(content).encode())
    return folder


def header():
    return ",".join(["frame", *(f"{axis}{i}" for i in range(33) for axis in "xy")]).encode() + b"\n"


def rows_of_commas(folder):
    """A million rows without any number."""
    rows = b"".join(b"%d" % i + b"," * 66 + b"\n" for i in range(850_000))
    return written(folder / "a.csv", header() + rows)


def a_million_columns(folder):
    return written(folder / "a.csv", header().strip() + b",a" * 1_500_000 + b"\n")


def lines_with_the_last_one_broken(folder):
    line = b" ".join([b"1.25"] * 150) + b"\n"
    return written(folder / "0002-L.txt", line * 40_000 + b"x\n")


def one_long_line(folder):
    return written(folder / "a01_s01_e01_skeleton3D.txt", b"1 " * 10_000_000)


def packed_zeros(folder):
    packer = zlib.compressobj()
    bomb = b"".join(packer.compress(bytes(2**24)) for _ in range(64)) + packer.flush()
    begin = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H2s", 0x0100, b"IM")
    return written(folder / "a1_s1_t1_skeleton.mat", begin + struct.pack("<II", 15, len(bomb)) + bomb)


def announced_gigabytes(folder):
    """An array of 20 x 3 x 50 million doubles, of which none follows."""
    flags = struct.pack("<IIII", 6, 8, 6, 0)
    sizes = struct.pack("<IIiiii", 5, 12, 20, 3, 50_000_000, 0)
    name = struct.pack("<II8s", 1, 6, b"d_skel")
    numbers = struct.pack("<II", 9, 4_000_000_000)
    body = flags + sizes + name + numbers
    begin = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H2s", 0x0100, b"IM")
    return written(folder / "a1_s1_t1_skeleton.mat", begin + struct.pack("<II", 14, len(body)) + body)


def one_body_sixteen_times(folder):
    body = np.ones((100_000, 25, 3))
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "|O", "fortran_order": False, "shape": ()})
    content = {f"skel_body{i}": body for i in range(16)}
    return written(
        folder / "S001C001P001R001A001.skeleton.npy", buffer.getvalue() + pickle.dumps(np.array(content))
    )


def windows_of_everything(folder):
    landmarks = [[{"x": 0.5, "y": i / 33, "z": 0, "visibility": 1} for i in range(33)]] * 300
    (folder / "a.windows.csv").write_text("start,end,label\n" + "0,300,a\n" * 1_000_000)
    return written(folder / "a.json", json.dumps(landmarks).encode())


BOMBS = [
    lists_30_million,
    objects_10_million,
    strings_20_million,
    nested_lists,
    a_number_of_a_million_digits,
    frames_far_apart,
    files_far_apart,
    a_crowd,
    rows_of_commas,
    a_million_columns,
    lines_with_the_last_one_broken,
    one_long_line,
    packed_zeros,
    announced_gigabytes,
    one_body_sixteen_times,
    windows_of_everything,
]
FILES = [pytest.param(make, id=make.__name__) for make in BOMBS]
FILES += [
    pytest.param(lambda f: sparse(f / "a.json", DETECTION), id="sparse json"),
    pytest.param(lambda f: sparse(f / "a.csv", header()), id="sparse csv"),
    pytest.param(lambda f: sparse(f / "0002-L.txt", b"1 " * 149 + b"1\n"), id="sparse text"),
    pytest.param(lambda f: sparse(f / "a1_s1_t1_skeleton.mat"), id="sparse mat"),
    pytest.param(lambda f: sparse(f / "S001C001P001R001A001.skeleton.npy", b"\x93NUMPY"), id="sparse npy"),
    pytest.param(lambda f: link(f / "a.json", "/proc/self/pagemap"), id="pagemap.json"),
    pytest.param(lambda f: link(f / "a.csv", "/dev/zero"), id="zero.csv"),
]


@pytest.mark.parametrize("make", FILES)
def test_a_hostile_recording_is_refused_in_time_and_memory_by_an_error_that_names_it(tmp_path, reader, make):
    path = make(tmp_path)
    error, message, seconds, megabytes = reader("load", path)
    print(f"{make.__name__}: {error}, {seconds:.2f} s, {megabytes:.0f} MB: {message[:300]}")
    assert error in ("UnreadableFile", "FileNotFoundError")
    assert str(tmp_path) in message
    assert len(message) < 3000
    assert seconds < SECONDS
    assert megabytes < MEGABYTES


def test_a_damaged_table_of_windows_gives_clips_or_an_error_that_names_it(tmp_path):
    points = np.random.default_rng(0).normal(0, 0.4, (40, 33, 4)).round(3)
    landmarks = [[dict(zip("xyzv", map(float, p), strict=True)) for p in frame] for frame in points]
    (tmp_path / "a.json").write_text(json.dumps({"landmarks": landmarks, "visibility": 0}))
    clips, rng = sk.load(tmp_path / "a.json", score=0.0), random.Random(0)
    table, content, read = tmp_path / "a.windows.csv", b"start,end,label\n0,9,walk\n5,30,sit\n30,40,3\n", 0
    for _ in range(1000):
        put(table, mutate(content, rng))
        read += check(lambda: windows.applied(clips, tmp_path / "a.json", table), tmp_path)
    assert 20 <= read < 1000
