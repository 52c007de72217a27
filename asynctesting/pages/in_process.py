"""Pages of checks: what a test left in its process."""

from __future__ import annotations


__all__ = [
    "leftover_loop",
    "leftover_patch",
    "leftover_policy",
    "leftover_process",
    "leftover_signal",
    "leftover_socket",
    "leftover_thread",
    "open_descriptor",
]


def leftover_socket() -> None:
    """
    A socket is open, or was dropped while it was open.

    The fault::

        async def test_bind(self):
            self.socket = socket.socket()
            self.socket.bind(("127.0.0.1", 0))

    The cure::

        async def test_bind(self):
            self.socket = socket.socket()
            self.addCleanup(self.socket.close)
            self.socket.bind(("127.0.0.1", 0))

    The allowance: ``@allow("leftover-socket")``.

    What it cannot see: sockets that an installed package, or another thread, has made; what a test
    has left that failed anyway.

    """


def leftover_process() -> None:
    """
    A subprocess still runs, or nobody has waited for it.

    The fault::

        async def test_run(self):
            code = "import sys; sys.stdin.read()"
            self.process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
            self.addClassCleanup(self.process.communicate)

    The cure::

        async def test_run(self):
            code = "import sys; sys.stdin.read()"
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", code, stdin=asyncio.subprocess.PIPE
            )
            await process.communicate(b"meow")

    The allowance: ``@allow("leftover-process", match="python")``, by the command, or by the name of a
    process of :mod:`multiprocessing`.

    What it cannot see: processes by ``os.fork`` or ``os.posix_spawn``; those of :mod:`multiprocessing`
    that end within a second, and the workers of its pools; those of an installed package; one for which
    :mod:`subprocess` has waited by itself, as it does when it drops one that has ended, and, for those
    dropped before they ended, when it starts another one; what a test has left that failed anyway.

    """


def leftover_thread() -> None:
    """
    A thread still runs.

    The fault::

        async def test_work(self):
            over = threading.Event()
            self.addClassCleanup(over.set)
            threading.Thread(target=over.wait).start()

    The cure::

        async def test_work(self):
            over = threading.Event()
            thread = threading.Thread(target=over.wait)
            thread.start()
            self.addCleanup(thread.join)
            self.addCleanup(over.set)

    The allowance: ``@allow("leftover-thread", match="wait")``, by the name of the thread.

    What it cannot see: threads that were not started in the test's own thread; those of an
    installed package; idle workers of a pool; what a test has left that failed anyway.

    """


def leftover_loop() -> None:
    """
    An event loop that the test made is not closed.

    It has sockets and a selector, and whatever was scheduled on it will never run.

    The fault::

        async def test_loop(self):
            self.other = asyncio.new_event_loop()

    The cure::

        async def test_loop(self):
            self.other = asyncio.new_event_loop()
            self.addCleanup(self.other.close)

    The allowance: ``@allow("leftover-loop")``.

    What it cannot see: loops that are not asyncio's, as uvloop's.

    """


def leftover_patch() -> None:
    """
    A ``patch`` was started, and not stopped. It has been stopped now.

    All tests after this one would have run with it.

    The fault::

        async def test_time(self):
            mock.patch("time.localtime").start()

    The cure::

        async def test_time(self):
            patcher = mock.patch("time.localtime")
            patcher.start()
            self.addCleanup(patcher.stop)

    As a decorator, or in a ``with`` block, a patch stops by itself.

    The allowance: ``@allow("leftover-patch", match="localtime")``, by the target.

    What it cannot see: attributes that are replaced without ``patch``.

    """


def leftover_policy() -> None:
    """
    An event loop policy was set, and not put back. It has been put back now.

    All tests after this one would have had other loops.

    The fault::

        async def test_policy(self):
            class Policy(asyncio.DefaultEventLoopPolicy):
                pass

            asyncio.set_event_loop_policy(Policy())

    The cure::

        loop_factory = asyncio.SelectorEventLoop

        async def test_loop(self):
            self.assertIsInstance(self.loop, asyncio.SelectorEventLoop)

    The allowance: ``@allow("leftover-policy")``.

    What it cannot see: asyncio's own policies, which are as good as none; anything on Python 3.16,
    which has no policies.

    """


def leftover_signal() -> None:
    """
    A handler by ``signal.signal`` was not put back. It has been put back now.

    The fault::

        async def test_signal(self):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)

    The cure::

        async def test_signal(self):
            previous = signal.signal(signal.SIGTERM, signal.SIG_IGN)
            self.addCleanup(signal.signal, signal.SIGTERM, previous)

    The allowance: ``@allow("leftover-signal", match="SIGTERM")``.

    What it cannot see: handlers, where tests run in several threads; other threads cannot set any.

    """


def open_descriptor() -> None:
    """
    A file or a pipe is open that was not before.

    It is a suspicion, since a cache, a log or a module that is imported may have opened it for good.

    The fault::

        async def test_read(self):
            self.file = tempfile.TemporaryFile()

    The cure::

        async def test_read(self):
            with tempfile.TemporaryFile() as file:
                file.write(b"meow")

    The allowance: ``@allow("open-descriptor")``.

    What it cannot see: which line has opened it; anything on Windows, or where tests run in
    several threads.

    """
