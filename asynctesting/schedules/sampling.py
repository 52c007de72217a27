"""
Partial order sampling: each step has a priority of its own.

After Yuan, Yang and Gu, "Partial Order Aware Concurrency Sampling", CAV 2018. Each step that may be
taken draws a priority when it is first seen, and keeps it until it has been taken; the highest one
goes on. So a task may be late for long, which a walk makes unlikely. Steps that race with the one
that is taken draw anew. What races cannot be seen in Python, where state is plain attributes; we
take tasks of the same coroutine function for racing, since they work on the same things.

"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from .base import Lane, Strategy


__all__ = ["Sampling"]

__unittest = True


class Sampling(Strategy):
    """
    Takes the step of the highest priority.

    Args:
        random: what to draw with.
        strike_at: see :class:`~asynctesting.schedules.base.Strategy`, also for the other one.

    """

    def __init__(
        self, random: Random, *, strike_at: int | None = None, stalls: bool = False
    ) -> None:
        super().__init__(strike_at=strike_at, stalls=stalls)
        self._draw = random.random

    def order(self, lanes: Sequence[Lane]) -> int:
        """The highest one; those that race with it will draw anew."""
        best, highest = 0, -1.0
        for index, lane in enumerate(lanes):
            if lane.drawn_at != lane.step:
                lane.drawn_at = lane.step
                lane.priority = self._draw()
            if lane.priority > highest:
                best, highest = index, lane.priority
        kin = lanes[best].kin
        if kin:
            for lane in lanes:
                if lane.kin == kin:
                    lane.drawn_at = -1
        return best

    def stall(self, lane: str, ends: int) -> int:
        """In time, or late by any number of deadlines."""
        return int(self._draw() * ends)
