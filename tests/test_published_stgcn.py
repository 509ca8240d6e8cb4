"""PSTL's ST-GCN as published, against the formulas written out with loops and einsum in float64."""

import pytest
import torch
from helpers import batch, seeded

from skelkit.deploy.folded_stgcn import FoldedSTGCN
from skelkit.models import GRAPH_SIZES, STGCN, Classifier, GraphSize, parameters
from skelkit.models.partition import partition
from skelkit.models.persons import tracks
from skelkit.skeletons.layouts import KINECT20, NTU25
from skelkit.skeletons.skeleton import Skeleton

TREE = Skeleton("tree", list("abcde"), [("a", "b"), ("b", "c"), ("c", "d"), ("b", "e")], root="b")
SMALL = GraphSize(((4, 1), (6, 2), (6, 1)), kernel=3, partition="one_hop", plain_start=True, graph_bias=True)


# -- the partition ----------------------------------------------------------------------------------------


def published_partition(skeleton):
    """Subset of every edge from its distances to the centre, of which those above 1 are infinite."""
    joints, inf = len(skeleton), float("inf")
    neighbours = [{i} for i in range(joints)]
    for a, b in skeleton.edges:
        neighbours[a].add(b)
        neighbours[b].add(a)
    centre = skeleton.index(skeleton.root)
    distance = [0 if i == centre else 1 if i in neighbours[centre] else inf for i in range(joints)]
    subsets = torch.zeros(3, joints, joints)
    for j in range(joints):
        for i in neighbours[j]:
            weight = 1 / len(neighbours[j])
            if i == j:
                subsets[0, i, j] = weight
            elif distance[i] < distance[j]:
                subsets[1, i, j] = weight
            else:
                subsets[2, i, j] = weight
    return subsets


@pytest.mark.parametrize("skeleton", [NTU25, KINECT20, TREE], ids=lambda s: s.name)
def test_the_published_partition_counts_hops_to_one_only(skeleton):
    assert torch.equal(partition(skeleton, "one_hop"), published_partition(skeleton))
    assert torch.equal(partition(skeleton, "distance"), skeleton.partition)


def test_forty_of_the_48_edges_of_ntu_fall_into_one_published_subset():
    assert NTU25.joints[20] == NTU25.root  # PSTL's centre, joint 21
    assert [(subset > 0).sum().item() for subset in partition(NTU25, "one_hop")] == [25, 8, 40]
    assert [(subset > 0).sum().item() for subset in partition(NTU25, "distance")] == [25, 24, 24]


def test_both_partitions_have_the_same_edges_and_leave_the_skeleton_as_it_is():
    before = NTU25.partition
    torch.testing.assert_close(partition(NTU25, "one_hop").sum(0), before.sum(0))
    assert torch.equal(NTU25.partition, before)


# -- the network ------------------------------------------------------------------------------------------


def learnt(module, seed=1):
    """The module in float64 and training mode, with weights as if trained."""
    generator = seeded(seed)
    for value in module.parameters():
        value.data.copy_(torch.randn(value.shape, generator=generator) * 0.4)
    return module.double().train()


def normalised(layer, y, axes):
    """Batch norm with the statistics of the batch; channels are the axis that is not in `axes`."""
    mean = y.mean(axes, keepdim=True)
    variance = ((y - mean) ** 2).mean(axes, keepdim=True)
    shape = mean.shape
    return (y - mean) / (variance + layer.eps).sqrt() * layer.weight.reshape(shape) + layer.bias.reshape(
        shape
    )


