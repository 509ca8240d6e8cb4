"""Exercises accept the solution, and name the mistakes of a function in words."""

import inspect
from pathlib import Path

import pytest
import torch
from helpers import seeded

from skelkit import continual, study
from skelkit.deploy import distillation
from skelkit.lessons import exercises
from skelkit.lessons.exercises import EXERCISES, reservoir_step
from skelkit.lessons.exercises.exercise import difference
from skelkit.study.progress import Progress

by_name = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=list(EXERCISES))
MISTAKES = [(e, *mistake) for e in EXERCISES.values() for mistake in e.mistakes]

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@by_name
def test_the_solution_is_right(exercise):
    assert exercise.problems(exercise.reference) == []


@pytest.mark.parametrize(
    ("exercise", "words", "wrong"), MISTAKES, ids=[f"{e.name}: {words[:40]}" for e, words, _ in MISTAKES]
)
def test_a_mistake_is_said_in_its_words(exercise, words, wrong):
    assert exercise.problems(wrong) == [words]


@by_name
def test_an_exercise_names_three_mistakes_and_has_hints(exercise):
    assert len(exercise.mistakes) >= 3 or exercise.properties
    assert len(exercise.hints) >= 2
    assert exercise.solution.startswith(f"def {exercise.name}(")


@by_name
def test_a_function_without_content_is_not_written_yet(exercise):
    assert exercise.problems(lambda *arguments: ...) is None


@by_name
def test_a_function_that_stops_says_why(exercise):
    def broken(*arguments):
        raise KeyError("this one")

    assert "stops with KeyError: 'this one'" in exercise.problems(broken)[0]


RESERVOIRS = {
    "later clips have no chance": lambda memory, clip, seen, size, g: [*memory, clip][:size],
    "Every clip is let in": lambda memory, clip, seen, size, g: [*memory, clip][-size:],
    "grows beyond its size": lambda memory, clip, seen, size, g: [*memory, clip],
}


@pytest.mark.parametrize("words", RESERVOIRS)
def test_a_reservoir_that_is_not_fair_is_refused(words):
    (said,) = EXERCISES["reservoir_step"].problems(RESERVOIRS[words])
    assert words in said


@pytest.mark.parametrize(
    ("highest", "places", "words"),
    [
        (lambda seen, size: seen, 1, "Off by one"),
        (lambda seen, size: size * 2, 1, "equally likely to stay"),
        (lambda seen, size: seen + 1, 2, "place is equally likely"),
    ],
)
def test_a_reservoir_with_other_chances_is_refused(highest, places, words):
    def step(memory, clip, seen, size, generator):
        if len(memory) < size:
            return [*memory, clip]
        if int(torch.randint(highest(seen, size), (1,), generator=generator)) >= size:
            return memory
        slot = int(torch.randint(size // places, (1,), generator=generator))
        return [clip if k == slot else old for k, old in enumerate(memory)]

    (said,) = EXERCISES["reservoir_step"].problems(step)
    assert words in said


def test_solutions_agree_with_the_library():
    a, b = torch.randn(2, 6, 4, generator=seeded())
    losses = EXERCISES["distillation_loss"].reference(a, b, 3.0), distillation.distillation_loss(a, b, 3.0)
    torch.testing.assert_close(*losses)
    matrix = torch.tensor([[0.5, torch.nan], [0.25, 1.0]])
    assert EXERCISES["faa"].reference(matrix) == pytest.approx(continual.metrics.faa(matrix))
    assert len(reservoir_step.reservoir_step([1, 2], 3, 2, 2, seeded())) == 2


def test_a_function_that_changes_its_input_is_told_so():
    def compress(x, s):
        x += 0.5
        return x[:, :, ::s]

    assert "changes the tensors" in EXERCISES["compress"].problems(compress)[0]


def test_an_unknown_mistake_is_shown_at_its_first_wrong_value():
    def compress(x, s):
        return EXERCISES["compress"].reference(x, s) * 1.01

    said = EXERCISES["compress"].problems(compress)[0]
    assert said.startswith("at [0, 0, 0, 0, 0] it returns")
    assert said.endswith("for 12 frames and s = 5")


def test_a_shape_is_compared_before_values():
    assert difference(torch.ones(2, 3), torch.ones(3), 0.1) == "it returns a tensor [2, 3], expected [3]"
    assert difference([1, 2], [1, 3], 0) == "it returns 2, expected 3"
    assert difference("a", 1.0, 0) == "it returns a, expected 1"


def test_what_is_solved_is_kept_beside_the_notebook(tmp_path, capsys):
    compress = EXERCISES["compress"].reference
    assert exercises.check(compress)
    assert "✓ compress: right, in all 6 cases" in capsys.readouterr().out
    assert Progress(tmp_path).notes() == {"01_compression": {"solved": {"compress": True}}}
    exercises.progress()
    listed = capsys.readouterr().out
    assert "01 · compression · 0 · 1 of 5" in listed
    pages = {path.stem: path.read_text("utf-8") for path in (ROOT / "notebooks").glob("*.ipynb")}
    asking = [name for name, page in pages.items() if "exercises.check" in page]
    assert len(listed.splitlines()) == len(asking), "a notebook that asks nothing is not listed"


def test_a_number_is_compared_whatever_its_type(capsys):
    assert exercises.check_number("bytes_of_a_clip", 3000.0)
    assert exercises.check_number("highest_frequency", 3.75)
    assert not exercises.check_number("bytes_of_a_clip", 2850)
    assert "Frame 0 is stored too" in capsys.readouterr().out
    assert not exercises.check_number("bytes_of_a_clip", ...)
    assert "not written yet" in capsys.readouterr().out


def test_hints_and_the_solution_are_folded_one_in_the_other():
    text = exercises.hints("restore")
    parts = ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3", "Show the solution", "def restore("]
    assert [text.index(part) for part in parts] == sorted(text.index(part) for part in parts)
    before = text[: text.index("def restore(")]
    assert before.count("<details") - before.count("</details>") == 4


def test_an_unknown_exercise_is_refused():
    def compres(x, s):
        return x

    with pytest.raises(ValueError, match=r"no exercise 'compres'; known: .*did you mean 'compress'"):
        exercises.check(compres)


def test_a_headless_run_checks_the_solution_and_keeps_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv(study.HEADLESS, "1")
    assert exercises.check(EXERCISES["faa"].reference)
    assert list(tmp_path.iterdir()) == []


def test_every_exercise_is_in_a_file_of_its_name():
    for name, exercise in EXERCISES.items():
        assert inspect.getmodule(exercise.reference).__name__.endswith(f".exercises.{name}")
