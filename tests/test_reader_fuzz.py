"""Damaged files: whatever the bytes, a reader gives finite clips or says what is wrong with which file; soon, and in little memory.

Two kinds of damage, the same at every run: 2,000 mutations of the bytes of a valid file for each reader (100,000 in the run that
tests/benchmarks/fuzz.py records), and what hypothesis makes up in place of parts of it. Where a checksum would hide the damage (zip, npz), every second mutation is of
what is packed, before it is packed.
"""

import contextlib
import io
import json
import os
import pickle
import random
import re
import signal
import threading
import time
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skelkit.data import ClipSet
from skelkit.data.readers import (
    bvh_clips,
    description,
    npz_splits,
    nwucla,
    pickles,
    pyskl,
    ragged_npz,
    stgcn_files,
    tables,
)

FILES, SECONDS, BYTES = int(os.environ.get("SKELKIT_FUZZ", "2000")), 5, 2**30
STATUS = Path("/proc/self/status")
BVH = """HIERARCHY
ROOT wrist
{
OFFSET 0 0 0
CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
JOINT finger
{
OFFSET 0 10 0
CHANNELS 3 Zrotation Xrotation Yrotation
End Site
{
OFFSET 0 5.5 0
}
}
}
MOTION
Frames: 3
Frame Time: 0.02
100 0 0 0 0 0 1 2 3
200 0 0 90 0 0 1 2 3
200 0 -1e1 90.5 0 0 1 2 3
"""
SKELETON = 'joints = ["a", "b"]\nbones = [["a", "b"]]\nroot = "a"'
CSV_TOML = f"""[source]
path = "a.csv"
[columns]
clip = "clip"
frame = "t"
person = "id"
label = "label"
subject = "who"
[skeleton]
{SKELETON}
[units]
length = "cm"
up = "z"
fps = 25
"""
NPZ_TOML = f'[source]\npath = "a.npz"\n[arrays]\nposes = "x"\naxes = "F V C"\nlength = "n"\nlabel = "y"\nsubject = "who"\nclasses = "k"\n[skeleton]\n{SKELETON}\n'
CSV = "clip,t,id,label,who,a_x,a_y,a_z,b_x,b_y,b_z\n" + "".join(
    f"{clip},{t},{person},{'sit' if clip == 'c' else 'fall'},7,{t},1.5,-2e0,{person},0.25,9\n"
    for clip in "cd"
    for t in range(4)
    for person in (1, 2)
)
NUMBERS = np.random.default_rng(0).normal(1, 0.3, (8, 25, 3)).astype(np.float32)


# -- what must hold ----------------------------------------------------------------------------------------------------


class Late(BaseException):
    """A reader that takes too long. (Not an Exception, which a reader might take for damage.)"""


def check(read, where):
    """A reader gives finite clips or the documented error, which names a file in the folder `where`. Returns whether it gave clips."""
    begin = time.perf_counter()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "bodies measure", UserWarning)
            clips = read()
    except (ValueError, FileNotFoundError) as error:
        message = str(error)
        assert str(where) in message, message
        assert len(message) < 3000, message[:3000]
        # What a file makes up is shown harmlessly (line breaks are in the kit's own lists of clips).
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202e]", message), repr(message)
        return False
    assert time.perf_counter() - begin < SECONDS
    if isinstance(clips, ClipSet):
        assert len(clips)
        assert clips.poses.isfinite().all()
        assert clips.lengths.min() > 0
        assert 0 <= clips.labels.min() <= clips.labels.max() < len(clips.classes)
        assert clips.starts[-1] == len(clips.poses)
    return True


@pytest.fixture(autouse=True)
def limits(record_property):
    """No file takes more than `SECONDS`, nor a whole test more than `BYTES` of memory."""

    def late(*_):
        raise Late(f"more than {SECONDS} s")

    begin, alarmed = (
        _memory("VmRSS"),
        threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"),
    )
    if begin:
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")  # forgets the highest so far
    before = signal.signal(signal.SIGALRM, late) if alarmed else None
    yield
    if alarmed:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    more = _memory("VmHWM") - begin
    record_property("memory", more)
    assert more < BYTES


