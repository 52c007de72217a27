"""
A loop whose time is virtual.

It is asyncio's own selector loop, with its own tasks and futures. Only what it asks for the time,
and what it waits with, are ours: once in a turn asyncio calls ``select(timeout)``, with 0 while
anything is ready, and that is the place where virtual time is made:

* Something is ready: time stands still.
* Nothing is ready, but work outside of the loop is going on: it is waited for, in real time. That are
  jobs in executors and subprocesses, for as long as they last; threads, for two real seconds from
  their start and from each call into the loop; and connections with somebody else, as long as an
  answer is likely (see :mod:`asynctesting.loops.outside` and :mod:`asynctesting.loops.traffic`).
  Time stands still for half a real second after each piece of work has begun, five in all, so that
  no timeout goes off because of a job that is about to end; then it runs as fast as real time does,
  for the job may wait for a timer.
* Nothing is ready, and nobody is at work outside: time jumps to the next timer. Timers of the same
  moment are called in the order in which they were set.
* There is no timer either, but there is somebody outside who may wake the loop: a server that listens,
  a handler of signals, a thread. The loop waits for that, in real time.
* And if there is nobody: nothing will ever happen again, which is a deadlock.

Who asks again and again, and never waits, is charged for it, and who sleeps and wakes for ever is
stopped, see :mod:`asynctesting.loops.livelock`.

The private names of asyncio that this stands on, all seen in 3.11 to 3.15:

=====================================  ==========================================================
name                                   here
=====================================  ==========================================================
``BaseEventLoop._scheduled``           the heap of timers: its first one is the next deadline,
                                       which the timeout is not, since it is capped at 24 hours
``BaseEventLoop._ready``               what another thread has put there meanwhile; whether
                                       somebody does nothing but ask again and again; appended to,
                                       as asyncio's own ``call_soon`` does
``BaseEventLoop._clock_resolution``    set, see :func:`asynctesting.loops.clock.resolution_at`
``BaseEventLoop._current_handle``      set by asyncio around each callback in debug mode, where
                                       slow callbacks are to be told in real time
``BaseEventLoop._closed``,             so until it is made; in these two cases asyncio's own
``._debug``                            ``call_soon`` is called
``BaseEventLoop._check_closed``,       called as asyncio's own ``call_at`` does
``_check_thread``, ``_check_callback``
``Handle._args``, ``._callback``,      set as ``Handle.__init__`` does, which has no other ones; if
``._cancelled``, ``._context``,        there are others, that is called
``._loop``, ``._repr``,
``._source_traceback``
``TimerHandle._scheduled``,            set and read as there
``Handle._cancelled``,
``Handle._source_traceback``
``BaseSelectorEventLoop._transports``  the other ends of connections, also where reading is paused
``base_events._format_handle``         called as asyncio's own warning of slow callbacks does
``BaseSelectorEventLoop``              overridden: it writes into the loop's own pair of sockets
``._write_to_self``
=====================================  ==========================================================

"""

from __future__ import annotations

import asyncio
import asyncio.base_events
import collections
import enum
import heapq
import math
import selectors
import signal
import sys
from asyncio.log import logger
from collections.abc import Callable
from contextvars import Context, copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Self

from ..errors import DeadlockError, LoopTimeExceeded
from . import background, insides, moulds, pipes, realtime
from .clock import SECOND, nanoseconds
from .clocks import VirtualClock
from .livelock import Polling, Treadmill
from .moulds import Late, Mould
from .outside import Kind, Outside, Reason
from .patience import Patience
from .traffic import Traffic


if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike


__all__ = ["SimulatedLoop"]

__unittest = True

#: Real nanoseconds for which work outside holds the clock, before time runs with real time.
PATIENCE: Final = SECOND // 2

#: The same where one piece of work begins after the other.
IMPATIENCE: Final = 5 * SECOND

#: Real seconds for which a thread may prepare its next call into the loop.
THREAD: Final = 2.0

