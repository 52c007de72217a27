"""Tests of asynctesting.functional: servers, connections, subprocesses."""

import asyncio
import contextlib
import doctest
import gc
import importlib.util
import os
import pathlib
import re
import signal
import socket
import sys
import tempfile
import threading
import unittest
import urllib.request
from unittest import mock

from asynctesting import (
    AsyncTestCase,
    LoopRunner,
    LoopRunnerError,
    NotInTime,
    SubprocessFailed,
    functional,
    on_loops,
)
from asynctesting.functional import (
    Served,
    Subprocess,
    connect,
    free_port,
    serve,
    serve_app,
    serve_protocol,
)
from tests.support import Boom, for_ever, live, resist, turns


UVLOOP = importlib.util.find_spec("uvloop") is not None
LOOPS = ["asyncio", "uvloop"] if UVLOOP else ["asyncio"]
UNIX = hasattr(socket, "AF_UNIX")


async def echo(reader, writer):
    """Send back each line, until there are no more."""
    async for line in reader:
        writer.write(line)
    writer.close()


async def ask(server, line=b"meow\n"):
    """What *server* answers."""
    async with server.connect() as (reader, writer):
        writer.write(line)
        return await asyncio.wait_for(reader.readline(), 20)


class Echo(asyncio.Protocol):
    lost = 0

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        if data == b"boom\n":
            raise Boom
        self.transport.write(data)

    def connection_lost(self, error):
        Echo.lost += 1


class FixedEcho(Echo):
    """A protocol on which nothing can be set."""

    def __setattr__(self, name, value):
        if name != "transport":
            raise AttributeError(name)
        super().__setattr__(name, value)


def program(source, **options):
    """A subprocess in Python."""
    return Subprocess(sys.executable, "-c", source, **{"within": 20, **options})


class DocumentationTests(unittest.TestCase):
    def test_examples(self):
        """The examples of the module print what is shown."""
        failed, tried = doctest.testmod(functional, optionflags=doctest.ELLIPSIS)
        self.assertEqual(0, failed)
        self.assertGreater(tried, 8)


