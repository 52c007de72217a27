"""
What outside of a loop may still wake it.

A loop that has nothing ready and no timer is woken by nobody but the outside: a job in an executor, a
thread that calls in, a subprocess, a descriptor that it watches, a signal. :class:`Outside` tells what
there is of these. Where there is nothing, whoever waits on the loop waits for ever; and where virtual
time runs, it need not wait for anybody.

What counts, and what does not:

* A *job* counts from being submitted until the loop has its result, whatever executor it is in.
* A *subprocess* counts while the loop waits for its end.
* A *descriptor* counts while the loop watches it, whoever holds its other end: a socket that listens may be
  called from another process. The pair of sockets by which a loop wakes itself does not.
* A *signal* counts that the loop has a handler for, or that was given a handler in Python since the loop
  was made, or that a timer of the system is going to send. SIGINT does not: somebody may always press
  Ctrl-C.
* A *thread* counts that was started since the loop was made, that has called into it, or in whose local
  variables something leads to it. It does not while it waits for ever itself, for a lock, a queue, a
  condition, another thread or the result of a future that nobody outside is going to set; nor does an
  idle worker of an executor. The others, that were there before and know nothing of the loop, are
  *bystanders*: see :meth:`Outside.bystanders`.
* The thread of *another loop* that is looked after counts as any thread, unless that loop idles, too, and has nobody
  outside who may wake it but those who wait themselves, this loop among them: then all of them wait for ever. Who
  waits for what such a loop is to do does not count either, nor does what it has promised to do.

What cannot be told: a thread that is not one of Python's, and has never called in; a thread that waits in a
function which is not written in Python (then it counts); who may send a signal whose handler was set
before the loop was made.

Threads, jobs and calls into loops are noted by hooks that are installed once for the whole process, when the
first loop is looked after. They change nothing, and hold nothing: what they note is forgotten
with the thread, the job or the loop.

Names of the standard library's insides, other than asyncio's, the versions in which they were seen, and what
happens without them:

==========================================  ============  =============================================
name                                        seen          without it
==========================================  ============  =============================================
``threading._active``                       3.11 to 3.15  threads are named by their numbers
``Condition._waiters``, and the local       3.11 to 3.15  a thread that waits for ever counts
names ``waiter`` and ``timeout``
``Thread._wait_for_tstate_lock``            3.11 to 3.12  the same
``concurrent.futures.thread._worker``       3.11 to 3.15  an idle worker counts
``..._ExecutorManagerThread``, its          3.11 to 3.15  an idle pool of processes counts
``pending_work_items``
``signal`` behind :mod:`signal`             3.11 to 3.15  handlers are compared more slowly
==========================================  ============  =============================================

"""

from __future__ import annotations

import asyncio
import asyncio.futures
import concurrent.futures
import concurrent.futures.thread
import enum
import functools
import gc
import signal
import sys
import threading
import types
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final

from ..findings import is_installed, is_user_file
from . import insides, realtime
from .patience import Patience


__all__ = [
    "Awaited",
    "Kind",
    "Outside",
    "Reason",
    "of_loop",
    "others",
    "promise_awaited_at",
    "wait_of",
    "waits_for_ever",
]

__unittest = True

#: The clock of this module. It is one that no test has replaced.
clock: Final = realtime.seconds

#: How many open jobs are kept before those that have ended are forgotten.
MANY: Final = 64

#: How far from the local variables of a thread, and at how many objects, the loop is looked for.
FAR: Final = 6
MOST: Final = 20_000


class Kind(enum.Enum):
    """What may wake a loop."""

    JOB = "job"
    SUBPROCESS = "subprocess"
    DESCRIPTOR = "descriptor"
    SIGNAL = "signal"
    THREAD = "thread"


@dataclass(frozen=True, slots=True)
class Reason:
    """
    Why a loop that idles need not do so for ever.

    Example:

        >>> str(Reason(Kind.JOB, "the job read() of an executor", 0.0))
        'the job read() of an executor'

    """

    kind: Kind
    """What it is."""
    words: str
    """The same for a reader of a report: what it is called."""
    since: float
    """When it began, or a thread last called in, in real seconds; 0 if unknown."""
    thread: int = 0
    """Of a bystander, the number that the system has for it; 0 if unknown."""

    def __str__(self) -> str:
        return self.words


