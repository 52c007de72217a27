"""
The arithmetic of virtual time: integer nanoseconds inside, seconds as floats outside.

A loop counts in floats. They do not add up: ten times 0.1 is 0.9999999999999999. So the clock
counts in nanoseconds, and rounds every moment that it is told to the nearest one: what asyncio
computes from the time it is told, ``time() + 0.1``, is never off by more than that, and the
errors do not pile up:

>>> clock = Clock()
>>> for _ in range(10):
...     clock.move_to(nanoseconds(clock.time() + 0.1))
>>> clock.time()
1.0

Nothing here knows a loop.

"""

from __future__ import annotations

import math
from typing import Final


__all__ = ["Clock", "SECOND", "nanoseconds", "resolution_at"]

__unittest = True

#: Nanoseconds.
SECOND: Final = 1_000_000_000

#: Seconds below which the resolution is a nanosecond.
FINE: Final = 4194304.0


def nanoseconds(seconds: float) -> int:
    """
    Round *seconds*, which are finite, to the nearest nanosecond.

    Multiplied as a float, a large number would lose what its fraction has.

    >>> nanoseconds(0.1 + 0.2)
    300000000
    >>> nanoseconds(4194304.000000001)
    4194304000000001

    """
    whole = int(seconds)
    return whole * SECOND + round((seconds - whole) * SECOND)


def resolution_at(seconds: float) -> float:
    """
    Give the resolution of a clock that shows *seconds*.

    asyncio runs a timer that is due less than one resolution from now. It is a nanosecond; but
    where neighbouring floats are further apart than that, adding one would change nothing, and
    rounding may miss the moment of a timer by a neighbour. Then it is two of those steps.

    >>> resolution_at(1.0), resolution_at(1e9)
    (1e-09, 2.384185791015625e-07)

    """
    return max(1e-9, 2 * math.ulp(seconds))


class Clock:
    """
    A clock that moves when it is told to, and never back.

    Args:
        start: seconds that it shows at first.

    Attributes:
        seconds: the time, in seconds.
        resolution: see :func:`resolution_at`.
        looked: whether anybody has called :meth:`time` since this was last set to false.

    """

    def __init__(self, start: float = 0.0) -> None:
        self.looked: bool = False
        if start:
            self._now = nanoseconds(start)
            self.seconds: float = self._now / SECOND
            self._note_resolution()
        else:
            self._now = 0
            self.seconds = 0.0
            self.resolution: float = 1e-9
            self._next_resolution: float = FINE

    def time(self) -> float:
        """The time, in seconds of loop time."""
        self.looked = True
        return self.seconds

    @property
    def nanoseconds(self) -> int:
        """The time, in nanoseconds."""
        return self._now

    def move_to(self, moment: int) -> None:
        """Show *moment*, in nanoseconds, unless it is later than that already."""
        if moment > self._now:
            self._now = moment
            self.seconds = seconds = moment / SECOND
            if not 0 <= seconds < self._next_resolution:
                self._note_resolution()

    def _note_resolution(self) -> None:
        """It changes with the exponent of the seconds, once they are many."""
        if 0 <= self.seconds < FINE:
            self.resolution = 1e-9
            self._next_resolution = FINE
            return
        self.resolution = resolution_at(self.seconds)
        exponent = math.frexp(self.seconds)[1]
        self._next_resolution = math.ldexp(1.0, exponent) if exponent < 1024 else math.inf

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self.seconds!r} s>"
