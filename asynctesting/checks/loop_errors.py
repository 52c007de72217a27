"""
``loop-error``: an error that only the loop saw.

The fault: an exception in a callback, a timer, a protocol, or in a task whose result
nobody asked for ends up in the loop's exception handler, which logs it. The test passes.

The cure: mend the error, or await the task or future that carries it.

The allowance: ``checks={"loop-error": "ignore"}`` on the class.

An error that is logged inside ``with self.assertLogs("asyncio"):`` is expected, and no finding.

What it cannot see: errors on other loops, and those of a loop whose exception handler
the test has replaced.

"""

from __future__ import annotations

import asyncio
import asyncio.log
import logging
import traceback
from collections.abc import Iterable
from types import TracebackType
from typing import Any

from ..findings import Finding, Place, is_user_file
from .base import Check, Closing
from .tasks import describe


__all__ = ["LoopErrors"]

__unittest = True


def _innermost(tb: TracebackType | None) -> Place | None:
    """The user's innermost line in *tb*."""
    place = None
    while tb is not None:
        if is_user_file(tb.tb_frame.f_code.co_filename):
            code = tb.tb_frame.f_code
            place = Place(code.co_filename, tb.tb_lineno, code.co_name)
        tb = tb.tb_next
    return place


def _creation(source: Any) -> Place | None:
    """The user's innermost line in a traceback that asyncio's debug mode kept."""
    for line in reversed(source or ()):
        if is_user_file(line.filename):
            return Place(line.filename, line.lineno or 0, line.name)
    return None


def _log_handlers() -> tuple[logging.Handler, ...]:
    """The handlers of what asyncio logs."""
    return (*asyncio.log.logger.handlers, *logging.root.handlers)


class LoopErrors(Check):
    """See the module."""

    id = "loop-error"

    def __init__(self) -> None:
        self._found: list[Finding] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._previous: Any = None
        self._ending = False
        #: Whoever listens to the log already, from outside of the test.
        self._outer: tuple[logging.Handler, ...] = ()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._outer = _log_handlers()
        self._previous = loop.get_exception_handler()
        loop.set_exception_handler(self._handle)

    def stop(self) -> None:
        loop, self._loop = self._loop, None
        if loop is not None and loop.get_exception_handler() == self._handle:
            loop.set_exception_handler(self._previous)

    def ending(self, loop: asyncio.AbstractEventLoop, left: list[asyncio.Task[Any]]) -> None:
        self._ending = True

    def _handle(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if self._ending and isinstance(context.get("exception"), asyncio.CancelledError):
            return  # a callback that trips over a task which we have cancelled
        if self._is_asserted():
            loop.default_exception_handler(context)  # it logs
            return
        try:
            fact, place, detail = self._words(context)
        except Exception as problem:  # asyncio would log it, and the test would pass
            fact = f"an error that cannot be shown ({type(problem).__name__})"
            place, detail = None, ""
        self._found.append(
            Finding(
                self.id,
                fact,
                "mend the error, or await what carries it, so that the test sees it",
                place,
                detail,
            )
        )

    def _is_asserted(self) -> bool:
        """Tell whether the test is inside an ``assertLogs`` that watches what asyncio logs."""
        # unittest._log._CapturingHandler, 3.11 to 3.15; without it, such a test needs the allowance.
        return any(
            type(handler).__name__ == "_CapturingHandler" and handler not in self._outer
            for handler in _log_handlers()
        )

    def _words(self, context: dict[str, Any]) -> tuple[str, Place | None, str]:
        """Put into words what the loop tells."""
        message = context.get("message") or "unhandled error in the event loop"
        error = context.get("exception")
        task = context.get("task") or context.get("future")
        fact = message[:1].lower() + message[1:].rstrip("!")
        place = None
        detail = ""
        if isinstance(task, asyncio.Task):
            name, place = describe(task)
            fact = f"{name}: {fact}"
        if isinstance(error, BaseException):
            fact = f"{fact}: {error!r}"
            place = _innermost(error.__traceback__) or place
            detail = "".join(traceback.format_exception(error))
        handle = context.get("handle")
        callback: Any = getattr(handle, "_callback", None)
        if place is None and hasattr(callback, "__code__"):
            code = callback.__code__
            place = Place(code.co_filename, code.co_firstlineno, code.co_name)
        place = place or _creation(context.get("source_traceback"))
        return fact, place, detail

    def findings(self, closing: Closing) -> Iterable[Finding]:
        return self._found
