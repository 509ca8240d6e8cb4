"""Lesson scripts, course and exercise sheet name what is in notebooks, panels and commands."""

import ast
import json
import re
from pathlib import Path

import pytest

from skelkit import codecs
from skelkit.cli.main import main
from skelkit.lessons import forgetting
from skelkit.lessons.exercises import EXERCISES
from skelkit.viz.panels.mask_panel import mask_choices

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks" / "teaching"
NOTEBOOKS = {path.stem: path for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))}
SCRIPTS = ["01_compression", "02_masks", "04_forgetting", "06_asymmetric_pretraining", "07_distillation"]
PAGES = sorted(path.name for path in FOLDER.glob("*.md"))
OPTIONS = {"f", "g", "teacher", "labels alone", *codecs.comparison(codecs.CODECS), *codecs.DTYPES}
OPTIONS |= {name for hides in ("joints", "frames") for name in mask_choices(hides)}
PANELS = {
    "01_compression": ["codec_panel"],
    "02_masks": ["mask_panel", "panel"],
    "04_forgetting": ["live"],
    "06_asymmetric_pretraining": ["pretraining"],
    "07_distillation": ["soft_labels"],
}
WORDS = 850
"""Of a script at most: two printed pages."""


def text_of(name):
    return (FOLDER / name).read_text("utf-8")


def flat(text):
    return " ".join(text.split())


def cells(notebook, kind):
    read = json.loads(NOTEBOOKS[notebook].read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in read if cell["cell_type"] == kind]


def strings(source):
    """Text constants of Python code."""
    found = [n.value for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Constant)]
    return [flat(each) for each in found if isinstance(each, str)]


def questions(notebook):
    """Text constants in the code of a notebook that may be questions or their options, in its order."""
    return [each for source in cells(notebook, "code") for each in strings(source)]


def labels(notebook):
    """Text constants of the modules that make the panels of a notebook."""
    folder = ROOT / "skelkit" / "viz" / "panels"
    return {each for name in PANELS[notebook] for each in strings((folder / f"{name}.py").read_text("utf-8"))}


def asked(notebook):
    """Exercises that a notebook checks, in its order: name -> signature, or "" of a number."""
    found = {}
    for source in cells(notebook, "code"):
        for kind, name in re.findall(r"exercises\.check(_number)?\(\"?(\w+)", source):
            function = re.search(rf"^def ({name}\(.*\)):$", source, re.MULTILINE)
            assert kind or function, name
            found[name] = "" if kind else function[1]
    return found


def unquoted(text):
    """Contents of backticks."""
    return [flat(each) for each in re.findall(r"`([^`]+)`", text)]


def test_all_scripts_the_course_and_the_exercise_sheet_are_there():
    expected = [*(f"{name}.md" for name in SCRIPTS), "README.md", "course.md", "exercises.md"]
    assert sorted(expected) == PAGES


@pytest.mark.parametrize("page", PAGES)
def test_the_links_of_a_page_lead_to_files(page):
    links = re.findall(r"\]\(([^)#]+)", text_of(page))
    assert links or page in {f"{name}.md" for name in SCRIPTS}
    assert [link for link in links if not (FOLDER / link).resolve().is_file()] == []


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_minutes_of_a_script_are_45_and_their_headings_are_in_the_notebook(script):
    steps = re.findall(r"^\*\*(\d+)–(\d+) · (.+?)\.?\*\*", text_of(f"{script}.md"), re.MULTILINE)
    assert [int(begin) for begin, _, _ in steps] == [0, *(int(end) for _, end, _ in steps[:-1])]
    assert int(steps[-1][1]) == 45
    heads = re.findall(r"^#+ (.+)$", "\n".join(cells(script, "markdown")), re.MULTILINE)
    assert [head for _, _, head in steps if not {head, head + "?"} & {h.rstrip(".") for h in heads}] == []


