"""
The time limit: no stage of a test lasts for ever, whatever it does.

One thread for the whole process, the *watchdog*, sleeps while tests come and go. Arming a limit
writes into a set; the watchdog looks at it once a second, or at the next deadline. When a
deadline has passed it describes what hangs, asks the stage to end (``cancel``), and if that does
not help within a moment, interrupts it, again and again, until it has ended.

How the interruption arrives:

* On the main thread of a POSIX system, by a signal, SIGURG. It ends what blocks in the kernel
  and what never awaits. Nothing else is sent by it: by default it is ignored, so that a late one
  harms nobody, and Go interrupts its goroutines by it for the same reasons. SIGALRM and SIGINT
  with their timers and handlers stay the user's. The handler is installed once, not per test.
* The watchdog needs Python's global lock, and a C function that keeps it (a regular expression
  that runs away) starves it. Then the process's clock of computing time, ``ITIMER_VIRTUAL``,
  takes its place, by SIGVTALRM, if nobody else uses it. It goes off only if the watchdog is late.
* On other threads and other systems, as an asynchronous exception, which arrives when the thread
  next runs Python code: what blocks in the kernel there is not woken.

What is raised is :exc:`Interrupted`, a ``KeyboardInterrupt``: every other exception raised in a
callback is fed to the loop's exception handler, and the loop goes on. User code may swallow it
all the same, so the verdict is :attr:`TimeLimit.expired`, never its arrival; and from the third
time on it is raised once more on the next line of the user's that runs, by a trace function, since
the one place where ``while True: try: ... except: pass`` can be left is the ``except``.

Where a stage cannot be interrupted (a C function that neither returns nor looks for signals, a
blocking call outside the main thread), the stacks of all threads are written to the real standard
error after a further while, and the process ends with the exit status 70. A C function that
keeps the global lock for ever and never looks for signals stops Python itself, this
module included: only another process can help (``timeout``, a job's limit).

Nothing happens while a debugger is at work: pdb and its kin, pydevd, or one that has registered with
``sys.monitoring``. A trace function alone is none, for coverage has one.

A loop that nothing will ever wake does not wait for its limit: see :mod:`asynctesting.loops.watched`,
and :func:`deadlock` for what it raises. Nor does one whose own thread waits for it, by ``result()``, or by
any other wait without a limit while all other threads wait for ever, too: such a stage expires at once. So does
one whose thread waits for the loop in another thread while everything waits there as well, this loop's own tasks
or another one's among what is waited for; what waits there is told with it.

By platform:

===========================  ========================================================================
POSIX, main thread           everything is ended but a C function that never looks for signals
POSIX, another thread        what runs Python code, or idles in its loop; a call that blocks is not
Windows                      the same as another thread: a ``time.sleep()`` or a lock is not ended, and
                             the process ends after *patience*; deadlocks on a selector loop are told,
                             not on the proactor's, which is the default there
===========================  ========================================================================

Whoever else wants to look at threads now and then (see :func:`watch`), does so on this thread, too.

"""

from __future__ import annotations

import _thread
import asyncio
import atexit
import collections
import concurrent.futures
import contextlib
import dis
import faulthandler
import functools
import gc
import math
import operator
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Final, ParamSpec, Protocol, TypeVar

from . import waits
from .errors import AsyncTestingError, DeadlockError
from .findings import Place, is_user_file, place_of_frame, raise_at
from .loops import insides, outside
from .loops.patience import Patience


__all__ = [
    "Interrupted",
    "TimeLimit",
    "TimeLimitExceeded",
    "Watcher",
    "deadlock",
    "report",
    "under_debugger",
    "unwatch",
    "watch",
]

__unittest = True

P = ParamSpec("P")
T = TypeVar("T")

#: Real seconds for a stage to end after it was asked to, before it is interrupted.
POLITE: Final = 0.1

#: Real seconds between interruptions of the same stage.
INTERVAL: Final = 0.25

#: How often, and after how many real seconds each, an interruption is put off that would hit
#: the event loop or this package between two lines of their own.
PUT_OFF: Final = 20
MOMENT: Final = 0.005

#: Real seconds that everything after the stage that expired gets together; the next such
#: time has half of it, and so on.
GRACE: Final = 5.0

#: Real seconds between two looks at the tests that run.
TICK: Final = 1.0

#: The watchdog is overdue when it is late by so many real seconds. Who notices gives way for so many at most, and if
#: that was in vain, again after so many.
OVERDUE: Final = 0.001
GIVEN: Final = 0.002
AGAIN: Final = 0.02

#: Seconds of computing time by which the watchdog must be late for SIGVTALRM to take its place.
LATE: Final = 0.1

#: Exit status of a process that had to be ended: EX_SOFTWARE of sysexits.h.
EXIT_STATUS: Final = 70

_NEVER: Final = math.inf
_DEBUGGERS: Final = frozenset({"bdb", "ipdb", "pdb", "pdbpp", "pudb"})


class Interrupted(KeyboardInterrupt):
    """What is raised inside a stage that is over its time; it never leaves a trial."""