class ServeTests(AsyncTestCase):
    @on_loops(*LOOPS)
    async def test_streams(self):
        """A handler of streams is served on a free port, to any number of connections."""
        async with serve(echo) as server, serve(echo) as other:
            self.assertEqual("127.0.0.1", server.host)
            self.assertNotEqual(server.port, other.port)
            self.assertEqual([b"meow\n"] * 3, [await ask(server) for _ in range(3)])
            self.assertEqual([b"meow\n"] * 3, await asyncio.gather(*map(ask, [server] * 3)))
            address = server.address
        with self.assertRaises(ConnectionError):
            await asyncio.open_connection(*address)

    @unittest.skipUnless(UNIX, "needs Unix sockets")
    @on_loops(*LOOPS)
    async def test_unix(self):
        """Or on a Unix socket, which is gone afterwards."""
        for served in (serve(echo, unix=True), serve_protocol(Echo, unix=True)):
            async with served as server:
                self.assertEqual(b"meow\n", await ask(server))
                self.assertTrue(os.path.exists(server.path))
            self.assertFalse(os.path.exists(os.path.dirname(server.path)))

    async def test_no_unix(self):
        """Where there are none, that is said."""
        with mock.patch.object(functional, "socket", mock.Mock(spec=["socket"])):
            with self.assertRaisesRegex(NotImplementedError, "no Unix sockets"):
                async with serve(echo, unix=True):
                    self.fail("never to run")

    async def test_options(self):
        """What asyncio takes is passed on, as is the interface."""
        with self.assertRaisesRegex(ValueError, "longer than limit"):
            async with serve(echo, limit=8) as server:
                self.assertIsInstance(server, Served)
                async with server.connect() as (reader, writer):
                    writer.write(b"longer than the limit\n")
                    self.assertEqual(b"", await asyncio.wait_for(reader.read(), 20))

    @unittest.skipUnless(socket.has_ipv6, "needs IPv6")
    async def test_ipv6(self):
        """The interface may be chosen; of IPv6, too."""
        try:
            async with serve(echo, host="::1") as server:
                self.assertEqual(f"[::1]:{server.port}", str(server))
                self.assertEqual(b"meow\n", await ask(server))
        except OSError as error:
            self.skipTest(f"no IPv6 here: {error}")

    async def test_no_interface(self):
        """An interface that is not there leaves nothing behind."""
        with self.assertRaises(OSError):
            async with serve(echo, host="192.0.2.1"):
                self.fail("never to run")

    async def test_not_callable(self):
        """What is no handler, no factory and no server is refused."""
        for function, words in (
            (serve, "needs a handler for streams, not 3"),
            (serve_protocol, "needs a factory of protocols, not 3"),
            (serve_app, "knows no way to serve 3"),
        ):
            with self.assertRaisesRegex(TypeError, words):
                async with function(3):
                    self.fail("never to run")

    async def test_words(self):
        """A server says where it is, in each of the ways."""
        loop = asyncio.get_running_loop()
        inet, unix = Served(("127.0.0.1", 80), loop), Served("/yard/socket", loop)
        self.assertEqual("<Served 127.0.0.1:80>", repr(inet))
        self.assertEqual("http://127.0.0.1:80/", inet.url())
        self.assertEqual("ws://127.0.0.1:80/cats", inet.url("cats", "ws"))
        self.assertEqual("<Served /yard/socket>", repr(unix))
        with self.assertRaisesRegex(AttributeError, "is no Unix socket, and has no path"):
            inet.path
        for ask_it in (lambda: unix.host, lambda: unix.port, unix.url):
            with self.assertRaisesRegex(AttributeError, "is a Unix socket, and has no host"):
                ask_it()

    async def test_sync_handler(self):
        """A handler need not be a coroutine function."""
        async with serve(lambda reader, writer: writer.close()) as server:
            async with server.connect() as (reader, writer):
                self.assertEqual(b"", await asyncio.wait_for(reader.read(), 20))

    @on_loops(*LOOPS)
    async def test_cancelled(self):
        """Handlers that still run in the end are cancelled and awaited, and nothing is wrong."""
        ended = []

        async def handler(reader, writer):
            try:
                await for_ever()
            finally:
                await asyncio.sleep(0)
                ended.append(1)

        async with serve(handler) as server:
            async with server.connect() as (reader, writer):
                writer.write(b"meow")
                async with server.connect():
                    while len(asyncio.all_tasks()) < 3:
                        await asyncio.sleep(0)
        self.assertEqual([1, 1], ended)

    async def test_own_cancellation(self):
        """A handler that cancels itself is no error."""

        async def handler(reader, writer):
            await reader.readline()
            writer.close()
            raise asyncio.CancelledError

        async with serve(handler) as server:
            self.assertEqual(b"", await ask(server))

    async def test_error(self):
        """What a handler has raised is raised in the end."""

        async def handler(reader, writer):
            await reader.readline()
            writer.close()
            raise Boom("in the handler")

        with self.assertRaisesRegex(Boom, "in the handler"):
            async with serve(handler) as server:
                await ask(server)
        with self.assertRaises(ExceptionGroup) as caught:
            async with serve(handler) as server:
                await ask(server)
                await ask(server)
        self.assertEqual(2, len(caught.exception.exceptions))
        with self.assertRaisesRegex(KeyError, "mine") as caught:
            async with serve(handler) as server:
                await ask(server)
                raise KeyError("mine")
        self.assertIn("Boom: in the handler", "".join(caught.exception.__notes__))

    async def test_stubborn(self):
        """A handler that resists is told, and left behind."""
        gate = asyncio.Event()

        async def handler(reader, writer):
            await resist(gate)
            writer.close()

        with self.assertRaisesRegex(NotInTime, r"task '.*' did not end within 0.05 s of being canc"):
            async with serve(handler, within=0.05) as server:
                async with server.connect():
                    await turns(20)
        gate.set()
        await turns()

    def test_left_open(self):
        """A handler that returns without closing its connection fails the test."""

        async def handler(reader, writer):
            await reader.readline()

        class Tests(AsyncTestCase):
            async def test(self):
                async with serve(handler) as server, server.connect() as (reader, writer):
                    writer.write(b"meow\n")
                    await turns(20)

        result = live(Tests)
        self.assertEqual("failure", result.outcome)
        self.assertIn("handler() has returned, and its connection is still open", result.text)
        self.assertIn("async def handler(reader, writer):", result.text)

        async def main():
            async with serve(handler) as server, server.connect() as (reader, writer):
                writer.write(b"meow\n")
                await turns(20)

        thread = threading.Thread(target=lambda: asyncio.run(main()))
        thread.start()  # where nobody is there to be told
        thread.join()

    async def test_set_up(self):
        """It goes with enterAsyncContext, and is left with the test's failure."""

        async def handler(reader, writer):
            await reader.readline()
            writer.close()
            raise Boom("in the handler")

        class Tests(AsyncTestCase):
            async def asyncSetUp(self):
                self.server = await self.enterAsyncContext(serve(handler))

            async def test_passes(self):
                await ask(self.server)

            async def test_fails(self):
                self.assertEqual(b"meow", await ask(self.server))

        result = await asyncio.to_thread(live, Tests)
        self.assertEqual([("test_fails", "failure"), ("test_passes", "error")], result.told)
        self.assertIn("AssertionError: b'meow' != b''", result.texts[0])
        self.assertIn("Boom: in the handler", result.texts[0])

    def test_class(self):
        """It goes with enterAsyncClassContext, where the tests are on the class's loop."""

        class Shared(AsyncTestCase, loop_scope="class"):
            @classmethod
            async def asyncSetUpClass(cls):
                cls.server = await cls.enterAsyncClassContext(serve(echo))

            async def test_1(self):
                self.assertEqual(b"meow\n", await ask(self.server))

            test_2 = test_1

        result = live(Shared)
        self.assertTrue(result.wasSuccessful(), result.text)

        class Apart(AsyncTestCase):
            @classmethod
            async def asyncSetUpClass(cls):
                cls.server = await cls.enterAsyncClassContext(serve(echo))

            async def test(self):
                await ask(self.server)

        result = live(Apart)
        self.assertIs(LoopRunnerError, type(result.raised[0]))
        self.assertIn('give it loop_scope="class", or serve on the loop of a', result.text)


