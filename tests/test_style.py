"""The rules of the house that no linter knows: sizes, private names, exceptions from the formatter."""

import ast
import re
from pathlib import Path

import pytest

import skelkit

PACKAGE = Path(skelkit.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
NAMES = [str(path.relative_to(PACKAGE)) for path in FILES]
LONGEST_FILE, LONGEST_BODY = 300, 40


def tree(path):
    return ast.parse(path.read_text("utf-8"))


def body_lines(function):
    """Lines of a function after its docstring and comments-free signature."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_no_file_and_no_function_is_too_long(path):
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_FILE
    functions = [n for n in ast.walk(tree(path)) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    assert {f.name: body_lines(f) for f in functions if body_lines(f) > LONGEST_BODY} == {}


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_no_module_takes_a_private_name_of_another(path):
    imports = [n for n in ast.walk(tree(path)) if isinstance(n, ast.ImportFrom) and n.level]
    private = [a.name for n in imports for a in n.names if re.match(r"_[^_]", a.name)]
    assert private == []


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_the_formatter_is_off_for_tables_of_numbers_alone(path):
    source = path.read_text("utf-8")
    lines = source.splitlines()
    statements = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.stmt)]
    for number, line in enumerate(lines, 1):
        if "fmt: " not in line or "fmt: skip" not in line.partition("#")[2]:
            continue
        (table,) = [n for n in statements if n.end_lineno == number and not hasattr(n, "body")]
        numbers = [
            n for n in ast.walk(table) if isinstance(n, ast.Constant) and isinstance(n.value, (int, float))
        ]
        assert len(numbers) > 20, f"{path.name}:{number} is no table of numbers"


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_no_function_carries_attributes(path):
    module = tree(path)
    functions = {n.name for n in module.body if isinstance(n, ast.FunctionDef)}
    hung = [
        ast.unparse(n.targets[0])
        for n in module.body
        if isinstance(n, ast.Assign)
        and isinstance(n.targets[0], ast.Attribute)
        and isinstance(n.targets[0].value, ast.Name)
        and n.targets[0].value.id in functions
    ]
    assert hung == []


def test_no_public_name_hides_a_module():
    """`from skelkit.ROOM import NAME` is a module exactly where a module of that name lies in that folder."""
    import importlib
    import inspect

    for folder in sorted({path.parent for path in FILES}):
        package = ".".join(("skelkit", *folder.relative_to(PACKAGE).parts))
        module = importlib.import_module(package)
        inside = {p.stem for p in folder.glob("*.py")} | {p.name for p in folder.iterdir() if p.is_dir()}
        hidden = [
            n
            for n in inside - {"__init__", "__main__"}
            if hasattr(module, n) and not inspect.ismodule(getattr(module, n))
        ]
        assert hidden == [], f"{package} hides its modules {hidden}"
