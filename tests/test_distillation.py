from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from helpers import seeded

from skelkit import models, selfsup
from skelkit.deploy import distillation, student_training
from skelkit.deploy.distillation import distill, distillation_loss, soft_labels
from skelkit.training import loop
from skelkit.training.inputs import PreparedClips

pytestmark = pytest.mark.usefixtures("small")
QUICK = {"size": "small", "frames": 10, "batch": 12, "epochs": 3, "least_steps": 0, "tilt": 0.0}


@pytest.fixture
def clips(toy):
    clips = toy(classes=12, each=20)
    return clips.select(clips.labels % 4 == 0)


def oracle(x):
    """A teacher whose class is the axis along which a clip moves most: classes 0, 4 and 8 of 12."""
    moved = x.var(2).amax((2, 3))  # [N, 3]
    return torch.full((len(x), 12), -5.0).index_copy(1, torch.tensor([0, 4, 8]), moved * 20)


def test_the_loss_is_the_kl_divergence_of_softened_probabilities():
    student, teacher, t = torch.randn(5, 4, generator=seeded()), torch.randn(5, 4, generator=seeded(1)), 3.0
    expected = 0.0
    for s, q in zip(student.double(), teacher.double(), strict=True):
        p = (q / t).exp() / (q / t).exp().sum()
        r = (s / t).exp() / (s / t).exp().sum()
        expected += float((p * (p / r).log()).sum()) * t**2 / 5
    assert distillation_loss(student, teacher, t).item() == pytest.approx(expected, rel=1e-5)


def test_the_loss_of_equal_logits_is_zero_at_any_temperature():
    logits = torch.randn(3, 4, generator=seeded())
    for t in (0.5, 1.0, 10.0):
        assert distillation_loss(logits + 2, logits, t).item() == pytest.approx(0, abs=1e-5)


def test_the_size_of_the_gradient_hardly_depends_on_a_high_temperature():
    teacher = torch.randn(8, 4, generator=seeded())
    norms = []
    for t in (10.0, 100.0):
        student = torch.randn(8, 4, generator=seeded(1)).requires_grad_()
        distillation_loss(student, teacher, t).backward()
        norms.append(student.grad.norm().item())
    assert norms[0] == pytest.approx(norms[1], rel=0.2)


def test_soft_labels_are_probabilities_that_flatten_with_temperature():
    logits = torch.randn(3, 4, generator=seeded())
    entropies = [torch.special.entr(soft_labels(logits, t)).sum(1).mean().item() for t in (0.5, 1, 4, 100)]
    assert entropies == sorted(entropies)
    assert entropies[-1] == pytest.approx(torch.log(torch.tensor(4.0)).item(), abs=1e-3)
    assert torch.allclose(soft_labels(logits, 7.0).sum(1), torch.ones(3))


def test_a_student_learns_from_logits_alone(clips):
    """Labels are scrambled, so all that it learns is from the teacher."""
    scrambled = replace(clips, labels=clips.labels[torch.randperm(len(clips), generator=seeded())])
    student = distill(oracle, scrambled, hard=0.0, **QUICK | {"epochs": 40})
    x = PreparedClips(clips, 10)[torch.arange(len(clips))]
    with torch.no_grad():
        agreed = (student(x).argmax(1) == oracle(x).argmax(1)).float().mean()
    assert agreed > 0.6  # of three classes


def test_without_a_teacher_a_student_learns_from_labels(clips):
    student = distill(None, clips, **QUICK | {"epochs": 40})
    with torch.no_grad():
        assert (
            student(PreparedClips(clips, 10)[torch.arange(len(clips))]).argmax(1) == clips.labels
        ).float().mean() > 0.6


def test_a_stopped_distillation_resumes_with_the_same_bits(clips, tmp_path):
    def stop(progress):
        if progress.epoch == 2:
            raise loop.Stopped

    with pytest.raises(loop.Stopped):
        distill(oracle, clips, callback=stop, checkpoints=tmp_path, every=0, **QUICK)
    resumed, whole = (
        distill(oracle, clips, checkpoints=tmp_path, every=0, **QUICK),
        distill(oracle, clips, **QUICK),
    )
    assert all(
        torch.equal(a, b)
        for a, b in zip(resumed.state_dict().values(), whole.state_dict().values(), strict=True)
    )


def test_a_checkpoint_of_as_many_other_clips_is_refused(clips, tmp_path):
    distill(oracle, clips, checkpoints=tmp_path, every=0, **QUICK)
    other = replace(clips, poses=clips.poses.flip(0))
    with pytest.raises(ValueError, match=r"\(poses of the training clips: '\w+' there, '\w+' now\)"):
        distill(oracle, other, checkpoints=tmp_path, **QUICK)


class Linear(torch.nn.Linear):
    def forward(self, x):
        return super().forward(x.flatten(1)[:, : self.in_features])