class TimeLimitExceeded(AsyncTestingError, TimeoutError):
    """
    A stage of a test was over its time limit, and was ended.

    The message says so, then where it was, what to do, and what every task was waiting for.

    Args:
        message: the message.

    """


class TimeLimit:
    """
    A limit in real time for one life of a test.

    Use it for everything that runs code of the user's: :meth:`start` it once, call each stage
    with :meth:`run`, :meth:`stop` it. Together the stages have *seconds*; after one of them has
    expired, those that follow have a short grace.

    It is for one thread, the one that calls :meth:`start`. Limits may be nested: each ends
    what runs in it. A limit is not inherited by a process made with ``os.fork``. It does
    nothing while a debugger is at work; see :func:`under_debugger`. See the module for what
    cannot be interrupted.

    Args:
        seconds: real seconds; none, or ``math.inf``, for no limit.
        describe: returns the text that :exc:`TimeLimitExceeded` shows, see :func:`report`. It
            is called by the watchdog, on another thread, while the stage goes on.
        cancel: asks the stage to end, on the watchdog's thread, before it is interrupted: an
            event loop that is idle then comes to no harm. To be left out where there is no
            such way.
        patience: real seconds for the interruptions to end the stage before the process
            is ended instead; by default *seconds*, but at least 10.
        fact: what is told when it was exceeded, if it is no usual one.
        cure: what is told to do then, if it is not the usual thing.
        loop: the loop that the stages run. If it is watched, see :mod:`asynctesting.loops.watched`,
            a stage that blocks its thread by a wait for the loop itself expires at once.
        guilty: gives the task that the stages run in. If the loop was idle, it is its line at which the
            traceback of the error ends.

    Example:

        >>> limit = TimeLimit(0.05)
        >>> limit.start()
        >>> try:
        ...     limit.run(time.sleep, 3600)
        ... except TimeLimitExceeded as exceeded:
        ...     print(str(exceeded).splitlines()[0])
        ... finally:
        ...     limit.stop()
        the time limit of 0.05 s was exceeded

    """

    # What is true of one that was never exceeded.
    _kind: type[TimeLimitExceeded | DeadlockError] = TimeLimitExceeded
    _thread = 0
    _deadline = _NEVER
    _expired = False  # ever
    _told = True  # whether an error has been raised for it
    _report = ""
    _place: Place | None = None
    _open = False  # a stage is running: interruptions are welcome
    _sent = False  # an asynchronous exception may be on its way
    _pursued = False  # our trace function is, or was, in place of the user's
    _tracer: Any = None  # the user's
    _fired = False  # the deadline of the current stage has passed
    _since = 0.0  # when
    _asked = False
    _taps = 0
    _due = False  # the signal handler is to raise
    _put_off = 0
    _fact = ""
    _cure = "end what it waits for, or give it more time with time_limit=..."
    _graces = 0  # so many have been given

    def __init__(
        self,
        seconds: float | None,
        describe: Callable[[], str] | None = None,
        *,
        cancel: Callable[[], object] | None = None,
        patience: float | None = None,
        fact: str = "",
        cure: str = "",
        loop: asyncio.AbstractEventLoop | None = None,
        guilty: Callable[[], asyncio.Task[Any] | None] | None = None,
    ) -> None:
        #: The limit in real seconds.
        self.seconds: float = _NEVER if seconds is None else seconds
        if fact:
            self._fact = fact
        if cure:
            self._cure = cure
        found = None if loop is None or self.seconds == _NEVER else outside.of_loop(loop)
        self._lookout = None if loop is None or found is None else _Lookout(self, loop, found)
        self._describe = describe
        self._cancel = cancel
        self._patience = patience
        self._guilty = guilty

    def _reset(self) -> None:
        """Forget the interruptions of the stage that has ended."""
        self._fired = False
        self._since = 0.0
        self._asked = False
        self._taps = 0
        self._due = False
        self._put_off = 0

    @property
    def fact(self) -> str:
        """What is told when it was exceeded."""
        return self._fact or f"the time limit of {self.seconds:g} s was exceeded"

    @property
    def patience(self) -> float:
        """Real seconds for the interruptions to end the stage."""
        return max(10.0, self.seconds) if self._patience is None else self._patience

    @property
    def expired(self) -> bool:
        """Whether the limit was ever exceeded, in whichever stage: the test has failed."""
        return self._expired

    def start(self) -> None:
        """Begin to count, and watch the calling thread. It costs about a microsecond."""
        if self.seconds != _NEVER:
            self._thread = _thread.get_ident()
            now = _watchdog.clock()
            self._deadline = deadline = now + self.seconds
            if now > _watchdog.overdue_at:
                _watchdog.give_way(now)
            _watchdog.armed.add(self)
            _watchdog.busy = True
            if _watchdog.displaced:
                _watchdog.install()
            if deadline < _watchdog.awake_at:
                _watchdog.wake()
            if self._lookout is not None:
                _watchdog.watch(self._lookout)

    def renew(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to count from nothing, for stages that *loop* runs; after :meth:`rest`, on the same thread."""
        now = _watchdog.clock()
        lookout = self._lookout
        if lookout is not None:
            lookout.turn_to(loop, None if loop is lookout._loop else outside.of_loop(loop))
        self._deadline = deadline = now + self.seconds
        if now > _watchdog.overdue_at:
            _watchdog.give_way(now)
        if _watchdog.displaced:
            _watchdog.install()
        if deadline < _watchdog.awake_at:
            _watchdog.wake()

    def rest(self) -> None:
        """Do not count until :meth:`renew`, which costs less than another limit does."""
        self._deadline = _NEVER

    def leave(self, loop: asyncio.AbstractEventLoop) -> None:
        """Know *loop* until then, and not the one whose stages were run."""
        if self._lookout is not None:
            self._lookout.turn_to(loop, None)

    def expire(self, deadlock: str = "", cure: str = "") -> None:
        """
        Be exceeded now. To be called on any thread, between :meth:`start` and :meth:`stop`.

        Args:
            deadlock: if it is for a deadlock, what is told of it instead; and then
            cure: what is told to do.

        """
        if not self._fired:
            if deadlock:
                self._fact, self._cure, self._kind = deadlock, cure, DeadlockError
            self._deadline = _watchdog.clock()
            _watchdog.wake()

    def stop(self) -> None:
        """Count no more. To be called on the same thread; stopping twice does nothing."""
        _watchdog.armed.discard(self)
        lookout, self._lookout = self._lookout, None
        if lookout is not None:
            # It refers to this limit, and so to the whole life, which must not wait for the
            # garbage collector.
            _watchdog.unwatch(lookout)

    def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """
        Call *function* within the limit.

        It may be a coroutine's ``loop.run_until_complete`` as well as a plain stage. If an
        earlier stage has expired, this one has its grace.

        Args:
            function: what to call.
            args: with what.
            kwargs: with what, by name.

        Returns:
            What *function* returns.

        Raises:
            TimeLimitExceeded: if the limit was exceeded, however *function* ended; what it
                raised, unless that is the interruption itself, is the cause.
            DeadlockError: if it would never have ended, for it has blocked the loop's thread by a wait
                for the loop.

        """
        if self._fired:
            self._give_grace()
        try:
            # Nothing is interrupted before the inner try has begun or after it has ended: Python
            # looks for signals when it has called something or jumps back, and between
            # these lines it does neither. Mind this when changing them.
            try:
                self._open = True
                result = function(*args, **kwargs)
            finally:
                self._open = False
                if self._fired:
                    self._call_off()
        except Interrupted:
            if self._told:
                raise  # it is for the test that this one runs in
            raise self.error() from None
        except BaseException as error:
            if self._told:
                raise
            if isinstance(error, _CANCELLED):  # which we have asked for
                raise self.error() from None
            raise self.error() from error
        if not self._told:
            raise self.error()
        return result

    def error(self) -> TimeLimitExceeded | DeadlockError:
        """Return the error for the limit that was exceeded; :meth:`run` raises it by itself."""
        self._told = True
        error = self._kind(f"{self.fact}\n{self._report}\n{self._cure}")
        return error if self._place is None else raise_at(error, self._place)

    def _call_off(self) -> None:
        """Take back what may still interrupt the thread."""
        _watchdog.recall(self)
        if self._pursued:
            self._pursued = False
            sys.settrace(self._tracer)

    def _give_grace(self) -> None:
        self._reset()
        self._deadline = _watchdog.clock() + min(GRACE, self.seconds) / 2**self._graces
        self._graces += 1
        _watchdog.wake()

    # What follows runs on the watchdog's thread, or in a signal handler.

    def look(self, now: float) -> float:
        """Do what is to be done now; return when to look again."""
        if now >= self._deadline:
            frames = insides.current_frames()
            is_told = frames is not None
            stack = None if frames is None else frames.get(self._thread)
            del frames  # this function's own is among them, and would refer to itself
            if is_told and (stack is None or under_debugger(stack)):
                # Debugging takes hours, and it is not known how many of the seconds it took.
                self._deadline = _NEVER
            else:
                self._act(now)
        return self._deadline

    def _act(self, now: float) -> None:
        if not self._fired:
            self._expire(now)
        if self._open and now - self._since > self.patience:
            self._end_process()
        elif self._cancel is not None and not self._asked:
            self._asked = True
            self._deadline = now + POLITE
            self._ask_to_end()
        else:
            self._deadline = now + INTERVAL
            if not self._due:
                self._due = True
                self._taps += 1
                self._put_off = 0
            _watchdog.interrupt(self)

    def _expire(self, now: float) -> None:
        self._since = now
        self._report = self._describe_safely()
        self._place = self._find_place()
        self._expired = True
        self._told = False
        self._fired = True

    def _describe_safely(self) -> str:
        try:
            told = report(thread=self._thread) if self._describe is None else self._describe()
            if self._kind is DeadlockError and self._lookout is not None:
                told = "\n".join([told, *_tell_others(self._lookout._loop, self._thread, told)])
            return told
        except Exception as error:
            return f"where it was is not known, for a bug in asynctesting: {error!r}"

    def _find_place(self) -> Place | None:
        """Where the stage stands, if it is in a line of the user's."""
        frame = (insides.current_frames() or {}).get(self._thread)
        while frame is not None and frame.f_code is not _RUN:
            if is_user_file(frame.f_code.co_filename):
                return place_of_frame(frame)
            frame = frame.f_back
        task = None if self._guilty is None else self._guilty()
        return None if task is None else waits.culprit(task)

    def _ask_to_end(self) -> None:
        if self._cancel is not None:
            with contextlib.suppress(Exception):  # a loop that is closed by now, for one
                self._cancel()

    def _end_process(self) -> None:
        """Say everything, and end the process: the one way that is left."""
        why = " (what blocks outside of Python, in a thread other than the main one, nobody can wake)"
        if self._thread == threading.main_thread().ident:
            why = ""
        try:
            stream = sys.__stderr__
            assert stream is not None
            stream.write(
                f"\n\nasynctesting: {self.fact}, and for "
                f"{self.patience:g} s more the test could not be interrupted: "
                f"the process ends{why}\n\n{self._report}\n\nall threads:\n"
            )
            stream.flush()
            faulthandler.dump_traceback(stream, all_threads=True)
        finally:
            os._exit(EXIT_STATUS)

    def arrive(self, frame: FrameType | None) -> None:
        """Raise, in the signal handler, unless this is no good moment for it."""
        if not (self._due and self._open):
            return
        if _is_inside(frame) and self._put_off < PUT_OFF:
            self._put_off += 1
            self._deadline = _watchdog.clock() + MOMENT
            _watchdog.wake()
            return
        self._due = False
        if self._taps >= 3:
            self._pursue(frame)
        raise Interrupted

    def _pursue(self, frame: FrameType | None) -> None:
        """Have the next line of the user's interrupted as well, wherever it is."""
        if not self._pursued:
            self._pursued = True
            self._tracer = sys.gettrace()
        while frame is not None and frame.f_code is not _RUN:
            frame.f_trace = self._trace
            frame = frame.f_back
        sys.settrace(self._trace)

    def _trace(self, frame: FrameType, event: str, argument: object) -> Any:
        if event == "line" and self._open and not _is_inside(frame) and _can_raise_at(frame):
            raise Interrupted  # which ends the tracing
        return self._trace


_RUN: Final = TimeLimit.run.__code__

_CANCELLED: Final = (asyncio.CancelledError, concurrent.futures.CancelledError)


def _is_inside(frame: FrameType | None) -> bool:
    """
    Tell whether an exception at this place would hit the machinery, not the user's code.

    That is this package, the loop, and what does something for the user's code that must not be
    left half done, may hold a lock meanwhile, or would swallow it: a module being imported,
    coverage taking notes, a weak reference being cleared, this signal handler itself.

    """
    innermost = frame
    while frame is not None and frame.f_code is not _RUN:
        module = str(frame.f_globals.get("__name__"))
        if module.startswith(_DELICATE):
            return True
        if frame is innermost and (waits.is_ours(frame) or module.startswith("asyncio.")):
            return True
        frame = frame.f_back
    return False


_DELICATE: Final = (
    __name__,
    "_frozen_importlib",
    "_weakrefset",
    "coverage.",
    "importlib._bootstrap",
    "weakref",
)


def _can_raise_at(frame: FrameType) -> bool:
    """
    Tell whether a trace function may raise at the instruction that comes next in *frame*.

    Where an except clause or the end of a with statement begins, the interpreter would take
    away the exception that it is just about to put there, and be confused for ever.

    """
    opcode = frame.f_code.co_code[frame.f_lasti]
    return opcode not in _HANDLING


_HANDLING: Final = frozenset(
    dis.opmap[name]
    for name in ("CLEANUP_THROW", "COPY", "POP_EXCEPT", "PUSH_EXC_INFO", "RERAISE")
    if name in dis.opmap
)


class Watcher(Protocol):
    """
    Something that looks at a thread again and again, from :func:`watch` to :func:`unwatch`.

    It does not in a process made with ``os.fork`` meanwhile.

    """

    #: How many real seconds its looks are apart.
    period: float

    def look(self, now: float, late: float) -> float:
        """
        Look, if it is time to, and return when to look next, by ``time.perf_counter()``.

        Called on the watchdog's thread. It must not raise, and must not wait.

        Args:
            now: the time.
            late: how many seconds ago it should have been called.

        """
        ...


class _Lookout:
    """
    Sees a loop whose own thread waits for it.

    That is ``asyncio.run_coroutine_threadsafe(...).result()``, called where the loop runs; or any other wait
    without a limit, for an event, a queue, a job, a thread, while all other threads wait for ever, too. While the
    loop does not run, it is only a wait for this loop, or for one in another thread.

    """

    period = 0.1

    #: How many looks the loop beside a test waits for whoever should tell.
    led = 10

    #: Real seconds that threads get which do not seem to know the loop.
    patience = 0.5

    def __init__(
        self, limit: TimeLimit, loop: asyncio.AbstractEventLoop, found: outside.Outside
    ) -> None:
        self._limit = limit
        self._loop = loop
        self._outside = found
        self._seen: Any = None
        self._led = 0
        self._patience: Patience | None = None
        self._released: Any = None

    def turn_to(self, loop: asyncio.AbstractEventLoop, found: outside.Outside | None) -> None:
        """See another loop, from now on."""
        self._seen = self._released = None
        self._led = 0
        self._loop = loop
        if found is not None:
            self._outside = found

    def look(self, now: float, late: float) -> float:
        """See :class:`Watcher`."""
        thread = self._limit._thread
        frame = (insides.current_frames() or {}).get(thread)
        wait = None
        if frame is not None and self._limit._open:
            wait = outside.wait_of(thread, frame)
        if wait is None or frame is None:
            self._seen = None
            self._led = 0
        elif self._seen is not wait:
            self._patience = Patience(self.patience)
            self._seen = wait  # it may have come just now, and be about to leave
        else:
            self._look_at(frame, wait)
        return now + self.period

    def _look_at(self, frame: FrameType, wait: object) -> None:
        is_running = self._loop.is_running()
        if is_running and insides.thread_of(self._loop) != self._limit._thread:
            return  # somebody else runs it
        promise = self._outside.awaited_promise(frame)
        if promise is not None and is_running:
            self._expire(
                "the event loop's own thread waits, by result(), for what that event loop is to do",
                "await it instead, as in `await asyncio.wrap_future(...)`, or await the coroutine itself",
                promise,
            )
            return
        if isinstance(wait, outside.Awaited):
            if wait.is_told_there():
                return
        elif not is_running and promise is None:
            return  # a synchronous stage may wait for what we know nothing of
        # What is for a loop to do, somebody who knows none of the loops does not do.
        is_for_a_loop = promise is not None or wait is not frame
        stuck = self._outside.is_everybody_stuck(self._patience if is_for_a_loop else None)
        if not stuck or outside.wait_of(self._limit._thread, frame) is None:
            # In this order, for the last one to do something may have done it just now.
            self._led = 0
        elif self._led < self.led and self._outside.is_led():
            self._led += 1
        elif promise is not None:
            self._expire(
                "this thread waits, by result(), for what an event loop is to do that does not run",
                "run that loop in another thread, as by self.loop_runner(), or make the test `async def`",
                promise,
            )
        elif isinstance(wait, outside.Awaited):
            whose = "the thread of this event loop" if is_running else "this thread"
            self._expire(
                f"{whose} waits for {wait.name}, and everything waits there, too",
                "do not wait there for what is to be done here; in an `async def`, write "
                "`await asyncio.to_thread(runner.run_coroutine, ...)`",
            )
        else:
            self._expire(
                "the event loop's own thread waits for ever, and so do all others",
                "wait by `await`, which lets the event loop go on: asyncio.to_thread() for what blocks",
                outside.promise_awaited_at(frame, self._limit._thread),
            )

    def _expire(self, fact: str, cure: str, promise: Any = None) -> None:
        self._limit.expire(f"deadlock: {fact}", cure)
        # That lets go of the thread by itself. It is the limit that fails the stage.
        if promise is not None and self._released is not promise and self._limit._fired:
            self._released = promise
            promise.cancel()


class _Watchdog:
    """The thread that looks at the limits of all threads of this process."""

    #: Clocks that no test has replaced, and that nobody finds among a module's globals.
    clock = staticmethod(time.perf_counter)
    sleep = staticmethod(time.sleep)

    def __init__(self) -> None:
        names = ("SIGURG", "SIGVTALRM") if hasattr(signal, "pthread_kill") else ()
        self.signals = [getattr(signal, name) for name in names]
        self.handler = self.on_signal  # one object, to be recognised by
        self.displaced = bool(self.signals)  # handlers are to be installed
        self.timed = False  # ITIMER_VIRTUAL is ours
        self.hooked = False
        self.parting = False  # part() will be called when Python ends
        self._knocks: list[Any] = []  # the signal by which the thread is begun again after a fork
        self.begin_anew()

    def begin_anew(self) -> None:
        """Know of no threads: there are none yet, and none in a child process."""
        self.armed: set[TimeLimit] = set()
        self.busy = False  # something was armed since the last look
        self.awake_at = _NEVER  # when it looks next by itself; to look sooner it must be woken
        self.overdue_at = _NEVER  # when somebody should have let it look
        self.watchers: set[Watcher] = set()
        self.stirred = False  # a watcher has come since the last look
        self.pace = _NEVER  # seconds between two looks of watchers, for now
        self.planned = _NEVER  # when they are to look next
        self.rest_at = 0.0  # when there is no pace any more, if no watcher comes
        self.running = False
        self.native_id = 0
        self._life: object = None
        self._lock = _thread.allocate_lock()
        self._bell = _thread.allocate_lock()
        self._way = _thread.allocate_lock()
        self._done = _thread.allocate_lock()
        self._bell.acquire()

    # On any thread

    def watch(self, watcher: Watcher) -> None:
        """Have *watcher* look until it is let go. It costs about a third of a microsecond."""
        self.watchers.add(watcher)
        self.stirred = True
        if watcher.period < self.pace:
            self.pace = watcher.period
            self.planned = min(self.planned, self.clock())
            self.wake()

    def unwatch(self, watcher: Watcher) -> None:
        """Have *watcher* look no more; if it does not, that is in order."""
        self.watchers.discard(watcher)

    def wake(self) -> None:
        """Have a look taken at the limits now."""
        if not self.running:
            self._begin()
        if self._bell.locked():  # else it is ringing already
            self._set_alarm(0.0)
            if self.running:
                self.overdue_at = min(self.overdue_at, self.clock() + OVERDUE)
            with contextlib.suppress(RuntimeError):  # another thread has rung it
                self._bell.release()

    def give_way(self, now: float) -> None:
        """
        Let the thread look, which is late, since this one keeps it from the global lock.

        A thread asks for that lock when it has waited for it for a switch interval, and begins to count anew whenever
        another one gives it up and has it back before the system has got this one going. Short tests in a row do so by
        each call of the system, many times in an interval. So the thread would be woken many times, and in vain; that
        costs a tenth of the time of each test.

        """
        self.overdue_at = now + AGAIN
        self._way.acquire(False)
        self._way.acquire(True, GIVEN)

    def _begin(self) -> None:
        if not self.hooked and hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=self.before_fork,
                after_in_parent=self.after_fork,
                after_in_child=self.begin_anew,
            )
            # Python 3.13 counts threads after these functions. So the last one only has a signal
            # handled as soon as os.fork() returns, if there is one in the list; and does that
            # without any Python code, since there it would be handled at once.
            key: Any = _thread.interrupt_main
            knock = functools.partial(self._knocks.sort, key=key)
            os.register_at_fork(after_in_parent=knock)
        self.hooked = True
        self._life = life = object()
        self._done = done = _thread.allocate_lock()
        done.acquire()
        # Not a threading.Thread: it is no business of those who count the threads of a test.
        with contextlib.suppress(RuntimeError):  # the interpreter is shutting down
            _thread.start_new_thread(self.live, (life, done))
            self.running = True

    def before_fork(self) -> None:
        """End the thread: since 3.12, Python warns of a fork in a process that has several."""
        self._knocks.clear()
        if self.running:
            if threading.get_ident() == threading.main_thread().ident:
                self._knocks += self._owned()[:1]
            self._life = None
            self.wake()
            self._done.acquire(True, 1.0)
            self.running = False
            # On Linux, Python counts threads of the system, and this one may not be gone yet.
            for _ in range(200):
                if not os.path.exists(f"/proc/self/task/{self.native_id}"):
                    break
                self.sleep(0.0002)

    def after_fork(self) -> None:
        """Go on in the parent process."""
        if (self.armed or self.watchers) and not self._knocks:
            self.wake()

    # On the main thread

    def install(self) -> None:
        """Take the signals that nobody else has taken, if this is the main thread."""
        if threading.get_ident() != threading.main_thread().ident:
            return
        self.displaced = False
        for signum in self.signals:
            if signal.getsignal(signum) is signal.SIG_DFL and not _has_timer(signum):
                with contextlib.suppress(ValueError):  # the module refuses in a subinterpreter
                    signal.signal(signum, self.handler)
        self.timed = len(self._owned()) == 2
        if self.timed and not self.parting:
            self.parting = True
            atexit.register(self.part)

    def part(self) -> None:
        """
        Let no alarm end the process when Python ends, which may take longer than until it goes off.

        Python puts back the signals that have a handler, and by default this one kills; it
        leaves those alone that are ignored. To stop the timer would not do: the watchdog may
        set it once more.

        """
        if signal.SIGVTALRM in self._owned():
            signal.signal(signal.SIGVTALRM, signal.SIG_IGN)

    def on_signal(self, signum: int, frame: FrameType | None) -> None:
        """Interrupt the stages of the main thread that are over their time."""
        if signum == signal.SIGVTALRM:
            self.tick()  # the watchdog may be kept from it
        if (self.armed or self.watchers) and not self.running:
            self.wake()  # this process has forked
        for limit in tuple(self.armed):
            if limit._thread == _thread.get_ident():
                limit.arrive(frame)

    # On the watchdog's thread

    def live(self, life: object, done: _thread.LockType) -> None:
        """Be the thread."""
        self.native_id = _thread.get_native_id()
        # The garbage collector runs on whichever thread fills its count, and with it finalizers of
        # the tests' objects: one that never ends would end the watch. So it is off while
        # this thread is awake; and since Python 3.12 runs it between two instructions, it is
        # switched in one call, by functions that have none.
        enabled = gc.isenabled()
        gc.disable()
        while self._life is life:
            until = self.awake_at = min(self.tick(), self.let_watch())
            self.overdue_at = until + OVERDUE
            if self._way.locked():
                self._way.release()
            pause = -1 if until == _NEVER else max(0.0, until - self.clock())
            sleep = functools.partial(self._bell.acquire, True, pause)
            steps: Any = gc.enable if enabled else gc.disable, sleep, gc.isenabled, gc.disable
            # Not a tuple: it cannot be made while gc.get_objects() has shown it to somebody.
            enabled = collections.deque(map(operator.call, steps), len(steps))[2]
            self.awake_at = _NEVER
        self.pace = self.overdue_at = _NEVER  # whoever comes now must begin the thread again
        if enabled:
            gc.enable()
        done.release()

    def tick(self) -> float:
        """Look at every limit; return when to look next."""
        now = self.clock()
        armed = tuple(self.armed)
        until = min((limit.look(now) for limit in armed), default=_NEVER)
        owned = self._owned()
        self.displaced = len(owned) < len(self.signals)
        self.timed = len(owned) == 2
        if armed or self.busy:
            self.busy = False
            until = min(until, now + TICK)
        self._set_alarm(until - now)
        return until

    def let_watch(self) -> float:
        """
        Let each watcher look; return when to do so next.

        Tests come and go, each with its watcher. So the pace is kept for a while when there is
        none: to wake the thread costs more than to arm a watcher.

        """
        now = self.clock()
        pace, self.pace = self.pace, _NEVER  # whoever comes meanwhile wakes this thread
        if self.stirred:
            self.stirred = False
            self.rest_at = now + TICK
        watchers = tuple(self.watchers)
        periods = [watcher.period for watcher in watchers]
        if now < self.rest_at:
            periods.append(pace)
        pace = min(periods, default=_NEVER)
        late = max(0.0, now - self.planned)
        until = min((watcher.look(now, late) for watcher in watchers), default=_NEVER)
        self.planned = until = min(until, now + pace)
        self.pace = pace
        return until

    def _set_alarm(self, seconds: float) -> None:
        """Have a signal replace the watchdog if it is not awake in time."""
        if self.timed:
            alarm = (0.0, 0.0) if seconds == _NEVER else (max(0.0, seconds) + LATE, INTERVAL)
            signal.setitimer(signal.ITIMER_VIRTUAL, *alarm)

    def _owned(self) -> list[Any]:
        return [signum for signum in self.signals if signal.getsignal(signum) is self.handler]

    def interrupt(self, limit: TimeLimit) -> None:
        """Interrupt the stage of a limit, by the means there are."""
        me = _thread.get_ident()
        if limit._thread == me:
            return  # this is the signal handler, which goes on to do it
        owned = self._owned()
        if owned and limit._thread == threading.main_thread().ident:
            signal.pthread_kill(limit._thread, owned[0])
            return
        limit._due = False
        # In a signal handler, the lock may be held by what was interrupted: then another time.
        if self._lock.acquire(me != threading.main_thread().ident):
            try:
                if limit._open:
                    limit._sent = _raise_in(limit._thread)
            finally:
                self._lock.release()
        limit._ask_to_end()  # that wakes a loop that is idle, and the exception arrives

    def recall(self, limit: TimeLimit) -> None:
        """Let no asynchronous exception arrive after this; to be called on the limit's thread."""
        with self._lock:
            sent, limit._sent = limit._sent, False
        if sent:
            # It may have arrived or not. Taking it back would leave Python 3.11 looking for it
            # for ever, so it is sent anew, and waited for.
            try:
                _raise_in(limit._thread)
                for _ in range(1000):
                    pass
            except Interrupted:
                pass


