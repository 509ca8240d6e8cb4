"""Fixtures of several tests: real recordings (if present), toy clips and small networks."""

import os
from pathlib import Path

import hypothesis
import numpy as np
import pytest
import torch

from skelkit import ClipSet, export, models, motion
from skelkit.skeletons.layouts import KINECT20
from skelkit.skeletons.skeleton import Skeleton

hypothesis.settings.register_profile(
    "skelkit", max_examples=25, deadline=None, derandomize=True, database=None
)
hypothesis.settings.load_profile("skelkit")

LONGEST_FIRST = (
    "test_notebooks",
    "test_any_data_precog",
    "test_any_data",
    "test_recipes",
    "test_jupyterlab",
    "test_packaging",
    "test_bench",
    "test_types",
)
"""How the names of the longest files begin: they come first, so that none is left for one process alone."""


def pytest_collection_modifyitems(items):
    """Order the files; the tests of a file stay in order."""

    def place(item) -> int:
        starts = [item.path.name.startswith(name) for name in LONGEST_FIRST]
        return starts.index(True) if True in starts else len(starts)

    items.sort(key=place)


@pytest.fixture(scope="session")
def real_data():
    """`real_data(name)` is the path of a real recording; the test is skipped where it is absent."""

    def find(name: str) -> Path:
        folder = Path(os.environ.get("SKELKIT_DATA") or Path(__file__).parents[2] / "shared" / "data")
        if not (folder / name).exists():
            pytest.skip(
                f"needs the real recordings {name!r}, which are not in {folder}; "
                "set SKELKIT_DATA to their folder"
            )
        return folder / name

    return find


@pytest.fixture(scope="session")
def ragged():
    """`ragged(lengths, joints, seed)` makes clips [T, 2, V, 3] with person 1 absent in some frames.

    Person 0 of clip 0 is absent in some frames, too.
    """

    def make(lengths, joints=20, seed=0):
        generator = np.random.default_rng(seed)
        clips = [generator.normal(-0.2, 1, (length, 2, joints, 3)).astype(np.float32) for length in lengths]
        for clip in clips:
            clip[generator.random(len(clip)) < 0.4, 1] = 0
        if len(clips[0]) > 4:
            clips[0][1:3, 0] = 0
        return clips

    return make


STAR = Skeleton("star", ["middle", "a", "b", "c", "d"], [("middle", j) for j in "abcd"], root="middle")


@pytest.fixture(scope="session")
def toy():
    """`toy(classes, each, seed)` makes short clips of five joints that are easy to classify.

    In class c, joint 1 + c % 4 swings along axis c // 4 % 3. Each third clip has a second person, each fifth
    clip has frames without persons.
    """

    def make(classes=4, each=6, seed=0):
        generator, arrays = np.random.default_rng(seed), []
        labels = np.tile(np.arange(classes), each)
        for i, c in enumerate(labels):
            length = int(generator.integers(14, 30))
            clip = generator.normal(0, 0.02, (length, 2, 5, 3)) + np.array([0.1, 1.0, 0.0])
            clip[:, :, 1 + c % 4, c // 4 % 3] += np.sin(np.arange(length) / 2 + generator.uniform(0, 6))[
                :, None
            ]
            clip[:, 1] = 0 if i % 3 else clip[:, 1]
            clip[3:6] = 0 if i % 5 == 4 else clip[3:6]
            arrays.append(clip.astype(np.float32))
        return ClipSet.from_arrays(
            arrays, labels=labels, skeleton=STAR, classes=[f"class {c}" for c in range(classes)]
        )

    return make


@pytest.fixture
def small(monkeypatch):
    """The name of a very small network size of STTFormer and of ST-GCN, defined during this test only."""
    monkeypatch.setitem(models.SIZES, "small", models.Size(((8, 8, 4), (8, 8, 4)), frames=12, heads=2))
    monkeypatch.setitem(models.DECODERS, "small", ((8, 8, 4),))
    monkeypatch.setitem(models.GRAPH_SIZES, "small", models.GraphSize(((8, 2), (12, 1)), kernel=3))
    return "small"


@pytest.fixture
def one_thread():
    """One thread: faster for small tensors, and while other tests run on the same cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def classifier():
    """`classifier(stream, seed)` is a classifier of 20 joints and 8 actions with random weights.

    Its logits have a standard deviation of about 1.
    """

    @torch.no_grad()
    def make(stream="joint", seed=0):
        size = (
            models.GRAPH_SIZES["student"]
            if stream == "joint"
            else models.GraphSize(((8, 2), (16, 1)), kernel=3)
        )
        generator = torch.Generator().manual_seed(seed)
        encoder, head = models.STGCN(KINECT20, size, generator).eval(), torch.nn.Linear(size.blocks[-1][0], 8)
        for name, v in encoder.state_dict().items():
            if name.endswith(("bias", "running_mean")):
                v.normal_(0, 0.3, generator=generator)
            if name.endswith("running_var"):
                v.uniform_(0.2, 2, generator=generator)
        steps = torch.randn(64, 3, 32, 20, 1, generator=generator)
        bodies = 0.4 * steps[:, :, :1] + 0.05 * steps.cumsum(2)
        features = encoder.features(motion.as_stream(bodies, KINECT20, stream))
        head.weight.normal_(generator=generator).div_(
            features.std(0).clamp_min(0.01) * len(features[0]) ** 0.5
        )
        head.bias.copy_(-head.weight @ features.mean(0))
        classes = ["right punch", "left punch", "right kick", "left kick", "„zurück“", "a, b", 'a "c"', "d\n"]
        return models.Classifier(encoder, head, classes, frames=32, fps=30, seconds=1.5, stream=stream).eval()

    return make


@pytest.fixture(scope="session")
def exported(classifier, tmp_path_factory):
    """`exported(stream)` is the path of that classifier as an ONNX file, written once."""
    folder = tmp_path_factory.mktemp("exported")

    def find(stream="joint"):
        path = folder / f"{stream}.onnx"
        return path if path.exists() else export.onnx(classifier(stream), path)

    return find
