"""
Random walks: each decision is drawn for itself.

How often a walk leaves asyncio's order is drawn once for the whole walk. Many faults need one or two
departures at the right place, and are missed by a walk that departs all the time; others need
many.

"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from .base import Lane, Strategy


__all__ = ["Walk"]

__unittest = True


class Walk(Strategy):
    """
    Draws each decision.

    Args:
        random: what to draw with.
        strike_at: see :class:`~asynctesting.schedules.base.Strategy`, also for the other one.

    """

    def __init__(
        self, random: Random, *, strike_at: int | None = None, stalls: bool = False
    ) -> None:
        super().__init__(strike_at=strike_at, stalls=stalls)
        self._draw = random.random
        self._boldness = 0.1 + 0.9 * self._draw()

    def order(self, lanes: Sequence[Lane]) -> int:
        """Any of them, and often enough the first."""
        draw = self._draw
        return int(draw() * len(lanes)) if draw() < self._boldness else 0

    def stall(self, lane: str, ends: int) -> int:
        """In time, or late by any number of deadlines."""
        return int(self._draw() * ends)
