"""
One life: open a loop and a context, run phases, close within bounds, ask the checks.

A trial knows no unittest. It has the three methods of :class:`asyncio.Runner` that the
standard test case uses, ``get_loop``, ``run`` and ``close``, and stands in its place.

"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from types import AsyncGeneratorType, CoroutineType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Final, Protocol

from .allowances import Book
from .checks import Check, Closing, Levels, Scene, Subject, census, levels, rank
from .errors import AsyncTestingWarning, OptionError, StageError
from .findings import Finding
from .host import Host, Past
from .ledger import LEDGER
from .loops import insides, pipes
from .loops.factories import LoopFactory, is_simulated
from .options import Options, VirtualTime


if TYPE_CHECKING:
    from .hangs import TimeLimit
    from .loops.clocks import LoopClock
    from .loops.rested import Rested
    from .series import Series


__all__ = ["Companion", "Trial", "coroutine_of", "trial_of"]

__unittest = True

#: How often closing is begun anew when something stops the loop under it.
ATTEMPTS: Final = 3

#: How many times ``close_limit`` closing may take before it is interrupted.
CLOSING_STEPS: Final = 6


#: The attribute of a loop factory that knows the series of lives for which it makes loops.
SERIES: Final = "asynctesting_series"


#: Which life it is that shares the loop of another one; unset in the other one.
_GUEST: Final[contextvars.ContextVar[object]] = contextvars.ContextVar("asynctesting guest")

#: Modules that a program which only imports us does not need.
_hangs: Any = None
_watched: Any = None


def _load() -> Any:
    """Import those of the modules that each life needs; give the one that watches loops."""
    global _hangs, _watched
    from . import hangs
    from .loops import watched

    _hangs, _watched = hangs, watched
    return watched


#: The checks of a life that has not been opened.
_NOT_YET: Final = Levels({})


class Companion(Protocol):
    """What lives with a life, in a thread of its own, and must have ended before it ends."""

    def end(self) -> None:
        """End it, within bounds, and tell the life what there is to tell; it must not raise."""

    def describe(self) -> str:
        """Say where it stands, in as many lines as it takes."""
        ...


class Trial:
    """
    One life of a test.

    It opens when a loop is first needed, or with :meth:`open`, and is closed once. One of a series may rest instead,
    and be the next life as well; see :mod:`asynctesting.series`.

    Args:
        options: what the test asked for.
        loop_factory: what makes the loop; without one, asyncio's way: the policy that is
            installed makes it, and it is this thread's current loop during the life.
        parent: the trial of a class with one loop for all its tests; this one is then
            a guest on that loop, in a copy of that context.
        runner: a runner of somebody else's making, whose loop is used and not closed.
        name: what the task that carries the phases is called, if not as asyncio would.
        subject: tells what is being tested, if there is something to tell of it.
        is_companion: whether it is led beside another one, in a thread that is not the test's.

    """

    #: Whether nothing has failed it, or skipped it, so far. To be told before it is closed.
    has_passed: bool = True

    #: Whether what is found is written down; not if it is told to another life, which does so.
    is_noted: bool = True

    # What is true of one that has not begun.
    _clock: LoopClock | None = None
    _baseline: frozenset[asyncio.Task[Any]] = frozenset()
    _previous: Any = insides.UNKNOWN
    _overdue: TimeoutError | None = None
    _inside: int = 0
    #: What was to be told of whoever the loop is shared with.
    _of_parent: Past | None = None
    _guest: object = None
    _bugs: tuple[str, ...] = ()
    _broken: frozenset[type[Check]] = frozenset()

    def __init__(
        self,
        options: Options,
        *,
        loop_factory: LoopFactory | None = None,
        parent: Trial | None = None,
        runner: Any = None,
        name: str | None = None,
        subject: Callable[[], Subject] = Subject,
        is_companion: bool = False,
    ) -> None:
        self.options = options
        self.name = name
        # What is asked for often is not the class's as well: to look it up would take longer.
        self._host: Host | None = None
        self._scene: Scene | None = None
        self._levels: Levels = _NOT_YET
        #: What it has in common with other lives, if they are led one after another.
        series = getattr(loop_factory, SERIES, None)
        self._series: Series | None = series if isinstance(series, Trial) else None  # type: ignore[assignment]
        self._limit: TimeLimit | None = None
        self._closed: bool = False
        #: Findings that fail the test, and findings that only warn. Known once closed.
        self.failing: list[Finding] = []
        self.warning: list[Finding] = []
        if options.virtual_time is not None:
            loop_factory = _simulated(options.virtual_time, loop_factory)
        self._loop_factory = loop_factory
        self._parent = parent
        self._runner = runner
        #: Whether the loop is of this life alone.
        self._is_owned = parent is None and runner is None
        self._subject = subject
        self._is_companion = is_companion
        self._book = Book(options.allowances)
        self._checks: dict[type[Check], Check] = {}
        #: What was found, and what comes of it: "fail", "warn", or "known" of a baseline.
        self._found: list[tuple[Finding, str]] = []
        self._told: list[Finding] = []
        self._companions: list[Companion] = []
        self.context: contextvars.Context = (
            parent.context.copy() if parent is not None else contextvars.copy_context()
        )

    @property
    def is_open(self) -> bool:
        """Whether there is a loop."""
        return self._host is not None

    # Life

    def _step_aside(self) -> Any:
        """Put another loop aside that runs in this thread: this is a test inside of a test."""
        running = asyncio._get_running_loop()
        if running is None or (self._host is not None and running is self._host.loop):
            return None
        return insides.step_aside(running)

    def open(self) -> None:
        """Make the loop, and start the checks."""
        if self._closed:
            raise RuntimeError("the life of this test is over: its event loop is closed")
        if self._host is not None:
            return
        if self._parent is not None:
            self._host = self._parent.host
            self._of_parent = self._host.take_past()
            self._baseline = frozenset(asyncio.all_tasks(self._host.loop))
            self._guest = object()
            self.context.run(_GUEST.set, self._guest)
        elif self._runner is not None:
            loop = self._runner.get_loop()
            if self.options.virtual_time is not None and not is_simulated(type(loop)):
                raise OptionError(
                    f"virtual_time has a loop of its own, and this test a runner with {loop!r}: "
                    "write @virtual_time(False), or let that runner make a SimulatedLoop"
                )
            self._host = Host(
                loop, self.context, limit=self.options.close_limit, name=self.name
            )
            self._baseline = frozenset(asyncio.all_tasks(loop))
        else:
            thread = threading.get_ident()
            pipes.ask(thread)
            try:
                self._host = Host(
                    self._make_loop(),
                    self.context,
                    limit=self.options.close_limit,
                    name=self.name,
                )
            finally:
                pipes.ask_no_more(thread)
        series = self._series
        if series is not None and series.is_occupied:
            self._series = series = None  # this life is led inside of one of them
        if series is not None:
            if _hangs is None:
                _load()
            self._levels = on = levels(self.options.checks)
            self._scene = series.admit(self, self._host.loop, self._subject)
            self._limit = series.limit
            self._begin(on.own)
            series.know(self)
            return
        if self._parent is None:
            watched = _watched or _load()
            watched.watch(self._host.loop, self.guilty, is_companion=self._is_companion)
        self.resume_limit()
        self._levels = on = levels(self.options.checks)
        self._scene = self._set_scene(self._host.loop)
        self._begin(on.watching)

    def _set_scene(self, loop: asyncio.AbstractEventLoop, *, is_series: bool = False) -> Scene:
        on = self._levels
        if on.counting:
            census.prepare()  # what comes after the scene is of this life
        scene = Scene(
            loop,
            self._book,
            is_owned=self._is_owned,
            subject=self._subject,
            blocking_limit=self.options.blocking_limit,
            levels=on.by_id,
            life=self,
            is_companion=self._is_companion,
            is_series=is_series,
        )
        scene.enter()
        return scene

    def _begin(self, kinds: Iterable[type[Check]]) -> None:
        """Have the checks of these *kinds* watch."""
        checks, scene = self._checks, self._scene
        assert scene is not None
        for kind in kinds:
            try:
                checks[kind] = check = kind()
                check.start(scene)
            except Exception:
                self._note_bug(kind)
                begun = checks.pop(kind, None)
                if begun is not None:
                    with contextlib.suppress(Exception):
                        begun.stop()

    def guilty(self) -> asyncio.Task[Any] | None:
        """The task that carries its phases."""
        return None if self._host is None else self._host.driver

    def _make_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop_factory is not None:
            loop = self._loop_factory()
            if not hasattr(loop, "run_forever"):
                raise TypeError(
                    f"loop_factory must return an event loop, but {self._loop_factory!r} "
                    f"returned {loop!r}"
                )
            if loop.is_closed():
                raise RuntimeError(
                    f"loop_factory must return a new event loop, but {self._loop_factory!r} "
                    "returned one that is closed"
                )
        else:
            self._previous = insides.current_loop_state()
            loop = asyncio.new_event_loop()
            asyncio.set_event_loop(loop)
        if self.options.asyncio_debug is not None:
            loop.set_debug(self.options.asyncio_debug)
        return loop

    @property
    def host(self) -> Host:
        """The loop and its driver; opens the life if need be."""
        if self._host is None:
            self.open()
            assert self._host is not None
        return self._host

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """The loop of this life; opens it if need be."""
        return self.host.loop

    def get_clock(self) -> LoopClock:
        """The clock of this loop."""
        clock = self._clock
        if clock is None:
            from .loops.clocks import LoopClock

            clock = getattr(self.get_loop(), "clock", None)
            if not isinstance(clock, LoopClock):
                clock = LoopClock(self.get_loop())
            self._clock = clock
        return clock

    def call(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Run a synchronous phase, in the context of this life and outside its loop."""
        if self._inside:
            return function(*args, **kwargs)  # as doCleanups() in tearDown(): the context is entered
        self._inside += 1
        aside = self._step_aside()
        try:
            if self._limit is None:
                return self.context.run(function, *args, **kwargs)
            return self._limit.run(self.context.run, function, *args, **kwargs)
        finally:
            self._inside -= 1
            if aside is not None:
                insides.step_back(aside)

    def run(
        self,
        coroutine: Coroutine[Any, Any, Any],
        *,
        context: contextvars.Context | None = None,
        name: str = "the test",
    ) -> Any:
        """Run an asynchronous phase; see :meth:`asynctesting.host.Host.run`."""
        if type(coroutine) is not CoroutineType and not inspect.iscoroutine(coroutine):
            coroutine = _await(coroutine)
        try:
            host = self._host or self.host
            if self._inside:
                # A context that is entered cannot be entered again by the loop, which
                # would try for ever.
                raise RuntimeError(
                    f"cannot run {name} inside a synchronous stage of the test: "
                    "make that stage `async def`, and await it there"
                )
        except BaseException:
            coroutine.close()
            raise
        aside = None if asyncio._get_running_loop() is None else self._step_aside()
        try:
            if self._limit is None:
                return host.run(coroutine, context or self.context, name)
            return self._limit.run(host.run, coroutine, context or self.context, name)
        finally:
            if aside is not None:
                insides.step_back(aside)

    # Time

    def resume_limit(self) -> None:
        """Begin to count the time limit, from nothing."""
        if self.options.time_limit is not None:
            self._set_limit(self.options.time_limit)

    def _set_limit(self, seconds: float, *, fact: str = "", cure: str = "") -> None:
        host, thread = self.host, threading.get_ident()
        self._limit = limit = _hangs.TimeLimit(
            seconds,
            lambda: self.describe(thread),
            cancel=host.ask_to_end,
            loop=host.loop,
            guilty=self.guilty,
            fact=fact,
            cure=cure,
        )
        limit.start()

    def describe(self, thread: int) -> str:
        """Say what it does at this moment, on its *thread*."""
        host = self.host
        lines = self._tell_time()
        lines.append(_hangs.report(host.loop, host.driver, thread))
        lines += [companion.describe() for companion in tuple(self._companions)]
        return "\n".join(lines)

    def _tell_time(self) -> list[str]:
        """Tell what the loop's clock shows, where that is not clear."""
        loop = self.host.loop
        if not is_simulated(type(loop)):
            return []
        return [f"in virtual time it was {loop.time():.12g} s"]

    def pause_limit(self) -> None:
        """Stop counting."""
        limit, self._limit = self._limit, None
        if limit is None:
            pass
        elif self._series is not None and limit is self._series.limit:
            limit.rest()
        else:
            limit.stop()

    def tell(self, finding: Finding) -> None:
        """Note what is known already, for the end; to be called on any thread."""
        self._told.append(finding)

    # Companions

    def adopt(self, companion: Companion) -> None:
        """Let *companion* live with this life, at most as long as it."""
        self._companions.append(companion)

    def dismiss(self, companion: Companion) -> None:
        """Forget *companion*, which has ended."""
        if companion in self._companions:
            self._companions.remove(companion)

    # Closing

    def close(self) -> None:
        """
        End and close everything within bounds, then ask the checks.

        Closing what is closed, or was never opened, does nothing.

        Raises:
            TimeLimitExceeded: if something blocked the thread meanwhile. All the same, everything
                has been closed, and the checks have been asked.

        """
        if self._closed or self._host is None:
            self._closed = True
            return
        self._closed = True
        if self._series is not None and self._series.let_rest(self):
            return
        for companion in reversed(tuple(self._companions)):
            companion.end()
        aside = self._step_aside()
        try:
            self._close(self._host)
        finally:
            if aside is not None:
                insides.step_back(aside)

    def _close(self, host: Host) -> None:
        owned = self._is_owned
        closing = Closing(limit=host.limit, has_passed=self.has_passed)
        try:
            if host.loop.is_closed():
                host.forget_driver()
            elif host.loop.is_running():
                pass
            elif not (owned and host.drop_driver()):
                self._shut_down(host, closing, owned)
        finally:
            self.pause_limit()
            host.let_go_of_sigint()
            if self._series is None and self._parent is None:
                _watched.unwatch(host.loop)
            self._inspect()
            try:
                if owned and not host.loop.is_running():
                    host.silence_leftovers()
                    host.loop.close()
            finally:
                if owned and self._loop_factory is None:
                    insides.restore_current_loop(self._previous)
                past = host.take_past()
                if past is not None:
                    closing.swallowed, closing.stopped = past.swallowed, past.stopped
                    self._found += [(finding, "fail") for finding in past.raised]
                host.put_past_back(self._of_parent)
                self._ask(closing)
                self._scene = None  # it knows this trial: one would keep the other
        if self._overdue is not None:
            raise self._overdue

    def rest(self, rested: Rested) -> bool:
        """
        End here, if nothing has happened that a life is closed for: let it be the next one of the series as well.

        Args:
            rested: what its loop was like when it began.

        Returns:
            Whether that can be. If not, it is to be closed.

        """
        host, scene = self._host, self._scene
        if (
            host is None
            or scene is None
            or not self.has_passed
            or asyncio._get_running_loop() is not None
            or self._companions
            or len(self._book.entries) > len(self.options.allowances)
            or self._told
            or self._found
            or self._broken
            or self._bugs
            or self._overdue is not None
            or not host.loop.is_quiet  # type: ignore[attr-defined]
            or not rested.is_done_with()
            or not (rested.is_unknown() or insides.is_alone(host.driver, host.loop))
        ):
            return False
        for check in self._checks.values():
            if not check.begin_anew(scene):
                return False
        if not host.rest():
            return False
        self._clock = None
        rested.lie_down()
        return True

    def forget_context(self) -> None:
        """Drop what was set in the context of the life, which is over."""
        assert self._host is not None
        self.context = self._host.context = contextvars.Context()

    def begin_anew(self, loop_factory: LoopFactory, subject: Callable[[], Subject]) -> None:
        """Be the next life, after :meth:`rest`, with the same loop and the same checks."""
        self._closed = False
        self._loop_factory = loop_factory
        self._subject = subject
        self.context = context = contextvars.copy_context()
        assert self._host is not None
        self._host.begin_anew(context)

    def abandon(self) -> None:
        """Let go of the thread and the loop, however far closing has come."""
        checks, self._checks = self._checks, {}
        for check in checks.values():
            with contextlib.suppress(Exception):
                check.stop()
        if self._scene is not None:
            self._scene.leave()
        if self._host is not None and not self._host.loop.is_running():
            with contextlib.suppress(Exception):
                self._host.forget_driver()
                self._host.loop.close()

    def _shut_down(self, host: Host, closing: Closing, owned: bool) -> None:
        end_exploring = getattr(host.loop, "end_exploring", None)
        if end_exploring is not None:
            end_exploring()
        if self._limit is not None:
            # Each step of it is bounded, unless something blocks the thread.
            self.pause_limit()
            self._set_limit(
                CLOSING_STEPS * host.limit,
                fact=f"the test could not be ended: after {CLOSING_STEPS} times its "
                f"close_limit of {host.limit:g} s something still blocked the event loop",
                cure="do not block while being cancelled; close_limit=... gives it more time",
            )
        limit: Any = self._limit
        run = host.run if limit is None else partial(limit.run, host.run)
        for _ in range(ATTEMPTS):
            try:
                closing.stubborn, closing.failed, closing.stuck = run(
                    host.shut_down(
                        self._baseline,
                        self._ending,
                        close=owned,
                        suspended=self._suspended,
                        is_others=None if self._parent is None else self._is_others,
                    ),
                    None,
                    "the end of the test",
                    last=self._parent is None,
                )
            except (StageError, asyncio.CancelledError):
                continue  # a leftover callback stopped the loop or cancelled the driver
            except TimeoutError as error:
                if limit is None or not limit.expired:
                    raise
                self._overdue = self._overdue or error  # what is left may still be ended
                continue
            return
        if self._overdue is None:
            closing.stuck = [*closing.stuck, "what kept stopping the event loop"]

    def _is_others(self, task: asyncio.Task[Any]) -> bool:
        """Tell whether *task* was made by what lasts as long as the class, as a server of its."""
        context = insides.context_of(task)
        return context is not None and context.get(_GUEST) is not self._guest

    def _ending(self, left: list[asyncio.Task[Any]]) -> None:
        if self._series is not None:
            self._series._ending(left)
        for kind in self._asked():
            self._consult(kind, "ending", self.host.loop, left)

    def _suspended(self, generators: list[AsyncGeneratorType[Any, Any]]) -> None:
        for kind in self._asked():
            if kind in self._levels.inspecting:
                self._consult(kind, "suspended", generators)

    def _asked(self) -> tuple[type[Check], ...]:
        """The checks that are asked of this life, not of a series of them."""
        return self._levels.all if self._series is None else self._levels.asked

    def _inspect(self) -> None:
        scene, checks = self._scene, self._checks
        if scene is None:
            return
        for kind in self._levels.inspecting:
            if kind in checks:
                try:
                    checks[kind].inspect(scene)
                except Exception:
                    self._note_bug(kind)

    def _consult(self, kind: type[Check], method: str, *args: Any) -> None:
        """Let a check look at something. One that has not watched is made for it."""
        if kind in self._broken:
            return
        try:
            check = self._checks.get(kind) or kind()
            getattr(check, method)(*args)
        except Exception:
            self._note_bug(kind)
        else:
            self._checks[kind] = check

    def _ask(self, closing: Closing) -> None:
        scene, series = self._scene, self._series
        if scene is not None and series is None and self._levels.counting:
            self._count(scene)
        checks, self._checks = self._checks, {}
        for check in checks.values():
            try:
                check.stop()
            except Exception:
                self._note_bug(type(check))
        if scene is not None:
            if series is not None:
                series.doubt(scene, has_passed=self.has_passed)
            scene.leave()
        for finding in self._told:
            self._file(finding)
        if closing.is_eventful:
            checks = {kind: checks.get(kind) or kind() for kind in self._asked()}
        for kind in self._broken:
            checks.pop(kind, None)
        for check in checks.values():
            try:
                if found := check.findings(closing):
                    for finding in found:
                        self._file(finding)
            except Exception:
                self._note_bug(type(check))
        # One that was not needed on one loop, or in one order, may have been in another.
        if (
            self._book
            and self.has_passed
            and not self.failing
            and series is None
            and not (self.options.loops or self.options.exploring)
        ):
            for finding in self._book.unneeded(self._levels.by_id):
                self._file(finding)
        if self._found:
            self.failing.sort(key=rank)
            self.warning.sort(key=rank)
        if self._found and self.is_noted:
            try:
                once = self.options.exploring is not None
                LEDGER.note(self._name(), self._found, once=once)
            except Exception:
                self._note_bug_of("the ledger")

    def _count(self, scene: Scene) -> None:
        try:
            found = self._take(scene)
        except Exception:
            for kind in self._levels.counting:
                self._note_bug(kind)
            return
        if found:
            for kind in self._levels.counting:
                self._consult(kind, "count", found)

    def _take(self, scene: Scene) -> census.Census | None:
        return census.take(scene)

    def _file(self, finding: Finding) -> None:
        """Put *finding* where it belongs."""
        level = self._levels.by_id.get(finding.check)
        if level is not None and not self._book.admits(finding):
            if self._series is not None:
                self._series.adopt_finding(finding)  # it is told when this life is led by itself
                return
            if level == "fail" and self._is_known(finding):
                level = "known"
            self._found.append((finding, level))
            (self.failing if level == "fail" else self.warning).append(finding)

    def _is_known(self, finding: Finding) -> bool:
        """Tell whether a baseline has it."""
        try:
            return LEDGER.knows(finding, self._name())
        except Exception:
            self._note_bug_of("the ledger")
            return False

    def _name(self) -> str:
        """What is tested, by name; nothing if that cannot be told."""
        try:
            return self._subject().name
        except Exception:  # it is the user's class that is looked at
            return ""

    def report(self, subject: str = "this test") -> str:
        """What fails the life, in words."""
        return LEDGER.report(self.failing, test=self._name(), subject=subject)

    def warn(self) -> None:
        """
        Issue the findings that only warn, at the lines of their culprits, and our own bugs.

        Raises:
            AsyncTestingWarning: where warnings are errors. The others are its notes.

        """
        if not (self.warning or self._bugs):
            return
        raised: list[AsyncTestingWarning] = []
        test = self._name() if self.warning else ""
        told = [(LEDGER.report([finding], test=test), finding.place) for finding in self.warning]
        for text, place in told + [(bug, None) for bug in self._bugs]:
            try:
                warnings.warn_explicit(
                    text,
                    AsyncTestingWarning,
                    place.filename if place is not None else __file__,
                    place.lineno if place is not None else 1,
                    registry=LEDGER.warned,
                )
            except AsyncTestingWarning as error:
                raised.append(error)
        if raised:
            for other in raised[1:]:
                raised[0].add_note(f"\n{other}")
            raise raised[0]

    def finish(self) -> list[BaseException]:
        """Close, then warn, whatever happens; give what was raised."""
        raised: list[BaseException] = []
        try:
            self.close()
        except BaseException as error:
            raised.append(error)
        try:
            self.warn()
        except BaseException as error:
            raised.append(error)
        return raised

    def _note_bug(self, check: type[Check]) -> None:
        """A check that crashes is our fault, not the test's: the verdict stands."""
        self._broken |= {check}
        self._note_bug_of(f"the check {check.ids[0]!r}")

    def _note_bug_of(self, what: str) -> None:
        self._bugs += (f"bug in asynctesting: {what} crashed\n{traceback.format_exc()}",)


