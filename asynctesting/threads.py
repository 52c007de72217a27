"""
A loop in a thread of its own, and synchronous code that calls into it.

Some code is called on one thread and works on the loop of another one: a synchronous function
that ends in ``asyncio.run_coroutine_threadsafe(...).result()``, a coroutine that a framework
runs beside the main thread. A :class:`LoopRunner` is that other thread, in one line:

>>> import asyncio
>>> async def herd(cat, direction):
...     await asyncio.sleep(0)
...     return f"{cat} goes {direction}"

>>> with LoopRunner() as runner:
...     runner.run_coroutine(herd("Garfield", "forward"))
'Garfield goes forward'

**Whose it is.** A runner belongs to the test, or to the class's asynchronous fixtures, in which it
is started: its *owner*. Its loop is under the same checks as the owner's, with the owner's options,
and what they find fails the owner. Without an owner, in a plain ``unittest.TestCase`` or a script,
:meth:`LoopRunner.stop` and the end of the ``with`` block raise it, as a
:exc:`~asynctesting.FindingsError`:

>>> async def forgetful():
...     herd("Garfield", "forward")
>>> with LoopRunner() as runner:
...     runner.run_coroutine(forgetful())
Traceback (most recent call last):
    ...
asynctesting.errors.FindingsError: coroutine 'herd' was never awaited: its body did not run ...

**How it ends.** :meth:`LoopRunner.stop` ends the loop as the one of a test is ended: its tasks
are cancelled and awaited, generators and the executor are shut down, it is closed. Each step has
the ``close_limit`` of the owner. What blocks the thread is interrupted, as by a time limit, and
told; what cannot even be interrupted (a call that waits in the kernel; anything on Python 3.11
while coverage is measured) is left behind, as a daemon thread, and told. A runner that
nobody stops is stopped by its owner when that ends, and told; without an owner, when
Python exits, with a ``ResourceWarning``.

**What cannot hang.** :meth:`LoopRunner.run_coroutine` waits as long as the time limit of the
test lets it; without an owner, as long as one test may take. On the loop's own thread it would wait
for itself, and is refused; so are two runners that would wait for each other. Code that does so by
itself, as ``run_coroutine_threadsafe(...).result()`` on that thread, is a deadlock, which is told, and
ends the runner. If the test and its runners wait for one another, on their loops or by their threads, and
nobody else is at work, that is a :exc:`~asynctesting.DeadlockError` of the test, at once, with what each of
them waits for. While one of the loops has a timer, a connection or a job, or *timeout* is given, it is none.

**Context variables.** Each coroutine, and each function, runs in a copy of the context of its
caller, as a task does: it sees what was set before, and changes nothing for the caller.

**Virtual time.** In a test of virtual time the loop of a runner has one, too, but of its own: it does
not wait for the test's, nor the test's for it. A thread that waits for it does not keep it from jumping.
The test's own time runs as fast as real time does while one of its jobs, as of ``asyncio.to_thread()``,
waits for a runner that is at work. Where orders are explored, it is those of the test's loop; the one of a
runner has virtual time. Any other loop may be given.

Where it stops being true: of a test that owns a runner, nothing is known of what happens on
loops that the thread's code makes for itself. While a runner that a class owns is at work,
the tests of the class are not asked for what is left in memory, which might be the runner's. A
loop of another library than asyncio, as uvloop, is looked at as far as it can be.

"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import contextvars
import dataclasses
import enum
import inspect
import math
import sys
import threading
import time
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import CancelledError
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Final, ParamSpec, TypeVar

from .checks import IDS, Subject, current_scene, levels
from .checks.tasks import describe
from .errors import AsyncTestingWarning, DeadlockError, FindingsError, LoopRunnerError, NotInTime
from .findings import Finding, Place, place_of_error, raise_at, render, site
from .hangs import Interrupted, TimeLimit, TimeLimitExceeded, report
from .ledger import LEDGER
from .loops import insides
from .loops.factories import LoopFactory
from .loops.outside import Awaited, promise_awaited_at
from .options import Options, from_environment
from .trial import CLOSING_STEPS, Trial
from .verdict import joined_errors


__all__ = ["LoopRunner", "runner_with"]

__unittest = True

P = ParamSpec("P")
T = TypeVar("T")

#: Real seconds after which a thread that waits looks whether it was interrupted meanwhile: a lock
#: cannot be, but on the main thread.
SLICE: Final = 0.2

#: Real seconds for something that is as good as done: a thread that has nothing left to do ends.
MOMENT: Final = 5.0

#: Real seconds that a thread has to come to its end, at least, once it was interrupted.
GRACE: Final = 2.0

#: Checks of the whole process, which the test makes, or that look at what several threads do.
_OF_THE_PROCESS: Final = frozenset(
    {"leftover-policy", "leftover-signal", "open-descriptor", "unneeded-allowance"}
)


class State(enum.Enum):
    """What a loop runner does; its value says so."""

    NEW = "not started"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"


class _Call:
    """Something to be done on the loop's thread, and what became of it."""

    def __init__(self, what: str, coroutine: Coroutine[Any, Any, Any] | None) -> None:
        self.what = what
        self.coroutine = coroutine
        self.task: asyncio.Task[Any] | None = None
        self.done = threading.Event()
        self.value: Any = None
        self.error: BaseException | None = None
        #: Whether the caller has given it up.
        self.is_given_up = False

    def end(self, value: Any = None, error: BaseException | None = None) -> None:
        """Wake the caller."""
        self.value, self.error = value, error
        self.done.set()

    def drop(self) -> None:
        """Close the coroutine, if it has not begun."""
        if self.coroutine is not None and self.task is None:
            self.coroutine.close()

    def outcome(self) -> Any:
        """Return, or raise, what there is."""
        if self.error is None:
            return self.value
        try:
            raise self.error
        finally:
            self.error = None  # it refers to the caller's frame, which refers to us


