"""Statistics over seeds: against scipy, against values by hand, and in simulations."""

import gc
import math
import sys
from itertools import product

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower

from skelkit.experiments import statistics
from skelkit.experiments.bootstrap import accuracy_interval
from skelkit.experiments.statistics import compare_all, holm, paired_comparison

A = [61.0, 64.5, 59.0, 70.0, 66.0]
B = [58.0, 65.0, 55.5, 66.0, 60.0]


# -- one comparison ---------------------------------------------------------------------------------------


def test_a_paired_comparison_is_the_paired_t_test_with_its_interval():
    found = paired_comparison(A, B)
    test = stats.ttest_rel(A, B)
    assert (found.mean, found.p) == (pytest.approx(3.2), pytest.approx(test.pvalue))
    assert (found.low, found.high) == pytest.approx(tuple(test.confidence_interval(0.95)))
    by_hand = 3.2 - 2.776445 * math.sqrt(sum((d - 3.2) ** 2 for d in (3, -0.5, 3.5, 4, 6)) / 4 / 5)
    assert found.low == pytest.approx(by_hand, abs=1e-5)
    assert paired_comparison([a - b for a, b in zip(A, B, strict=True)]) == found


@pytest.mark.parametrize("seeds", [2, 3, 5, 8, 20])
def test_the_smallest_detectable_difference_is_found_with_power_0_8(seeds):
    differences = np.random.default_rng(seeds).normal(0, 3, seeds)
    expected = TTestPower().solve_power(nobs=seeds, alpha=0.05, power=0.8) * differences.std(ddof=1)
    assert paired_comparison(differences).detectable == pytest.approx(expected, rel=1e-4)


def test_a_difference_of_the_detectable_size_is_significant_in_four_of_five_experiments():
    random = np.random.default_rng(1)
    size = statistics.paired_comparison([-1.0, 1.0] * 4).detectable / np.std([-1.0, 1.0] * 4, ddof=1)
    found = [paired_comparison(random.normal(size, 1, 8)).significant for _ in range(2_000)]
    assert np.mean(found) == pytest.approx(0.8, abs=0.03)


def test_more_comparisons_need_a_larger_difference():
    one, twelve = (paired_comparison(A, B, comparisons=m).detectable for m in (1, 12))
    expected = TTestPower().power(twelve / np.std(np.subtract(A, B), ddof=1), 5, 0.05 / 12)
    assert twelve > one
    assert expected == pytest.approx(0.8, abs=1e-4)


def test_the_sign_flip_test_counts_all_signs():
    differences = np.subtract(A, B)
    means = [np.mean(np.array(signs) * differences) for signs in product((-1, 1), repeat=5)]
    expected = np.mean(np.abs(means) >= abs(differences.mean()) - 1e-12)
    assert paired_comparison(A, B, test="sign flip").p == pytest.approx(expected)
    many = np.random.default_rng(0).normal(0.3, 1, 30)
    assert paired_comparison(many, test="sign flip").p == pytest.approx(paired_comparison(many).p, abs=0.04)


def test_differences_that_are_all_equal_are_tested_by_their_signs():
    assert paired_comparison([2.0, 2.0, 2.0]).p == pytest.approx(2 / 8)
    assert paired_comparison([0.3, 0.4], [0.1, 0.2]).p == pytest.approx(2 / 4)
    assert paired_comparison([0.67, 0.66, 0.67]).p == pytest.approx(2 / 8), "two of 300 clips, rounded"
    assert paired_comparison([0.0, 0.0, 0.0]).p == 1
    assert paired_comparison([0.0, 0.0, 0.0]).verdict == "not significant at this size"


def test_one_seed_is_no_test_and_none_is_not_recorded():
    one, none = paired_comparison([7.0]), paired_comparison([])
    assert str(one) == "+7.0 points; one seed: no test"
    assert str(none) == "not recorded yet"
    assert not one.significant
    assert not none.significant
    with pytest.raises(ValueError, match="2 values with 1"):
        paired_comparison([1.0, 2.0], [1.0])


def test_a_verdict_says_what_could_have_been_seen():
    found = paired_comparison([-3.0, 4.0, 5.0])
    assert (
        found.verdict == f"not significant at this size ({found.detectable:.1f} points could have been seen)"
    )
    assert str(paired_comparison([3.9, 4.0, 4.1])).endswith("p < 0.001, 3 seeds: significant")
    assert (
        str(paired_comparison([3.0, 4.0, 5.0])) == "+4.0 [+1.5, +6.5] points, p = 0.02, 3 seeds: significant"
    )


# -- several comparisons ----------------------------------------------------------------------------------


