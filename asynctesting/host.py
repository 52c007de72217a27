"""
One loop, and the one task on it that carries every asynchronous phase of a test.

What flows where: :meth:`Host.run` hands a phase to the *driver* (see
:mod:`asynctesting.driver`) and runs the loop until the phase has ended, or something raised
through the loop, or stopped it. So set-up, test, tear-down and cleanups are one task, and what is
entered in one of them, a :class:`asyncio.TaskGroup`, a timeout, can be left in another. Between
the phases the loop stands still, and synchronous phases run outside of it.

A phase that cannot go on, since the loop was stopped or an error came through it, is cancelled and
given a limit. If it resists, it is left behind with its driver, and the next phase gets a new one.

"""

from __future__ import annotations

import asyncio
import contextvars
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from types import AsyncGeneratorType, FrameType
from typing import Any, Final, NoReturn

from .checks.tasks import describe
from .cures import line_in
from .driver import Driver, DriverTask, Phase, Stage
from .errors import StageError
from .findings import Finding, Place, is_user_file, place_of_code
from .loops import background, insides
from .loops.factories import is_simulated
from .values import Value


__all__ = ["Host", "Past"]

__unittest = True

#: Tasks that resisted their cancellation. They are kept, also when Python ends, since one that swallows everything
#: would do so for ever when its coroutine is closed by the garbage collector.
_LEFT_BEHIND: Final[list[asyncio.Task[Any]]] = []

#: The task factory of asyncio's own, since Python 3.12; a test may run on a loop that has it.
_EAGER: Final[Any] = getattr(asyncio, "eager_task_factory", None)

_DRIVER_FILE: Final = Driver.send.__code__.co_filename

#: The functions behind those of the signal module, which take most of their time to turn
#: numbers into enums and back. Seen in 3.5 to 3.15.
signals: Any = sys.modules.get("_signal", signal)

#: Turns of the loop that are granted to callbacks which are due when it closes. A
#: transport needs two to tell its protocol that the connection is lost.
LAST_TURNS: Final = 8


class Past(Value):
    """
    What is to be told of phases that have ended, besides their errors.

    Args:
        swallowed: those that ended normally although they had been cancelled.
        stopped: those that ended although the loop was stopped under them.
        raised: what was found, and raised at once.

    """

    __slots__ = ("swallowed", "stopped", "raised")

    def __init__(self, swallowed: list[str], stopped: list[str], raised: list[Finding]) -> None:
        self.swallowed: list[str] = swallowed
        self.stopped: list[str] = stopped
        self.raised: list[Finding] = raised


def _leave_behind(task: asyncio.Task[Any]) -> None:
    if not _LEFT_BEHIND:
        insides.keep_for_ever(_LEFT_BEHIND)
    _LEFT_BEHIND.append(task)


