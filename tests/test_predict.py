"""Questions take a guess before the answer shows; guesses are kept, also where a folder is read-only."""

import json
import os

import nbformat
import pytest

from skelkit import study
from skelkit.study import rendering
from skelkit.study.progress import FILE, Progress

pytest.importorskip("anywidget", reason="needs the notebooks extra: pip install 'skelkit[notebooks]'")
from skelkit.study import predict
from skelkit.viz import questions


@pytest.fixture(autouse=True)
def started(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study.start("01_compression", {})


def test_the_answer_is_unknown_to_the_page_until_it_is_computed():
    guess = predict.number("How far?", unit="mm", high=100)
    assert guess.widget.answer == {}
    guess.reveal(12.3, "Not far.")
    assert guess.widget.answer == {"value": 12.3, "text": "Not far."}


def test_what_follows_an_answer_is_hidden_by_the_identity_of_its_question(capsys):
    guess = predict.choice("Which?", ["this", "that"])
    guess.reveal("that")
    assert "that" not in capsys.readouterr().out
    text = questions.curtain(guess.meta["id"], 'Is "a" < b?')
    assert text.count(f'data-question="{guess.meta["id"]}"') == 3
    assert "Is &quot;a&quot; &lt; b?" in text
    assert "visibility: hidden" in text


def test_an_answer_that_is_none_of_the_options_is_refused():
    with pytest.raises(ValueError, match="no answer 'both'; known: this, that"):
        predict.choice("Which?", ["this", "that"]).reveal("both")
    curve = predict.curve("Draw it", [1, 2, 3], "s", "mm", high=50)
    with pytest.raises(ValueError, match="the answer has 2 numbers, the curve 3 points"):
        curve.reveal({1: 4.0, 2: 5.0})
    curve.reveal({1: 4.0, 2: 5.0, 3: 6.0})
    assert curve.widget.answer["value"] == [4.0, 5.0, 6.0]


def test_a_guess_is_kept_but_a_request_to_see_the_answer_is_none(tmp_path):
    guess = predict.number("How far?", unit="mm", high=100)
    guess.widget.guess = {"shown": True}
    assert not (tmp_path / FILE).exists()
    guess.widget.guess = {"value": 40}
    assert Progress(tmp_path).notes() == {"01_compression": {"guessed": {guess.meta["id"]: 40}}}


def test_a_headless_run_keeps_no_guess(tmp_path, monkeypatch):
    monkeypatch.setenv(study.HEADLESS, "1")
    predict.number("How far?", unit="mm", high=100).widget.guess = {"value": 40}
    assert not (tmp_path / FILE).exists()


def test_the_same_question_has_the_same_identity_and_another_a_different_one():
    first, again, other = (predict.number(text, unit="mm", high=1) for text in ("a", "a", "b"))
    assert first.meta["id"] == again.meta["id"] != other.meta["id"]


def test_notes_are_added_to_those_that_are_there(tmp_path):
    assert Progress(tmp_path).note("01", "solved", "compress")
    assert Progress(tmp_path).note("01", "solved", "restore")
    assert Progress(tmp_path).note("02", "guessed", "q1", [1.5, 2])
    assert Progress(tmp_path).count("01", "solved") == 2
    assert Progress(tmp_path).notes()["02"] == {"guessed": {"q1": [1.5, 2]}}


@pytest.mark.parametrize("content", ["{", "[1]", '{"01": 3}', '{"01": {"solved": []}}', "\x00"])
def test_a_damaged_file_is_as_good_as_none(tmp_path, content):
    (tmp_path / FILE).write_text(content)
    assert Progress(tmp_path).count("01", "solved") == 0
    assert Progress(tmp_path).note("01", "solved", "compress")
    assert json.loads((tmp_path / FILE).read_text())["01"] == {"solved": {"compress": True}}


def test_a_folder_that_cannot_be_written_to_is_tolerated(tmp_path):
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / FILE).mkdir()  # stands in the way even of root
    notes = Progress(blocked)
    assert not notes.note("01", "solved", "compress")
    assert notes.count("01", "solved") == 1
    assert os.listdir(blocked) == [FILE]


def test_a_page_has_the_question_without_any_guess():
    guess = predict.number("Is </script> safe?", unit="mm", high=100)
    guess.widget.guess = {"value": 40}
    text = questions.fragment_of(guess.widget.get_state())
    assert text.count("</script>") == 1
    assert '"guess":{}' in text
    assert "window.skelkitQuestion={render}" in questions.question_module()


def test_the_report_shows_questions_and_keeps_the_outputs_of_a_cell_together(tmp_path):
    state = {"meta": {"id": "q1", "kind": "choice", "text": "?"}, "answer": {}, "guess": {}}
    view = nbformat.v4.new_output("display_data", {rendering.WIDGET: {"model_id": "a"}})
    behind = nbformat.v4.new_output("display_data", {"text/html": questions.curtain("q1", "?")})
    number = nbformat.v4.new_output("stream", text="12 mm")
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("ask", outputs=[view]),
            nbformat.v4.new_code_cell("tell", outputs=[behind, number]),
        ],
        metadata={"widgets": {rendering.WIDGET_STATE: {"state": {"a": {"state": state}}}}},
    )
    nbformat.write(notebook, tmp_path / "a.ipynb")
    page = rendering.notebook_body(tmp_path / "a.ipynb")
    assert "window.skelkitQuestion.mount(" in page
    together = page[page.rindex('<div class="outputs">') :]
    assert together.index("skelkit-curtain") < together.index("12 mm")
