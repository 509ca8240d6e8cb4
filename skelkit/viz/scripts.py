"""Minified JavaScript of the widgets: a notebook stores a copy for each widget."""

from __future__ import annotations

import re
from pathlib import Path

_HERE = Path(__file__).parent


def script(name: str) -> str:
    """A script of this folder without comments and unnecessary spaces.

    Statements must end in a semicolon or brace; strings are "…" or `…`, never nested.
    """
    lines = (re.sub(r"(^|\s)// .*", "", line) for line in (_HERE / name).read_text("utf-8").splitlines())
    code_and_strings = re.split(
        r"""("[^"]*"|`[^`]*`)""", "\n".join(line for line in lines if line.strip() != "//")
    )
    for i in range(0, len(code_and_strings), 2):
        code_and_strings[i] = re.sub(r" ?([^\w$ ]) ?", r"\1", re.sub(r"\s+", " ", code_and_strings[i]))
    return "".join(code_and_strings).strip()
