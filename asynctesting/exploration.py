"""
What comes of exploring: whether an order has failed, which one, and of how many.

"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


__all__ = ["COUNTED", "Exploration"]

__unittest = True

#: How many different orders are counted.
COUNTED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Exploration:
    """
    What came of exploring.

    Attributes:
        failed: whether an order has failed.
        error: the exception of the first one that has, with a note that shows the order.
        schedules: how many orders were tried.
        failures: how many of them have failed; at most one, unless all were counted.
        replay: what finds the failing order again; none if it is asyncio's own.
        orders: how many of those that were tried differ, as far as they were counted.
        exhausted: whether there are no others.
        seed: what was random depended on it.
        report: the note alone.
        outside: what was used that makes a run impossible to repeat exactly.

    """

    failed: bool = False
    error: BaseException | None = None
    schedules: int = 0
    failures: int = 0
    replay: str | None = None
    orders: int = 0
    exhausted: bool = False
    seed: int = 0
    report: str = ""
    outside: tuple[str, ...] = ()

    def __str__(self) -> str:
        """What is known now, in one sentence."""
        more = "more than " if self.orders >= COUNTED else ""
        if self.failed:
            found = f"fails {self.failures:,} of {self.schedules:,} schedules"
        elif self.exhausted and self.orders == 1:
            return "holds: there is one order"
        elif self.exhausted:
            return f"all {more}{self.orders:,} orders hold"
        else:
            found = f"fails 0 of {self.schedules:,} schedules"
        return f"{found} ({more}{self.orders:,} different orders, seed {self.seed})"

    def check(self) -> Exploration:
        """
        Give this if nothing has failed.

        Raises:
            BaseException: what has failed.

        """
        if self.error is not None:
            raise self.error
        return self
