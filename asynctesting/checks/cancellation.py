"""
``swallowed-cancellation``: the test's own task was cancelled, and the stage ended as if not.

The fault: code under test cancels the task that runs the test, something catches the
:exc:`asyncio.CancelledError`, and what came after the ``await`` is skipped in silence. A test that
skips itself then has not been skipped for a reason of its own.

The cure: let the error pass, or, if the test cancels itself on purpose, call
``asyncio.current_task().uncancel()`` after catching it, as asyncio's documentation
demands of whoever swallows a cancellation.

The allowance: ``@allow("swallowed-cancellation")``. A test that asserts it, by
``with self.assertRaises(asyncio.CancelledError):``, needs none.

What it cannot see: on Python 3.11 and 3.12, whose :class:`asyncio.TaskGroup` leaves the task's
count of requests as if it had been cancelled, requests of an installed package, and all of them
on a loop with a task factory, unless it is asyncio's own for eager tasks.

"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from ..driver import Waiting
from ..findings import Finding
from .base import Check, Closing


__all__ = ["SwallowedCancellation"]

__unittest = True


class SwallowedCancellation(Check):
    """See the module."""

    ids: ClassVar[tuple[str, ...]] = ("swallowed-cancellation",)

    def findings(self, closing: Closing) -> Iterable[Finding]:
        for stage in closing.swallowed:
            place = getattr(stage, "cancelled_at", None)
            yield Finding(
                self.ids[0],
                f"the test's own task was cancelled in {stage}, which went on as if it were not",
                "let asyncio.CancelledError pass, or call asyncio.current_task().uncancel() "
                "where it is caught on purpose",
                place,
                "it waited there when the event loop called cancel()" if isinstance(place, Waiting) else "",
                about=(stage,),
            )
