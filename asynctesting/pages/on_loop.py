"""Pages of checks: what a test left on its loop."""

from __future__ import annotations


__all__ = [
    "collected_generator",
    "leftover_generator",
    "leftover_job",
    "leftover_reader",
    "leftover_server",
    "leftover_signal_handler",
    "leftover_timer",
    "leftover_transport",
    "stuck_close",
]


def leftover_timer() -> None:
    """
    A call by ``loop.call_later`` or ``loop.call_at`` was still to come when the test ended.

    It is never made, and what it would have raised is not seen.

    The fault::

        async def test_call(self):
            asyncio.get_running_loop().call_later(60, print, "meow")

    The cure::

        async def test_call(self):
            timer = asyncio.get_running_loop().call_later(60, print, "meow")
            self.addCleanup(timer.cancel)

    The allowance: ``@allow("leftover-timer", match="print")``, by the function that is called.

    What it cannot see: timers by which an installed package calls itself; what a test has left
    that failed anyway; other loops, and uvloop.

    """


def leftover_reader() -> None:
    """
    A descriptor was still watched, by ``loop.add_reader`` or ``loop.add_writer``.

    The fault::

        async def test_read(self):
            ours, theirs = socket.socketpair()
            self.addCleanup(ours.close)
            self.addCleanup(theirs.close)
            asyncio.get_running_loop().add_reader(ours, ours.recv, 100)

    The cure::

        async def test_read(self):
            ours, theirs = socket.socketpair()
            self.addCleanup(ours.close)
            self.addCleanup(theirs.close)
            loop = asyncio.get_running_loop()
            loop.add_reader(ours, ours.recv, 100)
            self.addCleanup(loop.remove_reader, ours)

    The allowance: ``@allow("leftover-reader", match="recv")``, by the function that is called.

    What it cannot see: readers of an installed package; what a test has left that failed anyway;
    other loops, uvloop, and the proactor loop of Windows, which has no readers.

    """


def leftover_signal_handler() -> None:
    """
    A handler by ``loop.add_signal_handler`` was not removed.

    The fault::

        async def test_signal(self):
            asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, print, "meow")

    The cure::

        async def test_signal(self):
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGUSR1, print, "meow")
            self.addCleanup(loop.remove_signal_handler, signal.SIGUSR1)

    The allowance: ``@allow("leftover-signal-handler", match="SIGUSR1")``.

    What it cannot see: other loops, and uvloop. Loops on Windows have no signal handlers, nor have
    loops outside of the main thread.

    """


def leftover_server() -> None:
    """
    A server was not closed.

    It holds its port, and accepts connections for nobody.

    The fault::

        async def test_serve(self):
            await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)

    The cure::

        async def test_serve(self):
            server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
            async with server:
                self.assertTrue(server.is_serving())

    The allowance: ``@allow("leftover-server")``.

    What it cannot see: what a test has left that failed anyway; other loops, and uvloop.

    """


def leftover_transport() -> None:
    """
    A connection, a stream, a datagram endpoint or a pipe was not closed.

    The fault::

        async def test_endpoint(self):
            loop = asyncio.get_running_loop()
            self.transport, _ = await loop.create_datagram_endpoint(
                asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
            )

    The cure::

        async def test_endpoint(self):
            loop = asyncio.get_running_loop()
            self.transport, _ = await loop.create_datagram_endpoint(
                asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
            )
            self.addCleanup(self.transport.close)

    A stream is closed by ``writer.close()`` and ``await writer.wait_closed()``.

    The allowance: ``@allow("leftover-transport", match="Datagram")``, by the types of the transport
    and of its protocol.

    What it cannot see: connections that no line of yours has led to; those that a server has
    accepted and whose handler still runs; pipes of a subprocess; other loops, and uvloop.

    """


def leftover_generator() -> None:
    """
    An asynchronous generator stands inside of a ``with`` or ``try``, and was left there.

    Its clean-up has not run. An ``async for`` that is left by ``break``, ``return`` or an error does
    not close what it iterates over.

    The fault::

        async def rows(self):
            try:
                yield 1
                yield 2
            finally:
                await asyncio.sleep(0)

        async def test_first(self):
            self.all = self.rows()
            async for row in self.all:
                break

    The cure::

        async def rows(self):
            try:
                yield 1
                yield 2
            finally:
                await asyncio.sleep(0)

        async def test_first(self):
            async with contextlib.aclosing(self.rows()) as rows:
                async for row in rows:
                    break

    The allowance: ``@allow("leftover-generator", match="rows")``, by the name of the generator.

    What it cannot see: a generator that has nothing to clean up, with which nothing is lost.

    """


def collected_generator() -> None:
    """
    An asynchronous generator was dropped inside of a ``with`` or ``try``.

    Its clean-up runs later, in a task and a context that are not its own, where a ``timeout`` or a
    ``TaskGroup`` in it cannot end properly.

    The fault::

        async def rows(self):
            async with asyncio.timeout(60):
                yield 1
                yield 2

        async def test_first(self):
            async for row in self.rows():
                break
            await asyncio.sleep(0)

    The cure::

        async def rows(self):
            async with asyncio.timeout(60):
                yield 1
                yield 2

        async def test_first(self):
            async with contextlib.aclosing(self.rows()) as rows:
                async for row in rows:
                    break

    The allowance: ``@allow("collected-generator", match="rows")``, by the name of the generator.

    What it cannot see: a generator that has nothing to clean up.

    """


def leftover_job() -> None:
    """
    A call by ``asyncio.to_thread``, ``loop.run_in_executor`` or ``submit()`` had not ended.

    A thread cannot be cancelled. It works on, in the next test.

    The fault::

        async def test_work(self):
            over = threading.Event()
            self.addClassCleanup(over.set)
            asyncio.get_running_loop().run_in_executor(None, over.wait)

    The cure::

        async def test_work(self):
            over = threading.Event()
            job = asyncio.get_running_loop().run_in_executor(None, over.wait)
            over.set()
            await job

    The allowance: ``@allow("leftover-job", match="wait")``, by the function that is called.

    What it cannot see: jobs of an installed package; jobs that end within ``close_limit``; other
    loops.

    """


def stuck_close() -> None:
    """
    Something did not end within ``close_limit`` when the loop was closed.

    It is what other checks do not tell in more detail: several generators whose clean-up does not
    end, or something that stops the loop again and again. The standard class waits for ever.

    The fault::

        async def rows(self):
            try:
                yield 1
            finally:
                await asyncio.sleep(5)

        async def test_rows(self):
            self.all = self.rows(), self.rows()
            for rows in self.all:
                await anext(rows)

    The cure::

        async def rows(self):
            try:
                yield 1
            finally:
                await asyncio.sleep(0)

        async def test_rows(self):
            for _ in range(2):
                async with contextlib.aclosing(self.rows()) as rows:
                    await anext(rows)

    The allowance: ``@allow("stuck-close")``; ``close_limit`` is for what is only slow.

    What it cannot see: executors that are not the loop's own.

    """