def _memory(what):
    """Bytes, 0 where the system does not tell."""
    found = re.search(rf"{what}:\s+(\d+) kB", STATUS.read_text()) if STATUS.exists() else None
    return int(found[1]) * 1024 if found else 0


def timed(read):
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        return read()
    finally:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)


# -- mutations ---------------------------------------------------------------------------------------------

ODD_BYTES = [
    b"\x00",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x80",
    b"\xff\xff\xff\x7f",
    b"\xff" * 8,
    b"\xff" * 7 + b"\x7f",
    b"\n",
    b"\r",
]
ODD_TEXT = [
    b"-1",
    b"0",
    b"1e999",
    b"-1e308",
    b"nan",
    b"inf",
    b"99999999999999999999",
    b"2147483648",
    b"9" * 400,
    b"1.5",
    b",",
    b'"',
    b"'",
    b"[",
    b"]",
    b"{",
    b"}",
    b"../",
    b"\xe2\x80\xae",
    b"\x1b[2J",
    b"<script>",
    b"\xc3\x28",
    b"None",
    b"true",
    b"[[",
    b"()",
    b" ",
]


def mutate(content, rng):
    """One to eight changes of bytes: flipped, replaced, inserted, removed, doubled, exchanged, cut off; numbers replaced by odd ones."""
    content = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        at = rng.randrange(len(content) + 1)
        length = rng.choice((1, 1, 2, 4, 8, rng.randrange(1, 65)))
        kind = rng.randrange(10)
        if kind < 2 and at < len(content):
            content[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            content[at : at + length] = rng.randbytes(length)
        elif kind < 5:
            odd = rng.choice(ODD_BYTES + ODD_TEXT)
            content[at : at + rng.choice((0, len(odd)))] = odd
        elif kind == 5:
            del content[at : at + length]
        elif kind == 6:
            content[at:at] = content[at : at + length] * rng.choice((1, 2, 50))
        elif kind == 7:
            other = rng.randrange(len(content) + 1)
            content[at : at + length] = content[other : other + length]
        elif kind == 8 and (numbers := [m.span() for m in re.finditer(rb"\d+", bytes(content[:4000]))]):
            begin, end = rng.choice(numbers)
            content[begin:end] = rng.choice(ODD_TEXT)
        elif kind == 9 and rng.random() < 0.3:
            del content[at:]
    return bytes(content)


@pytest.fixture
def fuzz(record_property):
    """Runs `read` on `count` damaged files; `made(rng)` writes one. A good part must get past the first check, or nothing was tested."""

    def fuzz(read, where, made, least=0.02, count=FILES):
        rng, fine, slowest = random.Random(0), 0, 0.0
        for number in range(count):
            made(rng)
            begin = time.perf_counter()
            try:
                fine += timed(lambda: check(read, where))
            except BaseException:
                print(f"file {number} of the same seed is the one")
                raise
            slowest = max(slowest, time.perf_counter() - begin)
        for name, value in (("files", count), ("read", fine), ("slowest", slowest)):
            record_property(name, value)
        assert least * count <= fine < count, f"{fine} of {count} were read"

    return fuzz


def packed(members, method=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def put(path, content):
    """Writes a file anew. (To cut one short and write it again waits for the disk, 4 ms each time.)"""
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def npy(array):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array))
    return buffer.getvalue()


def repacked(members, path):
    """Makes a mutated archive: the bytes of the archive, or those of a member."""
    whole = packed(members)

    def made(rng):
        if rng.random() < 0.4:
            put(path, mutate(whole, rng))
        else:
            name = rng.choice(list(members))
            put(path, packed(members | {name: mutate(members[name], rng)}))

    return made


