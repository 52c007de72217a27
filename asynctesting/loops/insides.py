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
``BaseEventLoop._stopping``                    3.11 to 3.15  a test that stops its loop and ends at once passes
``Future._callbacks``                          3.11 to 3.15  the task that carries a test is ended by a
                                                             turn of the loop, never dropped
``asyncio.tasks._all_tasks``                   3.11          tasks are counted the public way, more slowly
``..._scheduled_tasks``, ``..._eager_tasks``   3.12 to 3.13  the same
``Task._log_destroy_pending``                  3.11 to 3.15  asyncio complains once more about a task that
                                                             has been reported already
``async_generator_athrow``, the name of a type  3.11 to 3.15  a task that asyncio made to close a generator
                                                             counts as left over by the test
``TaskGroup._tasks``                           3.11 to 3.15  a group left open names every pending task
``asyncio.futures._PyFuture``,                 3.11 to 3.15  those that are written in Python are not found in
``asyncio.tasks._PyTask``                                    memory when their errors were not read
``asyncio.tasks._GatheringFuture``             3.11 to 3.15  the same for what ``asyncio.gather`` returns
``Future._log_traceback``                      3.11 to 3.15  an error that nobody has read yet is known only
                                                             when its future is dropped
``BaseEventLoop._scheduled``                   3.11 to 3.15  no timers are found
``Handle._source_traceback``                   3.11 to 3.15  in debug mode a line of ours is in the history of
                                                             a timer
``BaseSelectorEventLoop._selector``            3.11 to 3.15  no readers and writers are found
``_UnixSelectorEventLoop._signal_handlers``    3.11 to 3.15  no signal handlers of a loop are found
``Handle._callback``                           3.11 to 3.15  neither of the three
``BaseEventLoop._asyncgen_finalizer_hook``     3.11 to 3.15  it is not seen that a generator is collected
``BaseSelectorEventLoop._accept_connection2``  3.11 to 3.15  errors of a server's protocol factory are not seen
``BaseEventLoop._asyncgen_firstiter_hook``     3.11 to 3.12  it is not seen that ``anext()`` was not awaited
``_SelectorTransport._server``                 3.11 to 3.15  no connections are found
``_SelectorTransport.__del__``                 3.11 to 3.15  none that are dropped
``SSLProtocol._app_transport``                 3.11 to 3.15  no encrypted connections are found
``StreamReaderProtocol._task``,                3.11 to 3.15  no connection that its handler forgot is found
``..._stream_reader``
``BaseEventLoop.run_in_executor``, its local   3.11 to 3.15  a job has no name
name ``func``
``base_events._run_until_complete_cb``         3.11 to 3.15  a loop that runs for nothing but a task does not
                                                             know for which
``Task._fut_waiter``                           3.11 to 3.15  every task seems to be about to go on
``Handle._run``                                3.11 to 3.15  that the loop is held is seen only in the task
                                                             that carries a test
``asyncio._set_running_loop``                  3.11 to 3.15  no test can be run inside of a coroutine, in
                                                             the same thread
``asyncio.tasks._leave_task``,                 3.11 to 3.15  the same
``asyncio.tasks._enter_task``
``BaseEventLoop._thread_id``                   3.11 to 3.15  a call into the loop by its own thread counts as
                                                             one from outside
``BaseSelectorEventLoop._ssock``               3.11 to 3.15  its own pair of sockets counts as outside of a loop
``asyncio.futures._chain_future``              3.11 to 3.15  jobs of executors other than pools of threads do
                                                             not count as outside
``callback``, ``future``, local names of       3.11 to 3.15  a loop's thread that waits for the loop by
``asyncio.run_coroutine_threadsafe``                         ``result()`` is told by its time limit only
``PidfdChildWatcher._do_wait``,                3.11 to 3.15  a subprocess is called a descriptor, or a thread
``ThreadedChildWatcher._do_waitpid``
``Handle._args``                               3.11 to 3.15  the former
``asyncio.shield``, its local names            3.11 to 3.15  what is behind a shield is not told
``inner`` and ``..._outer_done_callback``
``expected_pid``, ``loop``, local names        3.11 to 3.15  the latter
``_DefaultEventLoopPolicy``                    3.14 to 3.15  a policy that asyncio has made counts as set by
                                                             the test
