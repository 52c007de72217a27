"""
Functional tests: real servers, real connections, real subprocesses, and nothing left of them.

Each thing here is an asynchronous context manager: for ``async with``, for
``self.enterAsyncContext(...)`` in a test or its set-up, for ``cls.enterAsyncClassContext(...)`` in
a class with ``loop_scope="class"``. No port is chosen by hand: a server listens on a free one of
the loopback interface, or on a Unix socket. In the end its handlers are cancelled and awaited, and
what they have raised fails the test.

>>> import asyncio
>>> import sys
>>> from asynctesting import AsyncTestCase

>>> async def purr(reader, writer):
...     async for line in reader:
...         writer.write(b"purr" if line == b"stroke" + bytes([10]) else b"hiss")
...     writer.close()

>>> class PurrTests(AsyncTestCase):
...     async def test_stroke(self):
...         server = await self.enterAsyncContext(serve(purr))
...         async with server.connect() as (reader, writer):
...             writer.write(b"stroke" + bytes([10]))
...             self.assertEqual(b"purr", await reader.readexactly(4))
>>> PurrTests("test_stroke").debug()

A **subprocess** is ready when it says so. Its output is shown where a test fails:

>>> class ScriptTests(AsyncTestCase):
...     async def test_script(self):
...         script = "print('ready'); input()"
...         async with Subprocess(sys.executable, "-c", script, ready="ready") as child:
...             self.assertTrue(child.is_running)
>>> ScriptTests("test_script").debug()

**A server that we did not write**, of uvicorn or aiohttp, is served by :func:`serve_app`::

    app = await self.enterAsyncContext(serve_app(uvicorn.Server(uvicorn.Config(application))))
    app = await self.enterAsyncContext(serve_app(aiohttp.web.AppRunner(application)))
    ... app.url("/cats") ...

**For synchronous tests**, and for classes whose tests have loops of their own, let it live on a
loop in another thread: :meth:`asynctesting.LoopRunner.hold` makes an ordinary context manager of
each of them. A class's own loop stands still while its tests run on theirs::

    @classmethod
    def setUpClass(cls):
        runner = cls.enterClassContext(LoopRunner())
        cls.server = cls.enterClassContext(runner.hold(serve(purr)))

Times are seconds of loop time, and those of a subprocess real seconds. In virtual time all of this is
there, too: while something outside may come in, time stands still for half a second, and then runs as
fast as real time does.

"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import inspect
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Final, TypeAlias

from .checks import current_scene
from .errors import LoopRunnerError, NotInTime, SubprocessFailed
from .findings import Finding, place_of_code


__all__ = [
    "Served",
    "Subprocess",
    "connect",
    "free_port",
    "serve",
    "serve_app",
    "serve_protocol",
]

__unittest = True

Address: TypeAlias = tuple[Any, ...] | str
Handler: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]
Ready: TypeAlias = str | re.Pattern[str] | int | tuple[str, int] | Callable[..., Any]

LOOPBACK: Final = "127.0.0.1"

#: Seconds between two looks at what cannot tell by itself.
PAUSE: Final = 0.02

#: How much of a command is told, in characters.
COMMAND: Final = 300

#: How many lines of a subprocess are shown, and how many characters of each.
SHOWN: Final = 50
WIDEST: Final = 500

#: How many characters a line may have, to be looked for as one.
LONGEST: Final = 100_000


# Addresses


class Served:
    """
    Where something is served, and how to get there.

    Attributes:
        address: ``(host, port)``, or the path of a Unix socket.

    """

    def __init__(self, address: Address, loop: asyncio.AbstractEventLoop) -> None:
        self.address = address
        self._loop = loop

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    def __str__(self) -> str:
        if isinstance(self.address, str):
            return self.address
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def host(self) -> str:
        """The address of the interface."""
        return str(self._inet()[0])

    @property
    def port(self) -> int:
        """The number of the port."""
        return int(self._inet()[1])

    @property
    def path(self) -> str:
        """The path of the Unix socket."""
        if not isinstance(self.address, str):
            raise AttributeError(f"{self} is no Unix socket, and has no path: use host and port")
        return self.address

    def _inet(self) -> tuple[Any, ...]:
        if isinstance(self.address, str):
            raise AttributeError(f"{self} is a Unix socket, and has no host and port: use path")
        return self.address

    def url(self, path: str = "/", scheme: str = "http") -> str:
        """
        A URL of something that is served there.

        Args:
            path: what follows the port.
            scheme: what the URL begins with.

        """
        self._inet()
        return f"{scheme}://{self}{path if path.startswith('/') else '/' + path}"

    def connect(
        self, **options: Any
    ) -> AbstractAsyncContextManager[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """
        Connect to it; see :func:`connect`.

        Raises:
            LoopRunnerError: if the loop on which it is served stands still, so that nobody
                would ever answer.

        """
        if not self._loop.is_running():
            raise LoopRunnerError(
                f"nobody answers at {self}: the event loop on which it is served does not run. A "
                'class\'s loop stands still while its tests run on theirs: give it loop_scope="class"'
                ", or serve on the loop of a LoopRunner"
            )
        return connect(self.address, **options)


@contextlib.asynccontextmanager
async def connect(
    address: Address, *, within: float = 5.0, **options: Any
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """
    Open a connection, to be closed in the end.

    Args:
        address: ``(host, port)``, or the path of a Unix socket.
        within: seconds in which it must be there.
        options: as :func:`asyncio.open_connection` has them.

    Returns:
        A context manager that gives a reader and a writer.

    Raises:
        NotInTime: if nobody answers.
        OSError: as :func:`asyncio.open_connection` does.

    """
    try:
        async with asyncio.timeout(within):
            if isinstance(address, str):
                reader, writer = await asyncio.open_unix_connection(address, **options)
            else:
                reader, writer = await asyncio.open_connection(*address[:2], **options)
    except TimeoutError as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise NotInTime(f"{address!r} did not answer within {within:g} s") from None
    try:
        yield reader, writer
    finally:
        await _close(writer, within)


async def _close(writer: asyncio.StreamWriter, within: float) -> None:
    """Close *writer*, whatever the other end does."""
    writer.close()
    with contextlib.suppress(OSError):
        try:
            async with asyncio.timeout(within):
                await writer.wait_closed()
        except TimeoutError:
            writer.transport.abort()


def free_port(host: str = LOOPBACK) -> int:
    """
    Give the number of a port on which nobody listens at this moment.

    For a program that must be told one. Until it listens, somebody else may: where it can, let it
    choose by itself (port 0) and say what it chose.

    Args:
        host: the address of the interface.

    """
    with _listening(host) as sock:
        return int(sock.getsockname()[1])


def _listening(host: str) -> socket.socket:
    """Make a socket that listens on a free port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.bind((host, 0))
        sock.listen(128)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


