"""Pages of checks: what nobody awaited."""

from __future__ import annotations


__all__ = ["never_awaited", "wrong_shape"]


def never_awaited() -> None:
    """
    A coroutine was made and never awaited: its body did not run.

    Calling an ``async def`` function does nothing but make a coroutine. A coroutine is true, so
    an assertion about it holds, whatever the function would have done.

    The fault::

        async def herd(self):
            return True

        async def test_forward(self):
            self.assertTrue(self.herd())

    The cure::

        async def herd(self):
            return True

        async def test_forward(self):
            self.assertTrue(await self.herd())

    If it comes from a mock, what is mocked is not asynchronous, and the mock is: give ``patch`` a
    ``new_callable=Mock``.

    The allowance: ``@allow("never-awaited", match="herd")``, by the name of the coroutine.

    What it cannot see: a coroutine that is kept by something, in a test that has failed, or where
    tests run in several threads at once; an object with ``__await__`` that is no coroutine. Of
    asynchronous generators, on Python 3.11 and 3.12, any ``anext(rows)``, ``rows.asend(1)`` and
    ``rows.aclose()`` but the first, and from 3.13 on one that is kept, or whose warning is ignored. In
    asyncio's debug mode the loop itself refuses a coroutine function in place of a callback or a
    job: the test fails, by a ``TypeError``.

    """


def wrong_shape() -> None:
    """
    The test is not a test: its body never runs.

    A ``yield`` makes it a generator. A test that is not ``async def`` and returns a future, or
    another awaitable, has that dropped. On a plain ``unittest.TestCase``, so is each ``async
    def``; :func:`asynctesting.guard_plain_tests` makes those fail.

    The fault::

        async def test_forward(self):
            yield
            self.assertTrue(False)

    The cure::

        async def test_forward(self):
            await asyncio.sleep(0)
            self.assertTrue(True)

    What is to be undone after a ``yield`` goes into a cleanup, or an ``async with``.

    The allowance: ``@allow("wrong-shape")``.

    What it cannot see: a decorator that never calls the test; a test whose name does not begin
    with ``test``.

    """
