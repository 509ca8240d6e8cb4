"""The exported file gives the logits of torch, describes itself, and is complete or absent."""

import os
from itertools import pairwise

import numpy as np
import onnx
import pytest
import torch
from helpers import seeded

from skelkit import __version__, export, latency, models, motion, recognizer
from skelkit.skeletons.layouts import KINECT20


def raw(clips, frames, persons, seed=0):
    """Uncentred batch [N, 3, T, 20, M]; persons after the first come and go.

    The last person of the first clip is absent in all frames.
    """
    generator = seeded(seed)
    x = (
        torch.randn(clips, 3, frames, 20, persons, generator=generator)
        + torch.tensor([2.0, 1.0, -3.0])[:, None, None, None]
    )
    if persons > 1:
        x = x * (torch.rand(clips, 1, frames, 1, persons, generator=generator) < 0.6)
        x[0, ..., -1] = 0
    return x


def run(path, x):
    session, _ = recognizer.open_exported(path)
    return session.run(["logits"], {"x": x.numpy()})[0]


def torch_logits(model, x):
    with torch.no_grad():
        return model(motion.centre(x, KINECT20)).numpy()


@pytest.mark.parametrize("stream", ["joint", "bone", "motion"])
@pytest.mark.parametrize(
    ("clips", "frames", "persons"), [(1, 32, 1), (1, 32, 2), (4, 57, 2), (2, 5, 3), (1, 120, 1), (3, 2, 2)]
)
def test_onnxruntime_gives_the_logits_of_torch(classifier, exported, stream, clips, frames, persons):
    model, x = classifier(stream), raw(clips, frames, persons, seed=frames)
    expected = torch_logits(model, x)
    assert expected.std() > 0.2  # equal logits would prove nothing
    assert np.abs(run(exported(stream), x) - expected).max() < 2e-5 * max(1, np.abs(expected).max())


def test_real_recordings_of_different_lengths_and_persons_get_the_logits_of_torch(
    classifier, exported, real_data
):
    from skelkit import load

    model, clips = classifier(), load(real_data("precog-2016") / "precog.npz")
    some = torch.randperm(len(clips), generator=seeded())[:40].tolist()
    for one, other in pairwise(some):
        a, b = clips[one].batch, clips[other].batch
        late = torch.zeros(*a.shape[:4], 2)
        late[..., :1] = a
        common = min(a.shape[2], b.shape[2])
        late[:, :, -common:, :, 1:] = b[:, :, :common] + 0.7  # the second comes late where they are shorter
        for x in (a, late):
            assert np.abs(run(exported(), x) - torch_logits(model, x)).max() < 2e-5


def test_empty_person_slots_change_nothing(exported):
    x = raw(2, 30, 1)
    wide = torch.cat([x, torch.zeros(2, 3, 30, 20, 3)], 4)
    assert np.allclose(run(exported(), wide), run(exported(), x), atol=1e-5)


def test_the_file_is_a_valid_onnx_model_with_metadata(exported):
    model = onnx.load(exported("bone"))
    onnx.checker.check_model(model, full_check=True)
    about = {entry.key: entry.value for entry in model.metadata_props}
    assert list(about)[-1] == "sha256"
    _, about = recognizer.open_exported(exported("bone"))
    assert about["classes"][4:] == ["„zurück“", "a, b", 'a "c"', "d\n"]
    assert (about["format"], about["version"], about["skeleton"], about["weights"]) == (
        "skelkit-onnx-1",
        __version__,
        "Kinect v1-20",
        "float32",
    )
    assert (about["frames"], about["fps"], about["seconds"], about["stream"]) == (32, 30, 1.5, "bone")
    assert about["joints"] == list(KINECT20.joints)
    sizes = [dim.dim_param or dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim]
    assert sizes == ["clips", 3, "frames", 20, "persons"]
    assert b".py" not in exported("bone").read_bytes()  # no paths of the machine it was made on


def test_the_export_does_not_change_the_classifier(classifier, tmp_path, exported, monkeypatch):
    model = classifier("bone").train()
    monkeypatch.setattr(export, "_traced", lambda *_: onnx.load(exported("bone")))
    before = {name: v.clone() for name, v in model.state_dict().items()}
    export.onnx(model, tmp_path / "model.onnx")
    assert model.training
    assert all(torch.equal(v, before[name]) for name, v in model.state_dict().items())


