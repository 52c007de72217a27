"""
What goes on for ever and gets nowhere: numbers only.

Virtual time costs nothing, and so there are two ways to spend an eternity at once. Somebody who asks
again and again, ``while not done: await asyncio.sleep(0)``, never lets time move: after a while each
such turn is charged some, see :class:`Polling`. And where a task sleeps and wakes for ever, while
the test waits for what never comes, time moves and moves: see :class:`Treadmill`.

"""

from __future__ import annotations

import math
from typing import Final

from .clock import SECOND


__all__ = ["Polling", "Treadmill"]

__unittest = True


class Polling:
    """
    What the turns cost in which somebody only asks whether it is time yet.

    Whoever looks at the clock waits for a certain moment, near or far: each turn costs a five
    hundredth of the time that went by since it began, so that one is late by no more than that. Who does not
    look waits for somebody else, or only yields, as many times as he likes: so a turn costs next to
    nothing at first, a hundred thousand of them a fifth of a second, and twice as much after
    each further 20,000 turns.

    >>> polling = Polling(0)
    >>> polling.cost(0, looked=True), polling.cost(5 * SECOND, looked=True)
    (1000, 10000000)
    >>> polling.cost(0, looked=False)
    100

    Args:
        began: the moment of the first turn, in nanoseconds.

    """

    #: Nanoseconds.
    LEAST: Final = 100
    LEAST_LOOKED: Final = 1000
    MOST: Final = 1_000_000 * SECOND

    #: Turns.
    DOUBLES: Final = 20_000

    __slots__ = ("_began", "_turns")

    def __init__(self, began: int) -> None:
        self._began = began
        self._turns = 0

    def cost(self, now: int, *, looked: bool) -> int:
        """
        Give the nanoseconds that a turn costs.

        Args:
            now: the moment, in nanoseconds.
            looked: whether somebody has looked at the clock in it.

        """
        if looked:
            return min(self.MOST, max(self.LEAST_LOOKED, (now - self._began) // 500))
        self._turns += 1
        return min(self.MOST, self.LEAST << min(64, self._turns // self.DOUBLES))


class Treadmill:
    """
    Tells whether time moves on and on for nothing.

    It is asked each :data:`LOOK` jumps, and answers yes if

    * the test has not moved for :data:`MOST` jumps, or nothing but what is meant to run in the
      background has moved since it was last asked;
    * and nothing that was planned before is about to happen: a heartbeat once a second is not for ever
      if the test sleeps a day.

    Args:
        now: the moment, in nanoseconds.

    """

    #: Jumps.
    LOOK: Final = 10_000
    MOST: Final = 250_000

    #: How many jumps what was planned before may be away, and how many are too many in any case.
    AWAY: Final = 5_000_000

    __slots__ = ("_idle", "_since")

    def __init__(self, now: int) -> None:
        self._since = now
        self._idle = 0

    def look(self, now: int, planned: float, *, has_moved: bool, only_background: bool) -> bool:
        """
        Tell whether to give up.

        Args:
            now: the moment, in nanoseconds.
            planned: the moment of the next thing that was planned before the last look.
            has_moved: whether the test has gone on since then.
            only_background: whether only what is meant to run for ever has gone on.

        """
        pace = (now - self._since) / self.LOOK
        self._since = now
        self._idle = 0 if has_moved else self._idle + self.LOOK
        if has_moved or not (only_background or self._idle >= self.MOST):
            return False
        is_near = planned < math.inf and planned - now <= pace * self.AWAY
        return not is_near or self._idle >= self.AWAY
