"""
A loop whose time is virtual.

It is asyncio's own selector loop, with its own tasks and futures. Only what it asks for the time,
and what it waits with, are ours: once in a turn asyncio calls ``select(timeout)``, with 0 while
anything is ready, and that is the place where virtual time is made:

* something is ready: time stands still;
* nothing is ready, but work outside of the loop may still come in (see
  :mod:`asynctesting.loops.outside`): it is waited for, in real time. Time stands still for half a
  real second, for a timeout must not go off because of a job that is about to end; then it runs
  as fast as real time does, for the job may wait for a timer;
* nothing is ready, and nothing outside may come in: time jumps to the next timer;
* and there is no timer: nothing will ever happen again, which is a deadlock.

The private names of asyncio that this stands on, all seen in 3.11 to 3.15:

=====================================  ==========================================================
name                                   here
=====================================  ==========================================================
``BaseEventLoop._scheduled``           the heap of timers: its first one is the next deadline,
                                       which the timeout is not, since it is capped at 24 hours
``BaseEventLoop._ready``               what another thread has put there meanwhile
``BaseEventLoop._clock_resolution``    set, see :func:`asynctesting.loops.clock.resolution_at`
``BaseEventLoop._current_handle``      set by asyncio around each callback in debug mode, where
                                       slow callbacks are to be told in real time
``BaseEventLoop._check_closed``,       called as asyncio's own ``call_at`` does
``_check_thread``, ``_check_callback``
``TimerHandle._scheduled``,            set and read as there
``Handle._source_traceback``
=====================================  ==========================================================

"""

from __future__ import annotations

import asyncio
import asyncio.base_events
import collections
import heapq
import math
import selectors
import threading
import time
from asyncio.log import logger
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any, Final

from ..errors import DeadlockError, LoopTimeExceeded
from .clock import SECOND, Clock, nanoseconds


if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike


__all__ = ["SimulatedLoop"]

__unittest = True

#: Real nanoseconds for which work outside holds the clock, before time runs with real time.
PATIENCE: Final = SECOND // 2

#: Real seconds between two looks at whether work outside still goes on.
SLICE: Final = 0.05

#: How many turns may pass without a look at the descriptors, where there is no work outside.
UNSEEN: Final = 64


def real_time() -> int:
    """Real nanoseconds, by a clock that nobody freezes or moves."""
    if _GETTIME is not None:
        return _GETTIME(_MONOTONIC)
    return _CLOCKS[0]()


# In a place where those who replace the functions of the time module do not look.
_CLOCKS: Final = (time.monotonic_ns,)
_GETTIME: Final[Callable[[int], int] | None] = getattr(time, "clock_gettime_ns", None)
_MONOTONIC: Final[int] = getattr(time, "CLOCK_MONOTONIC", 0)


_format_handle: Any = getattr(asyncio.base_events, "_format_handle", repr)


class _Timer(asyncio.TimerHandle):
    """A timer that knows its place among those of the same moment."""

    __slots__ = ("key",)

    key: tuple[float, int]

    if TYPE_CHECKING:
        _cancelled: bool
        _scheduled: bool
        _source_traceback: list[Any] | None

    def __lt__(self, other: Any) -> bool:
        return self.key < other.key  # type: ignore[no-any-return]


_Timer.__name__ = _Timer.__qualname__ = "TimerHandle"


class _Selector(selectors.DefaultSelector):
    """Waits for descriptors in real time, and makes virtual time of all other waiting."""

    loop: SimulatedLoop

    def __init__(self) -> None:
        super().__init__()
        self.watched = 0
        self.turns = 0
        self.held_since: int | None = None
        self.real = 0

    def register(
        self, fileobj: FileDescriptorLike, events: int, data: Any = None
    ) -> selectors.SelectorKey:
        key = super().register(fileobj, events, data)
        self.watched += 1
        return key

    def unregister(self, fileobj: FileDescriptorLike) -> selectors.SelectorKey:
        key = super().unregister(fileobj)
        self.watched -= 1
        return key

    def select(self, timeout: float | None = None) -> Any:
        if timeout is not None and timeout <= 0:
            return self._look()
        return self._look() or self._idle()

    def _look(self) -> Any:
        """Look at the descriptors, if there is anything to be seen."""
        self.turns += 1
        if self.watched > 1 or self.turns > UNSEEN or self.loop._is_busy_outside():
            self.turns = 0
            return super().select(0)
        return []

    def _idle(self) -> Any:
        loop = self.loop
        clock = loop._clock
        while not loop._ready:
            moment = loop._next_moment()
            held = loop._held_by()
            if not held:
                self.held_since = None
                if moment < math.inf:
                    loop._jump(int(moment))
                    return []
                if not loop._may_be_woken():
                    raise loop._deadlock()
                slice = SLICE
            else:
                now = real_time()
                if self.held_since is None:
                    self.held_since = now
                elif now - self.held_since > PATIENCE:
                    # Time runs; what has passed since the last look has passed.
                    passed = clock.nanoseconds + now - max(self.real, self.held_since + PATIENCE)
                    if passed >= moment:
                        loop._jump(int(moment))
                        return []
                    clock.move_to(passed)
                self.real = now
                slice = min(SLICE, max(0.0, (moment - clock.nanoseconds) / SECOND))
                if now - self.held_since < PATIENCE:
                    slice = SLICE
            events = super().select(slice)
            if events:
                return events
        return []


