"""
``wrong-thread`` and ``stopped-loop``: a loop that is used in a way in which it may not be.

The fault: a *wrong thread* is one that calls ``loop.call_soon``, ``loop.call_later``,
``future.set_result``, ``task.cancel`` or ``queue.put_nowait`` while the loop runs in another one.
The loop is not woken, and may lose the call or wait for ever; only asyncio's debug mode tells.
A *stopped loop* is one that the test itself has closed, under its tear-down and cleanups, or
stopped with its last line.

The cure: ``loop.call_soon_threadsafe(future.set_result, 1)``, or
``asyncio.run_coroutine_threadsafe(queue.put(1), loop)``. Leave the loop to the test case.

The allowance: ``@allow("wrong-thread", match="worker", reason="...")``.

``loop.stop()`` before that is no finding but an error, for the test cannot go on.

What it cannot see: other loops; calls that reach a future for which nobody waits; threads that
are not started by :mod:`threading`; ``loop.call_soon`` itself, if it was handed to the first of
the threads, as its target; calls by objects while they are finalised.

"""

from __future__ import annotations

import asyncio
import functools
import sys
import threading
import time
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any, ClassVar, Final

from ..findings import Finding, Place
from ..loops import insides
from .base import Check, Closing, Scene
from .hooks import around, led_here


__all__ = ["LoopMisuse"]

__unittest = True

#: How many faults of one life are told; a thread may go on for long.
MOST: Final = 10

#: How many calls may lie between a finaliser and the loop.
DEPTH: Final = 10

#: The methods of a loop that are guarded: all other ways into it end there, in asyncio's.
_GUARDED: Final = ("call_soon", "call_at")
_GUARDED_ELSEWHERE: Final = (*_GUARDED, "call_later")

#: The innermost check that watches each loop.
_WATCHING: Final[dict[asyncio.AbstractEventLoop, LoopMisuse]] = {}


def _guard(loop: asyncio.AbstractEventLoop, thread: int, name: str) -> Callable[..., Any]:
    """What takes the place of a method of one *loop*, which runs in *thread*."""
    original = getattr(loop, name)

    @functools.wraps(original)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if (
            threading.get_ident() != thread
            and loop.is_running()
            and asyncio._get_running_loop() is not loop
        ):
            check = _WATCHING.get(loop)
            if check is not None:
                check.add_call(sys._getframe(1))
        handle = original(*args, **kwargs)
        insides.pass_over(handle)
        return handle

    return guarded


def _is_finalising(frame: FrameType | None) -> bool:
    """Tell whether *frame* is part of a finaliser, which runs in any thread."""
    for _ in range(DEPTH):
        if frame is None:
            break
        if frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False


def ends_elsewhere(loop: asyncio.AbstractEventLoop, place: Place, name: str) -> None:
    """Take note that the line at *place* has an executor call the method *name* of a future."""
    check = _WATCHING.get(loop)
    if check is not None:
        check.add_end(place, name)


def _on_start(original: Any) -> Callable[..., Any]:
    def start(self: Any) -> None:
        global _threaded
        _threaded = True
        for check in list(_WATCHING.values()):
            check.guard()
        original(self)

    return start


def _on_close(original: Any) -> Callable[..., Any]:
    def close(self: Any) -> None:
        check = _WATCHING.get(self)
        if check is not None:
            check.add_close(sys._getframe(1))
        original(self)

    return close


def _install() -> None:
    global _threaded
    _threaded = threading.active_count() > 1
    around(threading.Thread, "start", _on_start)
    around(asyncio.BaseEventLoop, "close", _on_close)


_installed = False

#: Whether there has ever been another thread.
_threaded = False


