"""
A loop that runs what is ready in another order, one that asyncio could have taken as well.

asyncio takes what is ready in the order in which it became ready. Which order that is depends on
luck: on how many turns of the loop each task needs to come to its next step, on what the network
brings first, on how late the loop is. So here a **task's step may come late**. All else holds:

* plain callbacks run in the order in which they were registered, those of ``call_soon()`` and
  ``call_soon_threadsafe()``, and those that a future calls when it is done;
* nothing that became ready after a plain callback overtakes it, nor the step in which a server takes a connection on;
* timers go off in the order of their deadlines; only those of one deadline may change places;
* time does not pass while something is ready. When it jumps, it may jump past several deadlines: a
  *stall*, as if something had held the loop up. A timer is late by no more than half of its delay
  or 20 milliseconds, whichever is more. So a margin of less than 20 milliseconds is none, however short the
  delays: what is to come first has to leave as much, and of a long delay half as much again;
* what is overtaken often enough, goes on; so polling with ``sleep(0)`` ends.

The hook is the queue of what is ready, ``BaseEventLoop._ready``. asyncio appends to it, on any
thread, and once in a while takes as many items from its left as it had; here, what is taken is
*chosen*. So tasks, futures and the turns of the loop are asyncio's own, and so is the order
as long as the :class:`~asynctesting.schedules.Strategy` says 0. A turn in which there is nothing to
be done but to run what is ready, neither timers nor descriptors, is taken here; it is the same as asyncio's,
at half of the cost.

The private names of asyncio that this stands on, besides those of
:mod:`asynctesting.loops.simulated`, all seen in 3.11 to 3.15:

=====================================  ==========================================================
name                                   here
=====================================  ==========================================================
``BaseEventLoop._ready``               replaced: ``append``, ``popleft``, ``clear`` and the length
                                       are used
``BaseEventLoop._run_once``            replaced, and called if there is more to be done than to run
                                       what is ready; before that, what waits may be struck
``BaseEventLoop._stopping``,           as in asyncio's own turn
``._debug``, ``Handle._run``
``Handle._callback``, ``._args``,      read: whose step it is, and which future woke it
``._cancelled``
``TaskStepMethWrapper``,               the names of what a task has called, to go on
``task_wakeup``, ``Task.__step``,
``Task.__wakeup``
``asyncio.tasks._PyTask``              a task as well
``_run_until_complete_cb``             stops the loop, and so is not overtaken, and overtakes nothing
=====================================  ==========================================================

"""

from __future__ import annotations

import asyncio
import asyncio.base_events
import asyncio.tasks
import collections
import heapq
import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextvars import Context
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from ..checks.tasks import describe, stands_at
from ..driver import Driver, DriverTask
from ..errors import DeadlockError, LoopTimeExceeded
from ..findings import Place, site
from ..lanes import Event, short
from ..schedules import LATER, WAITING, WOKEN, Constraint, Decisions, Kind, Lane, Strategy, Struck
from . import insides, pipes
from .clock import SECOND
from .simulated import MOULD, SimulatedLoop


__all__ = ["ExploredLoop"]

__unittest = True

#: How many of those that are ready may be overtaken at once.
WINDOW: Final = 24

#: How often the first of those that are ready may be overtaken.
OVERTAKEN: Final = 48

#: How many deadlines the loop may be late for, besides the next one.
STALLED: Final = 3

#: How often a task that waits may be struck after time has gone on.
LATERS: Final = 2

#: Nanoseconds by which it may be late, however short the delay.
LATE: Final = SECOND // 50

#: How a task of C has itself called to be woken up, by name, and otherwise, by the name of the type.
_WAKE_UP: Final = "task_wakeup"
_STEP_TYPE: Final = "TaskStepMethWrapper"

#: How a task of Python has itself called, by name.
_STEPS: Final = frozenset(("__step", "__wakeup"))

#: That type, once it was seen.
_STEP_TYPES: Final[set[type[Any]]] = set()

_BUILTIN: Final = type(len)

#: Where what ends a test whose time is up is called from another thread: it is no thread of the test's.
_HOST: Final = Driver.__module__.replace("driver", "host")

_TASKS: Final = (asyncio.Task, getattr(asyncio.tasks, "_PyTask", asyncio.Task))

