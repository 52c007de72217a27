"""
Faults that a test offers: what may go wrong at an ``await`` while it is explored.

"""

from __future__ import annotations

import asyncio
import copy
import inspect
from collections.abc import Awaitable, Generator, Sequence
from typing import Any, TypeVar

from .errors import OptionError
from .loops.explored import ExploredLoop


__all__ = ["offer"]

__unittest = True

A = TypeVar("A", bound=Awaitable[Any])


class _Offered:
    """
    Awaits something, and may raise one of the faults where it waits.

    What it waits for is left alone then, as a timeout leaves it.

    """

    def __init__(self, awaitable: Awaitable[Any], faults: Sequence[Any]) -> None:
        self._awaitable = awaitable
        self._faults = faults

    def __await__(self) -> Generator[Any, Any, Any]:
        loop = asyncio.get_running_loop()
        if not isinstance(loop, ExploredLoop):
            return (yield from _steps_of(self._awaitable))
        name = getattr(self._awaitable, "__qualname__", None) or type(self._awaitable).__name__
        lane = loop.offered_lane(name.rpartition("<locals>.")[2])
        inner = _steps_of(self._awaitable)
        error: BaseException | None = None
        while True:
            try:
                waiting = inner.send(None) if error is None else inner.throw(error)
            except StopIteration as stop:
                return stop.value
            error = None
            lane.step += 1
            fault = loop.fault(lane, self._faults, self._awaitable)
            try:
                if fault is None:
                    yield waiting
                else:
                    if getattr(waiting, "_asyncio_future_blocking", False):
                        waiting._asyncio_future_blocking = False
                    yield None
                    error = fault() if isinstance(fault, type) else copy.copy(fault)
            except GeneratorExit:
                inner.close()
                raise
            except BaseException as raised:
                error = raised


def _steps_of(awaitable: Any) -> Any:
    """What an ``await`` goes through: of a coroutine that is a generator, itself."""
    return awaitable.__await__() if isinstance(awaitable, Awaitable) else awaitable


def offer(awaitable: A, *faults: type[BaseException] | BaseException) -> A:
    """
    Let something go wrong here while the test, or the function, is explored.

    A **task** is offered for cancellation: it is cancelled at each of its awaits in turn, one in each
    schedule, as with ``cancel=``. Anything else that can be awaited is offered with the *faults* that
    may come from it, a ``TimeoutError``, a ``ConnectionResetError``; they are raised where it
    waits, each at each of its awaits in turn. When nothing is explored nothing happens.

    Args:
        awaitable: a task, or what is awaited.
        faults: exceptions, or their types; none for a task.

    Returns:
        The task; or what is to be awaited in place of *awaitable*.

    Raises:
        OptionError: for faults of a task, for none of anything else, and for what cannot be awaited. It
            is a :exc:`TypeError`.

    Example::

        reply = await offer(connection.read(), TimeoutError, ConnectionResetError)

    """
    if isinstance(awaitable, asyncio.Task):
        if faults:
            raise OptionError(
                "a task is offered for cancellation alone: leave the faults out, or offer what it "
                "awaits, inside of it"
            )
        loop = awaitable.get_loop()
        if isinstance(loop, ExploredLoop):
            loop.offer(awaitable)
        return awaitable
    if not inspect.isawaitable(awaitable):
        cure = "; call it: offer(read(), ...)" if inspect.iscoroutinefunction(awaitable) else ""
        raise OptionError(f"offer() takes a task, or what can be awaited, not {awaitable!r}{cure}")
    for fault in faults:
        kind = fault if isinstance(fault, type) else type(fault)
        if not issubclass(kind, BaseException):
            raise OptionError(f"offer() takes exceptions as faults, not {fault!r}")
    if not faults:
        raise OptionError(
            "offer() needs the faults that may come from it: offer(..., TimeoutError); only a task "
            "is offered without any"
        )
    return _Offered(awaitable, faults)  # type: ignore[return-value]
