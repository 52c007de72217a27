"""Tests of asynctesting.loops.pipes: the self-pipe of a loop, kept for the next one."""

import asyncio
import importlib.util
import os
import selectors
import signal
import socket
import threading
import unittest
import weakref
from unittest import mock

from asynctesting import AsyncTestCase, SimulatedLoop
from asynctesting.loops import pipes
from tests.support import live, python


def made(kind=asyncio.SelectorEventLoop):
    """A loop that is made for a life."""
    thread = threading.get_ident()
    pipes.ask(thread)
    try:
        return kind()
    finally:
        pipes.ask_no_more(thread)


@unittest.skipUnless(pipes.CAN_KEEP, "nothing is kept here")
class PipeTests(unittest.TestCase):
    def setUp(self):
        self.enterContext(mock.patch.object(pipes, "_PAIRS", []))
        self.enterContext(mock.patch.object(pipes, "_SELECTORS", []))
        self.addCleanup(pipes._close_all)

    def leave_something_on(self, loop):
        """Have a descriptor watched that is not the loop's own."""
        ends = socket.socketpair()
        for end in ends:
            self.addCleanup(end.close)
        loop.add_reader(ends[0], int)

    def test_private_names(self):
        """They are there on each Python that we know."""
        for name in pipes.NAMES:
            self.assertTrue(hasattr(pipes._LOOP, name), name)
        loop = asyncio.SelectorEventLoop()
        self.addCleanup(loop.close)
        for name in pipes.MEMBERS:
            self.assertTrue(hasattr(loop, name), name)
        self.assertTrue(hasattr(loop._selector, pipes.KEYS))

    def test_woken(self):
        """What has woken a loop of ours as it ended does not wake the next one."""
        first = made(SimulatedLoop)
        selector = first._selector
        self.assertFalse(selector.is_woken)
        first.call_soon_threadsafe(int)
        self.assertTrue(selector.is_woken)
        first.close()
        second = made(SimulatedLoop)
        self.addCleanup(second.close)
        self.assertIs(selector, second._selector)
        self.assertFalse(selector.is_woken)
        with self.assertRaises(BlockingIOError):
            second._ssock.recv(1)

    def test_the_next_loop_has_it(self):
        """It is the same pair, and works."""
        first = made()
        pair = first._ssock, first._csock
        first.close()
        second = made()
        self.assertEqual(pair, (second._ssock, second._csock))
        for _ in range(3):
            threading.Timer(0, second.call_soon_threadsafe, (second.stop,)).start()
            second.run_forever()
        second.close()
        self.assertEqual((1, 0), (len(pipes._SELECTORS), len(pipes._PAIRS)))

    def test_the_next_loop_has_the_selector_too(self):
        """It watches the pair already, and what was put on it is gone."""
        first = made()
        selector, number = first._selector, first._ssock.fileno()
        ours, theirs = socket.socketpair()
        first.add_reader(ours, int)
        first.remove_reader(ours)
        first.close()
        self.assertIsNone(first._selector)
        self.assertEqual((None, None), selector.get_key(number).data)
        second = made()
        self.assertIs(selector, second._selector)
        read = []
        second.add_reader(ours, lambda: (read.append(ours.recv(10)), second.stop()))
        theirs.send(b"meow")
        second.run_forever()
        second.remove_reader(ours)
        second.close()
        ours.close()
        theirs.close()
        self.assertEqual([b"meow"], read)
        self.assertEqual(1, len(pipes._SELECTORS))

    def test_a_selector_that_is_not_as_it_was(self):
        """What is left on it, was given to the loop, or belongs to a signal, is not for the next one."""
        ours, theirs = socket.socketpair()
        left = made()
        left.add_reader(ours, int)
        given = made()
        given._selector.close()
        given._selector = selectors.SelectSelector()
        given._selector.register(given._ssock, selectors.EVENT_READ, (None, None))
        signalled = made()
        with mock.patch.object(signalled, "_signal_handlers", {signal.SIGUSR1: None}):
            self.assertFalse(pipes._keep(signalled))
        lost = made()
        lost._selector.unregister(lost._ssock)
        lost._selector.register(theirs, selectors.EVENT_READ, (None, None))
        written = made()
        written.add_writer(written._ssock.fileno(), int)
        for loop in left, given, lost, written:
            loop.close()
            self.assertEqual([], pipes._SELECTORS)
        self.assertEqual(4, len(pipes._PAIRS))
        made().close()
        self.assertEqual((3, 1), (len(pipes._PAIRS), len(pipes._SELECTORS)))
        signalled.close()
        ours.close()
        theirs.close()

    def test_what_was_closed_meanwhile(self):
        """The collector may finalise a loop, which leaves what it has, and then that, too."""
        for dirty in (False, True):
            for end in ("_ssock", "_csock"):
                with self.subTest(dirty=dirty, end=end):
                    loop = made()
                    lost = getattr(loop, end)
                    if dirty:
                        self.leave_something_on(loop)
                    loop.close()
                    os.close(lost.detach())
                    loop = made()
                    self.assertNotIn(lost, (loop._ssock, loop._csock))
                    loop.call_soon_threadsafe(loop.stop)
                    loop.run_forever()
                    loop.close()

    def test_another_kind_of_selector(self):
        """A loop has the selector that it would have made, whatever the last one had."""
        made().close()
        (kept,) = pipes._SELECTORS
        with mock.patch.object(selectors, "DefaultSelector", selectors.SelectSelector):
            loop = made()
        self.assertIs(selectors.SelectSelector, type(loop._selector))
        self.assertEqual(-1, kept.reading.fileno())
        loop.close()
        given = asyncio.SelectorEventLoop(selectors.SelectSelector())
        self.assertIs(selectors.SelectSelector, type(given._selector))
        given.close()

    def test_a_selector_of_virtual_time(self):
        """The next loop of virtual time has it, and no other one; nor does it keep the last loop."""
        first = made(SimulatedLoop)
        first.run_until_complete(asyncio.sleep(1))
        selector, gone = first._selector, weakref.ref(first)
        first.close()
        del first
        self.assertIsNone(gone())
        other = made()
        self.assertIsNot(selector, other._selector)
        second = made(SimulatedLoop)
        self.assertIs(selector, second._selector)
        self.assertIs(second, selector.loop)
        self.assertEqual((1, True, 0), (selector.watched, selector.has_changed, selector.busy))
        second.run_until_complete(asyncio.sleep(1))
        second.close()
        other.close()
        self.assertEqual(2, len(pipes._SELECTORS))
        third = made(SimulatedLoop)  # though it is not the last one that was left
        self.assertIs(selector, third._selector)
        third.close()

    def test_a_loop_with_a_pipe_of_its_own(self):
        """It has a selector of its own, too."""

        class Own(SimulatedLoop):
            def _make_self_pipe(self):
                super()._make_self_pipe()

        made(SimulatedLoop).close()
        (kept,) = pipes._SELECTORS
        loop = made(Own)
        self.assertIsNot(kept.selector, loop._selector)
        loop.close()

    def test_a_byte_that_is_left(self):
        """It wakes the next loop once, for nothing."""
        first = made()
        first.call_soon_threadsafe(int)
        first.close()
        second = made()
        second.call_later(0.001, second.stop)
        second.run_forever()
        second.close()

    def test_other_loops(self):
        """Those that nobody has asked for have pairs of their own, which they close."""
        loop = asyncio.SelectorEventLoop()
        reading = loop._ssock
        self.assertNotIsInstance(reading, pipes._Reading)
        loop.close()
        self.assertEqual(-1, reading.fileno())
        self.assertEqual([], pipes._PAIRS)

    def test_two_at_once(self):
        """Each has its own."""
        first, second = made(), made()
        self.assertNotEqual(first._ssock.fileno(), second._ssock.fileno())
        first.close()
        second.close()
        self.assertEqual(2, len(pipes._SELECTORS))

    def test_another_thread_is_faster(self):
        """What it has taken meanwhile is passed over."""
        made().close()
        made().close()
        (kept,) = pipes._SELECTORS

        class Late(list):
            def remove(self, one):
                super().remove(one)
                raise ValueError("it was gone")

        for kind in (selectors.SelectSelector, type("Other", (selectors.SelectSelector,), {})):
            with self.subTest(kind), mock.patch.object(pipes, "_SELECTORS", Late([kept])):
                with mock.patch.object(selectors, "DefaultSelector", kind):
                    self.assertIsNone(pipes._selector(kind))
        made(SimulatedLoop).close()
        (other,) = (one for one in pipes._SELECTORS if one is not kept)
        with mock.patch.object(pipes, "_SELECTORS", Late([kept, other])):
            self.assertIsNone(pipes._selector(selectors.DefaultSelector))
        self.assertGreaterEqual(kept.reading.fileno(), 0)

    def test_no_more_than_a_few(self):
        """The others are closed."""
        loops = [made() for _ in range(2 * pipes.MOST + 2)]
        ends = [loop._ssock for loop in loops]
        for loop in loops:
            loop.close()
        self.assertEqual((pipes.MOST, pipes.MOST), (len(pipes._SELECTORS), len(pipes._PAIRS)))
        self.assertEqual(2, sum(end.fileno() == -1 for end in ends))

    def test_in_a_process_that_was_forked(self):
        """The pairs are its parent's: those that were kept, and those of loops that it closes, too."""
        before, lost, kept = made(), made(), made()
        self.leave_something_on(lost)  # so that only the pair is kept
        ends = [end for loop in (lost, kept) for end in (loop._ssock, loop._csock)]
        lost.close()
        kept.close()
        self.assertEqual((1, 1), (len(pipes._PAIRS), len(pipes._SELECTORS)))
        self.addCleanup(setattr, pipes, "_process", pipes._process)
        pipes._begin_anew()
        self.assertEqual([-1] * 4, [end.fileno() for end in ends])
        ends = before._ssock, before._csock
        before.close()
        self.assertEqual([-1, -1], [end.fileno() for end in ends])
        made().close()
        self.assertEqual((0, 1), (len(pipes._PAIRS), len(pipes._SELECTORS)))

    @unittest.skipUnless(hasattr(os, "fork"), "there are no forks here")
    def test_a_fork(self):
        """The child begins with nothing, and the parent goes on with what it has."""
        done = python(
            """
            import asyncio, os, threading
            from asynctesting.loops import pipes

            def made():
                pipes.ask(threading.get_ident())
                return asyncio.SelectorEventLoop()

            made().close()
            child = os.fork()
            if not child:
                os._exit(0 if not pipes._SELECTORS and made()._ssock.fileno() >= 0 else 1)
            print(os.waitpid(child, 0)[1], len(pipes._SELECTORS))
            loop = made()
            loop.call_soon_threadsafe(loop.stop)
            loop.run_forever()
            loop.close()
            """
        )
        self.assertEqual((0, "0 1\n"), (done.returncode, done.stdout))

    def test_at_the_end_all_are_closed(self):
        """Nobody is told of a socket that was not closed."""
        made().close()
        loop = made()
        self.leave_something_on(loop)
        made().close()
        loop.close()
        (writing,) = pipes._PAIRS
        (kept,) = pipes._SELECTORS
        pipes._close_all()
        ends = writing.other, writing, kept.reading, kept.writing
        self.assertEqual([-1] * 4, [end.fileno() for end in ends])
        done = python(
            """
            import unittest
            from asynctesting import AsyncTestCase

            class Cats(AsyncTestCase):
                async def test_cat(self):
                    pass

            unittest.main(argv=["x"])
            """
        )
        self.assertNotIn("ResourceWarning", done.stderr)

    def test_elsewhere(self):
        """Where it cannot be done, nothing is changed."""
        spec = importlib.util.spec_from_file_location("asynctesting.loops.other", pipes.__file__)
        other = importlib.util.module_from_spec(spec)
        hook = vars(pipes._LOOP)["_make_self_pipe"]
        for gone in (
            mock.patch.object(pipes.os, "name", "other"),
            mock.patch.object(selectors, "DefaultSelector", mock.MagicMock(return_value=socket.socket())),
        ):
            with gone:
                spec.loader.exec_module(other)
            self.assertFalse(other.CAN_KEEP)
        self.assertIs(hook, vars(pipes._LOOP)["_make_self_pipe"])

    def test_lives(self):
        """Each test has a loop of its own, all of them with one pair."""
        pairs = []

        class Cats(AsyncTestCase):
            loop_factory = asyncio.SelectorEventLoop

            async def test_a(self):
                pairs.append(asyncio.get_running_loop()._ssock)

            async def test_b(self):
                pairs.append(asyncio.get_running_loop()._ssock)

        live(Cats)
        self.assertIs(*pairs)