class SimulatedLoop(asyncio.SelectorEventLoop):
    """
    An event loop of virtual time: sleeping costs nothing, and is exact.

    Use it as a factory of loops, wherever one is asked for; tests have it with
    :func:`asynctesting.virtual_time`. See :mod:`asynctesting.loops.simulated` for when time
    moves.

    Args:
        start: seconds of loop time that its clock shows at first.
        until: seconds of loop time after which nothing is to happen any more.

    Raises:
        DeadlockError: from ``run_forever()`` and what is built on it, when nothing inside of the
            loop and nothing outside can ever wake it.
        LoopTimeExceeded: from there, too, when all wait for a moment later than *until*.

    Example:

        >>> async def nap():
        ...     await asyncio.sleep(1e6)
        ...     return asyncio.get_running_loop().time()
        >>> with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        ...     runner.run(nap()), runner.run(nap())
        (1000000.0, 2000000.0)

    """

    if TYPE_CHECKING:
        _check_callback: Callable[[Any, str], None]
        _check_closed: Callable[[], None]
        _check_thread: Callable[[], None]
        _clock_resolution: float
        _debug: bool
        _ready: collections.deque[asyncio.Handle]
        _scheduled: list[_Timer]
        _timer_cancelled_count: int

    def __init__(self, *, start: float = 0.0, until: float | None = None) -> None:
        self._clock = Clock(start)
        self._until = math.inf if until is None else nanoseconds(until)
        self._span = max(SECOND, self._until - self._clock.nanoseconds)
        self._number = 0
        self._jobs: set[Any] = set()
        self._handle: asyncio.Handle | None = None
        self._began = 0
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)
        self._selector: _Selector
        self._clock_resolution = self._clock.resolution

    # Time

    def time(self) -> float:
        """Seconds of loop time."""
        return self._clock.seconds

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., Any],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """
        Have *callback* called when the clock shows *when*; in the order of these calls, where
        several are to be called at the same nanosecond.
        """
        if when is None:
            raise TypeError("when cannot be None")
        self._check_closed()
        if self._debug:
            self._check_thread()
            self._check_callback(callback, "call_at")
        timer = _Timer(when, callback, args, self, context)
        if timer._source_traceback:
            del timer._source_traceback[-1]
        self._number += 1
        moment = nanoseconds(when) if -math.inf < when < math.inf else when
        # What is no number never comes.
        timer.key = (moment if moment == moment else math.inf, self._number)
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True
        return timer

    def _next_moment(self) -> float:
        """When the next timer is due, in nanoseconds."""
        while self._scheduled and self._scheduled[0]._cancelled:
            handle = heapq.heappop(self._scheduled)
            handle._scheduled = False
            self._timer_cancelled_count -= 1
        if not self._scheduled:
            return math.inf
        return self._scheduled[0].key[0]

    def _jump(self, moment: int) -> None:
        """Let it be *moment*, when the next timer is due."""
        if moment > self._until:
            until, self._until = self._until, moment + self._span
            raise LoopTimeExceeded(
                f"virtual time has come to its end, until={until / SECOND:g}"
            )
        self._clock.move_to(moment)
        self._clock_resolution = self._clock.resolution

    # Work outside

    def _is_busy_outside(self) -> bool:
        return bool(self._jobs)

    def _held_by(self) -> list[str]:
        return ["a job"] if self._jobs else []

    def _may_be_woken(self) -> bool:
        return bool(
            self._jobs
            or self._selector.watched > 1
            or threading.active_count() > 1
            or getattr(self, "_signal_handlers", False)
        )

    def _deadlock(self) -> DeadlockError:
        from ..hangs import report

        return DeadlockError(f"deadlock: nothing can wake the event loop\n{report(self)}")

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Any, *args: Any
    ) -> Any:
        """Call *func* in an executor, while time is held."""
        future = super().run_in_executor(executor, func, *args)
        self._jobs.add(future)
        future.add_done_callback(self._jobs.discard)
        return future

    async def shutdown_default_executor(self, *limit: Any) -> None:
        """Wait for the threads of the executor, while time is held."""
        self._jobs.add(self)
        try:
            await super().shutdown_default_executor(*limit)
        finally:
            self._jobs.discard(self)

    # asyncio's debug mode

    @property
    def _current_handle(self) -> asyncio.Handle | None:
        """What is being called, in debug mode: asyncio sets it before, and unsets it after."""
        return self._handle

    @_current_handle.setter
    def _current_handle(self, handle: asyncio.Handle | None) -> None:
        called, self._handle = self._handle, handle
        if handle is not None:
            self._began = real_time()
        elif called is not None:
            took = (real_time() - self._began) / SECOND
            if took >= self.slow_callback_duration:
                logger.warning(
                    "Executing %s took %.3f seconds",
                    _format_handle(called),
                    took,
                )