#: Real seconds between two looks at whether work outside still goes on.
SLICE: Final = 0.05

#: How often in a row a loop sees that it waits for ever, before it says so in place of whoever should.
LED: Final = 20

#: Real seconds for what the kernel has to hand over.
FLIGHT: Final = 0.005

#: Seconds between two questions, where somebody outside may change the answer.
PAUSE: Final = 0.01

#: Seconds below which a product of floats is exact enough to be rounded.
PLAIN: Final = 1048576.0

#: How many turns may pass without a look at the descriptors, where nobody is outside.
UNSEEN: Final = 64

#: How many turns without a pause are nothing special.
BUSY: Final = 2_000

#: After how many turns it does not matter any more what they were good for.
ENDLESS: Final = 200_000


_Handle: Final = asyncio.Handle
_new_handle: Final[Callable[[Any], Any]] = _Handle.__new__

#: Whether a handle has the attributes that it is given here, and no others.
_KNOWS_HANDLES: Final = set(getattr(_Handle, "__slots__", ())) == {
    "__weakref__",
    "_args",
    "_callback",
    "_cancelled",
    "_context",
    "_loop",
    "_repr",
    "_source_traceback",
}

_format_handle: Any = getattr(asyncio.base_events, "_format_handle", repr)

_getitimer: Final[Any] = getattr(signal, "getitimer", None)
_ALARM: Final[Any] = getattr(signal, "ITIMER_REAL", None)


class _Timer(asyncio.TimerHandle):
    """A timer that knows its place among those of the same moment."""

    __slots__ = ("key",)

    key: tuple[float, int]

    if TYPE_CHECKING:
        _args: Any
        _callback: Any
        _cancelled: bool
        _scheduled: bool
        _source_traceback: list[Any] | None

    def __lt__(self, other: Any) -> bool:
        return self.key < other.key  # type: ignore[no-any-return]


_Timer.__name__ = _Timer.__qualname__ = "TimerHandle"


class _Work(enum.Enum):
    """What goes on outside, as far as time is concerned."""

    NONE = "none"
    WATCHED = "somebody may wake the loop"
    HOLDING = "somebody is about to"


