"""What a check is, and what it is told at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, ClassVar

from ..findings import Finding


__all__ = ["Check", "Closing"]

__unittest = True


class Closing:
    """
    What came to light while a life was closed.

    Args:
        stubborn: tasks that did not end when they were cancelled.
        failed: tasks that raised when they were cancelled, and what.
        stuck: what did not shut down within the limit, in words.
        swallowed: stages that ended normally although they had been cancelled.
        limit: real seconds that were granted to each step.

    """

    __slots__ = ("failed", "limit", "stubborn", "stuck", "swallowed")

    def __init__(
        self,
        stubborn: Iterable[asyncio.Task[Any]] = (),
        failed: Iterable[tuple[asyncio.Task[Any], BaseException]] = (),
        stuck: Iterable[str] = (),
        swallowed: Iterable[str] = (),
        limit: float = 0.0,
    ) -> None:
        self.stubborn: list[asyncio.Task[Any]] = list(stubborn)
        self.failed: list[tuple[asyncio.Task[Any], BaseException]] = list(failed)
        self.stuck: list[str] = list(stuck)
        self.swallowed: list[str] = list(swallowed)
        self.limit: float = limit

    @property
    def is_eventful(self) -> bool:
        """Whether anything came to light."""
        return bool(self.stubborn or self.failed or self.stuck or self.swallowed)


class Check:
    """
    One kind of fault, watched for during one life of a test.

    One that overrides :meth:`start` is made when the life opens; another one only if there
    is something to be told of its end.

    A *fact* (a coroutine was never awaited) fails the test by default; a
    *suspicion* (the loop seemed blocked) warns.

    """

    id: ClassVar[str]
    suspicion: ClassVar[bool] = False

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to watch; the *loop* is open and has run nothing yet."""

    def ending(self, loop: asyncio.AbstractEventLoop, left: list[asyncio.Task[Any]]) -> None:
        """Look at the tasks that were *left*, before they are cancelled."""

    def stop(self) -> None:
        """Take back whatever :meth:`start` installed. Called once, whatever happened."""

    def findings(self, closing: Closing) -> Iterable[Finding]:
        """Say what was seen. Called once, after :meth:`stop`."""
        return ()
