"""
What the task of a test is made of: it carries one phase after another.

A task steps a coroutine. The :class:`Driver` stands in the coroutine's place and passes each
step on to the phase that it carries, so that set-up, test, tear-down and cleanups run in the same
task. It is no coroutine function: whoever looks at the task, a debugger, asyncio's call
graph, our own reports, sees the user's coroutine, as if the task had been made for it.

Between two phases it waits for a future. Cancellation needs care there and at the end of each
phase: see :meth:`Driver._hold`, :meth:`Driver._deliver` and :meth:`Driver._settle`.

"""

from __future__ import annotations

import asyncio
import asyncio.runners
import asyncio.taskgroups
import asyncio.timeouts
import contextvars
import os.path
import sys
import unittest
from collections.abc import Coroutine, Generator
from typing import Any, Final

from .findings import Place, is_installed, is_user_file, place_of_frame
from .loops import insides


__all__ = ["Driver", "DriverTask", "Phase", "Stage", "Waiting", "expect_cancellation"]

__unittest = True


class Phase:
    """
    One coroutine, and what became of it.

    Args:
        coroutine: what to step.
        context: where to step it, if not in the context of the task.
        name: what it is called in reports.
        last: whether the driver ends with it.

    """

    __slots__ = (
        "cancelled_at",
        "context",
        "coroutine",
        "done",
        "error",
        "last",
        "name",
        "stopped",
        "swallowed",
        "value",
    )

    def __init__(
        self,
        coroutine: Coroutine[Any, Any, Any],
        context: contextvars.Context | None,
        name: str,
        *,
        last: bool = False,
    ) -> None:
        self.coroutine: Coroutine[Any, Any, Any] = coroutine
        self.context: contextvars.Context | None = context
        self.name: str = name
        self.last: bool = last
        self.done: bool = False
        self.value: Any = None
        self.error: BaseException | None = None
        #: Whether it ended normally, or skipped the test, although it had been cancelled.
        self.swallowed: bool = False
        #: By which line, if that is known, or where it waited then.
        self.cancelled_at: Place | None = None
        #: Whether the loop had been stopped before it ended.
        self.stopped: bool = False


class Stage(str):
    """The name of a phase that was cancelled, or whose loop was stopped, and by which line."""

    cancelled_at: Place | None = None
    stopped_at: Place | None = None


class Waiting(Place):
    """The line at which a task waited when the loop itself cancelled it: no line of the user's has."""

    __slots__ = ()


#: Whether a request that is left can be told from what a failed task group leaves behind.
CAN_TELL: Final = sys.version_info >= (3, 13)

#: A request of a task group, a timeout or a runner. They take it back, or need not: a task group
#: that a ``KeyboardInterrupt`` or ``SystemExit`` leaves does not.
SCOPE: Final = object()

#: A request of an installed package, or of ours.
OTHERS: Final = object()

#: A request that the test has asserted.
EXPECTED: Final = object()

#: The files of the first.
_SCOPES: Final = tuple(
    module.__file__ for module in (asyncio.taskgroups, asyncio.timeouts, asyncio.runners)
)
_HERE: Final = os.path.dirname(os.path.abspath(__file__)) + os.sep


#: How a future is told who waits for it no more, since Python 3.14.
_DISCARD: Final[Any] = getattr(asyncio, "future_discard_from_awaited_by", None)


class DriverTask(asyncio.Task[Any]):
    """
    The task of a driver: it remembers who has asked for its cancellation.

    Attributes:
        requests: those that were not taken back, the line of each, or, as far as it is known, where the
            task waited, or :data:`SCOPE`, :data:`OTHERS`, :data:`EXPECTED`.

    """

    requests: tuple[Any, ...] = ()

    def cancel(self, msg: Any = None) -> bool:
        """Cancel it, and note who did."""
        frame = sys._getframe(1)
        filename = frame.f_code.co_filename
        request: Any = None
        if filename in _SCOPES:
            request = SCOPE
        elif filename.startswith(_HERE) or is_installed(filename):
            request = OTHERS
        elif is_user_file(filename):
            request = place_of_frame(frame)
        else:
            request = self._stands_at()
        accepted = super().cancel(msg)
        if accepted:
            self.requests = (*self.requests, request)
        return accepted

    def _stands_at(self) -> Place | None:
        from . import waits  # only here, where hardly any test comes

        place = waits.culprit(self)
        return None if place is None else Waiting(place.filename, place.lineno, place.function)

    def uncancel(self) -> int:
        """Take a request back: one's own, whoever it is."""
        is_scope = sys._getframe(1).f_code.co_filename in _SCOPES
        requests = list(self.requests)
        for number in range(len(requests) - 1, -1, -1):
            if (requests[number] is SCOPE) == is_scope:
                del requests[number]
                break
        self.requests = tuple(requests)
        return super().uncancel()


