"""Files damaged within the grammar of their format, for each sample of each reader: clips, or a named error.

500 for each sample, 20,000 in the run of tests/benchmarks/fuzz.py; `test_reader_fuzz` damages bytes.
"""

import os
import pickle
import random
import time
import warnings
from pathlib import Path

import fuzzing
import grammar
import numpy as np
import pytest
import reader_samples
from fuzzing import check, limits, timed
from reader_samples import SAMPLES

from skelkit.data.readers import READERS

__all__ = ["limits"]

FILES = int(os.environ.get("SKELKIT_FUZZ_GRAMMAR", "500"))

CASES = [
    pytest.param(reader, write_sample, id=write_sample.__name__.removesuffix("_sample"))
    for reader in READERS
    for write_sample in SAMPLES.get(reader.kind, [])
]


@pytest.mark.parametrize(("reader", "write_sample"), CASES)
def test_damaged_within_the_grammar(reader, write_sample, tmp_path, monkeypatch, record_property):
    if Path("/dev/shm").is_dir():
        monkeypatch.setattr("tempfile.tempdir", "/dev/shm")
    for module in (reader_samples, fuzzing):
        monkeypatch.setattr(module, "mutate", grammar.mutate)
    sample, rng, readable, slowest = write_sample(tmp_path), random.Random(0), 0, 0.0
    for number in range(round(FILES * sample.files)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sample.damage(rng)
            begin = time.perf_counter()
            try:
                readable += timed(
                    lambda: check(lambda: reader.load(sample.source, seed=0, **sample.options), tmp_path)
                )
            except BaseException:
                print(f"damaged file {number} of this seed")
                raise
        slowest = max(slowest, time.perf_counter() - begin)
    for name, value in (("files", number + 1), ("read", readable), ("slowest", slowest)):
        record_property(name, value)


FORMATS = {
    "array": fuzzing.npy(np.ones((2, 3))),
    "archive": fuzzing.packed({"a.npy": fuzzing.npy([1]), "b.json": b'{"a": [1]}'}),
    "pickled": pickle.dumps({"a": [1, (2, "b")]}),
    "values": b'{"a": [1, {"b": null}]}',
    "text": b"ROOT a\n{\n OFFSET 0 1 2.5\n}\n",
}


@pytest.mark.parametrize("kind", FORMATS)
def test_most_damage_within_a_grammar_is_still_of_the_format(kind):
    """Else the reader would stop at the first byte, and the test would test nothing."""
    rng, content, other = random.Random(0), FORMATS[kind], 0
    for _ in range(200):
        damaged = getattr(grammar, kind)(content, rng)
        other += damaged != content
        begin = grammar.BEGINNINGS.get(getattr(grammar, kind), b"")
        assert damaged.startswith(begin) or kind in ("values", "archive")
    assert other > 120
