"""Exercises in submitted notebooks: who solved what.

Each notebook is read in a process of its own with a time limit. Of its code only what the exercises need is
run: imports, definitions, plain values, and the cells that check an exercise. That is the code of whoever
wrote the notebook, with the rights of whoever checks it.
"""

from __future__ import annotations

import ast
import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..utils.validation import printable, reason
from .exercises import EXERCISES
from .exercises.checking import answer

LIMIT = 60.0
"""Seconds for the exercises of one notebook."""

MOST_BYTES = 100 * 2**20
"""Size limit of a notebook; outputs can be large."""

SOLVED, OPEN = "", "not written yet"
"""Verdicts of an exercise; any other says what is wrong."""

_CHECKS = ("check", "check_number")


@dataclass(frozen=True)
class Submission:
    """A submitted notebook.

    Attributes:
        path: of the notebook, relative to the folder.
        verdicts: name of an exercise -> `SOLVED`, `OPEN` or what is wrong, in the order of the notebook.
        problem: why the notebook could not be checked, or not to its end; empty if it was.
    """

    path: Path
    verdicts: Mapping[str, str]
    problem: str = ""


def check_folder(folder: Path, limit: float = LIMIT) -> list[Submission]:
    """Check all notebooks in a folder and its subfolders, by path.

    Args:
        limit: seconds for one notebook.

    Raises:
        ValueError: there is no such folder, or no notebook in it.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder}: no folder; give the one with the submitted notebooks")
    paths = sorted(p for p in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)
    if not paths:
        raise ValueError(f"{folder}: no .ipynb files in it; give the folder with the submitted notebooks")
    return [_check(path, folder, limit) for path in paths]


def _check(path: Path, folder: Path, limit: float) -> Submission:
    """Check one notebook in another process."""
    problem = ""
    with tempfile.TemporaryDirectory() as work:
        found = Path(work) / "verdicts"
        command = [
            sys.executable,
            "-c",
            f"from {__name__} import _child; _child()",
            str(path.resolve()),
            str(found),
        ]
        try:
            done = subprocess.run(
                command, cwd=work, capture_output=True, text=True, timeout=limit, check=False
            )
            if done.returncode:
                last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
                problem = f"stopped: {printable(last)}"
        except subprocess.TimeoutExpired:
            problem = f"took longer than {limit:g} s"
        lines = found.read_text("utf-8").splitlines() if found.exists() else []
    verdicts: dict[str, str] = {}
    for line in lines:
        with contextlib.suppress(ValueError):  # cut off when the time was up
            name, verdict = json.loads(line)
            verdicts[name] = verdict
    return Submission(path.relative_to(folder), verdicts, problem)


def _child() -> None:
    """Write the verdict of each exercise of the notebook in `sys.argv[1]` to the file in `sys.argv[2]`."""
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        for name, verdict in verdicts_of(Path(sys.argv[1])):
            out.write(json.dumps([name, verdict]) + "\n")
            out.flush()


def verdicts_of(path: Path) -> Iterator[tuple[str, str]]:
    """Name and verdict of each exercise that a notebook checks; runs code of the notebook.

    Raises:
        ValueError: no notebook, or larger than `MOST_BYTES`.
    """
    namespace: dict[str, Any] = {"__name__": "submission"}
    for source in _code_cells(path):
        try:
            nodes = ast.parse(source).body
        except SyntaxError as error:
            yield from (
                (n, f"line {error.lineno} of its cell is no Python") for n in EXERCISES if _asks(source, n)
            )
            continue
        checking = any(_calls(node) for node in nodes)
        for node in nodes:
            for call in _calls(node):
                yield from _verdict(call, namespace)
            if not _calls(node) and (checking or _is_plain(node)):
                with contextlib.suppress(Exception):  # a name that only the whole notebook defines
                    exec(compile(ast.Module([node], []), str(path), "exec"), namespace)


def _verdict(call: ast.Call, namespace: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and verdict of one call of `check` or `check_number`; nothing if it names no exercise."""
    assert isinstance(call.func, ast.Attribute)
    first = call.args[0] if call.args else None
    name = first.id if isinstance(first, ast.Name) else getattr(first, "value", None)
    if name not in EXERCISES:
        return
    exercise = EXERCISES[name]
    try:
        given = eval(compile(ast.Expression(call.args[-1]), "cell", "eval"), namespace)
    except Exception as error:
        yield name, f"it stops with {reason(error)}"
        return
    function = given if call.func.attr == "check" else answer(exercise, given)
    problems = exercise.problems(function)
    yield name, OPEN if problems is None else "; ".join(problems)


def _calls(node: ast.AST) -> list[ast.Call]:
    """Calls of `exercises.check` and `exercises.check_number` in a statement."""
    return [
        each
        for each in ast.walk(node)
        if isinstance(each, ast.Call)
        and isinstance(each.func, ast.Attribute)
        and each.func.attr in _CHECKS
        and isinstance(each.func.value, ast.Name)
        and each.func.value.id == "exercises"
    ]


def _is_plain(node: ast.stmt) -> bool:
    """Whether a statement is an import, a definition, or assigns a value without calling anything."""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return not any(isinstance(each, ast.Call | ast.Await) for each in ast.walk(node))
    return isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef)


def _asks(source: str, name: str) -> bool:
    return any(f"exercises.{check}({quote}{name}" in source for check in _CHECKS for quote in ("", '"', "'"))


def _code_cells(path: Path) -> Iterator[str]:
    """Code of a notebook, cell by cell, without lines that only a notebook understands."""
    if (size := path.stat().st_size) > MOST_BYTES:
        raise ValueError(f"{size:,} bytes, at most {MOST_BYTES:,} are read; clear the outputs")
    try:
        cells = json.loads(path.read_bytes())["cells"]
        sources = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"no notebook ({reason(error)})") from None
    for source in sources:
        lines = ("pass" if line.lstrip()[:1] in ("%", "!") else line for line in source.splitlines())
        yield "\n".join(lines)
