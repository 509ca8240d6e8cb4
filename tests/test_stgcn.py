import pytest
import torch
import torch.nn.functional as F
from helpers import batch, seeded

from skelkit.deploy.folded_stgcn import FoldedSTGCN
from skelkit.models import GRAPH_SIZES, STGCN, GraphSize, macs, parameters
from skelkit.models.persons import tracks
from skelkit.models.stgcn import kept_joints, spread_over_graph, subgraph
from skelkit.skeletons.layouts import KINECT20, NTU25
from skelkit.skeletons.skeleton import Skeleton

SMALL = GraphSize(((6, 2), (8, 1)), kernel=3)
TINY = Skeleton("tiny", list("abcde"), [("a", "b"), ("b", "c"), ("c", "d"), ("b", "e")], root="b")


def worn(module, seed=1):
    """The module as if trained: every parameter and running statistic is some number, variances positive."""
    generator = seeded(seed)
    for name, value in [*module.named_parameters(), *module.named_buffers()]:
        if value.is_floating_point() and name != "graph":
            new = torch.randn(value.shape, generator=generator) * 0.4
            value.data.copy_(new.abs() + 0.5 if "var" in name else new)
    return module.eval()


def slow(network, x, kept):
    """Tokens of the network one person, joint and edge at a time, of the joints `kept`, written from the
    equations."""
    clips, _, frames, _, persons = x.shape
    answers = []
    for n in range(clips):
        people = []
        for m in range(persons):
            v = x[n, :, :, :, m]  # [C, T, V]
            if not v.any():
                continue
            norm = network.norm
            h = torch.empty(3, frames, len(kept))
            for c in range(3):
                for i, j in enumerate(kept):
                    k = j * 3 + c
                    h[c, :, i] = (v[c, :, j] - norm.running_mean[k]) / (
                        norm.running_var[k] + norm.eps
                    ).sqrt() * norm.weight[k] + norm.bias[k]
            for block in network.blocks:
                h = slow_block(block, h, network.graph, kept)
            people.append(h.mean(2).T)  # [T', D]
        answers.append(torch.stack(people).mean(0))
    return torch.stack(answers)


def slow_block(block, h, graph, kept):
    weight = block.over_graph[0].weight[:, :, 0, 0]
    (width, _), channels, frames = weight.shape, h.shape[0], h.shape[1]
    y = torch.zeros(width, frames, len(kept))
    for j_at, j in enumerate(kept):
        for k in range(3):
            for i_at, i in enumerate(kept):
                edge = graph[k, i, j] * (block.edges[k, i, j] if block.edges is not None else 1)
                y[:, :, j_at] += edge * weight[:, k * channels : (k + 1) * channels] @ h[:, :, i_at]
    y = F.relu(normal(block.over_graph[1], y))
    y = normal(
        block.norm,
        F.conv1d(
            y.permute(2, 0, 1),
            block.along_time.weight[:, :, 0],
            padding=block.along_time.padding[1],
            stride=block.stride,
        ).permute(1, 2, 0),
    )
    short = h[:, :: block.stride]
    if isinstance(block.residual, torch.nn.Sequential):
        short = normal(
            block.residual[1], torch.einsum("oc,ctv->otv", block.residual[0].weight[:, :, 0, 0], short)
        )
    return F.relu(y + short)


def normal(norm, y):
    def shaped(v):
        return v[:, None, None]

    return (y - shaped(norm.running_mean)) / shaped((norm.running_var + norm.eps).sqrt()) * shaped(
        norm.weight
    ) + shaped(norm.bias)


@pytest.mark.parametrize("edges", [True, False])
@pytest.mark.parametrize("hidden", [(), (1,), (0, 4)])
def test_the_network_is_what_the_equations_say_also_without_some_joints(hidden, edges):
    network = worn(STGCN(TINY, GraphSize(SMALL.blocks, 3, edges=edges), seeded()))
    x = batch(frames=12)
    x[1, ..., 1] = 0
    mask = torch.tensor([j in hidden for j in range(5)])
    kept = [j for j in range(5) if j not in hidden]
    with torch.no_grad():
        assert torch.allclose(network.tokens(x, mask), slow(network, x, kept), atol=1e-4)


def test_a_mask_a_clip_gives_each_clip_what_that_mask_gives_it_alone():
    network, x = worn(STGCN(TINY, SMALL, seeded())), batch(4, frames=12)
    masks = torch.tensor([[1, 1, 0, 0, 0], [0, 0, 0, 1, 1], [0, 1, 0, 1, 0], [1, 0, 0, 0, 1]]).bool()
    with torch.no_grad():
        alone = torch.cat([network.features(x[i : i + 1], mask) for i, mask in enumerate(masks)])
        assert torch.allclose(network.features(x, masks), alone, atol=1e-5)


