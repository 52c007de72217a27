"""Tests of asynctesting.checks.loop_leftovers: what a test has left on its loop."""

import asyncio
import concurrent.futures
import contextlib
import functools
import gc
import os
import signal
import socket
import sys
import threading
import time
import types
import unittest
import warnings
from unittest import mock

from asynctesting import AsyncTestCase
from asynctesting.allowances import Book
from asynctesting.checks import loop_leftovers
from asynctesting.checks.base import Closing, Scene
from asynctesting.checks.loop_leftovers import LoopLeftovers
from asynctesting.loops import insides
from tests.support import HANDLERS, Boom, live, main_thread_only, settle, turns, unsettle


LIMIT = 0.05
UNIX = hasattr(signal, "SIGUSR1")


setUpModule, tearDownModule = settle, unsettle


def meow(*args):
    """A callback of the user's."""


def installed(code, **names):
    """Run *code* as if it were that of an installed package, and give what it defines."""
    names.update(asyncio=asyncio)
    exec(compile(code, "/usr/lib/x/site-packages/herd.py", "exec"), names)
    return names


class LifeTestCase(unittest.TestCase):
    def setUp(self):
        caught = warnings.catch_warnings()
        caught.__enter__()
        self.addCleanup(caught.__exit__, None, None, None)
        self.addCleanup(gc.collect)
        warnings.simplefilter("ignore", ResourceWarning)  # that is what is left
        self.kept = []
        self.addCleanup(self.kept.clear)

    def result(self, test, **options):
        self.kept.clear()

        class Tests(AsyncTestCase, **{"checks": "strict", "close_limit": LIMIT, **options}):
            async def test_cat(self):
                await test()

        return live(Tests)

    def told(self, test, **options):
        result = self.result(test, **options)
        return result.outcome, "\n".join(map(str, result.raised))

    def assertHealthy(self, *tests):
        for test in tests:
            with self.subTest(test=test.__name__):
                self.assertEqual(("success", ""), self.told(test))

    def assertFault(self, test, text, offset=None, of=None):
        """One fault is told, with *text*, and the line that is *offset* below the first of *of*."""
        outcome, told = self.told(test)
        self.assertEqual("failure", outcome)
        self.assertIn(text, told)
        self.assertEqual(1, told.count("cure: "), told)
        if offset is not None:
            code = (of or test).__code__
            self.assertIn(f":{code.co_firstlineno + offset}, in {code.co_name}\n", told)


class AnewTests(unittest.TestCase):
    """One that watches the next life on the same loop."""

    def test_begin_anew(self):
        """It has seen nothing any more, unless there is something to tell."""
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        scene = Scene(loop, Book())
        scene.enter()
        self.addCleanup(scene.leave)
        check = LoopLeftovers()
        check.start(scene)
        self.addCleanup(check.stop)
        self.assertTrue(check.begin_anew(scene))
        loop.call_later(9, noop).cancel()
        self.assertTrue(check.is_eventful)
        self.assertEqual(1, len(check.timers))
        self.assertTrue(check.begin_anew(scene))
        self.assertFalse(check.is_eventful or check.is_over or check.timers)
        loop.call_later(9, noop)
        self.assertFalse(check.begin_anew(scene))
        check.inspect(scene)
        (finding,) = check.findings(Closing())
        self.assertEqual("leftover-timer", finding.check)


def noop():
    """Do nothing."""


