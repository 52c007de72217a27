"""
Who waits for what: read from tasks, coroutines and frames, without touching any of them.

Nothing here awaits, schedules or changes anything, and nothing here calls code of the user's:
names, numbers and frames are read, never a ``repr``. So it may be called on another thread, or in
a signal handler, while what it looks at is running.

Python has the pieces, not the whole: ``Task.get_stack()`` has one frame of a suspended task, and
``asyncio.capture_call_graph()`` begins with 3.14. So the chain is walked here: a coroutine tells
what it awaits in ``cr_await``, a generator in ``gi_yieldfrom``, an asynchronous generator in
``ag_await``; the wrappers between them (of ``__anext__()``, ``asend()``,
``coroutine.__await__()``) tell only the garbage collector.

Private names used, seen on 3.11 to 3.15: ``Task._fut_waiter``; ``_children`` of what
``asyncio.gather`` returns; the local variables and attributes that the functions in ``_WORDS``
read. Where one is missing, the answer is plainer, and never an error.

"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import gc
import linecache
import os
import sys
import threading
import types
from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping
from typing import Any, Final

from . import findings
from .loops import insides


__all__ = [
    "Place",
    "await_chain",
    "culprit",
    "final_wait",
    "is_ours",
    "is_users",
    "render_tasks",
    "thread_stack",
    "users_first",
]

__unittest = True

#: How the names of this package's modules begin.
PACKAGE: Final = __name__.rpartition(".")[0] + "."

#: Modules whose frames say nothing to the reader of a report: the machinery under a test.
MACHINERY: Final = frozenset(
    "_pytest asyncio concurrent contextlib coverage functools pluggy pytest queue runpy "
    "selectors subprocess threading unittest".split()
)

#: No chain of awaits is deeper in a healthy program; a recursion that ran away is, and must not
#: take the report with it.
DEEPEST: Final = 500


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """
    A line of code that somebody is at: what a report shows of a frame, without holding the frame.

    Example:

        >>> str(Place("herd", "cats.py", 7, "await gate.wait()", "cats"))
        'cats.py:7 in herd: await gate.wait()'

    """

    function: str
    """The qualified name of the function."""
    filename: str
    """The file, as a path below the current directory where it is one."""
    line: int
    """The number of the line, 1 being the first; 0 where Python does not know."""
    source: str
    """The line itself, stripped; empty where its file cannot be read."""
    module: str
    """The name of the module."""

    def __str__(self) -> str:
        source = f": {self.source}" if self.source else ""
        return f"{self.filename}:{self.line} in {self.function}{source}"


def is_ours(frame: types.FrameType) -> bool:
    """
    Tell whether a frame runs code of this package.

    Args:
        frame: the frame.

    """
    return str(frame.f_globals.get("__name__")).startswith(PACKAGE)


def is_users(place: Place) -> bool:
    """
    Tell whether a place is in code that the reader of a report may have written.

    It is true of everything but this package, the modules in ``MACHINERY`` and frozen ones: a
    library that the user's code calls counts as the user's, since a wait in it is worth seeing.

    Args:
        place: the place.

    """
    return not (
        place.module.startswith(PACKAGE)
        or place.module.partition(".")[0] in MACHINERY
        or place.filename.startswith("<frozen ")
    )


def users_first(places: Iterable[Place]) -> list[Place]:
    """
    Return the user's places, or all of them where none is the user's.

    Args:
        places: the places, in any order, which is kept.

    """
    places = list(places)
    return [place for place in places if is_users(place)] or places


def await_chain(task: asyncio.Task[Any]) -> list[Place]:
    """
    Return where a task stands: the frames from its coroutine inwards to the one that waits.

    Of a task that is running at this moment it is the first frame only: those within are on the
    stack of its thread, see :func:`thread_stack`. A finished task has none. At most 500 frames
    are returned.

    Args:
        task: the task; or whatever else has a ``get_coro()``.

    Example:

        >>> async def inner():
        ...     await asyncio.sleep(1)
        >>> async def main():
        ...     task = asyncio.create_task(inner())
        ...     await asyncio.sleep(0)
        ...     chain = await_chain(task)
        ...     task.cancel()
        ...     return [place.function for place in chain]
        >>> asyncio.run(main())
        ['inner', 'sleep']

    """
    return [_place(frame) for frame in _frames(task)]


def culprit(task: asyncio.Task[Any]) -> findings.Place | None:
    """
    Return the innermost line of the user's at which a task stands, or of a library's if there is no other.

    Args:
        task: the task.

    """
    found = None
    for frame in _frames(task):
        filename = frame.f_code.co_filename
        if findings.is_user_file(filename):
            if found is None or not findings.is_installed(filename):
                found = findings.place_of_frame(frame)
    return found


def final_wait(task: asyncio.Task[Any]) -> str:
    """
    Say in plain words what a task waits for in the end; nothing if it does not wait.

    The words are those of the primitive for what asyncio offers (a lock, a queue and its size, a
    timer and when it is due); anything else is named by the future that the task waits for.

    Args:
        task: the task.

    Example:

        >>> async def main():
        ...     task = asyncio.create_task(asyncio.Event().wait())
        ...     await asyncio.sleep(0)
        ...     words = final_wait(task)
        ...     task.cancel()
        ...     return words
        >>> asyncio.run(main())
        'an Event that is not set'

    """
    future = getattr(task, "_fut_waiter", None)
    if future is None or future.done():
        return ""
    # The innermost that has words, unless one further out is built upon it.
    for frame in sorted(reversed(_frames(task)), key=_is_plain):
        words = _WORDS.get((str(frame.f_globals.get("__name__")), frame.f_code.co_qualname))
        if words is not None:
            # Where a variable or an attribute has another name, the future tells something.
            with contextlib.suppress(Exception):
                return words(frame.f_locals)
    return _words_of_future(future)


def _is_plain(frame: types.FrameType) -> bool:
    return frame.f_code.co_qualname not in {"Barrier.wait", "Queue.join"}


def thread_stack(thread: int) -> list[Place]:
    """
    Return where a thread is, from the outermost frame inwards; empty if there is no such thread.

    The thread runs on meanwhile: this is a snapshot, true at one moment during the call.

    Args:
        thread: the identifier of the thread, as ``threading.get_ident()`` gives it.

    """
    frame: types.FrameType | None = sys._getframe()
    if thread != threading.get_ident():
        frame = (insides.current_frames() or {}).get(thread)
    places: collections.deque[Place] = collections.deque(maxlen=DEEPEST)
    while frame is not None and len(places) < DEEPEST:
        places.appendleft(_place(frame))
        frame = frame.f_back
    return list(places)


def render_tasks(
    tasks: Iterable[asyncio.Task[Any]],
    guilty: asyncio.Task[Any] | None = None,
    lines: int = 30,
) -> str:
    """
    Return what tasks wait for, as text: the guilty first, alike ones as one.

    Tasks that stand at the same lines and wait for the same thing are told together, however
    many they are; a chain longer than six lines is shown by its ends; what does not fit
    is counted. Machinery is left out wherever a line of the user's is left, see :func:`is_users`.

    Args:
        tasks: the tasks; finished ones are left out.
        guilty: the one to begin with, whether it is among them or not.
        lines: how many lines the text may have at most.

    Example:

        >>> async def main():
        ...     event = asyncio.Event()
        ...     names = ("Garfield", "Nermal")
        ...     tasks = [asyncio.create_task(event.wait(), name=name) for name in names]
        ...     await asyncio.sleep(0)
        ...     print(render_tasks(tasks, lines=1))
        ...     event.set()
        >>> asyncio.run(main())
        2 tasks ('Garfield', 'Nermal') wait for an Event that is not set

    """
    groups: dict[tuple[bool, str, tuple[Place, ...]], list[str]] = {}
    rest = sorted((task for task in tasks if task is not guilty), key=_age)
    for task in [*([] if guilty is None else [guilty]), *rest]:
        if not task.done():
            chain = tuple(users_first(await_chain(task)))
            key = (task is guilty, _state(task), chain)
            groups.setdefault(key, []).append(task.get_name())
    told: list[str] = []
    untold = sum(map(len, groups.values()))
    for (_, state, chain), names in groups.items():
        block = [_headline(names, state), *(f"    {line}" for line in _ends(chain))]
        if told and len(told) + len(block) >= lines:
            told.append(f"and {untold} more {_tasks(untold)}")
            break
        told += block[:lines]
        untold -= len(names)
    return "\n".join(told)


def _state(task: asyncio.Task[Any]) -> str:
    if getattr(task.get_coro(), "cr_running", False):
        return "running"
    return final_wait(task)


def _tasks(count: int) -> str:
    return "task" if count == 1 else "tasks"


def _names(names: list[str]) -> str:
    return ", ".join(map(repr, names[:3])) + (", ..." if len(names) > 3 else "")


def _age(task: asyncio.Task[Any]) -> tuple[int, str]:
    """Order tasks as asyncio numbers them: all_tasks() is a set, and reports should be alike."""
    name = task.get_name()
    number = name.rpartition("-")[2]
    return (int(number) if number.isdecimal() else 0, name)


def _headline(names: list[str], state: str) -> str:
    one = len(names) == 1
    subject = f"task {names[0]!r}" if one else f"{len(names)} tasks ({_names(names)})"
    if state == "running":
        return f"{subject} is running"  # there is one at most
    if not state:
        return f"{subject} {'is' if one else 'are'} ready to run"
    return f"{subject} {'waits' if one else 'wait'} for {state}"


def _ends(chain: tuple[Place, ...]) -> list[str]:
    shown = [str(place) for place in chain]
    if len(shown) <= 6:
        return shown
    return [*shown[:2], f"... {len(shown) - 5} more ...", *shown[-3:]]


def _place(frame: types.FrameType) -> Place:
    filename = frame.f_code.co_filename
    line = frame.f_lineno or 0
    source = linecache.getline(filename, line, frame.f_globals).strip()
    try:
        here = os.path.join(os.getcwd(), "")
    except OSError:  # the directory is gone, as the temporary ones of tests may be
        here = "\0"
    module = str(frame.f_globals.get("__name__"))
    return Place(frame.f_code.co_qualname, filename.removeprefix(here), line, source, module)


def _frames(task: asyncio.Task[Any]) -> list[types.FrameType]:
    return list(_walk(task.get_coro()))


def _walk(awaited: Any) -> Generator[types.FrameType, None, None]:
    for _ in range(DEEPEST):
        if isinstance(awaited, Coroutine) and hasattr(awaited, "cr_await"):  # ours among them
            coroutine: Any = awaited
            frame, awaited = coroutine.cr_frame, coroutine.cr_await
        elif isinstance(awaited, types.GeneratorType):
            frame, awaited = awaited.gi_frame, awaited.gi_yieldfrom
        elif isinstance(awaited, types.AsyncGeneratorType):
            frame, awaited = awaited.ag_frame, awaited.ag_await
        else:
            frame, awaited = None, _behind(awaited)
        if frame is not None:
            yield frame
        if awaited is None:
            return


_WRAPPERS: Final = frozenset(
    {"anext_awaitable", "async_generator_asend", "async_generator_athrow", "coroutine_wrapper"}
)


def _behind(wrapper: Any) -> Any:
    """Return what is behind one of the interpreter's wrappers; they have no attribute for it."""
    if type(wrapper).__name__ in _WRAPPERS:
        for referent in gc.get_referents(wrapper):
            if isinstance(referent, _AWAITABLES) or type(referent).__name__ in _WRAPPERS:
                return referent
    return None