``BaseEventLoop._run_once``                    3.11 to 3.15  any loop is taken for one of asyncio's own
``sys._current_frames``                        3.11 to 3.15  nobody sees what blocks a loop, or that it waits
                                                             for ever; ``blocked-loop`` says so, once
``..._interpreters``, the modules              3.13 to 3.15  other interpreters in the process are not seen
``..._xxsubinterpreters``                      3.12          the same
=============================================  ============  ==========================================

"""

from __future__ import annotations

import asyncio
import asyncio.events
import asyncio.futures
import asyncio.tasks
import concurrent.futures
import contextvars
import gc
import math
import sys
from collections.abc import Iterator
from types import AsyncGeneratorType, CodeType, FrameType
from typing import Any, Final

from .moulds import is_late


__all__ = [
    "ACCEPT",
    "CHAIN",
    "FINALIZER",
    "FIRST",
    "FUTURES",
    "HANDLE_RUN",
    "NOBODY",
    "TRANSPORT",
    "application",
    "asyncgens",
    "awaited_child",
    "callback_of",
    "can_look_at_threads",
    "child_of",
    "children_of",
    "closes_generator",
    "context_of",
    "count_watched",
    "current_frames",
    "current_loop_state",
    "default_executor",
    "handler_task",
    "has_asyncgens",
    "has_callbacks",
    "has_ready_callbacks",
    "is_alone",
    "is_default_policy",
    "is_quiet",
    "is_stopping",
    "is_unread",
    "is_watched",
    "job_of",
    "next_timer",
    "note_as_read",
    "pass_over",
    "policy",
    "promised_by",
    "put_policy_back",
    "reader_of",
    "restore_current_loop",
    "selector_of",
    "self_pipe",
    "server_of",
    "shielded_by",
    "signal_handlers",
    "silence",
    "step_aside",
    "step_back",
    "thread_of",
    "timers",
    "turn_of",
    "watched",
]

__unittest = True

#: What :func:`current_loop_state` gives where the state cannot be read.
UNKNOWN = object()

_MISSING = object()

_EVENTS: Final[Any] = asyncio.events


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


def step_aside(
    loop: asyncio.AbstractEventLoop,
) -> tuple[asyncio.AbstractEventLoop, asyncio.Task[Any] | None] | None:
    """
    Let another loop run in this thread, inside of a callback of *loop*, which runs already.

    Returns:
        What :func:`step_back` needs; ``None`` where it cannot be done.

    """
    task = asyncio.current_task(loop)
    try:
        if task is not None:
            asyncio.tasks._leave_task(loop, task)
        asyncio._set_running_loop(None)
    except AttributeError:
        return None
    return loop, task


def step_back(aside: tuple[asyncio.AbstractEventLoop, asyncio.Task[Any] | None]) -> None:
    """Let the loop go on that :func:`step_aside` has put aside."""
    loop, task = aside
    asyncio._set_running_loop(loop)
    if task is not None:
        asyncio.tasks._enter_task(loop, task)


def has_asyncgens(loop: asyncio.AbstractEventLoop) -> bool:
    """Tell whether *loop* has asynchronous generators to shut down; true if unknown."""
    if is_late(loop, "_asyncgens"):
        return False
    asyncgens = getattr(loop, "_asyncgens", _MISSING)
    return asyncgens is _MISSING or bool(asyncgens)


def asyncgens(loop: asyncio.AbstractEventLoop) -> list[AsyncGeneratorType[Any, Any]]:
    """The asynchronous generators that *loop* has to shut down, those that it knows."""
    return list(getattr(loop, "_asyncgens", ()))


#: The base of what carries a connection; a name in asyncio.selector_events.
TRANSPORT: Final = "_SelectorTransport"

#: What a loop awaits for each connection that a server accepts.
ACCEPT: Final = "_accept_connection2"

#: What a loop calls with an asynchronous generator of which a first method is called.
FIRST: Final = "_asyncgen_firstiter_hook"

#: What a loop calls with an asynchronous generator that nobody refers to any more.
FINALIZER: Final = "_asyncgen_finalizer_hook"


def timers(loop: asyncio.AbstractEventLoop) -> list[asyncio.TimerHandle]:
    """The timers of *loop* that are to come."""
    return [one for one in getattr(loop, "_scheduled", ()) if not one.cancelled()]


def pass_over(handle: asyncio.Handle) -> None:
    """Take the last call from the history that *handle* has in debug mode."""
    history = getattr(handle, "_source_traceback", None)
    if history:
        del history[-1]


def watched(loop: asyncio.AbstractEventLoop) -> Iterator[tuple[int, bool, asyncio.Handle]]:
    """Each descriptor that *loop* watches, whether for writing, and what is then called."""
    selector = getattr(loop, "_selector", None)
    for key in list((getattr(selector, "get_map", dict)() or {}).values()):
        for is_writer, handle in enumerate(key.data):
            if handle is not None and not handle.cancelled():
                yield key.fd, bool(is_writer), handle


def signal_handlers(loop: asyncio.AbstractEventLoop) -> dict[int, asyncio.Handle]:
    """What *loop* calls for each signal."""
    return dict(getattr(loop, "_signal_handlers", {}))


def callback_of(handle: asyncio.Handle) -> Any:
    """What *handle* calls."""
    return getattr(handle, "_callback", None)


#: The function of asyncio.futures that hands the result of one future on to another one.
CHAIN: Final = "_chain_future"


def shielded_by(future: Any) -> asyncio.Future[Any] | None:
    """What is behind *future*, if ``asyncio.shield`` has made it; its callback is ``_outer_done_callback``."""
    for entry in getattr(future, "_callbacks", None) or ():
        code = getattr(entry[0], "__code__", None)
        if code is not None and code.co_name == "_outer_done_callback":
            cell = entry[0].__closure__[code.co_freevars.index("inner")]
            inner: asyncio.Future[Any] = cell.cell_contents
            return inner
    return None


def promised_by(callback: Any) -> concurrent.futures.Future[Any] | None:
    """The future that *callback*, of ``run_coroutine_threadsafe``, is going to serve."""
    code = getattr(callback, "__code__", None)
    if code is None or "future" not in code.co_freevars or code.co_name != "callback":
        return None
    found = callback.__closure__[code.co_freevars.index("future")].cell_contents
    return found if type(found) is concurrent.futures.Future else None


def thread_of(loop: asyncio.AbstractEventLoop) -> int | None:
    """The thread in which *loop* runs now, if it runs."""
    number: int | None = getattr(loop, "_thread_id", None)
    return number


def selector_of(loop: asyncio.AbstractEventLoop) -> Any:
    """What *loop* waits with; nothing if it is closed, or that is unknown."""
    return getattr(loop, "_selector", None)


def turn_of(kind: type[Any]) -> Any:
    """What a loop of this *kind* does in each of its turns, if that is known."""
    return getattr(kind, "_run_once", None)


def next_timer(loop: asyncio.AbstractEventLoop) -> float:
    """When the next timer of *loop* is due, by its time; ``math.inf`` if none ever is."""
    return min((one.when() for one in timers(loop)), default=math.inf)


def self_pipe(loop: asyncio.AbstractEventLoop) -> int | None:
    """The descriptor by which *loop* wakes itself; none if it has none, or that is unknown."""
    own = getattr(loop, "_ssock", None)
    return None if own is None else int(own.fileno())


def count_watched(loop: asyncio.AbstractEventLoop) -> int:
    """How many descriptors *loop* watches besides that by which it wakes itself."""
    found: Any = getattr(getattr(loop, "_selector", None), "get_map", dict)()
    return len(found or ()) - (getattr(loop, "_ssock", None) is not None)


def child_of(handle: asyncio.Handle) -> int | None:
    """The subprocess for whose end *handle* waits, if it does."""
    if getattr(callback_of(handle), "__name__", "") != "_do_wait":
        return None
    arguments = getattr(handle, "_args", None) or (None,)
    return arguments[0] if isinstance(arguments[0], int) else None


def awaited_child(frame: FrameType | None) -> tuple[int, Any] | None:
    """The subprocess for whose end a thread of asyncio's waits, and the loop that is to be told."""
    for _ in range(6):
        if frame is None:
            break
        if frame.f_code.co_name == "_do_waitpid":
            names = frame.f_locals
            number = names.get("expected_pid")
            return (number, names.get("loop")) if isinstance(number, int) else None
        frame = frame.f_back
    return None