def _has_timer(signum: int) -> bool:
    return signum == signal.SIGVTALRM and signal.getitimer(signal.ITIMER_VIRTUAL) != (0.0, 0.0)


def _raise_in(thread: int) -> bool:
    """Raise :exc:`Interrupted` in a thread when it next runs Python code; tell if this can be."""
    try:
        from ctypes import c_ulong, py_object, pythonapi  # takes milliseconds, and only here
    except ImportError:  # the process will have to be ended
        return False
    pythonapi.PyThreadState_SetAsyncExc(c_ulong(thread), py_object(Interrupted))
    return True


_watchdog: Final = _Watchdog()


#: Have watchers look at their threads, or not any more; see :class:`Watcher`.
watch: Final = _watchdog.watch
unwatch: Final = _watchdog.unwatch


def under_debugger(frame: FrameType | None) -> bool:
    """
    Tell whether a debugger is at work.

    That is pdb, or another that is built on bdb, whether it waits for a command, steps through a
    stage, or has started the program; pydevd (PyCharm, VS Code); from Python 3.12 on, whoever has
    registered with ``sys.monitoring`` as the debugger. A trace function by itself is none:
    coverage has one.

    Args:
        frame: the innermost frame of a thread.

    """
    if "pydevd" in sys.modules:
        return True
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is not None and monitoring.get_tool(monitoring.DEBUGGER_ID) is not None:
        return True
    within = True
    while frame is not None:
        modules = [frame.f_globals.get("__name__")]
        # pdb leaves itself behind on the outermost frame when it is told to continue.
        within = within and frame.f_code is not _RUN
        if within:
            tracer = type(getattr(frame.f_trace, "__self__", None))
            modules += [base.__module__ for base in tracer.__mro__]
        if any(str(module).partition(".")[0] in _DEBUGGERS for module in modules):
            return True
        frame = frame.f_back
    return False