class _Held:
    """An asynchronous context manager that is entered and left in one task."""

    def __init__(self, cm: AbstractAsyncContextManager[Any]) -> None:
        self._cm = cm

    async def enter(self) -> Any:
        loop = asyncio.get_running_loop()
        self._entered: asyncio.Future[Any] = loop.create_future()
        self._ended: asyncio.Future[BaseException | None] = loop.create_future()
        self._task = loop.create_task(self._live(), name=f"hold {type(self._cm).__name__}")
        await asyncio.wait({self._task, self._entered}, return_when=asyncio.FIRST_COMPLETED)
        return self._entered.result() if self._entered.done() else self._task.result()

    async def _live(self) -> bool:
        async with self._cm as value:
            self._entered.set_result(value)
            error = await self._ended
            if error is not None:
                raise error
            return False
        return True  # it has swallowed the error

    async def leave(self, error: BaseException | None) -> bool:
        """Leave it with *error*; tell whether it has swallowed that."""
        if error is not None and not isinstance(error, Exception):
            error = asyncio.CancelledError()  # the others would end the loop
        if not self._ended.done():
            self._ended.set_result(error)
        await asyncio.wait({self._task})
        raised = asyncio.CancelledError() if self._task.cancelled() else self._task.exception()
        if raised is not None and raised is not error and not (
            isinstance(raised, asyncio.CancelledError) and isinstance(error, type(raised))
        ):
            raise raised
        return raised is None and self._task.result()


