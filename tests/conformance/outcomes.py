"""How tests ended, and whether they ended the same way: plain data, no tests run here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


__all__ = ["Difference", "Outcomes", "compare", "immune", "is_red", "stable", "verdict"]

Outcomes = Mapping[str, Sequence[str]]
"""For each test id, every entry its result was given, in any order."""

SEVERITY = (
    "success",
    "expectedFailure",
    "skip",
    "nothing",
    "unexpectedSuccess",
    "failure",
    "error",
    "missing",
)
RED = frozenset({"unexpectedSuccess", "failure", "error"})


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One test that did not end as with the standard class."""

    test: str
    stock: str
    ours: str

    def __str__(self) -> str:
        return f"{self.test}: {self.stock} with the standard class, {self.ours} with ours"


def verdict(entries: Iterable[str]) -> str:
    """The worst of a test's entries; ``missing`` if there is none at all."""
    return max(entries, key=SEVERITY.index, default="missing")


def is_red(entries: Iterable[str]) -> bool:
    """Whether a test that ended like this fails its run."""
    return not RED.isdisjoint(entries)


def stable(runs: Sequence[Outcomes]) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Tests that ended the same way in every run, and the names of those that did not."""
    names = sorted(set().union(*runs))
    ends = {name: {tuple(sorted(run.get(name, ()))) for run in runs} for name in names}
    return {name: end.pop() for name, end in ends.items() if len(end) == 1}, [
        name for name in names if len(ends[name]) > 1
    ]


def compare(
    stock: Outcomes, ours: Outcomes, *, exact: bool, ignore: Iterable[str] = ()
) -> tuple[int, list[Difference], list[Difference]]:
    """Compare test by test.

    Args:
        stock: how tests ended with the standard class.
        ours: how they ended with the class on trial.
        exact: compare every entry; otherwise only whether the test failed. The standard class may
            report a test that fails in two stages as two entries, where one verdict is as good.
        ignore: tests not to be compared.

    Returns:
        How many are the same; those lost (they no longer run, or fail no more); those changed
        otherwise.
    """
    same, lost, changed = 0, [], []
    for name in sorted((stock.keys() | ours.keys()) - set(ignore)):
        before, after = sorted(stock.get(name, ())), sorted(ours.get(name, ()))
        if before == after or (not exact and before and after and is_red(before) == is_red(after)):
            same += 1
            continue
        difference = Difference(name, "+".join(before) or "missing", "+".join(after) or "missing")
        if verdict(after) in {"missing", "nothing"} or (is_red(before) and not is_red(after)):
            lost.append(difference)
        else:
            changed.append(difference)
    return same, lost, changed


def immune(stock: Outcomes, sabotaged: Iterable[str]) -> list[str]:
    """Tests that were sabotaged and passed all the same: they prove nothing."""
    return sorted(
        name for name in set(sabotaged) if name in stock and verdict(stock[name]) == "success"
    )
