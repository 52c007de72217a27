"""
What a test is let go of, and whether it needed that.

:class:`asynctesting.allow` writes allowances; a trial keeps those of its test in a :class:`Book`,
and drops the findings that it admits.

"""

from __future__ import annotations

import re
import time
from collections.abc import Container, Iterator
from typing import Final

from .findings import Finding, Place


__all__ = ["Allowance", "Book", "Span"]

__unittest = True

#: The id of what is said of an allowance that was not needed.
UNNEEDED: Final = "unneeded-allowance"


class Allowance:
    """
    What is allowed.

    Args:
        ids: of the checks.
        match: what is searched for in the names and the fact of a finding.
        reason: why.
        is_needed: whether it is worth a warning that it was not needed.
        place: where it is written.

    """

    __slots__ = ("ids", "is_needed", "match", "place", "reason")

    def __init__(
        self,
        ids: tuple[str, ...],
        match: re.Pattern[str] | None = None,
        reason: str = "",
        is_needed: bool = True,
        place: Place | None = None,
    ) -> None:
        self.ids: tuple[str, ...] = ids
        self.match: re.Pattern[str] | None = match
        self.reason: str = reason
        self.is_needed: bool = is_needed
        self.place: Place | None = place

    def of_class(self) -> Allowance:
        """The same for all tests of a class, some of which do not need it."""
        return Allowance(self.ids, self.match, self.reason, False, self.place)

    def covers(self, finding: Finding) -> bool:
        """Tell whether *finding* is allowed."""
        if finding.check not in self.ids:
            return False
        if self.match is None:
            return True
        return any(map(self.match.search, (*finding.about, finding.fact)))

    def __str__(self) -> str:
        words = [*map(repr, self.ids)]
        if self.match is not None:
            words.append(f"match={self.match.pattern!r}")
        return f"allow({', '.join(words)})"


class Span:
    """The time that a ``with`` block took."""

    __slots__ = ("allowance", "begin", "end")

    def __init__(self, allowance: Allowance) -> None:
        self.allowance: Allowance = allowance
        self.begin: float = time.monotonic()
        self.end: float | None = None

    def close(self) -> None:
        """Note that the block has ended."""
        self.end = time.monotonic()

    def covers(self, finding: Finding) -> bool:
        """Tell whether *finding* is allowed, and happened meanwhile if that is known."""
        if not self.allowance.covers(finding):
            return False
        when = finding.when
        if when is None:
            return True
        return self.begin <= when and (self.end is None or when <= self.end)


class Book:
    """
    What is allowed in one life, and what of it was needed.

    Args:
        allowances: what its test and its class allow.

    """

    __slots__ = ("entries", "_needed")

    def __init__(self, allowances: tuple[Allowance, ...] = ()) -> None:
        #: All of it.
        self.entries: list[Allowance | Span] = list(allowances)
        self._needed: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self.entries)

    def take_over(self, other: Book) -> None:
        """Allow also what the ``with`` blocks of *other* allow."""
        self.entries += [entry for entry in other.entries if isinstance(entry, Span)]

    def add(self, span: Span) -> None:
        """Note what a ``with`` block allows."""
        self.entries.append(span)

    def admits(self, finding: Finding) -> bool:
        """Tell whether *finding* is allowed; whatever allows it, was needed."""
        admitted = False
        for entry in self.entries:
            if entry.covers(finding):
                self._needed.add(id(entry))
                admitted = True
        return admitted

    def unneeded(self, on: Container[str]) -> Iterator[Finding]:
        """
        Give a finding for each allowance of this one test that was not needed.

        Args:
            on: ids of the checks that would have found something.

        """
        for entry in self.entries:
            one = entry.allowance if isinstance(entry, Span) else entry
            if (
                one.is_needed
                and id(entry) not in self._needed
                and all(name in on for name in one.ids)
            ):
                yield Finding(
                    UNNEEDED,
                    f"{one} was not needed: nothing that it allows has happened",
                    "remove it, or give it always=False if it is needed only sometimes",
                    one.place,
                )