class LoopMisuse(Check):
    """See the module."""

    ids: ClassVar[tuple[str, ...]] = ("wrong-thread", "stopped-loop")

    # What begins like this costs nothing in a test where nothing happens.
    _guards: dict[str, Callable[..., Any]] | None = None
    _calls: dict[Place | None, tuple[str, float]] | None = None
    #: The lines that have a future of the loop end in an executor, and by which method.
    _ends: dict[Place, str] | None = None
    _loop: Any = None
    _was_closed = False
    _is_closed = False
    _is_over = False
    _closer: Place | None = None

    def start(self, scene: Scene) -> None:
        global _installed
        if not _installed:
            _installed = True
            _install()
        self._loop = loop = scene.loop
        self._thread = scene.thread
        self._outer = _WATCHING.get(loop)
        _WATCHING[loop] = self
        if not scene.is_owned:
            self._was_closed = loop.is_closed()
        if _threaded and threading.active_count() > 1:
            self.guard()

    def guard(self) -> None:
        """Have other threads found out, now that there is one."""
        if self._guards is not None:
            return
        self._guards = {}
        if self._outer is not None:
            self._outer.guard()  # it lasts longer
            return
        is_asyncios = isinstance(self._loop, asyncio.BaseEventLoop)
        for name in _GUARDED if is_asyncios else _GUARDED_ELSEWHERE:
            guarded = _guard(self._loop, self._thread, name)
            try:
                setattr(self._loop, name, guarded)
            except AttributeError:  # a loop whose attributes are fixed
                return
            self._guards[name] = guarded

    def add_call(self, frame: FrameType) -> None:
        """Take note that *frame*, of another thread, has used the loop."""
        calls = self._calls
        if calls is None:
            calls = self._calls = {}
        if len(calls) < MOST and not _is_finalising(frame):
            calls.setdefault(led_here(frame), (threading.current_thread().name, time.monotonic()))

    def add_end(self, place: Place, name: str) -> None:
        """Take note that a future is to end in another thread; nothing of the user's runs there."""
        if self._ends is None:
            self._ends = {}
        if len(self._ends) < MOST:
            self._ends[place] = name

    def add_close(self, frame: FrameType) -> None:
        """Take note that *frame* closes the loop."""
        if not self._is_over and self._closer is None and not self._loop.is_running():
            self._closer = led_here(frame)

    def inspect(self, scene: Scene) -> None:
        self._is_over = True
        if scene.loop.is_closed() and not self._was_closed:
            self._is_closed = True
            if self._outer is not None:
                self._outer._was_closed = True  # it is told here

    def begin_anew(self, scene: Scene) -> bool:
        return not (self._calls or self._ends or self._closer or self._outer)

    def stop(self) -> None:
        loop = self._loop
        if loop is None:
            return
        if self._outer is None:
            _WATCHING.pop(loop, None)
        else:
            _WATCHING[loop] = self._outer
        if self._guards:
            for name, guarded in self._guards.items():
                if vars(loop).get(name) is guarded:
                    delattr(loop, name)

    def findings(self, closing: Closing) -> Iterable[Finding]:
        if self._calls or self._ends or self._is_closed or closing.stopped:
            return self._tell(closing)
        return ()

    def _tell(self, closing: Closing) -> Iterable[Finding]:
        ends = dict(self._ends or {})
        for place, (name, when) in (self._calls or {}).items():
            if place is None and ends:
                place = next(iter(ends))
                del ends[place]
            yield Finding(
                "wrong-thread",
                f"the event loop was used from thread {name!r}, but runs in another one",
                "call what is safe: `loop.call_soon_threadsafe(...)` or "
                "`asyncio.run_coroutine_threadsafe(...)`",
                place,
                about=(name,),
                when=when,
            )
        for place, name in ends.items():
            yield Finding(
                "wrong-thread",
                f"{name}() of a future of the event loop was called in another thread",
                "call what is safe: `loop.call_soon_threadsafe(...)` or "
                "`asyncio.run_coroutine_threadsafe(...)`",
                place,
                about=(name,),
            )
        if self._is_closed and closing.has_passed:
            yield Finding(
                "stopped-loop",
                "the test has closed its event loop",
                "leave that to the test case; make a loop of your own to close one",
                self._closer,
            )
        for stage in closing.stopped:
            yield Finding(
                "stopped-loop",
                f"the event loop was stopped in {stage}",
                "leave that to the test case; make a loop of your own to stop one",
                getattr(stage, "stopped_at", None),
                about=(stage,),
            )
