"""
What is decided, and who decides it.

A run of asyncio leaves some things open: which of several tasks takes its next step first, how
late the loop is when it wakes up, where a cancellation strikes. Each is a *decision*, a number, and 0
is what asyncio would do. A :class:`Strategy` makes the decisions of one run; the numbers that it
gave are all there is to know of the run.

"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from random import Random
from typing import TYPE_CHECKING, Any, Final


__all__ = [
    "Decisions",
    "Kind",
    "LATER",
    "Lane",
    "Replay",
    "Strategy",
    "WAITING",
    "WOKEN",
    "random_of",
]

__unittest = True


#: When a task is struck: as it begins to wait; when it is about to go on; and when time has gone on
#: while it waited, once, or (one more) once again.
WAITING: Final = 0
WOKEN: Final = 1
LATER: Final = 2


class Kind(Enum):
    """What a lane is made of."""

    TASK = "task"
    CALLBACK = "callback"
    TIMER = "timer"


class Lane:
    """
    What runs in order for itself: a task, all plain callbacks together, or one due timer.

    Args:
        kind: what it is.
        name: the same in each run of the same test, and no other lane's.
        number: how many lanes were there before it.
        kin: what it has in common with its like: the name of its coroutine function.

    Attributes:
        step: how many of its steps have been taken.
        priority, drawn_at: for the strategies' own use.

    """

    __slots__ = (
        "drawn_at",
        "is_watched",
        "kin",
        "kind",
        "name",
        "number",
        "owner",
        "priority",
        "step",
        "victim",
    )

    def __init__(self, kind: Kind, name: str = "", number: int = 0, kin: str = "") -> None:
        self.kind: Kind = kind
        self.name: str = name
        self.number: int = number
        self.kin: str = kin
        self.step: int = 0
        self.priority: float = 0.0
        self.drawn_at: int = -1
        #: The task itself, weakly; whether it may be cancelled. Both are the loop's to know.
        self.owner: Any = None
        self.victim: bool = False
        #: Whether the loop has anything to do when it takes a step.
        self.is_watched: bool = False

    def offer(self) -> None:
        """Let it be one that may be cancelled."""
        self.victim = self.is_watched = True

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} at step {self.step}>"


class Decisions:
    """
    What was decided in one run.

    Attributes:
        made: the decisions that are not 0, each with its number.
        widths: for each decision, how many answers it had.
        is_cut: whether some answers were kept back, since there were too many, or too often.

    """

    __slots__ = ("is_cut", "made", "widths")

    def __init__(self) -> None:
        self.made: dict[int, int] = {}
        self.widths: list[int] = []
        self.is_cut: bool = False

    def note(self, answer: int, width: int) -> int:
        """Note one decision, which had *width* answers."""
        if answer:
            self.made[len(self.widths)] = answer
        self.widths.append(width)
        return answer

    @property
    def key(self) -> tuple[tuple[int, int], ...]:
        """What tells one order from another."""
        return tuple(self.made.items())

    def orders(self, most: int) -> int:
        """How many orders there would be, if all runs had the decisions of this one; or *most*."""
        product = 1
        for width in self.widths:
            product *= width
            if product >= most:
                return most
        return product


class Strategy:
    """
    Makes the decisions of one run; this one makes them as asyncio does.

    To add a strategy, write its file with a subclass, and name it in
    :data:`asynctesting.schedules.STRATEGIES`. It must be a pure function of its arguments and of
    what it is asked.

    Args:
        strike_at: the moment at which to strike, counted from 0, or none.
        stalls: whether the loop may be late.
        twice: whether who was struck may be struck again.

    """

    def __init__(
        self, *, strike_at: int | None = None, stalls: bool = False, twice: bool = False
    ) -> None:
        self.strike_at: int | None = strike_at
        self.stalls: bool = stalls
        self.twice: bool = twice
        #: How many moments there have been.
        self.moments: int = 0

    def order(self, lanes: Sequence[Lane]) -> int:
        """Say which of the *lanes* goes on; the first is the one that asyncio would take."""
        return 0

    def stall(self, lane: str, ends: int) -> int:
        """
        Say how many more deadlines than the next one the loop wakes up for.

        Args:
            lane: the timer that is due next.
            ends: how many answers there are, 0 among them.

        """
        return 0

    def strike(self, lane: Lane, kinds: int, when: int) -> int:
        """
        Say whether something strikes a task that waits, or is about to go on.

        Args:
            lane: the task.
            kinds: how many things may strike it; the first is 1.
            when: :data:`WAITING`, :data:`WOKEN`, or :data:`LATER` and more.

        """
        first = self.moments
        self.moments = first + kinds
        at = self.strike_at
        if at is None or not first <= at < first + kinds:
            return 0
        return 1 + at - first


class Replay(Strategy):
    """
    Decides what was decided before, and 0 where nothing was.

    Args:
        made: answers, by the number of the decision.
        stalls: whether the loop may be late.
        twice: whether who was struck may be struck again.

    """

    def __init__(
        self, made: Mapping[int, int], *, stalls: bool = True, twice: bool = False
    ) -> None:
        super().__init__(stalls=stalls, twice=twice)
        self._made = made
        self._asked = 0

    def _next(self, width: int) -> int:
        asked = self._asked
        self._asked = asked + 1
        answer = self._made.get(asked, 0)
        return answer if answer < width else width - 1

    def order(self, lanes: Sequence[Lane]) -> int:
        """As before."""
        return self._next(len(lanes))

    def stall(self, lane: str, ends: int) -> int:
        """As before."""
        return self._next(ends)

    def strike(self, lane: Lane, kinds: int, when: int) -> int:
        """As before."""
        self.moments: int = self.moments + kinds
        return self._next(kinds + 1)


#: Two seeds and two schedules shall not meet.
_STRIDE: Final = 1_000_003


class _Drawing(Random):
    """A generator of one schedule; to be made in less time, it is not seeded twice, and by no code in Python."""

    gauss_next: Any = None

    if TYPE_CHECKING:

        def __init__(self, seed: int) -> None: ...

    else:
        __init__ = Random.__base__.seed


def random_of(seed: int, number: int) -> Random:
    """What is random in the schedule *number* of *seed*; the same on each machine and Python."""
    return _Drawing((seed << 32) + number * _STRIDE)