#: What stops the loop: the end of a stage of a test, and of ``run_until_complete()``.
_STOPS: Final = frozenset(
    (Driver._stop, getattr(asyncio.base_events, "_run_until_complete_cb", None))
)


class _Ready:
    """
    What is ready, in order; what is taken of it is chosen.

    It has of a deque what asyncio asks of one. What has come in and was not looked at is in a real
    one, to which other threads can append.

    """

    __slots__ = (
        "_ahead",
        "_callbacks",
        "_clock",
        "_event",
        "_fence",
        "_first_strike",
        "_is_mixed",
        "_is_victim",
        "_names",
        "_overtaken",
        "_own",
        "_tasks",
        "append",
        "called",
        "come",
        "decisions",
        "events",
        "held",
        "kept",
        "lanes",
        "last",
        "places",
        "strategy",
        "struck",
        "waiting",
        "woken_by",
    )

    def __init__(self, loop: ExploredLoop) -> None:
        #: What has come in, and was not looked at.
        self.come: collections.deque[Any] = collections.deque()
        self.append: Callable[[Any], None] = self.come.append
        #: What was looked at and not taken, and the lane of each.
        self.held: list[Any] = []
        self.lanes: list[Lane] = []
        self._clock = loop.clock
        self._fence = Lane(_CALLBACK, "stop")

    def begin(
        self,
        strategy: Strategy,
        decisions: Decisions,
        victims: Callable[[str, Any], bool] | None,
        record: bool,
    ) -> None:
        """Begin a life, with nothing in it."""
        self.strategy: Strategy | None = strategy
        self.decisions: Decisions = decisions
        #: What happened, and the same as long as it is recorded.
        self.kept: list[Event] = []
        self.events: list[Event] | None = self.kept if record else None
        #: How timers are called in words, by their names.
        self.called: dict[str, str] = {}
        #: And where the tasks are that wait for them.
        self.places: dict[str, Place | None] = {}
        self.struck: dict[str, Callable[[], Any] | None] = {}
        #: Whether there may be others among them than steps of tasks.
        self._is_mixed: bool = False
        #: The victims that wait, and how often time has gone on since.
        self.waiting: dict[Lane, int] = {}
        #: The lane that took the last step, if something may strike it now, or is to be told.
        self.last: Lane | None = None
        #: What woke the test's own task the last time, if something was struck before; and its lane.
        self.woken_by: tuple[Any, ...] = ()
        self._own: Lane | None = None
        #: Whom the next step has overtaken, by name, if it is recorded.
        self._ahead: tuple[str, ...] = ()
        #: The last step, if it is recorded.
        self._event: Event | None = None
        self._first_strike: int = 0
        self._overtaken: int = 0
        self._is_victim = victims
        self._tasks: dict[int, Lane] = {}
        self._callbacks: dict[str, Lane] = {}
        self._names: dict[str, int] = {}
        self._fence.step = 0
        self._fence.is_watched = record

    def __len__(self) -> int:
        return len(self.come) + len(self.held)

    def __iter__(self) -> Iterator[Any]:
        return chain(self.held, self.come)

    def clear(self) -> None:
        """Forget all of it."""
        self.held.clear()
        self.lanes.clear()
        self._is_mixed = False
        self.come.clear()

    def run(self, loop: ExploredLoop) -> bool:
        """
        Take turns of *loop* as long as nothing is to be done in them but to run what is ready.

        Whenever a coroutine is made, Python looks for the line at which each of some callers stands, from
        the beginning of the function on. So what is called stands first here.

        Returns:
            Whether the loop was stopped in one of them.

        """
        take, left = self.popleft, 0
        handle: Any = None
        come, held, scheduled, selector = self.come, self.held, loop._scheduled, loop._selector
        while True:
            while left:
                left -= 1
                handle = take()
                if not handle._cancelled:
                    handle._run()
            if handle is not None and loop._stopping:
                return True
            left = len(come) + len(held)
            busy = selector.busy + 1
            if not left or scheduled or busy >= selector.looks_at or loop._debug:
                return False
            selector.busy = busy

    def popleft(self) -> Any:
        """Take one, as the strategy has it."""
        if self.last is not None:
            self.settle()
        come, held, lanes, tasks = self.come, self.held, self.lanes, self._tasks
        while len(come):
            handle = come.popleft()
            callback = handle._callback
            kind = type(callback)
            if kind in _STEP_TYPES or (kind is _BUILTIN and callback.__name__ == _WAKE_UP):
                owner = callback.__self__
                lane = tasks.get(id(owner))
                if lane is None or lane.owner() is not owner:
                    lane = self._new_task(owner)
            else:
                lane = self.lane_of(handle)
                if lane.kind is not _TASK:
                    self._is_mixed = True
            held.append(handle)
            lanes.append(lane)
        if len(held) > 1:
            index = self._choose()
            handle = held.pop(index)
            lane = lanes.pop(index)
        else:
            handle = held.pop()
            lane = lanes.pop()
            self._is_mixed = False
            self._overtaken = 0
        if not handle._cancelled:
            if lane.is_watched:
                self._look_at(lane, handle)
            lane.step += 1
        return handle

    def _choose(self) -> int:
        """Say which of those that were looked at is taken."""
        lanes, places = self.lanes, None
        if self._is_mixed or len(lanes) > WINDOW:
            if lanes[0].kind is _CALLBACK:  # which nobody overtakes
                self._overtaken = 0
                return 0
            lanes, places = self._candidates()
        strategy, width = self.strategy, len(lanes)
        if width > 1 and strategy is not None:
            if self._overtaken < OVERTAKEN:
                # As Decisions.note() does it; this is the decision of nearly each step.
                answer = strategy.order(lanes)
                decisions = self.decisions
                if answer:
                    decisions.made[len(decisions.widths)] = answer
                decisions.widths.append(width)
                if answer:
                    self._overtaken += 1
                    if self.events is not None:
                        called = self.called
                        self._ahead = tuple([called.get(o.name, o.name) for o in lanes[:answer]])
                    return answer if places is None else places[answer]
            else:
                self.decisions.is_cut = True
        self._overtaken = 0
        return 0

    def _look_at(self, lane: Lane, handle: Any) -> None:
        """Look at a step that is about to be taken: it may be struck, or told."""
        if lane.kind is _CALLBACK and lane.owner is not None:
            lane.kind = _TASK  # the first step is over
            lane.is_watched = self.events is not None
        if self.strategy is None:
            return
        if lane.victim:
            self.waiting.pop(lane, None)
            if lane.step:
                self._strike(lane, WOKEN)
            self.last = lane
        elif self.struck and lane is self._own:
            self.woken_by = handle._args
        if self.events is not None:
            ahead, self._ahead = self._ahead, ()
            detail = "comes to an end" if lane is self._own else ""  # unless it waits then
            self.note("step", lane, ahead=ahead, is_task=lane.kind is _TASK, detail=detail)
            self._event = self.kept[-1]
            self.last = lane

    def _candidates(self) -> tuple[list[Lane], list[int]]:
        """Those that may go on, in asyncio's order, and where they are; nobody overtakes what is cancelled."""
        lanes: list[Lane] = []
        places: list[int] = []
        if self.held[0]._cancelled:
            return lanes, places
        moment: Any = None
        for index, lane in enumerate(self.lanes):
            if index >= WINDOW:
                self.decisions.is_cut = True
                break
            handle = self.held[index]
            if handle._cancelled:
                continue
            kind = lane.kind
            if kind is _CALLBACK:
                if lane is not self._fence:
                    lanes.append(lane)
                    places.append(index)
                break
            if kind is _TIMER:
                if moment is None:
                    moment = handle.key[0]
                elif handle.key[0] != moment:
                    continue
            lanes.append(lane)
            places.append(index)
        return lanes, places

    # Lanes

    def lane_of(self, handle: Any) -> Lane:
        """Give the lane that *handle* is in, unless it is known as a step of a task that is written in C."""
        callback = handle._callback
        if isinstance(handle, asyncio.TimerHandle):
            due = self.name(name_of_timer(handle))
            if self.events is not None:
                self.call(due, handle)
            return self._new_lane(_TIMER, due)
        name = getattr(callback, "__name__", None)
        if name is None and type(callback).__name__ == _STEP_TYPE:
            _STEP_TYPES.add(type(callback))
            return self.lane_of_task(callback.__self__)
        if name in _STEPS:
            owner = callback.__self__
            if isinstance(owner, _TASKS):
                return self.lane_of_task(owner)
        elif getattr(callback, "__func__", callback) in _STOPS:
            return self._fence
        name = _name_of(callback)
        lane = self._callbacks.get(name)
        if lane is None:
            self._callbacks[name] = lane = self._new_lane(_CALLBACK, f"callback {name}")
        return lane

    def _new_lane(self, kind: Kind, name: str) -> Lane:
        lane = Lane(kind, name)
        lane.is_watched = self.events is not None
        return lane

    def lane_of_task(self, task: Any) -> Lane:
        """Give the lane of *task*, which is known by its identity as long as it lives."""
        lane = self._tasks.get(id(task))
        return self._new_task(task) if lane is None or lane.owner() is not task else lane

    def _new_task(self, task: Any) -> Lane:
        kin = ""
        if type(task) is DriverTask:
            name = "test"
        else:
            coroutine = task.get_coro()
            kin = getattr(coroutine, "__qualname__", None) or type(coroutine).__name__
            name = task.get_name()
            if name.startswith("Task-") and name[5:].isdecimal():
                name = kin.rpartition("<locals>.")[2]
        tasks, names = self._tasks, self._names
        # As name() does it; there are tasks in each life.
        names[name] = number = names.get(name, 0) + 1
        lane = Lane(_TASK, f"{name}#{number}" if number > 1 else name, len(tasks), kin)
        lane.owner = weakref.ref(task)
        lane.is_watched = self.events is not None or (not kin and bool(self.struck))
        if not kin:
            self._own = lane
        elif kin == _ACCEPT:
            # In the turn after the one in which it was made, before anybody can know of the connection.
            lane.kind = _CALLBACK
            lane.is_watched = self._is_mixed = True
        elif self._is_victim is not None and self._is_victim(lane.name, task):
            lane.offer()
        tasks[id(task)] = lane
        return lane

    def name(self, name: str) -> str:
        """Make *name* one that no other lane has."""
        number = self._names.get(name, 0) + 1
        self._names[name] = number
        return f"{name}#{number}" if number > 1 else name

    def call(self, name: str, timer: Any) -> None:
        """Find words for the *timer* of this *name*, if it is a task that waits for it."""
        task = insides.task_of_timer(timer, asyncio.get_running_loop())
        if task is None:
            return
        self.places[name] = _place_of(task)
        lane = self._tasks.get(id(task))
        who = task.get_name() if lane is None or lane.owner() is not task else lane.name
        if isinstance(getattr(timer._callback, "__self__", None), asyncio.Timeout):
            what = "timeout"
        else:
            what = "sleep" if _sleeps(task.get_coro()) else "wait"
        self.called[name] = f"{who}'s {what} due at {timer._when:.9g}"

    def offered_lane(self, name: str) -> Lane:
        """Make a lane for an await that is offered under this *name*."""
        return Lane(Kind.TASK, self.name(f"offered {name}"))

    # Strikes

    def settle(self) -> None:
        """Look at the task that took the last step: it may be struck while it waits."""
        lane, self.last = self.last, None
        task = lane.owner() if lane is not None and lane.owner is not None else None
        if lane is None or task is None:
            return
        event, self._event = self._event, None
        if task.done():
            if event is not None:
                event.detail = "is cancelled" if task.cancelled() else "ends"
            return
        if event is not None and not (lane is self._own and _is_between(task.get_coro())):
            event.place = _place_of(task)
        if lane.victim:
            if not self.struck:
                self.waiting[lane] = 0
            self._strike(lane, WAITING)

    def later(self) -> None:
        """Time has gone on: those that wait may be struck now, before what is due goes off."""
        for lane, often in list(self.waiting.items()):
            if often < LATERS:
                self.waiting[lane] = often + 1
                self._strike(lane, LATER + often)

    def _strike(self, lane: Lane, when: int) -> None:
        """Ask whether a task is to be cancelled that waits, or is about to go on."""
        strategy = self.strategy
        task = lane.owner()
        if task is None or strategy is None:
            return
        if self.struck:
            if not (strategy.twice and self._may_be_struck_again(lane, task)):
                return
        elif task.cancelling():
            return
        if self.decisions.note(strategy.strike(lane, 1, when), 2):
            again = "again " if self.struck else ""
            self._note_struck(lane.name, lane.owner)
            self.waiting.clear()
            self._first_strike = lane.step
            words = "when it is about to go on" if when == WOKEN else "while it waits"
            if self.events is not None:
                self.note("strike", lane, detail=f"is cancelled {again}{words}", place=_place_of(task))
            task.cancel()

    def _note_struck(self, name: str, owner: Callable[[], Any] | None) -> None:
        self.struck[name] = owner
        if self._own is not None:
            self._own.is_watched = True  # it is to be known what wakes it now

    def _may_be_struck_again(self, lane: Lane, task: Any) -> bool:
        """Tell whether it was struck once, by us alone, and has gone on since."""
        return lane.name in self.struck and lane.step > self._first_strike and task.cancelling() == 1

    def fault(self, lane: Lane, faults: Sequence[Any], awaited: Any = None) -> Any:
        """Give that one of the *faults* that strikes where *lane* waits; or none."""
        if self.struck or self.strategy is None:
            return None
        width = len(faults) + 1
        answer = self.decisions.note(self.strategy.strike(lane, len(faults), WAITING), width)
        if not answer:
            return None
        fault = faults[answer - 1]
        self._note_struck(lane.name, None)
        name = getattr(fault, "__name__", None) or type(fault).__name__
        if self.events is not None:
            place = stands_at(awaited)[0] or site(sys._getframe(1))
            self.note("strike", lane, detail=f"{name} strikes", is_task=False, place=place)
        return fault

    def stop_recording(self, task: Any, detail: str) -> None:
        """Note that *task* waits in vain: what comes now is done to end it."""
        if self.events is not None and task is not None:
            self.note("end", self.lane_of_task(task), detail=detail, place=_place_of(task))
        self.events = None

    def note(self, what: str, lane: Lane, **more: Any) -> None:
        """Keep what happened; not to be called unless it is recorded."""
        name = self.called.get(lane.name, lane.name)
        self.kept.append(Event(self._clock.seconds, what, name, lane.step, **more))