def test_a_checkpoint_of_a_teacher_with_other_weights_is_refused(clips, tmp_path):
    teacher = torch.nn.utils.skip_init(Linear, 30, len(clips.classes))
    torch.nn.init.zeros_(teacher.weight)
    torch.nn.init.zeros_(teacher.bias)
    distill(teacher, clips, checkpoints=tmp_path, every=0, **QUICK)
    distill(teacher, clips, checkpoints=tmp_path, every=0, **QUICK)
    torch.nn.init.ones_(teacher.bias)
    with pytest.raises(ValueError, match=r"\(weights of the teacher: '\w+' there, '\w+' now\)"):
        distill(teacher, clips, checkpoints=tmp_path, **QUICK)


def test_the_weights_are_those_of_the_best_validation_accuracy(clips):
    seen = []

    def watch(progress):
        seen.append(
            (
                progress.accuracy,
                progress.epoch,
                {k: v.clone() for k, v in progress.student.state_dict().items()},
            )
        )

    student = distill(None, clips, callback=watch, **QUICK | {"epochs": 8})
    best = max(seen, key=lambda s: s[:2])[2]
    assert all(torch.equal(v, best[k]) for k, v in student.state_dict().items())


def test_without_validation_clips_the_last_epoch_counts(clips):
    seen = []
    student = distill(
        None,
        clips,
        validation=0,
        callback=lambda p: seen.append({k: v.clone() for k, v in p.student.state_dict().items()}),
        **QUICK,
    )
    assert all(torch.equal(v, seen[-1][k]) for k, v in student.state_dict().items())


def test_a_student_can_learn_from_features(clips):
    train_set, test = clips.split("stratified", train=0.7)
    made = selfsup.pretrain("asma", train_set, size="small", frames=10, epochs=1, batch=12, projector=8)
    teacher = selfsup.evaluate(made, train_set, test, "linear", linear_epochs=2).network
    student = distill(teacher, train_set, soft=0.0, hard=0.0, features=1.0, **QUICK)
    assert sum(p.numel() for p in student.parameters()) == models.parameters(
        models.STGCN(clips.skeleton, "small", seeded(), 12)
    )


def test_a_student_carries_what_a_recogniser_needs(clips):
    student = distill(None, clips, **QUICK | {"epochs": 1})
    assert (student.classes, student.frames, student.fps) == (clips.classes, 10, clips.fps)
    assert student.seconds == pytest.approx(float((clips.lengths / clips.fps).median()))
    assert not student.training


def test_a_teacher_of_other_classes_and_wrong_settings_are_refused(clips):
    with pytest.raises(
        ValueError, match=r"the teacher returns logits \[\d+, 3\] for \d+ clips of 12 classes"
    ):
        distill(lambda x: torch.zeros(len(x), 3), clips, **QUICK)
    with pytest.raises(ValueError, match="temperature=0: expected a positive number"):
        distill(oracle, clips, **QUICK | {"temperature": 0})
    with pytest.raises(ValueError, match="no setting 'tau'; known: size"):
        distill(oracle, clips, tau=4)


def test_unsuitable_teachers_are_refused(clips):
    other = selfsup.Downstream(
        selfsup.pretrain("scratch", clips, size="small", frames=10),
        [f"other {i}" for i in range(12)],
        seeded(),
    )
    with pytest.raises(ValueError, match=r"the teacher knows other 0, .*, the clips are of class 0, "):
        distill(other, clips, **QUICK)
    with pytest.raises(
        ValueError, match=r"the teacher is a Pretrained, expected a function from clips to logits.*finetune"
    ):
        distill(selfsup.pretrain("scratch", clips, size="small", frames=10), clips, **QUICK)
    with pytest.raises(
        ValueError, match=r"train is a function, expected a ClipSet, as sk\.load gives; look at the order"
    ):
        distill(clips, oracle, **QUICK)


def test_soft_and_hard_losses_add_up(clips, monkeypatch):
    student = distill(None, clips, **QUICK | {"epochs": 1})
    s = distillation.Settings(**QUICK | {"soft": 0.7, "hard": 0.3, "crop": 0.0})
    training = student_training.StudentTraining(
        student.eval(), oracle, PreparedClips(clips, 10, None), s, seeded()
    )
    index = torch.arange(6)
    x = PreparedClips(clips, 10, None)[index]
    monkeypatch.setattr(student_training.augment, "tilt", lambda x, *_: x)
    monkeypatch.setattr(student_training.augment, "crop", lambda x, *_: x)
    with torch.no_grad():
        expected = 0.7 * distillation_loss(student(x), oracle(x), 2.0) + 0.3 * F.cross_entropy(
            student(x), clips.labels[index]
        )
        assert training.loss(index).item() == pytest.approx(expected.item(), rel=1e-5)