def x_train():
    x = np.zeros((2, 6, 150), np.float32)
    x[0, :4, :75], x[1, :5, :] = NUMBERS[:4].reshape(4, 75), np.tile(NUMBERS[:5].reshape(5, 75), 2)
    return {
        "x_train.npy": npy(x),
        "y_train.npy": npy(np.eye(3)[[0, 2]]),
        "x_test.npy": npy(x[:1]),
        "y_test.npy": npy(np.eye(3)[[1]]),
    }


def annotated(protocol=4):
    clips = [
        ("S001C001P001R001A001", NUMBERS[None, :4]),
        ("S001C002P003R001A002", np.stack([NUMBERS[:3]] * 2)),
    ]
    notes = [
        {"frame_dir": n, "label": i, "total_frames": k.shape[1], "keypoint": k.astype(np.float16)}
        for i, (n, k) in enumerate(clips)
    ]
    flat = np.abs(NUMBERS[None, :3, :17, :2]) * 100
    notes2 = [
        {
            "frame_dir": "v",
            "label": 3,
            "img_shape": (480, 640),
            "keypoint": flat,
            "keypoint_score": np.full(flat.shape[:3], 0.5, np.float32),
        }
    ]
    one = {"a_train": [n for n, _ in clips[:1]], "a_val": ["v"]}
    two = one | {"b_train": [n for n, _ in clips], "b_val": ["v"]}  # which overlap
    return [
        pickle.dumps({"split": split, "annotations": some}, protocol)
        for split in (one, two)
        for some in (notes, notes2)
    ]


# -- bytes of each reader's files --------------------------------------------------------------------------------------


def test_damaged_x_train_files(tmp_path, fuzz):
    path = tmp_path / "a.npz"
    fuzz(lambda: npz_splits.read(path), tmp_path, repacked(x_train(), path))


def test_damaged_ragged_npz(tmp_path, fuzz):
    path = tmp_path / "a.npz"
    some = {
        "data": NUMBERS[:5].astype(np.float32),
        "length": np.array([2, 3]),
        "label": np.array([0, 1]),
        "classes": np.array(["sit", "run"]),
        "fps": np.array(30.0),
    }
    fuzz(
        lambda: ragged_npz.read_npz(path),
        tmp_path,
        repacked({f"{name}.npy": npy(array) for name, array in some.items()}, path),
    )


def test_damaged_clips_of_this_kit(tmp_path, fuzz):
    path = tmp_path / "a.safetensors"
    whole = ClipSet.from_arrays([NUMBERS[:3], NUMBERS[:2]], labels=[0, 1]).save(path).read_bytes()
    fuzz(lambda: ClipSet.load(path), tmp_path, lambda rng: put(path, mutate(whole, rng)), least=0)


def test_damaged_arrays_of_st_gcn(tmp_path, fuzz):
    path, labels = tmp_path / "train_data.npy", tmp_path / "train_label.pkl"
    data = np.zeros((2, 3, 6, 25, 2), np.float16)
    data[:, :, :5, :, 0] = NUMBERS[:5].transpose(2, 0, 1)
    whole = npy(data)
    labels.write_bytes(pickle.dumps((["S001C001P001R001A001", "b"], [0, 1])))
    # Most of the file are numbers, any of which is a number: half the mutations are of its header.
    fuzz(
        lambda: stgcn_files.read_stgcn(path),
        tmp_path,
        lambda rng: put(
            path, mutate(whole, rng) if rng.random() < 0.5 else mutate(whole[:128], rng) + whole[128:]
        ),
    )


def test_damaged_labels_of_st_gcn(tmp_path, fuzz):
    np.save(tmp_path / "train_data.npy", np.ones((2, 3, 2, 25, 1), np.float32))
    path = tmp_path / "train_label.pkl"
    whole = [
        pickle.dumps((["S001C001P001R001A001", "b"], labels), protocol)
        for protocol in range(6)
        for labels in ([0, 1], np.array([0, 1]))
    ]
    fuzz(
        lambda: stgcn_files.read_stgcn(tmp_path / "train_data.npy"),
        tmp_path,
        lambda rng: put(path, mutate(rng.choice(whole), rng)),
    )


