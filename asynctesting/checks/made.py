"""
Who has made what: sockets, processes, threads, loops, patches, jobs.

The makers are hooked once for the whole process, when the first life begins, and stay so. What they
make on a thread that leads a life is noted with the user's line, weakly, until that life has ended.
Everywhere else they do what they did before. Nothing of it can be seen from outside.

Names of the standard library's insides, the versions in which they were seen, and what happens
without them:

==========================================  ============  ===========================================
name                                        seen          without it
==========================================  ============  ===========================================
``socket.socket._real_close``               3.11 to 3.15  a socket that is dropped is not found
``threading._active``                       3.11 to 3.15  a thread that a thread has started is nobody's
``unittest.mock._patch``, ``_patch_dict``   3.11 to 3.15  patches that are not stopped are not found
``unittest.mock._patch._active_patches``    3.11 to 3.15  the same
``_sock_accept``, a method of a loop          3.11 to 3.15  a socket that a test accepts is not found
``Future._exception``                       3.11 to 3.15  jobs whose errors nobody reads are not found
``Future._done_callbacks``                  3.11 to 3.15  one that is told to a callback counts as unread
==========================================  ============  ===========================================

"""

from __future__ import annotations

import asyncio.base_events
import asyncio.futures
import concurrent.futures
import os.path
import sys
import threading
import time
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any, Final, NamedTuple

from ..findings import Place, is_installed, is_user_file, place_of_frame
from ..loops import insides, moulds
from .base import current_scene, is_led
from .hooks import around, name_of


__all__ = [
    "Job",
    "Made",
    "forget_jobs",
    "has_failed_jobs",
    "has_jobs",
    "install",
    "is_patching",
    "number_of",
    "open_jobs",
    "place_of_signal",
    "take_jobs",
]

__unittest = True

#: Beyond this number, what is gone is forgotten, for a class may last long.
MANY: Final = 64

#: Where the standard library starts threads and processes of its own.
_OWN: Final = tuple(
    os.path.join(os.path.dirname(os.__file__), *parts)
    for parts in (("asyncio", ""), ("concurrent", "futures", ""), ("multiprocessing", ""))
)


_HERE: Final = os.path.dirname(os.path.abspath(__file__)) + os.sep

_PACKAGE: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep

#: Where a test is run from.
_TRIAL: Final = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "trial.py")


class Made:
    """
    One thing that was made.

    Args:
        kind: what it is.
        thing: itself.
        frame: where it was made.

    """

    __slots__ = (
        "closed",
        "is_asyncio",
        "kind",
        "pid",
        "place",
        "ref",
        "when",
        "with_library",
    )

    def __init__(self, kind: str, thing: Any, frame: FrameType | None) -> None:
        self.kind: str = kind
        # A patch is kept, as the list of active ones keeps it too.
        self.ref: Callable[[], Any] = (lambda: thing) if kind == "patch" else weakref.ref(thing)
        #: The user's line, and whether a library was between it and the thing.
        self.place: Place | None
        self.with_library: bool
        self.place, self.with_library = _creation(frame)
        self.when: float = time.monotonic()
        self.closed: bool = False
        self.pid: int = 0
        #: Whether asyncio has made it, which looks after it.
        self.is_asyncio: bool = _is_asyncio(frame)


def _caller() -> FrameType | None:
    """Who has called the function that is hooked; it may be hooked by other checks as well."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    return frame


def _creation(frame: FrameType | None, most: int = 60) -> tuple[Place | None, bool]:
    """The user's line that led to *frame*, and whether a library was in between."""
    with_library = False
    while frame is not None and most > 0:
        filename = frame.f_code.co_filename
        if frame.f_code is insides.HANDLE_RUN or filename == _TRIAL:
            break  # whoever runs the loop has not led there
        if is_user_file(filename):
            if not is_installed(filename):
                return place_of_frame(frame), with_library
            with_library = True
        elif filename.startswith("<frozen importlib"):
            with_library = True  # what a module makes when it is imported is the module's
        frame, most = frame.f_back, most - 1
    return None, True