#: Where it cannot be told who accepted a connection.
NOBODY: Final = object()


def server_of(transport: asyncio.BaseTransport) -> Any:
    """The server that accepted *transport*, if one did; :data:`NOBODY` if unknown."""
    if type(transport).__module__ == "asyncio.unix_events":
        return None  # a pipe
    return getattr(transport, "_server", NOBODY)


def application(protocol: Any) -> asyncio.BaseTransport | None:
    """The transport that an application sees, of an encrypted connection with *protocol*."""
    return getattr(protocol, "_app_transport", None)


def handler_task(protocol: Any) -> asyncio.Task[Any] | None:
    """The task that handles a connection with *protocol*."""
    return getattr(protocol, "_task", None)


def reader_of(protocol: Any) -> asyncio.StreamReader | None:
    """What *protocol* feeds, if it is that of a stream."""
    return getattr(protocol, "_stream_reader", None)


def job_of(frame: FrameType) -> Any:
    """The function that *frame*, of ``run_in_executor``, was called with."""
    return frame.f_locals.get("func")


def keep_for_ever(one: object) -> None:
    """Never let go of *one*, nor of what it refers to, not even when Python ends; where that is possible."""
    try:
        import ctypes  # hardly ever needed
    except ImportError:
        return
    increment = getattr(getattr(ctypes, "pythonapi", None), "Py_IncRef", None)
    if increment is not None:
        increment(ctypes.py_object(one))