def test_nothing_is_written_if_onnxruntime_disagrees(classifier, exported, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "_traced", lambda *_: onnx.load(exported("bone")))
    with pytest.raises(
        RuntimeError,
        match=r"wrong\.onnx was not written: .* differ from torch's by .* of the largest, "
        r"at most 1e-04 was expected",
    ):
        export.onnx(classifier("bone", seed=5), tmp_path / "wrong.onnx")
    broken = classifier("bone")
    torch.nn.init.constant_(broken.head.bias, float("nan"))
    with pytest.raises(RuntimeError, match="weights that are no numbers"):
        export.onnx(broken, tmp_path / "wrong.onnx")
    assert not list(tmp_path.iterdir())


def test_a_write_that_fails_leaves_the_old_file(exported, tmp_path, monkeypatch):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"old")
    replace = os.replace

    def full(source, target):
        if target == path:
            raise OSError("no space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        export.quantise(exported(), path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_only_a_student_is_exported(tmp_path):
    with pytest.raises(ValueError, match="a Linear cannot be exported, a student can"):
        export.onnx(torch.nn.Linear(2, 2), tmp_path / "x.onnx")


def test_other_encoders_are_refused():
    model = models.Classifier(models.STTFormer(2, 20, generator=seeded()), None, ["a", "b"], 60, 30, 1.5)
    with pytest.raises(ValueError, match="a STTFormer cannot be exported yet; the encoder must be an STGCN"):
        export.onnx(model, "never.onnx")


def test_eight_bit_weights_keep_the_metadata_and_nearly_the_logits(classifier, exported, tmp_path):
    path = export.quantise(exported(), tmp_path / "small.onnx")
    (_, before), (_, after) = recognizer.open_exported(exported()), recognizer.open_exported(path)
    changed = {"sha256", "weights"}
    assert {k: v for k, v in after.items() if k not in changed} == {
        k: v for k, v in before.items() if k not in changed
    }
    assert after["weights"] == "uint8"
    assert path.stat().st_size < 0.9 * exported().stat().st_size
    steps = torch.randn(16, 3, 32, 20, 1, generator=seeded())
    x = 2 + 0.4 * steps[:, :, :1] + 0.05 * steps.cumsum(2)  # bodies that move by centimetres
    found, expected = run(path, x), torch_logits(classifier(), x)
    assert (
        0 < np.abs(found - expected).mean() < 0.2 * expected.std()
    )  # random weights are more sensitive than learnt ones
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.98
    with pytest.raises(
        ValueError, match=r"its weights are uint8 already; give what skelkit\.export\.onnx wrote"
    ):
        export.quantise(path, tmp_path / "again.onnx")


def test_latency_is_measured_in_turn_on_one_thread_which_is_restored():
    calls, threads = [], torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        functions = {
            name: (
                lambda name=name: calls.append(
                    (name, torch.get_num_threads(), torch.is_inference_mode_enabled())
                )
            )
            for name in "ab"
        }
        spent = latency.measure(functions, rounds=3, warm_up=2)
        assert torch.get_num_threads() == 2
        with pytest.raises(ZeroDivisionError):
            latency.measure({"bad": lambda: 1 / 0})
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    assert calls == [("a", 1, True), ("b", 1, True)] * 5
    assert all(0 <= s.median <= s.p95 < 1000 for s in spent.values())
    with pytest.raises(ValueError, match="0 functions, 200 rounds"):
        latency.measure({})


def test_latency_gives_milliseconds(monkeypatch):
    clock = iter(np.cumsum([0, 0.5] + [0, 0.001, 0, 0.002, 0, 0.003]))
    monkeypatch.setattr(latency.time, "perf_counter", lambda: next(clock))
    spent = latency.measure({"a": lambda: None}, rounds=3, warm_up=1)["a"]
    assert spent.median == pytest.approx(2)
    assert spent.p95 == pytest.approx(2.9)
    assert str(spent) == "2.00 ms (95 %: 2.90 ms)"
