"""
What ``self.clock`` and ``loop.clock`` are: the time of a loop, and the means to move and to stop it.

"""

from __future__ import annotations

import asyncio
import math
import sys
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any, NoReturn

from ..errors import RealTimeError
from .clock import SECOND, Clock, nanoseconds


__all__ = ["LoopClock", "VirtualClock"]

__unittest = True


class LoopClock:
    """
    The clock of a loop whose time is real.

    It tells the time, and says of everything else what it needs.

    Args:
        loop: the loop.

    Example:

        >>> async def main():
        ...     clock = LoopClock(asyncio.get_running_loop())
        ...     return clock.time() <= asyncio.get_running_loop().time()
        >>> asyncio.run(main())
        True

    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def time(self) -> float:
        """Seconds of loop time."""
        return self._loop.time()

    async def advance(self, seconds: float) -> None:
        """Not possible here: see :meth:`VirtualClock.advance`."""
        self._refuse("advance(): real time passes by itself")

    def hold(self) -> AbstractContextManager[None]:
        """Not possible here: see :meth:`VirtualClock.hold`."""
        self._refuse("hold(): real time does not stand still")

    def wall(
        self, *, start: float | datetime | None = None, packages: tuple[str, ...] = ()
    ) -> AbstractContextManager[None]:
        """Not possible here: see :meth:`VirtualClock.wall`."""
        self._refuse("wall(): the clocks on the wall go with this loop already")

    def _refuse(self, what: str) -> NoReturn:
        raise RealTimeError(
            f"clock.{what}; for virtual time write @virtual_time above the test, or "
            "virtual_time=True into the head of its class"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self.time()!r} s, in real time>"


class VirtualClock(Clock, LoopClock):
    """
    The clock of a :class:`~asynctesting.SimulatedLoop`.

    Mostly there is nothing to be done with it but to look: time moves by itself, when everything
    waits.

    Example:

        >>> from asynctesting import SimulatedLoop
        >>> async def main():
        ...     clock = asyncio.get_running_loop().clock
        ...     nap = asyncio.create_task(asyncio.sleep(4))
        ...     with clock.hold():
        ...         await clock.advance(3.5)
        ...         print(clock.time(), nap.done())
        ...     await nap
        ...     print(clock.time())
        >>> with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        ...     runner.run(main())
        3.5 False
        4.0

    """

    def __init__(self, loop: asyncio.AbstractEventLoop, start: float = 0.0) -> None:
        Clock.__init__(self, start)
        self._owner = weakref.ref(loop)
        self._holds: list[str] = []
        self._targets: list[int] = []
        #: The moment up to which time may move, in nanoseconds.
        self.allowed: float = math.inf

    @property
    def is_held(self) -> bool:
        """Whether somebody holds it."""
        return bool(self._holds)

    @property
    def held_at(self) -> str:
        """Where that was written."""
        return self._holds[-1] if self._holds else ""

    def _allow(self) -> None:
        self.allowed = max(self._targets, default=-math.inf) if self._holds else math.inf
        owner: Any = self._owner()
        if owner is not None:
            owner._note_horizon()

    @contextmanager
    def _hold(self, place: str) -> Iterator[None]:
        self._holds.append(place)
        self._allow()
        try:
            yield
        finally:
            self._holds.remove(place)
            self._allow()

    def hold(self) -> AbstractContextManager[None]:
        """
        Let time stand still in a ``with`` block, whatever waits for it; but for :meth:`advance`.

        Use it where something outside takes longer than the loop can know. If all tasks wait for time
        to move, that is a deadlock, and is told.
        """
        frame = sys._getframe(1)
        return self._hold(f"{frame.f_code.co_filename}:{frame.f_lineno}")

    async def advance(self, seconds: float) -> None:
        """
        Move time, and let everything happen that is due until then, the end included.

        It is the lesser way: without it time moves as soon as everything waits. It is of use inside of
        :meth:`hold`, and where code is taken step by step.

        Args:
            seconds: seconds of loop time.

        Raises:
            ValueError: for a number below zero, and for none.
            RuntimeError: on another loop.

        """
        from ..staging import settle

        if not 0 <= seconds < math.inf:
            raise ValueError(f"time moves by a number of seconds, not below zero; not {seconds!r}")
        loop = asyncio.get_running_loop()
        if loop is not self._owner():
            raise RuntimeError("this is the clock of another event loop than the one that runs")
        target = self.nanoseconds + nanoseconds(seconds)
        arrived = loop.create_future()
        timer = loop.call_at(target / SECOND, _arrive, arrived)
        self._targets.append(target)
        self._allow()
        try:
            await arrived
            await settle()
        finally:
            timer.cancel()
            self._targets.remove(target)
            self._allow()

    def wall(
        self, *, start: float | datetime | None = None, packages: tuple[str, ...] = ()
    ) -> AbstractContextManager[None]:
        """
        Let the clocks on the wall follow this one, in a ``with`` block.

        See :mod:`asynctesting.loops.wallclock` for which clocks, and where.

        Args:
            start: what they show at first: seconds since 1970, or a ``datetime`` (a naive one is in
                local time); by default the real time.
            packages: names of installed packages in which they follow, too.

        """
        from .wallclock import Wall

        return Wall(self, start, packages)


def _arrive(arrived: asyncio.Future[None]) -> None:
    if not arrived.done():
        arrived.set_result(None)


_ = Any
