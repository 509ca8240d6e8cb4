"""The rules of the house that no linter knows: sizes, private names, exceptions from the formatter."""

import ast
import importlib
import inspect
import re
from pathlib import Path

import pytest
from javascript import function_lines

import skelkit

PACKAGE = Path(skelkit.__file__).parent
TREES = {path: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
SCRIPTS = {path: path.read_text("utf-8") for path in sorted(PACKAGE.rglob("*.js"))}
LONGEST_FILE, LONGEST_BODY, LONGEST_LINE = 300, 40, 110


def body_lines(function):
    """Lines of a function without its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_no_file_is_too_long():
    lines = {path: len(path.read_text("utf-8").splitlines()) for path in (*TREES, *SCRIPTS)}
    assert {path: count for path, count in lines.items() if count > LONGEST_FILE} == {}


def test_no_function_is_too_long():
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = [(path, n) for path, tree in TREES.items() for n in ast.walk(tree) if isinstance(n, kinds)]
    lines = {f"{path}:{function.lineno}": body_lines(function) for path, function in functions}
    assert {place: count for place, count in lines.items() if count > LONGEST_BODY} == {}


def test_no_function_of_a_script_is_too_long():
    lines = {f"{path}:{at}": n for path, text in SCRIPTS.items() for at, n in function_lines(text).items()}
    assert {place: count for place, count in lines.items() if count > LONGEST_BODY} == {}
    assert len(lines) > 100


def test_no_line_of_a_script_is_too_long():
    """Of the lines of Python, ruff sees to it."""
    lines = [(path.name, line) for path, text in SCRIPTS.items() for line in text.splitlines()]
    assert [line for line in lines if len(line[1]) > LONGEST_LINE] == []


@pytest.mark.parametrize(
    ("before", "line", "after"),
    [
        ("function f(x) {", "  x += 1;", "}"),
        ("const f = async ({ x }) => {", "  x += 1;", "};"),
        ("const f = (x) =>", "  x +", "  1;"),
        ("class A { f(x) {", "  x += 1;", "} }"),
        ("function f(x) {", "  if (x) { x += '}' / 2; }", "}"),
        ("function f(x) {", r"  x += /[/}]\/}/.test(x) / 2; // }", "}"),
        ("function f(x) {", "  x += `${`}${{ x }}`} \\` }`; /* } */", "}"),
        ("function f(x) {", "  for (const y of x) { while (y) { y.push(() => 1, () => { x(); }); } }", "}"),
    ],
)
def test_the_lines_of_a_function_in_a_script_are_counted(before, line, after):
    for count in (LONGEST_BODY, LONGEST_BODY + 1):
        lines = [line] * (count - ("1;" in after))
        text = "\n".join(["if (a) { b(); }", before, *lines, after, "const short = () => ({});"])
        assert max(function_lines(text).values()) == count
        assert function_lines(text)[3] == count
        assert function_lines(text)[text.count("\n") + 1] == 1
        assert 1 not in function_lines(text)


@pytest.mark.parametrize("text", ["function f() {", "f(]", "f)", "`${x`", "`"])
def test_a_script_that_does_not_close_its_brackets_is_refused(text):
    with pytest.raises(ValueError, match=r"clos"):
        function_lines(text)


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
