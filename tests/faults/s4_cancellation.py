"""The test's own task was cancelled, and the rest of the test skipped."""

import asyncio
import contextlib

from .sample import fault, twin


async def turns(number=5):
    for _ in range(number):
        await asyncio.sleep(0)


class Herder:
    """Stands for code under test that cancels its caller."""

    def __init__(self):
        self.task = asyncio.current_task()

    def panic(self):
        self.task.cancel()  # culprit


@fault(4, "swallowed-cancellation")
async def swallowed_by_the_test(self):
    herder = Herder()
    asyncio.get_running_loop().call_soon(herder.panic)
    try:
        await asyncio.sleep(3600)
        self.fail("never reached")
    except asyncio.CancelledError:
        return


@fault(4, "swallowed-cancellation")
async def swallowed_by_suppress(self):
    herder = Herder()
    asyncio.get_running_loop().call_soon(herder.panic)
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.sleep(3600)


@fault(4, "swallowed-cancellation")
async def swallowed_by_the_code_under_test(self):
    async def run(herder):
        try:
            herder.panic()
            await asyncio.sleep(3600)
        except BaseException:
            return None

    self.assertIsNone(await run(Herder()))


@fault(4, "error")
async def cancelled_and_not_caught(self):
    asyncio.current_task().cancel()  # culprit
    await asyncio.sleep(0)


@fault(4, "error", line=False)
async def raised_by_the_test(self):
    raise asyncio.CancelledError  # culprit


@fault(4, "error", line=False)
async def awaits_what_was_cancelled(self):
    task = asyncio.create_task(asyncio.sleep(3600))
    await turns()
    task.cancel()
    await task  # culprit


@twin(4)
async def a_timeout(self):
    with self.assertRaises(TimeoutError):
        async with asyncio.timeout(0):
            await asyncio.sleep(3600)


@twin(4)
async def a_timeout_that_is_handled(self):
    try:
        async with asyncio.timeout(0):
            await asyncio.sleep(3600)
    except TimeoutError:
        pass


@twin(4)
async def wait_for(self):
    with self.assertRaises(TimeoutError):
        await asyncio.wait_for(asyncio.sleep(3600), 0)


@twin(4)
async def a_group_that_fails(self):
    async def fail():
        raise ValueError

    with self.assertRaises(ExceptionGroup):
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            await asyncio.sleep(3600)


@twin(4)
async def uncancelled(self):
    task = asyncio.current_task()
    task.cancel()
    try:
        await asyncio.sleep(0)
    except asyncio.CancelledError:
        task.uncancel()


@twin(4)
async def asserted(self):
    with self.assertRaises(asyncio.CancelledError):
        asyncio.current_task().cancel()
        await asyncio.sleep(3600)


@twin(4)
async def a_group_left_by_an_exit(self):
    async def fail():
        raise ValueError

    async def leave():
        try:
            await asyncio.sleep(3600)
        finally:
            raise SystemExit

    with self.assertRaises(SystemExit):
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            await leave()


@twin(4)
async def another_task(self):
    task = asyncio.create_task(asyncio.sleep(3600))
    await turns()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@fault(4, "swallowed-cancellation")
async def by_a_method_of_the_task(self):
    async def code_under_test():
        asyncio.current_task().cancel()  # culprit
        await asyncio.sleep(0)

    with contextlib.suppress(asyncio.CancelledError):
        await code_under_test()
        self.fail("never reached")


@fault(4, "swallowed-cancellation")
async def by_a_timer(self):
    task = asyncio.current_task()
    asyncio.get_running_loop().call_later(0.001, lambda: task.cancel())  # culprit
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        pass


@fault(4, "swallowed-cancellation")
async def by_another_task(self):
    me = asyncio.current_task()

    async def work():
        me.cancel()  # culprit

    task = asyncio.create_task(work())
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.sleep(3600)
    await task


@fault(4, "swallowed-cancellation")
async def while_it_awaits_a_task_that_was_cancelled(self):
    me = asyncio.current_task()

    async def work():
        try:
            await asyncio.sleep(3600)
        finally:
            me.cancel()  # culprit

    task = asyncio.create_task(work())
    await turns()
    task.cancel()
    try:
        await task
        self.fail("never reached")
    except asyncio.CancelledError:
        pass