class TimerTests(LifeTestCase):
    def test_a_timer_that_is_to_come_is_told(self):
        """The line that made it is the culprit."""

        async def test():
            asyncio.get_running_loop().call_later(5, meow, 1)

        self.assertFault(
            test, "the timer that calls 'meow' was still to come when the test ended, in 5 s", 1
        )

    def test_one_for_a_point_in_time_is_told(self):
        """Also in debug mode."""

        async def test():
            asyncio.get_running_loop().call_at(time.monotonic() + 5, functools.partial(meow))

        self.assertFault(test, "'meow' was still to come", 1)
        self.assertEqual("failure", self.told(test, asyncio_debug=True)[0])

    def test_one_that_an_installed_package_made_for_a_users_function_is_told(self):
        """The user's line that led there is the culprit."""
        herd = installed("def later(loop, function): loop.call_later(5, function)")

        async def test():
            herd["later"](asyncio.get_running_loop(), meow)

        self.assertFault(test, "'meow' was still to come", 1)

    def test_one_of_a_thread_or_of_a_synchronous_stage_is_told(self):
        """A test may be synchronous."""

        class Tests(AsyncTestCase):
            def test_cat(self):
                asyncio.get_event_loop().call_later(5, meow)

        self.assertEqual("failure", live(Tests).outcome)

    def test_a_history_does_not_show_the_hook(self):
        """In debug mode the last line in it is that which made the timer."""

        async def test():
            loop = asyncio.get_running_loop()
            for timer in (loop.call_later(5, meow), loop.call_at(5, meow)):
                self.assertEqual(__file__, timer._source_traceback[-1].filename)
                timer.cancel()

        self.assertEqual(("success", ""), self.told(test, asyncio_debug=True))

    def test_healthy_twins_are_left_alone(self):
        """What is cancelled or over, or a package's own, is in order."""
        herd = installed("def own(loop): loop.call_later(5, lambda: None)")

        async def cancelled():
            asyncio.get_running_loop().call_later(5, meow).cancel()

        async def over():
            self.kept.append(asyncio.get_running_loop().call_later(0, meow))
            await asyncio.sleep(0.001)

        async def of_asyncio():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.001):
                    await asyncio.sleep(5)
            await asyncio.wait_for(asyncio.sleep(0), 5)

        async def of_a_package():
            herd["own"](asyncio.get_running_loop())

        async def of_another_loop():
            loop = asyncio.SelectorEventLoop()
            loop.call_later(5, meow)
            loop.close()

        self.assertHealthy(cancelled, over, of_asyncio, of_a_package, of_another_loop)

    def test_one_of_a_package_beside_it_is_not_told(self):
        """Each timer is looked at by itself."""
        herd = installed("def own(loop): loop.call_later(5, lambda: None)")

        async def test():
            herd["own"](asyncio.get_running_loop())
            asyncio.get_running_loop().call_later(5, meow)

        self.assertFault(test, "'meow' was still to come", 2)

    def test_one_that_no_line_has_led_to_is_not_told(self):
        """A thread may be started on a function of the loop's."""
        self.assertIsNone(loop_leftovers._place(None, meow))

    def test_a_failed_test_tells_nothing(self):
        """It may not have come to its clean-up."""

        async def test():
            asyncio.get_running_loop().call_later(5, meow)
            raise Boom("cat")

        self.assertNotIn("[leftover-timer]", self.result(test).text)

    def test_it_can_be_ignored(self):
        """As each check can."""

        async def test():
            asyncio.get_running_loop().call_later(5, meow)

        told = self.told(test, checks={"leftover-timer": "ignore"})
        self.assertEqual(("success", ""), told)

    def test_what_is_left_on_the_loop_of_a_class_is_told_when_that_ends(self):
        """A fixture of the class may need it."""

        class Tests(AsyncTestCase, loop_scope="class"):
            async def test_a(self):
                asyncio.get_running_loop().call_later(5, meow)

            async def test_b(self):
                pass

        result = live(Tests)

        self.assertEqual(
            [("test_a", "success"), ("test_b", "success")],
            [told for told in result.told if told[1] == "success"],
        )
        self.assertEqual(3, len(result.told))
        self.assertIn("[leftover-timer]", "\n".join(map(str, result.raised)))

    def test_nested_and_parallel_tests_are_not_mixed_up(self):
        """Each answers for its own loop."""

        class Faulty(AsyncTestCase):
            async def test_cat(self):
                asyncio.get_running_loop().call_later(5, meow)

        outcomes = []

        class Outer(AsyncTestCase):
            def test_nested(self):
                outcomes.append(live(Faulty).outcome)

            async def test_parallel(self):
                await asyncio.to_thread(lambda: outcomes.append(live(Faulty).outcome))

        self.assertEqual(["success"] * 2, [outcome for _, outcome in live(Outer).told])
        self.assertEqual(["failure"] * 2, outcomes)


