import math

import numpy as np
import pytest
import torch
from helpers import batch, seeded

from skelkit import models
from skelkit.data import synthetic
from skelkit.models import SIZES, Size, STTFormer, macs, parameters, positions, sttformer
from skelkit.models.block import Attention, Block

SMALL = Size(((8, 8, 4), (8, 16, 4)))
ALMOST_NONE = 1e-5


def build(size=SMALL, classes=4, joints=5, **options):
    return STTFormer(classes, joints, size, seeded(), **options).eval()


def worn(module, seed=1):
    """The module as if trained: every parameter and running statistic is some number, variances positive."""
    generator = seeded(seed)
    for name, value in [*module.named_parameters(), *module.named_buffers()]:
        if value.is_floating_point():
            new = torch.randn(value.shape, generator=generator) * 0.4
            value.data.copy_(new.abs() + 0.5 if "var" in name else new)
    return module.eval()


# -- attention, one number at a time ----------------------------------------------------------------------


def slow_conv(layer, x):
    """Convolution over two axes by its definition: one output number at a time, zeros outside.

    [P, C, T, V].
    """
    weight = layer.weight.detach().double().numpy()
    bias = np.zeros(len(weight)) if layer.bias is None else layer.bias.detach().double().numpy()
    rows, columns = weight.shape[2:]
    clips, _, tuples, tokens = x.shape
    padded = np.pad(x, ((0, 0), (0, 0), (rows // 2, rows // 2), (columns // 2, columns // 2)))
    out = np.zeros((clips, len(weight), tuples, tokens))
    for n, o, t, v in np.ndindex(out.shape):
        out[n, o, t, v] = (padded[n, :, t : t + rows, v : v + columns] * weight[o]).sum() + bias[o]
    return out


def slow_layer(layer, x):
    """Convolution, then batch norm with its running statistics; an identity is itself."""
    if isinstance(layer, torch.nn.Identity):
        return x
    mean, var, gain, shift = (
        v.detach().double().numpy()[:, None, None]
        for v in (layer[1].running_mean, layer[1].running_var, layer[1].weight, layer[1].bias)
    )
    return (slow_conv(layer[0], x) - mean) / np.sqrt(var + layer[1].eps) * gain + shift


def slow_attention(block, x, heads, d):
    """The heads' mixtures, [P, heads C, T, V]."""
    clips, channels, tuples, tokens = x.shape
    both = slow_conv(block.queries_keys, x)
    out = np.zeros((clips, heads * channels, tuples, tokens))
    for n in range(clips):
        for h in range(heads):
            score = np.zeros((tokens, tokens))
            for i in range(tokens):
                for j in range(tokens):
                    query, key = (
                        both[n, h * d : (h + 1) * d, :, i],
                        both[n, (heads + h) * d : (heads + h + 1) * d, :, j],
                    )
                    score[i, j] = (
                        sum(query[c, t] * key[c, t] for c in range(d) for t in range(tuples))
                        / (d * tuples)
                        * block.scale[h].item()
                    )
            for i in range(tokens):
                share = np.exp(score[i]) / np.exp(score[i]).sum()
                for c in range(channels):
                    out[n, h * channels + c, :, i] = sum(share[j] * x[n, c, :, j] for j in range(tokens))
    return out


@pytest.mark.parametrize("c_out", [2, 4])
def test_a_block_agrees_with_its_definition_computed_one_number_at_a_time(c_out):
    def leaky(v):
        return np.where(v > 0, v, 0.1 * v)

    block = worn(Block(2, c_out, 3, heads=2, attention=Attention(softmax_over="inputs")))
    x = torch.randn(2, 2, 4, 6, generator=seeded()) * 2
    slow = x.double().numpy()
    residual = slow_layer(block.residual, slow)
    y = leaky(slow_layer(block.mix, slow_attention(block, slow, 2, 3)) + residual)
    y = leaky(slow_layer(block.widen, y) + residual)
    y = leaky(slow_layer(block.along_time, y) + slow_layer(block.time_residual, y))
    np.testing.assert_allclose(block(x).detach().numpy(), y, rtol=1e-4, atol=1e-5)


def test_over_inputs_what_a_token_takes_from_all_tokens_adds_up_to_one():
    maps = worn(Block(4, 4, 3, attention=Attention(softmax_over="inputs"))).maps(
        torch.randn(2, 4, 5, 12, generator=seeded())
    )
    assert maps.shape == (2, 3, 12, 12)
    torch.testing.assert_close(maps.sum(-1), torch.ones(2, 3, 12))


def test_channels_stay_last_in_memory_from_block_to_block():
    x = torch.randn(2, 8, 5, 12, generator=seeded()).contiguous(memory_format=torch.channels_last)
    for block in (Block(8, 8, 4), Block(8, 16, 4)):
        assert block(x).is_contiguous(memory_format=torch.channels_last)


# -- tuples and positions ---------------------------------------------------------------------------------


def test_the_tokens_of_a_tuple_are_the_joints_of_its_first_frame_then_of_its_second():
    poses = torch.randn(2, 3, 12, 5, generator=seeded())
    tokens = sttformer.to_tuples(poses)
    assert tokens.shape == (2, 3, 2, 30)
    for t in range(12):
        for v in range(5):
            assert torch.equal(tokens[:, :, t // 6, (t % 6) * 5 + v], poses[:, :, t, v])


def test_the_position_code_agrees_with_its_formula():
    code = positions.position_code(torch.arange(7), 10)
    for p in range(7):
        for i in range(5):
            angle = p / 10000 ** (2 * i / 10)
            assert code[p, 2 * i : 2 * i + 2].tolist() == pytest.approx(
                [math.sin(angle), math.cos(angle)], abs=1e-6
            )


def test_no_two_tokens_of_a_clip_have_the_same_code_once_tuples_are_coded():
    codes = (
        positions.add_codes(torch.zeros(1, 16, 20, 150), torch.arange(20)[None])[0].flatten(1).T
    )  # [3000, 16]
    distance = torch.cdist(codes, codes).fill_diagonal_(torch.inf)
    assert distance.min() > 0.01


def test_kept_tuples_are_found_in_order():
    hidden = torch.rand(6, 9, generator=seeded()).argsort(1) < 4
    index = sttformer.kept_index(hidden)
    assert [[t for t in range(9) if not row[t]] for row in hidden.tolist()] == index.tolist()


# -- clips and persons ------------------------------------------------------------------------------------


def test_the_features_of_a_clip_do_not_depend_on_the_other_clips():
    x, model = batch(), worn(build())
    x[1, ..., 1] = 0
    x[2] = 0
    together = model.features(x)
    for n in range(3):
        torch.testing.assert_close(model.features(x[n : n + 1])[0], together[n], atol=1e-5, rtol=1e-4)


def test_room_for_a_second_person_who_never_comes_changes_nothing_and_costs_nothing():
    x, model = batch(), worn(build())
    x[..., 1] = 0
    torch.testing.assert_close(model(x), model(x[..., :1]))
    assert macs(model, x) == macs(model, x[..., :1])


def test_a_clip_is_the_sum_of_its_persons_whoever_is_named_first():
    x, model = batch(), worn(build())
    both, first, second = model.features(x), model.features(x[..., :1]), model.features(x[..., 1:])
    torch.testing.assert_close(both, first + second - 2 * model.absent, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(model.features(x.flip(-1)), both)


def test_people_whose_coordinates_add_up_to_less_than_zero_are_counted():
    x = -batch().abs()
    assert len(sttformer.tracks(x).clip) == 6
    x[1, ..., 0] = 0
    people = sttformer.tracks(x)
    assert people.clip.tolist() == [0, 0, 1, 2, 2]
    assert people.person.tolist() == [0, 1, 1, 0, 1]


@pytest.mark.parametrize("training", [False, True])
def test_a_clip_with_nobody_in_it_has_twice_the_absent_vector(training):
    x, model = batch(), worn(build()).train(training)
    x[1] = 0
    features = model.features(x)
    assert features.isfinite().all()
    torch.testing.assert_close(features[1], 2 * model.absent)
    torch.testing.assert_close(model.features(torch.zeros_like(x)), 2 * model.absent.expand(3, -1))


# -- dropped tuples ---------------------------------------------------------------------------------------


def some_hidden(clips=3, tuples=4, count=2):
    return torch.rand(clips, tuples, generator=seeded(5)).argsort(1) < count


def test_cost_falls_in_proportion_to_the_tuples_dropped():
    x, model = batch(frames=60), build()
    classifier = 3 * 16 * 4
    whole = macs(model, x) - classifier
    for count in (1, 5, 9):
        assert (macs(model, x, some_hidden(3, 10, count)) - classifier) * 10 == whole * (10 - count)


def test_what_happens_in_dropped_tuples_is_not_seen():
    x, model, hidden = batch(), worn(build(temporal_position=True)), some_hidden()
    changed = torch.where(hidden.repeat_interleave(6, 1)[:, None, :, None, None], 100.0, x)
    assert torch.equal(model(x, hidden), model(changed, hidden))
    assert not torch.equal(model(x), model(changed))


def test_dropping_nothing_is_the_whole_clip():
    x, model = batch(), worn(build(temporal_position=True))
    torch.testing.assert_close(model(x, torch.zeros(3, 4, dtype=torch.bool)), model(x))


def moved_apart(x, hidden):
    """A clip that, with `hidden` dropped, shows the tuples that are the first ones of x."""
    tuples = torch.zeros_like(x.unflatten(2, (-1, 6))) + 7
    for n, kept in enumerate(sttformer.kept_index(hidden)):
        tuples[n][:, kept] = x[n].unflatten(1, (-1, 6))[:, : len(kept)]
    return tuples.flatten(2, 3)


@pytest.mark.parametrize("temporal_position", [False, True])
def test_only_the_code_of_tuples_tells_where_in_the_clip_a_kept_tuple_was(temporal_position):
    x, model, hidden = batch(), worn(build(temporal_position=temporal_position)), some_hidden()
    last_two = torch.tensor([[False, False, True, True]]).expand(3, -1)
    same = torch.allclose(model(x, last_two), model(moved_apart(x, hidden), hidden), atol=1e-5)
    assert same is not temporal_position


@pytest.mark.parametrize("temporal_position", [False, True])
def test_without_the_code_order_is_known_through_the_convolutions_along_tuples_alone(temporal_position):
    x, model = batch(), worn(build(temporal_position=temporal_position))
    shuffled = x.unflatten(2, (-1, 6))[:, :, [2, 0, 3, 1]].flatten(2, 3)
    assert (model(x) - model(shuffled)).abs().max() > 1e-2
    for block in model.blocks:
        block.along_time[0].weight.data[:, :, [0, 2]] = 0  # no more neighbours
    same = torch.allclose(model(x), model(shuffled), atol=1e-4)
    assert same is not temporal_position


# -- size and cost ----------------------------------------------------------------------------------------


def normed_channels(model):
    """Biases that the published networks have before batch norm, which subtracts them again."""
    return sum(m.num_features for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d))


@pytest.mark.parametrize(("size", "published"), [("tiny", 1_531_180), ("base", 5_693_868)])
def test_sizes_have_the_published_parameters_less_those_that_have_no_effect(size, published):
    model = STTFormer(60, 25, size, seeded())
    constants = 3 * len(SIZES[size].blocks)  # one per head, before the softmax
    assert parameters(model) == published - constants - normed_channels(model)
    assert parameters(model) == pytest.approx(published, rel=0.002)


def test_tiny_takes_the_published_number_of_operations():
    assert 2 * macs(build("tiny", 60, 25), batch(1, 120, 25, 1)) == pytest.approx(11.7e9, rel=0.005)


def test_nano_takes_32_million_multiply_adds_a_clip_of_one_person():
    assert macs(build("nano", 60, 25), batch(1, SIZES["nano"].frames, 25, 1)) == pytest.approx(
        32.1e6, rel=0.005
    )


def test_counting_agrees_with_counting_by_hand_and_leaves_the_model_as_it_was():
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, (1, 5), padding=(0, 2)), torch.nn.BatchNorm2d(8))
    assert macs(model, torch.ones(2, 3, 4, 7)) == 2 * 8 * 4 * 7 * 3 * 5
    assert model[1].num_batches_tracked == 0
    assert models.parameters(model) == 8 * 3 * 5 + 8 + 16


# -- learning ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("attention", ["softmax", "tanh"])
def test_a_gradient_reaches_every_part(attention):
    x, model = batch(4), build(attention=attention).train()
    x[0, ..., 1] = 0
    (model(x) * torch.randn(4, 4, generator=seeded(3))).sum().backward()
    assert not [
        name for name, p in model.named_parameters() if p.grad is None or p.grad.abs().max() < ALMOST_NONE
    ]


@pytest.mark.parametrize("attention", ["softmax", "tanh"])
def test_half_precision_gives_finite_numbers_and_gradients_close_to_those_of_single(attention):
    x, model = batch(4, frames=60), build(attention=attention).train()
    hidden = some_hidden(4, 10, 3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = model(x, hidden)
    half.float().square().sum().backward()
    assert half.isfinite().all()
    assert all(p.grad.isfinite().all() for p in model.parameters())
    torch.testing.assert_close(half.float(), model(x, hidden), atol=0.1, rtol=0.1)


def test_the_same_generator_builds_the_same_network_and_another_another():
    one, same, other = (STTFormer(4, 5, SMALL, seeded(s)).state_dict() for s in (0, 0, 1))
    assert all(torch.equal(one[k], same[k]) for k in one)
    assert not torch.equal(one["stem.0.weight"], other["stem.0.weight"])


def test_building_a_network_draws_nothing_from_the_global_generator():
    before = torch.get_rng_state()
    build()
    assert torch.equal(torch.get_rng_state(), before)


def test_nano_learns_sixteen_clips_of_two_actions_by_heart():
    clips = synthetic.make(16, classes=["wave", "kick"], frames=24)
    x = clips.batch(torch.arange(16), frames=24)
    model = STTFormer(2, 25, generator=seeded()).train()
    optimizer = torch.optim.AdamW(model.parameters(), 3e-3)
    for _ in range(12):
        loss = torch.nn.functional.cross_entropy(model(x), clips.labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.1
    assert (model(x).argmax(1) == clips.labels).all()


# -- errors -----------------------------------------------------------------------------------------------


def test_clips_that_do_not_fit_are_refused_with_both_numbers():
    model = build()
    with pytest.raises(ValueError, match="25 frames are not a whole number of tuples of 6; resize"):
        model(batch(frames=25))
    with pytest.raises(
        ValueError, match="the batch has 20 joints, this network was built for 5; build one with joints=20"
    ):
        model(batch(joints=20))
    with pytest.raises(ValueError, match="the batch has 2 channels, this network was built for 3"):
        model(batch()[:, :2])
    with pytest.raises(ValueError, match="the clips keep 1 to 3 tuples; hide equally many"):
        model(batch(2), torch.tensor([[True, True, True, False], [False, True, False, False]]))
    with pytest.raises(ValueError, match="the clips keep 0 to 0 tuples"):
        model(batch(2), torch.ones(2, 4, dtype=torch.bool))


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="no size 'huge'; known: nano, tiny, base"):
        build("huge")
    with pytest.raises(ValueError, match="attention='relu': expected 'softmax' or 'tanh'"):
        build(attention="relu")
    with pytest.raises(ValueError, match=r"generator=torch.Generator"):
        STTFormer(4, 5)