def test_what_a_removed_joint_does_changes_nothing():
    network, x = worn(STGCN(TINY, SMALL, seeded())), batch(frames=12)
    other, mask = x.clone(), torch.tensor([False, False, True, False, True])
    other[:, :, :, mask] = torch.randn(3, 3, 12, 2, 2, generator=seeded(5))
    with torch.no_grad():
        assert torch.equal(network.features(x, mask), network.features(other, mask))
        assert not torch.allclose(network.features(x), network.features(other))


def test_removed_joints_cost_nothing():
    network, x = STGCN(NTU25, "laptop", seeded()), torch.rand(1, 3, 50, 25, 1)
    share = macs(network, x, hidden=torch.arange(25) < 10) / macs(network, x)
    assert 0.5 < share < 0.6  # 15 of 25 joints, and fewer edges between them


def test_an_absent_person_neither_costs_nor_changes_anything():
    network, x = worn(STGCN(TINY, SMALL, seeded())), batch(frames=12, persons=1)
    two = torch.cat([x, torch.zeros_like(x)], -1)
    with torch.no_grad():
        assert torch.equal(network.features(x), network.features(two))
    assert macs(network, x) == macs(network, two)


def test_two_persons_may_change_places():
    network, x = worn(STGCN(TINY, SMALL, seeded())), batch(frames=12)
    with torch.no_grad():
        assert torch.allclose(network.features(x), network.features(x.flip(-1)), atol=1e-5)


def test_a_batch_without_anybody_has_features_of_zero():
    network = STGCN(TINY, SMALL, seeded())
    assert not network.features(torch.zeros(2, 3, 12, 5, 2)).any()


def test_sizes_are_those_that_are_printed():
    found = {name: parameters(STGCN(NTU25, name, seeded())) for name in GRAPH_SIZES}
    assert found["paper"] == 818_932  # the published 0.82 M
    assert found["student"] < found["laptop"] / 5
    assert macs(STGCN(NTU25, "laptop", seeded()), torch.rand(1, 3, 50, 25, 1)) < 30e6


def test_first_weights_come_from_the_generator_alone():
    torch.manual_seed(1)
    first = STGCN(TINY, SMALL, seeded())
    torch.manual_seed(2)
    second = STGCN(TINY, SMALL, seeded())
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_spreading_over_a_graph_sums_over_edges():
    x, graph = torch.randn(2, 4, 5, 3, generator=seeded()), torch.randn(1, 3, 5, 5, generator=seeded(1))
    expected = torch.einsum("pcit,kij->pkcjt", x, graph[0]).flatten(1, 2)
    assert torch.allclose(
        spread_over_graph(x.contiguous(memory_format=torch.channels_last), graph), expected, atol=1e-5
    )
    each = graph.expand(2, -1, -1, -1) * torch.tensor([1.0, 2.0])[:, None, None, None]
    assert torch.allclose(spread_over_graph(x, each)[1], 2 * expected[1], atol=1e-5)


def test_rows_and_columns_of_removed_joints_leave_the_graph():
    graph = NTU25.partition
    kept = kept_joints(torch.arange(25) < 20, 25)
    assert torch.equal(subgraph(graph, kept)[0], graph[:, 20:, 20:])


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (torch.ones(5, dtype=torch.bool), "hides all 5 joints"),
        (torch.tensor([[0, 0, 0, 0, 1], [0, 0, 0, 1, 1]]).bool(), "keep 3 to 4 joints"),
        (torch.zeros(4, dtype=torch.bool), "a mask of 4 joints for 5"),
    ],
)
def test_a_mask_that_cannot_be_is_refused(mask, message):
    with pytest.raises(ValueError, match=message):
        STGCN(TINY, SMALL, seeded()).features(batch(2, frames=12), mask)


def test_clips_of_another_skeleton_are_refused():
    with pytest.raises(ValueError, match="25 joints, the Kinect v1-20 skeleton has 20"):
        STGCN(KINECT20, SMALL, seeded()).features(batch(frames=12, joints=25))
    with pytest.raises(ValueError, match="no size 'huge'; known: paper"):
        STGCN(KINECT20, "huge", seeded())


@pytest.mark.parametrize("size", ["student", SMALL, GraphSize(((6, 1), (6, 1), (8, 2)), edges=False)])
def test_the_frozen_network_gives_the_same_feature_maps(size):
    network = worn(STGCN(TINY, size, seeded()))
    for frames in (20, 21, 2):
        people = tracks(batch(frames=frames))
        expected = network.encode(people).detach().transpose(2, 3)
        assert torch.allclose(
            FoldedSTGCN(network)(people.poses), expected, rtol=1e-4, atol=1e-5 * float(expected.abs().max())
        )
