"""
The self-pipe of a loop, kept for the next one.

An asyncio loop wakes itself by a pair of sockets, which it makes when it is made, and closes when
it is closed. For a short test that is a good part of all its time. So the loops that we make get the
pair that the one before has left: the same two sockets, empty but perhaps for a byte or two that
wake the loop once for nothing.

The private names of asyncio that this stands on, all of ``BaseSelectorEventLoop``, seen in 3.11 to
3.15: ``_make_self_pipe``, ``_ssock``, ``_csock``, ``_internal_fds``, ``_add_reader``,
``_read_from_self``. Where one of them is gone, each loop makes a pair of its own.

"""

from __future__ import annotations

import asyncio
import asyncio.selector_events
import atexit
import os
import socket
import threading
from typing import Any, Final


__all__ = ["NAMES", "ask", "ask_no_more"]

__unittest = True

#: The names that are used here.
NAMES: Final = ("_make_self_pipe", "_add_reader", "_read_from_self")
MEMBERS: Final = ("_ssock", "_csock", "_internal_fds")

#: How many pairs are kept at most: lives may nest, and run in several threads.
MOST: Final = 4

_LOOP: Final[Any] = asyncio.selector_events.BaseSelectorEventLoop

#: Pairs that wait for a loop, and the process in which they were made.
_PAIRS: Final[list[tuple[int, _Reading, _Writing]]] = []

#: Threads that make a loop for a life at this moment.
_ASKING: Final[set[int]] = set()


class _Reading(socket.socket):
    """The end on which a loop waits."""

    __slots__ = ()

    def close(self) -> None:
        """Nothing: the other end does it for both."""

    def really_close(self) -> None:
        """Close it."""
        super().close()


class _Writing(socket.socket):
    """The end by which a loop is woken."""

    __slots__ = ("other",)

    other: _Reading

    def close(self) -> None:
        """Keep both ends for the next loop."""
        if len(_PAIRS) < MOST:
            _PAIRS.append((os.getpid(), self.other, self))
        else:
            self.really_close()

    def really_close(self) -> None:
        """Close both."""
        self.other.really_close()
        super().close()


def _pair() -> tuple[_Reading, _Writing]:
    while _PAIRS:
        process, reading, writing = _PAIRS.pop()
        if process == os.getpid():
            return reading, writing
        writing.really_close()  # a process that was forked must not share it
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    reading = _Reading(ours.family, ours.type, ours.proto, ours.detach())
    writing = _Writing(theirs.family, theirs.type, theirs.proto, theirs.detach())
    writing.other = reading
    return reading, writing


def _hook() -> None:
    original = getattr(_LOOP, NAMES[0])

    def _make_self_pipe(self: Any) -> None:
        if threading.get_ident() not in _ASKING:
            original(self)
            return
        self._ssock, self._csock = _pair()
        self._internal_fds += 1
        self._add_reader(self._ssock.fileno(), self._read_from_self)

    _make_self_pipe.__qualname__ = original.__qualname__
    _LOOP._make_self_pipe = _make_self_pipe
    atexit.register(_close_all)


def _close_all() -> None:
    while _PAIRS:
        _PAIRS.pop()[2].really_close()


#: Whether it can be done here.
CAN_KEEP: Final = all(hasattr(_LOOP, name) for name in NAMES) and os.name == "posix"

if CAN_KEEP:
    _hook()


def ask(thread: int) -> None:
    """Let a loop that is made in *thread* have the pair that the last one has left."""
    _ASKING.add(thread)


def ask_no_more(thread: int) -> None:
    """Take :func:`ask` back."""
    _ASKING.discard(thread)