def policy() -> Any:
    """The event loop policy that is installed, if one is; none is made."""
    try:
        return _EVENTS._event_loop_policy
    except AttributeError:
        return None


def is_default_policy(policy: Any) -> bool:
    """Tell whether *policy* is one that asyncio makes for itself, or none yet."""
    if policy is None:
        return True
    module = sys.modules[
        "asyncio.windows_events" if sys.platform == "win32" else "asyncio.unix_events"
    ]
    return type(policy) in (
        getattr(module, name, None) for name in ("_DefaultEventLoopPolicy", "DefaultEventLoopPolicy")
    )


def put_policy_back(policy: Any) -> None:
    """Install *policy*, which was installed before; without the warning that it is out of date."""
    if hasattr(_EVENTS, "_event_loop_policy"):
        _EVENTS._event_loop_policy = policy


def is_watched(loop: asyncio.AbstractEventLoop, descriptor: int) -> bool:
    """Tell whether *loop* waits for something to happen to *descriptor*; false if unknown."""
    selector = getattr(loop, "_selector", None)
    try:
        return descriptor in selector.get_map()  # type: ignore[union-attr]
    except (AttributeError, TypeError):  # a foreign loop, or one that is closed
        return False


def default_executor(
    loop: asyncio.AbstractEventLoop,
) -> concurrent.futures.Executor | bool | None:
    """The default executor of *loop*, ``None`` if it has none, ``True`` if that is unknown."""
    try:
        found: concurrent.futures.Executor | None = loop._default_executor  # type: ignore[attr-defined]
    except AttributeError:
        return True
    return found


def has_ready_callbacks(loop: asyncio.AbstractEventLoop) -> bool:
    """Tell whether *loop* has callbacks that are due now; true if unknown."""
    try:
        return bool(loop._ready)  # type: ignore[attr-defined]
    except AttributeError:
        return True


def is_stopping(loop: asyncio.AbstractEventLoop) -> bool:
    """Tell whether *loop* was told to stop with this turn; false if unknown."""
    try:
        return bool(loop._stopping)  # type: ignore[attr-defined]
    except AttributeError:
        return False


def is_quiet(loop: asyncio.AbstractEventLoop) -> bool:
    """Tell for sure that *loop* has nothing to do or to shut down, its tasks left aside."""
    return not (
        has_ready_callbacks(loop) or has_asyncgens(loop) or default_executor(loop) is not None
    )


def is_alone(task: asyncio.Task[Any] | None, loop: asyncio.AbstractEventLoop) -> bool:
    """Tell whether *task*, or none, is all that *loop* has of tasks that have not ended."""
    own = [] if task is None else [task]
    if _SCHEDULED is not None:
        if len(_SCHEDULED) + len(_EAGER) == len(own):
            return True  # there is no other one anywhere
        # As asyncio.all_tasks() does it, but in one pass. Nearly all have ended. A set is copied without being
        # iterated over, in which the collector may change it.
        found = [reference() for reference in _SCHEDULED.copy()]
        found += _EAGER
        try:
            return own == [
                one for one in found if one is not None and not one.done() and one.get_loop() is loop
            ]
        except AttributeError:
            pass  # there is one that is none of asyncio's
    return asyncio.all_tasks(loop) == set(own)


