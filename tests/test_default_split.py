"""The default train/test split of a data set."""

import pytest
import torch
from helpers import seeded

import skelkit as sk
from skelkit import study
from skelkit.data.default_split import LEAST, TooFewClips, load_split, rotating_split, train_test_split


def clips(counts, subjects=None):
    """`counts[c]` clips of class c; subjects take turns."""
    labels = [c for c, n in enumerate(counts) for _ in range(n)]
    arrays = [1 + 0.01 * torch.randn(40, 20, 3, generator=seeded(i)).cumsum(0) for i in range(len(labels))]
    subject = None if subjects is None else [i % subjects for i in range(len(labels))]
    return sk.ClipSet.from_arrays(arrays, labels=labels, subject=subject)


def test_many_subjects_are_split_by_subject_and_few_by_clip():
    many, few = train_test_split(clips([18, 18], 9)), train_test_split(clips([18, 18], 3))
    assert not set(many.train.subject.tolist()) & set(many.test.subject.tolist())
    assert many.method == "cross-subject"
    assert few.train.subject is None
    assert "3 subjects only" in few.method
    assert few.test.labels.bincount().tolist() == [5, 5]


@pytest.mark.parametrize("subjects", [3, 8, 12])
def test_three_seeds_in_a_row_test_every_subject_once_and_the_next_three_in_other_groups(subjects):
    many = clips([4 * subjects, 4 * subjects], subjects)
    tested = []
    for seed in range(6):
        split = rotating_split(many, seed)
        tested.append(frozenset(split.test.subject.tolist()))
        assert not tested[-1] & set(split.train.subject.tolist())
        assert split.method == f"{len(tested[-1])} of {subjects} subjects left out"
    for three in (tested[:3], tested[3:]):
        assert sorted(s for group in three for s in group) == list(range(subjects))
    assert subjects == 3 or set(tested[:3]) != set(tested[3:])


def test_a_rotating_split_of_two_subjects_or_none_is_by_clip():
    assert "2 subjects only" in rotating_split(clips([9, 9], 2)).method
    assert "subjects are not known" in rotating_split(clips([9, 9])).method


def test_classes_with_too_few_clips_are_left_out_by_name():
    divided = train_test_split(clips([10, 10, 2, 10, 10]))
    assert divided.train.labels.unique().tolist() == [0, 1, 3, 4]
    assert "class 2" in divided.method
    assert divided.tasks == 2


def test_a_set_too_small_to_train_on_is_refused_and_a_notebook_uses_the_embedded_data(tmp_path, capsys):
    small = clips([2, 1])
    with pytest.raises(TooFewClips, match="two are needed"):
        train_test_split(small)
    path = small.save(tmp_path / "small.safetensors")
    setup = study.begin("x", dataset=str(path), split=True)
    assert setup.embedded
    assert setup.split.tasks == 3
    assert "too small to train a network" in capsys.readouterr().out


def test_the_smoke_preset_uses_a_few_clips_of_each_class_of_recordings(tmp_path):
    path = clips([40, 40, 40], 8).save(tmp_path / "many.safetensors")
    small, whole = load_split(str(path), "smoke"), load_split(str(path), "laptop")
    assert len(small.train) + len(small.test) < len(whole.train) + len(whole.test)
    with pytest.raises(ValueError, match="no preset 'huge'; known: smoke"):
        load_split(preset="huge")


def test_more_test_clips_leave_the_training_clips_as_they_are():
    usual, more = load_split(preset="smoke", seed=3), load_split(preset="smoke", seed=3, test_clips=70)
    assert torch.equal(more.train.poses, usual.train.poses)
    assert more.train.names == usual.train.names
    assert len(more.test) == 70
    assert more.test.names[: len(usual.test)] == usual.test.names
    assert torch.equal(more.test.poses[: len(usual.test.poses)], usual.test.poses)
    assert not set(more.test.subject.tolist()) & set(more.train.subject.tolist())
    with pytest.raises(ValueError, match="test_clips=5: this preset has 34; give at least as many"):
        load_split(preset="smoke", test_clips=5)


def test_ntu_is_split_by_the_published_subjects():
    divided = train_test_split(sk.load("synthetic", clips=240, classes=["wave", "hug"], frames=8))
    assert divided.train.subject.unique().tolist() == [
        1, 2, 4, 5, 8, 9, 13, 14, 15, 16, 17, 18, 19, 25, 27, 28, 31, 34, 35, 38,
    ]  # fmt: skip


def test_classes_without_clips_are_ignored_and_of_very_many_classes_some_are_used(tmp_path):
    """NTU RGB+D has 60 classes, even if only some of its clips are read."""
    clips = sk.load("synthetic", clips=600)
    declared = sk.ClipSet(
        clips.poses,
        clips.starts,
        clips.labels,
        tuple(f"class {i}" for i in range(60)),
        clips.skeleton,
        clips.fps,
        subject=clips.subject,
    )
    part, most = (
        declared.select(declared.labels < 6).save(tmp_path / "part.safetensors"),
        declared.save(tmp_path / "most.safetensors"),
    )
    for path in (part, most):
        found = load_split(str(path), "smoke")
        assert found.tasks == 3
        assert 6 * LEAST < len(found.train) + len(found.test) <= 72
