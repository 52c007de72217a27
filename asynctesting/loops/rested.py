"""
A loop that nobody knows any more, and is as good as a new one.

To make an :class:`~asynctesting.loops.explored.ExploredLoop` and to close it takes about as long as to run a short
test on it. Where many lives are led one after another, the next one may have the loop of the last one, if it
cannot tell: if nobody refers to that loop but who did so before the life began, neither strongly nor weakly; and if
nothing is left on it, and everything that can be set of it is what it was, or can be put back. What a life has
kept of its own loop, a task, a lock that somebody has waited for, a handle, a transport, refers to the loop. So
none of it can meet the loop in another life, and it is told of one that is bound to another loop.

Who refers to a loop is not looked for, it is counted, which costs next to nothing. Where Python does not count that, no
loop rests.

The names of ``BaseEventLoop`` that this stands on, all seen in 3.11 to 3.15: ``_scheduled`` and
``_timer_cancelled_count``, since cancelled timers refer to the loop until they are due; ``_ready``, where the end of
the test's task is; ``_closed``, so for whoever still knows the loop until the next life begins; ``_debug`` and
``_signal_handlers``, where no loop rests. What else there is on a loop is compared, whatever it is called.

"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from typing import Any, Final, Protocol


__all__ = ["CAN_TELL", "Rested", "count"]

__unittest = True

#: How many references there are to something, that of the call included.
count: Final[Callable[[object], int]] = getattr(sys, "getrefcount", id)

#: Whether it can be told who refers to a loop.
CAN_TELL: Final = count is not id

#: What a loop that has run may have set on itself, and its clock, besides what it was.
_SET: Final = frozenset(
    (
        "_asyncgens",
        "_clock_resolution",
        "_endless",
        "_held_since",
        "_jumps",
        "_looks",
        "_number",
        "_timer_cancelled_count",
    )
)
_SHOWN: Final = frozenset(("_next_resolution", "_now", "looked", "resolution", "seconds"))

_MISSING: Final = object()


class _Owner(Protocol):
    loop: Any


class Rested:
    """
    What a loop was like before anybody could know it.

    Args:
        owner: what has the loop as its attribute ``loop``, which is open, and must not have run anything. For
            who calls this has it as an argument or a variable, he refers to it as well.

    """

    __slots__ = ("_clock", "_holders", "_is_down", "_known", "_loop", "_owner")

    def __init__(self, owner: _Owner) -> None:
        self._owner = owner
        self._is_down = False
        self._known = count(self._owner.loop)
        loop = owner.loop
        self._loop = vars(loop).copy()
        self._clock = vars(loop.clock).copy()
        self._holders = _holders(loop)

    def is_done_with(self) -> bool:
        """
        Tell whether nothing is left on the loop that a life is to be closed for, its tasks left aside, nor anything
        that somebody has set.

        To be called when the loop has nothing to do.
        """
        loop = self._owner.loop
        if loop._closed or loop._debug or loop.outside or loop._signal_handlers:
            return False
        scheduled = loop._scheduled
        if scheduled:
            if not all(timer._cancelled for timer in scheduled):
                return False
            scheduled.clear()
            loop._timer_cancelled_count = 0
        try:
            own, shown = vars(loop), vars(loop.clock)
            return (own == self._loop or _can_be_put_back(own, self._loop, _SET)) and (
                shown == self._clock or _can_be_put_back(shown, self._clock, _SHOWN)
            )
        except Exception:  # of what somebody has put there
            return False

    def is_unknown(self) -> bool:
        """
        Tell whether nobody refers to the loop but who has before, and the task of the test, which waits.

        Then there is no other task, either.
        """
        return count(self._owner.loop) == self._known + OF_A_TASK

    def lie_down(self) -> None:
        """Let the loop be closed, for whoever still knows it, until it is known whether it is as good as new."""
        loop = self._owner.loop
        loop._ready.clear()  # the end of the task of the test
        loop._closed = self._is_down = True

    def open(self) -> Any:
        """Give the loop, to be closed for good, if it is not."""
        loop = self._owner.loop
        if self._is_down:
            loop._closed = self._is_down = False
        return loop

    def get_up(self) -> bool:
        """
        Open the loop, and make it as good as new; tell if it is, for nobody knows it any more.

        If it is not, it is to be closed for good.
        """
        loop = self.open()
        if _holders(loop) != self._holders or not loop._outside.is_as_new:
            return False
        own, shown = vars(loop), vars(loop.clock)  # whoever holds it, refers to it
        try:
            return (shown == self._clock or _put_back(shown, self._clock, _SHOWN)) and (
                own == self._loop or _put_back(own, self._loop, _SET)
            )
        except Exception:  # of what somebody has put there
            return False

    def begin_anew(self) -> None:
        """Another life begins, for which the loop has got what it gets for each life."""
        loop = self._owner.loop
        self._loop.update(strategy=loop.strategy, decisions=loop.decisions)


#: How often the task of a test refers to its loop: by itself, by what it carries, and by the future for which it waits.
OF_A_TASK: Final = 3


def _holders(loop: Any) -> tuple[int, int, int, int]:
    """
    How many there are that refer to *loop*, strongly, weakly, by the weak reference that all have in common; and to
    its clock.
    """
    return (
        count(loop),
        weakref.getweakrefcount(loop),
        count(weakref.ref(loop)),
        count(loop.clock),
    )


def _can_be_put_back(own: dict[str, Any], before: dict[str, Any], names: frozenset[str]) -> bool:
    """Tell whether *own* is what it was *before*, but for what has one of these *names*."""
    return all(
        name in names or own.get(name, _MISSING) is before.get(name, _MISSING)
        for name in own.keys() | before.keys()
    )


def _put_back(own: dict[str, Any], before: dict[str, Any], names: frozenset[str]) -> bool:
    """Let *own* be what it was *before*, if it can be put back."""
    if not _can_be_put_back(own, before, names):
        return False
    own.clear()
    own.update(before)
    return True