@unittest.skipUnless(UNIX, "on Windows the loop has no readers")
class ReaderTests(LifeTestCase):
    def setUp(self):
        super().setUp()
        self.ours, self.theirs = socket.socketpair()
        self.addCleanup(self.ours.close)
        self.addCleanup(self.theirs.close)

    def test_readers_and_writers_are_told(self):
        """A descriptor may be a number, or of a file."""

        async def reader():
            asyncio.get_running_loop().add_reader(self.ours, meow)

        async def writer():
            asyncio.get_running_loop().add_writer(self.ours.fileno(), meow)

        for test in (reader, writer):
            with self.subTest(test=test.__name__):
                self.assertFault(
                    test,
                    f"the {test.__name__} 'meow' of file descriptor {self.ours.fileno()} was "
                    "still on the loop when the test ended [leftover-reader]",
                    1,
                )

    def test_healthy_twins_are_left_alone(self):
        """What is removed, asyncio's own or a package's own, is in order."""
        herd = installed("def own(loop, one): loop.add_reader(one, lambda: None)")

        async def removed():
            loop = asyncio.get_running_loop()
            loop.add_reader(self.ours, meow)
            loop.add_writer(self.ours, meow)
            loop.remove_reader(self.ours)
            loop.remove_writer(self.ours)

        async def cancelled():
            with contextlib.suppress(TimeoutError):
                self.ours.setblocking(False)
                await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.ours, 1), 0.001)

        async def of_a_package():
            herd["own"](asyncio.get_running_loop(), self.ours)

        async def replaced():
            loop = asyncio.get_running_loop()
            loop.add_reader(self.ours, meow)
            loop.remove_reader(self.ours)
            herd["own"](loop, self.ours)

        self.assertHealthy(removed, cancelled, of_a_package, replaced)

    @main_thread_only(HANDLERS)
    def test_signal_handlers_are_told(self):
        """They have names."""

        async def test():
            asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, meow)

        self.assertFault(
            test,
            "the handler 'meow' of SIGUSR1 was still on the loop when the test ended "
            "[leftover-signal-handler]",
            1,
        )

    @unittest.skipUnless(hasattr(signal, "SIGRTMIN"), "there are none here")
    @main_thread_only(HANDLERS)
    def test_a_signal_may_have_no_name(self):
        """It has a number."""
        number = signal.SIGRTMIN + 1

        async def test():
            asyncio.get_running_loop().add_signal_handler(number, meow)

        self.assertFault(test, f" of signal {number:d} was still on the loop", 1)

    @main_thread_only(HANDLERS)
    def test_signal_handlers_that_are_in_order(self):
        """What is removed, or of a package, is nobody's business."""
        herd = installed("def own(loop, sig): loop.add_signal_handler(sig, lambda: None)")

        async def removed():
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGUSR1, meow)
            loop.remove_signal_handler(signal.SIGUSR1)

        async def of_a_package():
            herd["own"](asyncio.get_running_loop(), signal.SIGUSR1)

        async def replaced():
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGUSR1, meow)
            herd["own"](loop, signal.SIGUSR1)

        self.assertHealthy(removed, of_a_package, replaced)


async def hang_up(reader, writer):
    await reader.read()
    writer.close()