#: The task by which a server takes a connection on. Its first step is the loop's own, and nobody's who may cancel it.
_ACCEPT: Final = f"BaseSelectorEventLoop.{insides.ACCEPT}"

_TASK: Final = Kind.TASK
_CALLBACK: Final = Kind.CALLBACK
_TIMER: Final = Kind.TIMER


def _name_of(callback: Any) -> str:
    return getattr(callback, "__qualname__", None) or type(callback).__name__


def _is_between(driver: Any) -> bool:
    """Tell whether what *driver* carried has come to an end."""
    return driver.carried is None or getattr(driver.carried, "cr_frame", driver) is None


def _place_of(task: Any) -> Place | None:
    """The line at which *task* waits, also within an asynchronous generator."""
    place = describe(task)[1]
    if place is None:
        from .. import waits  # only here, where hardly any test comes

        place = waits.culprit(task)
    return place


def _sleeps(coroutine: Any) -> bool:
    """Tell whether it is asyncio's sleep() that a *coroutine* waits for, in the end."""
    while coroutine is not None:
        if getattr(coroutine, "cr_code", None) is asyncio.sleep.__code__:
            return True
        coroutine = getattr(coroutine, "cr_await", None)
    return False


def name_of_timer(handle: Any) -> str:
    """Name a timer by what it calls, and when; for a cancelled one nobody asks."""
    return f"timer {_name_of(handle._callback)} at {handle._when:.9g}"


