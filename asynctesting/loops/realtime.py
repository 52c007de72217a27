"""
Real time, by a clock that nobody freezes or moves.

Tools that replace the functions of the :mod:`time` module, there and wherever they were imported by
name, do not find the one that is behind this: it is not one of those functions, or stands where they
do not look.

"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final


__all__ = ["nanoseconds", "seconds"]

__unittest = True

_CLOCKS: Final = (time.monotonic_ns,)
_GETTIME: Final[Callable[[int], int] | None] = getattr(time, "clock_gettime_ns", None)
_MONOTONIC: Final[int] = getattr(time, "CLOCK_MONOTONIC", 0)


def nanoseconds() -> int:
    """Real nanoseconds since some moment."""
    return _CLOCKS[0]() if _GETTIME is None else _GETTIME(_MONOTONIC)


def seconds() -> float:
    """Real seconds since the same moment."""
    return nanoseconds() / 1_000_000_000
