"""Measuring and telling: what does not depend on what is measured."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median


def interleaved(
    subjects: Mapping[str, Callable[[], float]], rounds: int
) -> dict[str, list[float]]:
    """
    Measure each of the *subjects* once a round.

    What else the machine does meanwhile then hits all of them alike; the order turns from round
    to round, for the same reason.

    """
    names = list(subjects)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            taken[name].append(subjects[name]())
    return taken


def seconds(function: Callable[[], object]) -> float:
    """Give the real seconds that one call takes."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def per_item(many: Sequence[float], few: Sequence[float], items: int) -> float:
    """Give what one item costs, if *many* runs had so many *items* more than *few* had."""
    return max(0.0, median(many) - median(few)) / items


@dataclass(frozen=True)
class Bound:
    """A figure to reach, and maybe a better one that is the goal."""

    reach: float
    goal: float | None = None

    def verdict(self, value: float) -> str:
        """Say whether *value* is good enough."""
        if value > self.reach:
            return f"MISSED (at most {self.reach:g})"
        if self.goal is None:
            return f"met (at most {self.reach:g})"
        if value > self.goal:
            return f"met (at most {self.reach:g}; not yet the goal of {self.goal:g})"
        return f"met, goal too (at most {self.reach:g}, goal {self.goal:g})"


@dataclass(frozen=True)
class Row:
    """One comparison."""

    what: str
    ours: float
    against: str
    theirs: float
    unit: str
    bound: Bound | None = None

    @property
    def ratio(self) -> float:
        """How often theirs goes into ours."""
        return self.ours / self.theirs if self.theirs else float("inf")

    def cells(self) -> tuple[str, ...]:
        """Put it into words."""
        return (
            self.what,
            f"{number(self.ours)} {self.unit}",
            self.against,
            f"{number(self.theirs)} {self.unit}",
            f"{self.ratio:.2f}",
            self.bound.verdict(self.ratio) if self.bound else "",
        )


HEADINGS = ("what", "ours", "against", "theirs", "ratio", "")


def number(value: float) -> str:
    """Write *value* with three digits that mean something."""
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2
    return f"{value:,.{digits}f}"


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write *rows* as columns; a column of figures is aligned to the right."""
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    right = [
        bool(rows) and all(row[index][:1].isdigit() or row[index][:1] == "-" for row in rows)
        for index in range(len(headings))
    ]
    lines = []
    for row in (headings, ["-" * width for width in widths], *rows):
        cells = zip(row, widths, right, strict=True)
        line = "  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in cells)
        lines.append(line.rstrip())
    return "\n".join(lines)
