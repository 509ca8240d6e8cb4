"""The classifier that is deployed: what it sees, and its file."""

import json
import os

import pytest
import torch
from helpers import seeded
from safetensors import safe_open
from safetensors.torch import save_file

from skelkit import motion
from skelkit.models import STGCN, Classifier, STTFormer
from skelkit.skeletons.layouts import KINECT20


@pytest.fixture(scope="module")
def centred():
    x = torch.randn(3, 3, 20, 20, 2, generator=seeded(1))
    x[1:, :, :9, :, 1] = 0
    x[2, :, :, :, 1] = 0
    return motion.centre(x, KINECT20)


def by_hand(x, stream):
    """Joint by joint, frame by frame."""
    y = torch.zeros_like(x)
    for j, parent in enumerate(KINECT20.parents):
        y[:, :, :, j] = x[:, :, :, j] - x[:, :, :, parent] if parent >= 0 else 0
    if stream == "bone":
        return y
    y = torch.zeros_like(x)
    for n in range(x.shape[0]):
        for t in range(x.shape[2] - 1):
            for m in range(x.shape[4]):
                if x[n, :, t, :, m].any() and x[n, :, t + 1, :, m].any():
                    y[n, :, t, :, m] = x[n, :, t + 1, :, m] - x[n, :, t, :, m]
    return y


@pytest.mark.parametrize("stream", ["joint", "bone", "motion"])
def test_it_is_the_head_on_the_encoder_of_its_stream(classifier, centred, stream):
    model = classifier(stream)
    x = centred if stream == "joint" else by_hand(centred, stream)
    assert torch.allclose(model(centred), model.head(model.encoder.features(x)), atol=1e-5)


def test_an_encoder_with_a_classifier_needs_no_head(centred):
    encoder = STGCN(KINECT20, "student", seeded(0), classes=2).eval()
    model = Classifier(encoder, None, ["a", "b"], 32, 30, 1.5)
    assert torch.equal(model(centred), encoder(centred))


@pytest.mark.parametrize("own", [0, 8], ids=["head", "encoder's own"])
def test_what_was_saved_is_loaded_bit_for_bit(classifier, centred, tmp_path, own):
    model = classifier("bone")
    if own:
        encoder = STGCN(KINECT20, "laptop", seeded(3), classes=own).eval()
        model = Classifier(encoder, None, model.classes, 60, 25, 2.5, "motion")
    again = Classifier.load(model.save(tmp_path / "model.safetensors"))
    assert torch.equal(again(centred), model(centred))
    assert not again.training
    for name in ("classes", "frames", "fps", "seconds", "stream"):
        assert getattr(again, name) == getattr(model, name)
    assert (again.skeleton, again.encoder.size) == (KINECT20, model.encoder.size)


def test_a_file_that_is_cut_off_anywhere_is_refused(classifier, tmp_path):
    path = classifier().save(tmp_path / "model.safetensors")
    whole = path.read_bytes()
    for length in (0, 7, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(
            ValueError,
            match=r"model\.safetensors: cut off, damaged or no classifier at all .*; "
            "copy it again, or write it again",
        ):
            Classifier.load(path)


def test_a_changed_byte_is_noticed(classifier, tmp_path):
    path = classifier().save(tmp_path / "model.safetensors")
    whole = path.read_bytes()
    words = whole.index(b"right punch")
    for place in (words, len(whole) - 1000, len(whole) - 1):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ValueError, match="damaged"):
            Classifier.load(path)


def test_a_file_of_another_version_says_which(classifier, tmp_path):
    path = classifier().save(tmp_path / "model.safetensors")
    with safe_open(path, "pt") as file:
        about = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    assert json.loads(about["tree"])["classes"][0] == "right punch"
    save_file(tensors, path, about | {"format": "skelkit-classifier-9"})
    with pytest.raises(ValueError, match=r"format 'skelkit-classifier-9', expected 'skelkit-classifier-1'"):
        Classifier.load(path)
    with pytest.raises(FileNotFoundError, match="no such file"):
        Classifier.load(tmp_path / "nothing")


def test_a_save_that_fails_leaves_the_old_file(classifier, tmp_path, monkeypatch):
    path = classifier().save(tmp_path / "model.safetensors")
    before = path.read_bytes()

    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        classifier(seed=1).save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_what_does_not_fit_together_is_refused():
    encoder = STGCN(KINECT20, "student", seeded(0))

    def make(head, classes=("a", "b"), frames=32, stream="joint"):
        return Classifier(encoder, head, classes, frames, 30, 1.5, stream)

    with pytest.raises(ValueError, match=r"needs head=nn\.Linear"):
        make(None)
    with pytest.raises(ValueError, match="maps 32 features to 3 classes, expected 32 to 2"):
        make(torch.nn.Linear(32, 3))
    with pytest.raises(ValueError, match="no stream 'bones'; known: joint, bone, motion"):
        make(torch.nn.Linear(32, 2), stream="bones")
    with pytest.raises(ValueError, match=r"frames=0, fps=30, seconds=1\.5: all three must be positive"):
        make(torch.nn.Linear(32, 2), frames=0)
    other = STTFormer(2, 20, generator=seeded(0))
    with pytest.raises(TypeError, match="STTFormer cannot be saved"):
        Classifier(other, None, ["a", "b"], 60, 30, 1.5).save("never")
