"""The recipes of a continual learner and of a self-supervised objective in CONTRIBUTING.md."""

from textwrap import dedent

import pytest
from recipe_kit import CLIPS, Kit, kill_when

SMALL_RUN = ("--seeds", "1", "--preset", "smoke", "--jobs", "1", "--out", "recorded")
LEARN = CLIPS + dedent(
    """
    import sys, time
    slow = len(sys.argv) > 2
    options = {"tasks": 2, "preset": "smoke", "epochs": 3, "every": 0, "progress": False, "strength": 0.7}
    history = sk.continual.learn("counting", train, test, checkpoints=sys.argv[1],
                                 callback=lambda progress: time.sleep(0.5 * slow), **options)
    weights = sum(float(p.detach().double().abs().sum()) for p in history.network.parameters())
    print(repr(weights), history.method.seen, history.method.strength)
    """
)


@pytest.fixture
def kit(tmp_path):
    return Kit(tmp_path)


@pytest.fixture
def counting(kit):
    """A copy with the learner."""
    line = "from .counting import Counting"
    kit.follow("skelkit/continual/learners/counting.py", "LEARNERS", '"counting": Counting', line)
    return kit


def test_a_learner_is_a_file_and_a_line_and_resumes_after_a_kill(counting, tmp_path):
    whole = counting.run("-c", LEARN, str(tmp_path / "whole"))
    assert whole.endswith(" 0.7\n")
    broken = tmp_path / "broken"
    process = counting.start("-c", LEARN, str(broken), "slow")
    kill_when(process, lambda: len(list(broken.glob("*"))) > 0)
    assert counting.run("-c", LEARN, str(broken)) == whole
    other = counting.start("-c", LEARN.replace("0.7", "0.5"), str(broken))
    assert "options: {'strength': 0.7} there, None now" in other.communicate(timeout=120)[1]
    recorded = counting.run("-m", "skelkit", "record", "methods", "--only", "counting", *SMALL_RUN)
    assert "counting" in recorded
    assert len(counting.touched) == 2


def test_the_tests_of_all_learners_take_in_a_new_one(counting):
    passed = counting.passed(
        "counting or hidden_by_an_argument", "test_learners", "test_learning", "test_options"
    )
    assert sum("counting" in name for name in passed) >= 5


def test_an_objective_is_a_file_and_a_line(kit, tmp_path):
    name, line = "small_features", "from .small_features import SmallFeatures"
    kit.follow(f"skelkit/selfsup/objectives/{name}.py", "OBJECTIVES", '"small features": SmallFeatures', line)
    printed = kit.script(
        """
        import sys, warnings
        warnings.simplefilter("ignore")
        options = {"preset": "smoke", "progress": False, "strength": 2.0}
        made = sk.selfsup.pretrain("small features", train, checkpoints=sys.argv[1], every=0, **options)
        again = sk.selfsup.pretrain("small features", train, checkpoints=sys.argv[1], every=0, **options)
        print("losses:", made.losses[-1] < made.losses[0], made.losses == again.losses)
        print("accuracy:", 0 <= sk.selfsup.evaluate(made, train, test, "knn").accuracy <= 1)
        print("options:", made.settings.options)
        """,
        str(tmp_path / "checkpoints"),
    )
    assert "losses: True True" in printed
    assert "accuracy: True" in printed
    assert "options: (('strength', 2.0),)" in printed
    passed = kit.passed(
        "(small and features) or after_step or hidden_by_an_argument", "test_pretraining", "test_options"
    )
    assert sum("small features" in name for name in passed) >= 2
    assert len(kit.touched) == 2