def _is_asyncio(frame: FrameType | None) -> bool:
    """Tell whether asyncio makes it for itself, after the lines of the module that is hooked."""
    if frame is None:
        return False
    first = frame.f_code.co_filename
    if is_user_file(first):
        return False
    while frame is not None and frame.f_code.co_filename == first and not first.startswith(_OWN):
        frame = frame.f_back
    # What loop.sock_accept() gives is for the user to close.
    return (
        frame is not None
        and frame.f_code.co_filename.startswith(_OWN[0])
        and frame.f_code.co_name != "_sock_accept"
    )


def _note(kind: str, thing: Any, frame: FrameType | None) -> Made | None:
    """Note that *thing* was made, in the life that this thread leads."""
    scene = current_scene()
    if scene is None:
        return None
    made = scene.made
    if len(made) > MANY and len(made) % MANY == 0:
        made[:] = [one for one in made if not one.closed]
    record = Made(kind, thing, frame)
    made.append(record)
    return record


# Sockets

#: Those that are open, by id.
_SOCKETS: Final[dict[int, Made]] = {}


def _hook_sockets() -> None:
    import socket

    def make_init(original: Any) -> Callable[..., Any]:
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            if current_scene() is not None:
                record = _note("socket", self, _caller())
                if record is not None and not record.is_asyncio:
                    _SOCKETS[id(self)] = record

        return __init__

    def make_close(original: Any) -> Callable[..., Any]:
        def close(self: Any, *args: Any, **kwargs: Any) -> Any:
            record = _SOCKETS.pop(id(self), None)
            if record is not None:
                record.closed = True  # also if it raises: the descriptor was closed elsewhere
            return original(self, *args, **kwargs)

        return close

    if around(socket.socket, "_real_close", make_close):
        around(socket.socket, "__init__", make_init)
    detach = socket.socket.detach

    def take(self: Any) -> int:
        record = _SOCKETS.pop(id(self), None)
        if record is not None:
            record.closed = True
        return detach(self)

    take.__doc__, take.__name__, take.__qualname__ = detach.__doc__, "detach", detach.__qualname__
    socket.socket.detach = take  # type: ignore[method-assign]


# Processes


def _hook_processes() -> None:
    import subprocess

    def make(original: Any) -> Callable[..., Any]:
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            if current_scene() is not None:
                record = _note("process", self, _caller())
                if record is not None:
                    record.pid = self.pid

        return __init__

    around(subprocess.Popen, "__init__", make)


def _hook_children() -> None:
    def make(original: Any) -> Callable[..., Any]:
        def start(self: Any) -> None:
            original(self)
            if current_scene() is not None:
                frame = _caller()
                if frame is not None and not frame.f_code.co_filename.startswith(_OWN):
                    _note("child", self, frame)  # else it is a worker of a pool

        return start

    around(sys.modules["multiprocessing.process"].BaseProcess, "start", make)


# Threads

#: The number of the life in which each thread was started.
_OWNERS: Final[weakref.WeakKeyDictionary[threading.Thread, int]] = weakref.WeakKeyDictionary()


def number_of(thread: threading.Thread | None) -> int:
    """The number of the life in which *thread* was started, by its thread or one of its threads."""
    return 0 if thread is None else _OWNERS.get(thread, 0)


def _hook_threads() -> None:
    def make(original: Any) -> Callable[..., Any]:
        def start(self: Any) -> None:
            scene = current_scene()
            if scene is not None:
                _OWNERS[self] = scene.number
                frame = _caller()
                if frame is not None and not frame.f_code.co_filename.startswith(_OWN):
                    _note("thread", self, frame)
            else:
                around_it = getattr(threading, "_active", {}).get(threading.get_ident())
                number = number_of(around_it)
                if number:
                    _OWNERS[self] = number
            original(self)

        return start

    around(threading.Thread, "start", make)


# Patches and handlers


