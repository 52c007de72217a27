"""
Time and order: calls that wait, and waiting for calls.

An ``AsyncMock`` never suspends, so a test with nothing but these never sees two tasks at once. What
is given as ``side_effect`` decides when a call returns:

* :class:`Gate`: when the test lets it;
* :func:`takes`: after some time, of the loop's clock;
* :func:`yields`: after other tasks had their turn.

The other way round, :func:`wait_until_called` and :func:`wait_until_awaited` let the test wait for
the code under test. They are functions, not methods of the mock: a method that some mock does not
have is a child, which would be called in silence.

"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from unittest import mock

from .insides import mark_as_coroutine_function, stock
from .kinds import title_of


__all__ = ["Gate", "return_once", "takes", "wait_until_awaited", "wait_until_called", "yields"]


class _Failure:
    """What a held call is to raise."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


class Gate:
    """
    Holds the calls of a mock until the test lets them go.

    Use it as the ``side_effect`` of an ``AsyncMock`` to decide what happens while a call is under
    way.

    >>> import asyncio
    >>> from asynctesting.mocks import AsyncMock, Gate
    >>> async def main():
    ...     gate = Gate()
    ...     feed = AsyncMock(side_effect=gate)
    ...     feeding = asyncio.create_task(feed("tuna"))
    ...     await gate.wait_entered()                       # the call is under way ...
    ...     gate.release("purr")                            # ... and now it returns
    ...     return await feeding
    >>> asyncio.run(main())
    'purr'

    Calls are let go in the order in which they came. One that is released before it comes passes
    at once. Called by hand, ``await gate()`` is a point at which a fake of your own waits.

    **Where it stops.** It is for one event loop, and not for other threads. A call that nobody
    releases waits for ever: the test's own time limit is what ends it.

    Attributes:
        entered: How many calls have come.
        released: How many the test has let go.
        cancelled: How many were cancelled while they waited.

    .. versionadded:: 0.1

    """

    def __init__(self) -> None:
        self.entered: int = 0
        self.released: int = 0
        self.cancelled: int = 0
        self._is_open = False
        self._held: deque[asyncio.Future[Any]] = deque()
        self._ahead: deque[Any] = deque()
        self._watchers: list[tuple[int, asyncio.Future[None]]] = []
        mark_as_coroutine_function(self)

    async def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        self.entered += 1
        for times, watcher in self._watchers:
            if self.entered >= times and not watcher.done():
                watcher.set_result(None)
        if self._ahead:
            outcome = self._ahead.popleft()
        elif self._is_open:
            outcome = mock.DEFAULT
        else:
            held = asyncio.get_running_loop().create_future()
            self._held.append(held)
            try:
                outcome = await held
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
            finally:
                if held in self._held:
                    self._held.remove(held)
        if isinstance(outcome, _Failure):
            raise outcome.error
        return outcome

    @property
    def waiting(self) -> int:
        """How many calls wait now."""
        return sum(not held.done() for held in self._held)

    async def wait_entered(self, times: int = 1) -> None:
        """
        Wait until calls have come, and return at once if they have.

        Args:
            times: How many, from the start.

        """
        if self.entered < times:
            watcher = asyncio.get_running_loop().create_future()
            self._watchers.append((times, watcher))
            try:
                await watcher
            finally:
                self._watchers.remove((times, watcher))

    def release(self, result: Any = mock.DEFAULT) -> None:
        """
        Let one call go: the one that has waited longest, or else the next that comes.

        Args:
            result: What the call returns; the mock's ``return_value`` if it is not given.

        """
        self.released += 1
        while self._held:
            held = self._held.popleft()
            if not held.done():
                held.set_result(result)
                return
        self._ahead.append(result)

    def fail(self, error: BaseException | type[BaseException]) -> None:
        """
        Let one call go, with an error.

        Args:
            error: What the call raises.

        """
        self.release(_Failure(error() if isinstance(error, type) else error))

    def open(self) -> None:
        """Let all calls go, those that wait and those to come."""
        self._is_open = True
        while self.waiting:
            self.release()

    def __repr__(self) -> str:
        state = "open" if self._is_open else f"{self.waiting} waiting"
        return (
            f"<Gate {state}, {self.entered} entered, {self.released} released, "
            f"{self.cancelled} cancelled>"
        )


