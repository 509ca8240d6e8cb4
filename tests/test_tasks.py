import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelkit import ClipSet
from skelkit.data.tasks import PROTOCOLS, split_into_tasks


def clips(labels, subject=None, classes=None, first=0):
    """One clip of one frame per label; clip i says first + i in every coordinate."""
    arrays = [np.full((1, 20, 3), first + i + 1.0, dtype=np.float32) for i in range(len(labels))]
    names = [f"class {c}" for c in range(classes or max(labels) + 1)]
    return ClipSet.from_arrays(arrays, labels=labels, skeleton="kinect20", subject=subject, classes=names)


def balanced(classes, each=10, subjects=None, first=0):
    labels = np.arange(classes).repeat(each)
    return clips(labels, np.arange(len(labels)) % subjects + 3 if subjects else None, classes, first)


def pair(classes=6, subjects=None):
    return balanced(classes, 10, subjects), balanced(classes, 3, first=1000)


def markers(clips):
    return clips.poses[:, 0, 0, 0].tolist()


@given(
    st.sampled_from([(2, None), (None, 2), (3, 2), (6, None), (1, None)]),
    st.integers(0, 99),
    st.sampled_from([0, 0.1, 0.5]),
    st.booleans(),
)
def test_every_clip_is_in_one_task_and_one_split_and_test_clips_stay_test_clips(
    counts, seed, validation, people
):
    train, test = pair(subjects=5 if people else None)
    scenario = split_into_tasks(train, test, *counts, seed=seed, validation=validation)
    learnt = [
        clip
        for task in scenario
        for split in (task.train, task.validation)
        if split is not None
        for clip in markers(split)
    ]
    assert sorted(learnt) == markers(train)
    assert sorted(clip for task in scenario for clip in markers(task.test)) == markers(test)
    assert sorted(c for task in scenario for c in task.classes) == list(range(6))
    for task in scenario:
        assert task.names == tuple(f"class {c}" for c in task.classes)
        assert (task.validation is None) == (validation == 0)
        for split in (task.train, task.validation, task.test):
            if split is not None:
                assert split.classes == train.classes
                assert set(split.labels.tolist()) <= set(task.classes)
                assert all(
                    (clip % 1000 - 1) // (10 if clip < 1000 else 3) == label
                    for clip, label in zip(markers(split), split.labels.tolist(), strict=True)
                )


@pytest.mark.parametrize(("name", "count", "classes"), [("ntu60", 6, 60), ("ntu120", 12, 120)])
def test_the_published_protocols_have_ten_classes_a_task(name, count, classes):
    scenario = split_into_tasks(balanced(classes, 2), balanced(classes, 1), name)
    assert len(scenario) == count
    assert [len(task.classes) for task in scenario] == [10] * count
    with pytest.raises(ValueError, match=f"{count} tasks of 10 classes need {classes} classes; there are 6"):
        split_into_tasks(*pair(), name)


def test_the_same_seed_gives_the_same_tasks_and_another_seed_others():
    once, again, other = (split_into_tasks(*pair(), 3, seed=seed) for seed in (1, 1, 2))
    assert once.order == again.order != other.order
    assert markers(once.validation) == markers(again.validation) != markers(other.validation)


def test_every_order_of_the_classes_is_equally_likely():
    train, test = balanced(3, 2), balanced(3, 1)
    orders = [sum(split_into_tasks(train, test, 3, seed=seed, validation=0).order, ()) for seed in range(300)]
    counts = [orders.count(order) for order in set(orders)]
    assert len(counts) == 6
    assert sum((n - 50) ** 2 / 50 for n in counts) < 20.5  # chi-square with 5 degrees of freedom: 1 in 1000


def test_an_order_may_be_given_by_name_or_number():
    scenario = split_into_tasks(*pair(4), 2, order=["class 3", 0, np.int64(2), "class 1"])
    assert scenario.order == ((3, 0), (2, 1))
    assert scenario[0].names == ("class 3", "class 0")


def test_validation_clips_are_of_subjects_that_are_not_trained_on():
    train, test = pair(subjects=10)
    for share, subjects in [(0.01, 1), (0.1, 1), (0.3, 3), (0.99, 9)]:
        scenario = split_into_tasks(train, test, 3, validation=share)
        kept = set(scenario.validation.subject.tolist())
        assert len(kept) == subjects
        assert not kept & set(scenario.train.subject.tolist())


@pytest.mark.parametrize("subject", [None, [7] * 33])
def test_without_two_subjects_validation_is_a_share_of_each_class_and_never_all_of_it(subject):
    labels = [0] * 20 + [1] * 10 + [2] * 2 + [3]
    scenario = split_into_tasks(clips(labels, subject), clips([0, 1, 2, 3]), 2, validation=0.2)
    assert scenario.validation.labels.bincount(minlength=4).tolist() == [4, 2, 1, 0]
    assert scenario.train.labels.bincount().tolist() == [16, 8, 1, 1]


def test_validation_clips_are_drawn_from_all_of_a_class():
    drawn = [
        clip for seed in range(200) for clip in markers(split_into_tasks(*pair(2), 1, seed=seed).validation)
    ]
    assert sorted(set(drawn)) == list(range(1, 21))


