"""The default train/test split of a data set."""

import numpy as np
import pytest
import torch
from helpers import body

import skelkit as sk
from skelkit import study
from skelkit.data.default_split import (
    LEAST,
    TooFewClips,
    load_split,
    rotating_split,
    train_test_split,
    validation_split,
)
from skelkit.skeletons import KINECT20


def clips(counts, subjects=None, name=int):
    """`counts[c]` clips of class c; subjects take turns, numbered or as `name` names them."""
    labels = [c for c, n in enumerate(counts) for _ in range(n)]
    arrays = [body(KINECT20, 40, seed=i) for i in range(len(labels))]
    subject = None if subjects is None else [name(i % subjects) for i in range(len(labels))]
    return sk.ClipSet.from_arrays(arrays, labels=labels, subject=subject, skeleton="kinect20")


def test_many_subjects_are_split_by_subject_and_few_by_clip():
    many, few = train_test_split(clips([18, 18], 9)), train_test_split(clips([18, 18], 3))
    assert not set(many.train.subject.tolist()) & set(many.test.subject.tolist())
    assert many.method == "cross-subject"
    assert few.train.subject is None
    assert "3 subjects only" in few.method
    assert few.test.labels.bincount().tolist() == [5, 5]


@pytest.mark.parametrize(
    "split",
    [train_test_split, rotating_split, lambda c: validation_split(train_test_split(c))],
    ids=["train and test", "rotating", "validation"],
)
def test_named_subjects_are_split_like_numbered_ones(split):
    named, numbered = split(clips([24, 24], 8, lambda i: f"p{i}")), split(clips([24, 24], 8))
    assert named.method == numbered.method
    for side in ("train", "test"):
        ours, theirs = getattr(named, side), getattr(numbered, side)
        assert torch.equal(ours.poses, theirs.poses)
        assert [ours.group_names["subject"][c] for c in ours.subject] == [f"p{c}" for c in theirs.subject]
        people = ", ".join(f"p{c}" for c in theirs.subject.unique().tolist())
        assert ours.card()["subjects"] == people, "the card names subjects that have no clips"


def test_forty_names_are_not_the_forty_performers_of_ntu():
    forty_one = clips([82, 82], 41, lambda i: f"p{i:02d}")
    forty = forty_one.select(forty_one.subject > 0)
    assert forty.subject.unique().tolist() == list(range(1, 41))
    assert train_test_split(forty).test.subject.unique().tolist() == list(range(3, 41, 3))


@pytest.mark.parametrize("described", [False, True])
def test_a_file_with_named_subjects_is_split_by_subject(tmp_path, described):
    named = clips([18, 18], 6, lambda i: f"p{i}")
    subject = np.array([named.group_names["subject"][c] for c in named.subject])
    path = tmp_path / "named.npz"
    poses, labels = named.poses[:, 0].numpy(), named.labels.numpy()
    np.savez(path, data=poses, length=named.lengths.numpy(), label=labels, subject=subject)
    if described:
        path = tmp_path / "named.toml"
        path.write_text(
            '[source]\npath = "named.npz"\n[arrays]\nposes = "data"\naxes = "F V C"\nlength = "length"\n'
            'label = "label"\nsubject = "subject"\n[skeleton]\nname = "kinect20"\n'
        )
    for rotate, method in ((False, "cross-subject"), (True, "2 of 6 subjects left out")):
        split = load_split(str(path), rotate=rotate)
        assert split.method == method
        assert len(split.test.subject.unique()) == 2
        assert not set(split.train.subject.tolist()) & set(split.test.subject.tolist())


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