class _Selector(selectors.DefaultSelector):
    """Waits for descriptors in real time, and makes virtual time of all other waiting."""

    loop: SimulatedLoop

    def __init__(self) -> None:
        super().__init__()
        #: Whether the loop was woken by its own pair of sockets, in which something may be left.
        self.is_woken = False
        #: How many descriptors there are.
        self.watched = 0
        #: Whether these are others than before.
        self.has_changed = False
        #: Turns since anything was waited for.
        self.busy = 0
        #: Which of them is the next in which descriptors are looked at.
        self.looks_at = 0

    def register(
        self, fileobj: FileDescriptorLike, events: int, data: Any = None
    ) -> selectors.SelectorKey:
        """Watch one more."""
        key = super().register(fileobj, events, data)
        self.watched += 1
        self.has_changed = True
        self.looks_at = 0
        return key

    def unregister(self, fileobj: FileDescriptorLike) -> selectors.SelectorKey:
        """Watch it no more."""
        key = super().unregister(fileobj)
        self.watched -= 1
        self.has_changed = True
        self.looks_at = 0
        return key

    def leave(self) -> None:
        """Belong to no loop, until the next one comes."""
        del self.loop
        self.begin_anew()

    def begin_anew(self) -> None:
        """Be as it was when the loop began: with the pair of its own, and nothing else."""
        self.is_woken = False
        self.has_changed = True
        self.busy = 0
        self.looks_at = UNSEEN

    def select(self, timeout: float | None = None) -> Any:
        """Wait, in virtual time."""
        loop = self.loop
        if timeout is not None and timeout <= 0:
            self.busy = busy = self.busy + 1
            if busy < self.looks_at:
                return _NOTHING
            if busy > BUSY:
                loop._note_busy_turn()
            elif self.watched < 2:
                self.looks_at = min(busy + UNSEEN - busy % UNSEEN, BUSY + 1)
                if busy % UNSEEN:
                    return _NOTHING
            return super().select(0)
        self.busy = 0
        self.looks_at = UNSEEN if self.watched < 2 else 0
        if loop._endless:
            loop._end_polling()
        if loop._is_calm():
            loop._held_since = None
            scheduled = loop._scheduled
            if scheduled and not loop._ready:
                # What follows is _jump(), for the usual case: it happens at each moment.
                moment = scheduled[0].key[0]
                if loop._is_plain and moment <= loop._horizon and loop._jumps < Treadmill.LOOK:
                    loop._jumps += 1
                    clock = loop.clock
                    clock.move_to(moment)  # type: ignore[arg-type]
                    loop._clock_resolution = clock.resolution
                    return _NOTHING
                if moment <= loop.clock.allowed and moment < math.inf:
                    loop._jump(int(moment))
                    return _NOTHING
            return self._wait()
        return super().select(0) or self._wait()

    def look(self, seconds: float) -> Any:
        """Wait for descriptors, in real time."""
        return super().select(seconds)

    def _wait(self) -> Any:
        """Wait for whatever comes first, inside or outside."""
        try:
            return self._wait_for_any(self.loop, self.loop._outside)
        finally:
            self.loop._outside.idles = False

    def _wait_for_any(self, loop: SimulatedLoop, outside: Outside) -> Any:
        patience, led = None, 0
        while not loop._ready:
            moment = loop._next_moment()
            outside.idles = moment == math.inf and self.watched < 2 and not loop._signal_handlers
            work = loop._look_outside()
            if work is _Work.HOLDING:
                if loop._flow(moment):
                    return _NOTHING
                events = self.look(loop._slice(moment))
            else:
                loop._held_since = None
                # They may have come in just before they were looked for.
                events = self.look(FLIGHT if loop._traffic.is_in_flight() else 0)
                if not (events or loop._ready):
                    if moment < math.inf:
                        loop._jump(int(moment))
                        return _NOTHING
                    if work is _Work.NONE:
                        patience = patience or Patience(SLICE)
                        if outside.is_alone(patience):
                            if led >= LED or not outside.is_led():
                                raise loop._deadlock()
                            led += 1
                    events = self.look(SLICE)
            if events:
                return events
        return _NOTHING


pipes.KINDS.add(_Selector)

#: No moment is later.
_FINITE: Final = int(sys.float_info.max) * SECOND

_NOTHING: Final[list[Any]] = []

#: What a loop begins with. One that is refused was never open. What it gets later has its place already,
#: which is found faster than one that is new.
MOULD: Final = Mould(
    **dict.fromkeys(pipes.MEMBERS),
    **dict.fromkeys(("_ready", "_scheduled", "_signal_handlers", "_outside", "clock")),
    _closed=True,
    _endless=0,
    _held_since=None,
    _horizon=_FINITE,
    _jumps=0,
    _number=0,
    _until=math.inf,
)


