import re
import warnings
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from helpers import seeded

from skelkit import masks, models, motion, selfsup
from skelkit.data import ClipSet
from skelkit.experiments.run_data import RunData
from skelkit.experiments.selfsup import PretrainingVariant
from skelkit.selfsup import objectives, pretraining, views
from skelkit.selfsup.objectives import OBJECTIVES, Objective, siamese
from skelkit.selfsup.presets import Settings, settings
from skelkit.skeletons.layouts import NTU25
from skelkit.skeletons.skeleton import Skeleton
from skelkit.training import loop
from skelkit.training.inputs import PreparedClips

TRAINED = [name for name in selfsup.OBJECTIVES if not name.startswith(("scratch", "two "))]
pytestmark = pytest.mark.usefixtures("small")
QUICK = {"frames": 10, "epochs": 2, "batch": 12, "projector": 16, "size": "small"}


def same(a, b):
    return all(
        torch.equal(x, y)
        for x, y in zip(a.encoders[0].state_dict().values(), b.encoders[0].state_dict().values(), strict=True)
    )


@pytest.mark.parametrize("name", TRAINED)
def test_every_method_learns_without_looking_at_labels(name, toy):
    clips = toy(classes=12, each=4)
    first = selfsup.pretrain(name, clips, seed=1, **QUICK | {"epochs": 12})
    blind = replace(clips, labels=clips.labels.roll(1))
    assert sum(first.losses[-3:]) < sum(first.losses[:3])
    assert same(first, selfsup.pretrain(name, blind, seed=1, **QUICK | {"epochs": 12}))
    assert first.features(PreparedClips(clips, 10)[torch.arange(3)]).shape == (3, 12 * len(first.encoders))


def test_a_checkpoint_of_as_many_other_clips_is_refused(toy, tmp_path):
    clips, options = toy(), QUICK | {"epochs": 1, "checkpoints": tmp_path, "every": 0}
    selfsup.pretrain("pstl", clips, **options)
    with pytest.raises(ValueError, match=r"\(poses of the training clips: '\w+' there, '\w+' now\)"):
        selfsup.pretrain("pstl", replace(clips, poses=clips.poses.flip(0)), **options)
    bones = clips.skeleton.bones
    other = replace(clips.skeleton, bones=((bones[1][1], bones[0][1]), *bones[1:]), body_parts={})
    with pytest.raises(ValueError, match=r"\(skeleton: '\w+' there, '\w+' now\)"):
        selfsup.pretrain("pstl", replace(clips, skeleton=other), **options)


@pytest.mark.parametrize("name", TRAINED)
def test_a_stopped_training_resumes_with_the_same_bits(name, toy, tmp_path):
    def stop(progress):
        if progress.epoch == 2:
            raise loop.Stopped

    clips, options = toy(), QUICK | {"epochs": 3}
    with pytest.raises(loop.Stopped):
        selfsup.pretrain(name, clips, callback=stop, checkpoints=tmp_path, every=0, **options)
    resumed, whole = (
        selfsup.pretrain(name, clips, checkpoints=tmp_path, every=0, **options),
        selfsup.pretrain(name, clips, **options),
    )
    assert same(resumed, whole)
    assert resumed.losses == whole.losses
    assert resumed.ranks == whole.ranks


class ToyObjective(Objective):
    """Features of clips approach a learnt vector; counts its steps."""

    def __init__(self, skeleton, s, generator):
        super().__init__(s)
        self.encoder = models.STGCN(skeleton, s.size, generator)
        self.target = torch.nn.Parameter(torch.randn(self.encoder.width, generator=generator))
        self.register_buffer("steps", torch.zeros(()))

    @property
    def encoders(self):
        return [self.encoder]

    def loss(self, x):
        return (self.encoder.features(x) - self.target).square().mean()

    def after_step(self):
        self.steps += 1


