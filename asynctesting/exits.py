"""
Leaving what a test has entered, as an ``async with`` around the whole test would.

An asynchronous context manager entered in set-up is left in a cleanup, in another stage of
the test, but in the same task. It is given the exception that ended the test, and what it
raises in turn is compared with it, so that nothing is told twice.

"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from .checks.tasks import PendingTasks, describe
from .errors import FindingsError
from .findings import Finding
from .host import Host
from .loops import insides


__all__ = ["explain", "leave"]

__unittest = True


async def leave(
    cm: Any,
    exit: Callable[..., Awaitable[Any]],
    ended: BaseException | None,
    host: Host,
) -> bool:
    """
    Leave *cm* with the exception that *ended* the test; tell whether it swallowed it.

    Raises:
        FindingsError: for a task group with a child that does not end.

    """
    details = (None, None, None) if ended is None else (type(ended), ended, ended.__traceback__)
    if isinstance(cm, asyncio.TaskGroup):
        swallowed = await _leave_group(cm, exit, details, host)
    else:
        swallowed = await exit(cm, *details)
    return ended is not None and bool(swallowed)


async def _leave_group(
    group: asyncio.TaskGroup,
    exit: Callable[..., Awaitable[Any]],
    details: tuple[Any, Any, Any],
    host: Host,
) -> Any:
    """Leave *group*; if a child does not end within the limit, cancel and name it."""
    loop, limit, me = host.loop, host.limit, asyncio.current_task()
    assert me is not None
    left: list[Finding] = []
    timer: asyncio.TimerHandle

    def give_up() -> None:
        nonlocal timer
        for child in insides.children_of(group, loop):
            name, place = describe(child)
            left.append(
                Finding(
                    PendingTasks.ids[0],
                    f"{name} kept a task group open for {limit:g} s after the test, "
                    "and was cancelled",
                    "end or cancel the group's tasks before the test ends",
                    place,
                )
            )
        if details[0] is not None:  # the group has cancelled its children already
            stop()
            return
        me.cancel()
        timer = loop.call_later(limit, stop)

    def stop() -> None:
        names = " and ".join(finding.fact.partition(" kept ")[0] for finding in left)
        host.stop(f"the task group has {names}, which resists its cancellation")

    timer = loop.call_later(limit, give_up)
    try:
        return await exit(group, *details)
    except BaseException as error:
        if left:
            while me.cancelling():
                me.uncancel()
            report = "\n\n".join(map(str, left))
            host.note(left)
            if isinstance(error, asyncio.CancelledError):
                raise FindingsError(report) from None
            error.add_note(f"\n{report}")
        raise
    finally:
        timer.cancel()


def explain(error: BaseException, ended: BaseException | None) -> BaseException | None:
    """
    Tell what is new in the *error* of a context manager that was left with *ended*.

    Returns:
        ``None`` if it is the same exception, or a group of nothing else; a smaller
        group if it is a group with others; else *error* itself.

    """
    if error is ended:
        return None
    if ended is not None and isinstance(error, BaseExceptionGroup):
        known, rest = error.split(lambda one: one is ended)
        if known is not None:
            return rest
    return error
