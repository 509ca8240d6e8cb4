"""Write the table of formats into a Markdown page: ``python -m skelkit.data.readers docs/data.md``."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from ...utils.files import write_atomic
from . import markdown


def update(page: Path) -> None:
    """Replace the table of formats in the page by that of the readers."""
    text = page.read_text(encoding="utf-8")
    header = markdown().splitlines()[0]
    table = re.escape(header) + r"(\n\|.*)*"
    write_atomic(page, re.sub(table, lambda _: markdown(), text).encode())


if __name__ == "__main__":
    update(Path(sys.argv[1]))