def test_a_new_objective_is_trained_resumed_evaluated_and_recorded(toy, tmp_path, monkeypatch):
    def stop(progress):
        if progress.epoch == 2:
            raise loop.Stopped

    monkeypatch.setitem(OBJECTIVES, "toy", ToyObjective)
    clips, steps = toy(), []
    with pytest.raises(loop.Stopped):
        selfsup.pretrain("toy", clips, callback=stop, checkpoints=tmp_path, every=0, **QUICK)
    resumed = selfsup.pretrain("toy", clips, checkpoints=tmp_path, every=0, **QUICK)
    whole = selfsup.pretrain("toy", clips, callback=lambda p: steps.append(int(p.model.steps)), **QUICK)
    assert same(resumed, whole)
    assert steps == [0, 2, 4]
    assert whole.head == 12
    train, test = clips.split("stratified", train=0.7)
    assert 0 <= selfsup.evaluate(whole, train, test, "knn").accuracy <= 1
    assert "toy" in selfsup.OBJECTIVES
    variant = PretrainingVariant("toy", "toy", ("knn",), {"epochs": 1, "size": "small"})
    found = variant.run(RunData(preset="smoke"), 0)
    assert 0 <= found["knn"] <= 1


def test_an_objective_without_a_loss_is_refused():
    class Incomplete(Objective):
        encoders = ()

    with pytest.raises(TypeError, match="loss"):
        Incomplete()


def test_only_objectives_with_a_teacher_have_an_after_step(toy):
    have = {
        name: hasattr(make(toy().skeleton, settings("smoke", **QUICK), seeded()), "after_step")
        for name, make in OBJECTIVES.items()
    }
    assert {name for name, has in have.items() if has} == {"skeleton2vec"}


def test_asma_has_two_encoders_that_differ_and_pstl_one():
    made = siamese.SiameseObjective(NTU25, settings("smoke"), seeded(), ["f", "g"])
    assert len(made.encoders) == 2
    s = settings("smoke")
    assert made.twins[0].joint_mask == masks.JointsBy("degree", 1, s.joints)
    assert made.twins[1].joint_mask == masks.JointsBy("degree", -1, s.joints)
    assert made.twins[0].frame_mask == masks.MotionAttentiveFrames(s.hidden, lowest=True)
    assert made.twins[1].frame_mask == masks.MotionAttentiveFrames(s.hidden)


@pytest.mark.parametrize(("view", "low"), [("f", True), ("g", False)])
def test_f_drops_the_frames_that_move_least_and_g_those_that_move_most(view, low, toy):
    clips = toy()
    x = clips.batch(torch.arange(6), frames=20)
    _, drop = siamese.VIEW_MASKS[view](0.3, 0.4)
    hidden = drop(x, clips.skeleton, seeded())
    certain = (masks.low_motion_frames if low else masks.high_motion_frames)(x, ratio=0.2)
    assert (hidden.sum(1) == 8).all()
    assert hidden[certain].all()


def test_each_view_is_projected_once_and_has_its_own_mask(toy, monkeypatch):
    clips, s = toy(), settings("smoke", **QUICK)
    member, calls = (
        siamese.SiameseEncoder(clips.skeleton, s, seeded(), *siamese.VIEW_MASKS["pstl"](s.joints, s.hidden)),
        [],
    )
    monkeypatch.setattr(
        member.encoder,
        "features",
        lambda x, hidden=None, left=None: (
            calls.append((x.shape[2], hidden)) or torch.randn(len(x), 12, generator=seeded())
        ),
    )
    projected = []
    member.projector.register_forward_hook(lambda *_: projected.append(1))
    member.loss(clips.batch(torch.arange(6), frames=10))
    (whole, none), (_, joints), (fewer, nothing) = calls
    assert len(projected) == 3
    assert (whole, fewer) == (10, 6)
    assert none is None
    assert nothing is None
    assert (joints.sum(1) == round(0.3 * 5)).all()


def test_without_masks_nothing_is_hidden(toy, monkeypatch):
    clips, s = toy(), settings("smoke", **QUICK)
    member, calls = (
        siamese.SiameseEncoder(clips.skeleton, s, seeded(), *siamese.VIEW_MASKS["plain"](s.joints, s.hidden)),
        [],
    )
    monkeypatch.setattr(
        member.encoder,
        "features",
        lambda x, hidden=None, left=None: calls.append((x.shape[2], hidden)) or torch.zeros(len(x), 12),
    )
    member.views(clips.batch(torch.arange(4), frames=10))
    assert calls == [(10, None)] * 3


