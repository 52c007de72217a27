"""Tests of asynctesting.loops.traffic: what is on its way between sockets."""

import os
import socket
import unittest
from unittest import mock

from asynctesting.loops import traffic
from asynctesting.loops.traffic import ANSWER, MORE, Connection, Traffic


IS_TOLD = hasattr(socket, "TCP_INFO") and traffic._UNSENT is not None


class SocketTestCase(unittest.TestCase):
    """Has two ends of a connection, and the socket that listens."""

    def setUp(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.server.close)
        self.client = socket.create_connection(self.server.getsockname())
        self.addCleanup(self.client.close)
        self.accepted, _ = self.server.accept()
        self.addCleanup(self.accepted.close)

    def numbers(self, *sockets):
        return [sock.fileno() for sock in sockets]


class NoteTests(SocketTestCase):
    def test_connections_only(self):
        """Neither what listens, nor pairs, datagrams, pipes and what is closed."""
        ours, theirs = socket.socketpair()
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        reading, writing = os.pipe()
        try:
            watched = [*self.numbers(self.server, self.client, ours, datagrams), reading, 10**6]
            made = Traffic()
            made.note(watched, [], 0)
        finally:
            for sock in (ours, theirs, datagrams):
                sock.close()
            os.close(reading)
            os.close(writing)
        self.assertEqual(self.numbers(self.client), list(made.connections))

    def test_nothing_is_closed(self):
        """To look at a descriptor does it no harm."""
        made = Traffic()
        made.note(self.numbers(self.server, self.client, self.accepted), [], 0)
        made.is_in_flight()
        made.may_be_answered(0)
        self.client.sendall(b"cat")
        self.assertEqual(b"cat", self.accepted.recv(100))

    def test_both_ends(self):
        """A connection is local if its other end is ours, accepted or not, watched or not."""
        for watched, others in (
            ((self.client, self.accepted), ()),
            ((self.client, self.server), ()),
            ((self.client,), (self.accepted,)),
        ):
            made = Traffic()
            made.note(self.numbers(*watched), self.numbers(*others), 0)
            self.assertTrue(made.connections[self.client.fileno()].is_local)
        made.note(self.numbers(self.client), [], 0)
        self.assertFalse(made.connections[self.client.fileno()].is_local)

    def test_what_is_known_is_kept(self):
        """A connection that is watched again has not begun anew."""
        made = Traffic()
        made.note(self.numbers(self.client), [], 0)
        before = made.connections[self.client.fileno()]
        made.note(self.numbers(self.client, self.server), [], 5)
        self.assertIs(before, made.connections[self.client.fileno()])

    def test_a_connection_that_is_being_made(self):
        """It is with somebody elsewhere, as far as is known."""
        sock = socket.socket()
        self.addCleanup(sock.close)
        made = Traffic()
        made.note(self.numbers(sock), [], 0)
        self.assertFalse(made.connections[sock.fileno()].is_local)


class AnswerTests(SocketTestCase):
    def setUp(self):
        super().setUp()
        self.traffic = Traffic()
        self.traffic.note(self.numbers(self.client), [], 0)

    def test_at_first(self):
        """Whoever was called may say something."""
        self.assertTrue(self.traffic.may_be_answered(0))
        self.assertFalse(self.traffic.may_be_answered(ANSWER))

    @unittest.skipUnless(IS_TOLD, "the kernel does not tell")
    def test_after_something_was_sent(self):
        """An answer is likely, for some time."""
        self.assertFalse(self.traffic.may_be_answered(2 * ANSWER))
        self.client.sendall(b"cat")
        self.assertTrue(self.traffic.may_be_answered(2 * ANSWER))
        self.assertTrue(self.traffic.may_be_answered(3 * ANSWER - 1))
        self.assertFalse(self.traffic.may_be_answered(3 * ANSWER))

    @unittest.skipUnless(IS_TOLD, "the kernel does not tell")
    def test_after_something_has_come(self):
        """There may be more of it, in a moment."""
        self.assertFalse(self.traffic.may_be_answered(2 * ANSWER))
        self.accepted.sendall(b"cat")
        self.assertEqual(b"cat", self.client.recv(100))
        self.assertTrue(self.traffic.may_be_answered(2 * ANSWER))
        self.assertFalse(self.traffic.may_be_answered(2 * ANSWER + MORE))

    def test_between_ourselves(self):
        """What the loop does not know of itself, nobody does."""
        self.traffic.note(self.numbers(self.client, self.accepted), [], 0)
        self.assertFalse(self.traffic.may_be_answered(0))


class FlightTests(SocketTestCase):
    def setUp(self):
        super().setUp()
        self.traffic = Traffic()
        self.traffic.note(self.numbers(self.client, self.accepted), [], 0)

    def test_nothing(self):
        """What has been handed over is not in flight."""
        self.assertFalse(self.traffic.is_in_flight())

    @unittest.skipUnless(IS_TOLD, "the kernel does not tell")
    def test_what_is_stuck_is_told_once(self):
        """It is in flight when it was sent; if nobody reads it, nothing is to be waited for."""
        self.client.setblocking(False)
        with self.assertRaises(BlockingIOError):
            while True:
                self.client.send(bytes(1_000_000))
        self.assertTrue(self.traffic.is_in_flight())
        self.assertFalse(self.traffic.is_in_flight())

    def test_elsewhere(self):
        """What is under way to others is not waited for so."""
        self.traffic.note(self.numbers(self.client), [], 0)
        self.client.setblocking(False)
        with self.assertRaises(BlockingIOError):
            while True:
                self.client.send(bytes(1_000_000))
        self.assertFalse(self.traffic.is_in_flight())


class UntoldTests(SocketTestCase):
    """Where the kernel does not tell, nothing is known, and nothing fails."""

    def test_no_such_questions(self):
        """As on macOS and Windows."""
        with mock.patch.multiple(traffic, _INFO=None, _UNSENT=None):
            connection = Connection(self.client.fileno(), 0)
            self.client.sendall(b"cat")
            self.assertFalse(connection.is_in_flight())
            self.assertTrue(connection.may_be_answered(0))
            self.assertFalse(connection.may_be_answered(ANSWER))

    def test_no_answer(self):
        """A kernel that knows less, and a descriptor that was closed."""
        connection = Connection(self.client.fileno(), 0)
        with mock.patch.object(traffic, "_INFO", 10**6):
            self.assertEqual((0, 0), connection._count())
        with mock.patch.object(traffic, "_LENGTH", 10**6):
            self.assertEqual((0, 0), connection._count())
        connection.descriptor = 10**6
        self.assertEqual((0, 0), connection._count())
        self.assertEqual(0, connection._count_unsent())

    def test_modules_that_are_not_there(self):
        """As on Windows."""
        self.assertIsNone(traffic._optional("asynctesting.nothing"))

    def test_who_listens_is_not_told(self):
        """As on some systems."""
        with mock.patch.object(socket, "SO_ACCEPTCONN", 10**6):
            self.assertFalse(traffic._listens(self.server))


if __name__ == "__main__":
    unittest.main()
