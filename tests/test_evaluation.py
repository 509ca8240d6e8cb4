import math

import pytest
import torch
import torch.nn.functional as F
from helpers import seeded

from skelkit import models, selfsup
from skelkit.selfsup import Downstream, evaluate
from skelkit.selfsup.evaluation import keep_labels
from skelkit.selfsup.protocols import accuracy, nearest_neighbour_scores
from skelkit.skeletons.layouts import KINECT20, NTU25
from skelkit.skeletons.skeleton import Skeleton
from skelkit.training.inputs import PreparedClips

pytestmark = pytest.mark.usefixtures("small")
QUICK = {
    "frames": 10,
    "batch": 12,
    "projector": 16,
    "size": "small",
    "linear_epochs": 30,
    "tune_epochs": 6,
    "least_tune_steps": 0,
}
NAMES = tuple(f"class {i}" for i in range(12))


@pytest.fixture
def sets(toy):
    """Three classes that differ in the axis along which one joint swings.

    An ST-GCN without edge weights could not distinguish which leaf of the star swings.
    """
    clips = toy(classes=12, each=20)
    return clips.select(clips.labels % 4 == 0).split("stratified", train=0.7)


def encoders(sets, method="pstl", **options):
    return selfsup.pretrain(method, sets[0], epochs=1, **QUICK | options)


@pytest.mark.parametrize("protocol", ["knn", "linear", "finetune", "semi", "transfer"])
def test_every_protocol_classifies_easy_clips(protocol, sets):
    found = evaluate(
        encoders(sets),
        *sets,
        protocol,
        **({"fraction": 0.5} if protocol == "semi" else {}),
        tune_epochs=40,
        tune_lr=0.01,
    )
    assert found.accuracy > 0.6  # of three classes
    assert found.accuracy == accuracy(found.logits, sets[1].labels)
    assert found.logits.shape == (len(sets[1]), 12)


def test_linear_evaluation_leaves_the_encoders_as_they_are(sets):
    made = encoders(sets, "asma")
    before = [{k: v.clone() for k, v in e.state_dict().items()} for e in made.encoders]
    network = evaluate(made, *sets, "linear").network
    for old, encoder, copied in zip(before, made.encoders, network.encoders, strict=True):
        for name, value in old.items():
            assert torch.equal(value, encoder.state_dict()[name])
            assert torch.equal(value, copied.state_dict()[name])


def test_fine_tuning_changes_a_copy(sets):
    made = encoders(sets)
    before = made.encoders[0].blocks[0].over_graph[0].weight.clone()
    network = evaluate(made, *sets, "finetune").network
    assert torch.equal(before, made.encoders[0].blocks[0].over_graph[0].weight)
    assert not torch.equal(before, network.encoders[0].blocks[0].over_graph[0].weight)


@pytest.mark.parametrize("protocol", ["knn", "linear", "finetune"])
def test_the_same_seed_gives_the_same_logits(protocol, sets):
    made = encoders(sets)
    first, again = (evaluate(made, *sets, protocol, seed=3) for _ in range(2))
    assert torch.equal(first.logits, again.logits)