def report(
    loop: asyncio.AbstractEventLoop | None = None,
    guilty: asyncio.Task[Any] | None = None,
    thread: int | None = None,
) -> str:
    """
    Return what hangs, as text of about a screenful: the guilty first.

    If the thread was in code of the user's, it begins with that; else the loop was idle, and the
    guilty task comes first. It changes nothing and calls nothing of the user's, and may be
    called on any thread.

    Args:
        loop: the loop whose tasks are told; without one, only the thread is.
        guilty: the task that carries the test.
        thread: the identifier of the thread that runs the test.

    Example:

        >>> async def main():
        ...     asyncio.current_task().set_name("test")
        ...     print(report(asyncio.get_running_loop()).splitlines()[0])
        >>> asyncio.run(main())
        task 'test' is running

    """
    parts = []
    if thread is not None:
        parts += _tell_thread(waits.thread_stack(thread), loop is not None and loop.is_running())
    if loop is not None:
        parts.append(waits.render_tasks(asyncio.all_tasks(loop), guilty))
    return "\n".join(filter(None, parts))


def deadlock(
    loop: asyncio.AbstractEventLoop,
    guilty: asyncio.Task[Any] | None = None,
    fact: str = "",
) -> DeadlockError:
    """
    Return the error for a loop that nothing will ever wake.

    To be raised out of ``run_forever()``, on the loop's thread. Its traceback ends at the line of the user's at
    which the guilty task waits.

    Args:
        loop: the loop, idle.
        guilty: the task for which it runs.
        fact: what is told first, if it is no usual deadlock.

    """
    if not fact:
        fact = "deadlock: nothing can wake the event loop"
        if insides.has_ready_callbacks(loop):
            fact = (
                "deadlock: what is ready was scheduled by another thread, or by a signal handler, "
                "and the event loop was not woken: use loop.call_soon_threadsafe()"
            )
    told = report(loop, guilty)
    told = "\n".join([told, *_tell_others(loop, threading.get_ident(), told)])
    cure = "let a task bring about what it waits for, or wait for it no longer than asyncio.timeout() allows"
    if told.startswith(waits.CIRCLE):
        cure = "take what they hold in the same order everywhere, or give it back before waiting for more"
    error = DeadlockError("\n".join(filter(None, (fact, told, cure))))
    place = None if guilty is None else waits.culprit(guilty)
    return error if place is None else raise_at(error, place)