class Outside:
    """
    What is outside of one loop.

    It is to be made with the loop, on the thread that is going to run it, for what was there before counts
    less. It does not keep the loop.

    Args:
        loop: the loop; one that is not asyncio's is known less of.

    Example:

        >>> async def main():
        ...     outside = Outside(asyncio.get_running_loop())
        ...     job = asyncio.ensure_future(asyncio.to_thread(gate.wait, 60))
        ...     await asyncio.sleep(0)
        ...     words = [str(reason) for reason in outside.reasons()]
        ...     gate.set()
        ...     await job
        ...     return words
        >>> gate = threading.Event()
        >>> asyncio.run(main())
        ['the job wait() of an executor']

    """

    __slots__ = (
        "__weakref__",
        "_callers",
        "_handlers",
        "_jobs",
        "_loop",
        "_promised",
        "_started",
        "idles",
        "is_companion",
        "last_call",
        "since",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        if not _hooked:
            _hook()
        #: When another thread called into the loop last; 0 if none did.
        self.last_call: float = 0.0
        #: Whether the loop waits for somebody outside, with no timer and nothing that it watches. It says so itself.
        self.idles: bool = False
        #: Whether the loop lives beside the one of a test, who is the first to tell what has become of them.
        self.is_companion: bool = False
        self._loop = weakref.ref(loop)
        self._callers: dict[int, float] = {}
        self._jobs: list[tuple[weakref.ref[Any], str, float, weakref.ref[Any] | None]] = []
        self._promised: list[weakref.ref[Any]] = []
        self.begin_anew()
        if len(_OUTSIDES) >= MANY:
            _forget_outsides()
        _OUTSIDES[id(loop)] = weakref.ref(self)

    def begin_anew(self) -> None:
        """Let all that is outside at this moment have been there before."""
        #: When it was made, or the loop was as good as new, in real seconds.
        self.since: float = clock()
        self._started = _starts[0]
        self._handlers = tuple(map(_getsignal, _SIGNALS))

    @property
    def is_as_new(self) -> bool:
        """Whether nothing of what was outside meanwhile has to do with the loop."""
        return (
            not (self._callers or self._jobs or self._promised or self.idles or self.last_call)
            and self._started == _starts[0]
        )

    # What the hooks tell

    def note_call(self, thread: int) -> None:
        """Take note that *thread* has called into the loop."""
        loop = self._loop()
        if loop is not None and thread != insides.thread_of(loop):
            self._callers[thread] = self.last_call = clock()

    def note_job(self, future: asyncio.Future[Any], name: str, job: Any = None) -> None:
        """Take note that *future* gets the result of a *job* outside, if it is known which."""
        if len(self._jobs) >= MANY:
            self._forget_jobs()
        ref = None if job is None else weakref.ref(job)
        self._jobs.append((weakref.ref(future), name, clock(), ref))

    def note_promise(self, future: concurrent.futures.Future[Any]) -> None:
        """Take note that *future*, for which a thread may wait, gets its result from the loop."""
        if len(self._promised) >= MANY:
            self._promised = [ref for ref in self._promised if _is_open(ref())]
        self._promised.append(weakref.ref(future))

    def _forget_jobs(self) -> None:
        self._jobs = [job for job in self._jobs if _is_open(job[0]())]

    # What is asked

    @property
    def is_calm(self) -> bool:
        """
        Whether nothing is at work outside, for sure: neither job, thread nor subprocess, nor a descriptor.

        It costs a fraction of a microsecond, unless something has been there. Signals, and
        bystanders, are left aside.

        """
        loop = self._loop()
        return loop is None or not insides.count_watched(loop) and self.is_quiet

    @property
    def is_quiet(self) -> bool:
        """The same, descriptors left aside: for a loop that counts them itself."""
        if self._jobs:
            self._forget_jobs()
            if self._jobs:
                return False
        if _JOBS and any(began >= self.since for _, began in _open_jobs()):
            return False
        if self._callers or self._started != _starts[0]:
            return self._forget_threads()
        return True

    def _forget_threads(self) -> bool:
        """Tell whether no thread counts at this moment, and forget those that have ended."""
        started = _starts[0]
        counting, _, workers = self._look_at_threads(self._idle_with())
        if counting or workers:
            return False
        alive = set(insides.current_frames() or {})
        for number in list(self._callers):
            if number not in alive:
                self._callers.pop(number, None)
        if not any(began >= self.since for _, began in _living_threads()):
            self._started = started  # those until now are gone
        return True

    def is_promised(self, future: object) -> bool:
        """Tell whether *future* is one whose result has to come from the loop."""
        return any(ref() is future for ref in self._promised)

    def awaited_promise(self, frame: FrameType | None) -> Any:
        """The future for whose result the thread at *frame* waits, if it has to come from the loop."""
        if frame is not None and frame.f_code is _WAIT:
            frame = frame.f_back
        if frame is None or frame.f_code not in _RESULTS:
            return None
        future = frame.f_locals.get("self")
        return future if self.is_promised(future) else None

    def name_of(self, future: object) -> str:
        """What is to give *future* its result, if it is a job of an executor."""
        for ref, name, _, _ in self._jobs:
            if ref() is future:
                return f"the job {name} of an executor"
        return ""

    def reasons(self) -> list[Reason]:
        """
        Tell what outside may still wake the loop.

        To be asked while the loop has nothing to do, before a last look whether it has been woken meanwhile.

        """
        return [] if self._loop() is None else self._reasons(self._idle_with())

    def _idle_with(self) -> _Idle:
        """The other loops that idle, unless they have a reason of their own not to do so for ever."""
        loop = self._loop()
        idle: _Idle = {}
        for ref in list(_OUTSIDES.values()):
            other = ref()
            if other is not None and other is not self and other._is_idle():
                idle[other._thread] = other
        if not idle:
            return idle
        mine = None if loop is None else insides.thread_of(loop)
        found = True
        while found:
            found = False
            for number, other in list(idle.items()):
                # Whether this loop is to wake it, is the question.
                if other._reasons({**idle, mine: self}):
                    del idle[number]
                    found = True
        return idle

    @property
    def _thread(self) -> int | None:
        loop = self._loop()
        return None if loop is None else insides.thread_of(loop)

    def _is_idle(self) -> bool:
        """Tell whether the loop waits for others, and nobody has woken it yet."""
        loop = self._loop()
        return (
            self.idles
            and loop is not None
            and insides.thread_of(loop) is not None
            and not insides.has_ready_callbacks(loop)
        )

    def _reasons(self, idle: _Idle) -> list[Reason]:
        """The same, if the loops that *idle* do so for ever, each in its thread."""
        loop = self._loop()
        if loop is None:
            return []
        counting, _, workers = self._look_at_threads(idle)
        jobs = list(self._look_at_jobs(idle))
        if jobs and not (counting or workers) and self._are_stuck(idle):
            jobs = []
        return [
            *jobs,
            *_look_at_descriptors(loop),
            *self._look_at_signals(loop),
            *counting,
            *([] if jobs else workers),
        ]

    def bystanders(self) -> list[Reason]:
        """
        Tell which threads are at work that were there before, and do not seem to know the loop.

        They may have a way to it that is not seen. So to give them a moment is wise; to wait for them is not.

        """
        return self._look_at_threads(self._idle_with())[1]

    def is_alone(self, patience: Patience) -> bool:
        """Tell whether there are no bystanders, or the *patience* with them is over."""
        standing = self.bystanders()
        return not standing or patience.is_over(one.thread for one in standing)

    def is_led(self) -> bool:
        """
        Tell whether somebody else tells what is to be told of this loop, if it waits for ever.

        That is the test beside which it lives, if its loop idles with this one, or if its thread waits for a loop.

        """
        if not self.is_companion:
            return False
        idle = self._idle_with().values()
        return any(not other.is_companion for other in idle) or any(
            wait.is_open and number != self._thread for number, wait in list(_AWAITED.items())
        )

    def is_everybody_stuck(self, patience: Patience | None = None) -> bool:
        """
        Tell whether all threads but this one and the loop's wait for ever, and no signal is expected.

        A loop that is blocked by a wait for one of them is so for ever.

        Args:
            patience: with those that do not seem to know the loop, see :meth:`bystanders`; without it, it is
                endless.

        """
        loop = self._loop()
        counting, standing, workers = self._look_at_threads(self._idle_with())
        if counting or workers:
            return False
        if standing and (patience is None or not patience.is_over(one.thread for one in standing)):
            return False
        return loop is None or not any(self._look_at_signals(loop))

    def _look_at_jobs(self, idle: _Idle) -> Iterator[Reason]:
        self._forget_jobs()
        for _, name, began, ref in self._jobs:
            if not _is_promised_by(idle, ref):
                yield Reason(Kind.JOB, f"the job {name} of an executor", began)
        if not self._jobs:
            for future, began in _open_jobs():
                if began >= self.since:
                    yield Reason(Kind.JOB, "a job of an executor", began)

    def _are_stuck(self, idle: _Idle) -> bool:
        """Tell whether all jobs are run by threads that wait for ever, or stand in a queue behind them."""
        workers = [f for f in (insides.current_frames() or {}).values() if f.f_code is _WORKER]
        is_idle, may_take = bool(workers), any(map(_has_work, workers))
        del workers
        now = clock()

        def is_behind(job: Any, began: float) -> bool:
            """Tell whether no worker is about to take *job*, or has it already."""
            if job.running() or not is_idle:
                return True
            # It is in a queue a moment after it was submitted.
            return not may_take and now - began >= SUBMITTED

        for _, _, began, ref in self._jobs:
            if _is_promised_by(idle, ref):
                continue
            job = None if ref is None else ref()
            if type(job) is not concurrent.futures.Future or id(job) not in _JOBS:
                return False  # nobody knows who runs it
            if not is_behind(job, began):
                return False
        return all(is_behind(job, began) for job, began in _open_jobs())

    def _look_at_signals(self, loop: asyncio.AbstractEventLoop) -> Iterator[Reason]:
        handled = insides.signal_handlers(loop)
        for number in handled:
            yield Reason(Kind.SIGNAL, f"a handler of {_name_of_signal(number)}", 0.0)
        for number, before in zip(_SIGNALS, self._handlers):
            now = _getsignal(number)
            if not callable(now) or number in handled:
                continue
            if now is not before or (number == _ALARM and _is_set_off(now)):
                yield Reason(Kind.SIGNAL, f"a handler of {_name_of_signal(number)}", 0.0)

    def _look_at_threads(self, idle: _Idle) -> tuple[list[Reason], list[Reason], list[Reason]]:
        """The threads that count, the bystanders, and the workers of pools that count."""
        loop = self._loop()
        waits = {number: wait for number, wait in list(_AWAITED.items()) if wait.is_open}
        awaited = {wait.thread for wait in waits.values()}
        # In this order, for a thread goes through them in this order when it begins.
        starting = list(_STARTING.values())
        frames = insides.current_frames()
        if frames is None:
            return [Reason(Kind.THREAD, "another interpreter of the process", 0.0)], [], []
        begun = {thread.ident: began for thread, began in _living_threads()}
        threads = dict(getattr(threading, "_active", {}))
        counting = [
            Reason(Kind.THREAD, f"thread {thread.name!r}", clock())
            for thread in starting
            if thread.ident not in frames
        ]
        standing: list[Reason] = []
        workers: list[Reason] = []
        me = threading.get_ident(), None if loop is None else insides.thread_of(loop)
        frame: FrameType | None = None
        for number, frame in frames.items():
            if number in me or number in waits or number in idle:
                continue
            if waits_for_ever(frame) or _is_ours(frame):
                continue
            thread = threads.get(number)
            name = f"thread {number if thread is None else thread.name!r}"
            child = insides.awaited_child(frame)
            if child is not None:
                if child[1] is loop:
                    counting.append(Reason(Kind.SUBPROCESS, f"subprocess {child[0]}", 0.0))
                continue
            began = begun.get(number, 0.0)
            called = self._callers.get(number, 0.0)
            if called:
                name += ", which has called into the loop,"
            if called or began >= self.since or number in awaited or _leads_to(frame, loop):
                reason = Reason(Kind.THREAD, name.rstrip(","), max(began, called))
                (workers if _is_worker(frame) else counting).append(reason)
            elif not (thread is not None and thread.name.startswith(_HARMLESS)):
                tid = getattr(thread, "native_id", None) or 0
                standing.append(Reason(Kind.THREAD, name, began, tid))
        # This function's own is among them, and would refer to itself, and to all that the others have.
        del frame, frames
        return counting, standing, workers


#: Loops that idle, each by the thread in which it does.
_Idle = dict["int | None", Outside]


def _is_promised_by(idle: _Idle, ref: weakref.ref[Any] | None) -> bool:
    """Tell whether a job is what one of the loops that *idle* has promised to do."""
    job = None if ref is None else ref()
    return job is not None and any(other.is_promised(job) for other in idle.values())


class Awaited:
    """
    A wait, without a limit, for what a loop in another thread is to do.

    The thread that waits says so itself, since it does so in slices.

    Args:
        loop: the loop.
        name: what it is called.
        is_done: tells whether it is over.

    """

    __slots__ = ("_is_done", "_loop", "name")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, name: str, is_done: Callable[[], bool]
    ) -> None:
        self._loop = weakref.ref(loop)
        self._is_done = is_done
        self.name: str = name

    @property
    def is_open(self) -> bool:
        """Whether it still waits."""
        return not self._is_done()

    @property
    def thread(self) -> int | None:
        """The thread of the loop."""
        loop = self._loop()
        return None if loop is None else insides.thread_of(loop)

    def is_told_there(self) -> bool:
        """Tell whether the loop's thread waits for the loop itself: that is told of it, and ends it."""
        loop, number = self._loop(), self.thread
        found = None if loop is None else of_loop(loop)
        if found is None or number is None:
            return False
        frame = (insides.current_frames() or {}).get(number)
        return found.awaited_promise(frame) is not None

    def __enter__(self) -> None:
        _AWAITED[threading.get_ident()] = self

    def __exit__(self, *exc_info: object) -> None:
        _AWAITED.pop(threading.get_ident(), None)


