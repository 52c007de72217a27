"""Tasks that were forgotten, that failed, that resist."""

import asyncio
import contextlib
import gc

from . import yard
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


@fault(2, "unread-error")
async def gathered_and_kept(self):
    async def hiss():
        raise ValueError("hairball")  # culprit

    self.all = asyncio.gather(hiss(), asyncio.sleep(0))
    await turns()


@twin(2)
async def gathered_and_awaited_later(self):
    self.all = asyncio.gather(fail(), asyncio.sleep(0))
    await turns()
    with self.assertRaises(ValueError):
        await self.all


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


# In other places


@fault(2, "pending-task", code=yard.hungry)
async def made_in_another_file(self):
    await yard.feeds_in_the_background(yard.Yard())


@fault(2, "unread-error", code=yard.bites)
async def failed_in_another_file(self):
    await yard.feeds_a_dog(yard.Yard())


@fault(2, "pending-task")
async def pending_from_a_subtest(self):
    for cat in ("Garfield", "Nermal"):
        with self.subTest(cat=cat):
            asyncio.create_task(asyncio.sleep(60))  # culprit


@fault(2, "pending-task")
async def pending_from_a_cleanup(self):
    async def clean_up():
        self.task = asyncio.create_task(asyncio.sleep(60))  # culprit

    self.addAsyncCleanup(clean_up)


@fault(2, "pending-task")
class PendingFromTearDown:
    async def test_1(self):
        pass

    async def asyncTearDown(self):
        if self._testMethodName == "test_1":
            self.task = asyncio.create_task(asyncio.sleep(60))  # culprit


@fault(2, "pending-task", of_class=True)
class PendingFromTheClass:
    @classmethod
    async def asyncSetUpClass(cls):
        cls.task = asyncio.create_task(asyncio.sleep(60))  # culprit

    async def test_1(self):
        pass


@fault(2, "pending-task", options={"loop_scope": "class"})
async def pending_on_the_loop_of_the_class(self):
    self.task = asyncio.create_task(asyncio.sleep(60))  # culprit
    await turns()


@fault(2, "unread-error")
class FailedInSetUp:
    async def asyncSetUp(self):
        if self._testMethodName == "test_1":
            self.task = asyncio.create_task(fail())  # culprit

    async def test_1(self):
        await turns()


# In other ways


@fault(2, "pending-task")
async def by_ensure_future(self):
    asyncio.ensure_future(asyncio.sleep(60))  # culprit


@fault(2, "pending-task", "never-awaited")
async def made_on_the_last_line(self):
    await turns()
    asyncio.create_task(asyncio.sleep(60))  # culprit


@fault(2, "pending-task")
async def left_by_a_gather_that_failed(self):
    with self.assertRaises(ValueError):
        await asyncio.gather(fail(), asyncio.sleep(60))  # culprit


@fault(2, "pending-task")
async def left_by_wait(self):
    tasks = [asyncio.create_task(asyncio.sleep(delay)) for delay in (0, 60)]  # culprit
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    self.assertEqual(1, len(done))


@fault(2, "pending-task")
async def left_by_as_completed(self):
    for first in asyncio.as_completed([asyncio.sleep(0), asyncio.sleep(60)]):  # culprit
        await first
        break


@fault(2, "pending-task")
async def left_by_a_shield(self):
    with self.assertRaises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(asyncio.sleep(60)), 0.001)  # culprit


@fault(2, "pending-task")
async def waits_for_a_queue(self):
    queue = asyncio.Queue()

    async def work():
        while True:
            await queue.get()  # culprit
            queue.task_done()

    self.worker = asyncio.create_task(work())
    await queue.put("Garfield")
    await queue.join()


@fault(2, "pending-task")
async def waits_for_a_lock(self):
    lock = asyncio.Lock()
    await lock.acquire()

    async def work():
        async with lock:  # culprit
            self.fail("never reached")

    self.worker = asyncio.create_task(work())
    await turns()


@fault(2, "pending-task", "unread-error")
async def fails_when_it_is_cancelled(self):
    async def work():
        try:
            await asyncio.sleep(60)
        finally:
            raise ValueError("hairball")  # culprit

    self.worker = asyncio.create_task(work())
    await turns()
    self.worker.cancel()


@fault(2, "pending-task")
async def starts_another_one_while_it_ends(self):
    async def more():
        await asyncio.sleep(60)  # culprit

    async def work():
        try:
            await asyncio.sleep(60)
        finally:
            self.more = asyncio.create_task(more())

    worker = asyncio.create_task(work())
    await turns()
    worker.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await worker


