"""Pages of checks: tasks, and the cancellation of the test's own."""

from __future__ import annotations


__all__ = ["dropped_task", "pending_task", "stubborn_task", "swallowed_cancellation"]


def pending_task() -> None:
    """
    A task was still running when the test ended. It was cancelled.

    Nobody learns whether it would have failed. The report says where it stood, and where it was
    made; that is where it is to be awaited, too, or cancelled.

    The fault::

        async def test_feed(self):
            asyncio.create_task(asyncio.sleep(60))

    The cure::

        async def test_feed(self):
            task = asyncio.create_task(asyncio.sleep(60))
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

    A task group awaits its tasks, and cancels them if something fails::

        async with asyncio.TaskGroup() as group:
            group.create_task(feed())

    The allowance: ``@allow("pending-task", match="sleep")``, by the name of the task, or of
    its coroutine.

    What it cannot see: tasks of other loops; eager tasks that ended at once; tasks that come to their
    end by themselves while the test is torn down: their bodies did run.

    """


def stubborn_task() -> None:
    """
    A task did not end within ``close_limit`` of being cancelled. It was left behind.

    It swallows :exc:`asyncio.CancelledError` and goes on, or its clean-up takes longer than that.

    The fault::

        async def work(self):
            while not self.is_over:
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.sleep(60)

        async def test_work(self):
            self.is_over = False
            asyncio.create_task(self.work())
            await asyncio.sleep(0)

    The cure::

        async def work(self):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                self.is_over = True
                raise

        async def test_work(self):
            task = asyncio.create_task(self.work())
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            self.assertTrue(self.is_over)

    The allowance: ``@allow("stubborn-task", match="work")``; ``close_limit`` is for what is only
    slow.

    What it cannot see: tasks of other loops.

    """


def dropped_task() -> None:
    """
    A task that nothing referred to was dropped by the garbage collector before it ended.

    An event loop refers to its tasks only weakly. One that waits for what nobody else has, is
    garbage, and disappears in the midst of its work, now or at any later time.

    The fault::

        async def wait(self):
            await asyncio.get_running_loop().create_future()

        async def test_wait(self):
            asyncio.create_task(self.wait())
            await asyncio.sleep(0)
            gc.collect()

    The cure::

        async def wait(self):
            await self.future

        async def test_wait(self):
            self.future = asyncio.get_running_loop().create_future()
            task = asyncio.create_task(self.wait())
            self.future.set_result(None)
            await task

    A task group keeps its tasks; so does a set, with ``task.add_done_callback(tasks.discard)``.

    The allowance: ``@allow("dropped-task", match="wait")``, by the name of the task, or of its
    coroutine.

    What it cannot see: a task that the collector would have dropped, had it run.

    """


def swallowed_cancellation() -> None:
    """
    The test's own task was cancelled, and a stage of it went on as if it were not.

    The code under test has cancelled the task that runs the test, something has caught the
    :exc:`asyncio.CancelledError`, and what came after that ``await`` was skipped in silence. So it
    was if the test then skips itself. The report names the line that has cancelled it, or, if the
    event loop has called ``cancel()``, the one at which the test waited. A test that lets the error
    pass fails by it; the line that has cancelled it is a note.

    The fault::

        async def test_forward(self):
            asyncio.current_task().cancel()
            try:
                await asyncio.sleep(0)
                self.fail("this is never reached")
            except asyncio.CancelledError:
                pass

    The cure::

        async def test_forward(self):
            task = asyncio.create_task(asyncio.sleep(60))
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

    A test that cancels itself on purpose calls ``asyncio.current_task().uncancel()`` where it
    catches the error, as asyncio asks of whoever swallows a cancellation.

    The allowance: ``@allow("swallowed-cancellation")``.

    What it cannot see: on Python 3.11 and 3.12, requests of an installed package, and all of them
    on a loop with a task factory, unless it is asyncio's own for eager tasks.

    """