def test_the_frames_that_are_not_dropped_keep_their_order():
    x = torch.arange(24.0).reshape(2, 1, 6, 2, 1)
    hidden = torch.tensor([[0, 1, 0, 0, 1, 0], [1, 1, 0, 0, 0, 0]]).bool()
    left = views.drop_frames(x, hidden)
    assert torch.equal(left[0], x[0][:, ~hidden[0]])
    assert torch.equal(left[1], x[1][:, ~hidden[1]])
    with pytest.raises(ValueError, match="clip 1: all 6 frames would be dropped"):
        views.drop_frames(x, torch.tensor([[0] * 6, [1] * 6]).bool())
    with pytest.raises(ValueError, match="keep 5 to 6 frames"):
        views.drop_frames(x, torch.tensor([[0] * 6, [1] + [0] * 5]).bool())


def test_a_mask_that_would_remove_every_joint_is_refused(toy):
    with pytest.raises(ValueError, match="hides all 5 joints"):
        selfsup.pretrain("pstl", toy(), joints=0.95, **QUICK)


@pytest.mark.parametrize("kind", [objectives.CoordinateAutoencoder, objectives.Skeleton2vec])
def test_masked_coordinates_are_replaced_by_the_mask_token(kind, toy):
    clips, s = toy(), settings("smoke", **QUICK)
    model, x = kind(clips.skeleton, s, seeded()), clips.batch(torch.arange(6), frames=10)
    people, visible, mask = model.masked(x, sharpness=0.0)
    assert (
        torch.equal(visible.poses.movedim(1, -1)[~mask], people.poses.movedim(1, -1)[~mask] * 1)
        or (~people.present).any()
    )
    inside = mask & people.present[..., None]
    assert not visible.poses.movedim(1, -1)[inside].any()  # the mask token is initially zero
    share = mask.sum((1, 2)) / (people.present.sum(1) * 5).clamp_min(1)
    assert (share[people.present.all(1)] - round(s.covered * 5) / 5).abs().max() < 1e-6


def test_the_autoencoder_loss_is_over_masked_coordinates_only(toy):
    clips, s = toy(), settings("smoke", **QUICK)
    model = objectives.CoordinateAutoencoder(clips.skeleton, s, seeded())
    x = clips.batch(torch.arange(6), frames=10)
    model.head[2].weight.data.zero_()  # predicts zero everywhere
    state = model.generator.get_state()
    loss = model.loss(x)
    model.generator.set_state(state)
    people, _, mask = model.masked(x, sharpness=0.0)
    assert loss.item() == pytest.approx(people.poses.square().mean(1)[mask].mean().item(), rel=1e-5)


def test_the_teacher_is_a_moving_average_without_gradients(toy):
    clips, s = toy(), settings("smoke", ema=0.9, **QUICK)
    model = objectives.Skeleton2vec(clips.skeleton, s, seeded())
    model.loss(clips.batch(torch.arange(6), frames=10)).backward()
    assert all(p.grad is None for p in model.teacher.parameters())
    with torch.no_grad():
        for p in model.encoder.parameters():
            p += 1
    model.after_step()
    for mine, theirs in zip(model.teacher.parameters(), model.encoder.parameters(), strict=True):
        assert torch.allclose(theirs - mine, torch.full_like(mine, 0.9), atol=1e-5)


def test_each_stream_gives_another_loss(toy):
    clips = toy()
    made = [selfsup.pretrain("pstl", clips, stream=stream, **QUICK) for stream in motion.STREAMS]
    assert len({p.losses[0] for p in made}) == 3


def test_the_warning_of_a_collapse_names_the_effective_rank(toy, monkeypatch):
    monkeypatch.setattr(models.STGCN, "features", lambda self, x, *_: self.tokens(x).mean(1) * 0 + 1)
    monkeypatch.setattr(
        models.STGCN,
        "tokens",
        lambda self, x, *_, **__: self.norm.weight.sum() * torch.ones(len(x), 1, 12),
    )
    with pytest.warns(
        UserWarning,
        match=r"skeletonbt, epoch 1: the representation collapsed: "
        r".* effective rank of nan \(of 12\); raise redundancy",
    ):
        selfsup.pretrain("skeletonbt", toy(), **QUICK | {"epochs": 1})


