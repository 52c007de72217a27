"""
A sign of life on a terminal, when exploring takes long; silence everywhere else.

"""

from __future__ import annotations

import sys
from typing import Any, Final

from .loops import realtime


__all__ = ["Progress"]

__unittest = True

#: How many real seconds go by before progress is shown.
SILENCE: Final = 2.0


class Progress:
    """A line on a terminal, for those who wait; nothing where nobody looks."""

    def __init__(self, name: str, schedules: int) -> None:
        self._name = name
        self._schedules = schedules
        self._next = realtime.nanoseconds() + int(SILENCE * 1e9)
        self._is_shown = False
        self._stream: Any = sys.stderr if _is_terminal(sys.stderr) else None
        #: Whether anybody looks.
        self.is_live: bool = self._stream is not None

    def show(self, lives: int, failures: int) -> None:
        """Tell how far it came, now and then."""
        if self._stream is None or realtime.nanoseconds() < self._next:
            return
        self._next = realtime.nanoseconds() + 200_000_000
        self._is_shown = True
        failed = f", {failures} failed" if failures else ""
        text = f"{self._name}: {lives} of {self._schedules} schedules{failed}"
        self._stream.write(f"\r\x1b[K{text[:78]}")
        self._stream.flush()

    def end(self) -> None:
        """Leave no trace."""
        if self._is_shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def _is_terminal(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):  # there is none, or it is somebody's own, or closed
        return False