def test_joint_training_learns_all_tasks_so_far_as_one():
    scenario = split_into_tasks(*pair(), 3)
    assert scenario.until(1).classes == scenario.order[0] + scenario.order[1]
    assert markers(scenario.until(1).train) == sorted(markers(scenario[0].train) + markers(scenario[1].train))
    assert markers(scenario.until(2).test) == markers(scenario.test)
    with pytest.raises(IndexError, match=r"until\(3\): there are 3 tasks, 0 to 2"):
        scenario.until(3)


def test_surplus_classes_are_left_out_only_with_drop():
    for counts in [(4, None), (None, 4), (1, 4), (2, 2)]:
        scenario = split_into_tasks(*pair(), *counts, order=range(6), drop=True)
        assert sum(scenario.order, ()) == (0, 1, 2, 3)
        assert set(scenario.train.labels.tolist()) == set(scenario.test.labels.tolist()) == {0, 1, 2, 3}
    assert split_into_tasks(*pair(), 2, order=[5, 1], drop=True).order == ((5,), (1,))
    with pytest.raises(
        ValueError,
        match="2 classes are in no task: class 4, class 5; assign each class to a task, or pass drop=True",
    ):
        split_into_tasks(*pair(), 2, 2, order=range(6))
    with pytest.raises(ValueError, match="1 classes are in no task: class 2"):
        split_into_tasks(*pair(4), 3, order=[0, 1, 3])


def test_classes_without_clips_are_ignored():
    train, test = clips([0, 4] * 4, classes=6), clips([0, 4], classes=6)
    assert sorted(sum(split_into_tasks(train, test, 2).order, ())) == [0, 4]


def test_the_clips_may_have_been_saved_and_loaded(tmp_path):
    train, test = pair()
    assert len(split_into_tasks(ClipSet.load(train.save(tmp_path / "train.safetensors")), test, 3)) == 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: split_into_tasks(*pair(), 4),
            r"6 classes do not divide into 4 tasks; 1, 2, 3, 6 would do, or pass drop=True",
        ),
        (
            lambda: split_into_tasks(*pair(), None, 5),
            r"6 classes do not divide into tasks of 5; 1, 2, 3, 6 would do",
        ),
        (lambda: split_into_tasks(*pair(), 7, drop=True), r"6 classes do not divide into 7 tasks"),
        (lambda: split_into_tasks(*pair(), 3, 3), r"3 tasks of 3 classes need 9 classes; there are 6"),
        (lambda: split_into_tasks(*pair()), r"give tasks=, classes_per_task= or both"),
        (lambda: split_into_tasks(*pair(), 0), r"tasks=0: expected at least 1"),
        (lambda: split_into_tasks(*pair(), 2, -1), r"classes_per_task=-1: expected at least 1"),
        (lambda: split_into_tasks(*pair(), "ntu"), r"no protocol 'ntu'; known: ntu60, ntu120"),
        (lambda: split_into_tasks(*pair(), 3, validation=1), r"validation=1: expected a share"),
        (
            lambda: split_into_tasks(*pair(2), 2, order=[0, "sit"]),
            r"order names a class 'sit'; the classes are 0 to 1: class 0, class 1",
        ),
        (
            lambda: split_into_tasks(*pair(2), 2, order=[0, 2]),
            r"order names a class 2; the classes are 0 to 1",
        ),
        (
            lambda: split_into_tasks(*pair(2), 2, order=[1, "class 1"]),
            r"order names a class twice: class 1; each class is in one task",
        ),
        (
            lambda: split_into_tasks(balanced(2), balanced(3), 2),
            r"train and test have different classes: 2 and 3",
        ),
        (
            lambda: split_into_tasks(clips([0, 0], classes=2), balanced(2), 2, order=[0, 1]),
            r"task 1 \(class 1\) has no train clips; give some",
        ),
        (
            lambda: split_into_tasks(clips([0, 0], classes=2), balanced(2), 1, order=[0, 1]),
            r"task 0: no training clips of class 1; give some",
        ),
        (
            lambda: split_into_tasks(balanced(2), clips([0], classes=2), 2, order=[0, 1]),
            r"task 1 \(class 1\) has no test clips; split train and test so that",
        ),
        (
            lambda: split_into_tasks(clips([0, 0, 1]), balanced(2), 2, order=[0, 1]),
            r"task 1 \(class 1\) has no validation clips; give a larger validation share",
        ),
    ],
)
def test_impossible_tasks_are_refused_with_the_reason(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_the_only_subject_of_a_class_is_trained_on():
    train = clips([0, 1, 0, 1, 2], [1, 1, 2, 2, 3])
    for seed in range(20):
        scenario = split_into_tasks(train, balanced(3), 1, seed=seed, validation=0.9)
        assert set(scenario.validation.subject.tolist()) in ({1}, {2})
    with pytest.raises(ValueError, match=r"task 0 \(.*\) has no validation clips"):
        split_into_tasks(clips([0, 1], [1, 2]), balanced(2), 1)


def test_other_skeletons_in_train_and_test_are_refused():
    test = ClipSet.from_arrays([np.ones((1, 25, 3))] * 2, labels=[0, 1], skeleton="ntu25")
    with pytest.raises(ValueError, match=r"different skeletons: .* and NTU-25"):
        split_into_tasks(balanced(2), test, 2)


def test_a_task_describes_its_clips_and_classes():
    assert (
        repr(split_into_tasks(*pair(2), 1, order=[1, 0])[0])
        == "Task(18 train, 2 validation, 6 test clips of class 1, class 0)"
    )
    assert PROTOCOLS["ntu60"] == (6, 10)
