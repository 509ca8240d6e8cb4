import contextlib
import io
import os
import pickle
import pickletools
import subprocess
import sys
import tracemalloc
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from skelkit.data.readers import pickles


@pytest.fixture
def load(tmp_path):
    """`load(content)` reads bytes as a pickle file, `load(value, protocol)` what pickle made of a value."""

    def read(content, protocol=None):
        path = tmp_path / "a.pkl"
        path.write_bytes(content if protocol is None else pickle.dumps(content, protocol))
        return pickles.load(path)

    return read


def same(a, b):
    if isinstance(a, np.ndarray):
        return (
            isinstance(b, np.ndarray)
            and b.dtype == a.dtype.newbyteorder("=")
            and a.shape == b.shape
            and np.array_equal(a, b)
        )
    if isinstance(a, np.generic):
        return a.item() == b
    if isinstance(a, dict):
        return type(b) is dict and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


# -- what is read --------------------------------------------------------------------------------------------

PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
)
NUMBERS = arrays.arrays(
    st.sampled_from(["f2", "f4", "f8", "i1", "i4", "i8", "u2", "b1", "U3"]),
    arrays.array_shapes(min_dims=0, max_dims=3, min_side=0),
    fill=st.nothing(),
).filter(lambda a: a.dtype.kind != "f" or np.isfinite(a).all())
VALUES = st.recursive(
    PLAIN | NUMBERS | st.sets(st.integers()) | st.frozensets(st.text()),
    lambda inner: (
        st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=150)
@given(value=VALUES, protocol=st.integers(0, 5))
def test_plain_data_and_arrays_of_every_protocol_are_what_pickle_reads(tmp_path_factory, value, protocol):
    path = tmp_path_factory.getbasetemp() / "any.pkl"
    path.write_bytes(pickle.dumps(value, protocol))
    wide = [v for v in flat(value) if type(v) is int and v.bit_length() > 64]
    if wide:
        with pytest.raises(ValueError, match=r"whole number of|at most 64 bits"):
            pickles.load(path)
    else:
        assert same(pickle.loads(path.read_bytes()), pickles.load(path))


def flat(value):
    inner = (
        value.items()
        if isinstance(value, dict)
        else value
        if isinstance(value, (list, tuple, set, frozenset))
        else None
    )
    return [value] if inner is None else [leaf for item in inner for leaf in flat(item)]


@pytest.mark.parametrize("protocol", range(6))
def test_arrays_keep_type_shape_and_order_and_numbers_of_numpy_become_plain(load, protocol):
    value = {
        "f": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "big": np.arange(3, dtype=">f4"),
        "half": np.arange(4, dtype=np.float16),
        "none": np.zeros((0, 3)),
        "names": np.array(["a", "été"]),
        "alone": np.array(2.5),
    }
    read = load(value, protocol)
    assert same(value, read)
    assert read["f"].flags["F_CONTIGUOUS"]
    assert load([np.int64(3), np.float32(0.5), np.bool_(True), np.str_("x")], protocol) == [3, 0.5, True, "x"]


@pytest.mark.parametrize("protocol", range(6))
def test_containers_that_are_stored_as_calls_are_read(load, protocol):
    value = [{1, 2}, frozenset("ab"), OrderedDict(b=1, a=2), bytearray(b"xy\xff"), b"", b"\x00\xff", ()]
    read = load(value, protocol)
    assert read == value
    assert list(read[2]) == ["b", "a"]


def test_one_list_in_two_places_stays_one_list_and_a_list_in_itself_is_read(load):
    inner = [1]
    read = load([inner, inner], 4)
    assert read[0] is read[1]
    circle = []
    circle.append(circle)
    read = load(circle, 4)
    assert read[0] is read


def test_labels_as_python_2_wrote_them_are_read(load):
    # pickle.dump((["S001\xe9"], [0, 1L]), f, protocol=2) of Python 2.7, and protocol 0 of (["a"], [3])
    assert load(b"\x80\x02]q\x00U\x05S001\xe9q\x01a]q\x02(K\x00\x8a\x01\x01e\x86q\x03.") == (
        ["S001é"],
        [0, 1],
    )
    assert load(b"((lp0\nS'a'\np1\na(lp2\nI3\natp3\n.") == (["a"], [3])


def test_an_array_as_python_2_wrote_it_is_read(load):
    content = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nq\x01K\x00\x85q\x02"
        b"U\x01bq\x03\x87q\x04Rq\x05(K\x01K\x02\x85q\x06cnumpy\ndtype\nq\x07U\x02f4q\x08K\x00K\x01\x87q\tRq\n"
        b"(K\x03U\x01<q\x0bNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x0cb"
        b"\x89U\x08\x00\x00\x80?\x00\x00\x00\xc0q\rtq\x0eb."
    )
    assert load(content).tolist() == [1.0, -2.0]


# -- what is refused -----------------------------------------------------------------------------------------


