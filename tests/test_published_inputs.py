"""Clips prepared as published, against torch.nn.functional.interpolate on slices of whole frames."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from helpers import seeded

from skelkit.continual.learning import build_learner
from skelkit.continual.presets import settings
from skelkit.data import ClipSet, cropping
from skelkit.data.tasks import split_into_tasks
from skelkit.ops import motion
from skelkit.skeletons.layouts import NTU25
from skelkit.training.inputs import PreparedClips, augmented


def walks(*lengths):
    generator = np.random.default_rng(0)
    arrays = [generator.normal(0, 1, (length, 25, 3)).astype(np.float32) + 2 for length in lengths]
    return ClipSet.from_arrays(arrays, skeleton=NTU25)


def resized(poses, frames):
    """Published resize of frames [T, M, V, C] -> [C, T', V, M]."""
    rows = poses.double().permute(3, 2, 1, 0).flatten(0, 2)[None]  # [1, C V M, T]
    rows = F.interpolate(rows, size=frames, mode="linear", align_corners=False)[0]
    rows = rows.unflatten(0, (poses.shape[3], poses.shape[2], poses.shape[1]))
    return rows.permute(0, 3, 1, 2).float()


def test_test_clips_are_the_central_frames_resized_by_half_pixels():
    lengths = (37, 60, 120, 299, 1, 2)
    clips = walks(*lengths)
    found = PreparedClips(clips, 60, resize="half_pixel")[torch.arange(len(lengths))]
    for n, length in enumerate(lengths):
        bias = int((1 - 0.95) * length / 2)
        start = int(clips.starts[n])
        expected = resized(clips.poses[start + bias : start + length - bias], 60)[None]
        torch.testing.assert_close(found[n : n + 1], motion.centre(expected, NTU25), rtol=1e-5, atol=1e-5)


def test_training_clips_are_random_whole_frames_resized_by_half_pixels():
    """A clip whose coordinates are its frame numbers shows which frames were taken."""
    lengths = torch.tensor([30, 64, 100, 250])
    first, count = cropping.whole_frames(lengths.repeat(500), (0.5, 1.0), seeded())
    assert torch.equal(first, first.round())
    assert torch.equal(count, count.round())
    first, count = first.unflatten(0, (500, 4)), count.unflatten(0, (500, 4))
    assert (first >= 0).all()
    assert (first + count <= lengths).all()
    assert (count[:, :2] == lengths[:2]).all()  # 64 frames at least, or the whole clip
    assert count[:, 2].min() == 64
    assert set(range(125, 250)) >= set(count[:, 3].int().tolist())
    assert abs(float(count[:, 3].mean()) - 187) < 5
    assert first[:, 3].max() > 100
    for c, f in ((64, 3), (100, 0)):
        frames = torch.arange(f, f + c, dtype=torch.float64)
        expected = F.interpolate(frames[None, None], size=120, mode="linear", align_corners=False)[0, 0]
        middle = (torch.arange(120) + 0.5) * c / 120 - 0.5
        torch.testing.assert_close(f + middle.clamp(0, c - 1).double(), expected)


def test_a_whole_clip_resized_to_its_own_length_is_unchanged():
    clips = walks(40)
    x = clips.batch([0], frames=40, resize="half_pixel")
    torch.testing.assert_close(x, clips.batch([0]))


def test_half_pixel_positions_are_the_middles_of_equal_parts():
    found = cropping.positions(torch.tensor([10]), None, 5, "half_pixel", None)
    assert found.tolist() == [[0.5, 2.5, 4.5, 6.5, 8.5]]
    assert cropping.positions(torch.tensor([10]), None, 4, "endpoints", None).tolist() == [[0, 3, 6, 9]]
    found = cropping.positions(torch.tensor([2]), None, 4, "half_pixel", None)
    assert found.tolist() == [[0, 0.25, 0.75, 1]]  # outside, the first and the last frame are held


def test_augmentation_and_learners_take_the_resize_of_the_settings(toy, small, monkeypatch):
    clips = walks(100, 80)
    index = torch.arange(2)
    ours, published = (augmented(clips, index, 60, seeded(), how) for how in ("endpoints", "half_pixel"))
    assert not torch.allclose(ours, published, atol=1e-3)
    torch.testing.assert_close(augmented(clips, index, 60, seeded()), ours)
    from skelkit.continual import learn

    asked = []
    plain = ClipSet.batch
    monkeypatch.setattr(
        ClipSet, "batch", lambda *a, **k: asked.append(k.get("resize", "endpoints")) or plain(*a, **k)
    )
    options = {"preset": "smoke", "size": "small", "frames": 12, "epochs": 1, "progress": False}
    learn("charon", toy(4, 6), toy(4, 2), 2, memory="5 clips", **options, resize="half_pixel")
    assert set(asked) == {"half_pixel"}


def test_another_resize_is_refused():
    with pytest.raises(ValueError, match="resize='nearest': expected 'endpoints' or 'half_pixel'"):
        walks(20).batch([0], frames=10, resize="nearest")


def test_the_preset_paper_trains_charon_as_published(toy):
    s = settings("paper")
    published = {
        "size": "tiny",
        "frames": 120,
        "resize": "half_pixel",
        "epochs": 30,
        "batch": 16,
        "weight_decay": 2e-5,
        "decay": False,
        "clip": math.inf,
        "recalibrate": False,
        "fused": False,
        "ratio": 0.3,
        "adaptive": "no",
        "probe_epochs": 3,
        "classifier_factor": 1.0,
        "least_steps": 0,
        "least_probe_steps": 0,
        "interval": 5,
        "restore": "half_pixel",
        "dtype": "float32",
        "logits": "float32",
        "attention": "softmax",
        "temporal_position": False,
    }
    assert {name: getattr(s, name) for name in published} == published
    assert s.probe_lr == s.lr
    assert s.rates(0, 3) == [s.lr] * 3
    assert s.epochs_for(20) == 30
    assert s.probe_epochs_for(20) == 3
    scenario = split_into_tasks(toy(4, 6), toy(4, 2), 2)
    learner = build_learner("charon", scenario, s, "50 clips", seeded())
    assert [len(block.scale) for block in learner.network.encoder.blocks] == [3] * 8
    assert len(learner.network.decoder.blocks) == 3
