"""How far something is that takes a while: a bar where somebody is watching."""

from __future__ import annotations

import contextlib
import os
import sys

HEADLESS = "SKELKIT_HEADLESS"
"""Environment variable: set (to 1) when nobody is there to watch or to move a slider."""


class ProgressBar:
    """A line that says how far a training is, in a notebook or a terminal; silent where nobody watches or tqdm is not installed.

    Args:
        what: is being trained; total: of its parts, each a `unit`; show: unless given, in a notebook with somebody there, or on a terminal.
    """

    def __init__(self, what: str, total: int, show: bool | None = None, unit: str = "task"):
        self._bar = None
        if is_interactive() if show is None else show:
            with contextlib.suppress(ImportError):
                from tqdm.auto import tqdm

                self._bar = tqdm(desc=what, total=total, unit=unit, leave=False)

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_) -> None:
        if self._bar is not None:
            self._bar.close()

    def update(self, where: str, loss: float | None, done: int = 0) -> None:
        """Where it is; so many tasks more are done."""
        if self._bar is not None:
            self._bar.set_postfix_str(where if loss is None else f"{where}, loss {loss:.3f}", refresh=False)
            self._bar.update(done)


def is_interactive() -> bool:
    """Somebody is there: a notebook that is not run headlessly, or a terminal."""
    if os.environ.get(HEADLESS, "") not in ("", "0"):
        return False
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel") or sys.stderr.isatty()


def is_headless() -> bool:
    """Nobody is there to move a slider."""
    return os.environ.get(HEADLESS, "") not in ("", "0")
