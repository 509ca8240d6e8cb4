"""`skelkit exercises`: who solved which exercises, from submitted notebooks."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from .command import Command, add_commands


def _add_check_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="with the notebooks, in any subfolders")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for one notebook. Default: 60")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")


def _check(options: Namespace) -> int:
    from ..lessons import submissions

    found = submissions.check_folder(options.folder, options.limit)
    if options.json:
        rows = [{"notebook": str(s.path), "problem": s.problem, "verdicts": dict(s.verdicts)} for s in found]
        print(json.dumps(rows, indent=1))
        return 0
    by_exercises: dict[tuple[str, ...], list[submissions.Submission]] = {}
    for each in found:
        by_exercises.setdefault(tuple(each.verdicts), []).append(each)
    width = max(len(str(each.path)) for each in found)
    marks = {submissions.SOLVED: "✓", submissions.OPEN: "○"}
    for names, group in by_exercises.items():
        print(", ".join(names) or "no exercise")
        for each in group:
            row = " ".join(marks.get(verdict, "✗") for verdict in each.verdicts.values())
            solved = sum(verdict == submissions.SOLVED for verdict in each.verdicts.values())
            print(f"  {each.path!s:<{width}}  {row}  {solved} of {len(names)}")
            wrong = [f"{name}: {verdict}" for name, verdict in each.verdicts.items() if verdict not in marks]
            for line in [each.problem, *wrong] if each.problem else wrong:
                print(f"      {line}")
    print("✓ solved, ✗ wrong, ○ not written yet")
    return 0


CHECK = Command(
    name="check",
    help="check the exercises in submitted notebooks",
    description="Check the exercises in all notebooks of a folder, each in a process of its own with a time "
    "limit, and print who solved what. Imports, definitions and the cells that check an exercise are run, "
    "with your rights: check notebooks of people whom you know.",
    add_arguments=_add_check_arguments,
    run=_check,
)

COMMAND = Command(
    name="exercises",
    help="check the exercises in submitted notebooks",
    description="For teachers: see who solved which exercises.",
    add_arguments=lambda parser: add_commands(parser, (CHECK,), dest="verb"),
)
