import torch
from helpers import seeded
from torch import nn

from skelkit import models, sparsity
from skelkit.deploy.distillation import distill
from skelkit.skeletons.layouts import NTU25


def test_the_two_largest_of_every_four_weights_are_kept():
    weight = torch.randn(5, 3, 2, 4, generator=seeded())
    stay = sparsity.two_of_four(weight)
    for row, kept in zip(weight.flatten(1), stay.flatten(1), strict=True):
        for four, which in zip(row.split(4), kept.split(4), strict=True):
            assert which.sum() == 2
            assert four[which].abs().min() >= four[~which].abs().max()


def test_the_last_smaller_group_of_a_row_keeps_at_most_two():
    assert sparsity.two_of_four(
        torch.tensor([[1.0, 2, 3, 4, 5, 6, 7], [7.0, 6, 5, 4, 3, 2, 1]])
    ).tolist() == [
        [False, False, True, True, False, True, True],
        [True, True, False, False, True, True, False],
    ]


def test_half_of_the_weights_of_a_pruned_copy_are_zero_and_the_original_is_unchanged():
    network = models.STGCN(NTU25, "laptop", seeded(), classes=10)
    pruned = sparsity.prune(network)
    assert 0.49 < sparsity.density(pruned) < 0.53
    assert sparsity.density(network) == 1
    assert torch.equal(pruned.norm.weight, network.norm.weight)


def test_zeros_stay_zero_in_further_training(toy, small):
    options = {"size": small, "frames": 10, "batch": 12, "epochs": 2, "least_steps": 0}
    student = distill(None, toy(), **options)
    pruned = sparsity.prune(student)
    continued = distill(None, toy(), start=pruned, **options)
    for before, after in zip(sparsity.layers(pruned), sparsity.layers(continued), strict=True):
        assert not after.weight[before.weight == 0].any()
    assert not torch.equal(continued.output_layer.weight, pruned.output_layer.weight)


def test_layers_with_fewer_than_four_inputs_are_not_pruned():
    assert sparsity.layers(nn.Sequential(nn.Linear(3, 2), nn.Linear(4, 2)))[0].in_features == 4
