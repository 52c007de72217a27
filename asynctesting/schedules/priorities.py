"""
Probabilistic concurrency testing: a random priority for each task, and few changes.

After Burckhardt, Kothari, Musuvathi and Nagarakatte, "A Randomized Scheduler with Probabilistic
Guarantees of Finding Bugs", ASPLOS 2010. The task of the highest priority goes on whenever it can.
At a few random points the one that would go on falls behind all others. A fault that needs *d* steps in
a given order, among *n* tasks and *k* decisions, is found with a probability of at least
``1 / (n * k ** (d - 1))`` in each run, as long as nobody is starved: the loop lets no task wait for
ever, and what polls with ``sleep(0)`` ends.

"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from .base import Lane, Strategy


__all__ = ["Priorities"]

__unittest = True


class Priorities(Strategy):
    """
    Lets the task of the highest priority go on.

    Args:
        random: what to draw with.
        horizon: how many decisions there are, about.
        depth: how many steps have to come in the right order; one change less is made.
        strike_at: see :class:`~asynctesting.schedules.base.Strategy`, also for the other one.

    """

    def __init__(
        self,
        random: Random,
        *,
        horizon: int,
        depth: int = 3,
        strike_at: int | None = None,
        stalls: bool = False,
    ) -> None:
        super().__init__(strike_at=strike_at, stalls=stalls)
        self._draw = draw = random.random
        self._changes = {int(draw() * max(1, horizon)) for _ in range(depth - 1)}
        self._asked = 0
        self._lowest = 0.0

    def order(self, lanes: Sequence[Lane]) -> int:
        """The highest one, or the second highest at a change."""
        best = self._highest(lanes)
        asked = self._asked
        self._asked = asked + 1
        if asked in self._changes:
            self._lowest -= 1.0
            lanes[best].priority = self._lowest
            best = self._highest(lanes)
        return best

    def _highest(self, lanes: Sequence[Lane]) -> int:
        best, highest = 0, float("-inf")
        for index, lane in enumerate(lanes):
            if lane.drawn_at == -1:
                lane.drawn_at = 0
                lane.priority = self._draw()
            if lane.priority > highest:
                best, highest = index, lane.priority
        return best

    def stall(self, lane: str, ends: int) -> int:
        """In time, or late by any number of deadlines."""
        return int(self._draw() * ends)
