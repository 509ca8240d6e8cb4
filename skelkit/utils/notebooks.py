"""Where the notebooks and the recorded results are: in the checkout, or in the installed package."""

from __future__ import annotations

import os
from pathlib import Path

RECORDED = "SKELKIT_RECORDED"
"""Environment variable: the folder of recorded results, where it is not that of the notebooks."""

COPY = Path("skelkit-notebooks")
"""The user's copy of the notebooks, where there is no checkout."""

_PACKAGE = Path(__file__).resolve().parents[1]


def is_checkout() -> bool:
    """Whether skelkit runs from a checkout of the project, not from an installed wheel."""
    return (_PACKAGE.parent / "pyproject.toml").is_file() and (_PACKAGE.parent / "notebooks").is_dir()


def notebooks_folder() -> Path:
    """Return the folder of the notebooks, their glossary and pictures."""
    return (_PACKAGE.parent if is_checkout() else _PACKAGE) / "notebooks"


def recorded_folder() -> Path:
    """Return the folder of the recorded results that the notebooks show."""
    return Path(os.environ.get(RECORDED) or notebooks_folder() / "recorded")
