import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from helpers import seeded
from hypothesis import given
from hypothesis import strategies as st

from skelkit.continual import metrics
from skelkit.continual.history import History

NAN = math.nan
HAND = [[1.0, NAN, NAN], [0.75, 0.5, NAN], [0.25, 0.625, 1.0]]
ALL = (metrics.faa, metrics.forgetting, metrics.backward_transfer)


def matrices(least=1):
    """Square lists of accuracies in 64ths, exact in any float type."""
    share = st.integers(0, 64).map(lambda n: n / 64)
    return st.integers(least, 7).flatmap(
        lambda n: st.lists(st.lists(share, min_size=n, max_size=n), min_size=n, max_size=n)
    )


# -- the accuracy matrix -------------------------------------------------------------------------------------


def test_metrics_of_a_small_matrix_agree_with_a_count_by_hand():
    assert metrics.faa(torch.tensor(HAND)) == 1.875 / 3
    assert metrics.forgetting(torch.tensor(HAND)) == (0.75 - 0.125) / 2
    assert metrics.backward_transfer(torch.tensor(HAND)) == (-0.75 + 0.125) / 2


def test_forgetting_is_measured_from_the_best_row_in_between():
    matrix = torch.tensor([[0.5, NAN, NAN], [0.75, 1.0, NAN], [0.25, 1.0, 1.0]])
    assert metrics.forgetting(matrix) == (0.75 - 0.25) / 2
    assert metrics.backward_transfer(matrix) == (0.25 - 0.5) / 2


@given(matrices(), st.sampled_from([torch.float32, torch.float64]))
def test_every_metric_agrees_with_its_sum_written_out(matrix, dtype):
    last = len(matrix) - 1
    mean = lambda values: sum(values) / len(values) if values else 0.0  # noqa: E731
    forgot = [max(matrix[i][j] for i in range(j, last)) - matrix[last][j] for j in range(last)]
    back = [matrix[last][j] - matrix[j][j] for j in range(last)]
    forward = [matrix[j - 1][j] - 0.25 for j in range(1, last + 1)]
    given = torch.tensor(matrix, dtype=dtype)
    assert metrics.faa(given) == pytest.approx(mean(matrix[last]), abs=1e-15)
    assert metrics.forgetting(given) == pytest.approx(mean(forgot), abs=1e-15)
    assert metrics.backward_transfer(given) == pytest.approx(mean(back), abs=1e-15)
    assert metrics.forward_transfer(given, torch.full((last + 1,), 0.25)) == pytest.approx(
        mean(forward), abs=1e-15
    )


@given(matrices())
def test_entries_above_the_diagonal_do_not_matter_and_arguments_are_not_modified(matrix):
    given = torch.tensor(matrix)
    hidden = given.masked_fill(torch.ones_like(given).triu(1).bool(), NAN)
    before = given.clone(), hidden.clone()
    assert [f(given) for f in ALL] == [f(hidden) for f in ALL]
    metrics.forward_transfer(given, given[0])
    assert torch.equal(given, before[0])
    assert torch.equal(hidden.nan_to_num(-1), before[1].nan_to_num(-1))


@given(matrices(least=2))
def test_forgetting_is_never_less_than_the_transfer_lost(matrix):
    given = torch.tensor(matrix)
    assert metrics.forgetting(given) >= -metrics.backward_transfer(given)


@given(matrices())
def test_forgetting_with_the_last_row_in_its_maximum_agrees_with_its_sum_written_out(matrix):
    last = len(matrix) - 1
    drops = [max(matrix[i][j] for i in range(j, last + 1)) - matrix[last][j] for j in range(last)]
    found = metrics.forgetting(torch.tensor(matrix), including_last=True)
    assert found == pytest.approx(sum(drops) / max(len(drops), 1), abs=1e-15)
    assert found >= max(0, metrics.forgetting(torch.tensor(matrix)))


def test_an_earlier_task_that_is_best_at_the_end_counts_only_without_the_last_row():
    matrix = [[0.5, NAN, NAN], [0.75, 1.0, NAN], [1.0, 0.5, 1.0]]
    assert metrics.forgetting(matrix) == (-0.25 + 0.5) / 2
    assert metrics.forgetting(matrix, including_last=True) == (0 + 0.5) / 2


def test_a_history_has_both_and_records_the_one_without_the_last_row():
    accuracy = torch.tensor([[0.5, NAN, NAN], [0.75, 1.0, NAN], [1.0, 0.5, 1.0]])
    confusion = torch.zeros(3, 3, dtype=torch.long)
    history = History("er", None, None, accuracy, accuracy, confusion, SimpleNamespace(memory=None))
    assert (history.forgetting, history.forgetting_including_last) == (0.125, 0.25)
    assert history.as_dict()["forgetting"] == 0.125


def test_with_one_task_forgetting_and_transfer_are_zero():
    one = torch.tensor([[0.75]])
    assert [f(one) for f in ALL] == [0.75, 0, 0]
    assert metrics.forward_transfer(one, [0.5]) == 0


