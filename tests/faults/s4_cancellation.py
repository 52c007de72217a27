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


@fault(4, "error", line=False)
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
