"""
From an order that fails to the simplest one that fails in the same way.

What is made simpler is a set of items: decisions that are not 0, or constraints. An item that can be
left out is; first many at once, then fewer, as in Zeller's "Simplifying and Isolating
Failure-Inducing Input" and in Hypothesis, whose rule it is, too, that what cannot be had
within a bounded number of attempts is not worth waiting for.

"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar


__all__ = ["Budget", "shrink", "without"]

__unittest = True

T = TypeVar("T")

Made = Mapping[int, int]


class Budget:
    """
    Counts attempts.

    Args:
        attempts: how many there may be.

    """

    def __init__(self, attempts: int) -> None:
        self.left: int = attempts

    def take(self) -> bool:
        """Take one, if there is one."""
        if self.left <= 0:
            return False
        self.left -= 1
        return True


def without(
    items: Sequence[T], fails: Callable[[Sequence[T]], bool], budget: Budget
) -> Sequence[T]:
    """
    Leave out as many *items* as can be spared, the last ones first.

    Args:
        items: what is there.
        fails: tells whether some of them do as well as all of them.
        budget: how often it may be asked.

    """
    size = len(items)
    while size:
        end = len(items)
        while end > 0:
            fewer = [*items[: max(0, end - size)], *items[end:]]
            if not budget.take():
                return items
            if fails(fewer):
                items = fewer
            end -= size
        size //= 2
    return items


def shrink(made: Made, run: Callable[[Made], Made | None], budget: Budget) -> Made:
    """
    Make what was decided simpler.

    Fewer decisions are simpler than more, small answers are simpler than large ones, early decisions
    simpler than late ones.

    Args:
        made: the decisions of a run that fails.
        run: decides so, and gives what was decided in the end if the run failed in the same way,
            else nothing.
        budget: how many runs there may be.

    """
    tried: set[tuple[tuple[int, int], ...]] = set()
    best = made

    def attempt(candidate: Made) -> bool:
        nonlocal best
        key = tuple(sorted(candidate.items()))
        if key in tried or not budget.take():
            return False
        tried.add(key)
        decided = run(candidate)
        if decided is None or _size(decided) >= _size(best):
            return False
        best = decided
        return True

    while True:
        before = best
        _leave_out(lambda: best, attempt)
        _lower(lambda: best, attempt)
        if best == before:
            return best


def _size(made: Made) -> tuple[int, int, int]:
    return len(made), sum(made.values()), sum(made)


def _leave_out(best: Callable[[], Made], attempt: Callable[[Made], bool]) -> None:
    """Do as asyncio would at some of the decisions: the second half, a quarter, one."""
    size = max(1, len(best()) // 2)
    while size:
        end = len(best())
        while end > 0:
            items = sorted(best().items())
            start = max(0, end - size)
            kept, rest = items[:start], items[end:]
            # What follows has another number, if the run asks for fewer or more decisions.
            for by in (0, -1, 1, -2) if rest else (0,):
                moved = [(index + by, answer) for index, answer in rest]
                if attempt(dict(kept + moved)):
                    break
            end = min(start, len(best()))
        size //= 2


def _lower(best: Callable[[], Made], attempt: Callable[[Made], bool]) -> None:
    """Give smaller answers, and the same ones earlier."""
    for index in sorted(best(), reverse=True):
        answer = best().get(index, 0)
        for smaller in range(1, min(answer, 4)):
            if attempt({**best(), index: smaller}):
                break
