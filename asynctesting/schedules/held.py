"""
A strike whose victim goes on late.

Who is cancelled has been told so, and goes on when it is its turn. What others do meanwhile finds it
still in their queues, still the owner of what it holds, still counted. This makes the most of it: it
strikes at one moment, and lets everybody else go before.

"""

from __future__ import annotations

from collections.abc import Sequence

from .base import Lane, Strategy


__all__ = ["Held"]

__unittest = True


class Held(Strategy):
    """
    Does as asyncio does, but for one strike, and for the victim, which comes last.

    Args:
        strike_at: see :class:`~asynctesting.schedules.base.Strategy`.

    """

    def __init__(self, strike_at: int) -> None:
        super().__init__(strike_at=strike_at)
        self._victim: Lane | None = None

    def order(self, lanes: Sequence[Lane]) -> int:
        """The first that is not the victim."""
        return 1 if lanes[0] is self._victim else 0

    def strike(self, lane: Lane, kinds: int, when: int) -> int:
        """Once, and whom it struck is remembered."""
        answer = super().strike(lane, kinds, when)
        if answer:
            self._victim = lane
        return answer
