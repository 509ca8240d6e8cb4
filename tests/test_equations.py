"""Equations of the notebooks are MathML in the report: it is read offline."""

import re
from pathlib import Path

import nbformat
import pytest

from skelkit.study.equations import render_markdown
from skelkit.study.rendering import _markdown

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


def test_an_equation_becomes_mathml_and_code_stays_as_it_is():
    page = render_markdown("a $x_i$ b\n\n$$\n\\frac{m}{n}\n$$\n\n`$HOME` and `$x$`", lambda text: text)
    assert re.search(r"<math .*?<msub><mi>x</mi><mi>i</mi></msub>.*?</math>", page)
    fraction = "<mfrac><mrow><mi>m</mi></mrow><mrow><mi>n</mi></mrow></mfrac>"
    assert re.search(rf'<math .*?display="block".*?{fraction}', page)
    assert page.endswith("`$HOME` and `$x$`")


def test_a_dollar_alone_is_no_equation():
    assert render_markdown("it costs 5 $ here", lambda text: text) == "it costs 5 $ here"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_equation_of_a_notebook_is_left_as_latex(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            page = re.sub(r"<code>.*?</code>", "", _markdown(cell.source), flags=re.DOTALL)
            text = re.sub(r"<annotation.*?</annotation>", "", page, flags=re.DOTALL)
            assert "$" not in text
            assert not re.search(r"\\[a-zA-Z]+", text), "a command that is not converted"