class ConnectionTests(LifeTestCase):
    @contextlib.asynccontextmanager
    async def server(self, handler=hang_up):
        server = await asyncio.start_server(handler, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()
        finally:
            server.close()

    def test_a_server_is_told(self):
        """Whether it serves already or not."""
        for serving in (True, False):

            async def test():
                self.kept.append(
                    await asyncio.start_server(meow, "127.0.0.1", 0, start_serving=serving)
                )

            with self.subTest(serving=serving):
                self.assertFault(test, "the server at 127.0.0.1:", 2)

    def test_a_server_that_a_task_has_made_is_told(self):
        """The line that made the coroutine is the culprit."""

        async def test():
            self.kept.append(await asyncio.create_task(asyncio.start_server(meow, "127.0.0.1", 0)))

        self.assertFault(test, "[leftover-server]", 1)

    def test_servers_that_are_in_order(self):
        """What is closed, or ends with the task that serves, is in order."""

        async def closed():
            async with self.server():
                pass

        async def left():
            async with await asyncio.start_server(meow, "127.0.0.1", 0):
                pass

        async def cancelled():
            server = await asyncio.start_server(meow, "127.0.0.1", 0)
            task = asyncio.create_task(server.serve_forever())
            await asyncio.sleep(0)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

        self.assertHealthy(closed, left, cancelled)

    def test_a_connection_is_told(self):
        """Of a stream or of a protocol."""

        async def stream():
            async with self.server(meow) as address:
                self.kept += await asyncio.open_connection(*address)

        async def protocol():
            async with self.server(meow) as address:
                loop = asyncio.get_running_loop()
                self.kept.append(await loop.create_connection(asyncio.Protocol, *address))

        async def datagram():
            self.kept.append(
                await asyncio.get_running_loop().create_datagram_endpoint(
                    asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
                )
            )

        self.assertFault(stream, "(StreamReaderProtocol) was not closed when the test ended", 2)
        self.assertFault(protocol, "the connection to 127.0.0.1:", 3)
        self.assertFault(datagram, "the datagram endpoint 127.0.0.1:", 2)

    @unittest.skipUnless(UNIX, "pipes differ on Windows")
    def test_a_pipe_is_told(self):
        """It has a name."""

        async def test():
            read, write = os.pipe()
            self.kept += [open(read, "rb"), open(write, "wb")]
            self.kept.append(
                await asyncio.get_running_loop().connect_read_pipe(asyncio.Protocol, self.kept[0])
            )

        self.assertFault(test, "(Protocol) was not closed when the test ended", 4)

    def test_a_connection_that_is_dropped_is_told(self):
        """The loop lets go of one that does not read."""

        async def test():
            async with self.server(meow) as address:
                loop = asyncio.get_running_loop()
                transport, _ = await loop.create_connection(asyncio.Protocol, *address)
                transport.pause_reading()
                del transport, _
                await asyncio.sleep(0)
                gc.collect()

        self.assertFault(test, "(Protocol) was dropped without being closed", 3)

    def test_a_handler_that_forgets_its_writer_is_told(self):
        """The peer has closed, the handler has ended: nobody will close the connection."""

        async def forgets(reader, writer):
            await reader.read()
            self.kept.append(writer)

        async def test():
            async with self.server(forgets) as address:
                _, writer = await asyncio.open_connection(*address)
                writer.close()
                await writer.wait_closed()
                while not self.kept:
                    await asyncio.sleep(0.001)
                await asyncio.sleep(0)

        self.assertFault(test, "was not closed by its handler", 0, forgets)

    @unittest.skipUnless(UNIX, "it needs the program cat")
    def test_a_subprocess_is_another_matter(self):
        """So are its pipes."""

        async def test():
            process = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
            self.kept.append(process)
            self.addCleanup(kill, process)

        def kill(process):
            process.kill()
            with mock.patch.object(process._transport._loop, "call_soon"):
                process._transport.close()

        text = self.told(test)[1]

        self.assertNotIn("[leftover-transport]", text)
        self.assertNotIn("[leftover-reader]", text)

    def test_connections_that_are_in_order(self):
        """What is closed, aborted or has lost its socket is in order; so are those of packages."""
        herd = installed(
            "async def connect(address): return await asyncio.open_connection(*address)\n"
            "async def start(address):\n"
            "    return await asyncio.create_task(connect(address))\n"
        )

        async def closed():
            async with self.server() as address:
                _, writer = await asyncio.open_connection(*address)
                writer.close()
                await asyncio.sleep(0.005)

        async def aborted():
            async with self.server() as address:
                _, writer = await asyncio.open_connection(*address)
                writer.transport.abort()
                await asyncio.sleep(0.005)

        async def closed_by_the_peer():
            async def close(reader, writer):
                writer.close()

            async with self.server(close) as address:
                loop = asyncio.get_running_loop()
                self.kept.append(await loop.create_connection(asyncio.Protocol, *address))
                await asyncio.sleep(0.01)

        async def accepted_by_a_protocol():
            loop = asyncio.get_running_loop()
            server = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0)
            address = server.sockets[0].getsockname()
            transport, _ = await loop.create_connection(asyncio.Protocol, *address)
            transport.close()
            server.close()

        async def of_a_package():
            async with self.server(meow) as address:
                # by itself; the user's line has led to the task, but not to the connection
                self.kept += await herd["start"](address)

        async def a_fake():
            class Fake(asyncio.Transport):
                pass

            self.kept.append(Fake())

        self.assertHealthy(
            closed, aborted, closed_by_the_peer, accepted_by_a_protocol, of_a_package, a_fake
        )


