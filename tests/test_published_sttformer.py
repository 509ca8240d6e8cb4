"""STTFormer as published, against the formulas written out with loops and einsum in float64."""

import math

import pytest
import torch
from helpers import batch, seeded

from skelkit.continual.learning import build_learner
from skelkit.continual.presets import settings
from skelkit.data import synthetic
from skelkit.data.tasks import split_into_tasks
from skelkit.models import SIZES, MaskedAutoencoder, Size, STTFormer
from skelkit.models.autoencoder import draw_hidden
from skelkit.models.block import Attention, Block
from skelkit.training.inputs import PreparedClips

SMALL, DECODER = Size(((4, 4, 2), (4, 6, 3)), heads=2), ((6, 4, 2),)
CLOSE = {"rtol": 1e-5, "atol": 1e-5}


# -- the formulas -----------------------------------------------------------------------------------------


def leaky(v):
    return torch.where(v > 0, v, 0.1 * v)


def normalised(layer, y):
    """Batch norm of [P, C, T, V] with the statistics of the batch."""
    out = torch.empty_like(y)
    for c in range(y.shape[1]):
        values = y[:, c]
        mean = values.mean()
        variance = ((values - mean) ** 2).mean()
        out[:, c] = (values - mean) / (variance + layer.eps).sqrt() * layer.weight[c] + layer.bias[c]
    return out