#: The threads that wait so, by number.
_AWAITED: Final[dict[int, Awaited]] = {}


def wait_of(number: int, frame: FrameType) -> Awaited | FrameType | None:
    """
    For what a thread waits, however long that takes; nothing if it does not.

    Args:
        number: the thread.
        frame: its innermost frame.

    Returns:
        The same as long as it is the same wait.

    """
    wait = _AWAITED.get(number)
    if wait is not None:
        return wait if wait.is_open else None
    return frame if waits_for_ever(frame) else None


def promise_awaited_at(frame: FrameType | None, thread: int) -> Any:
    """
    The future for whose result the thread at *frame* waits, if it cannot come while another *thread* waits, too.

    That is, if it has to come from the loop of that thread, or from one that does not run.

    """
    for ref in list(_OUTSIDES.values()):
        found = ref()
        if found is not None and found._thread in (None, thread):
            promise = found.awaited_promise(frame)
            if promise is not None:
                return promise
    return None


def others(loop: asyncio.AbstractEventLoop) -> list[tuple[asyncio.AbstractEventLoop, int]]:
    """The other loops that are looked after and run, each with its thread."""
    found = []
    for ref in list(_OUTSIDES.values()):
        one = ref()
        other = None if one is None else one._loop()
        number = None if other is None else insides.thread_of(other)
        if other is not None and other is not loop and number is not None:
            found.append((other, number))
    return found


