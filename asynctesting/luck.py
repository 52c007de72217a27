"""
What was left to luck: where two runs of one order have parted.

"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


__all__ = ["difference"]

__unittest = True


def difference(one: Sequence[Any], other: Sequence[Any]) -> str:
    """
    Tell where two runs have parted, in words that follow a fact; nothing if they have not.

    Args:
        one: what happened in the first, each an :class:`~asynctesting.lanes.Event`.
        other: the same of the second.

    """
    for number, (first, second) in enumerate(zip(one, other)):
        if (first.lane, first.step, first.place) != (second.lane, second.step, second.place):
            return (
                f": its step {number + 1} was that of {first.lane}, and the next time that of "
                f"{second.lane}"
                if first.lane != second.lane
                else f": in its step {number + 1} {first.lane} came to {_where(first)}, and the "
                f"next time to {_where(second)}"
            )
    if len(one) != len(other):
        return f": it took {len(one)} steps, and the next time {len(other)}"
    return ""


def _where(event: Any) -> str:
    return event.place.where if event.place is not None else "its end"
