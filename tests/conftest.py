"""What several tests share: the real recordings (where they are) and made-up ragged clips."""

import os
from pathlib import Path

import hypothesis
import numpy as np
import pytest

hypothesis.settings.register_profile("skelkit", max_examples=25, deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("skelkit")


@pytest.fixture(scope="session")
def real_data():
    """`real_data(name)` is the path of a real recording; the test is skipped where it is absent."""

    def find(name: str) -> Path:
        folder = Path(os.environ.get("SKELKIT_DATA") or Path(__file__).parents[2] / "shared" / "data")
        if not (folder / name).exists():
            pytest.skip(f"needs the real recordings {name!r}, which are not in {folder}; set SKELKIT_DATA to where they are")
        return folder / name

    return find


@pytest.fixture(scope="session")
def ragged():
    """`ragged(lengths, joints, seed)` makes clips [T, 2, V, 3] whose second person comes and goes; person 0 of clip 0 does too."""

    def make(lengths, joints=20, seed=0):
        generator = np.random.default_rng(seed)
        clips = [generator.normal(-0.2, 1, (length, 2, joints, 3)).astype(np.float32) for length in lengths]
        for clip in clips:
            clip[generator.random(len(clip)) < 0.4, 1] = 0
        if len(clips[0]) > 4:
            clips[0][1:3, 0] = 0
        return clips

    return make