class ConnectTests(AsyncTestCase):
    async def test_refused(self):
        """Where nobody listens, it is asyncio's own error."""
        with self.assertRaises(ConnectionError):
            async with connect(("127.0.0.1", free_port())):
                self.fail("never to run")

    async def test_no_answer(self):
        """Where nobody answers, it gives up."""
        async def open_connection(*address):
            await for_ever()

        with mock.patch.object(asyncio, "open_connection", open_connection):
            with self.assertRaisesRegex(NotInTime, r"127.0.0.1', 9\) did not answer within 0.02 s"):
                async with connect(("127.0.0.1", 9), within=0.02):
                    self.fail("never to run")

    async def test_system_timeout(self):
        """A timeout of the system's own is passed on."""
        error = TimeoutError(110, "timed out")
        with mock.patch.object(asyncio, "open_connection", side_effect=error):
            with self.assertRaises(TimeoutError) as caught:
                async with connect(("127.0.0.1", 9)):
                    self.fail("never to run")
        self.assertIs(error, caught.exception)

    async def test_slow_close(self):
        """A connection that does not close is aborted."""
        writer = mock.Mock(wait_closed=for_ever)
        await functional._close(writer, 0.02)
        writer.transport.abort.assert_called_once_with()


class ProtocolTests(AsyncTestCase):
    @on_loops(*LOOPS)
    async def test_protocol(self):
        """A protocol is served, and its connections are closed in the end."""
        Echo.lost = 0
        async with serve_protocol(Echo) as server:
            self.assertEqual(b"meow\n", await ask(server))
            clients = [await asyncio.open_connection(*server.address) for _ in range(2)]
            for reader, writer in clients:
                writer.write(b"meow\n")
                await reader.readline()
        self.assertEqual(3, Echo.lost)
        for _, writer in clients:
            writer.close()
            await writer.wait_closed()

    async def test_fixed(self):
        """One that does not let itself be watched closes when its client does."""
        async with serve_protocol(FixedEcho) as server:
            self.assertEqual(b"meow\n", await ask(server))
            await turns()

    async def test_slow(self):
        """A connection that does not close in time is aborted."""
        made = []

        class Slow(Echo):
            def connection_made(self, transport):
                super().connection_made(transport)
                made.append(transport)
                while not transport.get_write_buffer_size():
                    transport.write(b"x" * 2**20)  # which nobody reads

        with socket.socket() as client:
            async with serve_protocol(Slow, within=0.05) as server:
                client.connect(server.address)
                while not made:
                    await asyncio.sleep(0)
            self.assertTrue(made[0].is_closing())
            self.assertEqual(0, made[0].get_write_buffer_size())

    def test_error(self):
        """What a protocol raises fails the test."""

        class Tests(AsyncTestCase):
            async def test(self):
                async with serve_protocol(Echo) as server:
                    await ask(server, b"boom\n")

        result = live(Tests)
        self.assertEqual("failure", result.outcome)
        self.assertIn("[loop-error]", result.text)


