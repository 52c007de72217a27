"""
A page for each check: its fault, its cure, its allowance, and what it cannot see.

A page is the docstring of a function that does nothing else: ``pending_task`` for ``pending-task``,
in :mod:`asynctesting.pages.tasks`. ``python -m asynctesting explain pending-task`` shows it, and so
does ``help("asynctesting.pages.tasks.pending_task")``. Its two examples are run by the tests: with
the first, a test fails by that check; with the second, it passes.

"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from types import FunctionType
from typing import Final

from ..checks import IDS
from . import awaiting, errors, in_process, misuse, on_loop, tasks


__all__ = ["GROUPS", "PLACES", "Page", "contents", "page", "where", "where_table"]

#: The modules with pages, and what they are about, in the order in which one learns of it.
GROUPS: Final = (
    ("nobody awaited it", awaiting),
    ("tasks", tasks),
    ("errors that nobody saw", errors),
    ("left on the loop", on_loop),
    ("left in the process", in_process),
    ("misuse", misuse),
)


#: Where a test may live, besides on asyncio's own loops, in the main thread, on Linux or macOS,
#: where each check sees its fault. For each such place: what is not seen there, and why not.
PLACES: Final[Mapping[str, Mapping[str, str]]] = {
    "uvloop": dict.fromkeys(
        (
            "collected-generator",
            "leftover-generator",
            "leftover-reader",
            "leftover-server",
            "leftover-signal-handler",
            "leftover-timer",
            "leftover-transport",
            "open-descriptor",
        ),
        "blind",
    ),
    "another thread": dict.fromkeys(("leftover-signal", "leftover-signal-handler"), "cannot be"),
    "Windows": {
        "leftover-reader": "cannot be",
        "leftover-signal-handler": "cannot be",
        "open-descriptor": "blind",
    },
}


class Page:
    """
    One page.

    Args:
        check: the id of the check.
        text: the docstring.

    """

    def __init__(self, check: str, text: str) -> None:
        self.check: str = check
        self.text: str = inspect.cleandoc(text)

    @property
    def summary(self) -> str:
        """What is so, in one line."""
        return _plain(self.text.partition("\n")[0])

    def example(self, name: str) -> str:
        """The code below the line *name*: what is in the body of a test class."""
        lines = self.text.split(f"\n{name}::\n", 1)[1].splitlines()
        code = []
        for line in lines:
            if line and not line.startswith(" "):
                break
            code.append(line)
        return inspect.cleandoc("\n".join(code)) + "\n"

    @property
    def fault(self) -> str:
        """A test that fails by this check."""
        return self.example("The fault")

    @property
    def cure(self) -> str:
        """The same test, done right."""
        return self.example("The cure")

    def __str__(self) -> str:
        return f"{self.check}\n{'=' * len(self.check)}\n\n{_plain(self.text)}\n"


def _plain(text: str) -> str:
    """The *text* without the marks that are of no use where it is not rendered."""
    return re.sub(r":\w+:`([^`]+)`", r"`\1`", text).replace("``", "`")


def _pages() -> dict[str, Page]:
    found = {}
    for _, module in GROUPS:
        for name in module.__all__:
            function: FunctionType = getattr(module, name)
            check = name.replace("_", "-")
            found[check] = Page(check, function.__doc__ or "")
    return found


def page(check: str) -> Page:
    """
    Give the page of a check.

    Args:
        check: its id.

    Raises:
        KeyError: if there is no such check.

    """
    return _pages()[check]


def contents() -> str:
    """All checks, by group, each with its summary."""
    lines = []
    pages = _pages()
    width = max(map(len, pages))
    for title, module in GROUPS:
        lines.append(f"{title}:")
        for name in module.__all__:
            one = pages[name.replace("_", "-")]
            lines.append(f"  {one.check:{width}}  {one.summary}")
    return "\n".join(lines)


def where(check: str) -> list[str]:
    """
    Tell where a check sees its fault.

    Args:
        check: its id.

    Returns:
        A word for asyncio's own loops, and one for each of :data:`PLACES`: ``"seen"``, ``"suspected"``
        if it only warns by default, ``"blind"``, or ``"cannot be"``, if there is no such fault.

    """
    usual = "suspected" if check in IDS[check].suspicions else "seen"
    return [usual, *(exceptions.get(check, usual) for exceptions in PLACES.values())]


def where_table() -> str:
    """A line for each check: where it sees its fault."""
    rows = [["", "asyncio", *PLACES]]
    rows += [[check, *where(check)] for check in _pages()]
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join(
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths)).rstrip() for row in rows
    )
