import pytest
import torch
from helpers import batch, seeded

from skelkit import masks
from skelkit.models import (
    DECODERS,
    SIZES,
    MaskedAutoencoder,
    Size,
    STTFormer,
    autoencoder,
    macs,
    parameters,
    sttformer,
)

SMALL, SMALL_DECODER = Size(((8, 8, 4), (8, 16, 4))), ((16, 8, 4),)
ALMOST_NONE = 1e-6


def build(size=SMALL, decoder=SMALL_DECODER, joints=5, classes=4, masked_only=False, **options):
    generator = seeded()
    return MaskedAutoencoder(
        STTFormer(classes, joints, size, generator, **options), generator, decoder, masked_only
    )


# -- what is hidden ---------------------------------------------------------------------------------------


def test_every_clip_hides_its_own_tuples_and_the_same_seed_hides_the_same():
    x = batch(8, frames=120)
    hidden, again, later = (autoencoder.draw_hidden(x, 0.3, g) for g in (seeded(), seeded(), seeded(1)))
    assert torch.equal(hidden, again)
    assert not torch.equal(hidden, later)
    assert len(hidden.unique(dim=0)) == 8
    assert (~hidden).sum(1).tolist() == [masks.kept_tuples(20, 0.3)] * 8


def test_a_step_is_reproducible_and_its_draws_go_on():
    x, model = batch(), build()
    generator = seeded()
    first, second = model(x, 0.5, generator).loss, model(x, 0.5, generator).loss
    assert torch.equal(model(x, 0.5, seeded()).loss, first)
    assert not torch.equal(first, second)


def test_tuples_go_back_to_their_places_and_the_mask_token_into_the_holes():
    tokens, index, token = (
        torch.randn(2, 3, 2, 5, generator=seeded()),
        torch.tensor([[0, 3], [1, 2]]),
        torch.tensor([7.0, 8.0, 9.0]),
    )
    whole = autoencoder.insert_tuples(tokens, index, 4, token)
    for p in range(2):
        for t in range(4):
            places = index[p].tolist()
            wanted = tokens[p, :, places.index(t)] if t in places else token[:, None].expand(3, 5)
            assert torch.equal(whole[p, :, t], wanted)


def test_the_encoder_sees_the_kept_tuples_in_order_and_nothing_of_the_others():
    x, model = batch(), build(temporal_position=True)
    hidden = autoencoder.draw_hidden(x, 0.5, seeded(3))
    changed = torch.where(hidden.repeat_interleave(6, 1)[:, None, :, None, None], 50.0, x)
    one, other = model(x, 0.5, seeded(3)), model(changed, 0.5, seeded(3))
    assert torch.equal(one.logits, other.logits)
    assert torch.equal(one.logits, model.encoder(x, hidden))
    assert other.loss > 100 * one.loss  # the target is the clip as it was


def test_hiding_nothing_needs_no_generator():
    x, model = batch(), build()
    torch.testing.assert_close(model(x, 0.0).logits, model.encoder(x))
    with pytest.raises(ValueError, match=r"generator=torch.Generator"):
        model(x, 0.3)


@pytest.mark.parametrize("temporal_position", [False, True])
def test_only_the_code_of_tuples_lets_the_decoder_place_what_it_makes_up(temporal_position):
    """Far from any tuple that was kept, holes are alike but for their code."""
    model = build(temporal_position=temporal_position).eval()
    x, hidden = batch(1, frames=120, persons=1), torch.ones(1, 20, dtype=torch.bool)
    hidden[0, 0] = False
    tuples = model.reconstruct(x, hidden).unflatten(2, (20, 6))
    assert torch.allclose(tuples[:, :, 10], tuples[:, :, 12], atol=1e-6) is not temporal_position


# -- the loss ---------------------------------------------------------------------------------------------