def trial_of(
    options: Options,
    *,
    loop_factory: LoopFactory | None,
    subject: Callable[[], Subject],
    parent: Trial | None = None,
) -> Trial:
    """Give the trial of another life, which may be that of the last one; see :class:`Trial` for the arguments."""
    series = getattr(loop_factory, SERIES, None)
    if parent is None and isinstance(series, Trial):
        resting: Trial | None = series.wake(options, loop_factory, subject)  # type: ignore[attr-defined]
        if resting is not None:
            return resting
    return Trial(options, loop_factory=loop_factory, parent=parent, subject=subject)


def _simulated(time: VirtualTime, factory: LoopFactory | None) -> LoopFactory:
    """What makes the loop of a virtual *time*; the class that is asked for, if it is one of ours."""
    from .loops.simulated import SimulatedLoop  # heavy, and most tests live in real time

    made: Any = factory if is_simulated(factory) else SimulatedLoop
    return partial(made, start=time.start, until=time.until)


async def _await(awaitable: Any) -> Any:
    return await awaitable


def coroutine_of(function: Any) -> CoroutineType[Any, Any, Any] | None:
    """
    The coroutine that *function* makes, if it was written as ``async def`` without arguments; none if not.

    No code of the user's runs, so nothing needs to be bounded; and where it was made is no news to anybody.

    """
    made: Any = function.__func__ if type(function) is MethodType else function
    if type(made) is not FunctionType or not made.__code__.co_flags & inspect.CO_COROUTINE:
        return None
    depth = sys.get_coroutine_origin_tracking_depth()
    if not depth:
        return function()  # type: ignore[no-any-return]
    sys.set_coroutine_origin_tracking_depth(0)
    try:
        coroutine: CoroutineType[Any, Any, Any] = function()
    finally:
        sys.set_coroutine_origin_tracking_depth(depth)
    return coroutine
