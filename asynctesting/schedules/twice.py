"""
Two strikes at one victim: it is cancelled again while it handles the first.

A clean-up that awaits can be cut off like anything else: by a task group around a timeout, by a user
who is in a hurry. Hardly any code stands that everywhere, nor has to, so this strategy is one to ask for.

"""

from __future__ import annotations

from collections.abc import Sequence

from .base import Lane, Strategy


__all__ = ["Twice"]

__unittest = True


class Twice(Strategy):
    """
    Strikes, and strikes the same victim again.

    Args:
        inner: who decides all else, and strikes the first time.
        then: how many moments of the victim are left out before it is struck again.

    """

    def __init__(self, inner: Strategy, then: int) -> None:
        super().__init__(stalls=inner.stalls, twice=True)
        self._inner: Strategy = inner
        self._then: int = then
        self._struck: bool = False

    def order(self, lanes: Sequence[Lane]) -> int:
        """As the other one says."""
        return self._inner.order(lanes)

    def stall(self, lane: str, ends: int) -> int:
        """As the other one says."""
        return self._inner.stall(lane, ends)

    def strike(self, lane: Lane, kinds: int, when: int) -> int:
        """As the other one says; and once more."""
        if not self._struck:
            answer = self._inner.strike(lane, kinds, when)
            self.moments: int = self._inner.moments
            self._struck = answer > 0
            return answer
        left, self._then = self._then, self._then - 1
        return 0 if left else 1