def test_damaged_annotations(tmp_path, fuzz):
    path = tmp_path / "a.pkl"
    whole = [content for protocol in (2, 4, 5) for content in annotated(protocol)]
    fuzz(
        lambda: pyskl.read_annotations(path),
        tmp_path,
        lambda rng: put(path, mutate(rng.choice(whole), rng)),
    )


def test_damaged_pickles(tmp_path, fuzz):
    path = tmp_path / "a.pkl"
    value = {
        "a": [1, 2.5, None, True, "x", b"y", (1,), {2}, frozenset("a")],
        "b": np.arange(3),
        "c": np.array(["u"]),
        "d": np.float32(1),
        "e": bytearray(b"z"),
    }
    whole = [pickle.dumps(value, protocol) for protocol in range(6)]
    fuzz(lambda: pickles.load(path), tmp_path, lambda rng: put(path, mutate(rng.choice(whole), rng)))


def test_damaged_json_of_nw_ucla(tmp_path, fuzz):
    for name in ("a01_s01_e00_v01", "a02_s01_e00_v02"):
        content = json.dumps(
            {"file_name": name, "skeletons": NUMBERS[:2, :20].round(3).tolist(), "label": 1}
        ).encode()
        (tmp_path / f"{name}.json").write_bytes(content)
    path = tmp_path / "a02_s01_e00_v02.json"
    fuzz(lambda: nwucla.read_nwucla(tmp_path), tmp_path, lambda rng: put(path, mutate(content, rng)))


def test_damaged_archives_of_nw_ucla(tmp_path, fuzz):
    path = tmp_path / "a.zip"
    content = json.dumps({"skeletons": NUMBERS[:2, :20].round(2).tolist()}).encode()
    members = {f"all_sqe/a0{i}_s01_e00_v01.json": content for i in (1, 2)} | {"readme": b"hello"}
    fuzz(lambda: nwucla.read_nwucla(path), tmp_path, repacked(members, path))


def test_damaged_tables(tmp_path, fuzz):
    (tmp_path / "a.toml").write_text(CSV_TOML)
    path = tmp_path / "a.csv"
    fuzz(
        lambda: tables.read_table(tmp_path / "a.toml"),
        tmp_path,
        lambda rng: put(path, mutate(CSV.encode(), rng)),
    )


@pytest.mark.parametrize("toml", [CSV_TOML, NPZ_TOML], ids=["csv", "npz"])
def test_damaged_descriptions(tmp_path, toml, fuzz):
    path = tmp_path / "a.toml"
    (tmp_path / "a.csv").write_text(CSV)
    (tmp_path / "a.npz").write_bytes(packed(described()))
    fuzz(
        lambda: tables.read_table(path),
        tmp_path,
        lambda rng: put(path, mutate(toml.encode(), rng)),
        count=FILES // 2,
    )


def described():
    some = {
        "x": NUMBERS[:5, :2],
        "n": [3, 2],
        "y": ["sit", "fall"],
        "who": [b"Ann", b"Bob"],
        "k": ["fall", "sit"],
    }
    return {f"{name}.npy": npy(array) for name, array in some.items()}


def test_damaged_arrays_with_a_description(tmp_path, fuzz):
    (tmp_path / "a.toml").write_text(NPZ_TOML)
    fuzz(lambda: tables.read_table(tmp_path / "a.toml"), tmp_path, repacked(described(), tmp_path / "a.npz"))


def test_damaged_archives_of_bvh(tmp_path, monkeypatch, fuzz):
    path = tmp_path / "a.zip"
    if Path("/dev/shm").is_dir():  # what is unpacked is gone at once: no need to wait for a disk
        monkeypatch.setattr("tempfile.tempdir", "/dev/shm")
    fuzz(
        lambda: bvh_clips.read_archive(path),
        tmp_path,
        repacked({"d/": b"", "d/a.bvh": BVH.encode(), "e/b.bvh": BVH.encode()}, path),
    )


def test_damaged_bvh(tmp_path, fuzz):
    path = tmp_path / "a.bvh"
    fuzz(lambda: bvh_clips.read_folder(path), tmp_path, lambda rng: put(path, mutate(BVH.encode(), rng)))


