"""
The only file that knows asyncio's insides.

Each private name, the versions in which it was seen, and what happens without it:

=============================================  ============  ==========================================
name                                           seen          without it
=============================================  ============  ==========================================
``asyncio.events._event_loop_policy``          3.11 to 3.15  no current loop is restored after a test:
                                                             there is none, as with the standard class
``BaseDefaultEventLoopPolicy._local._loop``    3.11 to 3.15  the same
``..._local._set_called``                      3.11 to 3.13  the same
``BaseEventLoop._asyncgens``                   3.11 to 3.15  async generators are shut down each time,
                                                             also where there are none
``BaseEventLoop._default_executor``            3.11 to 3.15  the same for the executor; on a foreign loop
                                                             its own way of shutting down is used
``BaseEventLoop._ready``                       3.11 to 3.15  one more turn of the loop at the end
``Future._callbacks``                          3.11 to 3.15  the task that carries a test is ended by a
                                                             turn of the loop, never dropped
``asyncio.tasks._all_tasks``                   3.11          tasks are counted the public way, more slowly
``..._scheduled_tasks``, ``..._eager_tasks``   3.12 to 3.13  the same
``Task._log_destroy_pending``                  3.11 to 3.15  asyncio complains once more about a task that
                                                             has been reported already
``async_generator_athrow``, the name of a type  3.11 to 3.15  a task that asyncio made to close a generator
                                                             counts as left over by the test
``TaskGroup._tasks``                           3.11 to 3.15  a group left open names every pending task
=============================================  ============  ==========================================

"""

from __future__ import annotations

import asyncio
import asyncio.events
import asyncio.tasks
import concurrent.futures
import sys
from typing import Any


__all__ = [
    "children_of",
    "closes_generator",
    "current_loop_state",
    "default_executor",
    "has_asyncgens",
    "has_callbacks",
    "has_ready_callbacks",
    "is_alone",
    "is_quiet",
    "restore_current_loop",
    "silence",
]

__unittest = True

#: What :func:`current_loop_state` gives where the state cannot be read.
UNKNOWN = object()

_MISSING = object()


def _registry(*names: str) -> Any:
    """What asyncio keeps all tasks of all loops in, as a container that is cheap to count."""
    for name in names:
        found = getattr(asyncio.tasks, name, None)
        if found is not None:
            return getattr(found, "data", found)
    return None


#: Not from 3.14 on, which keeps most tasks elsewhere, and lists them faster.
_SCHEDULED = (
    _registry("_scheduled_tasks", "_all_tasks") if sys.version_info < (3, 14) else None
)
_EAGER = _registry("_eager_tasks")
if _EAGER is None:
    _EAGER = ()


def _local() -> Any:
    """Where the installed policy keeps this thread's current loop; never makes a policy."""
    policy = getattr(asyncio.events, "_event_loop_policy", None)
    return getattr(policy, "_local", None)


def current_loop_state() -> Any:
    """Remember this thread's current loop, without making a loop or a policy."""
    if getattr(asyncio.events, "_event_loop_policy", UNKNOWN) is None:
        return None, False
    local = _local()
    loop = getattr(local, "_loop", _MISSING)
    if loop is _MISSING:
        return UNKNOWN
    return loop, getattr(local, "_set_called", False)


def restore_current_loop(state: Any) -> None:
    """Make the loop current that was so when :func:`current_loop_state` gave *state*."""
    if state is UNKNOWN:
        asyncio.set_event_loop(None)
        return
    loop, set_called = state
    if loop is not None and loop.is_closed():
        loop = None
    asyncio.set_event_loop(loop)
    local = _local()
    if hasattr(local, "_set_called"):
        local._set_called = set_called


def has_asyncgens(loop: asyncio.AbstractEventLoop) -> bool:
    """Tell whether *loop* has asynchronous generators to shut down; true if unknown."""
    asyncgens = getattr(loop, "_asyncgens", _MISSING)
    return asyncgens is _MISSING or bool(asyncgens)


def default_executor(
    loop: asyncio.AbstractEventLoop,
) -> concurrent.futures.Executor | bool | None:
    """The default executor of *loop*, ``None`` if it has none, ``True`` if that is unknown."""
    executor: Any = getattr(loop, "_default_executor", _MISSING)
    if executor is _MISSING:
        return True
    found: concurrent.futures.Executor | None = executor
    return found


def has_ready_callbacks(loop: asyncio.AbstractEventLoop) -> bool:
    """Tell whether *loop* has callbacks that are due now; true if unknown."""
    ready = getattr(loop, "_ready", _MISSING)
    return ready is _MISSING or bool(ready)


def is_quiet(loop: asyncio.AbstractEventLoop) -> bool:
    """Tell for sure that *loop* has nothing to do or to shut down, its tasks left aside."""
    return not (
        has_ready_callbacks(loop) or has_asyncgens(loop) or default_executor(loop) is not None
    )


def is_alone(task: asyncio.Task[Any]) -> bool:
    """Tell whether *task* is the only one of its loop that has not ended."""
    if _SCHEDULED is not None and len(_SCHEDULED) + len(_EAGER) == 1:
        return True  # it is the only one anywhere
    return asyncio.all_tasks(task.get_loop()) == {task}


def has_callbacks(task: asyncio.Task[Any]) -> bool:
    """Tell whether somebody waits for the end of *task*; true if unknown."""
    return bool(getattr(task, "_callbacks", True))


def closes_generator(task: asyncio.Task[Any]) -> bool:
    """Tell whether *task* is one that asyncio made to close an asynchronous generator."""
    return type(task.get_coro()).__name__ == "async_generator_athrow"


def silence(task: asyncio.Task[Any]) -> None:
    """Keep asyncio from logging that *task*, which has been reported, was never finished."""
    try:
        task._log_destroy_pending = False  # type: ignore[attr-defined]
    except AttributeError:
        pass


def children_of(
    group: asyncio.TaskGroup, loop: asyncio.AbstractEventLoop
) -> list[asyncio.Task[Any]]:
    """The tasks of *group* that have not ended."""
    tasks = getattr(group, "_tasks", None)
    if tasks is None:
        tasks = asyncio.all_tasks(loop) - {asyncio.current_task(loop)}
    return sorted((t for t in tasks if not t.done()), key=lambda task: task.get_name())