async def cats(scope, receive, send):
    """An application, as ASGI has it."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"Garfield"})


class UvicornLike:
    """What is known of uvicorn's server."""

    def __init__(self, ending="normal"):
        self.started = False
        self.should_exit = False
        self.ending = ending

    async def serve(self, sockets):
        if self.ending == "never starts":
            await for_ever()
        if self.ending == "fails to start":
            raise Boom("no start")
        if self.ending == "exits":
            return
        server = await asyncio.start_server(echo, sock=sockets[0])
        self.started = True
        try:
            while not self.should_exit or self.ending == "never ends":
                await asyncio.sleep(0.001)
            if self.ending == "fails":
                raise Boom("at the end")
        except asyncio.CancelledError:
            if self.ending != "never ends":
                raise
        finally:
            server.close()


class AiohttpLike:
    """What is known of aiohttp's runner."""

    def __init__(self, slow=False):
        self.slow = slow
        self.calls = []

    async def setup(self):
        self.calls.append("setup")
        self.server = Echo

    async def cleanup(self):
        self.calls.append("cleanup")
        if self.slow:
            await for_ever()


class AppTests(AsyncTestCase):
    async def test_uvicorn_like(self):
        """A server with serve() and should_exit is awaited and told to exit."""
        server = UvicornLike()
        async with serve_app(server) as app:
            self.assertEqual(b"meow\n", await ask(app))
        self.assertTrue(server.should_exit)

    async def test_trouble(self):
        """One that does not start, or not end, or fails, is told."""
        for ending, kind, words in (
            ("never starts", NotInTime, "the server did not start within 0.1 s"),
            ("fails to start", Boom, "no start"),
            ("exits", RuntimeError, "the server has ended by itself, before it was told to"),
            ("never ends", NotInTime, "did not end within 0.1 s of being told to"),
            ("fails", Boom, "at the end"),
        ):
            with self.subTest(ending):
                with self.assertRaisesRegex(kind, words):
                    async with serve_app(UvicornLike(ending), within=0.1):
                        await turns()

    async def test_trouble_and_failure(self):
        """If the block has failed, it is a note."""
        with self.assertRaises(KeyError) as caught:
            async with serve_app(UvicornLike("fails")):
                raise KeyError("mine")
        self.assertEqual(
            ["\nthe server has failed, too: Boom('at the end')"], caught.exception.__notes__
        )

    async def test_aiohttp_like(self):
        """A runner with setup() and cleanup() is set up and cleaned up."""
        runner = AiohttpLike()
        async with serve_app(runner) as app:
            self.assertEqual(b"meow\n", await ask(app))
        self.assertEqual(["setup", "cleanup"], runner.calls)
        with self.assertRaisesRegex(NotInTime, "was not cleaned up within 0.05 s"):
            async with serve_app(AiohttpLike(slow=True), within=0.05):
                pass

    async def test_function(self):
        """Any other one is started by a function, which is given the socket."""

        async def forever(sock):
            server = await asyncio.start_server(echo, sock=sock)
            try:
                await for_ever()
            finally:
                server.close()

        @contextlib.asynccontextmanager
        async def inside(sock):
            server = await asyncio.start_server(echo, sock=sock)
            yield
            server.close()

        for function in (forever, inside):
            with self.subTest(function.__name__):
                async with serve_app(function) as app:
                    self.assertEqual(b"meow\n", await ask(app))

    async def test_function_in_trouble(self):
        """One that ends early, fails, or does not end, is told."""
        gate = asyncio.Event()

        async def ends(sock):
            pass

        async def fails(sock):
            raise Boom("early")

        async def fails_late(sock):
            try:
                await for_ever()
            finally:
                raise Boom("late")

        async def resists(sock):
            await resist(gate)

        for function, kind, words in (
            (ends, RuntimeError, "by itself"),
            (fails, Boom, "early"),
            (fails_late, Boom, "late"),
            (resists, NotInTime, "within 0.05 s of being cancelled"),
        ):
            with self.subTest(function.__name__):
                with self.assertRaisesRegex(kind, words):
                    async with serve_app(function, within=0.05):
                        await turns()
        gate.set()
        await turns()


