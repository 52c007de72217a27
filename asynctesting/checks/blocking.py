"""
``blocked-loop``: one callback, or one step of a task, held the event loop.

The fault: ``time.sleep(1)``, ``requests.get(...)``, ``subprocess.run(...)`` or a long computation
in an ``async def``. Meanwhile no other task runs, no timer, no timeout. Tests with
one task hardly notice; a server with a thousand does.

The cure: await the asynchronous counterpart (``await asyncio.sleep(1)``), or move the call into a
thread: ``await asyncio.to_thread(...)``.

The allowance: ``@allow("blocked-loop")``, also as ``with allow("blocked-loop"):`` around the
line; ``blocking_limit=...`` gives all lines of a test or a class more time, and ``None`` all the
time in the world.

It is measured, so it can be no fact; it fails the test all the same, as no suite of others, on a
busy machine either, gave a false alarm. The line that is told is the user's innermost one, the
one most often seen if there were several. What the loop calls without any, as in
``loop.call_soon(time.sleep, 1)``, is told by its name, with the line of the test that has it, if
there is only one.

How it knows: a few times in each ``blocking_limit`` the thread that watches the time limits looks
where the thread of the test is. Only what it sees again and again in the same callback or
step, and nothing else in between, is held against it: a thousand short callbacks that together
take long are in order.

Time that a loaded machine takes away does not count. That is: time during which the whole process,
or the watching thread, stood still; during which, as Linux tells, the thread waited for
a processor; and during which other threads of the process were computing, so that this
one may have waited for Python's global lock, unless it stood at one and the same call all the
time and did not compute at all. What is left is told as "at least".

The default is half a second. With a tenth of it a person does not notice anything yet, and it is
asyncio's own figure in debug mode; but tests also do what happens once in a program, and on a
machine that is slow or measures coverage: hash a password, configure an object-relational mapper,
make a TLS context, read locales. None of them takes half a second on its own; a synchronous
call that waits for a network, a process or a human being often does.

What it cannot see: what holds the loop for less than the limit and a quarter; synchronous stages,
which do not hold the loop, as it stands still while they run; modules being imported, which is
done once; workers of a ``ProcessPoolExecutor`` being started; the messages of failed assertions;
full runs of the garbage collector; anything while a debugger is at work; on a loop that is not
written in Python (uvloop), tasks other than the one of the test itself, and callbacks; loops in
other threads; anything while there are other interpreters in the process; a C function that keeps
the global lock all the time, unless it computes, and the system tells how much (it does on Linux).

"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import re
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from functools import partial
from types import BuiltinFunctionType, FrameType
from typing import Any, ClassVar, Final, NamedTuple, TypeAlias

from ..cures import line_in, mended, sync_function
from ..driver import Driver
from ..findings import Finding, Place, is_installed, is_user_file, place_of_frame
from ..loops import insides
from ..loops.processors import System
from .base import Check, Closing, Scene, innermost
from .hooks import code_of, name_of


__all__ = ["BlockedLoop"]

__unittest = True

#: How many looks are taken in one limit, and how far apart they are, in seconds.
LOOKS: Final = 4
CLOSEST: Final = 0.01
FARTHEST: Final = 1.0

#: A look is late if this many periods have passed since the last one.
LATE: Final = 1.5

#: A thread that used less than this share of the time for computing, did not compute.
IDLE: Final = 0.02

#: How many threads are remembered at once.
MANY: Final = 100

#: How many culprits are told, and how many of their callers each.
MOST: Final = 5
CALLERS: Final = 7

#: Each call of these is one callback, or one step of a task.
STEPS: Final = frozenset(
    code
    for code in (insides.HANDLE_RUN, Driver.send.__code__, Driver.throw.__code__)
    if code is not None
)

#: Nothing that these modules do for the user's line is held against it.
EXCUSED: Final = frozenset(
    "concurrent.futures.process difflib pprint traceback unittest.case unittest.util".split()
)

#: Where the user waits for a loop in another thread, by what this package has.
ASKING: Final = frozenset(
    "_wait_for LoopRunner._wait_for LoopRunner._ask LoopRunner.run_coroutine LoopRunner.call".split()
)
_RUNNERS: Final = f"{__name__.partition('.')[0]}.threads"

_ASYNCIO: Final = os.path.dirname(os.path.abspath(asyncio.__file__)) + os.sep
_PACKAGE: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep

# Clocks that no test has replaced.
_monotonic: Final = time.monotonic
_process_time: Final = time.process_time
_thread_clock: Final[Any] = getattr(time, "pthread_getcpuclockid", None)
_read_clock: Final[Any] = getattr(time, "clock_gettime", None)

#: The module of the watchdog, once there was something to watch. A program that only imports us
#: does not need it.
_hangs: Any = None

#: What tells how often this thread has waited; on Linux.
_usage: Any = None

#: Whether it was said that nothing can be seen.
_has_said = False


class Sight(NamedTuple):
    """What a look at a thread has shown; no frames, which would keep their variables alive."""

    #: Seconds for which this thread, and the process, have computed so far; and how often
    #: everything has been collected.
    cpu: float = 0.0
    process: float = 0.0
    collections: int = 0
    #: How often the thread that looks has waited for something.
    switches: int = 0
    #: The number of the thread as the system has it; 0 where that is not known.
    tid: int = 0
    #: Whether a step was running, and whether it had been seen before.
    is_step: bool = False
    is_same: bool = False
    #: The innermost instruction.
    position: Any = None
    #: The culprit; none if nobody is to blame.
    place: Place | None = None
    #: The user's lines that led to it, the innermost first.
    callers: tuple[Place, ...] = ()
    #: The functions that the culprit has called, the innermost first, by module and name.
    within: tuple[tuple[str, str], ...] = ()


class Step:
    """
    One step that was seen, and what is held against it.

    Args:
        now: when it was first seen.
        sight: what was seen.

    """

    __slots__ = ("computed", "counts", "counted", "held", "last", "seen", "sights", "stuck")

    def __init__(self, now: float, sight: Sight) -> None:
        self.seen: float = now
        self.last: Sight = sight
        self.held: Held | None = None
        self.counted: float = 0.0
        self.computed: float = 0.0
        self.stuck: float = 0.0
        self.counts: dict[Place, int] = {}
        self.sights: dict[Place, Sight] = {}

    def add(self, now: float, sight: Sight, period: float) -> None:
        """Hold against it what has passed since it was last seen, if that can be."""
        last, self.last = self.last, sight
        elapsed, self.seen = now - self.seen, now
        if sight.place is None:
            return
        computed = min(max(0.0, sight.cpu - last.cpu), elapsed)
        others = max(0.0, sight.process - last.process - computed)
        is_idle = sight.position == last.position and computed < IDLE * elapsed
        if elapsed > LATE * period:
            # The machine stood still, or is busy; or the step has kept the global lock, and
            # computed. How long a thread that is idle waited for a processor, Linux will tell.
            if is_idle and sight.tid > 0:
                counted = period
            elif sight.collections != last.collections:
                counted = computed = 0.0
            else:
                counted = computed
        else:
            counted = max(computed, elapsed - others)
            # What waits for a thread that computes stays where it is, and what waits for the
            # global lock gets it at times. So it counts if it lasts, and only then.
            self.stuck = self.stuck + elapsed - counted if is_idle else 0.0
        self.take(sight, counted, computed)

    def take(self, sight: Sight, counted: float, computed: float) -> None:
        """Hold *counted* seconds against it, *computed* of them for sure."""
        assert sight.place is not None
        self.counted += counted
        self.computed += computed
        self.counts[sight.place] = self.counts.get(sight.place, 0) + 1
        self.sights[sight.place] = sight

    def held_for(self, limit: float) -> float:
        """All that is held against it."""
        return self.counted + (self.stuck if self.stuck >= limit else 0.0)

    @property
    def culprit(self) -> Sight:
        """What was seen most often, the latest of several."""
        place = max(reversed(self.counts), key=self.counts.__getitem__)
        return self.sights[place]


class Held:
    """A step that has held the loop too long."""

    __slots__ = ("has_computed", "seconds", "sight", "when")

    def __init__(self, seconds: float, when: float, sight: Sight, has_computed: bool) -> None:
        self.seconds: float = seconds
        self.when: float = when
        self.sight: Sight = sight
        self.has_computed: bool = has_computed


_SYSTEM: Final = System()


#: For each thread when it was looked at last, and what that has shown, lines aside.
_PAST: Final[dict[int, tuple[float, Sight]]] = {}


class BlockedLoop(Check):
    """See the module."""

    ids: ClassVar[tuple[str, ...]] = ("blocked-loop",)
    is_shared: ClassVar[bool] = True

    # What is the same in most lives is not written anew for each.
    scene: Scene
    limit: float
    period: float
    _watched = False
    _error: Exception | None = None
    _step: Step | None = None
    _due = 0.0
    _found: dict[Place, Held] | None = None

    def start(self, scene: Scene) -> None:
        limit = scene.blocking_limit
        if limit is None:
            return
        if not insides.can_look_at_threads():
            self._stand_aside()
            return
        self.scene = scene
        self.limit = limit
        self.period = limit / LOOKS
        if not CLOSEST <= self.period <= FARTHEST:
            self.period = min(max(CLOSEST, self.period), FARTHEST)
        hangs = _hangs or _import_hangs()
        self._watched = True
        hangs.watch(self)

    def _stand_aside(self) -> None:
        """Say that nothing can be seen on this Python, once for all lives."""
        global _has_said
        if not _has_said:
            _has_said = True
            self._error = RuntimeError("it stands aside: this Python has no sys._current_frames()")

    def stop(self) -> None:
        if self._watched:
            _hangs.unwatch(self)

    def is_in_doubt(self, scene: Scene) -> bool:
        step = self._step
        return bool(self._found or self._error or (step is not None and step.held is not None))

    # On the watchdog's thread

    def look(self, now: float, late: float) -> float:
        """Look where the thread is, if it is time to; return when to look next."""
        if now >= self._due:
            try:
                self._look(now, late)
            except Exception as error:
                _hangs.unwatch(self)
                self._error = error
            self._due = now + self.period
        return self._due

    def _look(self, now: float, late: float) -> None:
        scene = self.scene
        sight = None
        if innermost(scene.thread) is scene:
            sight = look_at(scene.thread, scene.loop.is_running(), late >= self.limit)
        if sight is None:
            self._turn_to(None)
            return
        past = _PAST.get(scene.thread)
        if past is None and len(_PAST) > MANY:
            _PAST.clear()
        _PAST[scene.thread] = now, sight._replace(position=None, place=None, callers=())
        if not sight.is_step:
            self._turn_to(None)
        elif self._step is None or not sight.is_same:
            step = Step(now, sight)
            self._turn_to(step)
            if past is not None and late >= self.limit and sight.place is not None:
                self._see_lock_kept(step, now, late, past, sight)
        else:
            self._step.add(now, sight, self.period)
        known = self._step
        if known is not None and known.held_for(self.limit) >= self.limit:
            self._judge(known, sight.tid)
        elif known is None or not (known.counted or known.stuck):
            _SYSTEM.begin(sight.tid, now)

    def _see_lock_kept(
        self, step: Step, now: float, late: float, past: tuple[float, Sight], sight: Sight
    ) -> None:
        """
        Hold against a step that is new what has kept this thread, the watchdog's, waiting.

        If it did not get the global lock for long, somebody has kept it in one call of a C
        function. It was this step if its thread has computed that long: the lock was given up
        just now, at its next instruction. Whoever waits for the lock wakes up at each switch
        interval to ask for it, and the system counts that: so it is no other wait.

        """
        then, last = past
        before = now - late - then
        if before <= 2 * self.period and sight.collections == last.collections:
            # Of what it has computed since then, what it may have before does not count.
            computed = sight.cpu - last.cpu - before
            asked = (sight.switches - last.switches) * sys.getswitchinterval()
            kept = max(0.0, min(computed, late, asked))
            step.take(sight, kept, kept)

    def _judge(self, step: Step, tid: int) -> None:
        """Note that the step has held the loop, unless it only waited for a processor."""
        seconds = max(step.computed, step.held_for(self.limit) - _SYSTEM.waited(tid))
        if seconds < self.limit or (step.computed < self.limit and _SYSTEM.is_ready(tid)):
            return
        when = _monotonic() if step.held is None else step.held.when
        step.held = Held(seconds, when, step.culprit, 2 * step.computed > seconds)

    def _turn_to(self, step: Step | None) -> None:
        """Note what the last step has done, and turn to another one."""
        last, self._step = self._step, step
        if last is not None and last.held is not None:
            place, held = last.held.sight.place, last.held
            assert place is not None
            if self._found is None:
                self._found = {}
            known = self._found.get(place)
            if known is None or known.seconds < held.seconds:
                self._found[place] = held

    # On the test's thread

    def findings(self, closing: Closing) -> Iterable[Finding]:
        if self._error is not None:
            raise self._error
        self._turn_to(None)
        return () if self._found is None else self._tell(self._found)

    def _tell(self, found: dict[Place, Held]) -> Iterator[Finding]:
        for held in list(found.values())[:MOST]:
            sight = held.sight
            assert sight.place is not None
            detail = []
            place: Place | None = sight.place
            if sight.place.filename == CALLED:
                detail.append(f"the loop has called {sight.place.function} itself")
                place = _handed_over(self.scene.subject().place, sight.place.function)
            elif sight.within:
                module, function = sight.within[-1]
                detail.append(f"it was in {module}.{function}")
            detail += [f"called by {caller.where}" for caller in sight.callers[:CALLERS]]
            yield Finding(
                self.ids[0],
                f"the event loop was held for at least {held.seconds:.2g} s, "
                f"the limit is {self.limit:g} s",
                _cure(sight, held.has_computed),
                place,
                "\n".join(detail),
                about=(sight.place.function,),
                when=held.when,
            )


def _handed_over(test: Place | None, name: str) -> Place | None:
    """The line of a *test* by which the loop is given the function called *name* to call."""
    short = re.escape(name.rpartition(".")[2])
    return line_in(test, rf"\b(call|add)_\w+\(.*\b{short}\b") or line_in(
        test, rf"\b{re.escape(name)}\b"
    )


def _import_hangs() -> Any:
    global _hangs, _usage
    from .. import hangs

    with contextlib.suppress(ImportError, AttributeError):
        import resource

        _usage = partial(resource.getrusage, resource.RUSAGE_THREAD)
    _hangs = hangs
    return hangs


# Looking

#: The culprit, its callers, and what it has called; see :class:`Sight`.
_Blamed: TypeAlias = tuple[Place | None, tuple[Place, ...], tuple[tuple[str, str], ...]]


def look_at(thread: int, is_running: bool, is_late: bool = False) -> Sight | None:
    """
    Look what a thread does; none if there is no such thread.

    Nothing in here gives up the global lock, so that the thread stands still meanwhile, and none
    of its frames outlives its step by being looked at.

    Args:
        thread: the identifier of the thread.
        is_running: whether a loop runs in it; else it is in no step.
        is_late: whether a step that was not seen before may be to blame.

    """
    frame = (insides.current_frames() or {}).get(thread)
    if frame is None:
        return None
    tid, cpu = _computed(thread)
    sight = Sight(
        cpu,
        _process_time() if tid else 0.0,
        gc.get_stats()[-1]["collections"],
        _usage().ru_nvcsw if _usage is not None else 0,
        tid,
    )
    if not is_running:
        return sight
    stack: list[FrameType] = []
    step: FrameType | None = frame
    while step is not None and step.f_code not in STEPS:
        stack.append(step)
        step = step.f_back
    if step is None:
        return sight
    # Frames have no identity to be remembered by: they cannot be referred to weakly, their
    # addresses are used again, and to keep one would keep what it refers to. So a mark is left on
    # the one that is made for each step. It is the machinery's, which nobody traces by lines.
    is_same = not step.f_trace_lines
    step.f_trace_lines = False
    place, callers, within = _blame(stack, step) if is_same or is_late else NOBODY
    return sight._replace(
        is_step=True,
        is_same=is_same,
        position=(frame.f_code, frame.f_lasti),
        place=place,
        callers=callers,
        within=within,
    )


def _computed(thread: int) -> tuple[int, float]:
    """The number that the system has for a thread that lives, and its time of computing."""
    if _thread_clock is None or _may_end(thread):
        return 0, 0.0
    clock = _thread_clock(thread)
    # Linux makes these clocks from the numbers of threads, and glibc and musl know it.
    tid = ~(clock >> 3) if sys.platform == "linux" else -1
    return tid, _read_clock(clock)


def _may_end(thread: int) -> bool:
    """
    Tell whether a thread may end while it is asked for its clock, which would end the process.

    The global lock, where there is one, keeps it from ending.

    """
    is_locked = getattr(sys, "_is_gil_enabled", None)
    if is_locked is None or is_locked():
        return False
    return thread != threading.main_thread().ident


#: Where somebody is to blame by name, for want of a line.
CALLED: Final = ""

NOBODY: Final[_Blamed] = (None, (), ())


def _blame(stack: list[FrameType], step: FrameType | None = None) -> _Blamed:
    """Find the culprit among the frames of a *step*, its callers, and what it has called."""
    users = []
    within: list[tuple[str, str]] = []
    for frame in stack:
        filename = frame.f_code.co_filename
        if filename.startswith("<frozen importlib"):
            return NOBODY
        if is_user_file(filename):
            users.append(frame)
        elif not users:
            module = str(frame.f_globals.get("__name__"))
            if module in EXCUSED or (filename.startswith(_PACKAGE) and not _asks(frame)):
                return NOBODY
            within.append((module, frame.f_code.co_qualname))
    if not users:
        return _blame_callback(stack, step)
    if _hangs.under_debugger(stack[0]):
        return NOBODY
    own = [f for f in users if not is_installed(f.f_code.co_filename)]
    culprit = (own or users)[0]
    if own:
        above = users[: users.index(culprit)]
        within = [(str(f.f_globals.get("__name__")), f.f_code.co_qualname) for f in above] + within
    callers = tuple(place_of_frame(f) for f in (own or users)[1 : CALLERS + 1])
    return place_of_frame(culprit), callers, tuple(within)


def _asks(frame: FrameType) -> bool:
    """Tell whether the user waits for a loop runner here, for what that is to do."""
    return frame.f_globals.get("__name__") == _RUNNERS and frame.f_code.co_qualname in ASKING


def _blame_callback(stack: list[FrameType], step: FrameType | None) -> _Blamed:
    """Find the culprit in what the loop calls itself: ``call_soon(time.sleep, 1)``."""
    if step is None or step.f_code is not insides.HANDLE_RUN:
        return NOBODY
    handle: Any = step.f_locals.get("self")
    callback: Any = insides.callback_of(handle)
    if stack:
        # A function of the standard library, but for what asyncio has to do.
        code: Any = code_of(callback)
        if code is not stack[-1].f_code or code.co_filename.startswith(_ASYNCIO):
            return NOBODY
        module = str(stack[-1].f_globals.get("__name__"))
    else:
        while type(callback) is partial:
            callback = callback.func
        if not issubclass(type(callback), BuiltinFunctionType):
            return NOBODY  # a step of a task that is written in C
        if isinstance(callback.__self__, asyncio.Future):
            return NOBODY
        module = callback.__module__  # none of a method
    name = f"{module}.{name_of(callback)}" if module else name_of(callback)
    return Place(CALLED, 0, name), (), ()


# Words

_THREAD: Final = "move it into a thread: `await asyncio.to_thread(...)`"

#: What to write instead: for modules that are waited in, and for what the line itself calls.
_BY_MODULE: Final = {
    "subprocess": f"write `await asyncio.create_subprocess_exec(...)`, or {_THREAD}",
    "http": f"use an asynchronous client, or {_THREAD}",
    "requests": f"use an asynchronous client, or {_THREAD}",
    "urllib": f"use an asynchronous client, or {_THREAD}",
    "urllib3": f"use an asynchronous client, or {_THREAD}",
    "socket": f"use streams (`await asyncio.open_connection(...)`), or {_THREAD}",
    "ssl": f"use streams (`await asyncio.open_connection(...)`), or {_THREAD}",
    "sqlite3": f"use an asynchronous driver, or {_THREAD}",
    "concurrent": "await it: `await asyncio.wrap_future(future)`",
    "queue": "use asyncio.Queue within a loop, or " + _THREAD,
    "asynctesting": _THREAD,
    "threading": "wait by what asyncio has (Lock, Event, wrap_future), or " + _THREAD,
    "selectors": "let the loop do it: loop.add_reader(), or streams",
}
_BY_LINE: Final = (
    (r"\b(subprocess|os\.(system|popen|wait\w*))\b", _BY_MODULE["subprocess"]),
    (r"\b(requests|httpx|urlopen)\b", _BY_MODULE["requests"]),
    (r"\b(getaddrinfo|gethostby\w+)\(", f"write `await loop.getaddrinfo(...)`, or {_THREAD}"),
    (r"\.(recv\w*|send(all)?|accept|connect)\(", _BY_MODULE["socket"]),
    (r"\.(execute\w*|commit|fetch\w+)\(", _BY_MODULE["sqlite3"]),
    (r"\.result\(", _BY_MODULE["concurrent"]),
    (r"\.(acquire|wait|join|get|put)\(|^with .*lock", _BY_MODULE["threading"]),
)


def _cure(sight: Sight, has_computed: bool) -> str:
    """What to write instead."""
    if sight.place is not None and sight.place.filename == CALLED:
        return f"let a thread call it: `loop.run_in_executor(None, {sight.place.function}, ...)`"
    if has_computed:
        return (
            "it computes: let others run now and then by `await asyncio.sleep(0)`, or "
            "move it into a thread or a process: `await asyncio.to_thread(...)`"
        )
    modules = [module.partition(".")[0] for module, _ in reversed(sight.within)]
    for module in modules:  # what the user's line has called itself, first
        if module in _BY_MODULE:
            return _BY_MODULE[module]
    source = sight.place.source if sight.place is not None else ""
    if not modules and "sleep(" in source:
        return _cure_of_sleep(sight.place)
    for pattern, cure in _BY_LINE:
        if not modules and re.search(pattern, source):
            return cure
    return f"await its asynchronous counterpart, or {_THREAD}"


def _cure_of_sleep(place: Place | None) -> str:
    nap = mended(place, "sleep", "await asyncio.sleep") or "await asyncio.sleep(...)"
    function = sync_function(place)
    if not function or function.startswith("<"):
        return f"write `{nap}`"
    return (
        f"make {function}() `async def` and write `{nap}` in it,\n"
        f"or call it in a thread: `await asyncio.to_thread({function}, ...)`"
    )