# -- what hypothesis makes up in place of parts ------------------------------------------------------------------------

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
DTYPES = ["<f2", "<f4", ">f8", "b1", "i1", "<i8", "<u8", ">u2", "<U2", ">U1", "S3", "<c8", "<M8[s]"]
SHAPES = [
    (),
    (0,),
    (2,),
    (2, 3),
    (1, 0),
    (3, 3, 1),
    (5, 2, 3),
    (2, 6, 150),
    (1, 3, 17, 2),
    (1, 3, 25, 3),
    (2, 3, 2, 25, 1),
]


def array_of(dtype, shape, seed):
    """Any bits at all, or (seed 0 and 1) nothing but that."""
    dtype = np.dtype(dtype)
    if seed < 2:
        return np.full(shape, seed).astype(dtype)
    return np.frombuffer(
        bytearray(np.random.default_rng(seed).bytes(int(np.prod(shape)) * dtype.itemsize)), dtype
    ).reshape(shape)


ARRAYS = st.builds(array_of, st.sampled_from(DTYPES), st.sampled_from(SHAPES), st.integers(0, 9))
made_up = settings(max_examples=120, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("made up")


@made_up
@given(st.dictionaries(st.sampled_from(["x_train", "y_train", "x_test", "y_test"]), ARRAYS))
def test_any_arrays_as_x_train(folder, some):
    path = folder / "a.npz"
    put(path, packed(x_train() | {f"{name}.npy": npy(array) for name, array in some.items()}))
    timed(lambda: check(lambda: npz_splits.read(path), folder))


@made_up
@given(st.dictionaries(st.sampled_from(["x", "n", "y", "who", "k"]), ARRAYS))
def test_any_arrays_with_a_description(folder, some):
    put(folder / "a.toml", NPZ_TOML.encode())
    put(folder / "a.npz", packed(described() | {f"{name}.npy": npy(array) for name, array in some.items()}))
    timed(lambda: check(lambda: tables.read_table(folder / "a.toml"), folder))


FIELDS = st.sampled_from(["frame_dir", "label", "total_frames", "keypoint", "keypoint_score", "img_shape"])


@made_up
@given(
    st.lists(st.dictionaries(FIELDS, ANYTHING | ARRAYS), max_size=3),
    ANYTHING | st.dictionaries(st.text(max_size=3), st.lists(st.text(max_size=2))),
    st.booleans(),
)
def test_anything_in_annotations(folder, some, split, alone):
    path = folder / "a.pkl"
    good = {
        "frame_dir": "v",
        "label": 3,
        "keypoint": np.ones((1, 3, 17, 2), np.float32),
        "keypoint_score": np.ones((1, 3, 17), np.float32),
    }
    notes = [good | one for one in some]
    put(path, pickle.dumps(notes if alone else {"split": split, "annotations": notes}))
    timed(lambda: check(lambda: pyskl.read_annotations(path, score=0.5), folder))


@made_up
@given(ANYTHING, ANYTHING | ARRAYS)
def test_anything_as_labels(folder, names, labels):
    np.save(folder / "train_data.npy", np.ones((2, 3, 2, 25, 1), np.float32))
    put(folder / "train_label.pkl", pickle.dumps((names, labels)))
    timed(lambda: check(lambda: stgcn_files.read_stgcn(folder / "train_data.npy"), folder))


JOINTS = st.lists(st.lists(st.floats() | st.integers(), min_size=3, max_size=3), min_size=20, max_size=20)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=6,
)


@made_up
@given(PLAIN | st.lists(JOINTS | PLAIN, max_size=3), PLAIN)
def test_anything_as_skeletons(folder, skeletons, name):
    path = folder / "ucla" / "a01_s01_e00_v01.json"
    path.parent.mkdir(exist_ok=True)
    put(path, json.dumps({"skeletons": skeletons, "file_name": name}).encode())
    timed(lambda: check(lambda: nwucla.read_nwucla(path.parent), folder))