def published_features(network, x, hidden):
    """Features of clips of one person [N, 3, T, V, 1], written from the published block."""
    kept = [j for j in range(x.shape[3]) if j not in hidden]
    rows = x[..., 0].permute(0, 3, 1, 2).flatten(1, 2)  # [N, V C, T]
    h = normalised(network.norm, rows, (0, 2)).unflatten(1, (-1, 3)).permute(0, 2, 3, 1)[..., kept]
    graph = published_partition(network.skeleton).double()
    for i, block in enumerate(network.blocks):
        edges = (graph * block.edges)[:, kept][:, :, kept]
        weight = block.over_graph[0].weight[:, :, 0, 0].unflatten(1, (3, -1))  # [c_out, 3, c_in]
        each = torch.einsum("okc,nctv->nkotv", weight, h) + block.bias[:, :, None, None]
        y = torch.einsum("nkotv,kvw->notw", each, edges)
        y = normalised(block.over_graph[1], y, (0, 2, 3)).clamp_min(0)
        pad = block.along_time.kernel_size[1] // 2
        padded = torch.nn.functional.pad(y, (0, 0, pad, pad))
        kernel = block.along_time.weight[:, :, 0]
        y = sum(
            torch.einsum("oc,nctv->notv", kernel[:, :, t], padded[:, :, t : t + y.shape[2]])
            for t in range(kernel.shape[2])
        )[:, :, :: block.stride]
        y = normalised(block.norm, y, (0, 2, 3))
        if i == 0:
            h = y.clamp_min(0)
            continue
        short = h[:, :, :: block.stride]
        if isinstance(block.residual, torch.nn.Sequential):
            projected = torch.einsum("oc,nctv->notv", block.residual[0].weight[:, :, 0, 0], short)
            short = normalised(block.residual[1], projected, (0, 2, 3))
        h = (y + short).clamp_min(0)
    return h.mean((2, 3))


@pytest.mark.parametrize("hidden", [(), (1,), (0, 4)])
def test_the_published_network_agrees_with_its_formulas_also_without_some_joints(hidden):
    network, x = learnt(STGCN(TREE, SMALL, seeded())), batch(4, 12, persons=1).double()
    mask = torch.tensor([j in hidden for j in range(5)])
    expected = published_features(network, x, hidden)
    torch.testing.assert_close(network.features(x, mask), expected, rtol=1e-5, atol=1e-5)


def test_joints_may_be_removed_per_clip_from_the_published_network():
    network = learnt(STGCN(TREE, SMALL, seeded())).eval()
    x = batch(2, 12, persons=1).double()
    mask = torch.tensor([[True, False, False, False, False], [False, False, False, True, False]])
    alone = torch.cat([network.features(x[i : i + 1], mask[i]) for i in range(2)])
    torch.testing.assert_close(network.features(x, mask), alone)


def test_the_published_size_is_that_of_pstls_code():
    network = STGCN(NTU25, "published", seeded())
    assert network.size.blocks == GRAPH_SIZES["paper"].blocks
    assert [block.dropout.p if i else 0 for i, block in enumerate(network.blocks)] == [0] + [0.5] * 9
    assert network.blocks[0].residual is None
    assert isinstance(network.blocks[0].dropout, torch.nn.Identity)
    assert all(block.residual is not None for block in network.blocks[1:])
    first_residual, biases = 3 * 16 + 2 * 16, 3 * (4 * 16 + 3 * 32 + 2 * 64 + 256)
    assert parameters(network) == parameters(STGCN(NTU25, "paper", seeded())) - first_residual + biases


def test_gradients_reach_every_part_of_the_published_network():
    network, x = STGCN(TREE, SMALL, seeded()), batch(4, 12)
    (network.features(x) * torch.randn(4, 6, generator=seeded(3))).sum().backward()
    used = partition(TREE, "one_hop") > 0
    for name, p in network.named_parameters():
        assert p.grad[used].abs().max() > 0 if name.endswith("edges") else p.grad.abs().max() > 0


def test_the_published_network_can_be_folded_and_saved(tmp_path):
    network = STGCN(TREE, SMALL, seeded(), classes=2)
    for _ in range(2):
        network.train()(batch(4, 12))
    for block in network.blocks:
        block.bias.data.normal_(generator=seeded(4))
    people = tracks(batch(frames=12))
    expected = network.eval().encode(people).detach().transpose(2, 3)
    torch.testing.assert_close(FoldedSTGCN(network)(people.poses), expected, rtol=1e-4, atol=1e-4)
    model = Classifier(network, None, ["a", "b"], frames=12, fps=30, seconds=1)
    again = Classifier.load(model.save(tmp_path / "model"))
    assert again.encoder.size == SMALL
    torch.testing.assert_close(again(batch(frames=12)), model.eval()(batch(frames=12)))


def test_another_partition_is_refused():
    with pytest.raises(ValueError, match="partition='none': expected 'distance' or 'one_hop'"):
        STGCN(TREE, GraphSize(((4, 1),), partition="none"), seeded())
