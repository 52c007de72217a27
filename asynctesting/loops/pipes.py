"""
The self-pipe of a loop and its selector, kept for the next one.

An asyncio loop wakes itself by a pair of sockets, which it makes when it is made, has its selector watch, and
closes when it is closed, with the selector. For a short test that is a good part of all its time. So the loops that
we make get the pair that the one before has left: the same two sockets, empty but perhaps for a byte or two that
wake the loop once for nothing. If nothing else is left on it, they get the selector as well.

The private names of asyncio that this stands on, all of ``BaseSelectorEventLoop``, seen in 3.11 to
3.15: ``_make_self_pipe``, ``_close_self_pipe``, ``_selector``, ``_ssock``, ``_csock``, ``_internal_fds``,
``_add_reader``, ``_read_from_self``; and of selectors, also 3.11 to 3.15: ``_fd_to_key``, in which it is noted for whom
the pair is watched, while what the system watches stays as it is. Where one of them is gone, each loop makes a pair
of its own.

"""

from __future__ import annotations

import asyncio
import asyncio.selector_events
import atexit
import contextlib
import os
import selectors
import socket
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from . import moulds


__all__ = ["KINDS", "NAMES", "ask", "ask_no_more", "kept_selector"]

__unittest = True

#: The names that are used here.
NAMES: Final = ("_make_self_pipe", "_close_self_pipe", "_add_reader", "_read_from_self")
MEMBERS: Final = ("_selector", "_ssock", "_csock", "_internal_fds")
KEYS: Final = "_fd_to_key"

#: How many pairs are kept at most, and selectors: lives may nest, and run in several threads.
MOST: Final = 4

_LOOP: Final[Any] = asyncio.selector_events.BaseSelectorEventLoop

#: What is watched for on the reading end.
_READ: Final = selectors.EVENT_READ

#: What is called when it is ready, while it is no loop's.
_NOBODY: Final = (None, None)

#: Makes a key of its items, in fewer steps than its class does.
_key: Final[Any] = partial(tuple.__new__, selectors.SelectorKey)


class Kept(NamedTuple):
    """A selector that watches the reading end of a pair for nobody."""

    selector: Any
    reading: _Reading
    writing: _Writing

    def really_close(self) -> None:
        """Close all of it."""
        self.selector.close()
        self.writing.really_close()


#: Pairs that wait for a loop.
_PAIRS: Final[list[_Writing]] = []

#: Selectors that do, with theirs.
_SELECTORS: Final[list[Kept]] = []

#: Kinds of selectors of ours that are kept, too; each has a method ``leave()``, for there it has no loop, and knows
#: whether its loop was woken by the pair.
KINDS: Final[set[type[Any]]] = set()

#: Threads that make a loop for a life at this moment, and the selector that it is about to get.
_ASKING: Final[dict[int, Kept | None]] = {}

#: It stands for this process: one that was forked must not share a pair with its parent.
_process = object()


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

    __slots__ = ("other", "process")

    other: _Reading

    #: The process in which it was made.
    process: object

    @property
    def is_usable(self) -> bool:
        """Whether both ends are open: of a loop that is garbage they may be finalised after it."""
        return self.fileno() >= 0 and self.other.fileno() >= 0

    def close(self) -> None:
        """Keep both ends for the next loop."""
        if self.process is _process and len(_PAIRS) < MOST:
            _PAIRS.append(self)
        else:
            self.really_close()

    def really_close(self) -> None:
        """Close both."""
        self.other.really_close()
        super().close()


def _pair() -> tuple[_Reading, _Writing]:
    while _PAIRS:
        writing = _PAIRS.pop()
        if writing.is_usable:
            return writing.other, writing
        writing.really_close()
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    reading = _Reading(ours.family, ours.type, ours.proto, ours.detach())
    writing = _Writing(theirs.family, theirs.type, theirs.proto, theirs.detach())
    writing.other = reading
    writing.process = _process
    return reading, writing


def _selector(kind: type[Any]) -> Kept | None:
    """A selector of the *kind* that a loop would make now, if there is one."""
    kept: Kept
    try:
        kept = _SELECTORS.pop()
    except IndexError:
        return None
    if type(kept.selector) is kind and kept.writing.is_usable:
        return kept  # as nearly always
    _SELECTORS.append(kept)
    for kept in reversed(_SELECTORS):
        selector, _, writing = kept
        found, is_usable = type(selector), writing.is_usable
        if found is kind and is_usable:
            if _take(kept):
                return kept
        elif found not in (selectors.DefaultSelector, *KINDS) or not is_usable:
            if _take(kept):
                kept.really_close()
    return None