def _tell_others(loop: asyncio.AbstractEventLoop, thread: int, told: str) -> list[str]:
    """Tell of the loops in other threads that wait as well, unless that was *told* already."""
    threads = dict(getattr(threading, "_active", {}))
    parts = []
    for other, number in outside.others(loop):
        if number != thread and asyncio.all_tasks(other):
            thread_of = threads.get(number)
            name = f"thread {number if thread_of is None else thread_of.name!r}"
            if getattr(type(thread_of), "__str__", None) is not object.__str__:
                name = str(thread_of)
            lines = report(other, None, number).splitlines()
            part = "\n".join([f"in {name}:", *(f"  {one}" for one in lines)])
            if part not in told:
                parts.append(part)
    return parts


def _tell_thread(stack: list[waits.Place], running: bool) -> list[str]:
    for index, place in enumerate(stack):
        if place.module == __name__ and place.function in _OBSERVERS:
            stack = stack[:index]
            break
    # What lies outside of the stage, or of the callback that the loop runs, is no news.
    begin = 0
    for index, place in enumerate(stack):
        if place.module in _CALLED_BY_USERS:
            continue
        if place.module.startswith(waits.PACKAGE) or place.function in _LOOPS:
            begin = index + 1
    within = stack[begin:]
    if not any(map(waits.is_users, within)):
        if running and not (stack and stack[-1].function == "Handle._run"):
            return ["the thread was idle, in its event loop"]
        return ["the thread was in a function that is not written in Python"]
    shown = [str(place) for place in waits.users_first(within)]
    if not waits.is_users(within[-1]):
        shown.append(f"in {within[-1].module}.{within[-1].function}")
    if len(shown) > 8:
        shown = [*shown[:2], f"... {len(shown) - 7} more ...", *shown[-5:]]
    return ["the thread was at", *(f"    {line}" for line in shown)]


#: Where the thread that is looked at begins to look itself.
_OBSERVERS: Final = frozenset({"_Watchdog.on_signal", "report"})

#: Modules of ours that a test may wait in: whoever has called them is the user.
_CALLED_BY_USERS: Final = frozenset({waits.PACKAGE + "threads"})

#: Below them are the loop's affairs, above them the user's.
_LOOPS: Final = frozenset({"BaseEventLoop._run_once", "Handle._run"})