def has_callbacks(task: asyncio.Task[Any]) -> bool:
    """Tell whether somebody waits for the end of *task*; true if unknown."""
    try:
        return bool(task._callbacks)
    except AttributeError:
        return True


def closes_generator(task: asyncio.Task[Any]) -> bool:
    """Tell whether *task* is one that asyncio made to close an asynchronous generator."""
    return type(task.get_coro()).__name__ == "async_generator_athrow"


#: The types of tasks and futures, subclasses of users left aside.
FUTURES: Final = frozenset(
    (
        asyncio.Future,
        asyncio.Task,
        getattr(asyncio.futures, "_PyFuture", asyncio.Future),
        getattr(asyncio.tasks, "_PyTask", asyncio.Task),
        getattr(asyncio.tasks, "_GatheringFuture", asyncio.Future),
    )
)


#: The code of which each call is one callback, or one step of a task.
HANDLE_RUN: Final[CodeType | None] = getattr(
    getattr(asyncio.events.Handle, "_run", None), "__code__", None
)


def is_unread(future: asyncio.Future[Any]) -> bool:
    """Tell whether *future* has failed, and nobody has asked for its error; false if unknown."""
    return bool(getattr(future, "_log_traceback", False)) and future.done()


def note_as_read(future: Any) -> None:
    """Let *future*, if it is one, not tell of its error once more."""
    if isinstance(future, asyncio.Future) or type(future) in FUTURES:
        try:
            future._log_traceback = False
        except AttributeError:
            pass


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


def main_task(loop: asyncio.AbstractEventLoop) -> asyncio.Task[Any] | None:
    """The task for which *loop* runs: that of a test, or what ``run_until_complete`` was given."""
    for task in asyncio.all_tasks(loop):
        if getattr(task.get_coro(), "carries_a_test", False) is True:
            return task
        for callback in getattr(task, "_callbacks", None) or ():
            if getattr(callback[0], "__name__", "") == "_run_until_complete_cb":
                return task
    return None


def waiter_of(task: asyncio.Task[Any]) -> asyncio.Future[Any] | None:
    """The future for which *task* waits; none if it is about to go on."""
    waiter: asyncio.Future[Any] | None = getattr(task, "_fut_waiter", None)
    return waiter


def task_of_timer(
    timer: asyncio.TimerHandle, loop: asyncio.AbstractEventLoop
) -> asyncio.Task[Any] | None:
    """The task that *timer* is to wake, or to cancel."""
    owner = getattr(callback_of(timer), "__self__", None)
    task = getattr(owner, "_task", None)  # a timeout's
    if isinstance(task, asyncio.Task):
        return task
    arguments = getattr(timer, "_args", None) or ()
    for task in asyncio.all_tasks(loop):
        waiter = waiter_of(task)
        if waiter is not None and any(waiter is argument for argument in arguments):
            return task
    return None


def count_ready(loop: asyncio.AbstractEventLoop) -> int | None:
    """How many callbacks of *loop* are due now; none if unknown."""
    ready = getattr(loop, "_ready", None)
    return None if ready is None else len(ready)


def has_due_timer(loop: asyncio.AbstractEventLoop) -> bool:
    """Tell whether a timer of *loop* is due now."""
    scheduled: Any = getattr(loop, "_scheduled", None)
    return bool(scheduled) and not scheduled[0].cancelled() and scheduled[0].when() <= loop.time()


def current_frames() -> dict[int, FrameType] | None:
    """
    Where each thread is; nothing if that is not told, or while there are other interpreters in the process.

    ``sys._current_frames()`` makes frames of all of them, also of one that is at work under a global
    lock of its own, and the process crashes (seen in 3.13, in CPython's test_types).

    """
    for name in ("_interpreters", "_xxsubinterpreters"):
        module = sys.modules.get(name)
        if module is not None and len(module.list_all()) > 1:
            return None
    return sys._current_frames() if can_look_at_threads() else None


def can_look_at_threads() -> bool:
    """Tell whether this Python tells where its threads are."""
    return hasattr(sys, "_current_frames")


def context_of(task: asyncio.Task[Any]) -> contextvars.Context | None:
    """The context in which *task* runs, if it can be told."""
    get: Any = getattr(task, "get_context", None)  # 3.12
    if get is not None:
        context: contextvars.Context = get()
        return context
    found = (one for one in gc.get_referents(task) if type(one) is contextvars.Context)
    return next(found, None)