def _take(kept: Kept) -> bool:
    """Take *kept* for good; tell whether no other thread was faster."""
    try:
        _SELECTORS.remove(kept)
    except ValueError:
        return False
    return True


def _keep(loop: Any) -> bool:
    """Take from *loop*, which is about to close, what the next one can do with."""
    selector, reading, writing = loop._selector, loop._ssock, loop._csock
    kind: Any = type(selector)
    if (
        type(reading) is not _Reading
        or not (kind is selectors.DefaultSelector or kind in KINDS)
        or len(_SELECTORS) >= MOST
        or writing.process is not _process
        or getattr(loop, "_signal_handlers", None)  # they write to the pair
    ):
        return False
    number = reading.fileno()
    keys: dict[int, selectors.SelectorKey] = getattr(selector, KEYS)
    key = keys.get(number)
    # It may be another one that is left on it, and somebody may have closed it.
    if key is None or key.events != _READ or len(keys) != 1:
        return False
    keys[number] = _key((number, number, _READ, _NOBODY))
    if kind in KINDS:
        if selector.is_woken:
            drain(reading)
        selector.leave()
    loop._selector = loop._ssock = loop._csock = None
    loop._internal_fds -= 1
    _SELECTORS.append(Kept(selector, reading, writing))
    return True


def drain(reading: Any) -> None:
    """Take what is left in a pair, or it would wake the next loop once for nothing."""
    with contextlib.suppress(BlockingIOError, InterruptedError):
        while reading.recv(4096):
            pass


def _hook() -> None:
    make: Callable[[Any], None] = _LOOP._make_self_pipe
    close: Callable[[Any], None] = _LOOP._close_self_pipe
    begin: Callable[[Any, Any], None] = _LOOP.__init__

    def __init__(self: Any, selector: Any = None) -> None:
        if selector is None:
            selector = kept_selector(self, selectors.DefaultSelector)
        begin(self, selector)

    def _make_self_pipe(self: Any) -> None:
        thread = threading.get_ident()
        if thread not in _ASKING:
            make(self)
            return
        kept, _ASKING[thread] = _ASKING[thread], None
        self._internal_fds += 1
        if kept is None:
            self._ssock, self._csock = _pair()
            self._add_reader(self._ssock.fileno(), self._read_from_self)
        else:
            selector, self._ssock, self._csock = kept
            handle = asyncio.Handle(self._read_from_self, (), self, None)
            number = self._ssock.fileno()
            selector._fd_to_key[number] = _key((number, number, _READ, (handle, None)))

    def _close_self_pipe(self: Any) -> None:
        if not _keep(self):
            close(self)

    for hook, original in ((_make_self_pipe, make), (_close_self_pipe, close), (__init__, begin)):
        hook.__qualname__ = original.__qualname__
        moulds.hook(partial(setattr, _LOOP, original.__name__, hook))
    atexit.register(_close_all)
    os.register_at_fork(after_in_child=_begin_anew)


def _close_all() -> None:
    while _SELECTORS:
        _SELECTORS.pop().really_close()
    while _PAIRS:
        _PAIRS.pop().really_close()


def _begin_anew() -> None:
    """Leave all that was made so far to the parent of this process."""
    global _process
    _process = object()
    _ASKING.clear()
    _close_all()


def _can_keep() -> bool:
    if os.name != "posix" or not all(hasattr(_LOOP, name) for name in NAMES):
        return False
    with selectors.DefaultSelector() as selector:
        return hasattr(selector, KEYS)


#: Whether it can be done here.
CAN_KEEP: Final = _can_keep()

if CAN_KEEP:
    _hook()


def kept_selector(loop: Any, kind: type[Any]) -> Any:
    """Give a selector of this *kind* that a *loop* may have which is made at this moment; or none."""
    thread = threading.get_ident()
    if thread not in _ASKING or type(loop)._make_self_pipe is not _LOOP._make_self_pipe:
        return None
    _ASKING[thread] = kept = _selector(kind)
    return None if kept is None else kept.selector


def ask(thread: int) -> None:
    """Let a loop that is made in *thread* have what the last one has left."""
    _ASKING[thread] = None


def ask_no_more(thread: int) -> None:
    """Take :func:`ask` back."""
    _ASKING.pop(thread, None)