@contextlib.contextmanager
def _unix_socket() -> Any:
    """A Unix socket that listens, in a folder of its own."""
    if not hasattr(socket, "AF_UNIX"):
        raise NotImplementedError("there are no Unix sockets on this system")
    folder = tempfile.mkdtemp(prefix="served-")
    try:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.bind(os.path.join(folder, "socket"))
            sock.listen(128)
            sock.setblocking(False)
            yield sock
        finally:
            sock.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# Servers


class _Handlers:
    """Those of one server of streams."""

    def __init__(self, handler: Handler, within: float) -> None:
        self.handler = handler
        self.within = within
        self.tasks: set[asyncio.Task[Any]] = set()
        self.writers: dict[asyncio.StreamWriter, bool] = {}
        self.errors: list[BaseException] = []

    async def handle(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Be the handler of one connection."""
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        self.writers[writer] = False
        try:
            result = self.handler(reader, writer)
            if inspect.isawaitable(result):
                await result
            self.writers[writer] = True  # it has had its say
        except asyncio.CancelledError:
            pass  # by us, or by itself: the connection has ended
        except Exception as error:
            self.errors.append(error)
            writer.close()  # as asyncio does it, from 3.12 on
        finally:
            self.tasks.discard(task)

    async def end(self) -> None:
        """Cancel the handlers, await them, and close what they have not closed."""
        for task in self.tasks:
            task.cancel()
        left = set(self.tasks)
        if left:
            _, left = await asyncio.wait(left, timeout=self.within)
        open_ones = [
            (writer, has_ended)
            for writer, has_ended in self.writers.items()
            if not writer.transport.is_closing()
        ]
        if any(has_ended for _, has_ended in open_ones):
            self._tell_open()
        for writer, _ in open_ones:
            writer.transport.abort()
        for _ in range(2):
            await asyncio.sleep(0)
        if left:
            raise NotInTime(
                f"{_tasks(left)} did not end within {self.within:g} s of being cancelled: let "
                "asyncio.CancelledError pass"
            )

    def _tell_open(self) -> None:
        """A handler has returned, and left its connection open: for ever, in production."""
        scene = current_scene()
        if scene is None or scene.life is None:
            return
        code = getattr(self.handler, "__code__", None)
        name = getattr(self.handler, "__qualname__", type(self.handler).__qualname__)
        scene.life.tell(
            Finding(
                "leftover-transport",
                f"the handler {name}() has returned, and its connection is still open",
                "close it in the handler: writer.close()",
                None if code is None else place_of_code(code),
                about=(name,),
            )
        )


def _tasks(tasks: Iterable[asyncio.Task[Any]]) -> str:
    return " and ".join(sorted(f"the handler in task {task.get_name()!r}" for task in tasks))


@contextlib.asynccontextmanager
async def serve(
    handler: Handler,
    *,
    host: str = LOOPBACK,
    unix: bool = False,
    within: float = 5.0,
    **options: Any,
) -> AsyncIterator[Served]:
    """
    Serve streams, on a free port of the loopback interface or on a Unix socket.

    Args:
        handler: what :func:`asyncio.start_server` calls with a reader and a writer.
        host: the address of the interface; ``"::1"`` for IPv6.
        unix: whether to serve on a Unix socket, in a folder of its own.
        within: seconds for the handlers to end, when they are cancelled.
        options: as :func:`asyncio.start_server` has them, as ``ssl`` and ``limit``.

    Returns:
        A context manager that gives a :class:`Served`.

    Raises:
        Exception: at its end, what a handler has raised; an :exc:`ExceptionGroup` of several. If
            the block has failed, they are notes to that.
        NotInTime: at its end, if a handler does not let itself be cancelled.

    Example:

        >>> async def hiss(reader, writer):
        ...     writer.write(b"hiss")
        ...     writer.close()
        >>> async def main():
        ...     async with serve(hiss) as server, server.connect() as (reader, writer):
        ...         return await reader.read()
        >>> import asynctesting
        >>> asynctesting.run(main)
        b'hiss'

    """
    if not callable(handler):
        raise TypeError(f"serve() needs a handler for streams, not {handler!r}")
    handlers = _Handlers(handler, within)
    with _unix_socket() if unix else _listening(host) as sock:
        start: Any = asyncio.start_unix_server if unix else asyncio.start_server
        server = await start(handlers.handle, sock=sock, **options)
        async with _ending(server, handlers.end, within, handlers.errors):
            yield Served(sock.getsockname(), asyncio.get_running_loop())


@contextlib.asynccontextmanager
async def _ending(
    server: Any,
    end: Callable[[], Awaitable[None]],
    within: float,
    errors: list[BaseException],
) -> AsyncIterator[None]:
    """Close *server* and end what it has begun; then raise what went wrong there."""
    failure: BaseException | None = None
    try:
        yield
    except BaseException as error:
        failure = error
    try:
        server.close()
        try:
            await end()
        except Exception as error:
            errors.append(error)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await server.wait_closed()
        _raise(failure, errors)
    finally:
        failure = None


def _raise(failure: BaseException | None, errors: list[BaseException]) -> None:
    """Raise *failure* with the errors as notes, or else these."""
    if failure is not None:
        for error in errors:
            text = "".join(traceback.format_exception(error)).rstrip()
            failure.add_note(f"\na server of the test has failed, too:\n{text}")
        raise failure
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise BaseExceptionGroup("several handlers of a server have failed", errors)


class _Connections:
    """The connections of one server of protocols."""

    def __init__(self, within: float) -> None:
        self.within = within
        self.open: dict[Any, Any] = {}
        self.is_empty = asyncio.Event()
        self.is_empty.set()

    def watched(self, factory: Callable[[], Any]) -> Callable[[], Any]:
        """Give a factory whose protocols are known here."""

        def make() -> Any:
            protocol = factory()
            made, lost = protocol.connection_made, protocol.connection_lost

            def connection_made(transport: Any) -> None:
                self.open[protocol] = transport
                self.is_empty.clear()
                made(transport)

            def connection_lost(error: Exception | None) -> None:
                self.open.pop(protocol, None)
                if not self.open:
                    self.is_empty.set()
                lost(error)

            try:
                protocol.connection_made = connection_made
                protocol.connection_lost = connection_lost
            except AttributeError:  # its attributes are fixed: its connections end as they like
                pass
            return protocol

        return make

    async def end(self) -> None:
        """Close the connections: what was written is sent, and then they are lost."""
        for transport in self.open.values():
            transport.close()
        try:
            async with asyncio.timeout(self.within):
                await self.is_empty.wait()
        except TimeoutError:
            for transport in tuple(self.open.values()):
                transport.abort()
            for _ in range(2):
                await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def serve_protocol(
    factory: Callable[[], asyncio.BaseProtocol],
    *,
    host: str = LOOPBACK,
    unix: bool = False,
    within: float = 5.0,
    **options: Any,
) -> AsyncIterator[Served]:
    """
    Serve a protocol, on a free port of the loopback interface or on a Unix socket.

    What its methods raise reaches the loop, and fails the test as ``loop-error``.

    Args:
        factory: a class of protocols, or what makes one for each connection.
        host: the address of the interface; ``"::1"`` for IPv6.
        unix: whether to serve on a Unix socket, in a folder of its own.
        within: seconds for the connections to close.
        options: as ``loop.create_server`` has them.

    Returns:
        A context manager that gives a :class:`Served`.

    """
    if not callable(factory):
        raise TypeError(f"serve_protocol() needs a factory of protocols, not {factory!r}")
    loop = asyncio.get_running_loop()
    connections = _Connections(within)
    with _unix_socket() if unix else _listening(host) as sock:
        start: Any = loop.create_unix_server if unix else loop.create_server
        server = await start(connections.watched(factory), sock=sock, **options)
        async with _ending(server, connections.end, within, []):
            yield Served(sock.getsockname(), loop)


@contextlib.asynccontextmanager
async def serve_app(app: Any, *, host: str = LOOPBACK, within: float = 10.0) -> AsyncIterator[Served]:
    """
    Serve with a server of another library, on a free port of the loopback interface.

    Args:
        app: one of

            * a server of uvicorn's kind, with ``serve(sockets=...)``, ``started`` and
              ``should_exit``: ``uvicorn.Server(uvicorn.Config(application, log_config=None))``;
            * a runner of aiohttp's kind, with ``setup()``, ``server`` and ``cleanup()``:
              ``aiohttp.web.AppRunner(application)``;
            * a function that is given a listening socket: a coroutine function that serves until
              it is cancelled, or one that returns an asynchronous context manager.
        host: the address of the interface.
        within: seconds for it to start, and to end.

    Returns:
        A context manager that gives a :class:`Served`.

    Raises:
        NotInTime: if it does not start or does not end in time.
        RuntimeError: if it ends before it should.
        Exception: whatever it raises.

    """
    loop = asyncio.get_running_loop()
    with _listening(host) as sock:
        served = Served(sock.getsockname(), loop)
        if hasattr(app, "serve") and hasattr(app, "should_exit"):

            def stop() -> None:
                app.should_exit = True

            async with _Background(app.serve(sockets=[sock]), within, stop) as background:
                await background.until(lambda: app.started)
                yield served
        elif hasattr(app, "setup") and hasattr(app, "cleanup"):
            await app.setup()
            try:
                server = await loop.create_server(app.server, sock=sock)
                try:
                    yield served
                finally:
                    server.close()
            finally:
                try:
                    async with asyncio.timeout(within):
                        await app.cleanup()
                except TimeoutError:
                    raise NotInTime(f"{app!r} was not cleaned up within {within:g} s") from None
        elif callable(app):
            running: Any = app(sock)
            if hasattr(running, "__aenter__"):
                async with running:
                    yield served
            else:
                async with _Background(running, within):
                    yield served
        else:
            raise TypeError(
                f"serve_app() knows no way to serve {app!r}: give it a function that is called "
                "with a listening socket"
            )


class _Background:
    """
    Something that serves for as long as it runs, in a task of its own.

    Args:
        running: what to await.
        within: seconds for it to start, and to end.
        stop: tells it to end; without, it is cancelled.

    """

    def __init__(
        self, running: Awaitable[Any], within: float, stop: Callable[[], None] | None = None
    ) -> None:
        self.within = within
        self.stop = stop
        self.task = asyncio.create_task(_await(running), name="serve_app")

    async def __aenter__(self) -> _Background:
        await asyncio.sleep(0)
        return self

    async def until(self, is_there: Callable[[], Any]) -> None:
        """Wait until it has started."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.within
        while not (is_there() or self.task.done()):
            if loop.time() > deadline:
                raise NotInTime(f"the server did not start within {self.within:g} s")
            await asyncio.sleep(PAUSE)
        if self.task.done():
            raise self._outcome() or self._early()

    def _outcome(self) -> BaseException | None:
        """What it has raised."""
        return None if self.task.cancelled() else self.task.exception()

    def _early(self) -> BaseException:
        return RuntimeError("the server has ended by itself, before it was told to")

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        problem = await self._end()
        if problem is None or problem is error:
            return
        if error is None:
            raise problem
        error.add_note(f"\nthe server has failed, too: {problem!r}")

    async def _end(self) -> BaseException | None:
        """End it; give what is wrong."""
        task = self.task
        if task.done():
            return self._outcome() or self._early()
        late = None
        if self.stop is not None:
            self.stop()
            await asyncio.wait({task}, timeout=self.within)
            if task.done():
                return self._outcome()
            late = NotInTime(f"the server did not end within {self.within:g} s of being told to")
        task.cancel()
        await asyncio.wait({task}, timeout=self.within)
        if not task.done():
            return NotInTime(f"the server did not end within {self.within:g} s of being cancelled")
        return self._outcome() or late


async def _await(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


# Subprocesses


class Subprocess:
    """
    A program, from when it is ready to when it has ended.

    Use it as an asynchronous context manager. What it prints, on both of its streams, is kept; if
    the block, or the test that has entered it, fails, it is a note to the failure. In the end the
    program is told to end (SIGTERM), and is killed if it does not, and so is whatever it has
    started itself (on POSIX). A program that has ended by itself with another status
    than 0, and that nobody has waited for, fails the test.

    Args:
        command: the program and its arguments, each a string or a path.
        ready: how to tell that it is ready: a string that is part of a line, or a regular expression
            (``re.compile``) that is found in one, see :attr:`match`; a port, or ``(host, port)``,
            that answers; a function that is true, ordinary or asynchronous, called with this object
            every now and then. Without it, the program is ready at once.
        within: real seconds for it to be ready.
        end_within: real seconds for it to end when it is told to; 0 to kill it at once.
        env: variables of the environment that are added to our own. ``PYTHONUNBUFFERED`` is set,
            so that a program in Python is heard.
        options: as :func:`asyncio.create_subprocess_exec` has them, as ``cwd``.

    Attributes:
        match: where *ready* was found, a :class:`re.Match`.
        process: the :class:`asyncio.subprocess.Process`, once it runs.

    Raises:
        NotInTime: if it is not ready in time, or has to be killed; with what it has printed.
        SubprocessFailed: if it ends before it is ready, or by itself; with what it has printed.
        OSError: if it cannot be started.

    Example::

        server = await self.enterAsyncContext(
            Subprocess(
                sys.executable, "-m", "http.server", "0", "--bind", "127.0.0.1",
                ready=re.compile(r"port (\\d+)"),
            )
        )
        port = int(server.match[1])

    """

    def __init__(
        self,
        *command: str | os.PathLike[str],
        ready: Ready | None = None,
        within: float = 5.0,
        end_within: float = 5.0,
        env: dict[str, str] | None = None,
        **options: Any,
    ) -> None:
        if not command:
            raise TypeError("Subprocess() needs a program, and its arguments")
        for word in command:
            if not isinstance(word, (str, os.PathLike)):
                hint = " (write Subprocess(*command))" if isinstance(word, (list, tuple)) else ""
                raise TypeError(f"Subprocess() needs strings or paths, not {word!r}{hint}")
        self.command: tuple[str, ...] = tuple(os.fspath(word) for word in command)
        self.within = within
        self.end_within = end_within
        self.match: re.Match[str] | None = None
        self.process: asyncio.subprocess.Process = None  # type: ignore[assignment]
        self._ready = ready
        self._env = env
        self._options = options
        self._lines: list[str] = []
        self._unread = 0
        self._partial = ""
        self._news = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        self._is_known = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    def __str__(self) -> str:
        text = shlex.join(self.command)
        return f"{text[:COMMAND]} ..." if len(text) > COMMAND else text

    @property
    def output(self) -> str:
        """All that it has printed so far."""
        return "".join(self._lines) + self._partial

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.returncode is None

    # Its life

    async def __aenter__(self) -> Subprocess:
        """Start it, and wait until it is ready."""
        if self.process is not None:
            raise SubprocessFailed(f"{self} was started before: make a new Subprocess")
        options: dict[str, Any] = {
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.STDOUT,
            "start_new_session": os.name == "posix",
            **self._options,
        }
        options["env"] = {**os.environ, "PYTHONUNBUFFERED": "1", **(self._env or {})}
        self.process = await asyncio.create_subprocess_exec(*self.command, **options)
        self._reader = asyncio.create_task(self._read(), name=f"output of {self}")
        try:
            await self._get_ready()
        except BaseException as error:
            await self._finish()
            if not isinstance(error, (NotInTime, SubprocessFailed)):
                self._note(error, self.process.returncode)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        """End it."""
        crash, status = self._crash(), self.process.returncode
        problem = await self._finish() or crash
        if error is not None:
            self._note(error, status)
            if problem is not None:
                error.add_note(f"\n{str(problem).partition(chr(10))[0]}")
        elif problem is not None:
            raise problem

    def _crash(self) -> SubprocessFailed | None:
        """Tell of a program that has ended by itself."""
        status = self.process.returncode
        if status in (None, 0) or self._is_known:
            return None
        return SubprocessFailed(f"{self} has ended by itself, {_status(status)}; {self._printed()}")

    async def _finish(self) -> NotInTime | None:
        """End it politely, then firmly; then read what is left."""
        late = None
        if self.process.stdin is not None:
            self.process.stdin.close()
        if self.is_running:
            if self.end_within > 0:
                self._send(signal.SIGTERM)
                if not await self._has_ended(self.end_within):
                    late = NotInTime(
                        f"{self} did not end within {self.end_within:g} s of being told to, and "
                        f"was killed; {self._printed()}"
                    )
        self._kill()
        await self._has_ended(self.end_within or 5.0)
        assert self._reader is not None
        await asyncio.wait({self._reader}, timeout=1.0)
        if not self._reader.done():  # something outside of its session holds on to its output
            self._reader.cancel()
            await asyncio.wait({self._reader})
        _close_transport(self.process)
        for _ in range(2):
            await asyncio.sleep(0)
        return late

    def _send(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    def _kill(self) -> None:
        """Kill it, and whatever it has started, as long as there is any of it."""
        if self.is_running:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
        if os.name == "posix" and self._reader is not None and not self._reader.done():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    async def _has_ended(self, seconds: float) -> bool:
        """Wait for it to end; tell whether it has."""
        # asyncio also waits for its output to end, which others may hold on to.
        waiting = asyncio.ensure_future(self.process.wait())
        deadline = time.monotonic() + seconds
        while self.is_running and time.monotonic() < deadline:
            await asyncio.wait({waiting}, timeout=PAUSE)
        waiting.cancel()
        await asyncio.wait({waiting})
        return not self.is_running

    # Its output

    async def _read(self) -> None:
        stream = self.process.stdout
        if stream is None:
            return
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        while data := await stream.read(65536):
            *lines, self._partial = (self._partial + decode(data)).split("\n")
            self._lines += [line.removesuffix("\r") + "\n" for line in lines]
            if len(self._partial) > LONGEST:
                self._lines.append(self._partial)
                self._partial = ""
            self._news.set()
        if self._partial:
            self._lines.append(self._partial)
            self._partial = ""
        self._news.set()

    def _printed(self) -> str:
        """What it has printed, for whoever reads of a failure."""
        lines = self.output.splitlines()
        if not lines:
            return "it printed nothing"
        if len(lines) > SHOWN:
            lines = [f"... {len(lines) - SHOWN} more lines ...", *lines[-SHOWN:]]
        lines = [f"{line[:WIDEST]} ..." if len(line) > WIDEST else line for line in lines]
        return "it printed\n" + "\n".join(f"  {line}" for line in lines)

    def _note(self, error: BaseException, status: int | None) -> None:
        what = "" if status is None else f", which has ended {_status(status)}"
        error.add_note(f"\nsubprocess {self}{what}: {self._printed()}")

    async def wait_for_line(
        self, pattern: str | re.Pattern[str], within: float | None = None
    ) -> re.Match[str]:
        """
        Wait for a line that it prints, after the last one that was waited for.

        Args:
            pattern: a string that is part of the line, or a regular expression that is found in it; the
                line has to be complete for that one, since it might find half a number.
            within: seconds to wait; those of the subprocess if left out.

        Returns:
            Where it was found.

        Raises:
            NotInTime: if no such line comes in time.
            SubprocessFailed: if the program ends before.

        """
        wanted = re.compile(re.escape(pattern)) if isinstance(pattern, str) else pattern
        found: list[re.Match[str]] = []

        def look() -> bool:
            while self._unread < len(self._lines):
                match = wanted.search(self._lines[self._unread].rstrip("\n"))
                self._unread += 1
                if match is not None:
                    found.append(match)
                    return True
            # Of a line that is not complete, only words are known to be there.
            if isinstance(pattern, str) and (match := wanted.search(self._partial)):
                found.append(match)
                self._lines.append(self._partial)
                self._partial = ""
                self._unread += 1
                return True
            return False

        words = f"print a line with {wanted.pattern!r}"
        try:
            await self._until(look, words, self.within if within is None else within)
        except NotInTime as error:
            if not wanted.search(self._partial):
                raise
            raise NotInTime(
                f"{error}\n  whose last line is not complete: a regular expression waits for its end, a string does not"
            ) from None
        return found[0]

    async def wait(self, within: float | None = None) -> int:
        """
        Wait for it to end by itself.

        Args:
            within: seconds to wait; those of the subprocess if left out.

        Returns:
            Its exit status.

        Raises:
            NotInTime: if it does not end in time.

        """
        seconds = self.within if within is None else within
        if not await self._has_ended(seconds):
            raise NotInTime(f"{self} did not end within {seconds:g} s; {self._printed()}")
        assert self._reader is not None and self.process.returncode is not None
        await asyncio.wait({self._reader}, timeout=1.0)
        self._is_known = True
        return self.process.returncode

    def terminate(self) -> None:
        """Tell it to end; the test knows about it."""
        self._is_known = True
        self._send(signal.SIGTERM)

    # Getting ready

    async def _get_ready(self) -> None:
        ready = self._ready
        if ready is None:
            return
        if isinstance(ready, (str, re.Pattern)):
            self.match = await self.wait_for_line(ready)
            return
        if callable(ready):
            name = getattr(ready, "__qualname__", repr(ready))

            async def is_ready() -> Any:
                result = ready(self)
                return await result if inspect.isawaitable(result) else result

            await self._until(is_ready, f"get ready ({name}() is not true)", self.within)
            return
        host, port = (LOOPBACK, ready) if isinstance(ready, int) else ready

        async def answers() -> bool:
            try:
                _, writer = await asyncio.open_connection(host, port)
            except OSError:
                return False
            await _close(writer, self.within)
            return True

        await self._until(answers, f"answer on port {port} of {host}", self.within)

    async def _until(self, is_so: Callable[[], Any], words: str, within: float) -> None:
        """Wait until *is_so*; fail if the time is over, or the program."""
        deadline = time.monotonic() + within
        while True:
            self._news.clear()
            has_ended = not self.is_running and self._reader is not None and self._reader.done()
            left = deadline - time.monotonic()
            try:
                async with asyncio.timeout(max(PAUSE, left)):
                    result = is_so()
                    if inspect.isawaitable(result):
                        result = await result
            except TimeoutError as error:
                if isinstance(error, NotInTime):
                    raise
                result = False
            if result:
                return
            if has_ended:
                self._is_known = True
                raise SubprocessFailed(
                    f"{self} ended before it did {words}, {_status(self.process.returncode)}; "
                    f"{self._printed()}"
                )
            if left <= 0:
                raise NotInTime(
                    f"{self} did not {words} within {within:g} s; {self._printed()}"
                )
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(PAUSE, left)):
                    await self._news.wait()


def _status(status: int | None) -> str:
    """How a program has ended."""
    if status is not None and status < 0:
        with contextlib.suppress(ValueError):
            return f"by signal {signal.Signals(-status).name}"
    return f"with exit status {status}"


def _close_transport(process: asyncio.subprocess.Process) -> None:
    """
    Close what is left of the pipes of *process*.

    There is no public way. ``Process._transport``, seen in 3.11 to 3.15; without it, they are closed
    when whoever holds them ends.

    """
    transport = getattr(process, "_transport", None)
    if transport is not None:
        transport.close()