def expect_cancellation() -> None:
    """Hold no request against the test that runs in this thread: it has asserted them."""
    task = asyncio.current_task() if asyncio._get_running_loop() is not None else None
    if isinstance(task, DriverTask):
        task.requests = (EXPECTED,) * len(task.requests)


DriverTask.__name__ = DriverTask.__qualname__ = "Task"


class Driver(Coroutine[Any, Any, None]):
    """
    Carries phases, in one task of *loop*.

    Args:
        loop: the loop of the task. It is stopped when a phase has ended.

    """

    #: By which the task of a test is known.
    carries_a_test: Final = True

    #: Whether it has been given up: it ends with its phase, and stops nothing.
    left_behind: bool = False

    _held: BaseException | None = None

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop: asyncio.AbstractEventLoop = loop
        # What is asked for often is not the class's as well: to look it up would take longer.
        self.task: asyncio.Task[None] | None = None
        self._next: Phase | None = None
        self._phase: Phase | None = None
        self._settling: bool = False
        self._wake: asyncio.Future[None] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether it waits for a phase, and nobody has cancelled it meanwhile."""
        return self._wake is not None and not self._wake.done()

    def carry(self, phase: Phase) -> None:
        """Take *phase* on, with the next turn of the loop."""
        self._next = phase
        wake = self._wake
        if wake is not None and not wake.done():
            wake.set_result(None)

    def retire(self) -> None:
        """End while waiting for a phase, without another step."""
        self.close()
        # The future and the task refer to each other, and nobody but the collector would end that.
        if self._wake is not None and not self.loop.is_closed():
            self._wake.cancel()
            if _DISCARD is not None:
                _DISCARD(self._wake, self.task)
        self.task = self._wake = None

    # A coroutine, as a task uses it

    def send(self, value: Any, /) -> Any:
        """Step what it carries."""
        phase = self._phase
        if phase is None:
            return self._wait(None)
        if self._settling:
            return self._settle(None)
        try:
            if phase.context is None:
                return phase.coroutine.send(value)
            return phase.context.run(phase.coroutine.send, value)
        except StopIteration as stop:
            phase.value = stop.value
        except BaseException as error:
            phase.error = error
        return self._ended()

    def throw(self, error: Any, /, *rest: Any) -> Any:
        """Raise *error* in what it carries."""
        phase = self._phase
        try:
            if phase is None:
                return self._wait(error)
            if self._settling:
                return self._settle(error)
            try:
                if phase.context is None:
                    return phase.coroutine.throw(error)
                return phase.context.run(phase.coroutine.throw, error)
            except StopIteration as stop:
                phase.value = stop.value
            except BaseException as raised:
                phase.error = raised
            return self._ended()
        finally:
            del error  # this frame lasts as long as the step

    def close(self) -> None:
        """Close what it carries."""
        phase, self._phase = self._phase, None
        if phase is not None and not phase.done:
            if phase.context is None:
                phase.coroutine.close()
            else:
                phase.context.run(phase.coroutine.close)

    def __await__(self) -> Generator[Any, Any, None]:
        raise TypeError("the task of a test cannot be awaited as a coroutine")

    # Between the phases

    def _wait(self, error: BaseException | None) -> Any:
        """
        Wait for the next phase, or begin it.

        This and what follows stand below the first step of each test: the fewer lines before what is
        called, the less Python has to go through when a coroutine is made there.

        """
        if error is not None:
            self._hold(error)
        self._wake = None
        phase, self._next = self._next, None
        if phase is not None:
            return self._begin(phase)
        self._wake = self.loop.create_future()
        return self._wake.__await__().send(None)

    def _hold(self, error: BaseException) -> None:
        """
        Keep a cancellation that comes while there is no phase, for the next one.

        Python 3.11 and 3.12 deliver also a request that has been taken back; it does not count any
        more.

        """
        assert self.task is not None
        if self.task.cancelling():
            self._held = error.with_traceback(None)

    def _begin(self, phase: Phase) -> Any:
        """Take the first step of *phase*."""
        self._phase = phase
        if self._held is not None:
            self._deliver(self._held)
        return self.send(None)

    def _deliver(self, held: BaseException) -> None:
        """
        Deliver a cancellation that was kept, at the first ``await`` of the phase.

        The count of requests stays what it is: one is taken back, one is made.

        """
        assert self.task is not None
        self._held = None
        self.task.uncancel()
        self.task.cancel(*held.args[:1])

    def _ended(self) -> Any:
        """The phase has ended: go on to the next one, unless it was cancelled."""
        assert self.task is not None
        if self.task.cancelling():
            self._settling = True
            return None  # a turn of the loop, as asyncio.sleep(0) takes it
        return self._finish()

    def _settle(self, error: BaseException | None) -> Any:
        """
        Take back what is left of the requests to cancel the phase.

        An *error* now is a request that was not delivered: the phase had no more awaits. A plain
        task would end as cancelled, and so does the phase.

        """
        self._settling = False
        phase, task = self._phase, self.task
        assert phase is not None and task is not None
        if phase.error is None:
            phase.error = error
        requests = getattr(task, "requests", ())
        # Before Python 3.13 a task group leaves its request, and only ours can be told from it.
        asked = any(r not in (SCOPE, OTHERS, EXPECTED) for r in requests) or (
            CAN_TELL and (not requests or OTHERS in requests)
        )
        phase.swallowed = asked and isinstance(phase.error, (type(None), unittest.SkipTest))
        place = next((r for r in reversed(requests) if isinstance(r, Place)), None)
        phase.cancelled_at = place
        if isinstance(phase.error, asyncio.CancelledError) and type(place) is Place:
            phase.error.add_note(f"the test's own task was cancelled at {place}")
        while task.cancelling():
            task.uncancel()
        if requests:
            task.requests = ()  # type: ignore[attr-defined]
        return self._finish()

    def _finish(self) -> Any:
        phase, self._phase = self._phase, None
        assert phase is not None
        phase.done = True
        phase.stopped = insides.is_stopping(self.loop)
        if self.left_behind:
            self.task = None
            raise StopIteration
        if insides.has_ready_callbacks(self.loop):
            # In the next turn of the loop, so that what is due now comes first, as it does
            # after run_until_complete().
            self.loop.call_soon(self._stop)
        else:
            self.loop.stop()
        if phase.last:
            self.task = None
            raise StopIteration
        return self._wait(None)

    def _stop(self) -> None:
        """Stop the loop, unless it was stopped, and runs for another phase by now."""
        if self._phase is None and self._next is None:
            self.loop.stop()

    # What others see of it

    @property
    def carried(self) -> Any:
        """The coroutine of the phase, if there is one."""
        return None if self._phase is None else self._phase.coroutine

    @property
    def cr_running(self) -> bool:
        """Whether the phase runs now."""
        return bool(getattr(self.carried, "cr_running", False))

    @property
    def cr_frame(self) -> Any:
        """Where the phase stands; nowhere, while it runs: its own coroutine knows."""
        return None if self.cr_running else getattr(self.carried, "cr_frame", None)

    @property
    def cr_await(self) -> Any:
        """What the phase awaits; the phase itself, while it runs."""
        carried = self.carried
        return carried if self.cr_running else getattr(carried, "cr_await", None)

    @property
    def cr_code(self) -> Any:
        """The code of the phase."""
        return getattr(self.carried, "cr_code", None)

    @property
    def cr_origin(self) -> Any:
        """Where the coroutine of the phase was made, if that is recorded."""
        return getattr(self.carried, "cr_origin", None)

    def __getattr__(self, name: str) -> Any:
        """Its name: that of the phase."""
        if name in ("__name__", "__qualname__"):
            return getattr(self.carried, name, type(self).__name__)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
