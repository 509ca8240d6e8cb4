"""`skelkit exercises check`: submitted notebooks, each with what its author wrote."""

import json
from pathlib import Path

import pytest

from skelkit.cli.main import main
from skelkit.lessons import submissions
from skelkit.lessons.exercises import EXERCISES

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "01_compression.ipynb"
NAMES = ["bytes_of_a_clip", "highest_frequency", "compress", "restore", "reconstruction_error"]


def hand_in(path, changes=(), more=()):
    """Notebook 01 with cells of which parts are replaced, and further cells."""
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))
    for cell in notebook["cells"]:
        for old, new in changes:
            cell["source"] = "".join(cell["source"]).replace(old, new)
    for source in more:
        cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
        notebook["cells"].append(cell)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), "utf-8")


NUMBER = '("bytes_of_a_clip", ...)'


def test_solved_wrong_and_open_exercises_are_told_apart(tmp_path):
    solutions = "\n\n".join(EXERCISES[name].solution for name in ("compress", "restore"))
    checks = "exercises.check(compress)\nexercises.check(restore);"
    wrong = "def reconstruction_error(x, y):\n    return 1000 * (x - y).abs().mean()\n"
    hand_in(
        tmp_path / "anna" / "01.ipynb",
        [(NUMBER, '("bytes_of_a_clip", 20 * 25 * 3 * 2)')],
        [f"import torch\n{solutions}\n{checks}", f"{wrong}\nexercises.check(reconstruction_error)"],
    )
    (found,) = submissions.check_folder(tmp_path)
    assert found.path == Path("anna/01.ipynb")
    assert not found.problem
    assert list(found.verdicts) == NAMES
    assert [found.verdicts[n] for n in NAMES[:4]] == ["", submissions.OPEN, "", ""]
    assert found.verdicts["reconstruction_error"] not in (submissions.SOLVED, submissions.OPEN)


def test_the_notebook_as_it_ships_has_nothing_written(tmp_path):
    hand_in(tmp_path / "01.ipynb")
    (found,) = submissions.check_folder(tmp_path)
    assert found.verdicts == dict.fromkeys(NAMES, submissions.OPEN)


def test_an_endless_function_costs_its_own_time_alone(tmp_path):
    endless = "def highest_frequency():\n    while True:\n        pass\n\n"
    check = "exercises.check_number('highest_frequency', highest_frequency())"
    hand_in(tmp_path / "b.ipynb", more=[endless + check])
    hand_in(tmp_path / "c.ipynb", [(NUMBER, '("bytes_of_a_clip", 3000)')])
    late, good = submissions.check_folder(tmp_path, limit=15)
    assert late.problem == "took longer than 15 s"
    assert late.verdicts["compress"] == submissions.OPEN  # what came before is kept
    assert good.verdicts["bytes_of_a_clip"] == submissions.SOLVED


def test_what_is_no_python_or_stops_is_said(tmp_path):
    hand_in(
        tmp_path / "a.ipynb",
        more=[
            "def compress(x, s)\n    return x\n\nexercises.check(compress)",
            "%matplotlib inline\nfrom nowhere import this\nexercises.check(unknown)",
            "def restore(z, frames, s):\n    raise KeyError('mine')\n\nexercises.check(restore)",
            "exercises.check_number('highest_frequency', 1 / 0)",
        ],
    )
    (found,) = submissions.check_folder(tmp_path)
    assert found.verdicts["compress"] == "line 1 of its cell is no Python"
    assert "KeyError: 'mine'" in found.verdicts["restore"]
    assert "ZeroDivisionError" in found.verdicts["highest_frequency"]


def test_only_what_the_exercises_need_is_run(tmp_path):
    touched = tmp_path / "touched"
    calls = f"open({str(touched)!r}, 'w').close()"
    hand_in(tmp_path / "in" / "a.ipynb", [(NUMBER, '("bytes_of_a_clip", n * 2)')], [])
    notebook = json.loads((tmp_path / "in" / "a.ipynb").read_text("utf-8"))
    for source in (calls, "n = 20 * 25 * 3"):
        cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
        notebook["cells"].insert(0, cell)
    (tmp_path / "in" / "a.ipynb").write_text(json.dumps(notebook), "utf-8")
    (found,) = submissions.check_folder(tmp_path / "in")
    assert found.verdicts["bytes_of_a_clip"] == submissions.SOLVED
    assert not touched.exists()


def test_the_command_prints_a_table(tmp_path, capsys):
    hand_in(tmp_path / "ben.ipynb", [(NUMBER, '("bytes_of_a_clip", 3000)')])
    (tmp_path / "empty.ipynb").write_text("{}")
    assert main(["exercises", "check", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert ", ".join(NAMES) in printed
    assert "ben.ipynb    ✓ ○ ○ ○ ○  1 of 5" in printed
    assert "no notebook (KeyError: 'cells')" in printed
    assert main(["exercises", "check", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["verdicts"]["bytes_of_a_clip"] == ""


@pytest.mark.parametrize(("make", "words"), [(False, "no folder"), (True, "no .ipynb files")])
def test_a_folder_without_notebooks_is_refused(tmp_path, make, words, capsys):
    folder = tmp_path / "in"
    if make:
        folder.mkdir()
    with pytest.raises(ValueError, match=words):
        submissions.check_folder(folder)
    assert main(["exercises", "check", str(folder)]) == 1