@pytest.mark.parametrize("script", SCRIPTS)
def test_words_in_quotation_marks_are_in_the_notebook_or_its_lesson(script):
    shown = questions(script) + list(forgetting.GUESSES) + [flat(c) for c in cells(script, "markdown")]
    for lesson in sorted((ROOT / "skelkit" / "lessons").glob("*.py")):
        shown += [each for each in strings(lesson.read_text("utf-8")) if len(each) > 5]
    quoted = [flat(q) for q in re.findall(r'"([^"`]+)"', re.sub(r"`[^`]*`", "", text_of(f"{script}.md")))]
    assert quoted
    assert [q for q in quoted if not any(q in each for each in shown)] == []


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_guess_that_a_script_asks_for_is_a_question_of_the_notebook(script):
    asked_for = re.findall(r'"([^"]+\?)"', text_of(f"{script}.md"))
    known = questions(script)
    assert len(asked_for) >= 3
    assert [q for q in map(flat, asked_for) if not any(q in each for each in known)] == []


@pytest.mark.parametrize("script", SCRIPTS)
def test_sliders_and_choices_to_move_are_labelled_so_in_the_panels(script):
    lines = re.findall(r"^Move: (.+?)(?=[;,.])", text_of(f"{script}.md"), re.MULTILINE)
    moved = [name for line in lines for name in unquoted(line)]
    assert moved
    assert [name for name in moved if name not in labels(script) | OPTIONS] == []


@pytest.mark.parametrize("script", SCRIPTS)
def test_what_stands_in_backticks_is_in_the_notebook_a_panel_or_a_command(script):
    form = (ROOT / "skelkit" / "viz" / "questions" / "question.js").read_text("utf-8")
    known = "\n".join([*cells(script, "code"), *cells(script, "markdown"), form, *labels(script)])
    names = [each for each in unquoted(text_of(f"{script}.md")) if not each.startswith("skelkit ")]
    assert [each for each in names if each not in known and each not in OPTIONS] == []


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_exist(page, capsys):
    for line in unquoted(text_of(page)):
        if line.startswith("skelkit "):
            words = [word for word in line.split()[1:] if word.islower() and word.isalpha()]
            words = words[: 2 if words[0] in {"exercises", "record"} else 1]
            with pytest.raises(SystemExit) as stopped:
                main([*words, "--help"])
            assert stopped.value.code == 0, line
            known = capsys.readouterr().out
            assert [o for o in re.findall(r"--[a-z-]+", line) if o not in known] == []


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_at_most_two_pages_and_names_preset_and_notebook(script):
    text = text_of(f"{script}.md")
    assert len(text.split()) <= WORDS
    assert f"](../{script}.ipynb)" in text
    assert f"skelkit study {script[:2]} --preset explore" in flat(text)
    assert "skelkit lab" in text


def test_the_exercise_sheet_lists_the_exercises_of_each_notebook_with_their_signatures():
    sections = re.split(r"^## ", text_of("exercises.md"), flags=re.MULTILINE)[1:]
    listed = {}
    for section in sections:
        notebook = re.search(r"\(\.\./(\w+)\.ipynb\)", section)[1]
        listed[notebook] = re.findall(r"^\d+\. `([^`]+)`", section, re.MULTILINE)
    assert listed == {name: [s or n for n, s in asked(name).items()] for name in NOTEBOOKS}
    assert sorted(each.split("(")[0] for names in listed.values() for each in names) == sorted(EXERCISES)


def test_the_course_hands_in_every_function_that_is_to_be_written():
    written = {name for notebook in NOTEBOOKS for name, signature in asked(notebook).items() if signature}
    assert {each for each in unquoted(text_of("course.md")) if each.isidentifier()} - {"explore"} == written


@pytest.mark.parametrize("option", ["--limit", "--json"])
def test_the_options_on_the_exercise_sheet_exist(option, capsys):
    assert f"`{option}`" in text_of("exercises.md")
    with pytest.raises(SystemExit):
        main(["exercises", "check", "--help"])
    assert option in capsys.readouterr().out