@unittest.skipUnless(importlib.util.find_spec("aiohttp"), "aiohttp is not installed")
class AiohttpTests(AsyncTestCase):
    """A real application of aiohttp's."""

    def runner(self):
        import aiohttp.web

        async def cats(request):
            return aiohttp.web.Response(text="Garfield")

        app = aiohttp.web.Application()
        app.router.add_get("/cats", cats)
        return aiohttp.web.AppRunner(app)

    @on_loops(*LOOPS)
    async def test_client(self):
        """It answers aiohttp's own client."""
        import aiohttp

        app = await self.enterAsyncContext(serve_app(self.runner()))
        async with aiohttp.ClientSession() as session:
            async with session.get(app.url("/cats")) as response:
                self.assertEqual("Garfield", await response.text())

    def test_sync_client(self):
        """In another thread, it answers a synchronous client."""
        app = self.enterContext(self.loop_runner().hold(serve_app(self.runner())))
        with urllib.request.urlopen(app.url("/cats"), timeout=20) as response:
            self.assertEqual(b"Garfield", response.read())


@unittest.skipUnless(importlib.util.find_spec("uvicorn"), "uvicorn is not installed")
class UvicornTests(AsyncTestCase):
    """A real ASGI application on uvicorn."""

    def server(self):
        import uvicorn

        return uvicorn.Server(uvicorn.Config(cats, log_config=None, lifespan="off", ws="none"))

    @on_loops(*LOOPS)
    async def test_client(self):
        """It answers."""
        app = await self.enterAsyncContext(serve_app(self.server()))
        async with app.connect() as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\nHost: cats\r\nConnection: close\r\n\r\n")
            answer = await asyncio.wait_for(reader.read(), 20)
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 OK"), answer)
        self.assertIn(b"\r\nGarfield\r\n", answer)

    def test_sync_client(self):
        """In another thread, it answers a synchronous client."""
        app = self.enterContext(self.loop_runner().hold(serve_app(self.server())))
        with urllib.request.urlopen(app.url(), timeout=20) as response:
            self.assertEqual(b"Garfield", response.read())


class ThreadTests(AsyncTestCase):
    """On the loop of a LoopRunner."""

    def test_class(self):
        """So a class can have a server for tests of any colour."""

        class Tests(AsyncTestCase):
            @classmethod
            def setUpClass(cls):
                runner = cls.enterClassContext(LoopRunner())
                cls.server = cls.enterClassContext(runner.hold(serve(echo)))

            def test_sync(self):
                with socket.create_connection(self.server.address, timeout=20) as sock:
                    sock.sendall(b"meow\n")
                    self.assertEqual(b"meow\n", sock.recv(100))

            async def test_async(self):
                self.assertEqual(b"meow\n", await ask(self.server))

        result = live(Tests)
        self.assertTrue(result.wasSuccessful(), result.text)


