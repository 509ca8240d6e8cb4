import os

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from helpers import seeded

from skelkit.models import Alignment, Projector, parameters
from skelkit.selfsup.objectives.barlow_twins import (
    barlow_twins,
    cross_correlation,
    effective_rank,
    invariance_loss,
    redundancy_reduction_loss,
)


def features(n=16, d=5, seed=0):
    return torch.randn(n, d, generator=seeded(seed))


def slow(a, b, redundancy):
    """The loss, one entry of the matrix at a time."""
    total = 0.0
    for i in range(a.shape[1]):
        for j in range(b.shape[1]):
            x, y = a[:, i].double(), b[:, j].double()
            c = ((x - x.mean()) * (y - y.mean())).mean() / (
                (x.var(correction=0) + 1e-5) * (y.var(correction=0) + 1e-5)
            ).sqrt()
            total += (1 - c) ** 2 if i == j else redundancy * c**2
    return float(total)


def test_the_loss_is_what_the_equation_says():
    a, b = features(), features(seed=1)
    assert float(barlow_twins(a, b, 0.3)) == pytest.approx(slow(a, b, 0.3), rel=1e-5)


def test_the_loss_is_the_weighted_sum_of_its_two_terms():
    a, b = features(), features(seed=1)
    c = cross_correlation(a, b)
    off_diagonal = c[~torch.eye(5, dtype=torch.bool)]
    invariance, reduction = invariance_loss(c.diagonal()), redundancy_reduction_loss(c, c.diagonal())
    assert float(invariance) == pytest.approx(float((c.diagonal() - 1).square().sum()), rel=1e-5)
    assert float(reduction) == pytest.approx(float(off_diagonal.square().sum()), rel=1e-5)
    assert torch.equal(barlow_twins(a, b, 0.3), invariance + 0.3 * reduction)


def test_neither_scale_nor_shift_nor_order_of_clips_nor_order_of_views_matters():
    a, b = features() * 3, features(seed=1) * 2
    loss = barlow_twins(a, b, 0.1)
    order = torch.randperm(16, generator=seeded(2))
    for other in (
        barlow_twins(a * 5 + 7, b, 0.1),
        barlow_twins(a[order], b[order], 0.1),
        barlow_twins(b, a, 0.1),
    ):
        assert float(other) == pytest.approx(float(loss), rel=1e-4)


def test_the_loss_of_equal_views_with_uncorrelated_features_is_zero():
    z = torch.tensor([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])
    assert float(barlow_twins(z, z, 1.0)) < 1e-6


def test_constant_and_repeated_features_have_a_loss():
    constant, copied = torch.ones(16, 5), features()[:, :1].expand(-1, 5)
    assert float(barlow_twins(constant, constant, 0.1)) == pytest.approx(5, abs=1e-3)
    assert float(barlow_twins(copied, copied, 0.1)) == pytest.approx(0.1 * 20, abs=1e-2)


def test_a_batch_of_one_is_refused():
    with pytest.raises(ValueError, match=r"a batch of 1: .* needs at least 2"):
        cross_correlation(features(1), features(1))


def _process(rank, world, file, result):
    dist.init_process_group("gloo", init_method=f"file://{file}", rank=rank, world_size=world)
    a, b = features().tensor_split(world)[rank].requires_grad_(), features(seed=1).tensor_split(world)[rank]
    weight = torch.eye(5, requires_grad=True)
    loss = barlow_twins(a @ weight, b @ weight, 0.1)
    loss.backward()
    dist.all_reduce(weight.grad)
    torch.save(
        {"loss": loss.detach(), "weight": weight.grad / world, "a": a.grad / world}, f"{result}-{rank}"
    )
    dist.destroy_process_group()


def test_two_processes_have_the_loss_and_the_gradients_of_one(tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, "GLOO_SOCKET_IFNAME", "lo")
    mp.spawn(_process, (2, tmp_path / "meeting", tmp_path / "result"), nprocs=2)
    a, b, weight = features().requires_grad_(), features(seed=1), torch.eye(5, requires_grad=True)
    loss = barlow_twins(a @ weight, b @ weight, 0.1)
    loss.backward()
    for rank in range(2):
        found = torch.load(tmp_path / f"result-{rank}", weights_only=True)
        assert found["loss"].item() == pytest.approx(loss.item(), rel=1e-6)
        assert torch.allclose(found["weight"], weight.grad, atol=1e-5)
        assert torch.allclose(found["a"], a.grad.tensor_split(2)[rank], atol=1e-6)