def test_the_test_clips_do_not_affect_training(sets, monkeypatch):
    """Whatever the test clips are, the epoch and the weights are the same."""
    made, (train, test) = encoders(sets), sets
    other = test.select(torch.arange(len(test)).flip(0)[: len(test) // 2])
    a, b = evaluate(made, train, test, "finetune"), evaluate(made, train, other, "finetune")
    assert (a.chosen, a.validation) == (b.chosen, b.validation)
    assert all(
        torch.equal(x, y)
        for x, y in zip(a.network.state_dict().values(), b.network.state_dict().values(), strict=True)
    )


def test_nearest_neighbours_vote_by_cosine():
    known, queries = (
        F.normalize(torch.randn(9, 4, generator=seeded())),
        F.normalize(torch.randn(3, 4, generator=seeded(1))),
    )
    labels = torch.tensor([0, 1, 2] * 3)
    found = nearest_neighbour_scores(known, labels, queries, 4, 3)
    for row, query in zip(found, queries, strict=True):
        cosines = [(float(query @ k), int(label)) for k, label in zip(known, labels, strict=True)]
        expected = torch.zeros(3)
        for cosine, label in sorted(cosines, reverse=True)[:4]:
            expected[label] += torch.tensor(cosine / 0.1).exp()
        assert torch.allclose(row, expected, rtol=1e-4)


@pytest.mark.parametrize(("fraction", "count"), [(0.01, 1), (0.25, 4), (1.0, 16)])
def test_the_same_fraction_of_every_class_keeps_its_labels(fraction, count, toy):
    clips = toy(each=16)
    some = keep_labels(clips, fraction, seeded())
    assert some.labels.bincount().tolist() == [count] * 4
    assert not fraction < 1 or not torch.equal(
        some.poses[:5], keep_labels(clips, fraction, seeded(9)).poses[:5]
    )
    with pytest.raises(ValueError, match="fraction=0: the share of labels"):
        keep_labels(clips, 0, seeded())


def test_two_encoders_are_aligned_on_demand(sets):
    made = encoders(sets, "asma")
    assert Downstream(made, NAMES, seeded()).alignment is None
    assert Downstream(made, NAMES, seeded(), head="aligned").alignment is not None
    with pytest.raises(ValueError, match="head='aligned' takes several encoders, pstl has 1"):
        Downstream(encoders(sets), NAMES, seeded(), head="aligned")


def test_encoders_of_several_streams_are_aligned_with_each_other(sets):
    joint, bone = (encoders(sets, "asma", stream=stream) for stream in ("joint", "bone"))
    both = selfsup.concatenate_encoders(joint, bone)
    assert both.streams == ("joint", "joint", "bone", "bone")
    assert both.parameters == joint.parameters + bone.parameters
    x = PreparedClips(sets[1], 10)[torch.arange(3)]
    assert torch.equal(both.features(x), torch.cat([joint.features(x), bone.features(x)], 1))
    network = evaluate(both, *sets, "linear", head="aligned").network
    assert len(network.alignment.asks) == 4
    assert network.norm.num_features == both.features(x).shape[1]


def test_only_encoders_of_the_same_size_and_frames_are_combined(sets):
    with pytest.raises(ValueError, match="found: star small with 10 frames, star small with 8 frames"):
        selfsup.concatenate_encoders(encoders(sets), encoders(sets, frames=8))
    with pytest.raises(ValueError, match="found: none"):
        selfsup.concatenate_encoders()


def test_an_ensemble_averages_probabilities(sets):
    made = [
        evaluate(encoders(sets, stream=stream), *sets, "linear") for stream in ("joint", "bone", "motion")
    ]
    mean = torch.stack([m.logits.softmax(1) for m in made]).mean(0)
    assert selfsup.ensemble(*made) == accuracy(mean, sets[1].labels)
    with pytest.raises(ValueError, match="of the same test clips"):
        selfsup.ensemble(made[0], evaluate(encoders(sets), sets[0], sets[0], "knn"))


# -- another skeleton --------------------------------------------------------------------------------------


def test_joints_of_another_skeleton_are_matched_by_name_and_missing_ones_removed():
    made = selfsup.Pretrained(
        "scratch", selfsup.Settings(size="small"), NTU25, [models.STGCN(NTU25, "small", seeded()).eval()]
    )
    network = Downstream(made, NAMES[:3], seeded(), KINECT20).eval()
    x = torch.randn(2, 3, 10, 20, 1, generator=seeded())
    whole = torch.randn(2, 3, 10, 25, 1, generator=seeded(1))  # whatever the missing joints are
    names = {"spine_base": "hip_center", "spine_mid": "spine", "spine_shoulder": "shoulder_center"}
    missing = torch.zeros(25, dtype=torch.bool)
    for i, joint in enumerate(NTU25.joints):
        name = names.get(joint, joint)
        missing[i] = name not in KINECT20.joints
        if not missing[i]:
            whole[:, :, :, i] = x[:, :, :, KINECT20.index(name)]
    assert set(network.mapping.missing) == {j for j, gone in zip(NTU25.joints, missing, strict=True) if gone}
    with torch.no_grad():
        assert torch.allclose(network.tokens(x)[0], made.encoders[0].tokens(whole, missing), atol=1e-6)


def test_an_evaluation_names_the_missing_joints(toy):
    train, test = toy(each=8).split("stratified", train=0.7)
    other = Skeleton("star of four", ["middle", "a", "b", "e"], [("middle", j) for j in "abe"], root="middle")
    made = selfsup.Pretrained(
        "scratch", selfsup.Settings(**QUICK), other, [models.STGCN(other, "small", seeded()).eval()]
    )
    found = evaluate(made, train, test, "transfer", tune_epochs=1)
    assert found.missing_joints == ("e",)


def test_skeletons_without_a_common_joint_are_refused(toy):
    train, test = toy(each=8).split("stratified", train=0.7)
    made = selfsup.Pretrained(
        "scratch", selfsup.Settings(**QUICK), NTU25, [models.STGCN(NTU25, "small", seeded())]
    )
    with pytest.raises(ValueError, match="star"):
        evaluate(made, train, test, "transfer")


def test_swapped_arguments_are_refused_with_their_types(sets):
    made, (train, test) = encoders(sets), sets
    for arguments, message in [
        (
            (train, made, test),
            "pretrained is a ClipSet, expected a Pretrained, as selfsup.pretrain gives; look at the order",
        ),
        ((made, train, "linear"), "test is a str, expected a ClipSet, as sk.load gives"),
        ((made, train.poses, test), "train is an array, expected a ClipSet"),
    ]:
        with pytest.raises(ValueError, match=message):
            evaluate(*arguments)
    with pytest.raises(ValueError, match="fraction='10 %': the share of labels"):
        evaluate(made, train, test, "semi", fraction="10 %")


def test_unknown_protocols_and_settings_are_refused(sets):
    with pytest.raises(ValueError, match="no protocol 'lineal'; known: knn, linear"):
        evaluate(encoders(sets), *sets, "lineal")
    with pytest.raises(ValueError, match="validation=0: the epoch"):
        evaluate(encoders(sets), *sets, "linear", validation=0)
    with pytest.raises(ValueError, match=r"no setting 'epocs'; known: .*; did you mean 'epochs'"):
        evaluate(encoders(sets), *sets, "linear", epocs=3)


def test_k_nn_has_no_network_and_no_head(sets):
    found = evaluate(encoders(sets), *sets, "knn")
    with pytest.raises(ValueError, match="k-NN trains no network; evaluate by 'linear' or 'finetune'"):
        found.network  # noqa: B018
    with pytest.raises(ValueError, match="head='aligned': k-NN compares"):
        evaluate(encoders(sets), *sets, "knn", head="aligned")
    with pytest.raises(ValueError, match="fraction=0"):
        evaluate(encoders(sets), *sets, "semi", fraction=0)


def test_the_features_of_clips_are_the_means_of_their_tokens(sets):
    made = encoders(sets, "asma")
    x = PreparedClips(sets[0], 10)[torch.arange(4)]
    assert torch.allclose(made.features(x), torch.cat([t.mean(1) for t in made.tokens(x)], 1))


@pytest.mark.parametrize(("protocol", "chosen"), [("knn", 1), ("linear", 9), ("semi", 7)])
def test_with_fewer_labels_than_validation_clips_nothing_is_chosen(protocol, chosen, sets):
    options = {"fraction": 0.02, "tune_epochs": 7, "linear_epochs": 9}
    found = evaluate(encoders(sets), *sets, protocol, **options)
    assert found.labelled == 3
    assert (math.isnan(found.validation), found.chosen) == (True, chosen)
    many = evaluate(encoders(sets), *sets, protocol, **options | {"fraction": 0.9})
    assert 0 <= many.validation <= 1
