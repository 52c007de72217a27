"""
The moment that is given to threads which are at work, to do what they are about to do.

Those that do not seem to know a loop may have a way to it that nobody sees, and wake it; those that a
test has started may end by themselves. They do so within that moment; but not on a machine so busy that they
get no processor. So what they wait for one does not count, as far as the system tells (Linux does), nor
does what is beyond the time between two looks: then nobody got one.

"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from . import realtime
from .processors import System


__all__ = ["Patience"]

__unittest = True

#: Seconds from one look to the next that count at most.
LONGEST: Final = 0.3

_SYSTEM: Final = System()


class Patience:
    """
    It begins with the first look.

    Args:
        seconds: real ones, as they are on a machine that is not busy.

    """

    __slots__ = ("_left", "_since", "_waited")

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._since: float | None = None
        self._waited: dict[int, float] = {}

    def is_over(self, threads: Iterable[int]) -> bool:
        """
        Look at *threads*, and tell whether they have had their moment.

        Args:
            threads: their numbers as the system has them; 0 where that is not known.

        """
        now, before = realtime.seconds(), self._waited
        waited = {tid: _SYSTEM.waited_for(tid) for tid in threads if tid}
        if self._since is not None:
            passed = min(now - self._since, LONGEST)
            kept = [seconds - before.get(tid, seconds) for tid, seconds in waited.items()]
            self._left -= max(0.0, passed - max(kept, default=0.0))
        self._since, self._waited = now, waited
        return self._left <= 0