#: What is outside of each loop, by the id of the loop.
_OUTSIDES: Final[dict[int, weakref.ref[Outside]]] = {}


def _forget_outsides() -> None:
    """Drop those that are gone. A dictionary that does so at once takes longer than all the rest of a watch."""
    for key, ref in list(_OUTSIDES.items()):
        if ref() is None and _OUTSIDES.get(key) is ref:
            _OUTSIDES.pop(key, None)


def of_loop(loop: asyncio.AbstractEventLoop) -> Outside | None:
    """The outside of *loop*, if somebody looks after it."""
    ref = _OUTSIDES.get(id(loop))
    return None if ref is None else ref()


# The hooks

#: The threads that were started, by id, and when.
_STARTED: Final[dict[int, tuple[weakref.ref[threading.Thread], float]]] = {}

#: Those of them that have not begun to run. They are seen nowhere else, while whoever starts them waits.
_STARTING: Final[dict[int, threading.Thread]] = {}

#: How many have been started.
_starts: Final = [0]

#: Jobs that were handed to pools of threads, by id, and when.
_JOBS: Final[dict[int, tuple[weakref.ref[Any], float]]] = {}

_hooked = False


def _hook() -> None:
    global _hooked
    _hooked = True
    _around(threading.Thread, "start", _on_start)
    _around(concurrent.futures.thread.ThreadPoolExecutor, "submit", _on_submit)
    _around(asyncio.BaseEventLoop, "call_soon_threadsafe", _on_call)
    _around(asyncio.futures, insides.CHAIN, _on_chain)


