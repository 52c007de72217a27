"""
What matters of an order, in words that survive an edit.

The number of a decision changes with every ``await`` that is added before it. That one task takes
its third step before another one takes its second does not. So what was decided is written down
as constraints, which are kept by name, and an order is found again by keeping to them.

"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .base import LATER, WOKEN, Lane, Strategy


__all__ = [
    "Before",
    "Constrained",
    "Constraint",
    "Late",
    "Recording",
    "Struck",
    "delayed",
    "shifted",
]

__unittest = True


@dataclass(frozen=True, slots=True)
class Before:
    """
    One step comes before another one that asyncio would take first.

    Args:
        lane: the name of a lane.
        step: which of its steps, counted from 0.
        other: the name of the lane that has to wait.
        until: its step that comes later.

    """

    lane: str
    step: int
    other: str
    until: int

    def __str__(self) -> str:
        return f"{self.lane} {_step(self.step)} before {self.other} {_step(self.until)}"


@dataclass(frozen=True, slots=True)
class Struck:
    """
    A task is struck after a step, while it waits, or when it is about to go on.

    Args:
        lane: its name.
        step: how many steps it has taken.
        kind: what strikes it, counted from 1.
        when: when it is; see :mod:`asynctesting.schedules.base`.

    """

    lane: str
    step: int
    kind: int
    when: int

    def __str__(self) -> str:
        when = "about to go on" if self.when == WOKEN else "waiting"
        if self.when >= LATER:
            when += " and time has gone on" + " again" * (self.when - LATER)
        return f"{self.lane} is struck after step {self.step}, when {when}"


@dataclass(frozen=True, slots=True)
class Late:
    """
    The loop is late: it wakes up for more deadlines than the next one.

    Args:
        lane: the name of the timer that was due next.
        ends: how many more.

    """

    lane: str
    ends: int

    def __str__(self) -> str:
        more = "the next deadline" if self.ends == 1 else f"the next {self.ends} deadlines"
        return f"the loop is late for {self.lane}, until {more}"


Constraint = Before | Struck | Late


def _step(number: int) -> str:
    return f"takes step {number + 1}" if number else "begins"


class Recording(Strategy):
    """
    Lets somebody else decide, and writes down what matters of it.

    Args:
        inner: who decides.

    Attributes:
        constraints: what was decided otherwise than asyncio would do.

    """

    def __init__(self, inner: Strategy) -> None:
        super().__init__(stalls=inner.stalls, twice=inner.twice)
        self._inner = inner
        self.constraints: list[Constraint] = []

    def order(self, lanes: Sequence[Lane]) -> int:
        """Ask, and write down who came before whom."""
        answer = self._inner.order(lanes)
        first = lanes[answer]
        for other in lanes[:answer]:
            self.constraints.append(Before(first.name, first.step, other.name, other.step))
        return answer

    def stall(self, lane: str, ends: int) -> int:
        """Ask, and write down a delay."""
        answer = self._inner.stall(lane, ends)
        if answer:
            self.constraints.append(Late(lane, answer))
        return answer

    def strike(self, lane: Lane, kinds: int, when: int) -> int:
        """Ask, and write down who was struck."""
        answer = self._inner.strike(lane, kinds, when)
        self.moments: int = self._inner.moments
        if answer:
            self.constraints.append(Struck(lane.name, lane.step, answer, when))
        return answer


class Constrained(Strategy):
    """
    Does what asyncio would do, as far as the constraints admit it.

    Args:
        constraints: what to keep to.

    """

    def __init__(self, constraints: Iterable[Constraint]) -> None:
        given = list(dict.fromkeys(constraints))
        struck = [one.lane for one in given if isinstance(one, Struck)]
        super().__init__(stalls=True, twice=len(set(struck)) < len(struck))
        self._late = {one.lane: one for one in given if isinstance(one, Late)}
        self._struck = {
            (one.lane, one.step, one.when): one for one in given if isinstance(one, Struck)
        }
        self._orders = [one for one in given if isinstance(one, Before)]
        self._broken: list[Constraint] = []
        self._seen: dict[str, Lane] = {}

    def order(self, lanes: Sequence[Lane]) -> int:
        """The first one that need not wait; if all have to, the first of all."""
        seen = self._seen
        for lane in lanes:
            seen[lane.name] = lane
        left: list[Before] = []
        waiting: set[str] = set()
        for one in self._orders:
            first, other = seen.get(one.lane), seen.get(one.other)
            if first is not None and first.step > one.step:
                continue  # it has come true
            if other is not None and other.step > one.until:
                self._broken.append(one)
                continue
            left.append(one)
            if other is not None and other.step == one.until:
                waiting.add(one.other)
        self._orders = left
        for answer, lane in enumerate(lanes):
            if lane.name not in waiting:
                return answer
        return 0

    def stall(self, lane: str, ends: int) -> int:
        """As late as it was."""
        late = self._late.pop(lane, None)
        return 0 if late is None else min(late.ends, ends - 1)

    def strike(self, lane: Lane, kinds: int, when: int) -> int:
        """Whom it struck."""
        self.moments: int = self.moments + kinds
        struck = self._struck.pop((lane.name, lane.step, when), None)
        return 0 if struck is None else min(struck.kind, kinds)

    def finish(self) -> list[Constraint]:
        """Give the constraints that have not come true, now that the run has ended."""
        self.order(())
        return [*self._broken, *self._orders, *self._late.values(), *self._struck.values()]


def delayed(constraints: Iterable[Constraint]) -> list[Constraint]:
    """Give the *constraints* for a test where time goes on once more, or once less, before a strike."""
    return [
        replace(one, when=one.when ^ 1) if isinstance(one, Struck) and one.when >= LATER else one
        for one in constraints
    ]


def shifted(constraints: Iterable[Constraint], lane: str, by: int) -> list[Constraint]:
    """Give the *constraints* for a *lane* that takes some more steps before, or fewer."""
    result: list[Constraint] = []
    for one in constraints:
        if isinstance(one, Before):
            if one.lane == lane:
                one = replace(one, step=max(0, one.step + by))
            if one.other == lane:
                one = replace(one, until=max(0, one.until + by))
        elif isinstance(one, Struck) and one.lane == lane:
            one = replace(one, step=max(1, one.step + by))
        result.append(one)
    return result