_AWAITABLES: Final = (types.CoroutineType, types.GeneratorType, types.AsyncGeneratorType)


def _words_of_future(future: Any) -> str:
    children = getattr(future, "_children", None)
    if isinstance(children, list):
        undone = sum(not child.done() for child in children)
        return f"{undone} of the {len(children)} awaitables of a gather()"
    if isinstance(future, asyncio.Task):
        return f"task {future.get_name()!r}"
    return f"a {type(future).__name__} without a result"


def _timer(variables: Mapping[str, Any]) -> str:
    due = variables["h"].when() - variables["loop"].time()
    return f"sleep({variables['delay']:g}), due in {due:.3g} s of loop time"


def _semaphore(variables: Mapping[str, Any]) -> str:
    return f"a Semaphore with value {variables['self']._value}"


def _condition(variables: Mapping[str, Any]) -> str:
    return f"a Condition to be notified, as {len(variables['self']._waiters)} in all do"


def _barrier(variables: Mapping[str, Any]) -> str:
    barrier = variables["self"]
    return f"a Barrier that {barrier.n_waiting} of {barrier.parties} have reached"


def _queue_get(variables: Mapping[str, Any]) -> str:
    queue = variables["self"]
    return f"an item from a {type(queue).__name__} that is empty (maxsize {queue.maxsize})"


