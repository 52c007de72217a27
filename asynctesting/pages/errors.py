"""Pages of checks: errors that nobody saw."""

from __future__ import annotations


__all__ = [
    "exception_handler",
    "loop_error",
    "swallowed_assertion",
    "thread_error",
    "unraisable_error",
    "unread_error",
    "unread_job",
]


def unread_error() -> None:
    """
    A task or a future failed, and nobody asked for its error.

    asyncio logs it when the task is dropped, which may be much later, or never.

    The fault::

        async def send(self):
            raise ConnectionError("no cats")

        async def test_send(self):
            self.task = asyncio.create_task(self.send())
            await asyncio.sleep(0)

    The cure::

        async def send(self):
            raise ConnectionError("no cats")

        async def test_send(self):
            self.task = asyncio.create_task(self.send())
            with self.assertRaises(ConnectionError):
                await self.task

    The allowance: ``@allow("unread-error", match="ConnectionError")``, by the name of the task, of
    its coroutine, or of the type of the error.

    What it cannot see: futures of other types than asyncio's own that something still refers to; the
    line of a future whose error was set, and never raised; a task for whose error a callback has asked.

    """


def loop_error() -> None:
    """
    An error reached the event loop, and nobody else.

    It was raised by a callback, a timer, a protocol or a reader, which have nobody above them but
    the loop. The loop logs it and goes on.

    The fault::

        async def test_call(self):
            asyncio.get_running_loop().call_soon(int, "Garfield")
            await asyncio.sleep(0)

    The cure::

        async def test_call(self):
            with self.assertLoopError(ValueError):
                asyncio.get_running_loop().call_soon(int, "Garfield")
                await asyncio.sleep(0)

    That is for an error that must happen. One that must not, is to be mended; what may fail is
    better done in a task, which can be awaited.

    The allowance: ``@allow("loop-error", match="ValueError")``. One that is logged inside of
    ``with self.assertLogs("asyncio"):`` is expected, too.

    What it cannot see: errors on other loops; those that an exception handler of the test has
    seen, if it was put back, or does something with them.

    """


def exception_handler() -> None:
    """
    The test left an exception handler of its own on the loop.

    It does nothing, and nothing is what one learns of errors that would have failed the test
    (``loop-error``), in its tear-down, too.

    The fault::

        async def test_call(self):
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda loop, context: None)
            loop.call_soon(int, "Garfield")
            await asyncio.sleep(0)

    The cure::

        async def test_call(self):
            loop = asyncio.get_running_loop()
            seen = []
            loop.set_exception_handler(lambda loop, context: seen.append(context["exception"]))
            loop.call_soon(int, "Garfield")
            await asyncio.sleep(0)
            loop.set_exception_handler(None)
            self.assertIsInstance(seen[0], ValueError)

    ``with self.assertLoopError(ValueError):`` says the same in one line.

    The allowance: ``@allow("exception-handler")``.

    What it cannot see: a handler that does something with what it is told, on a loop that ends
    with the test.

    """


def swallowed_assertion() -> None:
    """
    An assertion failed, something swallowed that, and the test passed.

    It failed in a fake, a callback or a task, below an ``except Exception``, a ``gather(...,
    return_exceptions=True)`` or an ``assertRaises`` that was meant for another error.

    The fault::

        async def serve(self, handler):
            try:
                await handler("POST")
            except Exception:
                return "error 500"

        async def test_serve(self):
            async def handler(method):
                self.assertEqual("GET", method)

            await self.serve(handler)

    The cure::

        async def serve(self, handler):
            try:
                await handler("POST")
            except Exception:
                return "error 500"

        async def test_serve(self):
            methods = []

            async def handler(method):
                methods.append(method)

            await self.serve(handler)
            self.assertEqual(["POST"], methods)

    The allowance: ``@allow("swallowed-assertion", match="GET")``, by the function in which it
    failed, or by its message.

    What it cannot see: other threads, and jobs in executors; on Python 3.11 a bare ``assert``, mocks,
    and what fails below a loop that may try again, as in a worker's ``while`` or a retry that gives up;
    what is caught by code that names ``AssertionError``; what a task group or a task hands on as an
    error, if a function in the file of the test looks at errors on the way, as one with
    ``errors.exceptions`` does, or, on Python 3.11, one with ``str()`` or ``split()``; anything, on
    Python 3.12 and later, if both the ids 3 and 4 of :mod:`sys.monitoring` are taken.

    """


def thread_error() -> None:
    """
    A thread that the test started ended with an exception.

    Python prints it and goes on.

    The fault::

        async def test_work(self):
            thread = threading.Thread(target=int, args=["Garfield"])
            thread.start()
            thread.join()

    The cure::

        async def test_work(self):
            with self.assertRaises(ValueError):
                await asyncio.to_thread(int, "Garfield")

    The allowance: ``@allow("thread-error", match="ValueError")``, by the name of the thread, or
    the type of the error. A test with its own ``threading.excepthook`` is taken to look at it.

    What it cannot see: threads that were started outside of a test, or that end after it.

    """


def unraisable_error() -> None:
    """
    An exception was raised where Python cannot pass it on.

    That is in ``__del__``, in a callback of a weak reference, or while garbage is collected. Python
    prints "Exception ignored in" and goes on.

    The fault::

        async def test_cat(self):
            class Cat:
                def __del__(self):
                    raise ValueError("hairball")

            Cat()

    The cure::

        async def test_cat(self):
            class Cat:
                def close(self):
                    raise ValueError("hairball")

            with self.assertRaises(ValueError):
                Cat().close()

    The allowance: ``@allow("unraisable-error", match="ValueError")``, by the type of the error. A
    test with its own ``sys.unraisablehook`` is taken to look at it.

    What it cannot see: what a full run of the garbage collector drops, which may be anybody's, or
    where another thread runs; warnings that are errors, in ``__del__``.

    """


def unread_job() -> None:
    """
    A job in an executor failed, and nobody asked for its error.

    A :class:`concurrent.futures.Future` tells nobody but who asks for its ``result()`` or
    ``exception()``. It is not even logged.

    The fault::

        async def test_work(self):
            with concurrent.futures.ThreadPoolExecutor() as pool:
                pool.submit(int, "Garfield")

    The cure::

        async def test_work(self):
            with concurrent.futures.ThreadPoolExecutor() as pool:
                job = pool.submit(int, "Garfield")
                with self.assertRaises(ValueError):
                    await asyncio.wrap_future(job)

    The allowance: ``@allow("unread-job", match="ValueError")``.

    What it cannot see: jobs that an installed package, or another thread, has submitted.

    """
