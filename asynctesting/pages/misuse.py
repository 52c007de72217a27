"""Pages of checks: a loop that was misused, and an allowance that was."""

from __future__ import annotations


__all__ = ["blocked_loop", "stopped_loop", "unneeded_allowance", "wrong_thread"]


def blocked_loop() -> None:
    """
    One callback, or one step of a task, held the loop for longer than ``blocking_limit``.

    Meanwhile no other task ran, no timer, no timeout. The report has the line that was seen most
    often, and its callers. Time that a busy machine takes away does not count: what is told is
    what is left, "at least".

    The fault::

        async def test_wait(self):
            time.sleep(1)

    The cure::

        async def test_wait(self):
            await asyncio.sleep(1)

    What has no asynchronous counterpart is called in a thread: ``await asyncio.to_thread(...)``.

    The allowance: ``@allow("blocked-loop")``, or ``with allow("blocked-loop"):`` around the line;
    ``blocking_limit=2`` for what is only slow.

    What it cannot see: what takes less than the limit and a quarter; synchronous stages, which hold
    no loop; imports; what runs no line of yours; on uvloop, callbacks and other tasks than the
    test's; loops in other threads.

    """


def wrong_thread() -> None:
    """
    The loop, or a future, was used from a thread in which the loop does not run.

    The loop is not woken, and may lose the call or wait for ever. Only asyncio's debug mode tells.

    The fault::

        async def test_work(self):
            done = asyncio.get_running_loop().create_future()
            done.add_done_callback(str)
            await asyncio.to_thread(done.set_result, "meow")

    The cure::

        async def test_work(self):
            loop = asyncio.get_running_loop()
            done = loop.create_future()
            await asyncio.to_thread(loop.call_soon_threadsafe, done.set_result, "meow")
            self.assertEqual("meow", await done)

    A coroutine is handed over by ``asyncio.run_coroutine_threadsafe(coroutine, loop)``.

    The allowance: ``@allow("wrong-thread", match="asyncio")``, by the name of the thread.

    What it cannot see: other loops; a future for which nobody waits; threads that are not started
    by :mod:`threading`; calls by objects while they are finalised.

    """


def stopped_loop() -> None:
    """
    The test closed its own loop, or stopped it.

    Its tear-down and cleanups cannot run on one that is closed. ``loop.stop()`` before the last
    line of an asynchronous test is an error at once.

    The fault::

        def test_close(self):
            self.loop.close()

    The cure::

        def test_close(self):
            loop = asyncio.new_event_loop()
            loop.close()
            self.assertTrue(loop.is_closed())

    The allowance: ``@allow("stopped-loop")``.

    What it cannot see: who has stopped it, if that is not in the test's own function; a loop that
    is stopped as the test ends, on uvloop.

    """


def unneeded_allowance() -> None:
    """
    An ``allow`` of a single test was not needed: nothing that it allows has happened.

    The reason for it has gone; and if the test begins to leak again, nobody would learn it.

    The fault::

        @allow("pending-task", reason="outlives the test by design")
        async def test_forward(self):
            await asyncio.sleep(0)

    The cure::

        @allow("pending-task", reason="in some runs", always=False)
        async def test_forward(self):
            await asyncio.sleep(0)

    Or without it.

    The allowance: ``always=False`` in the allowance itself.

    What it cannot see: whether an allowance of a class, or of a test with several lives, is needed.
    It says nothing of a test that has failed or was skipped.

    """
