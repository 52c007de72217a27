"""
All orders, one after the other.

A run decides what was decided before it, except for one decision, and what asyncio would do behind
that. The run before tells which one: the last decision that has a further answer takes it, what
follows is dropped. When no decision has a further answer, there are no further orders.

"""

from __future__ import annotations

from .base import Decisions


__all__ = ["following"]

__unittest = True


def following(decisions: Decisions) -> dict[int, int] | None:
    """Give what to decide after the run of these *decisions*; none after the last order."""
    widths, made = decisions.widths, decisions.made
    for last in range(len(widths) - 1, -1, -1):
        answer = made.get(last, 0) + 1
        if answer < widths[last]:
            return {index: made[index] for index in made if index < last} | {last: answer}
    return None