@fault(2, "unread-error")
async def one_of_several(self):
    async def work(number):
        if number == 2:
            raise ValueError(number)  # culprit

    tasks = [asyncio.create_task(work(number)) for number in range(3)]
    await asyncio.wait(tasks)
    self.assertTrue(all(task.done() for task in tasks))


@fault(2, "unread-error")
async def failed_with_a_callback_that_forgets_it(self):
    tasks = set()
    task = asyncio.create_task(fail())  # culprit
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    del task
    await turns()
    self.assertFalse(tasks)


@fault(2, "unread-error")
async def failed_and_only_asked_whether_it_is_done(self):
    task = asyncio.create_task(fail())  # culprit
    while not task.done():
        await asyncio.sleep(0)
    self.assertFalse(task.cancelled())


@fault(2, "unread-error")
async def failed_in_a_chain(self):
    async def outer():
        await asyncio.create_task(inner())

    async def inner():
        raise ValueError("hairball")  # culprit

    self.task = asyncio.create_task(outer())
    await turns()


@fault(2, "unread-error")
async def failed_behind_a_timeout(self):
    async def work():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise ValueError("hairball") from None  # culprit

    task = asyncio.create_task(work())
    await turns()
    task.cancel()
    await asyncio.wait([task])


@fault(2, "unread-error", "swallowed-assertion")
async def an_assertion_in_a_task_that_is_kept(self):
    async def check():
        self.assertEqual("Garfield", "Nermal")  # culprit

    self.task = asyncio.create_task(check())
    await turns()
    self.assertTrue(self.task.done())


@fault(2, "unread-error", "swallowed-assertion", "loop-error")
async def an_assertion_in_a_callback(self):
    task = asyncio.create_task(asyncio.sleep(0, "Nermal"))
    task.add_done_callback(lambda t: self.assertEqual("Garfield", t.result()))  # culprit
    await task
    await turns()


@fault(2, "pending-task", "error", "stuck-close")
class AGroupThatIsLeftOpen:
    async def asyncSetUp(self):
        self.group = await self.enterAsyncContext(asyncio.timeout(60))
        if self._testMethodName == "test_1":
            group = await asyncio.TaskGroup().__aenter__()
            group.create_task(asyncio.sleep(60))  # culprit

    async def test_1(self):
        await turns()


@twin(2)
async def a_worker_that_is_cancelled(self):
    queue = asyncio.Queue()

    async def work():
        while True:
            await queue.get()
            queue.task_done()

    worker = asyncio.create_task(work())
    await queue.put("Garfield")
    await queue.join()
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)


@twin(2)
async def a_worker_that_ends_when_it_is_cancelled(self):
    async def work():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return "bye"

    worker = asyncio.create_task(work())
    await turns()
    worker.cancel()
    self.assertEqual("bye", await worker)


@twin(2)
async def a_background_set(self):
    tasks = set()
    for cat in ("Garfield", "Nermal"):
        task = asyncio.create_task(asyncio.sleep(0, cat))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    del task
    while tasks:
        await asyncio.sleep(0)


@twin(2)
async def the_rest_of_a_wait_is_cancelled(self):
    tasks = [asyncio.create_task(asyncio.sleep(delay)) for delay in (0, 60)]
    _, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.wait(pending)


@twin(2)
async def failed_and_looked_at_by_a_callback(self):
    errors = []
    task = asyncio.create_task(fail())
    task.add_done_callback(lambda t: errors.append(t.exception()))
    await asyncio.wait([task])
    await turns()
    self.assertEqual(1, len(errors))


@twin(2)
class AGroupOfSetUp:
    async def asyncSetUp(self):
        self.group = await self.enterAsyncContext(asyncio.TaskGroup())

    async def test_1(self):
        self.group.create_task(asyncio.sleep(0.001))


@twin(2)
class ATaskOfTheClass:
    @classmethod
    async def asyncSetUpClass(cls):
        cls.task = asyncio.create_task(asyncio.sleep(60))

    @classmethod
    async def asyncTearDownClass(cls):
        cls.task.cancel()
        await asyncio.wait([cls.task])

    async def test_1(self):
        await turns()


@twin(2)
async def a_shield_that_is_awaited(self):
    task = asyncio.create_task(asyncio.sleep(0.01, "Garfield"))
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(task), 0.001)
    self.assertEqual("Garfield", await task)


@twin(2, uvloop="it does not know them")
async def eager_tasks(self):
    factory = getattr(asyncio, "eager_task_factory", None)
    if factory is not None:
        asyncio.get_running_loop().set_task_factory(factory)
    self.assertEqual("Garfield", await asyncio.create_task(asyncio.sleep(0, "Garfield")))