@pytest.mark.parametrize(
    ("ranks", "warned"),
    [
        ([1.2, 1.2, 4, 4, 4], []),
        ([4, 4, 4, 4, 1.2], [5]),
        ([1.2] * 5, [3]),
        ([4, 1.2, 1.2, 1.2, 4], [4]),
        ([1.2, 4, 1.2, 4, 4], []),
    ],
)
def test_collapse_is_reported_once_if_it_lasts_or_ends_the_training(ranks, warned, toy, monkeypatch):
    found = iter(ranks)
    monkeypatch.setattr("skelkit.selfsup.pretraining.effective_rank", lambda _: next(found))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        selfsup.pretrain("pstl", toy(), **QUICK | {"epochs": 5})
    assert [
        int(re.search(r"epoch (\d+): the representation collapsed", str(w.message)).group(1)) for w in caught
    ] == warned


def test_a_healthy_training_reports_no_collapse(toy):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert selfsup.pretrain("pstl", toy(each=10), **QUICK).ranks[-1] > 1.5


def test_views_are_mirrored_unless_classes_tell_left_from_right(toy):
    clips = toy()
    assert selfsup.pretrain("pstl", clips, **QUICK).settings.mirror == 0.5
    sided = replace(clips, classes=("left", "right", *clips.classes[2:]))
    assert selfsup.pretrain("pstl", sided, **QUICK).settings.mirror == 0
    assert selfsup.pretrain("pstl", sided, **QUICK, mirror=0.5).settings.mirror == 0.5


def test_invalid_arguments_are_refused(toy):
    for options, message in [
        ({"method": "psTL"}, f"no method 'psTL'; known: {', '.join(selfsup.OBJECTIVES)}"),
        ({"batch": 1}, "batch=1: Barlow Twins compares"),
        ({"epoch": 1}, "no setting 'epoch'; known: size"),
        ({"stream": "bones"}, "stream='bones': expected 'joint', 'bone' or 'motion'"),
        ({"preset": "big"}, "no preset 'big'"),
        ({"method": "pslt"}, "did you mean 'pstl'"),
        ({"clips": "ntu.npz"}, "clips is a str, expected a ClipSet, as sk.load gives"),
        ({"epochs": "3"}, "epochs='3': expected a whole number"),
        ({"epochs": 1.5}, "epochs=1.5: expected a whole number"),
        ({"lr": "fast"}, "lr='fast': expected a number"),
    ]:
        with pytest.raises(ValueError, match=message):
            selfsup.pretrain(**{"method": "pstl", "clips": toy()} | options)
    with pytest.raises(ValueError, match="1 clip to pre-train on"):
        selfsup.pretrain("pstl", toy().select([0]))


def test_the_learning_rate_rises_then_falls_to_zero():
    rates = [pretraining.learning_rate(Settings(warmup=0.1, lr=1.0), k, 100) for k in range(100)]
    assert rates[:10] == pytest.approx([k / 10 for k in range(1, 11)])
    assert all(a >= b for a, b in pairwise(rates[9:]))
    assert rates[-1] < 1e-3


def test_views_of_a_body_without_known_sides_are_not_mirrored_unless_asked(ragged):
    numbered = tuple(f"J{joint}" for joint in range(25))
    bones = tuple((f"J{a}", f"J{b}") for a, b in NTU25.edges)
    with pytest.warns(UserWarning, match="no left and right joints"):
        clips = ClipSet.from_arrays(ragged([9] * 4, 25), skeleton=Skeleton("numbers", numbered, bones, "J20"))
    options = {"preset": "smoke"} | QUICK | {"epochs": 1, "batch": 4}
    with pytest.warns(
        UserWarning, match="views are not mirrored: no left and right joints are known of numbers"
    ):
        assert selfsup.pretrain("pstl", clips, **options).settings.mirror == 0
    assert selfsup.pretrain("pstl", clips, mirror=0.5, **options).settings.mirror == 0.5
