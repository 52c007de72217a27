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
import math
import os
import socket
import sys
import threading
import types
from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping
from typing import Any, Final

from . import findings
from .holders import Chain, Holders
from .loops import insides, outside


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


def final_wait(task: asyncio.Task[Any], holders: Holders | None = None) -> str:
    """
    Say in plain words what a task waits for in the end; nothing if it does not wait.

    The words are those of the primitive for what asyncio offers (a lock and who holds it, a queue and its
    size, a timer and when it is due); anything else is named by the future that the task waits for.

    Args:
        task: the task.
        holders: who holds what; without it, that is not told.

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
    return _wait_of(task, holders).words


class _Wait:
    """What a task waits for: in words, and, as far as they are known, the tasks that it waits for."""

    def __init__(self, task: asyncio.Task[Any], holders: Holders | None) -> None:
        self.task = task
        self.holders = holders
        self.tasks: list[asyncio.Task[Any]] = []
        self.words = ""

    def named(self, futures: Iterable[Any]) -> str:
        """The names of the tasks among *futures* that have not ended, in brackets; they are waited for."""
        tasks = [one for one in futures if isinstance(one, asyncio.Task) and not one.done()]
        tasks.sort(key=_age)
        self.tasks += tasks
        return f" ({_names([task.get_name() for task in tasks])})" if tasks else ""

    def held(self, primitive: Any) -> str:
        """Who holds *primitive*."""
        if self.holders is None:
            return ""
        found = self.holders.of(primitive)
        self.tasks += [task for task, _ in found]
        if any(task is self.task for task, _ in found):
            return "by itself"
        if not found:
            return "by none of these tasks"
        words = _tasks(len(found)) + " " + _names([task.get_name() for task, _ in found])
        return f"by {words}" if any(certain for _, certain in found) else f"as it seems by {words}"


def _wait_of(task: asyncio.Task[Any], holders: Holders | None) -> _Wait:
    wait = _Wait(task, holders)
    future = getattr(task, "_fut_waiter", None)
    if future is None or future.done():
        return wait
    # The innermost that has words, unless one further out is built upon it.
    for frame in sorted(reversed(_frames(task)), key=_is_plain):
        words = _WORDS.get((str(frame.f_globals.get("__name__")), frame.f_code.co_qualname))
        if words is not None:
            # Where a variable or an attribute has another name, the future tells something.
            with contextlib.suppress(Exception):
                wait.words = words(frame.f_locals, wait)
                return wait
            wait.tasks = []
    wait.words = _words_of_future(future, wait)
    return wait


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
    waits, circle = _look_at([*([] if guilty is None else [guilty]), *sorted(tasks, key=_age)])
    groups: dict[tuple[bool, str, tuple[Place, ...]], list[str]] = {}
    for task, wait in waits.items():
        chain = tuple(users_first(await_chain(task)))
        key = (task is guilty, _state(task, wait), chain)
        groups.setdefault(key, []).append(task.get_name())
    told: list[str] = _tell_circle(circle)
    has_told = False
    untold = len(waits)
    for (_, state, chain), names in groups.items():
        block = [_headline(names, state), *(f"    {line}" for line in _ends(chain))]
        if has_told and len(told) + len(block) >= lines:
            told.append(f"and {untold} more {_tasks(untold)}")
            break
        told += block[: max(1, lines - len(told))]
        has_told = True
        untold -= len(names)
    return "\n".join(told)


def _look_at(
    tasks: list[asyncio.Task[Any]],
) -> tuple[dict[asyncio.Task[Any], _Wait], list[_Wait]]:
    """
    What each of *tasks* waits for, and those that wait for each other, in a circle, if some do.

    The first comes first, then those that it waits for, then those of the circle, then the others.

    """
    tasks = [task for task in dict.fromkeys(tasks) if not task.done()]
    holders = Holders(tasks, _chain)
    waits = {task: _wait_of(task, holders) for task in tasks}
    circle: list[_Wait] = []
    for task in tasks[:MOST_STARTS]:
        if circle := _find_circle(waits[task], waits):
            break
    ordered: dict[asyncio.Task[Any], _Wait] = {}
    todo = tasks[:1]
    for task in todo:  # which grows
        if task in waits and task not in ordered:
            ordered[task] = waits[task]
            todo += waits[task].tasks[:MOST_NEXT]
    for wait in circle:
        ordered.setdefault(wait.task, wait)
    return ordered | {task: wait for task, wait in waits.items() if task not in ordered}, circle


#: From how many tasks a circle is looked for, and how many are followed of those that one waits for.
MOST_STARTS: Final = 200
MOST_NEXT: Final = 10


def _find_circle(start: _Wait, waits: dict[asyncio.Task[Any], _Wait]) -> list[_Wait]:
    """The tasks that wait for each other, in order, if *start* waits for them."""
    path: list[_Wait] = [start]
    ahead = [list(start.tasks)]
    seen = {start.task}
    while path:
        if not ahead[-1]:
            path.pop()
            ahead.pop()
            continue
        task = ahead[-1].pop(0)
        for index, wait in enumerate(path):
            if wait.task is task:
                return path[index:]
        if task in waits and task not in seen:
            seen.add(task)
            path.append(waits[task])
            ahead.append(list(waits[task].tasks))
    return []


#: How a report begins in which tasks wait for each other.
CIRCLE: Final = "they wait for each other:"


def _tell_circle(circle: list[_Wait]) -> list[str]:
    if not circle:
        return []
    told = [f"task {wait.task.get_name()!r} for {wait.words}" for wait in circle]
    if len(told) == 1:
        return [f"task {circle[0].task.get_name()!r} waits for itself: for {circle[0].words}"]
    if len(told) > 6:
        told = [*told[:3], f"... {len(told) - 5} more ...", *told[-2:]]
    return [CIRCLE, *(f"    {line}" for line in told)]


def _state(task: asyncio.Task[Any], wait: _Wait) -> str:
    if getattr(task.get_coro(), "cr_running", False):
        return "running"
    return wait.words


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
    return [frame for _, frame in _walk(task.get_coro())]


def _chain(task: asyncio.Task[Any]) -> Chain:
    return list(_walk(task.get_coro()))


def _walk(awaited: Any) -> Generator[tuple[Any, types.FrameType], None, None]:
    for _ in range(DEEPEST):
        one = awaited
        if isinstance(awaited, Coroutine) and hasattr(awaited, "cr_await"):  # ours among them
            coroutine: Any = awaited
            if type(coroutine).__module__ == f"{PACKAGE}driver":
                one = coroutine.carried
            frame, awaited = coroutine.cr_frame, coroutine.cr_await
        elif isinstance(awaited, types.GeneratorType):
            frame, awaited = awaited.gi_frame, awaited.gi_yieldfrom
        elif isinstance(awaited, types.AsyncGeneratorType):
            frame, awaited = awaited.ag_frame, awaited.ag_await
        else:
            frame, awaited = None, _behind(awaited)
        if frame is not None:
            yield one, frame
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


def _words_of_future(future: Any, wait: _Wait) -> str:
    children = getattr(future, "_children", None)
    if isinstance(children, list):
        undone = sum(not child.done() for child in children)
        return f"{undone} of the {len(children)} awaitables of a gather(){wait.named(children)}"
    if isinstance(future, asyncio.Task):
        wait.tasks.append(future)
        return f"task {future.get_name()!r}"
    inner = insides.shielded_by(future)
    if inner is not None:
        return f"a shield() around {_words_of_future(inner, wait)}"
    found = outside.of_loop(wait.task.get_loop())
    job = "" if found is None else found.name_of(future)
    return job or f"a {type(future).__name__} without a result"


def _timer(variables: Mapping[str, Any], wait: _Wait) -> str:
    delay = variables["delay"]
    if delay == math.inf:
        return "sleep(inf), which never ends"
    due = variables["h"].when() - variables["loop"].time()
    return f"sleep({delay:g}), due in {due:.3g} s of loop time"


def _lock(variables: Mapping[str, Any], wait: _Wait) -> str:
    return f"a Lock that is held {wait.held(variables['self'])}".rstrip()


def _semaphore(variables: Mapping[str, Any], wait: _Wait) -> str:
    words = f"a Semaphore with value {variables['self']._value}"
    held = wait.held(variables["self"])
    return f"{words}, held {held}" if wait.tasks else words


def _condition(variables: Mapping[str, Any], wait: _Wait) -> str:
    return f"a Condition to be notified, as {len(variables['self']._waiters)} in all do"


def _barrier(variables: Mapping[str, Any], wait: _Wait) -> str:
    barrier = variables["self"]
    return f"a Barrier that {barrier.n_waiting} of {barrier.parties} have reached"


def _queue_get(variables: Mapping[str, Any], wait: _Wait) -> str:
    queue = variables["self"]
    return f"an item from a {type(queue).__name__} that is empty (maxsize {queue.maxsize})"


def _queue_put(variables: Mapping[str, Any], wait: _Wait) -> str:
    queue = variables["self"]
    return f"room in a {type(queue).__name__} that is full (maxsize {queue.maxsize})"


def _queue_join(variables: Mapping[str, Any], wait: _Wait) -> str:
    queue = variables["self"]
    return f"a {type(queue).__name__} to be done with, {queue._unfinished_tasks} items unfinished"


def _group(variables: Mapping[str, Any], wait: _Wait) -> str:
    tasks = list(variables["self"]._tasks)
    return f"a TaskGroup with {len(tasks)} {_tasks(len(tasks))} left{wait.named(tasks)}"


def _several(variables: Mapping[str, Any], wait: _Wait) -> str:
    futures = variables["fs"]
    undone = sum(not future.done() for future in futures)
    return f"{undone} of the {len(futures)} awaitables of a wait(){wait.named(futures)}"


def _to_thread(variables: Mapping[str, Any], wait: _Wait) -> str:
    function = variables["func"]
    name = getattr(function, "__qualname__", type(function).__name__)
    return f"a thread to return from {name}()"


def _socket(variables: Mapping[str, Any], wait: _Wait) -> str:
    sock = variables["sock"]
    words = f"a socket (descriptor {sock.fileno()})"
    if isinstance(sock, socket.socket):
        with contextlib.suppress(OSError):
            peer = socket.socket.getpeername(sock)
            return f"{words} with peer {peer}" if peer else words
    return words


def _stream(words: str) -> Callable[[Mapping[str, Any], _Wait], str]:
    def tell(variables: Mapping[str, Any], wait: _Wait) -> str:
        transport: Any = getattr(variables["self"], "_transport", None)
        if type(transport).__module__.startswith("asyncio."):
            peer = transport.get_extra_info("peername")
            if peer:
                return f"{words} with peer {peer}"
        return words

    return tell


def _subprocess(variables: Mapping[str, Any], wait: _Wait) -> str:
    return f"subprocess {variables['self']._pid} to end"


def _plainly(words: str) -> Callable[[Mapping[str, Any], _Wait], str]:
    return lambda variables, wait: words


#: What a frame of a coroutine function of asyncio, by its module and qualified name, waits for.
_WORDS: Final[dict[tuple[str, str], Callable[[Mapping[str, Any], _Wait], str]]] = {
    ("asyncio.tasks", "sleep"): _timer,
    ("asyncio.tasks", "_wait"): _several,
    ("asyncio.locks", "Lock.acquire"): _lock,
    ("asyncio.locks", "Event.wait"): _plainly("an Event that is not set"),
    ("asyncio.locks", "Condition.wait"): _condition,
    ("asyncio.locks", "Semaphore.acquire"): _semaphore,
    ("asyncio.locks", "Barrier.wait"): _barrier,
    ("asyncio.queues", "Queue.get"): _queue_get,
    ("asyncio.queues", "Queue.put"): _queue_put,
    ("asyncio.queues", "Queue.join"): _queue_join,
    ("asyncio.taskgroups", "TaskGroup.__aexit__"): _group,
    ("asyncio.threads", "to_thread"): _to_thread,
    ("asyncio.streams", "StreamReader._wait_for_data"): _stream("data from a stream"),
    ("asyncio.streams", "StreamWriter.drain"): _stream("a stream to be read"),
    ("asyncio.streams", "StreamWriter.wait_closed"): _plainly("a stream to close"),
    ("asyncio.base_events", "Server.wait_closed"): _plainly("the connections of a server"),
    ("asyncio.base_subprocess", "BaseSubprocessTransport._wait"): _subprocess,
    ("asyncio.selector_events", "BaseSelectorEventLoop.sock_recv"): _socket,
    ("asyncio.selector_events", "BaseSelectorEventLoop.sock_accept"): _socket,
    ("asyncio.selector_events", "BaseSelectorEventLoop.sock_connect"): _socket,
    ("asyncio.selector_events", "BaseSelectorEventLoop.sock_sendall"): _socket,
}
