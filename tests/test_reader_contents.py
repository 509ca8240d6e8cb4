"""Files with any content that hypothesis generates: a reader returns finite clips or names what is wrong."""

import contextlib
import json
import pickle

import numpy as np
import pytest
from fuzzing import check, limits, npy, packed, put, timed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reader_samples import CSV, CSV_TOML, NPZ_TOML, described, x_train

from skelkit.data.readers import description, npz_splits, nwucla, pickles, pyskl, stgcn_files, tables

__all__ = ["limits"]

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
generated = settings(max_examples=120, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("generated")


@generated
@given(st.dictionaries(st.sampled_from(["x_train", "y_train", "x_test", "y_test"]), ARRAYS))
def test_any_arrays_as_x_train(folder, some):
    path = folder / "a.npz"
    put(path, packed(x_train() | {f"{name}.npy": npy(array) for name, array in some.items()}))
    timed(lambda: check(lambda: npz_splits.read(path), folder))


@generated
@given(st.dictionaries(st.sampled_from(["x", "n", "y", "who", "k"]), ARRAYS))
def test_any_arrays_with_a_description(folder, some):
    put(folder / "a.toml", NPZ_TOML.encode())
    put(folder / "a.npz", packed(described() | {f"{name}.npy": npy(array) for name, array in some.items()}))
    timed(lambda: check(lambda: tables.read_table(folder / "a.toml"), folder))


FIELDS = st.sampled_from(["frame_dir", "label", "total_frames", "keypoint", "keypoint_score", "img_shape"])


@generated
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


@generated
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


@generated
@given(PLAIN | st.lists(JOINTS | PLAIN, max_size=3), PLAIN)
def test_anything_as_skeletons(folder, skeletons, name):
    path = folder / "ucla" / "a01_s01_e00_v01.json"
    path.parent.mkdir(exist_ok=True)
    put(path, json.dumps({"skeletons": skeletons, "file_name": name}).encode())
    timed(lambda: check(lambda: nwucla.read_nwucla(path.parent), folder))


CELLS = st.sampled_from(
    ["0", "1", "-3.5", "", "2147483647", "1e300", "nan", "a", "\u202e", "1_0", "٣", '"', "\0"]
) | st.text(max_size=3)


@generated
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


@generated
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
