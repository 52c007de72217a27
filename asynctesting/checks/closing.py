"""
``stuck-close``: something did not shut down when the test's loop was closed.

The fault: an asynchronous generator whose ``finally`` never ends, or a job in the
loop's executor that is still running. The standard class waits for it, for ever.

The cure: let the generator end; set whatever the job waits for, and await the job.

The allowance: ``@allow("stuck-close")``; a longer ``close_limit`` for
what is only slow.

What it cannot see: executors that are not the loop's own.

"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from ..findings import Finding
from .base import Check, Closing


__all__ = ["StuckClose"]

__unittest = True


class StuckClose(Check):
    """See the module."""

    ids: ClassVar[tuple[str, ...]] = ("stuck-close",)

    def findings(self, closing: Closing) -> Iterable[Finding]:
        for what in closing.stuck:
            yield Finding(
                self.ids[0],
                f"{what} did not end within {closing.limit:g} s of the end of the test",
                "end it in the test or a cleanup, or raise close_limit if it is only slow",
            )
