"""Progress of a long task: a bar in notebooks and terminals, nothing in headless runs."""

from __future__ import annotations

import contextlib
import os
import sys
from types import TracebackType
from typing import Any

HEADLESS = "SKELKIT_HEADLESS"
"""Environment variable: 1 in runs without a user, where nothing is interactive or shows progress."""


class ProgressBar:
    """A progress bar in a notebook or a terminal; does nothing in headless runs and without tqdm.

    Args:
        title: what is in progress.
        total: number of units.
        show: whether the bar is shown. Default: shown if `is_interactive`.
        unit: name of one unit.
    """

    def __init__(self, title: str, total: int, show: bool | None = None, unit: str = "task"):
        self._bar: Any = None
        if is_interactive() if show is None else show:
            with contextlib.suppress(ImportError):
                from tqdm.auto import tqdm

                self._bar = tqdm(desc=title, total=total, unit=unit, leave=False)

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def update(self, status: str, loss: float | None, done: int = 0) -> None:
        """Show a status and a loss, and count `done` more units as finished."""
        if self._bar is not None:
            text = status if loss is None else f"{status}, loss {loss:.3f}"
            self._bar.set_postfix_str(text, refresh=False)
            self._bar.update(done)


def is_headless() -> bool:
    """Whether the environment variable `HEADLESS` says that there is no user."""
    return os.environ.get(HEADLESS, "") not in ("", "0")


def is_interactive() -> bool:
    """Whether there is a user to see output: in a notebook or a terminal, and not headless."""
    if is_headless():
        return False
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel") or sys.stderr.isatty()