def convolved(layer, x):
    """Sum over channels and over the kernel, whose middle is at the output; zeros outside."""
    weight = layer.weight
    rows, columns = weight.shape[2:]
    padded = torch.nn.functional.pad(x, (columns // 2, columns // 2, rows // 2, rows // 2))
    tuples, tokens = x.shape[2:]
    out = sum(
        torch.einsum("oc,pctv->potv", weight[:, :, i, j], padded[:, :, i : i + tuples, j : j + tokens])
        for i in range(rows)
        for j in range(columns)
    )
    return out if layer.bias is None else out + layer.bias[:, None, None]


def conv_and_norm(layer, x):
    return x if isinstance(layer, torch.nn.Identity) else normalised(layer[1], convolved(layer[0], x))


def code(tokens, channels):
    """sin(v / 10000^(2i / channels)) in channel 2i, its cosine in channel 2i + 1, [C, 1, V']."""
    values = torch.zeros(channels, 1, tokens, dtype=torch.float64)
    for v in range(tokens):
        for c in range(channels):
            angle = v / 10000 ** ((c - c % 2) / channels)
            values[c, 0, v] = math.cos(angle) if c % 2 else math.sin(angle)
    return values


def published_weights(block, x, kind):
    """a[p, h, u, v], weight of token u in output token v."""
    heads = block.heads
    if kind == "tanh":
        x = x + code(x.shape[3], x.shape[1])
    both = convolved(block.queries_keys, x)
    d = both.shape[1] // (2 * heads)
    q, k = both.unflatten(1, (2, heads, d)).unbind(1)  # [P, h, d, T', V']
    s = torch.einsum("phdtu,phdtv->phuv", q, k) / (d * x.shape[2])
    if kind == "tanh":
        return block.scale * s.tanh() + block.map
    e = (block.scale * s).exp()
    return e / e.sum(3, keepdim=True)  # over v


def published_block(block, x, kind):
    a = published_weights(block, x, kind)
    y = torch.einsum("phuv,pctu->phctv", a, x).flatten(1, 2)
    residual = conv_and_norm(block.residual, x)
    y = leaky(conv_and_norm(block.mix, y) + residual)
    y = leaky(conv_and_norm(block.widen, y) + residual)
    return leaky(conv_and_norm(block.along_time, y) + conv_and_norm(block.time_residual, y))


def tokens_of(poses):
    """[P, C, T, V] -> [P, C, T', 6 V]"""
    people, channels, frames, joints = poses.shape
    return poses.reshape(people, channels, frames // 6, 6 * joints)


def published_tokens(model, poses, kept, kind):
    """Stem on all tuples, then the position code, then hidden tuples are dropped, then the blocks."""
    x = leaky(conv_and_norm(model.stem, tokens_of(poses)))
    if kind == "softmax":
        x = x + code(x.shape[3], x.shape[1])
    x = torch.stack([x[p][:, row] for p, row in enumerate(kept)])
    for block in model.blocks:
        x = published_block(block, x, kind)
    return x


def published_reconstruction(model, tokens, kept, tuples, kind):
    decoder = model.decoder
    x = decoder.token[None, :, None, None].repeat(len(tokens), 1, tuples, tokens.shape[3])
    for p, row in enumerate(kept):
        x[p][:, row] = tokens[p]
    if kind == "softmax":
        x = x + code(x.shape[3], x.shape[1])
    for block in decoder.blocks:
        x = published_block(block, x, kind)
    y = convolved(decoder.out, x)
    return y.reshape(len(y), y.shape[1], tuples * 6, -1)


# -- the networks -----------------------------------------------------------------------------------------


def learnt(module, seed=1):
    """The module in float64, in training mode, with weights as if trained."""
    generator = seeded(seed)
    for value in module.parameters():
        value.data.copy_(torch.randn(value.shape, generator=generator) * 0.4)
    return module.double().train()


def published_autoencoder(kind="softmax"):
    encoder = STTFormer(4, 5, SMALL, seeded(), attention=kind, stem="all")
    return learnt(MaskedAutoencoder(encoder, seeded(), DECODER))


def all_present(clips=3, frames=24):
    return batch(clips, frames, joints=5, persons=1).double()


@pytest.mark.parametrize("kind", ["softmax", "tanh"])
@pytest.mark.parametrize("c_out", [4, 6])
def test_a_published_block_agrees_with_its_formula(kind, c_out):
    attention = Attention(kind, softmax_over="outputs", scale=1.0)
    block = learnt(Block(4, c_out, 3, heads=2, attention=attention, tokens=7))
    x = torch.randn(3, 4, 5, 7, generator=seeded(), dtype=torch.float64) * 2
    torch.testing.assert_close(block(x), published_block(block, x, kind), **CLOSE)


@pytest.mark.parametrize("kind", ["softmax", "tanh"])
def test_published_masked_training_agrees_with_the_formulas_from_clip_to_loss(kind):
    model, x = published_autoencoder(kind), all_present()
    out = model(x, 0.5, seeded(3))
    kept = [row.nonzero().flatten() for row in ~draw_hidden(x, 0.5, seeded(3))]
    poses = x[..., 0]
    tokens = published_tokens(model.encoder, poses, kept, kind)
    features = tokens.mean((2, 3)) + model.encoder.absent
    logits = features @ model.classifier.weight.T + model.classifier.bias
    loss = (published_reconstruction(model, tokens, kept, 4, kind) - poses).square().mean()
    torch.testing.assert_close(out.logits, logits, **CLOSE)
    torch.testing.assert_close(out.loss, loss, **CLOSE)


def test_what_a_published_token_gives_to_all_outputs_adds_up_to_one():
    block = learnt(Block(4, 4, 3, attention=Attention(softmax_over="outputs")))
    maps = block.maps(torch.randn(2, 4, 5, 12, generator=seeded(), dtype=torch.float64))  # row: output
    torch.testing.assert_close(maps.sum(2), torch.ones(2, 3, 12, dtype=torch.float64))
    assert (maps.sum(3) - 1).abs().max() > 0.01


def test_axis_and_scale_of_the_softmax_can_be_chosen_independently():
    x = torch.randn(2, 4, 5, 12, generator=seeded())
    maps = {}
    for over in ("inputs", "outputs"):
        for scale in (10.0, 1.0):
            block = Block(4, 4, 3, attention=Attention(softmax_over=over, scale=scale))
            assert block.scale.unique().tolist() == [scale]
            for p in (block.queries_keys.weight, block.queries_keys.bias):
                p.data.copy_(torch.randn(p.shape, generator=seeded(2)) * 0.5)
            maps[over, scale] = block.maps(x)
    for scale in (10.0, 1.0):
        torch.testing.assert_close(maps["inputs", scale], maps["outputs", scale].transpose(2, 3))
    torch.testing.assert_close(  # ten times the logarithms, up to the sum over the row
        (10 * maps["inputs", 1.0].log()).softmax(3), maps["inputs", 10.0], rtol=1e-4, atol=1e-6
    )


def test_at_first_attention_is_nearly_even_and_at_a_larger_scale_it_is_not():
    """Entropy of each token's weights, as a share of that of even ones."""
    x = PreparedClips(synthetic.make(16), 36)[torch.arange(16)]
    shares = {}
    for scale in (10.0, 1.0):
        model, inputs = STTFormer(4, 25, "nano", seeded(), attention_scale=scale).train(), []
        for block in model.blocks:
            block.register_forward_pre_hook(lambda _, given, kept=inputs: kept.append(given[0].clone()))
        with torch.no_grad():
            model(x)
            maps = [block.maps(tokens) for block, tokens in zip(model.blocks, inputs, strict=True)]
        shares[scale] = [float(torch.special.entr(a).sum(3).mean()) / math.log(150) for a in maps]
    assert max(shares[10.0]) < 0.65
    assert min(shares[1.0]) > 0.85


def test_the_original_sttformer_starts_with_an_even_map_and_a_factor_of_one():
    model = STTFormer(4, 5, SMALL, seeded(), attention="tanh")
    for block in model.blocks:
        assert block.scale.unique().tolist() == [1.0]
        torch.testing.assert_close(block.map, torch.full((2, 30, 30), 1 / 30))


@pytest.mark.parametrize(("stem", "seen"), [("all", 4), ("visible", 2)])
def test_the_stems_batch_norm_averages_over_hidden_tuples_only_as_published(stem, seen):
    model = learnt(STTFormer(4, 5, SMALL, seeded(), stem=stem))
    x, hidden = all_present(), torch.tensor([[True, False, True, False]] * 3)
    model(x, hidden)
    poses = x[..., 0].unflatten(2, (4, 6))
    seen_poses = poses if seen == 4 else poses[:, :, [1, 3]]
    mean = torch.einsum("oc,pctkv->potkv", model.stem[0].weight[:, :, 0, 0], seen_poses).mean((0, 2, 3, 4))
    torch.testing.assert_close(model.stem[1].running_mean, 0.1 * mean)


def test_in_evaluation_it_does_not_matter_when_tuples_are_dropped():
    x, hidden = all_present(), torch.tensor([[True, False, True, False]] * 3)
    one, other = (learnt(STTFormer(4, 5, SMALL, seeded(), stem=s)).eval() for s in ("all", "visible"))
    torch.testing.assert_close(one(x, hidden), other(x, hidden))


def test_published_networks_take_gradients_in_half_precision():
    x, model = batch(4, frames=60), STTFormer(4, 5, SMALL, seeded(), stem="all")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = model(x)
    half.float().square().sum().backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())
    torch.testing.assert_close(half.float(), model(x), atol=0.1, rtol=0.1)


# -- settings ---------------------------------------------------------------------------------------------


def test_learners_build_the_network_that_the_settings_describe(toy, small):
    scenario = split_into_tasks(toy(4, 6), toy(4, 2), 2)
    for name in ("fine-tuning", "charon"):
        s = settings("smoke", size="small", attention_scale=2.0, softmax_over="inputs", stem="all")
        network = build_learner(name, scenario, s, "10 clips", seeded()).network
        encoder = network.encoder if name == "charon" else network
        blocks = [*encoder.blocks, *(network.decoder.blocks if name == "charon" else ())]
        assert all(block.attention == Attention("softmax", "inputs", 2.0) for block in blocks)
        assert all(block.scale.unique().tolist() == [2.0] for block in blocks)
        assert encoder.stem_input == "all"


def test_every_preset_has_the_published_attention_and_paper_the_published_stem_too():
    for name in ("smoke", "laptop", "gpu", "paper"):
        s = settings(name)
        assert (s.softmax_over, s.attention_scale) == ("outputs", 1.0)
        assert s.stem == ("all" if name == "paper" else "visible")
        assert s.size in SIZES


def test_choices_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="softmax_over='tokens': expected 'inputs' or 'outputs'"):
        STTFormer(4, 5, SMALL, seeded(), softmax_over="tokens")
    with pytest.raises(ValueError, match="stem='none': expected 'visible' or 'all'"):
        STTFormer(4, 5, SMALL, seeded(), stem="none")
    with pytest.raises(ValueError, match="attention_scale='large': expected a number"):
        settings("laptop", attention_scale="large")
