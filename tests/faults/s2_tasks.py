"""Tasks that were forgotten, that failed, that resist."""

import asyncio
import contextlib
import gc

from .sample import fault, later, twin


KEPT = []


async def for_ever():
    await asyncio.Event().wait()


async def fail():
    await asyncio.sleep(0)
    raise ValueError("hairball")


async def turns(number=5):
    for _ in range(number):
        await asyncio.sleep(0)


@fault(2, "pending-task")
async def pending_at_the_end(self):
    task = asyncio.create_task(for_ever())  # culprit
    await turns()
    self.assertFalse(task.done())


@fault(2, "pending-task")
async def a_sleeper(self):
    asyncio.create_task(asyncio.sleep(3600))  # culprit
    await turns()


@fault(2, "pending-task", "never-awaited")
async def created_and_never_started(self):
    asyncio.create_task(for_ever())  # culprit


@fault(2, "pending-task")
async def a_server_loop(self):
    queue = asyncio.Queue()

    async def serve():
        while True:
            await queue.get()  # culprit

    asyncio.ensure_future(serve())
    await queue.put("Garfield")
    await turns()


@fault(2, "pending-task")
class PendingFromSetUp:
    async def asyncSetUp(self):
        if self._testMethodName == "test_1":
            self.task = asyncio.create_task(for_ever())  # culprit

    async def test_1(self):
        await turns()


@twin(2)
async def cancelled_and_awaited(self):
    task = asyncio.create_task(for_ever())
    await turns()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@twin(2)
async def cancelled_in_a_cleanup(self):
    task = asyncio.create_task(for_ever())

    async def stop():
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    self.addAsyncCleanup(stop)


@twin(2)
async def cancelled_at_the_end(self):
    task = asyncio.create_task(for_ever())
    await turns()
    task.cancel()


@twin(2)
async def in_a_group(self):
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(0))


@fault(2, "unread-error")
async def failed_and_dropped(self):
    asyncio.create_task(fail())  # culprit
    await turns()


@fault(2, "unread-error")
async def failed_and_kept_by_a_global(self):
    KEPT.append(asyncio.create_task(fail()))  # culprit
    later(KEPT.clear)
    await turns()


@fault(2, "unread-error")
async def failed_and_kept_by_the_case(self):
    self.task = asyncio.create_task(fail())  # culprit
    await turns()


@fault(2, "unread-error")
async def failed_in_a_cycle(self):
    tasks = [asyncio.create_task(fail())]  # culprit
    tasks.append(tasks)
    await turns()


@fault(2, "unread-error", "swallowed-assertion")
async def an_assertion_in_a_background_task(self):
    async def check():
        await asyncio.sleep(0)
        self.assertEqual("Garfield", "Nermal")  # culprit

    asyncio.create_task(check())
    await turns()


@fault(2, "unread-error", "swallowed-assertion")
async def a_bare_assertion_in_a_background_task(self):
    async def check():
        await asyncio.sleep(0)
        assert "Garfield" == "Nermal"  # culprit

    task = asyncio.create_task(check())
    await asyncio.wait([task])


@twin(2)
async def failed_and_awaited(self):
    with self.assertRaises(ValueError):
        await asyncio.create_task(fail())


@twin(2)
async def failed_and_asked(self):
    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    self.assertIsInstance(task.exception(), ValueError)


@twin(2)
async def failed_in_a_group(self):
    with self.assertRaises(ExceptionGroup):
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            group.create_task(for_ever())


@twin(2)
async def a_failure_that_gather_reports(self):
    with self.assertRaises(ValueError):
        await asyncio.gather(fail(), fail(), asyncio.sleep(0))


@fault(2, "dropped-task", "pending-task")
async def fire_and_forget_that_is_dropped(self):
    async def wait_for_nobody():
        await asyncio.get_running_loop().create_future()

    asyncio.create_task(wait_for_nobody())  # culprit
    await turns()
    gc.collect()


@fault(2, "pending-task", "stubborn-task", "swallowed-cancellation")
async def swallows_its_cancellation(self):
    async def stubborn():
        while True:
            try:
                await asyncio.sleep(3600)  # culprit
            except asyncio.CancelledError:
                break

    self.task = asyncio.create_task(stubborn())
    await turns()


@fault(2, "stubborn-task", options={"close_limit": 0.05})
async def resists_its_cancellation(self):
    release = asyncio.Event()

    async def resist():
        while not release.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await release.wait()  # culprit

    self.task = asyncio.create_task(resist())
    await turns()


@twin(2)
async def cleans_up_when_cancelled(self):
    cleaned = []

    async def work():
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0)
            cleaned.append(True)

    task = asyncio.create_task(work())
    await turns()
    task.cancel()
    with self.assertRaises(asyncio.CancelledError):
        await task
    self.assertTrue(cleaned)


@twin(2)
async def shielded(self):
    inner = asyncio.create_task(asyncio.sleep(0.01, "Garfield"))
    with self.assertRaises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(inner), 0)
    self.assertEqual("Garfield", await inner)
