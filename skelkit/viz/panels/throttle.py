"""Calls at most once in a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any


class Throttle:
    """Calls `show` with the newest value at most once in `gap` seconds; the last value is never lost."""

    def __init__(self, gap: float, show: Callable[[Any], None]):
        self.gap = gap
        self._show, self._lock = show, threading.RLock()
        self._newest: list[Any] = []  # empty, or the value that waits to be shown
        self._timer: threading.Timer | None = None
        self._last = -1e9

    def __call__(self, value: Any) -> None:
        with self._lock:
            self._newest = [value]
            wait = self._last + self.gap - time.monotonic()
            if wait <= 0:
                self.flush()
            elif self._timer is None:
                self._timer = threading.Timer(wait, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Show the value that waits, if there is one, now."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            waiting, self._newest, self._timer = self._newest, [], None
            if waiting:
                self._last = time.monotonic()
                self._show(waiting[0])