def _give(result: Any) -> Any:
    if isinstance(result, BaseException) or (
        isinstance(result, type) and issubclass(result, BaseException)
    ):
        raise result
    return result


def takes(seconds: float, result: Any = mock.DEFAULT) -> Callable[..., Awaitable[Any]]:
    """
    Give a side effect with which a call takes some time.

    >>> import asyncio
    >>> from asynctesting.mocks import AsyncMock, takes
    >>> async def main():
    ...     feed = AsyncMock(side_effect=takes(5, "purr"))
    ...     async with asyncio.timeout(0.01):
    ...         await feed()
    >>> asyncio.run(main())
    Traceback (most recent call last):
        ...
    TimeoutError

    Args:
        seconds: How long, in seconds of loop time: on a simulated loop they cost nothing.
        result: What the call then returns, or the exception that it raises; the mock's
            ``return_value`` if it is not given.

    .. versionadded:: 0.1

    """

    async def effect(*args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(seconds)
        return _give(result)

    return effect


def yields(times: int = 1, result: Any = mock.DEFAULT) -> Callable[..., Awaitable[Any]]:
    """
    Give a side effect with which a call lets other tasks run before it returns.

    >>> import asyncio
    >>> from asynctesting.mocks import AsyncMock, yields
    >>> async def eat(name, feed):
    ...     order.append(f"{name} begins")
    ...     await feed()
    ...     order.append(f"{name} ends")
    >>> async def main(feed):
    ...     await asyncio.gather(eat("Garfield", feed), eat("Nermal", feed))
    >>> order = []
    >>> asyncio.run(main(AsyncMock(side_effect=yields())))
    >>> order
    ['Garfield begins', 'Nermal begins', 'Garfield ends', 'Nermal ends']

    Args:
        times: How many times around the loop.
        result: What the call then returns, or the exception that it raises; the mock's
            ``return_value`` if it is not given.

    .. versionadded:: 0.1

    """

    async def effect(*args: Any, **kwargs: Any) -> Any:
        for _ in range(times):
            await asyncio.sleep(0)
        return _give(result)

    return effect


def return_once(value: Any, then: Any = None) -> Iterator[Any]:
    """
    Give a side effect with which the first call returns one thing, and all others another.

    >>> from asynctesting.mocks import Mock, return_once
    >>> read = Mock(side_effect=return_once("meow", then=""))
    >>> read(), read(), read()
    ('meow', '', '')

    Args:
        value: What the first call returns, or the exception that it raises.
        then: What the others do; ``DEFAULT`` is the mock's ``return_value``.

    .. versionadded:: 0.1

    """
    yield value
    while True:
        yield then


# Waiting for calls


class _Watched(stock._CallList):  # type: ignore[misc] # its class is private
    """The calls of a mock that somebody waits for."""

    def __init__(self, calls: Any) -> None:
        super().__init__(calls)
        self.watchers: list[Callable[[], None]] = []

    def emptied(self) -> _Watched:
        """Give the list that takes the place of this one when the mock is reset."""
        again = _Watched(())
        again.watchers = self.watchers
        return again

    def append(self, call: Any) -> None:
        super().append(call)
        for watcher in list(self.watchers):
            watcher()


async def wait_until_called(
    mock: Any, expected: Any = None, /, *, times: int = 1, timeout: float | None = None
) -> Any:
    """
    Wait until a mock was called, and return at once if it was.

    >>> import asyncio
    >>> from asynctesting.mocks import Mock, call, wait_until_called
    >>> async def main():
    ...     purr = Mock()
    ...     asyncio.get_running_loop().call_later(0.01, purr, "loud")
    ...     return await wait_until_called(purr)
    >>> asyncio.run(main())
    call('loud')

    The mock may be one of :mod:`unittest.mock`, too, and may be called in another thread. For the
    next call, whatever came before, ask for ``times=mock.call_count + 1``.

    Args:
        mock: A mock, or an autospecced function.
        expected: Only calls that are equal to this one count, such as ``call("loud")``.
        times: How many calls, from the start.
        timeout: Seconds of loop time, or None to wait for ever.

    Returns:
        The call that was waited for.

    Raises:
        AssertionError: If it does not come in time.
        TypeError: If it is no mock.

    .. versionadded:: 0.1

    """
    return await _wait(mock, "called", "call_args_list", expected, times, timeout)


async def wait_until_awaited(
    mock: Any, expected: Any = None, /, *, times: int = 1, timeout: float | None = None
) -> Any:
    """
    Wait until the call of a mock was awaited, and return at once if it was.

    It counts when the await begins, as ``assert_awaited`` does: so the code under test may be held
    there, by a :class:`Gate` for instance.

    >>> import asyncio
    >>> from asynctesting.mocks import AsyncMock, Gate, call, wait_until_awaited
    >>> async def main():
    ...     feed = AsyncMock(side_effect=Gate())
    ...     feeding = asyncio.create_task(feed("tuna"))
    ...     awaited = await wait_until_awaited(feed, call("tuna"))
    ...     feeding.cancel()
    ...     return awaited
    >>> asyncio.run(main())
    call('tuna')

    Args:
        mock: An ``AsyncMock``, or an autospecced coroutine function.
        expected: Only awaits that are equal to this call count.
        times: How many awaits, from the start.
        timeout: Seconds of loop time, or None to wait for ever.

    Returns:
        The call that was waited for.

    Raises:
        AssertionError: If it is not awaited in time.
        TypeError: If it is no mock, or not an asynchronous one.

    .. versionadded:: 0.1

    """
    return await _wait(mock, "awaited", "await_args_list", expected, times, timeout)


async def _wait(
    thing: Any, done: str, attribute: str, expected: Any, times: int, timeout: float | None
) -> Any:
    kind = stock.AsyncMockMixin if done == "awaited" else stock.NonCallableMock
    real = stock._extract_mock(thing)
    if not issubclass(type(real), kind):
        what = "an asynchronous mock" if done == "awaited" else "a mock"
        raise TypeError(f"wait_until_{done}() needs {what}, not {thing!r}")
    matched = None if expected is None else real._call_matcher(expected)

    def found() -> Any:
        calls = getattr(real, attribute)
        if matched is not None:
            calls = [call for call in calls if real._call_matcher(call) == matched]
        return calls[times - 1] if len(calls) >= times else None

    already = found()
    if already is not None:
        return already

    loop = asyncio.get_running_loop()
    here = threading.get_ident()
    came: asyncio.Future[Any] = loop.create_future()

    def look() -> None:
        call = found()
        if call is not None and not came.done():
            came.set_result(call)

    def watch() -> None:
        if threading.get_ident() == here:
            look()
        else:
            loop.call_soon_threadsafe(look)

    calls = getattr(real, attribute)
    if type(calls) is not _Watched:
        calls = _Watched(calls)
        setattr(real, attribute, calls)
    calls.watchers.append(watch)
    try:
        async with asyncio.timeout(timeout):
            return await came
    except TimeoutError:
        name = title_of(real)
        what = "" if expected is None else f" with {expected!r}"
        count = "" if times == 1 else f" {times} times"
        raise AssertionError(
            f"'{name}' was not {done}{what}{count} within {timeout:g} s; it was {done} with "
            f"{list(getattr(real, attribute))!r}"
        ) from None
    finally:
        calls.watchers.remove(watch)