def test_effective_rank_counts_directions():
    z = torch.zeros(64, 6)
    z[:, :3] = torch.linalg.qr(features(64, 3) - features(64, 3).mean(0)).Q
    assert effective_rank(z) == pytest.approx(3, abs=0.05)
    assert not effective_rank(torch.ones(8, 6)) >= 1.5  # not a number, or 1


def test_the_published_head_has_77_million_parameters():
    with torch.device("meta"):
        assert (
            76e6
            < sum(
                p.numel()
                for p in torch.nn.Sequential(
                    torch.nn.Linear(256, 6144), torch.nn.Linear(6144, 6144), torch.nn.Linear(6144, 6144)
                ).parameters()
            )
            < 78e6
        )
    small = Projector(64, 256, 2, torch.Generator())
    assert parameters(small) == 64 * 256 + 2 * 256 + 256 * 256


# -- alignment ---------------------------------------------------------------------------------------------


def tokens(seed):
    return torch.randn(3, 7, 8, generator=seeded(seed))


def moved(seed=0):
    """An alignment with random weights."""
    alignment = Alignment(8, heads=2, generator=seeded(seed))
    for p in alignment.parameters():
        p.data = torch.randn(p.shape, generator=seeded(p.numel()))
    return alignment


def slow_attention(attention, asks, answers):
    """Multi-head attention of one clip, [S, D] each, head by head."""
    width, heads = asks.shape[1], attention.num_heads
    q, k, v = (
        x @ w.T + b
        for x, w, b in zip(
            (asks, answers, answers),
            attention.in_proj_weight.split(width),
            attention.in_proj_bias.split(width),
            strict=True,
        )
    )
    parts = []
    for h in range(heads):
        mine = slice(h * width // heads, (h + 1) * width // heads)
        scores = (q[:, mine] @ k[:, mine].T / (width // heads) ** 0.5).softmax(1)
        parts.append(scores @ v[:, mine])
    return torch.cat(parts, 1) @ attention.out_proj.weight.T + attention.out_proj.bias


def test_alignment_is_attention_in_both_directions_with_a_residual():
    alignment, f, g = moved(), tokens(0), tokens(1)
    with torch.no_grad():
        found = alignment(f, g)
        for n in range(3):
            mine = alignment.norms[0](f[n] + slow_attention(alignment.asks[0], f[n], g[n])).mean(0)
            theirs = alignment.norms[1](g[n] + slow_attention(alignment.asks[1], g[n], f[n])).mean(0)
            assert torch.allclose(found[n], torch.cat([mine, theirs]), atol=1e-4)


def test_each_of_three_encoders_attends_to_both_others():
    alignment, three = (
        Alignment(8, 3, heads=2, generator=seeded()),
        [tokens(i) for i in range(3)],
    )
    alignment.asks[1].out_proj.weight.data.normal_(generator=seeded(1))
    with torch.no_grad():
        found = alignment(*three)[0, 8:16]
        answer = slow_attention(alignment.asks[1], three[1][0], torch.cat([three[0][0], three[2][0]]))
        assert torch.allclose(found, alignment.norms[1](three[1][0] + answer).mean(0), atol=1e-5)


def test_alignment_is_initially_the_concatenated_features():
    f, g = tokens(0), tokens(1)
    alignment = Alignment(8, heads=2, generator=seeded())
    expected = torch.cat([torch.nn.functional.layer_norm(v, (8,)).mean(1) for v in (f, g)], 1)
    assert torch.allclose(alignment(f, g), expected, atol=1e-6)


def test_between_single_vectors_attention_is_a_linear_map():
    """This is why f and g are several tokens."""
    attention, f, g = moved().asks[0], tokens(0)[:, :1], tokens(1)[:, :1]
    asked, _ = attention(f, g, g)
    other, _ = attention(torch.randn_like(f), g, g)
    assert torch.allclose(asked, other, atol=1e-5)


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(ValueError, match="3 heads do not divide 8 features"):
        Alignment(8, heads=3, generator=torch.Generator())
    with pytest.raises(ValueError, match="at least two encoders"):
        Alignment(8, 1, heads=2, generator=torch.Generator())