class Host:
    """
    A loop with its driver.

    Args:
        loop: the loop, not running.
        context: what the driver runs in.
        limit: real seconds after which a phase that was cancelled is left behind.
        name: name of the driver task, if not one of asyncio's.

    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        context: contextvars.Context,
        *,
        limit: float,
        name: str | None = None,
    ) -> None:
        self.loop = loop
        self.context: contextvars.Context = context
        self.limit = limit
        self.name = name
        # What is asked for often is not the class's as well: to look it up would take longer.
        self._driver: Driver | None = None
        self._task: asyncio.Task[None] | None = None
        self._phase: Phase | None = None
        self._interrupts: int = 0
        self._reason: str = ""
        self._past: Past | None = None
        self._is_quiet: bool = False
        self.abandoned: list[asyncio.Task[Any]] = []
        self._drained: set[asyncio.Task[Any]] = set()
        # A task factory that came with the loop makes this task, too; one that a test
        # sets later counts the test's own tasks.
        #: The clock of all limits: where time jumps, what would wait for it does not last.
        self._now = loop.time if is_simulated(type(loop)) else time.monotonic
        self._has_factory = loop.get_task_factory() not in (None, _EAGER)

    def begin_anew(self, context: contextvars.Context) -> None:
        """Carry the phases of the next life, in its *context*; the driver has been dropped."""
        self.context = context
        self._is_quiet = False

    @property
    def driver(self) -> asyncio.Task[None] | None:
        """The task that carries the phases, once there was one."""
        return self._task

    # Phases

    def run(
        self,
        coroutine: Coroutine[Any, Any, Any],
        context: contextvars.Context | None = None,
        name: str = "the test",
        *,
        last: bool = False,
    ) -> Any:
        """
        Run one phase to its end.

        Args:
            coroutine: what to await.
            context: where to, if not in the driver's own context.
            name: what the phase is called in reports.
            last: whether the driver ends with it.

        Raises:
            StageError: if the loop was stopped under the phase, or if it resists
                its cancellation after an error came through the loop.
            BaseException: whatever the phase raises.

        """
        if (
            self._phase is not None
            or asyncio._get_running_loop() is not None
            or self.loop.is_closed()
        ):
            coroutine.close()
            self._refuse(name)
        phase = Phase(coroutine, None if context is self.context else context, name, last=last)
        self._interrupts = 0
        self._reason = ""
        self._phase = phase
        sigint = self._take_sigint()
        try:
            self._wake_driver(phase)
            try:
                _run(self.loop)
            except BaseException as error:
                if not phase.done and not self._end(phase):
                    error.add_note(self._resists(phase))
                raise
            if not phase.done:
                reason = self._reason or _words_of_stop(phase)
                if not self._end(phase):
                    reason += f"; {self._resists(phase)}"
                raise StageError(f"event loop stopped before {name} completed: {reason}")
            if phase.stopped and not self._reason:
                stage = Stage(name)
                stage.stopped_at = _line_of_stop(phase)
                self._remember().stopped.append(stage)
        finally:
            if sigint is not None:
                self._give_back(sigint)
            self._phase = None
            if phase.swallowed:
                stage = Stage(name)
                stage.cancelled_at = phase.cancelled_at
                self._remember().swallowed.append(stage)
        return self._outcome(phase)

    def _refuse(self, name: str) -> NoReturn:
        """Refuse to run a phase where no loop can run."""
        if self._phase is not None:
            raise RuntimeError(
                f"cannot run {name} from inside {self._phase.name}: await its coroutine instead"
            )
        if asyncio._get_running_loop() is not None:
            raise RuntimeError(
                f"cannot run {name} while another event loop runs in this thread: "
                "run it in a thread of its own"
            )
        raise RuntimeError(f"cannot run {name}: event loop is closed, the test has closed it")

    def _wake_driver(self, phase: Phase) -> None:
        if self._task is None or self._task.done():
            self._driver = driver = Driver(self.loop)
            driver.carry(phase)
            # Who has put another class in place of asyncio's has meant it for this task, too. A factory
            # of eager tasks makes those of asyncio's, and this one is none: its loop does not run yet.
            if self._has_factory or asyncio.Task is not DriverTask.__base__:
                task = self.loop.create_task(driver, name=self.name, context=self.context)
            else:
                task = DriverTask(
                    driver, loop=self.loop, name=self.name, context=self.context
                )
            driver.task = self._task = task
        else:
            assert self._driver is not None
            self._driver.carry(phase)

    def stop(self, reason: str) -> None:
        """Give up the phase that runs; *reason* becomes part of its :exc:`StageError`."""
        self._reason = reason
        self.loop.stop()

    def ask_to_end(self) -> None:
        """Ask the phase that runs, if one does, to end; to be called on any thread."""
        phase = self._phase
        if phase is not None:
            self.loop.call_soon_threadsafe(self._cancel, phase)

    def _cancel(self, phase: Phase) -> None:
        """Cancel *phase*, unless it has ended meanwhile."""
        if phase is self._phase and not phase.done and self._task is not None:
            self._task.cancel()

    def note(self, raised: list[Finding]) -> None:
        """Remember what was found, and *raised* at once."""
        self._remember().raised.extend(raised)

    def take_past(self) -> Past | None:
        """What is to be told of the phases so far, if there is anything; it is told once."""
        past, self._past = self._past, None
        return past

    def put_past_back(self, past: Past | None) -> None:
        """Leave the *past* of others for them to take: the loop may be theirs, too."""
        if past is not None:
            own, self._past = self._past, past
            if own is not None:
                past.swallowed += own.swallowed
                past.stopped += own.stopped
                past.raised += own.raised

    def _remember(self) -> Past:
        past = self._past
        if past is None:
            past = self._past = Past([], [], [])
        return past

    def _outcome(self, phase: Phase) -> Any:
        error = phase.error
        if error is None:
            return phase.value
        phase.error = None
        try:
            if isinstance(error, asyncio.CancelledError) and self._interrupts:
                raise KeyboardInterrupt from None
            tb = error.__traceback__
            while tb is not None and tb.tb_frame.f_code.co_filename == _DRIVER_FILE:
                tb = tb.tb_next
            raise error.with_traceback(tb)
        finally:
            del error  # it refers to this frame

    # Ends

    def rest(self) -> bool:
        """
        End the driver, and be as new; tell whether that was possible.

        It is if there is nothing to be told of the phases, and nobody waits for the driver. That the loop has
        nothing else to do, and no other task, must be known.

        """
        task, driver = self._task, self._driver
        if (
            task is None
            or driver is None
            or self._past is not None
            or self.abandoned
            or self._drained
            or not driver.is_idle
            or insides.has_callbacks(task)
        ):
            return False
        self.forget_driver()
        self._is_quiet = True
        return True

    def drop_driver(self) -> bool:
        """
        End the driver without a turn of the loop; tell whether that was possible.

        It is when the loop has nothing else to do, and nobody waits for the driver.

        """
        task, loop = self._task, self.loop
        if not insides.is_quiet(loop):
            return False
        if task is None or task.done():
            return insides.is_alone(None, loop)
        if (
            self._driver is None
            or not self._driver.is_idle
            or insides.has_callbacks(task)
            or not insides.is_alone(task, loop)
        ):
            return False
        self.forget_driver()
        self._is_quiet = True
        return True

    def _end(self, phase: Phase) -> bool:
        """Cancel *phase* and wait for it, within the limit; tell whether it has ended."""
        task, loop = self._task, self.loop
        if task is None or loop.is_closed() or loop.is_running():
            return False
        deadline = self._now() + self.limit
        while not phase.done and not task.done() and self._now() < deadline:
            if not _cancel(task):
                break
            handle = loop.call_later(max(0.0, deadline - self._now()), loop.stop)
            try:
                loop.run_forever()
            except (KeyboardInterrupt, SystemExit):
                deadline = min(deadline, self._now() + self.limit / 10)
            finally:
                handle.cancel()
        if phase.done or task.done():
            phase.error = None
            phase.swallowed = False  # it was not the user who has cancelled it
            return True
        self.abandon()
        return False

    def forget_driver(self) -> None:
        """End the driver, whatever its loop does."""
        task, self._task = self._task, None
        if task is not None and not task.done():
            insides.silence(task)
        driver, self._driver = self._driver, None
        if driver is not None:
            driver.retire()

    def abandon(self) -> None:
        """Leave the driver behind, whatever it does; the next phase gets a new one."""
        task, self._task = self._task, None
        if task is not None and not task.done():
            assert self._driver is not None
            self._driver.left_behind = True
            insides.silence(task)
            _leave_behind(task)
            self.abandoned.append(task)

    def _resists(self, phase: Phase) -> str:
        """Say that *phase* had to be left behind, and where it stands."""
        text = f"{phase.name} did not end within {self.limit:g} s of being cancelled"
        if self.abandoned:
            _, place = describe(self.abandoned[-1])
            if place is not None and is_user_file(place.filename):
                text += f"; it stands at {place}"
        return text

    # Ctrl-C, as asyncio.Runner has it

    def _take_sigint(self) -> Any:
        """Let the first Ctrl-C cancel the phase, so that tear-down and cleanups run."""
        if signals.getsignal(signal.SIGINT) is signal.default_int_handler:
            handler = self._on_sigint
            try:
                signals.signal(signal.SIGINT, handler)
            except ValueError:  # refused in a thread that is not the main one, and in an interpreter of its own
                return None
            return handler
        return None

    def _give_back(self, handler: Any) -> None:
        """Take :meth:`_take_sigint` back, unless someone else has the signal by now."""
        current = signals.signal(signal.SIGINT, signal.default_int_handler)
        if current is not handler and current is not None:
            signals.signal(signal.SIGINT, current)

    def let_go_of_sigint(self) -> None:
        """Do not let code that has kept our handler, and put it back later, keep it for ever."""
        if (
            signals.getsignal(signal.SIGINT) == self._on_sigint
            and threading.current_thread() is threading.main_thread()
        ):
            signals.signal(signal.SIGINT, signal.default_int_handler)

    def _on_sigint(self, signum: int, frame: FrameType | None) -> None:
        phase, task = self._phase, self._task
        self._interrupts += 1
        if (
            self._interrupts == 1
            and phase is not None
            and not phase.done
            and task is not None
            and not task.done()
        ):
            task.cancel()
            self.loop.call_soon_threadsafe(lambda: None)  # wake a selector that waits
            return
        raise KeyboardInterrupt

    # Closing

    async def shut_down(
        self,
        baseline: frozenset[asyncio.Task[Any]],
        ending: Callable[[list[asyncio.Task[Any]]], None],
        *,
        close: bool,
        suspended: Callable[[list[AsyncGeneratorType[Any, Any]]], None] | None = None,
        is_others: Callable[[asyncio.Task[Any]], bool] | None = None,
    ) -> tuple[
        list[asyncio.Task[Any]], list[tuple[asyncio.Task[Any], BaseException]], list[str]
    ]:
        """
        End everything that the loop still has. To be run as a phase.

        Args:
            baseline: tasks to leave alone.
            ending: is told which tasks are left, before they are cancelled.
            close: whether generators and the executor go too.
            suspended: is told which asynchronous generators are left, before they are closed.
            is_others: tells whether a task is to be left alone as well.

        Returns:
            The tasks that did not end, those that failed while ending, and what else
            is stuck.

        """
        loop = self.loop
        me = asyncio.current_task()
        spared = baseline | {me, *self.abandoned}
        failed: list[tuple[asyncio.Task[Any], BaseException]] = []
        stuck: list[str] = []

        def look() -> set[asyncio.Task[Any]]:
            found = asyncio.all_tasks(loop) - spared
            return found if is_others is None else {t for t in found if not is_others(t)}

        left = look()
        # A generator that an `async for` was left with is closed by asyncio, in a task that
        # nobody can await: no leak of the test's.
        closers = {task for task in left if insides.closes_generator(task)}
        if closers:
            await asyncio.wait(closers, timeout=self.limit)
            left = look()
        # What is meant to run for ever is no leftover, unless it does not end now.
        endless = set(filter(background.is_background, left))
        if endless:
            for task in endless:
                _cancel(task)
            await asyncio.wait(endless, timeout=self.limit)
            for task in endless:
                if task.done() and not task.cancelled() and (error := task.exception()):
                    failed.append((task, error))
            left = look()
        if left:
            self._drained |= left
            ending(sorted(left, key=lambda task: task.get_name()))
        deadline = self._now() + self.limit
        while left and self._now() < deadline:
            # They would never end: whoever waits for them has to go without.
            spared |= {task for task in left if not _cancel(task)}
            left -= spared
            if not left:
                break
            done, _ = await asyncio.wait(left, timeout=deadline - self._now())
            for task in done:
                if not task.cancelled() and (error := task.exception()) is not None:
                    failed.append((task, error))
            left = look()
            self._drained |= left
        for task in left:
            insides.silence(task)
            _leave_behind(task)
        if close:
            if suspended is not None and (generators := insides.asyncgens(loop)):
                suspended(generators)
                del generators
            if insides.has_asyncgens(loop) and not await self._within(loop.shutdown_asyncgens()):
                stuck.append("an asynchronous generator")
            stuck += await self._shut_down_executor()
        for _ in range(LAST_TURNS):
            if not insides.has_ready_callbacks(loop):
                break
            await asyncio.sleep(0)
        return sorted(left, key=lambda task: task.get_name()), failed, stuck

    def silence_leftovers(self) -> None:
        """Keep asyncio from logging what has been reported, or is ours."""
        if self._is_quiet:
            return
        for task in self._drained:
            if task.done() and not task.cancelled():
                task.exception()  # it is known, even if closing was broken off before it was told
        for task in asyncio.all_tasks(self.loop):
            insides.silence(task)

    async def _within(self, awaitable: Awaitable[Any], *, cancel: bool = True) -> bool:
        """Await *awaitable* within the limit; leave it behind if it takes longer."""
        task = asyncio.ensure_future(awaitable)
        await asyncio.wait({task}, timeout=self.limit)
        if not task.done():
            if cancel:
                task.cancel()
            else:
                _leave_behind(task)
            insides.silence(task)
            return False
        if not task.cancelled() and (error := task.exception()) is not None:
            self.loop.call_exception_handler(
                {"message": "error while the event loop was shut down", "exception": error}
            )
        return True

    async def _shut_down_executor(self) -> list[str]:
        executor = insides.default_executor(self.loop)
        if executor is None:
            return []
        if isinstance(executor, bool):
            # A foreign loop knows best itself. Cancelled, uvloop's joins its helper thread there and then.
            ended = await self._within(self.loop.shutdown_default_executor(), cancel=False)
        else:
            # asyncio's own way joins its helper thread on Python 3.11 whatever happens,
            # and so cannot be bounded.
            joined = self.loop.create_future()
            note = getattr(self.loop, "_asynctesting_note_job", None)
            if note is not None:  # or virtual time would not wait for it
                note(joined, "that shuts the executor down")
            threading.Thread(
                target=_join_executor,
                args=(executor, self.loop, joined),
                name="asynctesting-join-executor",
                daemon=True,
            ).start()
            ended = await self._within(joined)
        return [] if ended else ["a job in the loop's executor"]


def _run(loop: asyncio.AbstractEventLoop) -> None:
    """
    Run the loop.

    Whenever a coroutine is made, Python looks for the line at which each of some callers stands, from the
    beginning of the function on. So who is among them had better be short.

    """
    loop.run_forever()


def _line_of_stop(phase: Phase) -> Place | None:
    """The line of the phase's own function by which it has stopped the loop, if that is clear."""
    code = getattr(phase.coroutine, "cr_code", None)
    return None if code is None else line_in(place_of_code(code), r"\bstop\b")


def _words_of_stop(phase: Phase) -> str:
    """Who has stopped the loop under a phase."""
    place = _line_of_stop(phase)
    words = "something called loop.stop()"
    return words if place is None else f"{words}; see {place.where}: `{place.source}`"


def _cancel(task: asyncio.Task[Any]) -> bool:
    """Cancel *task*; tell whether that can be: not if tasks wait for each other in a circle."""
    try:
        task.cancel()
    except RecursionError:
        return False
    return True


def _join_executor(
    executor: Any, loop: asyncio.AbstractEventLoop, joined: asyncio.Future[None]
) -> None:
    executor.shutdown(wait=True)
    try:
        loop.call_soon_threadsafe(_set, joined)
    except RuntimeError:  # the loop was closed without waiting any longer
        pass


def _set(joined: asyncio.Future[None]) -> None:
    if not joined.done():
        joined.set_result(None)