class LoopRunner(threading.Thread):
    """
    An event loop that runs in a thread of its own.

    Use it where the code under test works on the loop of another thread. In a test of
    :class:`~asynctesting.AsyncTestCase`, ``self.loop_runner()`` starts one and stops it; anywhere
    else it is a context manager, also for a class, by ``enterClassContext``. See the module
    for whose it is, and how it ends.

    It is a :class:`threading.Thread`, a daemon, and may be started once.

    Args:
        loop: the loop, not running. From now on it is the runner's, which closes it. Without one,
            asyncio makes it when the runner is started.
        name: the name of the thread, by which it is told of.

    Raises:
        TypeError: if *loop* is no event loop.

    Example:

        >>> runner = LoopRunner(asyncio.new_event_loop())
        >>> runner.start()
        >>> runner.run_coroutine(asyncio.sleep(0, "slept"), timeout=5)
        'slept'
        >>> runner.call(threading.current_thread) is runner
        True
        >>> runner.stop()
        >>> runner.loop.is_closed()
        True

    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop | None = None, *, name: str = "runner"
    ) -> None:
        if loop is not None and (isinstance(loop, type) or not hasattr(loop, "run_forever")):
            hint = f": write LoopRunner({_name(loop)}())" if isinstance(loop, type) else ""
            raise TypeError(f"LoopRunner() needs an event loop, not {loop!r}{hint}")
        super().__init__(name=name, daemon=True)
        self._loop = loop
        self._factory: LoopFactory | None = None if loop is None else lambda: loop
        self._state = State.NEW
        self._guard = threading.Lock()
        self._calls: set[_Call] = set()
        self._place: Place | None = None
        self._trial: Trial | None = None
        self._limit: TimeLimit | None = None
        #: The runner for which its thread waits.
        self._awaits: LoopRunner | None = None
        #: Set once the loop runs, or will never; once it runs no more; once all is closed.
        self._up = threading.Event()
        self._down = threading.Event()
        self._over = threading.Event()
        self._asked = False
        self._problem: BaseException | None = None
        self._raised: list[BaseException] = []
        #: What came through the loop, in words; and what a caller was told of that.
        self._why = ""
        self._passed_on: BaseException | None = None
        self._found: list[Finding] = []
        self._scene = current_scene()
        self._options = Options()
        self._caller = contextvars.copy_context()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop; without one that was given, it is there once the runner is started."""
        if self._loop is None:
            raise LoopRunnerError(f"{self} has no event loop yet: start() makes it")
        return self._loop

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}, {self._state.value}>"

    def __str__(self) -> str:
        return f"loop runner {self.name!r}"

    @property
    def _owner(self) -> Any:
        return None if self._scene is None else self._scene.life

    # Start

    def start(self) -> None:
        """
        Start the thread; when this returns, the loop runs.

        Raises:
            LoopRunnerError: if it was started before, or the loop is closed or runs already.
            Exception: whatever making a loop raises.

        """
        with self._guard:
            if self._state is not State.NEW:
                raise LoopRunnerError(
                    f"{self} cannot be started twice (it is {self._state.value}): make a new one"
                )
            if self._loop is not None and self._loop.is_closed():
                raise LoopRunnerError(f"{self} cannot be started: its event loop is closed")
            if self._loop is not None and self._loop.is_running():
                raise LoopRunnerError(
                    f"{self} cannot be started: its event loop runs already, in another thread"
                )
            self._state = State.STARTING
        self._place = site(sys._getframe(1))
        self._scene = scene = current_scene() or self._scene
        self._options = _options(self._owner)
        if self._loop is not None:  # which has the time that it has
            self._options = dataclasses.replace(self._options, virtual_time=None)
        self._caller = contextvars.copy_context()
        if self._owner is not None:
            self._owner.adopt(self)
        _RUNNING.add(self)
        try:
            super().start()
        except BaseException:
            self._state = State.NEW
            self._give_up()
            raise
        if scene is not None:  # its owner ends it, and tells of it, in its own way
            scene.made[:] = [one for one in scene.made if one.ref() is not self]
        _wait_for(self._up)
        if self._problem is not None:
            problem, self._problem = self._problem, None
            self._give_up()
            raise problem

    def _give_up(self) -> None:
        """Belong to nobody any more."""
        _RUNNING.discard(self)
        if self._owner is not None:
            self._owner.dismiss(self)

    # On its own thread

    def run(self) -> None:
        """Be the thread: run the loop until it is stopped, then end everything on it."""
        try:
            self._caller.run(self._live)
        finally:
            with self._guard:
                self._state = State.STOPPED
                left, self._calls = self._calls, set()
            _RUNNING.discard(self)
            for call in left:
                call.drop()
                call.end(error=self._refusal(f"{call.what} had ended"))
            for event in (self._up, self._down, self._over):
                event.set()

    def _live(self) -> None:
        try:
            trial = self._trial = Trial(
                self._options,
                loop_factory=self._factory,
                name=str(self),
                subject=self._subject if self._scene is None else self._scene.subject,
                is_companion=True,
            )
            trial.is_noted = self._owner is None
            trial.open()
        except BaseException as error:
            self._problem = error
            return
        loop = self._loop = trial.get_loop()
        if self._factory is not None:
            asyncio.set_event_loop(loop)  # as asyncio's own way does
        if self._scene is not None:
            self._scene.loops.add(loop)
        limit = self._limit = TimeLimit(
            _FOR_EVER, lambda: report(loop, None, self.ident), patience=math.inf, loop=loop
        )
        limit.start()
        try:
            self._serve(loop, limit)
            self._finish(trial, limit)
        finally:
            limit.stop()
            trial.abandon()
            if self._factory is not None:
                asyncio.set_event_loop(None)
            self._collect(trial)

    def _subject(self) -> Subject:
        """What is tested, where that is no test."""
        return Subject(str(self))

    def _serve(self, loop: asyncio.AbstractEventLoop, limit: TimeLimit) -> None:
        """Run the loop until something stops it."""
        loop.call_soon(self._is_up)
        try:
            limit.run(loop.run_forever)
        except (DeadlockError, TimeLimitExceeded) as error:
            self._note_blocked("its loop could be stopped", error)
        except BaseException as error:
            self._raised.append(error)
            self._why = f": {error!r} came through its event loop"
        with self._guard:
            self._state = State.STOPPING
        self._down.set()

    def _is_up(self) -> None:
        with self._guard:
            self._state = State.RUNNING
        self._up.set()

    def _finish(self, trial: Trial, limit: TimeLimit) -> None:
        try:
            limit.run(trial.close)
        except (DeadlockError, TimeLimitExceeded) as error:
            self._note_blocked("its loop could be closed", error)
        except BaseException as error:
            self._raised.append(error)

    def _note_blocked(self, before: str, error: BaseException) -> None:
        fact, _, rest = str(error).partition("\n")
        detail, _, cure = rest.rpartition("\n")
        place = place_of_error(error)
        if isinstance(error, DeadlockError):
            self._tell(Finding("thread-error", f"{fact} (in {self})", cure, place, detail, (self.name,)))
            self._why = f": {fact}"
            return
        self._tell(
            Finding(
                "leftover-thread",
                f"{self} was blocked, and had to be interrupted before {before}",
                "do not block the thread of an event loop: await, or use asyncio.to_thread()",
                place,
                detail,
                (self.name,),
            )
        )

    def _collect(self, trial: Trial) -> None:
        """Take what the checks have found, and tell it to whoever owns this runner."""
        for error in self._raised:
            if not (isinstance(error, Exception) or error is self._passed_on):
                self._tell(self._ended_by(error))
        self._raised = [one for one in self._raised if isinstance(one, Exception)]
        self._passed_on = None
        if self._owner is None:
            self._found += map(self._placed, trial.failing)
            return
        # The owner has its own idea of which of them only warn.
        for finding in (*trial.failing, *trial.warning):
            self._owner.tell(self._placed(finding))
        trial.warning.clear()

    def _tell(self, finding: Finding) -> None:
        """Tell of what no check has found."""
        if self._owner is not None:
            self._owner.tell(finding)
            return
        self._found.append(finding)
        with contextlib.suppress(AsyncTestingWarning):  # where warnings are errors: the file is gone
            LEDGER.note(str(self), [(finding, "fail")])

    def _placed(self, finding: Finding) -> Finding:
        """Say of *finding* that it is one of ours."""
        return finding.replaced(
            fact=f"{finding.fact} (in {self})",
            about=(*finding.about, self.name),
        )

    def _ended_by(self, error: BaseException) -> Finding:
        return Finding(
            "thread-error",
            f"{self} was ended by {error!r}, which came through its event loop",
            "catch it in the coroutine or callback, or await what raises it with run_coroutine()",
            place_of_error(error),
            about=(self.name, type(error).__qualname__),
        )

    # Work

    def run_coroutine(self, coroutine: Awaitable[T], timeout: float | None = None) -> T:
        """
        Run *coroutine* on the loop, and wait for it.

        It blocks the calling thread. In an ``async def`` that does not do: there, write
        ``await asyncio.to_thread(runner.run_coroutine, coroutine)``.

        Args:
            coroutine: the coroutine, or another awaitable; it runs in a copy of the caller's context.
            timeout: real seconds after which it is cancelled; without it, the time limit of the
                test counts, and where there is none, the one that a test would have.

        Returns:
            What it returns.

        Raises:
            LoopRunnerError: if the runner does not run, if it is stopped meanwhile, or if this is
                called on the loop's own thread, where it would wait for ever.
            NotInTime: if it did not end in time; with the line at which it stood.
            concurrent.futures.CancelledError: if it was cancelled, on its loop.
            BaseException: whatever it raises, with its traceback.

        """
        if not inspect.isawaitable(coroutine):
            hint = f": write run_coroutine({_name(coroutine)}(...))" if callable(coroutine) else ""
            raise TypeError(f"run_coroutine() needs a coroutine, not {coroutine!r}{hint}")
        if not inspect.iscoroutine(coroutine):
            coroutine = _await(coroutine)
        seconds = _seconds(timeout, coroutine)
        name = getattr(coroutine, "__qualname__", type(coroutine).__qualname__)
        call = _Call(f"the coroutine {name!r}", coroutine)
        return self._ask(call, seconds, self._begin)  # type: ignore[no-any-return]

    def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """
        Call *function* on the loop's thread, as a callback of the loop, and wait for it.

        It is for what must be done there and does not await: ``loop.add_reader``,
        ``future.set_result``. On that thread, it is simply called.

        Args:
            function: an ordinary function; it runs in a copy of the caller's context.
            args: with what.
            kwargs: with what, by name.

        Returns:
            What it returns.

        Raises:
            LoopRunnerError: if the runner does not run, or is stopped meanwhile.
            TypeError: for a coroutine function: see :meth:`run_coroutine`.
            BaseException: whatever it raises, with its traceback.

        """

        def do() -> T:
            result = function(*args, **kwargs)
            if inspect.iscoroutine(result):
                result.close()
                raise TypeError(
                    f"call() needs an ordinary function, but {_name(function)}() makes a "
                    f"coroutine: write run_coroutine({_name(function)}(...))"
                )
            return result

        if threading.get_ident() == self.ident and not self._over.is_set():
            return do()
        call = _Call(f"the call of {_name(function)}()", None)
        return self._ask(call, None, self._do, do)  # type: ignore[no-any-return]

    @contextlib.contextmanager
    def hold(self, cm: AbstractAsyncContextManager[T]) -> Iterator[T]:
        """
        Make an ordinary context manager of an asynchronous one, which lives on the loop.

        Use it for what must live there while a synchronous test, or a test on a loop of its own,
        works with it: a server, a session, a pool. It is entered and left in one task, and left
        with the exception that ended the block.

        Args:
            cm: the asynchronous context manager.

        Returns:
            A context manager that gives what *cm* gives.

        Raises:
            LoopRunnerError: as :meth:`run_coroutine`.
            BaseException: whatever *cm* raises.

        Example::

            server = self.enterContext(self.loop_runner().hold(serve(handler)))

        """
        held = _Held(cm)
        value: T = self.run_coroutine(held.enter())
        try:
            yield value
        except BaseException as error:
            if not self.run_coroutine(held.leave(error)):
                raise
        else:
            self.run_coroutine(held.leave(None))

    def _ask(
        self, call: _Call, seconds: float | None, begin: Callable[..., None], *args: Any
    ) -> Any:
        """Have *call* done, and wait for it."""
        me = threading.current_thread()
        try:
            try:
                if isinstance(me, LoopRunner):
                    me._begin_to_await(self, site(sys._getframe(2)))
                self._submit(call, begin, *args)
            except BaseException:
                call.drop()
                raise
            return self._wait_for(call, seconds)
        finally:
            if isinstance(me, LoopRunner):
                me._awaits = None

    def _begin_to_await(self, runner: LoopRunner, place: Place | None) -> None:
        """Be about to wait for *runner*, on this one's own thread; refuse what would never end."""
        if runner is self:
            raise LoopRunnerError(
                f"run_coroutine() was called on the thread of {self} itself, where it would "
                f"wait for itself for ever\n  at {place}\n"
                "  cure: make the caller `async def`, and await the coroutine there; or call "
                "it on another thread, as by `await asyncio.to_thread(...)`"
            )
        with _WAITING:
            other: LoopRunner | None = runner
            while other is not None and other is not self:
                other = other._awaits
            if other is not None:
                raise LoopRunnerError(
                    f"{self} would wait for {runner}, which waits for it: both would wait for "
                    f"ever\n  at {place}\n"
                    "  cure: let one of them go on: `await asyncio.to_thread(...)`"
                )
            self._awaits = runner

    def _submit(self, call: _Call, begin: Callable[..., None], *args: Any) -> None:
        with self._guard:
            if self._state is not State.RUNNING or self._asked:
                raise self._refusal()
            self._calls.add(call)
            assert self._loop is not None
            self._loop.call_soon_threadsafe(begin, call, *args)

    def _refusal(self, before: str = "") -> LoopRunnerError:
        if self._state in (State.NEW, State.STARTING):
            return LoopRunnerError(
                f"{self} is {self._state.value}: call start(), or write `with LoopRunner() as "
                "runner:`"
            )
        if before:
            return LoopRunnerError(f"{self} was stopped before {before}{self._why}")
        return LoopRunnerError(f"{self} has been stopped{self._why}")

    def _begin(self, call: _Call) -> None:
        assert self._loop is not None and call.coroutine is not None
        if call.is_given_up:
            self._calls.discard(call)
            call.drop()
            return
        call.task = self._loop.create_task(call.coroutine)
        call.task.add_done_callback(lambda task: self._ended(call, task))

    def _ended(self, call: _Call, task: asyncio.Task[Any]) -> None:
        self._calls.discard(call)
        if not task.cancelled():
            error = task.exception()
            if error is not None:
                error = self._told_of(call, error)
            if isinstance(error, (SystemExit, KeyboardInterrupt)):
                self._passed_on = error
            call.end(None if error is not None else task.result(), error)
        elif self._down.is_set():
            call.end(error=self._refusal(f"{call.what} had ended"))
        else:
            call.end(error=CancelledError(f"{call.what} was cancelled, in {self}"))

    def _told_of(self, call: _Call, error: BaseException) -> BaseException:
        """What a caller is told of *error*: nothing of how a blocked thread is let go of."""
        if isinstance(error, (CancelledError, Interrupted)):
            limit = self._limit
            if limit is not None and limit.expired:
                return self._refusal(f"{call.what} had ended")
        return error

    def _do(self, call: _Call, function: Callable[[], Any]) -> None:
        self._calls.discard(call)
        try:
            call.end(function())
        except Interrupted:
            call.end(error=self._refusal(f"{call.what} had ended"))
            raise
        except BaseException as error:
            call.end(error=self._told_of(call, error))

    def _wait_for(self, call: _Call, seconds: float | None) -> Any:
        bound = seconds
        if bound is None and self._owner is None:
            bound = self._options.time_limit
        try:
            with self._waiting(call, seconds):
                ended = _wait_for(call.done, bound)
        except BaseException:  # the time limit of the test, or Ctrl-C
            self._cancel(call)
            raise
        if not ended:
            where = self._where(call)
            self._cancel(call)
            raise NotInTime(
                f"{call.what} did not end within {bound:g} s in {self}, and was cancelled{where}"
            )
        return call.outcome()

    def _waiting(self, call: _Call, seconds: float | None) -> contextlib.AbstractContextManager[None]:
        """Say that the calling thread waits for the loop, and for as long as it takes."""
        if seconds is not None or self._loop is None:
            return contextlib.nullcontext()
        return Awaited(self._loop, str(self), call.done.is_set)

    def _where(self, call: _Call) -> str:
        """Say where *call* stands."""
        if call.task is None:
            return "\n  " + report(None, None, self.ident).replace("\n", "\n  ")
        _, place = describe(call.task)
        return f"; it stood\n  at {place}"

    def _cancel(self, call: _Call) -> None:
        """Give *call* up."""
        call.is_given_up = True

        def cancel() -> None:
            if call.task is not None:
                call.task.cancel()

        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(cancel)
        except RuntimeError:  # closed meanwhile
            pass

    # End

    def stop(self) -> None:
        """
        Stop the loop, end what is on it, close it, and wait for the thread to end.

        Stopping what is stopped does nothing, and so does stopping what was never started, but that
        a loop which was given is closed. On the loop's own thread it cannot wait, and only asks.

        Raises:
            FindingsError: if the runner has no owner, and the checks have found something.

        """
        self._halt()
        if threading.get_ident() != self.ident:
            self._report()

    def _halt(self) -> None:
        with self._guard:
            is_new = self._state is State.NEW
            if is_new:
                self._state = State.STOPPED
                self._over.set()
                if self._loop is not None and not self._loop.is_running():
                    self._loop.close()
            is_first, self._asked = not self._asked, True
        if is_new:
            return
        _wait_for(self._up)
        if is_first and self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._loop.stop)
            except RuntimeError:  # it is closed: stopped by somebody else
                pass
        if threading.get_ident() != self.ident:
            self._await_end()

    def _await_end(self) -> None:
        """Wait, within bounds, for the thread to end."""
        limit = self._options.close_limit
        self._let_go()
        steps = ((self._down, limit), (self._over, CLOSING_STEPS * limit))
        for event, seconds in steps:
            if not _wait_for(event, seconds) and self._limit is not None and _can_interrupt():
                self._limit.expire()
                _wait_for(event, max(limit, GRACE))
            if not event.is_set():
                break
        if self._over.is_set():
            super().join(MOMENT)
        else:
            self._leave_behind()
        self._give_up()

    def _let_go(self) -> None:
        """Have the thread wait no longer, by ``result()``, for what the loop of the calling one is to do."""
        frame = (insides.current_frames() or {}).get(self.ident or 0)
        promise = promise_awaited_at(frame, threading.get_ident())
        if promise is not None and self._limit is not None:
            if _can_interrupt():
                self._limit.expire()
                _wait_for(self._down, SLICE)
            promise.cancel()

    def _leave_behind(self) -> None:
        finding = Finding(
            "leftover-thread",
            f"{self} could not be stopped, and was left behind: something blocks its thread",
            "do not block the thread of an event loop: await, or use asyncio.to_thread()",
            self._place,
            self.describe(),
            (self.name,),
        )
        self._tell(finding)

    def join(self, timeout: float | None = None) -> None:
        """
        Wait for the thread to end; :meth:`stop` does so, too.

        Args:
            timeout: real seconds to wait at most, as for any thread. Without it, the runner must
                end within the time limit of the test, or of what would be one.

        Raises:
            LoopRunnerError: on the loop's own thread.
            NotInTime: if nobody stops the runner.
            FindingsError: see :meth:`stop`.

        """
        if self._state is State.NEW or (self._over.is_set() and not self.is_alive()):
            self._report()
            return
        if threading.get_ident() == self.ident:
            raise LoopRunnerError(f"{self} cannot wait for itself: call join() on another thread")
        bound = timeout
        if bound is None and (self._owner is None or self._asked):
            bound = self._options.time_limit
        if _wait_for(self._over, bound):
            super().join(MOMENT)
            self._give_up()
            self._report()
        elif timeout is None:
            raise NotInTime(f"{self} did not end within {bound:g} s: call stop() before join()")

    def _report(self) -> None:
        """Raise what there is to be told, once."""
        found, self._found = self._found, []
        raised, self._raised = self._raised, []
        trial, self._trial = self._trial, None
        if trial is not None and self._over.is_set():
            try:
                trial.warn()
            except AsyncTestingWarning as error:
                raised.append(error)
        report = render(found, subject=str(self)) if found else ""
        if raised:
            raise joined_errors(raised, report)
        if found:
            raise raise_at(FindingsError(report), found[0].place or self._place)

    def __enter__(self) -> LoopRunner:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Stop it; if the block has failed, what is found is a note to that."""
        self._halt()
        try:
            self._report()
        except Exception as told:
            if error is None:
                raise
            error.add_note(f"\n{told}")

    # What its owner asks

    def end(self) -> None:
        """Be ended by the owner, who finds it still there."""
        was_asked = self._asked or self._down.is_set()
        if not was_asked:
            self._owner.tell(
                Finding(
                    "leftover-thread",
                    f"{self} was not stopped",
                    "stop it: self.addCleanup(runner.stop), or `with` it; "
                    "self.loop_runner() does so by itself",
                    self._place,
                    about=(self.name,),
                )
            )
        self._halt()
        try:
            self._report()
        except Exception as error:
            self._owner.tell(
                Finding(
                    "thread-error",
                    f"{self} could not be closed: {error!r}",
                    "mend the error",
                    self._place,
                    about=(self.name,),
                )
            )

    def describe(self) -> str:
        """Say where the thread is, and what the tasks of the loop wait for."""
        loop = self._loop
        text = report(None if loop is None or loop.is_closed() else loop, None, self.ident)
        return f"in {self}:\n" + "\n".join(f"  {line}" for line in text.splitlines())


#: Seconds that no program takes: 30 years.
_FOR_EVER: Final = 1e9

#: Held by a runner's thread while it looks whom it would wait for.
_WAITING: Final = threading.Lock()

#: Those that were started, and not ended yet.
_RUNNING: Final[set[LoopRunner]] = set()


@atexit.register
def _stop_all() -> None:
    """End those that nobody has stopped, so that their loops are closed."""
    for runner in tuple(_RUNNING):
        warnings.warn(f"{runner} was never stopped", ResourceWarning, source=runner, stacklevel=1)
        try:
            runner.stop()
        except Exception as error:
            print(f"asynctesting: {runner}: {error}", file=sys.stderr)


def runner_with(factory: LoopFactory, *, name: str = "runner") -> LoopRunner:
    """
    Give a runner whose loop is made by *factory*, on the runner's own thread.

    Args:
        factory: a class or a function without arguments.
        name: the name of the thread.

    """
    runner = LoopRunner(name=name)
    runner._factory = factory
    return runner


def _options(owner: Trial | None) -> Options:
    """What counts in the thread of a runner: the owner's options, but for what is the owner's."""
    options = Options(**from_environment()) if owner is None else owner.options
    on = levels(options.checks).by_id
    checks: Any = {
        name: "ignore" if name in _OF_THE_PROCESS else on.get(name, "ignore") for name in IDS
    }
    return dataclasses.replace(
        options,
        allowances=options.allowances if owner is None else (),
        checks=checks,
        loop_scope="test",
        loops=(),
        time_limit=options.time_limit if owner is None else None,
    )


def _seconds(timeout: Any, coroutine: Any) -> float | None:
    """Refuse what is no time, before anything is begun."""
    if timeout is None or (isinstance(timeout, (int, float)) and timeout >= 0):
        return timeout
    coroutine.close()
    raise TypeError(f"timeout must be a number of real seconds, or None, not {timeout!r}")


def _wait_for(event: threading.Event, seconds: float | None = None) -> bool:
    """Wait for *event* in slices, so that an interruption arrives; tell whether it has come."""
    if seconds is None:
        while not event.wait(SLICE):
            pass
        return True
    deadline = time.monotonic() + seconds
    while not event.wait(max(0.0, min(SLICE, deadline - time.monotonic()))):
        if time.monotonic() >= deadline:
            return event.is_set()
    return True


def _can_interrupt() -> bool:
    """
    Tell whether another thread may be interrupted.

    On Python 3.11, while an exception waits for a thread that is blocked in the kernel, each
    thread that is traced, as by coverage, looks for it for ever and does nothing else.

    """
    return sys.version_info >= (3, 12) or sys.gettrace() is None


def _name(function: Any) -> str:
    return getattr(function, "__qualname__", None) or type(function).__qualname__


async def _await(awaitable: Any) -> Any:
    return await awaitable