CELLS = st.sampled_from(
    ["0", "1", "-3.5", "", "2147483647", "1e300", "nan", "a", "\u202e", "1_0", "٣", '"', "\0"]
) | st.text(max_size=3)


@made_up
@given(st.lists(st.lists(CELLS, min_size=11, max_size=11) | st.lists(CELLS, max_size=12), max_size=6))
def test_any_cells_in_a_table(folder, rows):
    put(folder / "a.toml", CSV_TOML.encode())
    put(folder / "a.csv", (CSV + "\n".join(map(",".join, rows))).encode("utf-8", "surrogatepass"))
    timed(lambda: check(lambda: tables.read_table(folder / "a.toml"), folder))


KEYS = st.sampled_from([key for keys in description.SECTIONS.values() for key in keys])
TOML_VALUES = st.sampled_from(
    [
        "1",
        "-1",
        '""',
        '"x"',
        '"{joint}{axis}"',
        "[]",
        '["a", "b"]',
        "{}",
        "nan",
        "true",
        '"a.npz"',
        "1979-05-27",
        '"F M V C"',
        '"\\u001b"',
    ]
)


@made_up
@given(
    st.lists(st.tuples(st.sampled_from(list(description.SECTIONS)), KEYS, TOML_VALUES), max_size=4),
    st.sampled_from([CSV_TOML, NPZ_TOML]),
)
def test_any_keys_in_a_description(folder, changes, toml):
    put(folder / "a.csv", CSV.encode())
    put(folder / "a.npz", packed(described()))
    lines = toml.splitlines()
    for section, key, value in changes:
        lines = [line for line in lines if not line.startswith(f"{key} =")]
        with contextlib.suppress(ValueError):
            lines.insert(lines.index(f"[{section}]") + 1, f"{key} = {value}")
    put(folder / "b.toml", "\n".join(lines).encode())
    timed(lambda: check(lambda: tables.read_table(folder / "b.toml"), folder))


INSTRUCTIONS = st.sampled_from(
    [
        b"(",
        b"0",
        b"1",
        b"2",
        b"N",
        b"\x88",
        b"]",
        b")",
        b"}",
        b"\x8f",
        b"a",
        b"e",
        b"l",
        b"t",
        b"d",
        b"s",
        b"u",
        b"\x85",
        b"\x86",
        b"\x87",
        b"\x90",
        b"\x91",
        b"\x94",
        b"q\x00",
        b"h\x00",
        b"q\x01",
        b"h\x01",
        b"r\xff\xff\xff\x7f",
        b"R",
        b"b",
        b"K\x02",
        b"J\xff\xff\xff\xff",
        b"I9\n",
        b"L5L\n",
        b"\x8a\x08" + b"\x7f" * 8,
        b"U\x02f4",
        b"X\x03\x00\x00\x00abc",
        b"U\x06latin1",
        b"C\x04\x00\x00\x80?",
        b"cnumpy\nndarray\n",
        b"cnumpy\ndtype\n",
        b"cnumpy.core.multiarray\n_reconstruct\n",
        b"cnumpy._core.multiarray\nscalar\n",
        b"c_codecs\nencode\n",
        b"c__builtin__\nset\n",
        b"c__builtin__\nlist\n",
        b"c__builtin__\nbytearray\n",
        b"cbuiltins\ndict\n",
        b"cnumpy.core.numeric\n_frombuffer\n",
        b"ccollections\nOrderedDict\n",
        b"cnumpy\ndtype\n(U\x02f4I0\nI1\ntR",
        b"\x81",
        b"Q",
        b"o",
        b"\x97",
        b"G\x7f\xf0" + b"\x00" * 6,
    ]
)


@settings(max_examples=600, suppress_health_check=list(HealthCheck))
@given(st.lists(INSTRUCTIONS, max_size=30))
def test_any_program_as_a_pickle(folder, program):
    path = folder / "program.pkl"
    put(path, b"".join(program) + b".")
    timed(lambda: check(lambda: pickles.load(path), folder))