class TransportTests(unittest.TestCase):
    def test_a_transport_whose_socket_is_closed_is_closed(self):
        """Whoever has closed it."""
        for file in (None, mock.Mock(closed=True), mock.Mock(closed=False, fileno=lambda: -1)):
            transport = mock.Mock()
            transport.is_closing.return_value = False
            transport.get_extra_info.return_value = file
            self.assertIs(True, loop_leftovers._is_closed(transport))

    def test_an_encrypted_one_is_what_the_application_sees(self):
        """It says goodbye before it closes what is below."""
        protocol = mock.Mock(spec=asyncio.sslproto.SSLProtocol)
        transport = mock.Mock()
        transport.is_closing.return_value = False
        transport.get_extra_info.return_value.closed = False
        transport.get_protocol.return_value = protocol
        protocol._app_transport = None
        self.assertIs(True, loop_leftovers._is_closed(transport))
        for closing in (True, False):
            protocol._app_transport = mock.Mock()
            protocol._app_transport.is_closing.return_value = closing
            self.assertIs(closing, loop_leftovers._is_closed(transport))

    def test_an_encrypted_one_has_the_name_of_the_protocol_inside(self):
        """The protocol that encrypts is asyncio's, and tells nothing."""
        protocol = mock.Mock(spec=asyncio.sslproto.SSLProtocol)
        protocol._app_transport = mock.Mock()
        protocol._app_transport.is_closing.return_value = False
        protocol._app_transport.get_protocol.return_value = asyncio.Protocol()
        transport = mock.Mock(spec=asyncio.Transport, _server=None)
        transport.is_closing.return_value = False
        transport.get_protocol.return_value = protocol
        transport.get_extra_info = {
            "socket": mock.Mock(closed=False, **{"fileno.return_value": 7}),
            "peername": ("127.0.0.1", 443),
        }.get
        check = LoopLeftovers()
        check.add_made(check.transports, transport, sys._getframe())
        loop = mock.Mock(**{"is_closed.return_value": False, "is_running.return_value": False})

        check.inspect(Scene(loop, Book()))

        (found,) = check.findings(Closing())
        self.assertEqual(
            "the connection to 127.0.0.1:443 (Protocol) was not closed when the test ended",
            found.fact,
        )

    def test_an_address_is_written_as_one_does(self):
        """Of whatever family."""
        for name, text in (
            (("127.0.0.1", 80), "127.0.0.1:80"),
            (("::1", 80, 0, 0), "[::1]:80"),
            ("/yard/cat", "/yard/cat"),
            (b"\0cat", "\0cat"),
            ("", "an unknown address"),
            (None, "an unknown address"),
        ):
            self.assertEqual(text, loop_leftovers._address(name))