class SimulatedLoop(asyncio.SelectorEventLoop):
    """
    An event loop of virtual time: sleeping costs nothing, and is exact.

    Use it as a factory of loops, wherever one is asked for; tests have it with
    :func:`asynctesting.virtual_time`. Everything else is as on asyncio's own loop, real sockets,
    threads and subprocesses included. See :mod:`asynctesting.loops.simulated` for when time moves.

    It stops being true where somebody outside takes his time, and the loop cannot know that anything is
    to come from him: a thread that has been busy for more than two real seconds, a server elsewhere that
    takes as long for its answer. Let time stand still meanwhile: ``with loop.clock.hold():``.

    Args:
        start: seconds of loop time that its clock shows at first.
        until: seconds of loop time after which nothing is to happen any more.

    Attributes:
        clock: shows, moves and stops its time, see
            :class:`~asynctesting.loops.clocks.VirtualClock`.

    Raises:
        ValueError: for a *start* or an *until* that is no number.
        DeadlockError: from ``run_forever()`` and what is built on it, when nothing inside of the
            loop and nothing outside can ever wake it.
        LoopTimeExceeded: from there, too, when everything waits for a moment later than *until*, or
            time moves on and on, and whoever runs the loop gets nowhere.

    Example:

        >>> async def nap():
        ...     await asyncio.sleep(1e6)
        ...     return asyncio.get_running_loop().time()
        >>> with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        ...     runner.run(nap()), runner.run(nap())
        (1000000.0, 2000000.0)

    """

    #: By which such a loop is known without this module.
    has_virtual_time: Final = True

    # What is true of one that has run nothing yet, of what is set now and then only.
    _flowed: int = 0
    _youngest: int = 0
    _polling: Polling | None = None
    _asked: int = 0
    _looks: int = 0
    _ran: int = 0
    _work: _Work = _Work.NONE
    _seen: Any = None
    _handle: asyncio.Handle | None = None
    _began: int = 0
    _span: float = SECOND
    #: Whether nothing is to be decided when time jumps.
    _is_plain: bool = True
    _traffic: Any = Late(Traffic)
    _callbacks: Any = Late(list)
    _treadmill: Any = Late(partial(Treadmill, 0))

    if TYPE_CHECKING:
        _check_callback: Callable[[Any, str], None]
        _check_closed: Callable[[], None]
        _check_thread: Callable[[], None]
        _make_self_pipe: Callable[[], None]
        _clock_resolution: float
        _closed: bool
        _debug: bool
        _endless: int
        _held_since: int | None
        _horizon: float
        _internal_fds: int
        _jumps: int
        _number: int
        _ready: collections.deque[asyncio.Handle]
        _scheduled: list[_Timer]
        _selector: _Selector
        _timer_cancelled_count: int
        _until: float

    def __new__(cls, *args: Any, **words: Any) -> Self:
        """Begin with what all of them have."""
        self = super().__new__(cls)
        self.__dict__ = MOULD.state.copy()
        return self

    def __init__(self, *, start: float = 0.0, until: float | None = None) -> None:
        is_usual = until is None and start == 0.0
        if not is_usual:
            _check_seconds(start, until)
        self.clock: VirtualClock = VirtualClock(self, start)
        if not is_usual:
            self._until = math.inf if until is None else nanoseconds(until)
            self._span = max(SECOND, self._until - self.clock.nanoseconds)
            self._note_horizon()
        self._signal_handlers: dict[int, asyncio.Handle] = {}
        selector: _Selector = pipes.kept_selector(self, _Selector) or _Selector()
        selector.loop = self
        if MOULD.fits(self):
            self._closed = False
            self._internal_fds = 0
            self._scheduled = []
            self._ready = collections.deque()
            self._selector = selector
            self._make_self_pipe()
            moulds.tell(self)
        else:
            own = tuple(vars(self))
            super().__init__(selector)
            MOULD.learn(self, SimulatedLoop, own)
        self._outside = Outside(self)
        self._clock_resolution = self.clock.resolution
        selector.looks_at = UNSEEN  # there is but the pair of its own

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Have *callback* called in the next turn; as asyncio's own does it, and in fewer steps."""
        if self._debug or self._closed or not _KNOWS_HANDLES:
            return super().call_soon(callback, *args, context=context)
        handle = _new_handle(_Handle)
        handle._callback = callback
        handle._args = args
        handle._loop = self
        handle._context = copy_context() if context is None else context
        handle._cancelled = False
        handle._repr = handle._source_traceback = None
        self._ready.append(handle)
        return handle  # type: ignore[no-any-return]

    def _write_to_self(self) -> None:
        selector: _Selector | None = self._selector
        if selector is not None:  # another thread may come too late
            selector.is_woken = True
        super()._write_to_self()  # type: ignore[misc]

    # Time

    def time(self) -> float:
        """Seconds of loop time."""
        return self.clock.seconds

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., Any],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """
        Have *callback* called when the clock shows *when*; in the order of these calls, where
        several are to be called at the same nanosecond.
        """
        if when is None:
            raise TypeError("when cannot be None")
        return self._set_timer(when, callback, args, context, "call_at")

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., Any],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Have *callback* called in *delay* seconds of loop time; see :meth:`call_at`."""
        if delay is None:
            raise TypeError("delay must not be None")
        return self._set_timer(
            self.clock.seconds + delay, callback, args, context, "call_later"
        )

    def _set_timer(
        self, when: float, callback: Any, args: Any, context: Context | None, method: str
    ) -> _Timer:
        self._check_closed()
        if self._debug:
            self._check_thread()
            self._check_callback(callback, method)
        if when != when:  # what is no number never comes
            when = math.inf
        timer = _Timer(when, callback, args, self, context)
        if timer._source_traceback:
            del timer._source_traceback[-2:]
        self._number += 1
        moment: float
        if 0.0 <= when < PLAIN:
            moment = round(when * 1e9)
        elif -math.inf < when < math.inf:
            moment = nanoseconds(when)
        else:
            moment = when
        timer.key = (moment, self._number)
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True
        return timer

    def _next_moment(self) -> float:
        """When time may move next, in nanoseconds."""
        scheduled = self._scheduled
        if not scheduled:
            return math.inf
        moment = scheduled[0].key[0]
        return moment if moment <= self.clock.allowed else math.inf

    def _asynctesting_next_change(self) -> float:
        """The next moment at which anything may be different, in seconds."""
        moment = self._next_moment() / SECOND
        return moment if self._is_calm() else min(moment, self.clock.seconds + PAUSE)

    def _note_horizon(self) -> None:
        """Take note of how far time may go."""
        self._horizon = min(self._until, self.clock.allowed, _FINITE)

    def _jump(self, moment: int) -> None:
        """Let it be *moment*, when the next timer is due."""
        if moment > self._until:
            raise self._end_of_time(moment)
        self._jumps += 1
        if self._jumps > Treadmill.LOOK:
            self._note_jumps()
        self._move_to(moment)

    def _move_to(self, moment: int) -> None:
        self.clock.move_to(moment)
        self._clock_resolution = self.clock.resolution

    # Work outside

    def _is_calm(self) -> bool:
        """Tell whether there is nobody outside, for sure."""
        return (
            self._selector.watched < 2
            and self._outside.is_quiet
            and not self._signal_handlers
            and (_getitimer is None or not _getitimer(_ALARM)[0])
        )

    def _asynctesting_note_job(self, future: asyncio.Future[Any], name: str) -> None:
        """Hold time until *future* is done, by somebody outside."""
        self._outside.note_job(future, name)

    async def shutdown_default_executor(self, *timeout: Any, **more: Any) -> None:
        """
        Wait for the threads of the default executor, while time is held.

        A thread that ends looks the same as one that waits for a job.
        """
        ended = self.create_future()
        self._asynctesting_note_job(ended, "that shuts the executor down")
        try:
            await super().shutdown_default_executor(*timeout, **more)
        finally:
            ended.cancel()

    def _look_outside(self) -> _Work:
        """Tell whether time has to wait for somebody."""
        now = realtime.nanoseconds()
        selector = self._selector
        if selector.has_changed:
            selector.has_changed = False
            self._traffic.note(
                [key.fd for key in selector.get_map().values() if key.fd != _own(self)],
                list(getattr(self, "_transports", ())),
                now,
            )
        reasons = self._outside.reasons()
        holding = [reason.since for reason in reasons if self._holds(reason)]
        self._youngest = round(max(holding, default=0.0) * SECOND)
        if holding:
            return _Work.HOLDING
        if self._traffic.may_be_answered(now):
            return _Work.HOLDING
        if _getitimer is not None and _getitimer(_ALARM)[0] > 0 and any(
            reason.kind is Kind.SIGNAL for reason in reasons
        ):
            return _Work.HOLDING
        return _Work.WATCHED if reasons else _Work.NONE

    def _holds(self, reason: Reason) -> bool:
        if reason.kind is Kind.THREAD:
            return realtime.seconds() - reason.since < THREAD
        return reason.kind in (Kind.JOB, Kind.SUBPROCESS)

    def _flow(self, moment: float) -> bool:
        """Let time run with real time, if it has been held for long; tell if it came to *moment*."""
        now = realtime.nanoseconds()
        if self._held_since is None:
            self._held_since = now
            self._flowed = now + PATIENCE
        elif self._youngest + PATIENCE <= self._held_since + IMPATIENCE:
            # Each piece of work is given that time, unless there is always another one.
            self._flowed = max(self._flowed, self._youngest + PATIENCE)
        passed, self._flowed = now - self._flowed, max(now, self._flowed)
        if passed <= 0 or self.clock.is_held:
            return False
        if self.clock.nanoseconds + passed >= moment:
            self._jump(int(moment))
            return True
        self._move_to(self.clock.nanoseconds + passed)
        return False

    def _slice(self, moment: float) -> float:
        """Real seconds until the next look."""
        wait = self._flowed - realtime.nanoseconds() + moment - self.clock.nanoseconds
        return max(0.0, min(SLICE, wait / SECOND))

    # Whoever asks again and again

    def _note_busy_turn(self) -> None:
        """Charge a turn for which there is no reason but that somebody asks once more."""
        ready = list(self._ready)
        asked, self._callbacks = self._callbacks, list(map(insides.callback_of, ready))
        if not all(_only_asks(callback, asked) for callback in self._callbacks):
            # It is about something. But it must not go on for ever, either.
            self._endless += UNSEEN
            if self._endless < ENDLESS:
                self._stop_looking()
                self._selector.busy = BUSY - UNSEEN
                self._selector.looks_at = 0
                return
        polling = self._polling
        if polling is None:
            self._polling = Polling(self.clock.nanoseconds)
            self._endless += 1
            self._looks = 0
            vars(self)["time"] = self._time_that_is_looked_at
            return
        # asyncio itself looks once a turn, and twice more for each callback in debug mode.
        looked = self.clock.looked or self._looks > 1 + 2 * self._debug * self._ran
        self.clock.looked = False
        self._looks, self._ran = 0, len(ready)
        self._asked += 1
        if self._asked % UNSEEN == 1:
            self._work = _Work.NONE if self._is_calm() else self._look_outside()
        moment = self._next_moment()
        if self._work is _Work.HOLDING:
            self._flow(moment)
            return
        self._held_since = None
        if self.clock.is_held:
            return
        now = self.clock.nanoseconds
        moment = min(moment, now + polling.cost(now, looked=looked))
        if moment > self._until:
            raise self._end_of_time(int(moment))
        self._move_to(int(moment))

    def _time_that_is_looked_at(self) -> float:
        """Stands for :meth:`time` where it is to be known who asks for it."""
        self._looks += 1
        return self.clock.seconds

    def _stop_looking(self) -> None:
        self._polling = None
        vars(self).pop("time", None)

    def _end_polling(self) -> None:
        """Everything waits now."""
        self._endless = 0
        self._callbacks = []
        self._stop_looking()

    # Ends

    def _deadlock(self) -> DeadlockError:
        from ..hangs import deadlock

        fact = ""
        if self.clock.is_held and self._scheduled:
            fact = f"deadlock: time is held, at {self.clock.held_at}, and everything waits for it"
        return deadlock(self, insides.main_task(self), fact)

    def _end_of_time(self, moment: int) -> LoopTimeExceeded:
        from ..hangs import report
        from ..waits import render_tasks

        until, self._until = self._until, moment + self._span
        self._note_horizon()
        main = insides.main_task(self)
        text = (
            f"virtual time has come to its end, until={until / SECOND:.12g}: "
            f"what comes next is due at {moment / SECOND:.12g} s of loop time"
        )
        task = insides.task_of_timer(self._scheduled[0], self) if self._scheduled else None
        if task is not None and task is not main:
            text += f"\n{render_tasks([task])}"
            text += f"\n{render_tasks([main])}" if main is not None else ""
        else:
            text += f"\n{report(self, main)}"
        return _at(
            main, LoopTimeExceeded(f"{text}\nend what waits for it, or let time end later")
        )

    def _note_jumps(self) -> None:
        """See whether time moves for nothing."""
        self._jumps = 0
        now = self.clock.nanoseconds
        main = insides.main_task(self)
        if main is None:  # nobody waits for anything but the loop
            self._seen = None
            return
        tasks = {task: insides.waiter_of(task) for task in asyncio.all_tasks(self)}
        seen, self._seen = self._seen, (main, tasks, insides.timers(self))
        if seen is None or seen[0] is not main:
            self._treadmill = Treadmill(now)
            return
        _, before, timers = seen
        moved = [task for task in tasks if before.get(task) is not tasks[task] or not tasks[task]]
        planned = [
            timer.key[0] for timer in timers if timer._scheduled and not timer._cancelled
        ]
        if self._treadmill.look(
            now,
            min(planned, default=math.inf),
            has_moved=main in moved,
            only_background=background.has_any()
            and any(map(background.is_background, moved))
            and all(map(background.is_background, moved)),
        ):
            raise self._treadmill_error(moved, main)

    def _treadmill_error(
        self, moved: list[asyncio.Task[Any]], main: asyncio.Task[Any]
    ) -> LoopTimeExceeded:
        from ..waits import render_tasks

        self._seen = None
        error = LoopTimeExceeded(
            f"virtual time moves on and on, to {self.clock.seconds:.12g} s by now, "
            f"and {_who(main)} gets nowhere; what keeps time moving:\n"
            f"{render_tasks(moved) if moved else 'callbacks that set timers'}\n"
            f"{render_tasks([main])}\n"
            "end what runs for ever, or let time end with virtual_time(until=...)"
        )
        return _at(main, error)

    # asyncio's debug mode

    @property
    def _current_handle(self) -> asyncio.Handle | None:
        """What is being called, in debug mode: asyncio sets it before, and unsets it after."""
        return self._handle

    @_current_handle.setter
    def _current_handle(self, handle: asyncio.Handle | None) -> None:
        called, self._handle = self._handle, handle
        if handle is not None:
            self._began = realtime.nanoseconds()
        elif called is not None:
            took = (realtime.nanoseconds() - self._began) / SECOND
            if took >= self.slow_callback_duration:
                logger.warning("Executing %s took %.3f seconds", _format_handle(called), took)


MOULD.kinds.add(SimulatedLoop)


def _check_seconds(start: Any, until: Any) -> None:
    for name, seconds in (("start", start), ("until", start if until is None else until)):
        if not isinstance(seconds, (int, float)) or not math.isfinite(seconds):
            raise ValueError(f"{name} must be a number of seconds of loop time, not {seconds!r}")


def _only_asks(callback: Any, asked: list[Any]) -> bool:
    """Tell whether *callback* is the next step after a bare ``yield``, or what was called before."""
    return (
        type(callback).__name__ == "TaskStepMethWrapper"
        or getattr(callback, "__name__", "") == "__step"
        or any(callback is one or callback == one for one in asked[:8])
    )


def _at(task: asyncio.Task[Any] | None, error: LoopTimeExceeded) -> LoopTimeExceeded:
    """Let the traceback of *error* end at the line of the user's at which *task* waits."""
    from ..findings import raise_at
    from ..waits import culprit

    place = None if task is None else culprit(task)
    return error if place is None else raise_at(error, place)


def _who(task: asyncio.Task[Any]) -> str:
    if getattr(task.get_coro(), "carries_a_test", False) is True:
        return "the test"
    return f"task {task.get_name()!r}"


def _own(loop: Any) -> int:
    """The descriptor by which *loop* wakes itself."""
    return loop._ssock.fileno()  # type: ignore[no-any-return]