def test_lists_arrays_and_tensors_with_gradients_give_the_same_metrics():
    matrix = [[1.0, 0.0], [0.5, 0.25]]
    for alike in (matrix, np.array(matrix), torch.tensor(matrix, requires_grad=True)):
        assert [f(alike) for f in ALL] == [0.375, 0.5, -0.5]


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (
            lambda: metrics.faa(torch.zeros(2, 3)),
            r"square, \[tasks, tasks\], at least one task; got shape \[2, 3\]",
        ),
        (lambda: metrics.forgetting(torch.zeros(0, 0)), r"at least one task; got shape \[0, 0\]"),
        (lambda: metrics.backward_transfer(torch.zeros(3)), r"got shape \[3\]"),
        (
            lambda: metrics.faa([[1, 0], [NAN, 1]]),
            r"accuracy\[1, 0\] is nan; fill in the accuracy on task 0 after learning task 1",
        ),
        (lambda: metrics.forgetting([[1, 0, 0], [NAN, 1, 0], [1, 1, 1]]), r"accuracy\[1, 0\] is nan"),
        (lambda: metrics.backward_transfer([[1, NAN], [NAN, 1]]), r"accuracy\[1, 0\] is nan"),
        (
            lambda: metrics.forward_transfer(HAND, [0.1, 0.1, 0.1]),
            r"accuracy\[0, 1\] is nan; fill in the accuracy on task 1 after learning task 0",
        ),
        (
            lambda: metrics.forward_transfer([[1, 0], [1, 1]], [0.1]),
            r"baseline of shape \[1\] for 2 tasks; give one accuracy per task",
        ),
        (lambda: metrics.forward_transfer([[1, 0], [1, 1]], [0.1, NAN]), r"baseline\[1\] is nan"),
    ],
)
def test_an_invalid_matrix_raises_an_error_that_names_the_entry(compute, message):
    with pytest.raises(ValueError, match=message):
        compute()


# -- accuracy ----------------------------------------------------------------------------------------------


@given(st.integers(1, 30), st.integers(2, 8), st.integers(0, 999))
def test_accuracy_agrees_with_looking_at_one_clip_at_a_time(clips, classes, seed):
    generator = seeded(seed)
    logits = torch.randn(clips, classes, generator=generator)
    mine = torch.randperm(classes, generator=generator)[: classes // 2 + 1].tolist()
    labels = torch.tensor(mine)[torch.randint(len(mine), (clips,), generator=generator)]
    for competing in (None, mine, torch.tensor(mine)):
        among = range(classes) if competing is None else mine
        right = [
            max(among, key=lambda c, row=row: row[c]) == label
            for row, label in zip(logits.tolist(), labels.tolist(), strict=True)
        ]
        assert metrics.accuracy(logits, labels, competing) == sum(right) / clips
    assert metrics.accuracy(logits, labels, mine) >= metrics.accuracy(logits, labels)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (torch.zeros(2, 3), torch.tensor([0])),
            r"logits of shape \[2, 3\] with labels of shape \[1\]; "
            r"expected \[clips, classes\] with \[clips\]",
        ),
        ((torch.zeros(3), torch.tensor([0, 1, 2])), r"logits of shape \[3\]"),
        ((torch.zeros(0, 3), torch.tensor([]).long()), "accuracy on no clips is not defined"),
        (
            (torch.tensor([[0.0, 1], [NAN, 1]]), torch.tensor([0, 1])),
            r"clip 1: nan among its logits \(1 such clips\)",
        ),
        (
            (torch.zeros(2, 3), torch.tensor([0, 2]), [0, 1]),
            r"label 2 is none of the classes that compete: \[0, 1\]",
        ),
        (
            (torch.zeros(2, 3), torch.tensor([0, 3])),
            r"label 3 is none of the classes that compete: \[0, 1, 2\]",
        ),
    ],
)
def test_invalid_logits_raise_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        metrics.accuracy(*arguments)


# -- confusion ---------------------------------------------------------------------------------------------


@given(st.integers(0, 30), st.integers(1, 6), st.integers(0, 999))
def test_confusion_agrees_with_counting_one_clip_at_a_time(clips, classes, seed):
    generator = seeded(seed)
    logits, labels = (
        torch.randn(clips, classes, generator=generator),
        torch.randint(classes, (clips,), generator=generator),
    )
    wanted = [[0] * classes for _ in range(classes)]
    for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
        wanted[label][row.index(max(row))] += 1
    found = metrics.confusion(logits, labels)
    assert found.tolist() == wanted
    if clips:
        assert int(found.diag().sum()) / clips == pytest.approx(metrics.accuracy(logits, labels))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((torch.zeros(2, 3), torch.tensor([0])), r"logits of shape \[2, 3\] with labels of shape \[1\]"),
        (
            (torch.zeros(2, 3), torch.tensor([1, 3])),
            r"labels 1 to 3 with logits of 3 classes; labels are 0 to 2",
        ),
        ((torch.zeros(2, 3), torch.tensor([-1, 2])), r"labels -1 to 2 with logits of 3 classes"),
        ((torch.tensor([[0.0, 1], [NAN, 1]]), torch.tensor([0, 1])), "clip 1: nan among its logits"),
    ],
)
def test_invalid_labels_or_logits_of_a_confusion_matrix_raise_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        metrics.confusion(*arguments)
