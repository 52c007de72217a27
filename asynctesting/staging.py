"""
Put tasks where a test wants them: until all wait, in the background, one after the other.

All of it works on every loop, in virtual time and in real time. Test cases have most of it as
methods, :meth:`~asynctesting.AsyncTestCase.settle` and so on; these are for everybody else.

"""

from __future__ import annotations

import asyncio
import inspect
import math
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, TypeVar

from .errors import StageError
from .findings import Place, place_of_code
from .loops import background as marks
from .loops import insides


__all__ = ["Sequencer", "Unfulfilled", "background", "end_background", "eventually", "settle"]

__unittest = True

T = TypeVar("T")

#: How many turns of the loop may pass until nothing is ready.
TURNS: Final = 100_000

#: How many turns are enough before somebody asks again.
ENOUGH: Final = 1_000

#: How many quiet turns in a row are enough where it is not known what is ready.
QUIET: Final = 3

#: Seconds of loop time between two questions, where nothing tells when to ask again.
PAUSE: Final = 0.01

_SETTLING: Final[weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, set[Any]]] = (
    weakref.WeakKeyDictionary()
)


async def settle() -> None:
    """
    Return when every other task is waiting, and no callback is ready.

    Use it to let happen all that can happen now: what was put into queues has been taken out, who was
    to be woken has gone on, and waits again. Time does not move. Several tasks may do it at once.

    It stops being true where tasks wait for work outside of the loop, an executor's or a socket's: they
    are waiting, and what they wait for is still to come.

    Raises:
        StageError: if something is still ready after 100,000 turns of the loop.

    Example:

        >>> async def main():
        ...     queue = asyncio.Queue()
        ...     task = asyncio.create_task(queue.get())
        ...     queue.put_nowait("Garfield")
        ...     await settle()
        ...     return task.result()
        >>> asyncio.run(main())
        'Garfield'

    """
    loop = asyncio.get_running_loop()
    if not await _settle(loop, TURNS):
        names = sorted(
            task.get_name() for task in asyncio.all_tasks(loop) if not _waits(task)
        )
        raise StageError(
            f"settle(): after {TURNS} turns of the event loop something is still ready: "
            f"{', '.join(names[:5]) or 'a callback'}; wait for what it does, or stop it first"
        )


async def _settle(loop: asyncio.AbstractEventLoop, turns: int) -> bool:
    """Wait until nothing else is ready, or for so many turns of the loop; tell which."""
    me = asyncio.current_task()
    settling = _SETTLING.setdefault(loop, set())
    settling.add(me)
    quiet = 0
    try:
        for _ in range(turns):
            await asyncio.sleep(0)
            ready = insides.count_ready(loop)
            if ready is None:  # a foreign loop
                quiet = quiet + 1 if _all_wait(loop, settling) else 0
                if quiet == QUIET:
                    return True
            elif ready < len(settling) and not insides.has_due_timer(loop):
                return True  # what is ready are the others who do this
    finally:
        settling.discard(me)
        if not settling:
            _SETTLING.pop(loop, None)  # or it would seem to be known to somebody
    return False


def _waits(task: asyncio.Task[Any]) -> bool:
    waiter = insides.waiter_of(task)
    return task is asyncio.current_task() or (waiter is not None and not waiter.done())


def _all_wait(loop: asyncio.AbstractEventLoop, settling: set[Any]) -> bool:
    return all(map(_waits, asyncio.all_tasks(loop) - settling))


def background(
    coroutine: Coroutine[Any, Any, T], *, name: str | None = None
) -> asyncio.Task[T]:
    """
    Run *coroutine* in a task that is cancelled when the test ends.

    Use it for what runs for ever by design, a heartbeat, a server: it is no leftover, and that it goes on
    does not mean that the test does. If it fails, so does the test.

    Args:
        coroutine: what to run.
        name: what to call the task.

    Returns:
        The task.

    """
    task = asyncio.get_running_loop().create_task(coroutine)
    if name is not None:
        task.set_name(name)
    marks.mark(task)
    return task


async def end_background(task: asyncio.Task[Any], limit: float) -> None:
    """
    Cancel a task of :func:`background`, and wait for it.

    Args:
        task: the task.
        limit: seconds of loop time for it to end; if it does not, the end of the test tells.

    Raises:
        BaseException: what it has failed with.

    """
    task.cancel()
    await asyncio.wait([task], timeout=limit)
    if task.done() and not task.cancelled():
        task.result()


class Unfulfilled(AssertionError):
    """What was to become true did not."""