def _queue_put(variables: Mapping[str, Any]) -> str:
    queue = variables["self"]
    return f"room in a {type(queue).__name__} that is full (maxsize {queue.maxsize})"


def _queue_join(variables: Mapping[str, Any]) -> str:
    queue = variables["self"]
    return f"a {type(queue).__name__} to be done with, {queue._unfinished_tasks} items unfinished"


def _group(variables: Mapping[str, Any]) -> str:
    names = sorted(task.get_name() for task in variables["self"]._tasks)
    return f"a TaskGroup with {len(names)} {_tasks(len(names))} left ({_names(names)})"


def _several(variables: Mapping[str, Any]) -> str:
    futures = variables["fs"]
    undone = sum(not future.done() for future in futures)
    return f"{undone} of the {len(futures)} awaitables of a wait()"


def _to_thread(variables: Mapping[str, Any]) -> str:
    function = variables["func"]
    name = getattr(function, "__qualname__", type(function).__name__)
    return f"a thread to return from {name}()"


def _socket(variables: Mapping[str, Any]) -> str:
    return f"a socket (descriptor {variables['sock'].fileno()})"


def _plainly(words: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda variables: words


#: What a frame of a coroutine function of asyncio, by its module and qualified name, waits for.
_WORDS: Final[dict[tuple[str, str], Callable[[Mapping[str, Any]], str]]] = {
    ("asyncio.tasks", "sleep"): _timer,
    ("asyncio.tasks", "_wait"): _several,
    ("asyncio.locks", "Lock.acquire"): _plainly("a Lock that is held"),
    ("asyncio.locks", "Event.wait"): _plainly("an Event that is not set"),
    ("asyncio.locks", "Condition.wait"): _condition,
    ("asyncio.locks", "Semaphore.acquire"): _semaphore,
    ("asyncio.locks", "Barrier.wait"): _barrier,
    ("asyncio.queues", "Queue.get"): _queue_get,
    ("asyncio.queues", "Queue.put"): _queue_put,
    ("asyncio.queues", "Queue.join"): _queue_join,
    ("asyncio.taskgroups", "TaskGroup.__aexit__"): _group,
    ("asyncio.threads", "to_thread"): _to_thread,
    ("asyncio.streams", "StreamReader._wait_for_data"): _plainly("data from a stream"),
    ("asyncio.streams", "StreamWriter.drain"): _plainly("the peer of a stream to read"),
    ("asyncio.streams", "StreamWriter.wait_closed"): _plainly("a stream to close"),
    ("asyncio.base_events", "Server.wait_closed"): _plainly("the connections of a server"),
    ("asyncio.base_subprocess", "BaseSubprocessTransport._wait"): _plainly("a subprocess to end"),
    ("asyncio.selector_events", "BaseSelectorEventLoop.sock_recv"): _socket,
    ("asyncio.selector_events", "BaseSelectorEventLoop.sock_accept"): _socket,
    ("asyncio.selector_events", "BaseSelectorEventLoop.sock_connect"): _socket,
    ("asyncio.selector_events", "BaseSelectorEventLoop.sock_sendall"): _socket,
}
