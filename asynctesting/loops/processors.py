"""What the system knows of threads: which of them could do with a processor, and for how long."""

from __future__ import annotations

import math
import os
from typing import Final


__all__ = ["System"]

__unittest = True

#: How many threads are remembered at once.
MANY: Final = 100

#: How old, in seconds, figures of the system may be before they are read anew.
FRESH: Final = 1.0

# Functions that no test has replaced.
_open, _read, _close = os.open, os.read, os.close


class System:
    """What the system knows of threads, by their numbers; as far as it tells (Linux does)."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[float, float]] = {}

    def begin(self, tid: int, now: float) -> None:
        """Begin to count how long the thread waits, unless that was done a moment ago."""
        if now - self._known.get(tid, (-math.inf, 0.0))[0] >= FRESH:
            if len(self._known) > MANY:
                self._known.clear()
            self._known[tid] = (now, self.waited_for(tid))

    def waited(self, tid: int) -> float:
        """Seconds, at the most, that the thread has waited for a processor lately."""
        return max(0.0, self.waited_for(tid) - self._known.get(tid, (0.0, 0.0))[1])

    def waited_for(self, tid: int) -> float:
        """Seconds that the thread has waited for a processor since it began."""
        try:
            return int(self.read(tid, "schedstat").split()[1]) / 1e9
        except (IndexError, ValueError):
            return 0.0

    def is_ready(self, tid: int) -> bool:
        """Tell whether the thread has a processor, or could do with one; false if unknown."""
        return self.read(tid, "stat").rpartition(b")")[2].split()[:1] == [b"R"]

    def read(self, tid: int, name: str) -> bytes:
        """A file that Linux has on the thread; nothing elsewhere."""
        try:
            file = _open(f"/proc/self/task/{tid}/{name}", os.O_RDONLY | os.O_CLOEXEC)
        except (AttributeError, OSError):
            return b""
        try:
            return _read(file, 1000)
        except OSError:  # the thread has ended
            return b""
        finally:
            _close(file)
