"""
A loop of asyncio's own that says so when nothing will ever wake it.

What is watched is the loop's selector: it is asked to wait without a limit when no callback is ready and no
timer is set. Then somebody outside has to wake the loop (see :mod:`asynctesting.loops.outside`), and if there is
nobody, :exc:`~asynctesting.DeadlockError` is raised out of ``run_forever()``, where the loop comes to no harm:
it can be run again, to end what is left.

The loop stays what it is, and so does its selector but for its class, which is a subclass of what it was. While
the loop has something to do, it costs a call in each of its turns; on Linux it costs less than nothing, since the
system is asked first whether there is anything to be told. While the loop idles, it is looked again now and then
whether what was outside is still there.

What is not watched: loops whose selector is not one of the standard library's, as those of uvloop, of the
proactor on Windows and of virtual time, which watches itself; loops that run their turns in a way of their own.
There the time limit remains.

What counts as a timer: one that comes to its end, be it in a year. ``asyncio.sleep(math.inf)`` has none.

"""

from __future__ import annotations

import asyncio
import math
import selectors
import weakref
from collections.abc import Callable
from typing import Any, Final

from . import insides, outside
from .outside import Outside
from .patience import Patience


__all__ = ["unwatch", "watch"]

__unittest = True

#: Real seconds for which a loop has to idle before anybody asks whether it will be woken.
MOMENT: Final = 0.05

#: Real seconds between two looks at what is outside, at most.
PAUSE: Final = 0.25

#: Real seconds that threads get which do not seem to know the loop, see :meth:`Outside.bystanders`, if the
#: machine is not busy, see :class:`Patience`.
PATIENCE: Final = 0.5

#: How often in a row a loop sees that it waits for ever, before it says so in place of whoever should.
LED: Final = 4

#: Seconds for which asyncio waits at most, however late the next timer is.
LONGEST: Final = float(getattr(asyncio.base_events, "MAXIMUM_SELECT_TIMEOUT", 24 * 3600))

#: The selector that can be asked for little, by its private name ``_selector``, which was seen in 3.11 to 3.15.
EPOLL: Final = getattr(selectors, "EpollSelector", None)

#: How a selector waits, for each class of the standard library.
_SELECTS: Final[dict[type[Any], Callable[..., Any]]] = {
    kind: kind.select
    for name in ("Epoll", "Kqueue", "Devpoll", "Poll", "Select")
    for kind in (getattr(selectors, f"{name}Selector", None),)
    if kind is not None
}

#: The class in place of each of these.
_WATCHED: Final[dict[tuple[type[Any], bool], type[Any]]] = {}

_RUN_ONCE: Final = insides.turn_of(asyncio.BaseEventLoop)

Guilty = Callable[[], "asyncio.Task[Any] | None"]


def watch(
    loop: asyncio.AbstractEventLoop, guilty: Guilty | None = None, *, is_companion: bool = False
) -> bool:
    """
    Have *loop* raise when nothing will wake it.

    To be called on the thread that is going to run it.

    Args:
        loop: the loop, not running.
        guilty: gives the task for which the loop runs; what it waits for is told first.
        is_companion: whether the loop lives beside the one of a test.

    Returns:
        Whether it can be watched, see the module.

    """
    selector = insides.selector_of(loop)
    kind = type(selector)
    if kind not in _SELECTS or insides.turn_of(type(loop)) is not _RUN_ONCE:
        found = outside.of_loop(loop)
        if found is not None:  # it watches itself
            found.is_companion = is_companion
        return False
    selector.asynctesting_watch = state = _Watch(loop, kind, guilty)
    state.outside.is_companion = is_companion
    if kind is EPOLL:
        state.poll = getattr(getattr(selector, "_selector", None), "poll", None)
    key = kind, state.poll is None
    selector.__class__ = _WATCHED.get(key) or _make_class(*key)
    return True


def unwatch(loop: asyncio.AbstractEventLoop) -> None:
    """Take :func:`watch` back; if *loop* is not watched, or is closed, that is in order."""
    selector = insides.selector_of(loop)
    state = getattr(selector, "asynctesting_watch", None)
    if state is not None:
        selector.__class__ = state.kind
        del selector.asynctesting_watch


def _make_class(kind: type[Any], is_plain: bool) -> type[Any]:
    select = _SELECTS[kind]

    def watched_select(self: Any, timeout: float | None = None) -> Any:
        if timeout is None or timeout >= LONGEST:
            return self.asynctesting_watch.idle(self, timeout)
        return select(self, timeout)

    def watched_epoll(self: Any, timeout: float | None = None) -> Any:
        if timeout == 0:
            return select(self, 0) if self.asynctesting_watch.poll(0, 1) else []
        if timeout is None or timeout >= LONGEST:
            return self.asynctesting_watch.idle(self, timeout)
        return select(self, timeout)

    name = kind.__name__
    method = watched_select if is_plain else watched_epoll
    made = type(name, (kind,), {"select": method, "__module__": kind.__module__})
    _WATCHED[kind, is_plain] = made
    return made


class _Watch:
    """What a selector has to know, to tell whether there is somebody outside."""

    __slots__ = ("guilty", "kind", "loop", "outside", "poll", "select")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, kind: type[Any], guilty: Guilty | None
    ) -> None:
        self.loop = weakref.ref(loop)
        self.kind = kind
        self.guilty = guilty
        self.select = _SELECTS[kind]
        self.poll: Any = None
        self.outside = Outside(loop)

    def idle(self, selector: Any, timeout: float | None) -> Any:
        """
        Wait until something happens.

        Raises:
            DeadlockError: if nothing will.

        """
        loop, select = self.loop(), self.select
        if loop is None or (timeout is not None and insides.next_timer(loop) < math.inf):
            return select(selector, timeout)
        if insides.count_watched(loop) or insides.signal_handlers(loop):
            # They cannot go while the loop waits, for it is the loop that lets them go.
            return select(selector, timeout)
        pause, led, patience = MOMENT, 0, Patience(PATIENCE)
        found = self.outside
        found.idles = True
        try:
            while not (events := select(selector, pause)):
                if not found.reasons() and found.is_alone(patience):
                    # Somebody may have gone just now, and have woken the loop before.
                    events = select(selector, 0)
                    if events:
                        break
                    if led >= LED or not found.is_led():
                        raise self._deadlock(loop)
                    led += 1
                pause = min(2 * pause, PAUSE)
        finally:
            found.idles = False
        return events

    def _deadlock(self, loop: asyncio.AbstractEventLoop) -> BaseException:
        from ..hangs import deadlock  # heavy, and a test that ends well needs none

        return deadlock(loop, self.guilty() if self.guilty is not None else None)