def is_patching(patcher: Any) -> bool:
    """Tell whether *patcher* was started, and not stopped."""
    active = getattr(getattr(sys.modules.get("unittest.mock"), "_patch", None), "_active_patches", ())
    return any(one is patcher for one in active)


#: Where each handler was set last, by the number of the life and of the signal.
_SIGNALS: Final[dict[tuple[int, int], Place]] = {}


def place_of_signal(number: int, signum: int) -> Place | None:
    """Where the life *number* has set the handler of *signum*."""
    return _SIGNALS.pop((number, int(signum)), None)


def _hook_signals() -> None:
    import signal

    def make(original: Any) -> Callable[..., Any]:
        def signal(signalnum: Any, handler: Any) -> Any:
            scene = current_scene()
            if scene is not None:
                place, _ = _creation(_caller())
                if place is not None:
                    _SIGNALS[scene.number, int(signalnum)] = place
            return original(signalnum, handler)

        return signal

    around(signal, "signal", make)


# Loops


def _is_implicit(frame: FrameType | None) -> bool:
    """Tell of ``asyncio.get_event_loop()``, which makes a loop for the thread, and keeps it for good."""
    while frame is not None and frame.f_code.co_filename.startswith((_OWN[0], _PACKAGE)):
        if frame.f_code.co_name == "get_event_loop":
            return True
        frame = frame.f_back
    return False


def _note_loop(loop: Any) -> None:
    if current_scene() is not None and not _is_implicit(_caller()):
        _note("loop", loop, _caller())


def _hook_loops() -> None:
    def make(original: Any) -> Callable[..., Any]:
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            _note_loop(self)

        return __init__

    # A loop of ours need not be initialised by asyncio.
    moulds.hook(lambda: around(asyncio.base_events.BaseEventLoop, "__init__", make), _note_loop)


# Jobs


#: Where pools of processes are, which is imported when somebody asks for one.
_PROCESSES: Final = os.path.join(os.path.dirname(concurrent.futures.__file__), "process.py")

#: Where asyncio tells a future of a thread what came of its coroutine.
_FUTURES: Final = asyncio.futures.__file__


class _Unread(concurrent.futures.Future[Any]):
    """What a future is that has failed, until somebody looks at its error."""

    def _look(self) -> BaseException | None:
        self.__class__ = concurrent.futures.Future  # type: ignore[assignment]
        _FAILED.pop(id(self), None)
        error: BaseException | None = self.__dict__.get("_exception")
        return error

    def _fail(self, error: BaseException | None) -> None:
        self.__dict__["_exception"] = error

    _exception: Any = property(_look, _fail)


_Unread.__name__, _Unread.__qualname__ = "Future", "Future"
_Unread.__module__ = concurrent.futures.Future.__module__

#: Jobs that have failed and that nobody has looked at, by id.
_FAILED: Final[dict[int, Any]] = {}


class Job(NamedTuple):
    """
    Where a job was submitted.

    Attributes:
        number: that of the life.
        place: the line.
        when: the time.
        name: what it calls; nothing if asyncio has submitted it, and looks after it.

    """

    number: int
    place: Place | None
    when: float
    name: str = ""


#: The jobs that were submitted in a life.
_JOBS: Final[weakref.WeakKeyDictionary[Any, Job]] = weakref.WeakKeyDictionary()

_NOBODYS: Final = Job(0, None, 0.0)


def has_jobs() -> bool:
    """Tell whether there is any that :func:`open_jobs` might give."""
    return bool(_JOBS)


def open_jobs(number: int) -> list[tuple[Any, Job]]:
    """The jobs that the life *number* has given to executors by itself, and that have not ended."""
    # The references are listed within one call: other threads submit jobs meanwhile.
    futures = [reference() for reference in _JOBS.keyrefs()]
    jobs = [(future, _JOBS.get(future, _NOBODYS)) for future in futures if future is not None]
    return [
        (future, job)
        for future, job in jobs
        if job.number == number and job.name and not future.done()
    ]


def has_failed_jobs() -> bool:
    """Tell whether there is any that :func:`take_jobs` might give."""
    return bool(_FAILED)