class GeneratorTests(LifeTestCase):
    async def rows(self):
        with contextlib.suppress(Boom):
            yield 1
            yield 2

    async def numbers(self):
        for number in range(3):
            yield number

    def test_one_that_is_kept_is_told(self):
        """The line where it stands, and the one where it begins, are told."""

        async def test():
            self.kept.append(self.rows())
            await anext(self.kept[0])

        self.assertFault(test, "[leftover-generator]", 2, self.rows)
        code = self.rows.__code__
        self.assertIn(f":{code.co_firstlineno}, in rows\n", self.told(test)[1])

    @unittest.skipUnless(loop_leftovers.SILENT, "Python tells of it")
    def test_a_method_that_nobody_awaits_is_told(self):
        """Of a generator that is kept or dropped, and never ran; not of one that ran or was closed."""

        async def kept():
            self.kept.append(self.numbers())
            anext(self.kept[0])

        async def dropped():
            anext(self.numbers())

        async def running():
            async def rows():
                yield one.ag_running and loop_leftovers._has_begun(one)

            one = rows()
            self.assertTrue(await anext(one))

        async def closed():
            self.kept.append(self.numbers())
            await self.kept[-1].aclose()

        self.assertFault(kept, "[never-awaited]", 2)
        self.assertFault(dropped, "[never-awaited]", 1)
        self.assertIn("a method of async generator", self.told(dropped)[1])
        for test in (running, closed):
            self.assertEqual("success", self.told(test)[0])

    @unittest.skipUnless(loop_leftovers.SILENT, "Python tells of it")
    def test_a_method_that_an_installed_package_has_called(self):
        """It is none of the test's business."""
        check = LoopLeftovers()
        with mock.patch.object(loop_leftovers, "led_here", return_value=None):
            check.add_generator(self, sys._getframe())
        self.assertEqual({}, check.generators)

    def test_one_that_does_not_end_is_one_fault(self):
        """It has a name, so it is not told without."""

        async def stubborn():
            try:
                yield 1
            finally:
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()

        async def test():
            self.kept.append(stubborn())
            await anext(self.kept[0])

        self.assertFault(test, "its clean-up did not end within 0.05 s")

    def test_one_that_is_dropped_is_told(self):
        """It fails the test, whose line is named."""

        async def test():
            async for _ in self.rows():
                break

        self.assertFault(test, "[collected-generator]", 2, self.rows)
        self.assertEqual("failure", self.told(test, checks="default")[0])

    def test_healthy_twins_are_left_alone(self):
        """What is closed or has ended, has nothing to clean up, or is a package's, is in order."""
        herd = installed(
            "async def rows():\n"
            "    try:\n"
            "        yield 1\n"
            "    finally:\n"
            "        await asyncio.sleep(0)\n"
        )

        async def closed():
            async with contextlib.aclosing(self.rows()) as rows:
                async for _ in rows:
                    break
            self.kept.append(rows)

        async def ended():
            self.kept.append(self.rows())
            async for _ in self.kept[0]:
                pass

        async def nothing_to_do():
            self.kept.append(self.numbers())
            await anext(self.kept[0])
            async for _ in self.numbers():
                break

        async def of_a_package():
            self.kept.append(herd["rows"]())
            await anext(self.kept[0])
            async for _ in herd["rows"]():
                break

        async def not_begun():
            self.kept.append(self.rows())

        self.assertHealthy(closed, ended, nothing_to_do, of_a_package, not_begun)

    def test_a_failed_test_tells_nothing(self):
        """Its traceback may keep one."""

        async def test():
            async for _ in self.rows():
                raise Boom("cat")

        self.assertNotIn("-generator]", self.result(test).text)


