"""Damaged .skeleton files: 2,000 in every run, 100,000 in the one that tests/benchmarks/fuzz.py records."""

import os
import random
import re
import time
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ntu_reference import Refused, damage, slow_parse

from skelkit.data import ntu
from skelkit.data.ntu import layout
from skelkit.data.ntu.bodies import Rules, performers
from skelkit.data.ntu.decimals import decimals

ROUNDS = int(os.environ.get("SKELKIT_FUZZ", "2000"))
ERROR = re.compile(r"some file:([0-9]+): found .+, expected .+; .+", re.DOTALL)


def valid(draw):
    """A whole file of a few frames, with bodies that come and go."""
    generator = np.random.default_rng(draw.randrange(2**32))
    ids = [72057594037940000 + draw.randrange(4) for _ in range(3)]
    frames = [
        [(i, generator.normal(0, 1, (25, 3))) for i in dict.fromkeys(ids[: draw.choice([0, 1, 1, 2, 3])])]
        for _ in range(draw.randrange(1, 5))
    ]
    return layout.text(frames, draw.choice(["\n", "\r\n"]))


def check(data):
    """The parser agrees with the slow one on validity and on every bit; an error names the line."""
    try:
        frames, bodies = slow_parse(data)
    except Refused:
        with pytest.raises(ValueError) as refused:
            layout.parse(data, "some file")
        found = ERROR.fullmatch(str(refused.value))
        assert found, str(refused.value)
        assert 1 <= int(found[1]) <= data.count(b"\n") + 1
        return False
    recording = layout.parse(data, "some file")
    assert recording.frames == frames
    assert list(recording.bodies) == list(bodies)
    for body, seen in bodies.items():
        where, joints = recording.bodies[body]
        assert where.tolist() == [frame for frame, _ in seen]
        assert joints.dtype == np.float32
        assert np.array_equal(joints, np.array([j for _, j in seen], np.float32))
    poses, _ = performers(recording, Rules())
    assert poses.shape == (frames, 2, 25, 3)
    assert np.isfinite(poses).all()
    return True


def test_damaged_files_parse_as_with_the_slow_reference_or_raise_an_error_that_names_the_line(
    record_property,
):
    accepted, slowest = 0, 0.0
    for seed in range(ROUNDS):
        draw = random.Random(seed)
        data = damage(valid(draw), draw)
        began = time.process_time()
        try:
            accepted += check(data)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error!r}") from error
        slowest = max(slowest, time.process_time() - began)
    for name, value in (("files", ROUNDS), ("read", accepted), ("slowest", slowest)):
        record_property(name, value)
    assert 0.1 < accepted / ROUNDS < 0.9  # the damage is neither harmless nor always fatal at once
    assert slowest < 5


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_refused_or_read(data):
    check(data)


@given(
    st.lists(
        st.sampled_from(
            [
                b"0",
                b"1",
                b"2",
                b"25",
                b"-1",
                b"7 0 1 1 1 1 0 0 0 2",
                b"1 2 3" + b" 0" * 9,
                b"nan 2 3" + b" 0" * 9,
                b"",
                b" ",
            ]
        ),
        max_size=80,
    )
)
def test_plausible_lines_are_refused_or_read(lines):
    check(b"\n".join(lines))


@given(st.data())
def test_a_whole_file_with_some_words_changed_is_refused_or_read(data):
    words = re.split(rb"( |\r\n)", layout.text([[(2**64 - 1, np.ones((25, 3)))], []]))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(words) - 1))
        words[place] = data.draw(
            st.one_of(
                st.floats().map(lambda v: repr(v).encode()),
                st.integers().map(lambda v: str(v).encode()),
                st.binary(max_size=6),
            )
        )
    check(b"".join(words))


@given(
    st.lists(
        st.one_of(
            st.floats(width=32).map(repr),
            st.decimals().map(str),
            st.from_regex(r"-?[0-9]{0,16}\.?[0-9]{0,16}", fullmatch=True),
        ),
        min_size=1,
    )
)
def test_decimal_words_are_parsed_exactly_as_float_does(words):
    text = " " * 16 + " ".join(words) + " "
    spans = [(m.start(), m.end()) for m in re.finditer(r"\S+", text)]
    if not spans:
        return
    values, plain = decimals(np.frombuffer(text.encode(), np.uint8), *np.array(spans).T)
    for (start, end), value, simple in zip(spans, values.tolist(), plain.tolist(), strict=True):
        word = text[start:end]
        assert simple == bool(
            len(word.removeprefix("-")) <= 14 and re.fullmatch(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)", word)
        )
        if simple:
            assert value == float(word)
            assert np.signbit(value) == np.signbit(float(word))


@pytest.mark.parametrize(
    "piece",
    [b"1\n", b"\n", b" ", b"1", b"1 ", b"999999999\n", b"0\n", b"\x00", b"25\r\n"],
    ids=lambda piece: repr(piece)[2:-1].replace("\\", "_"),
)
def test_the_largest_file_takes_less_than_five_seconds_and_a_gigabyte(piece):
    data = (b"8000000\n" + piece * (layout.LIMIT // len(piece)))[: layout.LIMIT]
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(ValueError, match=r"some file:\d+: found"):
        layout.parse(data, "some file")
    seconds, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 5
    assert peak < 1e9


def test_a_damaged_archive_is_refused_or_read_to_finite_clips(tmp_path):
    path, name = tmp_path / "some.zip", "S001C001P001R001A001.skeleton"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for i, take in enumerate((1, 2, 3)):
            file.writestr(
                f"nturgb+d_skeletons/{name.replace('R001', f'R00{take}')}",
                layout.text([[(5, np.full((25, 3), 0.1 + i))]] * 3),
            )
    whole, refused = path.read_bytes(), 0
    for seed in range(200):
        draw = random.Random(seed)
        changed = bytearray(whole)
        for _ in range(draw.choice([1, 2, 8])):
            changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
        path.write_bytes(changed[: draw.choice([len(changed)] * 3 + [draw.randrange(len(changed))])])
        os.utime(path, ns=(seed, seed))
        try:
            assert ntu.read(path, workers=1).poses.isfinite().all()
        except ValueError as error:
            assert str(path) in str(error), f"seed {seed}"  # noqa: PT017 - not always raised
            refused += 1
    assert 50 < refused < 200