class Runs:
    """Unpickling it runs a command."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    ("function", "arguments", "name"),
    [
        (os.system, ("touch {}",), "posix.system|nt.system"),
        (subprocess.Popen, (["touch", "{}"],), "subprocess.Popen|commands.Popen"),
        (eval, ("open('{}', 'w')",), "builtins.eval|__builtin__.eval"),
        (exec, ("open('{}', 'w')",), "builtins.exec|__builtin__.exec"),
        (open, ("{}", "w"), "io.open|_io.open"),
        (getattr, ("", "join"), "builtins.getattr|__builtin__.getattr"),
        (np.load, ("{}",), "numpy.*load"),
        (Path, ("{}",), "pathlib.*Path"),
    ],
)
def test_a_file_that_tries_to_run_something_is_refused_by_its_name_and_nothing_runs(
    load, tmp_path, protocol, function, arguments, name
):
    mark = tmp_path / "ran"
    arguments = tuple(
        [part.format(mark) for part in a] if isinstance(a, list) else a.format(mark) for a in arguments
    )
    with pytest.raises(
        ValueError,
        match=rf"a.pkl: byte \d+: found ({name}), expected numbers, strings, .*; a pickle can run any code",
    ):
        load({"annotations": [Runs(function, *arguments)]}, protocol)
    assert not mark.exists()


def test_the_command_would_have_run_with_pickle_itself(tmp_path):
    mark = tmp_path / "ran"
    pickle.loads(pickle.dumps(Runs(os.system, f"touch {mark}")))
    assert mark.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"cos\nsystem\n(S'true'\ntR.", "found os.system"),
        (b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.", "found os.system"),
        (b"(S'true'\nios\nsystem\n.", "found INST 'os system'"),
        (b"(cos\nsystem\nS'true'\no.", "found os.system"),
        (b"\x80\x02cnumpy\nndarray\n)\x81.", "found NEWOBJ"),
        (b"\x80\x02c__builtin__\nset\n)\x81.", "found NEWOBJ"),
        (b"\x80\x04cnumpy\nndarray\n)}\x92.", "found NEWOBJ_EX"),
        (b"cnumpy\nndarray\n(I9\ntR.", r"found a call of numpy\.ndarray"),
        (b"\x80\x02\x82\x01.", "found EXT1 1"),
        (b"Pevil\n.", "found PERSID 'evil'"),
        (b"U\x04evilQ.", "found BINPERSID"),
        (b"\x80\x05\x97.", "found NEXT_BUFFER"),
        (b"c__builtin__\nset\n}S'__class__'\nNsb.", "found the state of a Name"),
        (b"]}S'x'\nNsb.", "found the state of a list of 0"),
        (b"cnumpy\n__builtins__\n.", "found numpy.__builtins__"),
        (b"c_codecs\ndecode\n.", "found _codecs.decode"),
        (b"c_codecs\nencode\n(V\nVzlib\ntR.", "found _codecs.encode of '' as 'zlib'"),
        (b"c__builtin__\nbytearray\n(I999999999999\ntR.", "found _codecs.encode of 999999999999 as None"),
        (b"c__builtin__\nbytes\n(I999999999999\ntR.", "found bytes of 999999999999"),
        (b"c__builtin__\nlist\n(I9\ntR.", "found a list of 9"),
        (b"I1\n(tR.", "found a call of 1"),
    ],
)
def test_every_other_way_to_functions_and_objects_is_refused(load, content, message):
    with pytest.raises(ValueError, match=rf"a.pkl: byte \d+: {message}"):
        load(content)


def test_arrays_of_objects_are_refused(load):
    for protocol in range(6):
        with pytest.raises(ValueError, match="found an array of Python objects"):
            load(np.array([1, "a"], dtype=object), protocol)
        with pytest.raises(ValueError, match="found an array of type 'V8'"):
            load(np.zeros(2, dtype=[("a", "f4"), ("b", "f4")]), protocol)
        with pytest.raises(ValueError, match=r"datetime64|M8"):
            load(np.array(["2024-01-01"], dtype="M8[D]"), protocol)


def test_an_array_whose_bytes_do_not_fit_its_shape_is_refused(load):
    content = pickle.dumps(np.arange(4, dtype=np.float32), 4)
    # K\x04\x85 is the shape (4,)
    with pytest.raises(ValueError, match=r"found 16 bytes for an array float32 \[200\], expected 800"):
        load(content.replace(b"K\x04\x85", b"K\xc8\x85"))


def test_names_with_control_characters_are_shown_harmlessly(load):
    with pytest.raises(ValueError, match=r"found 'os\.\\x1b\[2Jsystem'"):
        load(b"cos\n\x1b[2Jsystem\n.")


# -- damage and bombs ----------------------------------------------------------------------------------------


def test_a_truncated_pickle_is_refused_at_every_byte(load):
    content = pickle.dumps({"annotations": [{"frame_dir": "a", "keypoint": np.zeros((1, 2))}]}, 4)
    for length in range(len(content)):
        with pytest.raises(ValueError, match=r"a.pkl: byte"):
            load(content[:length])


def test_a_missing_file_and_one_that_is_too_large_are_answered(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing.pkl: no such file"):
        pickles.load(tmp_path / "nothing.pkl")
    (tmp_path / "a.pkl").write_bytes(b"x" * 100)
    with pytest.raises(ValueError, match="found 100 bytes, expected at most 99"):
        pickles.load(tmp_path / "a.pkl", most_bytes=99)


def program(*parts):
    return b"".join(parts) + b"."


LAUGHS = b"]q\x00" + b"".join(b"](" + b"h%c" % i * 10 + b"eq%c" % (i + 1) for i in range(60))
BOMBS = {
    "a place in the memo far away": b"Nr\xff\xff\xff\x7f.",
    "an array of a petabyte": (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I1000000000000000\nt"
        b"cnumpy\ndtype\n(S'i1'\nI0\nI1\ntRI00\nS'x'\ntb."
    ),
    "a string that says it is long": b"\x8d\xff\xff\xff\xff\xff\xff\xff\x00x.",
    "bytes that say they are long": b"\x96\xff\xff\xff\xff\xff\xff\xff\x00x.",
    "a frame that says it is long": b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x00N.",
    "a number of a million digits": b"L" + b"9" * 1_000_000 + b"L\n.",
    "a number of a million bytes": b"\x8b\x40\x42\x0f\x00" + b"\x7f" * 1_000_000 + b".",
    "a million empty sets": b"(" + b"\x8f" * 1_000_000 + b"t.",
    "a million marks": b"(" * 1_000_000 + b".",
    "a list copied ten thousand times": program(
        b"(", b"K\x01" * 200_000, b"lq\x00", b"(", b"c__builtin__\nlist\nh\x00\x85R" * 10_000, b"t"
    ),
    "a string encoded ten thousand times": program(
        b"X\x40\x42\x0f\x00" + b"a" * 1_000_000 + b"q\x00",
        b"(",
        b"c_codecs\nencode\nh\x00U\x06latin1\x86R" * 10_000,
        b"t",
    ),
    "nested tuples as a key": b"K\x01\x85q\x00"
    + b"".join(b"h%c" % i + b"h%c" % i + b"\x86q%c" % (i + 1) for i in range(100))
    + b"}h\x64K\x01s.",
    "nested tuples in a set": b"K\x01\x85q\x00"
    + b"".join(b"h%c" % i + b"h%c" % i + b"\x86q%c" % (i + 1) for i in range(100))
    + b"\x8f(h\x64\x90.",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_no_pickle_takes_far_more_memory_than_its_size(load, bomb):
    tracemalloc.start()
    try:
        with contextlib.suppress(ValueError):  # some are read: a place in the memo far away is as good as any
            load(BOMBS[bomb])
        assert tracemalloc.get_traced_memory()[1] < 30_000_000 + 60 * len(BOMBS[bomb])
    finally:
        tracemalloc.stop()


def test_lists_in_lists_a_billion_times_are_one_list_each_and_have_a_short_name(load):
    from skelkit.data.readers.common import quote

    assert quote(load(program(LAUGHS))) == "a list of 10"


def test_a_list_a_hundred_thousand_deep_is_read_and_let_go(load):
    assert load(program(b"]" * 100_000, b"a" * 99_999)) is not None


def test_every_instruction_of_pickle_is_known_here_or_refused(load):
    from skelkit.data.readers import pickle_machine

    read = {
        *pickle_machine._VALUES,
        *pickle_machine._STEPS,
        *pickle_machine._CONSTANTS,
        *pickle_machine._EMPTY,
        *pickle_machine._LAST,
        *pickle_machine._LONG,
        "STOP",
        "PROTO",
        "FRAME",
    }
    ways_out = {
        "INST",
        "OBJ",
        "NEWOBJ",
        "NEWOBJ_EX",
        "EXT1",
        "EXT2",
        "EXT4",
        "PERSID",
        "BINPERSID",
        "NEXT_BUFFER",
        "READONLY_BUFFER",
    }
    assert read | ways_out == {op.name for op in pickletools.opcodes}
    assert not read & ways_out


def test_reading_imports_no_module_that_a_file_names(tmp_path):
    (tmp_path / "a.pkl").write_bytes(b"cantigravity\nfly\n.")
    code = (
        "import sys\nfrom skelkit.data.readers import pickles\ntry: pickles.load(sys.argv[1])\n"
        "except ValueError as error: print(error)\nassert 'antigravity' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "a.pkl"], capture_output=True, text=True, check=True
    )
    assert "found antigravity.fly" in done.stdout


def test_the_pickle_that_pytorch_writes_is_refused_by_the_name_of_its_class(load):
    class Odd(dict):
        pass

    globals()["Odd"] = Odd
    Odd.__qualname__ = "Odd"
    buffer = io.BytesIO()
    pickle.dump(Odd(a=1), buffer, 2)
    with pytest.raises(ValueError, match=r"found .*Odd, expected"):
        load(buffer.getvalue())
