"""Damaged files: whatever the bytes, a reader returns finite clips or names what is wrong with which file.

Each takes little time and memory. 2,000 mutations of the bytes of a valid file for each sample of each reader
in the table (100,000 in the run that tests/benchmarks/fuzz.py records); the same ones in every run. Where a
checksum would hide the damage (zip, npz), part of the mutations are of the members, before they are packed.
"""

import os
import pickle
import random
import time
from pathlib import Path

import numpy as np
import pytest
from fuzzing import check, limits, mutate, put, timed
from reader_samples import SAMPLES

from skelkit.data.readers import READERS, pickles

__all__ = ["limits"]

FILES = int(os.environ.get("SKELKIT_FUZZ", "2000"))

CASES = [
    pytest.param(reader, write_sample, id=write_sample.__name__.removesuffix("_sample"))
    for reader in READERS
    for write_sample in SAMPLES.get(reader.kind, [])
]


def test_every_reader_of_files_has_a_sample_that_is_damaged_here():
    missing = [reader.kind for reader in READERS if not reader.name and not SAMPLES.get(reader.kind)]
    assert not missing, (
        f"no sample for {', '.join(missing)}: add a function to tests/reader_samples.py that writes a valid "
        "file and returns a Sample, and list it in SAMPLES under the kind of the reader"
    )


@pytest.fixture
def fuzz(record_property):
    """Read `count` damaged files. At least a share of `least` must be readable, or nothing was tested."""

    def fuzz(read, where, damage, least=0.02, count=FILES):
        rng, readable, slowest = random.Random(0), 0, 0.0
        for number in range(count):
            damage(rng)
            begin = time.perf_counter()
            try:
                readable += timed(lambda: check(read, where))
            except BaseException:
                print(f"damaged file {number} of this seed")
                raise
            slowest = max(slowest, time.perf_counter() - begin)
        for name, value in (("files", count), ("read", readable), ("slowest", slowest)):
            record_property(name, value)
        assert least * count <= readable < count, f"{readable} of {count} were read"

    return fuzz


@pytest.mark.parametrize(("reader", "write_sample"), CASES)
def test_damaged_files(reader, write_sample, tmp_path, monkeypatch, fuzz):
    if Path("/dev/shm").is_dir():  # what is unpacked is deleted at once: no need to wait for a disk
        monkeypatch.setattr("tempfile.tempdir", "/dev/shm")
    sample = write_sample(tmp_path)
    fuzz(
        lambda: reader.load(sample.source, seed=0, **sample.options),
        tmp_path,
        sample.damage,
        sample.least,
        round(FILES * sample.files),
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
    contents = [pickle.dumps(value, protocol) for protocol in range(6)]
    fuzz(lambda: pickles.load(path), tmp_path, lambda rng: put(path, mutate(rng.choice(contents), rng)))
