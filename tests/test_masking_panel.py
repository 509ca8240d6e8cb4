"""The panel for masked training: masked tuples are neither seen nor computed."""

import pytest
import torch
from helpers import seeded

from skelkit import continual, fidelity, load, masks
from skelkit.models import MaskedAutoencoder, STTFormer
from skelkit.training.inputs import PreparedClips
from skelkit.viz.panels import masked_training

FRAMES = 30


@pytest.fixture(scope="module")
def clips():
    return load("synthetic", clips=24, seed=1, classes=["wave", "hug"])


@pytest.fixture(scope="module")
def network():
    generator = seeded()
    return MaskedAutoencoder(STTFormer(2, 25, generator=generator), generator).eval()


@pytest.fixture(scope="module")
def x(clips):
    return PreparedClips(clips, FRAMES)[torch.arange(4)]


def slow_straight_lines(x, frames):
    y = x.clone()
    for n in range(len(x)):
        kept = [t for t in range(x.shape[2]) if not frames[n, t]]
        for t in range(x.shape[2]):
            before, after = (
                max((k for k in kept if k <= t), default=kept[0]),
                min((k for k in kept if k >= t), default=kept[-1]),
            )
            w = (t - before) / (after - before) if after > before and before <= t else 0.0
            y[n, :, t] = x[n, :, before] * (1 - w) + x[n, :, after] * w
    return y


def test_straight_lines_join_the_visible_frames(x):
    x = x[..., :1]
    for seed in range(3):
        frames = masks.random_frames(x, ratio=0.7, generator=seeded(seed))
        torch.testing.assert_close(masks.interpolate_frames(x, frames), slow_straight_lines(x, frames))


def test_a_clip_without_visible_frames_has_no_straight_lines(x):
    with pytest.raises(ValueError, match=r"clip 1: all 30 frames are hidden"):
        masks.interpolate_frames(x, torch.arange(4)[:, None].expand(4, FRAMES) == 1)


def test_error_of_some_frames_counts_those_alone(x):
    frames = torch.zeros(4, FRAMES, dtype=torch.bool)
    frames[:, :6] = True
    y = x.clone()
    y[:, :, :6] += torch.tensor([0.003, 0.004, 0]).reshape(3, 1, 1, 1)
    assert float(fidelity.rmse(x[..., :1], y[..., :1], frames=frames)) == pytest.approx(5, abs=1e-3)
    assert float(fidelity.rmse(x, y, frames=~frames)) == 0


def test_the_mean_body_leaves_absent_persons_out():
    x = torch.ones(2, 3, 4, 25, 2)
    x[1, ..., 1] = 0
    x[1, ..., 0] = 3
    mean = fidelity.mean_body(x)
    assert mean.shape == (1, 3, 1, 25, 2)
    assert torch.equal(mean[..., 0], torch.full_like(mean[..., 0], 2))
    assert torch.equal(mean[..., 1], torch.ones_like(mean[..., 1]))


def test_the_encoder_sees_only_visible_tuples(x, network):
    r = masked_training.restored(network, x, 0.6, draw=3)
    assert (~r["hidden"]).sum(1).tolist() == [2] * 4
    assert torch.equal(r["seen"] != 0, (x != 0) & ~r["frames"][:, None, :, None, None])
    assert r["error"]["straight"]["kept"] == pytest.approx(0, abs=1e-3)
    assert r["error"]["restored"]["hidden"] > 0
    again = masked_training.restored(network, x, 0.6, draw=3)
    assert torch.equal(r["hidden"], again["hidden"])
    assert torch.equal(r["restored"], again["restored"])


def test_with_nothing_hidden_there_is_no_error_of_hidden_frames(x, network):
    error = masked_training.restored(network, x, 0.0)["error"]["restored"]
    assert error["hidden"] != error["hidden"]
    assert error["kept"] > 0


def test_the_cost_of_the_encoder_is_that_of_the_visible_tuples_of_each_person(network):
    whole, part, two = (masked_training.costs(network, FRAMES, *v) for v in ((0.0,), (0.6,), (0.0, 2)))
    assert part["encoder"] / whole["encoder"] == pytest.approx(2 / 5, abs=0.01)
    assert two["encoder"] / whole["encoder"] == pytest.approx(2, abs=0.01)
    assert part["both"] - part["encoder"] == whole["both"] - whole["encoder"], (
        "the decoder always computes every tuple"
    )


def test_the_panel_follows_its_slider(clips, network, monkeypatch):
    panel = masked_training.masked_training(clips, network, FRAMES)
    assert "4 of 5 tuples" in panel.text.value or "3 of 5 tuples" in panel.text.value
    panel.controls["ratio"].value = 0.6
    assert "2 of 5 tuples" in panel.text.value
    assert "MMAC" in panel.text.value
    seen = torch.frombuffer(bytearray(panel.player.poses), dtype=torch.float32)
    panel.controls["ratio"].value = 0.0
    assert "nothing is hidden" in panel.text.value
    assert not torch.equal(seen, torch.frombuffer(bytearray(panel.player.poses), dtype=torch.float32))


def test_curves_have_a_title_axis_names_and_alt_text():
    fig = masked_training.curves(
        {"a": ([0, 1], [1.0, 0.5])}, "Title", "x (mm)", "y (mm)", ([0, 1], [1, 0], "ideal")
    )
    assert fig.layout.title.text == "Title"
    assert fig.layout.xaxis.title.text == "x (mm)"
    assert fig.layout.yaxis.title.text == "y (mm)"
    assert "from 1 to 0.5" in fig.layout.meta["alt"]
    assert len(fig.data) == 2


def test_a_callback_gets_the_mask_ratio(clips):
    seen = []
    train, test = clips.split("stratified", train=0.7, seed=0)
    continual.learn(
        "charon",
        train,
        test,
        tasks=1,
        memory="4 clips",
        preset="smoke",
        adaptive="difficulty",
        ratio=0.5,
        epochs=1,
        callback=seen.append,
    )
    assert 0 <= seen[0].ratio <= 0.5
    continual.learn("fine-tuning", train, test, tasks=1, preset="smoke", epochs=1, callback=seen.append)
    assert seen[-1].ratio is None


def test_a_fresh_decoder_restores_less_than_the_body_is_large(x):
    generator = seeded()
    fresh = MaskedAutoencoder(STTFormer(2, 25, generator=generator), generator)
    assert float(fresh.train()(x, 0.3, generator).loss.detach()) < 2 * float(x[x != 0].square().mean())