class ExploredLoop(SimulatedLoop):
    """
    A loop of virtual time that takes what is ready in the order that a strategy chooses.

    Tests have it with :func:`asynctesting.explore`, everything else with
    :class:`asynctesting.explorer.Explorer`. See :mod:`asynctesting.loops.explored` for which
    orders there are.

    Args:
        strategy: what decides; without one, all is as asyncio would do it.
        victims: tells by the name of a task, and by the task, whether it may be cancelled.
        record: whether to keep what happened.
        start, until: see :class:`~asynctesting.SimulatedLoop`.

    Attributes:
        decisions: what was decided so far.
        outside: what makes a run that cannot be repeated exactly: work outside of the loop.

    """

    _is_plain = False

    if TYPE_CHECKING:
        _default_executor: Any
        _ssock: Any
        _stopping: bool
        _thread_id: int | None

    def __init__(
        self,
        strategy: Strategy | None = None,
        *,
        victims: Callable[[str, asyncio.Task[Any]], bool] | None = None,
        record: bool = False,
        start: float = 0.0,
        until: float | None = None,
    ) -> None:
        self.outside: dict[str, None] = {}
        #: What is called when there is an error, the first one, with this loop.
        self.on_error: Callable[[Any], object] | None = None
        #: When timers were set, by their numbers.
        self._set_at: dict[int, int] = {}
        super().__init__(start=start, until=until)
        self.outside.clear()  # its own pipe
        self._queue = _Ready(self)
        self._ready: Any = self._queue
        self._begin(strategy or Strategy(), victims, record)

    def _begin(
        self,
        strategy: Strategy,
        victims: Callable[[str, asyncio.Task[Any]], bool] | None,
        record: bool,
    ) -> None:
        self.strategy: Strategy = strategy
        self.decisions: Decisions = Decisions()
        self._queue.begin(strategy, self.decisions, victims, record)

    def begin_anew(
        self,
        strategy: Strategy,
        victims: Callable[[str, asyncio.Task[Any]], bool] | None,
        record: bool,
    ) -> None:
        """Begin another life, as if this loop had been made for it; see :mod:`asynctesting.loops.rested`."""
        self._set_at.clear()
        self._outside.begin_anew()
        if self._selector.is_woken:
            pipes.drain(self._ssock)
        self._selector.begin_anew()
        self._begin(strategy, victims, record)

    @property
    def is_quiet(self) -> bool:
        """Whether it has nothing to do or to shut down, its tasks and timers left aside."""
        queue = self._queue
        return not (
            queue.come
            or queue.held
            or self._default_executor is not None
            or vars(self).get("_asyncgens")
        )

    @property
    def events(self) -> list[Event]:
        """What happened, if it is recorded."""
        return self._queue.kept

    @property
    def struck(self) -> dict[str, Callable[[], Any] | None]:
        """What was struck: the task that was cancelled, weakly, or an await that was offered."""
        return self._queue.struck

    @property
    def woken_by(self) -> tuple[Any, ...]:
        """The future that woke the test's own task the last time, since something was struck; or nothing."""
        return self._queue.woken_by

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """See asyncio; whoever is to watch this loop as soon as there is an error, watches it from now on."""
        if self.rouse():
            self.call_exception_handler(context)
        else:
            super().call_exception_handler(context)

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """The same for the handler that asyncio has itself."""
        if self.rouse():
            self.default_exception_handler(context)
        else:
            super().default_exception_handler(context)

    def rouse(self) -> bool:
        """There is an error: tell whether somebody stands in the place of these methods from now on."""
        on_error, self.on_error = self.on_error, None
        if on_error is None:
            return False
        on_error(self)
        return True

    def forget(self) -> None:
        """Drop what is known of the run, as far as it refers back to this loop."""
        self._queue.woken_by = ()

    def end_exploring(self) -> None:
        """Do as asyncio does from now on: what is left is to be ended."""
        self._queue.strategy = None
        self.strategy = Strategy()

    def offer(self, task: asyncio.Task[Any]) -> None:
        """Let *task* be one that may be cancelled."""
        self._queue.lane_of_task(task).offer()

    def offered_lane(self, name: str) -> Lane:
        """Make a lane for an await that is offered under this *name*."""
        return self._queue.offered_lane(name)

    def fault(self, lane: Lane, faults: Sequence[Any], awaited: Any = None) -> Any:
        """Give that one of the *faults* that strikes where *lane* waits for what is *awaited*; or none."""
        return self._queue.fault(lane, faults, awaited)

    def tell(self, constraint: Constraint) -> str:
        """Put a *constraint* into words: with the places where it struck, and who waited, if that is recorded."""
        queue = self._queue
        names: dict[str, Any] = {}
        for field in ("lane", "other"):
            words = queue.called.get(getattr(constraint, field, ""))
            if words is not None:
                place = queue.places[getattr(constraint, field)]
                names[field] = f"{words} ({short(place)})" if place is not None else words
        text = str(replace(constraint, **names))
        for words in names.values():
            text = text.replace(f"{words} begins", f"{words} ends")
        if isinstance(constraint, Struck):
            for event in queue.kept:
                if event.what == "strike" and event.place is not None:
                    if (event.lane, event.step) == (constraint.lane, constraint.step):
                        return f"{text}, at {short(event.place)}"
        return text

    # Ends

    def _deadlock(self) -> DeadlockError:
        self._queue.stop_recording(insides.main_task(self), "fails here, since it waits for ever,")
        return super()._deadlock()

    def _end_of_time(self, moment: int) -> LoopTimeExceeded:
        self._queue.stop_recording(insides.main_task(self), "fails here, since time is over,")
        return super()._end_of_time(moment)

    # Turns and time

    def _run_once(self) -> None:
        """
        Take one turn as asyncio does, after those in which neither a timer nor a descriptor has to
        be looked at.
        """
        if self._queue.run(self):
            return
        if self._queue.last is not None:
            self._queue.settle()
        super()._run_once()  # type: ignore[misc]

    def _set_timer(
        self, when: float, callback: Any, args: Any, context: Context | None, method: str
    ) -> Any:
        timer = super()._set_timer(when, callback, args, context, method)
        if self.strategy.stalls:
            self._set_at[timer.key[1]] = self.clock.nanoseconds
        return timer

    def _jump(self, moment: int) -> None:
        """Let it be *moment*, or a later one that is near."""
        if self.strategy.stalls and len(self._scheduled) > 1:
            later = self._near(moment)
            if later:
                name = name_of_timer(self._scheduled[0])
                width = len(later) + 1
                answer = self.decisions.note(self.strategy.stall(name, width), width)
                if answer:
                    late = later[answer - 1]
                    if self._queue.events is not None:
                        self._queue.call(name, self._scheduled[0])
                        lane, place = Lane(Kind.TIMER, name), self._queue.places.get(name)
                        detail = f"{(late - moment) / SECOND:.6g} s late"
                        self._queue.note("stall", lane, detail=detail, is_task=False, place=place)
                    moment = late
        super()._jump(moment)
        if self._queue.waiting:
            self._queue.later()

    def _near(self, moment: int) -> list[int]:
        """Deadlines after *moment* for which the loop may be late, in order."""
        heap, set_at = self._scheduled, self._set_at
        now = self.clock.nanoseconds
        if len(set_at) > 64 + 4 * len(heap):
            self._set_at = set_at = {
                number: set_at.get(number, now) for number in (timer.key[1] for timer in heap)
            }
        latest = self._until
        found: list[int] = []
        todo = [(heap[0].key, 0)]
        for _ in range(4 * STALLED):
            if not todo:
                break
            (when, number), index = heapq.heappop(todo)
            if when > latest:
                break
            if not heap[index]._cancelled:
                if when > moment and when not in found:
                    found.append(int(when))
                    if len(found) == STALLED:
                        break
                # Each of them bounds those that come after it.
                delay = int(when) - set_at.get(number, now)
                latest = min(latest, int(when) + max(delay // 2, LATE))
            for child in (2 * index + 1, 2 * index + 2):
                if child < len(heap):
                    heapq.heappush(todo, (heap[child].key, child))
        return found

    # What cannot be repeated

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Any, *args: Any, context: Any = None
    ) -> Any:
        """See asyncio; a call from another thread may come earlier or later the next time."""
        if (
            self.is_running()
            and threading.get_ident() != self._thread_id
            and getattr(callback, "__module__", None) != _HOST
        ):
            self.outside["a thread"] = None
        return super().call_soon_threadsafe(callback, *args, context=context)

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Any, *args: Any
    ) -> Any:
        """See asyncio; a job may end earlier or later the next time."""
        self.outside["an executor"] = None
        return super().run_in_executor(executor, func, *args)

    def _add_reader(self, fd: Any, callback: Any, *args: Any, **words: Any) -> Any:
        self.outside["a descriptor"] = None
        return super()._add_reader(fd, callback, *args, **words)  # type: ignore[misc]

    def _add_writer(self, fd: Any, callback: Any, *args: Any, **words: Any) -> Any:
        self.outside["a descriptor"] = None
        return super()._add_writer(fd, callback, *args, **words)  # type: ignore[misc]


MOULD.kinds.add(ExploredLoop)