def take_jobs(number: int) -> list[tuple[Any, Place | None, float]]:
    """Take the jobs of the life *number* that have failed, and that nobody has looked at."""
    found = []
    for key, future in list(_FAILED.items()):
        owner, place, when, _ = _JOBS.get(future, _NOBODYS)
        if owner == number:
            _FAILED.pop(key, None)
            # Somebody who has asked to be told, has been told.
            if all(map(_is_of_asyncio, getattr(future, "_done_callbacks", ()))):
                found.append((future, place, when))
    return found


def _is_of_asyncio(callback: Any) -> bool:
    """Tell whether *callback* is for asyncio itself, which passes on a cancellation by it."""
    code = getattr(callback, "__code__", None)
    return (
        code is not None
        and code.co_filename == _FUTURES
        and code.co_name == "_call_check_cancel"
    )


def forget_jobs() -> None:
    """Drop what belongs to no life any more."""
    _FAILED.clear()


def _hook_jobs() -> None:
    import concurrent.futures.thread

    def make_set(original: Any) -> Callable[..., Any]:
        def set_exception(self: Any, exception: Any) -> None:
            if type(self) is concurrent.futures.Future and is_led():
                # First, for somebody may be waiting for it.
                self.__class__ = _Unread
                _FAILED[id(self)] = self
                scene = current_scene()
                setter = sys._getframe(1).f_code.co_filename
                if self in _JOBS:
                    pass
                elif scene is not None:
                    if setter == _FUTURES:
                        # What run_coroutine_threadsafe() has given to another thread.
                        _JOBS[self] = Job(scene.number, None, time.monotonic())
                elif "pools" not in _installed and setter == _PROCESSES:
                    # A pool of the first test that has one: its thread was started there.
                    number = number_of(getattr(threading, "_active", {}).get(threading.get_ident()))
                    _JOBS[self] = Job(number, None, time.monotonic())
            original(self, exception)

        return set_exception

    if "_exception" in vars(concurrent.futures.Future()):
        around(concurrent.futures.Future, "set_exception", make_set)
        _hook_submit(concurrent.futures.thread.ThreadPoolExecutor)


def _hook_submit(executor: Any) -> None:
    def make_submit(original: Any) -> Callable[..., Any]:
        def submit(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            future = original(self, *args, **kwargs)
            scene = current_scene()
            if scene is not None and isinstance(future, concurrent.futures.Future):
                frame = _caller()
                place, with_library = _creation(frame)
                if not with_library:
                    name = "" if _is_asyncio(frame) else name_of(args[0] if args else kwargs["fn"])
                    _JOBS[future] = Job(scene.number, place, time.monotonic(), name)
            return future

        return submit

    around(executor, "submit", make_submit)


# All of them

_installed: set[str] = set()


def install() -> None:
    """Hook what is not hooked yet, and there to be hooked."""
    if "threads" not in _installed:
        _installed.add("threads")
        _hook_sockets()
        _hook_threads()
        _hook_loops()
        _hook_signals()
        _hook_jobs()
    if "subprocess" in sys.modules and "processes" not in _installed:
        _installed.add("processes")
        _hook_processes()
    if "multiprocessing.process" in sys.modules and "children" not in _installed:
        _installed.add("children")
        _hook_children()
    if "concurrent.futures.process" in sys.modules and "pools" not in _installed:
        _installed.add("pools")
        _hook_submit(sys.modules["concurrent.futures.process"].ProcessPoolExecutor)
    if "unittest.mock" in sys.modules and "patches" not in _installed:
        _installed.add("patches")
        _hook_patches()


def _hook_patches() -> None:
    mocks = sys.modules["unittest.mock"]

    def make(original: Any) -> Callable[..., Any]:
        def start(self: Any) -> Any:
            result = original(self)
            if current_scene() is not None:
                _note("patch", self, _caller())
            return result

        return start

    for name in ("_patch", "_patch_dict"):
        kind = getattr(mocks, name, None)
        if kind is not None:
            around(kind, "start", make)