def _around(owner: Any, name: str, make: Callable[[Any], Callable[..., Any]]) -> None:
    """Put what *make* makes of ``owner.name`` in its place, if it is there."""
    original = vars(owner).get(name)
    if original is not None:
        setattr(owner, name, functools.wraps(original)(make(original)))


def _on_start(original: Any) -> Callable[..., Any]:
    def start(self: Any) -> None:
        _starts[0] += 1
        if len(_STARTED) >= MANY:
            _living_threads()
        _STARTED[id(self)] = weakref.ref(self), clock()
        _STARTING[id(self)] = self
        try:
            original(self)
        finally:
            _STARTING.pop(id(self), None)

    return start


def _on_submit(original: Any) -> Callable[..., Any]:
    def submit(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        future = original(self, *args, **kwargs)
        if len(_JOBS) >= MANY:
            _open_jobs()
        _JOBS[id(future)] = weakref.ref(future), clock()
        return future

    return submit


def _on_call(original: Any) -> Callable[..., Any]:
    def call_soon_threadsafe(self: Any, callback: Any, *args: Any, context: Any = None) -> Any:
        outside = of_loop(self)
        if outside is not None:  # before the loop is woken
            outside.note_call(threading.get_ident())
            promise = insides.promised_by(callback)
            if promise is not None:
                outside.note_promise(promise)
        handle = original(self, callback, *args, context=context)
        insides.pass_over(handle)
        return handle

    return call_soon_threadsafe


def _on_chain(original: Any) -> Callable[..., Any]:
    def _chain_future(source: Any, destination: Any) -> None:
        original(source, destination)
        if isinstance(source, concurrent.futures.Future):
            if asyncio.isfuture(destination):
                outside = of_loop(destination.get_loop())
                if outside is not None:
                    outside.note_job(destination, _name_of_job(sys._getframe(1)), source)

    return _chain_future


def _open_jobs() -> list[tuple[Any, float]]:
    """The jobs of pools of threads that have not ended, and when they were submitted."""
    return _still(_JOBS, _is_open)


def _is_open(future: Any) -> bool:
    return future is not None and not future.done()


def _living_threads() -> list[tuple[Any, float]]:
    """The threads that were started, and when; also those that are being started."""
    return _still(_STARTED, _is_alive)


def _is_alive(thread: threading.Thread | None) -> bool:
    return thread is not None and (
        id(thread) in _STARTING or threading.Thread.is_alive(thread)
    )


def _still(
    noted: dict[int, tuple[weakref.ref[Any], float]], holds: Callable[[Any], bool]
) -> list[tuple[Any, float]]:
    """Those of what is *noted* for which it still *holds*; forget the others."""
    found = []
    for key, entry in list(noted.items()):
        thing = entry[0]()
        if holds(thing):
            found.append((thing, entry[1]))
        elif noted.get(key) is entry:
            noted.pop(key, None)
    return found


def _name_of_job(frame: FrameType | None) -> str:
    """What is called in an executor, if *frame* was reached by ``run_in_executor``."""
    for _ in range(3):
        if frame is None:
            break
        function = insides.job_of(frame) if frame.f_code.co_name == "run_in_executor" else None
        if function is not None:
            return f"{_name_of_function(function)}()"
        frame = frame.f_back
    return "by wrap_future()"


def _name_of_function(function: Any) -> str:
    """The name of *function*, or of what ``asyncio.to_thread`` has put into a partial."""
    while type(function) is functools.partial:
        is_run = getattr(function.func, "__name__", "") == "run" and function.args
        function = function.args[0] if is_run else function.func
    name = getattr(function, "__name__", None)
    return name if type(name) is str else type(function).__name__


# Descriptors and signals


def _look_at_descriptors(loop: asyncio.AbstractEventLoop) -> Iterator[Reason]:
    own = insides.self_pipe(loop)
    seen = set()
    for descriptor, _, handle in insides.watched(loop):
        if descriptor == own or descriptor in seen:
            continue
        seen.add(descriptor)
        child = insides.child_of(handle)
        if child is not None:
            yield Reason(Kind.SUBPROCESS, f"subprocess {child}", 0.0)
        else:
            words = _name_of_descriptor(insides.callback_of(handle), descriptor)
            yield Reason(Kind.DESCRIPTOR, words, 0.0)


def _name_of_descriptor(callback: Any, descriptor: int) -> str:
    owner = getattr(callback, "__self__", None)
    if type(owner).__module__ in ("asyncio.selector_events", "asyncio.unix_events"):
        if isinstance(owner, asyncio.BaseTransport):
            peer = owner.get_extra_info("peername")
            if peer:
                return f"a connection with {peer}"
            if owner.get_extra_info("pipe") is not None:
                return f"a pipe (descriptor {descriptor})"
            return f"a socket (descriptor {descriptor})"
        if getattr(callback, "__name__", "") == "_accept_connection":
            return f"a server (descriptor {descriptor})"
    return f"descriptor {descriptor}"


#: The signals that programs handle. Of SIGINT nothing is said.
_SIGNALS: Final = tuple(
    getattr(signal, name)
    for name in ("SIGALRM", "SIGCHLD", "SIGHUP", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGBREAK")
    if hasattr(signal, name)
)

_ALARM: Final = getattr(signal, "SIGALRM", None)

#: The function behind ``signal.getsignal``, which takes most of its time to make enums.
_getsignal: Any = getattr(sys.modules.get("_signal"), "getsignal", signal.getsignal)


def _name_of_signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"


def _is_set_off(handler: Any) -> bool:
    """Tell whether the system's timer is going to call *handler*; not if it is pytest-timeout's."""
    return signal.getitimer(signal.ITIMER_REAL)[0] > 0 and (
        getattr(handler, "__module__", None) != "pytest_timeout"
    )


# Threads

#: Beginnings of the names of threads that never call into a loop.
_HARMLESS: Final = ("asynctesting-", "pydevd.", "pytest_timeout ")

#: Real seconds after which a job that was submitted is in its queue, whatever the machine does.
SUBMITTED: Final = 0.25


#: What an idle worker of a pool of threads runs.
_WORKER: Final = getattr(getattr(concurrent.futures.thread, "_worker", None), "__code__", None)

#: What a thread runs that waits for a condition, an event, a queue or a future.
_WAIT: Final = threading.Condition.wait.__code__

#: What a thread runs that waits for a future.
_RESULTS: Final = (
    concurrent.futures.Future.result.__code__,
    concurrent.futures.Future.exception.__code__,
)

#: What a thread runs that waits for another one.
_JOIN: Final = threading.Thread.join.__code__
_JOIN_WAIT: Final = getattr(
    getattr(threading.Thread, "_wait_for_tstate_lock", None), "__code__", None
)

_PACKAGE: Final = __name__.partition(".")[0] + "."


def waits_for_ever(frame: FrameType) -> bool:
    """
    Tell whether a thread waits until another one does something, however long that takes.

    Args:
        frame: the innermost frame of the thread.

    """
    code = frame.f_code
    if code is _WORKER:
        return "work_item" not in frame.f_locals or frame.f_locals["work_item"] is None
    if code is _WAIT:
        names = frame.f_locals
        # One that has been notified is not among the waiters any more, even before it runs.
        waiters = getattr(names.get("self"), "_waiters", ())
        return names.get("timeout", 0) is None and any(
            waiter is names.get("waiter", names) for waiter in list(waiters)
        )
    if code is _JOIN or code is _JOIN_WAIT:
        names = frame.f_locals
        target = names.get("self")
        is_bounded = names.get("timeout") not in (None, -1)
        # A thread is alive for a moment after it has run its last line.
        return not is_bounded and isinstance(target, threading.Thread) and (
            target.ident in (insides.current_frames() or ()) or id(target) in _STARTING
        )
    return _is_idle_pool(frame)


def _has_work(worker: FrameType) -> bool:
    """Tell whether the worker of a pool, which waits, may take a job from its queue."""
    size = getattr(worker.f_locals.get("work_queue"), "qsize", None)
    return size is None or size() > 0


def _is_idle_pool(frame: FrameType | None) -> bool:
    """Tell whether *frame* belongs to the thread of a pool of processes that has nothing to do."""
    for _ in range(8):
        if frame is None:
            return False
        if frame.f_code.co_name == "wait_result_broken_or_wakeup":
            return not getattr(frame.f_locals.get("self"), "pending_work_items", True)
        frame = frame.f_back
    return False


def _is_worker(frame: FrameType | None) -> bool:
    """Tell whether a thread belongs to a pool of threads."""
    while frame is not None and frame.f_code is not _WORKER:
        frame = frame.f_back
    return frame is not None


def _is_ours(frame: FrameType | None) -> bool:
    """Tell whether a thread is one of this package's own, as the one that watches the time limits."""
    while frame is not None and frame.f_back is not None:
        frame = frame.f_back
    return frame is not None and str(frame.f_globals.get("__name__")).startswith(_PACKAGE)


def _leads_to(frame: FrameType | None, loop: asyncio.AbstractEventLoop | None) -> bool:
    """
    Tell whether a thread knows of *loop*: whether its local variables lead to it, or to one of its futures.

    In a thread that runs the user's code the variables of its modules are looked at, too. Nothing of
    anybody's is called.

    """
    here: list[Any] = []
    while frame is not None:
        here += frame.f_locals.values()
        filename = frame.f_code.co_filename
        if is_user_file(filename) and not is_installed(filename):
            here += frame.f_globals.values()
        frame = frame.f_back
    seen = {id(vars(one)) for one in list(sys.modules.values()) if type(one) is types.ModuleType}
    for _ in range(FAR):
        there: list[Any] = []
        for one in here:
            if id(one) in seen or issubclass(type(one), _DEAD_ENDS):
                continue
            seen.add(id(one))
            if one is loop or (type(one) in insides.FUTURES and one.get_loop() is loop):
                return True
            if len(seen) > MOST:
                return False
            there.append(one)
        here = _referents(there)
    return False


#: What leads to everything.
_DEAD_ENDS: Final = (types.ModuleType, type, types.CodeType, str, bytes, int, float)


def _referents(things: list[Any]) -> list[Any]:
    """What *things* refer to; of functions, only what they were made with."""
    found: list[Any] = []
    for one in things:
        if type(one) is types.FunctionType:
            found += (one.__closure__, one.__defaults__, one.__kwdefaults__)
        else:
            found += gc.get_referents(one)
    return found
