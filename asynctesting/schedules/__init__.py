"""
Schedules: in which orders a test is run, one after the other.

Pure: nothing here knows a loop or a test. A run is told by a :class:`Strategy` what to decide, and
tells by its :class:`Decisions` what it was asked. A :class:`Plan` gives the strategies:

1. asyncio's own order;
2. the sweep: asyncio's order, with one cancellation, or one offered fault, at each moment in turn;
3. partial order sampling and random walks in rotation, half of them with stalls, and with
   cancellations where there are some to be made; between them the sweep once more, with the victim
   going on late; and of a small test all orders, one after the other.

The same seed, and a test that behaves the same, give the same schedules on each machine and
Python.

"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from .base import LATER, WAITING, WOKEN, Decisions, Kind, Lane, Replay, Strategy, random_of
from .constraints import Before, Constrained, Constraint, Late, Recording, Struck, delayed, shifted
from .exhaustive import following
from .held import Held
from .priorities import Priorities
from .sampling import Sampling
from .shrinking import Budget, shrink, without
from .tokens import Order, read, write
from .twice import Twice
from .walk import Walk


__all__ = [
    "Before",
    "Budget",
    "Constrained",
    "Constraint",
    "Decisions",
    "Kind",
    "LATER",
    "Lane",
    "Late",
    "Order",
    "Plan",
    "Recording",
    "Replay",
    "STRATEGIES",
    "Strategy",
    "Struck",
    "WAITING",
    "WOKEN",
    "delayed",
    "read",
    "shifted",
    "shrink",
    "without",
    "write",
]

__unittest = True

#: How a strategy is made: of a seed, a number, the decisions of asyncio's order, whether the loop
#: may be late, and the moment to strike.
Maker = Callable[[int, int, Decisions, bool, "int | None"], Strategy]


def _walk(seed: int, number: int, base: Decisions, stalls: bool, at: int | None) -> Strategy:
    return Walk(random_of(seed, number), strike_at=at, stalls=stalls)


def _sampling(seed: int, number: int, base: Decisions, stalls: bool, at: int | None) -> Strategy:
    return Sampling(random_of(seed, number), strike_at=at, stalls=stalls)


def _pct(seed: int, number: int, base: Decisions, stalls: bool, at: int | None) -> Strategy:
    random = random_of(seed, number)
    return Priorities(
        random,
        horizon=len(base.widths),
        depth=1 + number % 3,
        strike_at=at,
        stalls=stalls,
    )


#: The strategies that can be asked for, and which of them take turns.
STRATEGIES: Final[dict[str, tuple[Maker, ...]]] = {
    "rotation": (_sampling, _walk),
    "sampling": (_sampling,),
    "walk": (_walk,),
    "pct": (_pct,),
    "exhaustive": (),
    "twice": (_sampling, _walk),
}

#: Of how many schedules the sweep may take all but one.
SWEEP: Final = 2

#: Every so many of those that are drawn, one of another sweep is run in place of it.
ANOTHER: Final = 3

#: How many moments of a victim are tried for the second strike.
THEN: Final = 4

#: How many schedules are drawn before a small test is gone through.
FIRST_DRAWN: Final = 16


class Plan:
    """
    Gives the strategies of one exploration.

    Args:
        schedules: how many there may be.
        seed: what is random depends on it alone.
        strategy: a name of :data:`STRATEGIES`.
        stalls: whether the loop may be late.

    Attributes:
        is_complete: whether all orders have been run, as far as they can be decided.
        is_cut: whether in some run some answers were kept back.
        is_swept: whether each moment has been struck at, or is to be.

    """

    def __init__(
        self, schedules: int, seed: int = 0, *, strategy: str = "rotation", stalls: bool = True
    ) -> None:
        self.schedules = schedules
        self.seed = seed
        self.stalls = stalls
        self.is_complete: bool = False
        self.is_cut: bool = False
        self.is_swept: bool = True
        self._makers = STRATEGIES[strategy]
        self._given = 0
        self._drawn = 0
        self._base = Decisions()
        self._sweep: list[int] = []
        self._is_twice: bool = strategy == "twice"
        #: What makes the other sweeps, each of a moment.
        self._others: list[Callable[[], Strategy]] = []
        self._moments = 0
        #: What to decide next to go through all orders; none if that is not done.
        self._next: dict[int, int] | None = None
        self._is_small = False

    def first(self) -> Strategy:
        """Give asyncio's own order."""
        self._given = 1
        return Strategy(stalls=self.stalls)

    def begin(self, decisions: Decisions, moments: int) -> None:
        """
        Learn what asyncio's own order was asked.

        Args:
            decisions: what was decided.
            moments: at how many moments something could have struck.

        """
        self._base = decisions
        self.is_cut = decisions.is_cut
        self._moments = moments
        left = self.schedules - self._given
        room = left if not self._makers or left <= SWEEP else left - left // SWEEP
        if moments <= room:
            self._sweep = list(range(moments))
        else:
            self.is_swept = False
            self._sweep = [number * moments // room for number in range(room)]
        self._sweep.reverse()
        self._others = [partial(Held, at) for at in self._sweep]
        self._next = following(decisions)
        if self._next is None:
            self.is_complete = True
        elif not self._makers:
            self._is_small, self._sweep, self._others = True, [], []
        else:
            rest = (left - len(self._sweep)) // 2
            # Of the moments one is struck at, or none.
            orders = decisions.orders(1 << 64) >> moments if moments < 64 else rest
            self._is_small = orders * (moments + 1) < rest

    def next(self) -> Strategy | None:
        """Give the next strategy; none when there are enough, or no more."""
        if self._given >= self.schedules or self.is_complete:
            return None
        self._given += 1
        if self._sweep:
            return self._struck(Strategy(strike_at=self._sweep.pop()))
        self._drawn += 1
        if self._others and self._drawn % ANOTHER == 0:
            return self._struck(self._others.pop()())
        if self._is_small and (
            not self._makers or (self._drawn > FIRST_DRAWN and self._drawn % 2)
        ):
            assert self._next is not None
            return Listed(self._next, stalls=self.stalls)
        return self._struck(self._draw())

    def _struck(self, strategy: Strategy) -> Strategy:
        """Strike twice, if that is asked for, and there is something to strike."""
        if not self._is_twice or strategy.strike_at is None:
            return strategy
        return Twice(strategy, self._given % THEN)

    def _draw(self) -> Strategy:
        number, makers = self._drawn, self._makers
        late = self.stalls and number // len(makers) % 2 == 1
        at = None
        if self._moments and number % 3:
            at = int(random_of(~self.seed, number).random() * self._moments)
        return makers[number % len(makers)](self.seed, number, self._base, late, at)

    def learn(self, strategy: Strategy, decisions: Decisions) -> None:
        """Learn what a run was asked that was given *strategy*."""
        self.is_cut = self.is_cut or decisions.is_cut
        if isinstance(strategy, Listed):
            self._next = following(decisions)
            if self._next is None:
                self.is_complete = True


class Listed(Replay):
    """One of all orders."""