class JobTests(LifeTestCase):
    def setUp(self):
        super().setUp()
        self.over = threading.Event()
        self.addCleanup(self.over.set)

    def test_one_that_runs_is_told(self):
        """It is told once, by name."""

        async def in_executor():
            asyncio.get_running_loop().run_in_executor(None, self.over.wait)

        async def to_thread():
            async def outer():
                await asyncio.to_thread(self.over.wait)

            task = asyncio.create_task(outer())
            await asyncio.sleep(0.001)
            task.cancel()

        async def as_a_task():
            task = asyncio.create_task(asyncio.to_thread(self.over.wait))
            await asyncio.sleep(0.001)
            task.cancel()

        for test, offset in ((in_executor, 1), (to_thread, None), (as_a_task, 1)):
            with self.subTest(test=test.__name__):
                self.assertFault(test, "the job 'Event.wait' was still running", offset)

    def test_those_of_an_own_executor_are_told(self):
        """Also those that wait for others."""

        async def test():
            pool = concurrent.futures.ThreadPoolExecutor(1)
            self.addCleanup(pool.shutdown)
            self.addCleanup(self.over.set)
            loop = asyncio.get_running_loop()
            loop.run_in_executor(pool, self.over.wait)
            loop.run_in_executor(pool, self.over.wait)

        outcome, text = self.told(test)

        self.assertEqual("failure", outcome)
        self.assertEqual(2, text.count("[leftover-job]"), text)
        self.assertIn("was still waiting to run in an executor", text)

    def test_those_of_a_package_are_its_own(self):
        """And so is what asyncio looks up; then it is not told by name."""
        herd = installed(
            "def own(loop, pool, event): loop.run_in_executor(pool, event.wait)\n"
            "def other(loop, pool, function): loop.run_in_executor(pool, function)\n"
        )

        async def test():
            pool = concurrent.futures.ThreadPoolExecutor(1)
            self.addCleanup(pool.shutdown)
            self.addCleanup(self.over.set)
            herd["own"](asyncio.get_running_loop(), pool, self.over)

        async def of_the_user():
            pool = concurrent.futures.ThreadPoolExecutor(1)
            self.addCleanup(pool.shutdown)
            self.addCleanup(self.over.set)
            herd["other"](asyncio.get_running_loop(), pool, lambda: self.over.wait())

        self.assertHealthy(test)
        self.assertFault(of_the_user, "<lambda>' was still running", 4)

    def test_healthy_twins_are_left_alone(self):
        """What has ended, or does at once, is in order."""

        async def awaited():
            await asyncio.to_thread(meow)

        async def ends():
            asyncio.get_running_loop().run_in_executor(None, meow)

        async def ends_soon():
            pool = concurrent.futures.ThreadPoolExecutor(1)
            self.addCleanup(pool.shutdown)
            asyncio.get_running_loop().run_in_executor(pool, time.sleep, 0.005)

        async def cancelled():
            pool, first = concurrent.futures.ThreadPoolExecutor(1), threading.Event()
            asyncio.get_running_loop().run_in_executor(pool, first.wait)
            asyncio.get_running_loop().run_in_executor(pool, self.over.wait)
            pool.shutdown(wait=False, cancel_futures=True)
            first.set()

        async def address():
            await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 80)

        async def wrapped():
            for wrap in (asyncio.wrap_future, asyncio.futures.wrap_future):
                wrap(concurrent.futures.Future())
                wrap(asyncio.get_running_loop().create_future())

        self.assertHealthy(awaited, ends, ends_soon, cancelled, address, wrapped)

    def test_one_that_has_a_future_done_is_told_as_that(self):
        """Nothing is left, but a future of the loop is not to be touched in a thread: its line is handed on."""

        async def ends():
            future = asyncio.get_running_loop().create_future()
            await asyncio.to_thread(future.set_result, "cat")
            await future

        async def asks():
            future = asyncio.get_running_loop().create_future()
            future.set_result("cat")
            await asyncio.to_thread(future.result)

        async def ends_anothers():
            loop = asyncio.new_event_loop()
            future = loop.create_future()
            await asyncio.to_thread(future.set_result, "cat")
            loop.close()

        class Executor(concurrent.futures.ThreadPoolExecutor):
            def submit(self, function, *args):
                future = concurrent.futures.Future()
                future.set_result(function(*args))
                return future

        async def ends_here():
            loop = asyncio.get_running_loop()
            future = loop.create_future()
            with Executor() as executor:
                await loop.run_in_executor(executor, future.set_result, "cat")

        self.assertFault(ends, "set_result() of a future of the event loop was called in another thread", 2)
        self.assertHealthy(asks, ends_anothers, ends_here)

    def test_a_function_that_asyncio_hands_over_bare_has_its_own_name(self):
        """The partial, by which a context is kept, is a matter of to_thread()."""
        check = LoopLeftovers()
        check.start(Scene(mock.Mock(), Book()))
        self.addCleanup(check.stop)
        to_thread = types.SimpleNamespace(f_code=asyncio.to_thread.__code__, f_back=sys._getframe())
        future = concurrent.futures.Future()

        for function in (meow, functools.partial(meow), functools.partial(str, meow)):
            names = {"func": function, "executor": None}
            check.add_job(future, types.SimpleNamespace(f_locals=names, f_back=to_thread))
            self.assertEqual("meow", check.jobs[future][0])