async def eventually(
    predicate: Callable[[], T | Awaitable[T]],
    *,
    within: float = 1.0,
    every: float | None = None,
) -> T:
    """
    Wait until *predicate* gives something true, and return that.

    Use it where nothing can be awaited for what is to come. It is asked again and again; what it raises
    counts as a no. In virtual time it is asked at each moment at which anything happens, so that
    the clock shows when it came true.

    Args:
        predicate: a function, or a coroutine function, without arguments.
        within: seconds of loop time for it to become true.
        every: seconds of loop time between two questions, if it is to be asked at regular times.

    Raises:
        AssertionError: if it does not; with its last value, or its last exception as the cause.
        ValueError: for seconds that cannot be.

    Example:

        >>> async def main():
        ...     cats = []
        ...     asyncio.get_running_loop().call_later(0.01, cats.append, "Garfield")
        ...     return await eventually(lambda: cats)
        >>> asyncio.run(main())
        ['Garfield']

    """
    if not 0 <= within < math.inf:
        raise ValueError(f"within must be a number of seconds, not below zero; not {within!r}")
    if every is not None and not 0 < every < math.inf:
        raise ValueError(f"every must be a number of seconds above zero, not {every!r}")
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    asked = 0
    while True:
        is_last = loop.time() >= deadline
        asked += 1
        error: Exception | None = None
        value: Any = None
        try:
            value = await _ask(predicate, deadline)
            if value:
                return value  # type: ignore[no-any-return]
        except (AssertionError, Exception) as caught:  # not so yet
            error = caught
        if is_last:
            break
        await _pause(loop, deadline, every, asked)
    told = f"its last value was {value!r}" if error is None else f"at last it raised {error!r}"
    raise Unfulfilled(
        f"{_name(predicate)} did not become true within {within:g} s of loop time: it was asked "
        f"{asked} times, and {told}"
    ) from error


async def _ask(predicate: Callable[[], Any], deadline: float) -> Any:
    value = predicate()
    if not inspect.isawaitable(value):
        return value
    now = asyncio.get_running_loop().time()
    async with asyncio.timeout_at(max(deadline, now + PAUSE)):
        return await value


async def _pause(
    loop: asyncio.AbstractEventLoop, deadline: float, every: float | None, asked: int
) -> None:
    """Wait until it may be worth while to ask again."""
    left = deadline - loop.time()
    next_change: Callable[[], float] | None = getattr(loop, "_asynctesting_next_change", None)
    if every is not None:
        await asyncio.sleep(min(every, left))
    elif next_change is None:
        await asyncio.sleep(min(PAUSE, left))
    else:
        if asked > 1:  # what has just begun has set no timers yet
            await asyncio.sleep(max(0.0, min(next_change(), deadline) - loop.time()))
        await _settle(loop, ENOUGH)


def _name(predicate: Any) -> str:
    code = getattr(predicate, "__code__", None)
    name = getattr(predicate, "__qualname__", None) or repr(predicate)
    place: Place | None = None if code is None else place_of_code(code)
    return name if place is None else f"{name} ({place})"


class Sequencer:
    """
    Forces an order between tasks, as trio's does.

    Each ``async with sequencer(number):`` waits until the block with the number before has been left;
    the block with 0 is the first. If a task is cancelled while it waits for its number, those after it
    would wait for ever: the sequence is broken, and that is raised in all of them.

    Example:

        >>> async def herd(seq, told):
        ...     async with seq(1):
        ...         told.append("Nermal")
        >>> async def main():
        ...     seq, told = Sequencer(), []
        ...     async with asyncio.TaskGroup() as group:
        ...         group.create_task(herd(seq, told))
        ...         async with seq(0):
        ...             told.append("Garfield")
        ...     return told
        >>> asyncio.run(main())
        ['Garfield', 'Nermal']

    """

    def __init__(self) -> None:
        self._points: dict[int, asyncio.Event] = {}
        self._claimed: set[int] = set()
        self._broken_by: int | None = None

    def __call__(self, position: int) -> AbstractAsyncContextManager[None]:
        """
        Give the block with the number *position*.

        Raises:
            ValueError: for a number that is none, or below zero.
            RuntimeError: on entering it, if there was one with that number, or the sequence is broken.

        """
        if isinstance(position, bool) or not isinstance(position, int) or position < 0:
            raise ValueError(f"positions are 0, 1, 2 and so on, not {position!r}")
        return self._block(position)

    @asynccontextmanager
    async def _block(self, position: int) -> AsyncIterator[None]:
        if position in self._claimed:
            raise RuntimeError(f"position {position} of the sequence has been taken already")
        self._refuse_broken()
        self._claimed.add(position)
        if position:
            try:
                await self._point(position).wait()
            except asyncio.CancelledError:
                self._break(position)
                raise
            self._refuse_broken()
        try:
            yield
        finally:
            self._point(position + 1).set()

    def _point(self, position: int) -> asyncio.Event:
        return self._points.setdefault(position, asyncio.Event())

    def _break(self, position: int) -> None:
        self._broken_by = position
        for point in self._points.values():
            point.set()

    def _refuse_broken(self) -> None:
        if self._broken_by is not None:
            raise RuntimeError(
                f"the sequence is broken: the task at position {self._broken_by} was cancelled "
                "while it waited for its turn"
            )

    def __repr__(self) -> str:
        state = "broken" if self._broken_by is not None else f"taken: {sorted(self._claimed)}"
        return f"<{type(self).__name__} {state}>"