class SubprocessTests(AsyncTestCase):
    @on_loops(*LOOPS)
    async def test_life(self):
        """It is started, is ready when it says so, and is ended."""
        async with program("print('hello\\nready'); input()", ready="ready") as child:
            self.assertTrue(child.is_running)
            self.assertEqual("ready", child.match[0])
            self.assertEqual(["hello", "ready"], child.output.split())
            pid = child.process.pid
        self.assertFalse(child.is_running)
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)

    async def test_ready_at_once(self):
        """Without anything to wait for, it is ready at once; it may end by itself."""
        async with program("print('done')") as child:
            self.assertEqual(0, await child.wait())
            self.assertEqual("done", child.output.strip())
            self.assertFalse(child.is_running)

    async def test_regular_expression(self):
        """A regular expression says what it has found; more lines can be waited for."""
        source = "print('port 80'); print('eggs'); print('spam'); input()"
        async with program(source, ready=re.compile(r"port (\d+)")) as child:
            self.assertEqual("80", child.match[1])
            self.assertEqual("spam", (await child.wait_for_line("spam"))[0])
            with self.assertRaisesRegex(NotInTime, "did not print a line with 'eggs' within 0.05 s"):
                await child.wait_for_line("eggs", within=0.05)

    async def test_prompt(self):
        """Words of a line that is not complete are seen, too."""
        source = "print('name> ', end='', flush=True); print('hi', input())"
        async with program(source, ready="name>") as child:
            child.process.stdin.write(b"Garfield\n")
            self.assertEqual("hi Garfield", (await child.wait_for_line(re.compile("hi .*")))[0])
            self.assertEqual("name> hi Garfield\n", child.output.replace("\r", ""))
            self.assertEqual(0, await child.wait())

    async def test_prompt_by_a_regular_expression(self):
        """What it would find in a line that is not complete may be only half of it: this is said."""
        source = "print('port 80', end='', flush=True); input()"
        async with program(source, ready="port") as child:
            child._partial, child._lines = child._lines.pop(), []
            child._unread = 0
            with self.assertRaisesRegex(NotInTime, r"(?s)port 80\n.*whose last line is not complete: .* a string"):
                await child.wait_for_line(re.compile(r"port (\d+)"), within=0.05)
            with self.assertRaisesRegex(NotInTime, r"port 80\Z"):
                await child.wait_for_line(re.compile(r"door (\d+)"), within=0.05)

    async def test_characters(self):
        """Its output is UTF-8, however it comes; what is not is replaced, and lines end in one way."""
        source = (
            "import sys, time; out = sys.stdout.buffer\n"
            "for part in b'M\\xc3', b'\\xbcsli\\r', b'\\n\\xff\\x0bx\\n':\n"
            "    out.write(part); out.flush(); time.sleep(0.01)"
        )
        async with program(source) as child:
            self.assertEqual("Müsli", (await child.wait_for_line(re.compile("M.*")))[0])
            await child.wait()
            self.assertEqual("Müsli\n\ufffd\x0bx\n", child.output)

    async def test_flood(self):
        """Much of it, in lines that do not end, neither takes long nor fills the report."""
        source = "print('x' * 10_000_000, flush=True); print(end='end', flush=True); input()"
        with self.assertRaises(KeyError) as caught:
            async with program(source, ready="end") as child:
                self.assertEqual(10_000_004, len(child.output))
                raise KeyError("mine")
        (note,) = caught.exception.__notes__
        self.assertLess(len(note), 2000)
        self.assertIn("xxx ...\n  end", note)

    async def test_virtual_time(self):
        """In virtual time a program is waited for, and takes the time that it takes."""

        class Tests(AsyncTestCase, virtual_time=True):
            async def test(self):
                source = "import time; time.sleep(0.2); print('up'); input()"
                async with program(source, ready="up"), serve(echo) as server:
                    self.assertEqual(b"meow\n", await ask(server))

        result = await asyncio.to_thread(live, Tests)
        self.assertEqual("success", result.outcome, result.text)

    async def test_predicate(self):
        """A function says when it is ready, an ordinary one or an asynchronous one."""

        async def is_there(child):
            return "there" in child.output

        for ready in (lambda child: "there" in child.output, is_there):
            async with program("print('there'); input()", ready=ready):
                pass
        with self.assertRaisesRegex(NotInTime, r"did not get ready \(.*<lambda>\(\) is not true\)"):
            async with program("input()", ready=lambda child: False, within=0.1):
                self.fail("never to run")
        with self.assertRaises(Boom) as caught:
            async with program("print('x'); input()", ready=self.fail_when_printed):
                self.fail("never to run")
        self.assertIn("it printed\n  x", "".join(caught.exception.__notes__))

        async def slow(child):
            await for_ever()

        with self.assertRaisesRegex(NotInTime, "did not get ready"):
            async with program("input()", ready=slow, within=0.05):
                self.fail("never to run")

    def fail_when_printed(self, child):
        if child.output.endswith("\n"):
            raise Boom

    async def test_port(self):
        """A port says so when it answers."""
        port = free_port()
        source = (
            "import socket; s = socket.create_server(('127.0.0.1', %d))\nwhile 1: s.accept()" % port
        )
        for ready in (port, ("127.0.0.1", port)):
            async with program(source, ready=ready):
                async with connect(("127.0.0.1", port)):
                    pass
        with self.assertRaisesRegex(NotInTime, f"did not answer on port {port} of 127.0.0.1 within"):
            async with program("input()", ready=port, within=0.1):
                self.fail("never to run")

    async def test_not_ready(self):
        """If it does not get ready in time, what it has printed is shown."""
        with self.assertRaises(NotInTime) as caught:
            async with program("print('almost'); input()", ready=self.almost, within=20):
                self.fail("never to run")
        self.assertRegex(str(caught.exception), "did not print a line with 'ready' within 0.05 s; it")
        self.assertIn("printed\n  almost", str(caught.exception))

    async def almost(self, child):
        await child.wait_for_line("almost")
        await child.wait_for_line("ready", within=0.05)

    async def test_ends_early(self):
        """If it ends before it is ready, its status and what it has printed is shown."""
        with self.assertRaises(SubprocessFailed) as caught:
            async with program("raise SystemExit('no such cat')", ready="ready"):
                self.fail("never to run")
        text = str(caught.exception)
        self.assertIn("ended before it did print a line with 'ready', with exit status 1", text)
        self.assertIn("it printed\n  no such cat", text)

    async def test_crash(self):
        """If it ends by itself with an error, and nobody has waited for it, that fails the test."""
        with self.assertRaisesRegex(SubprocessFailed, "by itself, with exit status 3; it printed n"):
            async with program("raise SystemExit(3)") as child:
                await child.process.wait()
        async with program("raise SystemExit(3)") as child:
            self.assertEqual(3, await child.wait())
        async with program("print('up'); input()", ready="up") as child:
            child.terminate()
            await child.process.wait()
        with self.assertRaisesRegex(KeyError, "mine") as caught:
            async with program("raise SystemExit(3)") as child:
                await child.process.wait()
                raise KeyError("mine")
        notes = "".join(caught.exception.__notes__)
        self.assertIn(", which has ended with exit status 3: it printed nothing", notes)
        self.assertIn("has ended by itself, with exit status 3", notes)

    @unittest.skipUnless(os.name == "posix", "needs signals")
    async def test_signal(self):
        """One that a signal has ended says which."""
        with self.assertRaisesRegex(SubprocessFailed, "by itself, by signal SIGKILL; it printed"):
            async with program("print('up'); input()", ready="up") as child:
                child.process.kill()
                await child.process.wait()
        self.assertEqual("with exit status -1000", functional._status(-1000))

    @unittest.skipUnless(os.name == "posix", "needs signals")
    async def test_firmly(self):
        """One that does not end when it is told to is killed, and that is told."""
        source = (
            "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up')\n"
            "while True: signal.pause()"
        )
        with self.assertRaisesRegex(NotInTime, "did not end within 0.05 s of being told to, and was"):
            async with program(source, ready="up", end_within=0.05):
                pass
        async with program(source, ready="up", end_within=0):
            pass  # as was asked

    @unittest.skipUnless(os.name == "posix", "needs sessions")
    async def test_grandchildren(self):
        """What it has started itself is killed with it."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "pid"
            source = (
                "import subprocess, sys, pathlib\n"
                "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3600)'])\n"
                f"pathlib.Path({str(path)!r}).write_text(str(child.pid))\n"
                "print('up'); input()"
            )
            async with program(source, ready="up"):
                pid = int(path.read_text())
            for _ in range(1000):
                state = pathlib.Path(f"/proc/{pid}/stat")
                if not state.exists() or " Z " in state.read_text():
                    break
                await asyncio.sleep(0.01)
            else:
                self.fail("it still runs")

    @unittest.skipUnless(os.name == "posix", "needs sessions")
    async def test_escaped(self):
        """One that holds on to the output in a session of its own does not hold up the test."""
        source = (
            "import subprocess, sys\n"
            "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3600)'],"
            " start_new_session=True)\n"
            "print(child.pid); input()"
        )
        async with program(source, ready=re.compile(r"^\d+$")) as child:
            pid = int(child.match[0])
        os.kill(pid, signal.SIGKILL)

    async def test_note(self):
        """If the block fails, what it has printed is a note, shortened."""
        with self.assertRaises(KeyError) as caught:
            async with program("for n in range(100): print(n)\ninput()", ready="99"):
                raise KeyError("mine")
        (note,) = caught.exception.__notes__
        self.assertIn("it printed\n  ... 50 more lines ...\n  50\n", note)
        self.assertTrue(note.endswith("\n  99"), note)

    def test_note_of_test(self):
        """So it is if the test that has entered it fails."""

        class Tests(AsyncTestCase):
            async def test(self):
                await self.enterAsyncContext(program("print('here I am'); input()", ready="here"))
                self.fail("mine")

        result = live(Tests)
        self.assertEqual("failure", result.outcome)
        self.assertRegex(result.text, "it printed\n *here I am")

    async def test_wait_in_vain(self):
        """Waiting for one that does not end is bounded."""
        async with program("input()") as child:
            with self.assertRaisesRegex(NotInTime, "did not end within 0.02 s; it printed nothing"):
                await child.wait(0.02)
            self.assertIsNone(child.process.returncode)

    async def test_ends_while_waiting(self):
        """A line of one that ends is seen to the last one, complete or not."""
        async with program("print('one\\ntwo', end='')") as child:
            self.assertEqual("two", (await child.wait_for_line(re.compile("t.o")))[0])
            with self.assertRaisesRegex(SubprocessFailed, "ended before it did print a line with"):
                await child.wait_for_line("three")

    async def test_options(self):
        """Variables are added; the rest is asyncio's own."""
        with tempfile.TemporaryDirectory() as folder:
            source = "import os; print(os.environ['CAT'], os.path.basename(os.getcwd()))"
            async with program(source, env={"CAT": "Tom"}, cwd=folder) as child:
                await child.wait()
                self.assertEqual(["Tom", os.path.basename(folder)], child.output.split())
        async with program("pass", stdout=asyncio.subprocess.DEVNULL, stdin=None) as child:
            await child.wait()
        self.assertEqual("", child.output)

    async def test_wrong(self):
        """What cannot be started is refused."""
        with self.assertRaisesRegex(TypeError, "needs a program"):
            Subprocess()
        with self.assertRaisesRegex(TypeError, r"not \['ls'\] \(write Subprocess\(\*command\)\)"):
            Subprocess(["ls"])
        with self.assertRaisesRegex(TypeError, "needs strings or paths, not 3$"):
            Subprocess("sleep", 3)
        with self.assertRaises(FileNotFoundError):
            async with Subprocess("/no/such/cat"):
                self.fail("never to run")
        async with program("pass") as child:
            await child.wait()
        with self.assertRaisesRegex(SubprocessFailed, "was started before: make a new Subprocess"):
            async with child:
                self.fail("never to run")

    async def test_words(self):
        """It says what it is, in short."""
        self.assertEqual("<Subprocess ls 'a b'>", repr(Subprocess("ls", pathlib.Path("a b"))))
        self.assertEqual(304, len(str(Subprocess("x" * 1000))))

    async def test_http_server(self):
        """Python's own server: its port is read from what it prints."""
        server = await self.enterAsyncContext(
            Subprocess(
                sys.executable, "-m", "http.server", "0", "--bind", "127.0.0.1",
                ready=re.compile(r"port (\d+)"),
                within=20,
                cwd=os.path.dirname(__file__),
            )
        )
        async with connect(("127.0.0.1", int(server.match[1]))) as (reader, writer):
            writer.write(b"GET /support.py HTTP/1.0\r\n\r\n")
            self.assertIn(b"200 OK", await asyncio.wait_for(reader.readline(), 20))
            await asyncio.wait_for(reader.read(), 20)
        self.assertIn("support.py", (await server.wait_for_line("GET")).string)

    def test_sync(self):
        """A synchronous test has one, too, on the loop of a runner."""
        child = self.enterContext(self.loop_runner().hold(program("print('up'); input()", ready="up")))
        self.assertTrue(child.is_running)

    def test_class(self):
        """A class has one on its loop."""

        class Tests(AsyncTestCase, loop_scope="class"):
            @classmethod
            async def asyncSetUpClass(cls):
                cls.child = await cls.enterAsyncClassContext(
                    program("while True: print(input())", ready=lambda child: True)
                )

            async def test_1(self):
                self.child.process.stdin.write(b"one\n")
                await self.child.wait_for_line("one")

            async def test_2(self):
                self.child.process.stdin.write(b"two\n")
                await self.child.wait_for_line("two")

        result = live(Tests)
        self.assertTrue(result.wasSuccessful(), result.text)

    async def test_without_private_names(self):
        """Where asyncio does not show the transport, nothing is closed by hand."""
        functional._close_transport(mock.Mock(spec=[]))

    async def test_transport(self):
        """The private name that is used is there."""
        async with program("pass") as child:
            self.assertTrue(hasattr(child.process, "_transport"))
            await child.wait()
        gc.collect()


if __name__ == "__main__":
    unittest.main()