class CheckTests(unittest.TestCase):
    @unittest.skipUnless(UNIX, "on Windows the loop has no readers")
    @main_thread_only(HANDLERS)
    def test_a_loop_that_nobody_watches_is_left_alone(self):
        """Whatever is left on it, it is no test's."""
        watched = LoopLeftovers()
        watched.start(Scene(mock.Mock(), Book()))
        self.addCleanup(watched.stop)

        async def rows():
            with contextlib.suppress(Boom):
                yield 1

        async def leave():
            loop = asyncio.get_running_loop()
            loop.call_later(5, meow)
            loop.add_reader(ours, meow)
            loop.remove_reader(ours)
            loop.add_signal_handler(signal.SIGUSR1, meow)
            loop.remove_signal_handler(signal.SIGUSR1)
            async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
                _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
                writer.close()
                await writer.wait_closed()
            await loop.run_in_executor(None, meow)
            async for _ in rows():
                break
            gc.collect()
            await turns()

        ours, theirs = socket.socketpair()
        with ours, theirs:
            asyncio.run(leave())

        self.assertIs(False, watched.is_eventful)

    def test_it_is_over_when_the_tasks_are_ended(self):
        """A generator that is dropped by a task which is cancelled is no fault."""
        check = LoopLeftovers()
        check.start(Scene(loop := asyncio.new_event_loop(), Book()))
        self.addCleanup(loop.close)
        self.addCleanup(check.stop)

        async def rows():
            with contextlib.suppress(Boom):
                yield 1

        async def drop():
            async for _ in rows():
                break
            gc.collect()
            await turns()

        check.ending(loop, [])
        loop.run_until_complete(drop())

        self.assertIs(False, check.is_eventful)

    def test_without_the_private_names(self):
        """What cannot be hooked is left alone."""
        with (
            mock.patch.object(loop_leftovers, "around") as around,
            mock.patch.object(insides, "TRANSPORT", "_cat"),
        ):
            loop_leftovers._install()

        owners = [call.args[0] for call in around.mock_calls if call.args[1] == "__del__"]
        self.assertEqual([asyncio.StreamWriter], owners)

    def test_private_names_are_there(self):
        """What is hooked is what asyncio has."""
        loop = asyncio.BaseEventLoop
        for owner, name in (
            (loop, "call_at"),
            (loop, insides.FINALIZER),
            (asyncio.selector_events.BaseSelectorEventLoop, "add_reader"),
            (asyncio.selector_events.BaseSelectorEventLoop, "add_writer"),
            (asyncio.BaseTransport, "__init__"),
            (asyncio.Server, "__init__"),
            (asyncio.futures, "wrap_future"),
        ):
            self.assertIn(name, vars(owner))
        self.assertEqual(UNIX, "add_signal_handler" in vars(asyncio.SelectorEventLoop))

    def test_a_loop_that_is_foreign_is_left_alone(self):
        """One that is a mock, or has nothing private."""
        for loop in (mock.Mock(spec=asyncio.AbstractEventLoop), mock.MagicMock()):
            loop.is_closed.return_value = loop.is_running.return_value = False
            check = LoopLeftovers()
            scene = Scene(loop, Book())
            check.start(scene)
            check.is_eventful = True
            check.inspect(scene)
            check.stop()
            self.assertEqual([], list(check.findings(Closing())))

    def test_a_loop_that_is_closed_or_runs_is_left_alone(self):
        """Nothing is left on it, or nothing can be told."""
        for closed, running in ((True, False), (False, True)):
            loop = mock.Mock()
            loop.is_closed.return_value = closed
            loop.is_running.return_value = running
            check = LoopLeftovers()
            check.timers[1] = (1.0, None, 1.0)
            check.is_eventful = True
            check.inspect(Scene(loop, Book()))
            check.stop()
            self.assertEqual([], list(check.findings(Closing())))

    def test_what_cannot_be_kept_is_left_alone(self):
        """A server of somebody's may have no weak references."""

        class Slotted:
            __slots__ = ()

        check = LoopLeftovers()
        check.add_made(check.servers, Slotted(), sys._getframe())
        self.assertIs(False, check.is_eventful)

    def test_no_life_is_kept(self):
        """When it is over, nothing refers to its loop."""
        self.assertEqual({}, loop_leftovers._WATCHING)