def slow_loss(prediction, x, hidden=None):
    """Over every clip, person, frame; prediction and x [N, C, T, V, M]."""
    errors = []
    for n in range(x.shape[0]):
        for m in range(x.shape[4]):
            for t in range(x.shape[2]):
                if x[n, :, t, :, m].any() and (hidden is None or hidden[n, t // 6]):
                    errors.append(((prediction[n, :, t, :, m] - x[n, :, t, :, m]) ** 2).mean())
    return torch.stack(errors).mean()


@pytest.mark.parametrize("masked_only", [False, True])
def test_the_loss_agrees_with_adding_it_up_frame_by_frame_of_those_present(ragged, masked_only):
    x = torch.stack([torch.tensor(c).permute(3, 0, 2, 1) for c in ragged([24, 24, 24], joints=5)])
    x[1, ..., 1] = 0
    model = build(masked_only=masked_only)
    hidden = autoencoder.draw_hidden(x, 0.5, seeded(3))
    loss = model(x, 0.5, seeded(3)).loss
    torch.testing.assert_close(
        loss, slow_loss(model.reconstruct(x, hidden), x, hidden if masked_only else None)
    )


@pytest.mark.parametrize("masked_only", [False, True])
def test_the_loss_of_some_clips_can_be_had_from_the_errors_of_all(masked_only):
    """In evaluation the batch norms do not mix the clips, so that a pass over some of them is the same
    pass."""
    x, model = batch(4), build(masked_only=masked_only)
    x[0, ..., 1] = x[2, :, 3:] = 0
    for module in model.modules():
        module.training = module is model
    out = model(x, 0.5, seeded(3))
    hidden = autoencoder.draw_hidden(x, 0.5, seeded(3))
    made = model.reconstruct(x, hidden)
    for some in ([0, 1], [2], [3, 0, 2]):
        loss = (out.errors * out.counts)[some].sum() / out.counts[some].sum()
        torch.testing.assert_close(
            loss, slow_loss(made[some], x[some], hidden[some] if masked_only else None)
        )
    torch.testing.assert_close((out.errors * out.counts).sum() / out.counts.sum(), out.loss)


def test_absent_persons_are_in_neither_the_loss_nor_the_cost():
    x, model = batch(), build()
    x[..., 1] = 0
    one, two = model(x[..., :1], 0.5, seeded(3)), model(x, 0.5, seeded(3))
    torch.testing.assert_close(two.loss, one.loss)
    torch.testing.assert_close(two.logits, one.logits)
    assert macs(model, x, 0.5, seeded(3)) == macs(model, x[..., :1], 0.5, seeded(3))


def test_of_masked_tuples_only_nothing_is_lost_when_nothing_is_masked():
    x, model = batch(), build(masked_only=True)
    assert model(x, 0.0).loss == 0


def test_a_batch_with_nobody_in_it_is_no_obstacle():
    model = build()
    logits, loss, errors, counts = model(torch.zeros(3, 3, 24, 5, 2), 0.5, seeded())
    assert loss == 0
    assert not errors.any()
    assert not counts.any()
    (logits.square().sum() + loss).backward()
    torch.testing.assert_close(logits, model.classifier(2 * model.encoder.absent).expand(3, -1))


# -- reconstruction, evaluation ---------------------------------------------------------------------------


def test_a_reconstruction_has_the_shape_of_the_clips_and_nobody_new(ragged):
    x = torch.stack([torch.tensor(c).permute(3, 0, 2, 1) for c in ragged([24, 24], joints=5)])
    x[1, ..., 1] = 0
    model = build().eval()
    made = model.reconstruct(x, torch.tensor([[True, False, True, False]] * 2))
    assert made.shape == x.shape
    there = (x != 0).any(3, keepdim=True).any(1, keepdim=True).expand_as(x)
    assert not made[~there].any()
    assert (made[there] != 0).float().mean() > 0.99
    alone = model.reconstruct(x[:1], torch.tensor([[True, False, True, False]]))
    torch.testing.assert_close(made[:1], alone, atol=1e-5, rtol=1e-4)


def test_in_evaluation_the_encoder_alone_reads_the_whole_clip():
    x, model = batch(), build().eval()
    output = model(x, ratio=0.9)
    assert output.loss is None
    assert torch.equal(output.logits, model.encoder(x))
    assert torch.equal(model.classifier(model.features(x)), output.logits)
    assert macs(model, x) == macs(model.encoder, x)


# -- size, cost, learning ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "published"), [("tiny", 275_826), ("base", 968_754)])
def test_decoders_have_the_published_parameters_less_those_that_have_no_effect(size, published):
    model = MaskedAutoencoder(STTFormer(60, 25, size, seeded()), seeded())
    normed = sum(m.num_features for m in model.decoder.modules() if isinstance(m, torch.nn.BatchNorm2d))
    assert (
        parameters(model.decoder.blocks) == published - 3 * len(DECODERS[size]) - normed
    )  # constants per head, biases before batch norm


@pytest.mark.parametrize(
    ("size", "ratio", "published"),
    [("tiny", 0, 14.2), ("tiny", 0.3, 10.7), ("tiny", 0.6, 7.2), ("base", 0.6, 22.6)],
)
def test_masked_training_takes_the_published_number_of_operations(size, ratio, published):
    model = MaskedAutoencoder(STTFormer(60, 25, size, seeded()), seeded())
    assert 2e-9 * macs(model, batch(1, 120, 25, 1), ratio, seeded()) == pytest.approx(published, abs=0.05)


@pytest.mark.parametrize("attention", ["softmax", "tanh"])
def test_a_gradient_reaches_every_part(attention):
    x, model = batch(4), build(attention=attention)
    x[0, ..., 1] = 0
    logits, loss = model(x, 0.5, seeded(2))[:2]
    ((logits * torch.randn(4, 4, generator=seeded(3))).sum() + loss).backward()
    assert not [
        name for name, p in model.named_parameters() if p.grad is None or p.grad.abs().max() < ALMOST_NONE
    ]


def test_half_precision_gives_finite_numbers_close_to_those_of_single():
    x, model = batch(4), build()
    x[0, ..., 1] = 0
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = model(x, 0.5, seeded(2))
        (half.logits.square().sum() + half.loss).backward()
    assert all(v.isfinite().all() for v in half)
    assert all(p.grad.isfinite().all() for p in model.parameters())
    torch.testing.assert_close(half.loss, model(x, 0.5, seeded(2)).loss, atol=0.02, rtol=0.02)


def test_nano_learns_to_fill_in_a_motion_it_sees_half_of():
    seconds, phase = torch.arange(48) / 30, torch.rand(16, 1, generator=seeded()) * 2 * torch.pi
    swing = 0.5 * torch.sin(2 * torch.pi * 0.5 * seconds + phase)  # [N, T], two joints together
    x = (swing[:, None, :, None] + 0.3 * torch.randn(3, 1, 2, generator=seeded(1)))[..., None]
    model, generator = build("nano", joints=2, decoder="nano", masked_only=True), seeded(2)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-2)
    losses = []
    for _ in range(40):
        losses.append(model(x, 0.5, generator).loss)
        optimizer.zero_grad()
        losses[-1].backward()
        optimizer.step()
    assert (
        sum(losses[-5:]) / 5 < 0.6 * swing.var()
    )  # of hidden tuples; the best pose that stands still has an error of 1.0


# -- errors -----------------------------------------------------------------------------------------------


def test_clips_that_do_not_fit_are_refused_with_both_numbers():
    model = build()
    with pytest.raises(ValueError, match="25 frames are not a whole number of tuples of 6; resize"):
        model(batch(frames=25), 0.3, seeded())
    with pytest.raises(ValueError, match="4 frames are not a whole number of tuples of 6; resize"):
        model(batch(frames=4), 0.3, seeded())
    with pytest.raises(ValueError, match="the batch has 20 joints, this network was built for 5"):
        model(batch(joints=20), 0.3, seeded())
    with pytest.raises(ValueError, match=r"ratio=1\.5: the share to hide must be between 0 and 1"):
        model(batch(), 1.5, seeded())


def test_decoders_that_do_not_fit_are_refused_with_those_that_do():
    with pytest.raises(ValueError, match="no size 'huge'; known: nano, tiny, base"):
        build("nano", "huge")
    with pytest.raises(
        ValueError, match="the decoder begins with 128 channels, the encoder ends with 32; that fit: nano"
    ):
        build("nano", "tiny")
    with pytest.raises(ValueError, match="the encoder has a custom size; pass decoder="):
        build(SMALL, None)
    assert [len(build(size, None).decoder.blocks) for size in SIZES] == [1, 3, 3]
    assert sttformer.resolve_size(SMALL, SIZES) is SMALL


# -- what is predicted ------------------------------------------------------------------------------------


def test_a_deviation_is_added_to_straight_lines_between_the_visible_frames():
    x, model = batch(6, frames=60), build().eval()
    model.target = "deviation"
    hidden = masks.random_tuples(x, ratio=0.6, generator=seeded())
    frames = hidden.repeat_interleave(masks.TUPLE, 1)
    with torch.no_grad():
        model.decoder.out.weight.zero_()
        model.decoder.out.bias.zero_()
        nothing = model.reconstruct(x, hidden)
        torch.testing.assert_close(nothing, masks.interpolate_frames(x, frames))
        model.decoder.out.bias.fill_(0.5)
        torch.testing.assert_close(
            model.reconstruct(x, hidden), nothing + 0.5 * (x != 0).any(1, keepdim=True)
        )


def test_the_loss_of_a_deviation_is_that_of_the_coordinates_it_gives():
    x, model = batch(6, frames=60), build()
    model.target = "deviation"
    with torch.no_grad():
        model.decoder.out.weight.zero_()
        model.decoder.out.bias.zero_()
    hidden = autoencoder.draw_hidden(x, 0.6, seeded())
    off = masks.interpolate_frames(x, hidden.repeat_interleave(masks.TUPLE, 1)) - x
    present = (x != 0).any(1).any(2)  # [N, T, M]
    expected = (off.square().mean((1, 3)) * present).sum() / present.sum()
    assert model(x, 0.6, seeded()).loss.item() == pytest.approx(expected.item(), rel=1e-4)


def test_an_unknown_target_lists_the_known_ones():
    with pytest.raises(ValueError, match="no target 'speed'; known: coordinates, deviation"):
        MaskedAutoencoder(STTFormer(4, 5, SMALL, seeded()), seeded(), SMALL_DECODER, target="speed")