@fault(4, "swallowed-cancellation")
async def swallowed_by_gather(self):
    me = asyncio.current_task()

    async def work():
        me.cancel()  # culprit

    try:
        await asyncio.gather(work(), asyncio.sleep(3600))
    except BaseException:
        pass


@fault(4, "swallowed-cancellation")
class SwallowedInSetUp:
    async def asyncSetUp(self):
        if self._testMethodName == "test_1":
            asyncio.current_task().cancel()  # culprit
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(3600)

    async def test_1(self):
        await turns()


@fault(4, "error")
async def cancelled_by_the_code_under_test(self):
    async def code_under_test():
        asyncio.current_task().cancel()  # culprit
        await asyncio.sleep(0)

    await code_under_test()
    self.fail("never reached")


@fault(4, "error", line=False)
async def cancelled_in_a_subtest(self):
    with self.subTest("a"):
        asyncio.current_task().cancel()  # culprit
        await asyncio.sleep(0)


@fault(4, "error", line=False)
async def a_cancelled_future(self):
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    await future  # culprit


@twin(4)
async def asserted_at_last(self):
    asyncio.current_task().cancel()
    with self.assertRaises(asyncio.CancelledError):
        await asyncio.sleep(3600)


@twin(4)
async def asserted_of_the_code_under_test(self):
    herder = Herder()
    asyncio.get_running_loop().call_soon(herder.panic)
    with self.assertRaisesRegex(asyncio.CancelledError, ""):
        async with asyncio.timeout(60):
            await asyncio.sleep(3600)


@twin(4)
async def a_timeout_in_a_timeout(self):
    with self.assertRaises(TimeoutError):
        async with asyncio.timeout(0.001):
            async with asyncio.timeout(60):
                await asyncio.sleep(3600)


@twin(4)
async def a_group_in_a_group(self):
    async def fail():
        raise ValueError

    try:
        async with asyncio.TaskGroup():
            async with asyncio.TaskGroup() as inner:
                inner.create_task(fail())
                await asyncio.sleep(3600)
    except* ValueError:
        pass


@twin(4)
async def a_gather_that_is_cancelled(self):
    task = asyncio.gather(asyncio.sleep(3600), asyncio.sleep(3600))
    await turns()
    task.cancel()
    with self.assertRaises(asyncio.CancelledError):
        await task


@twin(4)
async def a_scope_of_ones_own(self):
    """As libraries write them: it takes its own request back."""

    class Scope:
        async def __aenter__(self):
            self.task = asyncio.current_task()
            self.handle = asyncio.get_running_loop().call_later(0.001, self.task.cancel)

        async def __aexit__(self, kind, error, tb):
            self.handle.cancel()
            if kind is asyncio.CancelledError:
                self.task.uncancel()
                return True

    async with Scope():
        await asyncio.sleep(3600)


# Where it is told, and where it ends in a skip


@fault(4, "swallowed-cancellation", uvloop="it calls cancel() from no frame of its own")
async def by_the_loop_itself(self):
    """Nobody's line cancels it; what is told is where it waits."""
    asyncio.get_running_loop().call_later(0.001, asyncio.current_task().cancel)
    try:
        await asyncio.sleep(3600)  # culprit
        self.fail("never reached")
    except asyncio.CancelledError:
        pass


@fault(4, "swallowed-cancellation")
async def skipped_when_it_is_cancelled(self):
    herder = Herder()
    asyncio.get_running_loop().call_soon(herder.panic)
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        self.skipTest("no cats today")


@fault(4, "error")
async def cancelled_at_its_end(self):
    """There is no other ``await`` at which it could be told."""
    Herder().panic()


@fault(4, "error")
class CancelledInACleanup:
    """By one that means to cancel what is left: the ones after it are cut short."""

    async def cancel_all(self):
        for task in asyncio.all_tasks():
            task.cancel()  # culprit

    async def test_1(self):
        self.addAsyncCleanup(turns)
        self.addAsyncCleanup(self.cancel_all)