def test_holm_multiplies_by_the_number_of_comparisons_that_are_left():
    assert holm([0.01, 0.02, 0.03, 0.5]) == pytest.approx([0.04, 0.06, 0.06, 0.5])
    assert holm([0.3, 0.001]) == pytest.approx([0.3, 0.002])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_comparisons_of_one_table_are_corrected_together():
    differences = {"large": [3.0, 4.0, 5.0], "none": [-3.0, 4.0, 5.0], "one seed": [9.0], "missing": []}
    alone = {name: paired_comparison(values) for name, values in differences.items()}
    found = compare_all(differences)
    assert list(found) == list(differences)
    assert found["large"].p == pytest.approx(2 * alone["large"].p)
    assert found["none"].p == pytest.approx(alone["none"].p)
    assert found["large"].detectable > alone["large"].detectable
    assert math.isnan(found["one seed"].p)
    assert found["missing"].seeds == 0


# -- simulations ------------------------------------------------------------------------------------------


def test_five_of_a_hundred_null_differences_are_called_significant():
    """A mean beyond the standard deviation, the rule until now, does so for more than a fifth at n = 3."""
    random = np.random.default_rng(0)
    called = [paired_comparison(random.normal(0, 2, 8)).significant for _ in range(2_000)]
    assert 0.03 <= np.mean(called) <= 0.07
    three = random.normal(0, 2, (2_000, 3))
    assert np.mean(np.abs(three.mean(1)) > three.std(1, ddof=1)) > 0.2


def test_of_ten_null_comparisons_any_is_called_significant_in_at_most_six_of_a_hundred_tables(monkeypatch):
    monkeypatch.setattr(gc, "collect", lambda: 0)  # statsmodels collects garbage in every call
    tables = np.random.default_rng(0).normal(0, 2, (2_000, 10, 8))
    p_values = stats.ttest_1samp(tables, 0, axis=2).pvalue
    called = [min(holm(row)) < statistics.ALPHA for row in p_values]
    assert 0.03 <= np.mean(called) <= 0.06
    assert np.mean(p_values.min(1) < statistics.ALPHA) > 0.3, "without the correction"


@pytest.mark.parametrize(
    ("shared", "by_seed", "by_clip", "seeds"),
    [
        (True, 0.5, 1.0, 8),
        (True, 0.5, 1.0, 3),
        (True, 0.0, 1.5, 8),
        (True, 0.8, 0.0, 8),
        (False, 0.5, 1.0, 8),
        (False, 0.0, 0.0, 3),
    ],
)
def test_an_accuracy_interval_covers_the_true_accuracy(shared, by_seed, by_clip, seeds):
    """A clip is classified correctly with a probability that depends on the seed and on the clip."""
    random = np.random.default_rng(7)

    def probability(seed, clip):
        return 1 / (1 + np.exp(-(1 + by_seed * seed + by_clip * clip)))

    truth = probability(random.normal(size=300_000), random.normal(size=300_000)).mean()
    covered = []
    for _ in range(1_000):
        clips = random.normal(size=(1 if shared else seeds, 150))
        correct = random.random((seeds, 150)) < probability(random.normal(size=(seeds, 1)), clips)
        found = accuracy_interval(correct, shared_clips=shared, resamples=400)
        covered.append(found.low <= truth <= found.high)
    assert 0.90 <= np.mean(covered) <= 0.97, np.mean(covered)


# -- intervals of one accuracy ----------------------------------------------------------------------------


def test_an_accuracy_interval_of_one_seed_is_that_of_its_clips():
    correct = np.arange(400) < 300
    found = accuracy_interval([correct], shared_clips=False)
    normal = 1.96 * math.sqrt(0.75 * 0.25 / 400)
    assert found.mean == 0.75
    assert (found.low, found.high) == pytest.approx((0.75 - normal, 0.75 + normal), abs=0.005)


def test_an_accuracy_interval_is_the_same_every_time_and_stays_between_0_and_1():
    correct = [np.arange(20) < k for k in (19, 20, 20)]
    found = accuracy_interval(correct, shared_clips=True)
    assert found == accuracy_interval(correct, shared_clips=True)
    assert found.high == 1


def test_clips_of_different_numbers_cannot_be_shared():
    with pytest.raises(ValueError, match=r"2 seeds with \[3, 4\] test clips"):
        accuracy_interval([[True] * 3, [True] * 4], shared_clips=True)
    assert accuracy_interval([[True] * 3, [True] * 4], shared_clips=False).low == 1
    with pytest.raises(ValueError, match="0 seeds"):
        accuracy_interval([], shared_clips=False)


def test_without_scipy_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(ImportError, match=r"pip install 'skelkit\[notebooks\]'"):
        paired_comparison([1.0, 2.0])
    monkeypatch.setitem(sys.modules, "statsmodels.stats.multitest", None)
    with pytest.raises(ImportError, match=r"pip install 'skelkit\[notebooks\]'"):
        holm([0.1])
