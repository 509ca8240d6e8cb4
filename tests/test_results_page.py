"""docs/results.md says what was recorded."""

import results_page

from skelkit.experiments import recordings
from skelkit.experiments.statistics import compare_all
from skelkit.models import STTFormer


def test_the_page_is_written_from_the_recordings():
    page = results_page.PAGE.read_text("utf-8")
    assert page == results_page.write() + "\n", "run: python tests/results_page.py"


def test_the_summary_of_the_readme_is_that_of_the_recordings():
    text = results_page.README.read_text("utf-8")
    assert f"{results_page.BEGIN}\n{results_page.summary()}\n{results_page.END}" in text


def test_the_measured_effect_of_the_stem_is_the_recorded_one():
    effect = compare_all({"": results_page.stem_effect(results_page.read("attention"))})[""]
    assert (
        f"CHARON's accuracy by {effect.difference} (embedded set, three seeds, not significant)"
        in " ".join(STTFormer.__doc__.split())
    )
    assert (effect.significant, effect.seeds) == (False, 3)


def test_a_table_of_comparisons_has_the_mean_the_interval_and_the_verdict():
    differences = {"clear": [3.0, 4.0, 5.0], "unclear": [-1.0, 0.0, 2.0], "once": [1.0]}
    lines = results_page.comparisons(differences, "what").splitlines()
    assert lines[0] == "| what | difference (points) | p | verdict |"
    assert lines[2].startswith("| clear | +4.0 [+1.5, +6.5] | 0.04 | significant |")
    assert "not significant at this size" in lines[3]
    assert len(lines) == 4
    assert compare_all({"clear": [3.0, 4.0, 5.0]})["clear"].significant


def test_every_learner_and_every_method_has_a_name_on_the_page():
    named = results_page.LEARNERS.keys()
    assert {variant.label for variant in recordings.EXPERIMENTS["methods"]()} == named
    named = results_page.METHODS.keys()
    assert {variant.label for variant in recordings.EXPERIMENTS["pretraining"]()} == named
