"""The rules of the house that no linter knows: sizes, private names, exceptions from the formatter."""

import ast
import importlib
import inspect
import re
from pathlib import Path

import skelkit

PACKAGE = Path(skelkit.__file__).parent
TREES = {path: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
LONGEST_FILE, LONGEST_BODY = 300, 40


def body_lines(function):
    """Lines of a function without its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_no_file_is_too_long():
    lines = {path.name: len(path.read_text("utf-8").splitlines()) for path in TREES}
    assert {name: count for name, count in lines.items() if count > LONGEST_FILE} == {}


def test_no_function_is_too_long():
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = [(path, n) for path, tree in TREES.items() for n in ast.walk(tree) if isinstance(n, kinds)]
    lines = {f"{path.name}: {function.name}": body_lines(function) for path, function in functions}
    assert {name: count for name, count in lines.items() if count > LONGEST_BODY} == {}


def test_no_module_takes_a_private_name_of_another():
    imports = [
        (path.name, alias.name)
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    ]
    assert [taken for taken in imports if re.match(r"_[^_]", taken[1])] == []


def test_the_formatter_is_off_for_tables_of_numbers_alone():
    for path, tree in TREES.items():
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if "fmt: skip" in line.partition("#")[2]:
                (table,) = [n for n in ast.walk(tree) if isinstance(n, ast.stmt) and n.end_lineno == number]
                constants = [n.value for n in ast.walk(table) if isinstance(n, ast.Constant)]
                numbers = [value for value in constants if isinstance(value, (int, float))]
                assert len(numbers) > 20, f"{path.name}:{number} is no table of numbers"


def test_no_function_carries_attributes():
    for path, tree in TREES.items():
        functions = {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
                owner = ast.unparse(node.targets[0].value)
                assert owner not in functions, f"{path.name}: {ast.unparse(node.targets[0])}"


def test_no_public_name_hides_a_module():
    """An attribute of a package that has the name of a module in its folder is that module."""
    for folder in sorted({path.parent for path in TREES}):
        package = ".".join(("skelkit", *folder.relative_to(PACKAGE).parts))
        module = importlib.import_module(package)
        inside = {p.stem for p in folder.glob("*.py")} | {p.name for p in folder.iterdir() if p.is_dir()}
        names = [n for n in inside - {"__init__", "__main__"} if hasattr(module, n)]
        hidden = [n for n in names if not inspect.ismodule(getattr(module, n))]
        assert hidden == [], f"{package} hides its modules {hidden}"
