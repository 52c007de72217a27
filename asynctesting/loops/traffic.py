"""
What is on its way between sockets that a loop watches.

A loop that has nothing to do may still have sent something that is about to arrive, and virtual
time must not jump past it. Only connections of TCP are looked at. Whoever else is at the other end,
of a pipe, a pair of sockets, a connection in the file system, gets what is sent at once; and is it
a job, a thread or a subprocess, it counts by itself (see :mod:`asynctesting.loops.outside`).

* The other end is on the same loop, a server and its client in one test: what the kernel has not
  yet handed over is waited for.
* The other end is elsewhere: whoever sends waits for an answer. So the clock is held for
  :data:`ANSWER` after something was sent, and a moment after something has come.

The kernel tells both on Linux. Elsewhere only the beginning of a connection is seen.

"""

from __future__ import annotations

import importlib
import socket
import struct
from collections.abc import Iterable
from typing import Any, Final

from .clock import SECOND


def _optional(name: str) -> Any:
    """A module that is not there on Windows."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


fcntl: Any = _optional("fcntl")
termios: Any = _optional("termios")


__all__ = ["ANSWER", "Connection", "Traffic"]

__unittest = True

#: Real nanoseconds for which somebody elsewhere may think about an answer.
ANSWER: Final = 2 * SECOND

#: The same after an answer has come: there may be more of it.
MORE: Final = SECOND // 20

#: Where ``struct tcp_info`` of Linux has the number of segments with data that came and went.
_SEGMENTS: Final = struct.Struct("=II")
_OFFSET: Final = 152
_LENGTH: Final = _OFFSET + _SEGMENTS.size
_INFO: Final = getattr(socket, "TCP_INFO", None)
_UNSENT: Final = getattr(termios, "TIOCOUTQ", None)


class Connection:
    """One end of a connection of TCP, by its descriptor."""

    __slots__ = ("asking", "counted", "descriptor", "is_local", "since", "unsent")

    def __init__(self, descriptor: int, now: int) -> None:
        self.descriptor: int = descriptor
        self.is_local: bool = False
        self.unsent: int = 0
        self.since: int = now
        self.asking: bool = True
        self.counted: tuple[int, int] = self._count()

    def _count(self) -> tuple[int, int]:
        """How much has come, and how much has been sent; nothing where that is not told."""
        if _INFO is None:
            return 0, 0
        sock = _socket(self.descriptor)
        if sock is None:
            return 0, 0
        try:
            told = sock.getsockopt(socket.IPPROTO_TCP, _INFO, _LENGTH)
        except OSError:
            return 0, 0
        finally:
            sock.detach()
        return _SEGMENTS.unpack_from(told, _OFFSET) if len(told) >= _LENGTH else (0, 0)

    def is_in_flight(self) -> bool:
        """Tell whether the kernel has something of it to hand over, and more than last time."""
        before, self.unsent = self.unsent, self._count_unsent()
        return self.unsent > before

    def _count_unsent(self) -> int:
        if _UNSENT is None:
            return 0
        try:
            told = fcntl.ioctl(self.descriptor, _UNSENT, bytes(4))
        except OSError:
            return 0
        return int.from_bytes(told, "little")

    def may_be_answered(self, now: int) -> bool:
        """Tell whether something is likely to come."""
        before, self.counted = self.counted, self._count()
        if self.counted != before:
            self.since = now
            self.asking = self.counted[1] != before[1]
        return now - self.since < (ANSWER if self.asking else MORE)


class Traffic:
    """All connections of a loop."""

    __slots__ = ("connections",)

    def __init__(self) -> None:
        self.connections: dict[int, Connection] = {}

    def note(self, descriptors: Iterable[int], others: Iterable[int], now: int) -> None:
        """
        Take note of what is watched from now on.

        Args:
            descriptors: what the loop watches.
            others: descriptors that it does not watch now, but owns.
            now: the moment, in real nanoseconds.

        """
        before, self.connections = self.connections, {}
        ports = set()
        peers: dict[int, Any] = {}
        watched = set(descriptors)
        for descriptor in watched.union(others):
            sock = _socket(descriptor)
            if sock is None:
                continue
            try:
                if sock.family not in _FAMILIES or sock.type != socket.SOCK_STREAM:
                    continue
                host, port, *_ = sock.getsockname()
                ports.add(port)
                if descriptor in watched and not _listens(sock):
                    peers[descriptor] = host, _peer(sock)
            finally:
                sock.detach()
        for descriptor, (host, peer) in peers.items():
            connection = before.get(descriptor) or Connection(descriptor, now)
            connection.is_local = peer is not None and peer[0] == host and peer[1] in ports
            self.connections[descriptor] = connection

    def is_in_flight(self) -> bool:
        """Tell whether something is on its way from one end on this loop to another one."""
        found = False
        for connection in self.connections.values():
            if connection.is_local and connection.is_in_flight():
                found = True
        return found

    def may_be_answered(self, now: int) -> bool:
        """Tell whether something is likely to come from elsewhere."""
        found = False
        for connection in self.connections.values():
            if not connection.is_local and connection.may_be_answered(now):
                found = True
        return found


_FAMILIES: Final = (socket.AF_INET, socket.AF_INET6)


def _socket(descriptor: int) -> socket.socket | None:
    """The socket of a descriptor, to be detached from it again."""
    try:
        return socket.socket(fileno=descriptor)
    except OSError:
        return None


def _listens(sock: socket.socket) -> bool:
    try:
        return bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except OSError:
        return False


def _peer(sock: socket.socket) -> Any:
    try:
        return sock.getpeername()
    except OSError:  # it is being connected
        return None
