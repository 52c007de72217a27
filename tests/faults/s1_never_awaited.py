"""A coroutine was made, and never awaited."""

import asyncio
import contextlib
import functools
import os
import socket
import sys
import threading
from unittest import mock

from . import yard
from .sample import before, fault, later, twin


IS_DEBUGGING = bool(os.environ.get("PYTHONASYNCIODEBUG")) or sys.flags.dev_mode

#: In debug mode asyncio itself refuses a coroutine function, and so the test fails with its TypeError.
REFUSED = ("error",) if IS_DEBUGGING else ()


async def herd(cat="Garfield"):
    return f"{cat} goes"


class Yard:
    async def open(self):
        return True

    def close(self):
        return None


KEPT = []


@fault(1, "never-awaited")
async def called_directly(self):
    herd()  # culprit


@twin(1)
async def awaited(self):
    self.assertEqual("Garfield goes", await herd())


@fault(1, "never-awaited")
async def inside_assert_true(self):
    self.assertTrue(herd())  # culprit


@fault(1, "never-awaited")
async def inside_assert_is_not_none(self):
    self.assertIsNotNone(Yard().open())  # culprit


@fault(1, "never-awaited")
async def in_a_helper(self):
    def outer():
        inner()

    def inner():
        herd("Nermal")  # culprit

    outer()


@fault(1, "never-awaited")
class InAsyncSetUp:
    async def asyncSetUp(self):
        if self._testMethodName == "test_1":
            herd()  # culprit

    async def test_1(self):
        pass


@fault(1, "never-awaited")
class InSetUp:
    def setUp(self):
        if self._testMethodName == "test_1":
            herd()  # culprit

    async def test_1(self):
        pass


@fault(1, "never-awaited")
class InTearDown:
    async def asyncTearDown(self):
        if self._testMethodName == "test_1":
            herd()  # culprit

    async def test_1(self):
        pass


@twin(1)
class AsyncSetUpAwaits:
    async def asyncSetUp(self):
        self.cat = await herd()

    async def test_1(self):
        self.assertEqual("Garfield goes", self.cat)


@fault(1, "never-awaited")
async def from_a_mock(self):
    yard = mock.AsyncMock()
    yard.close()  # culprit


@fault(1, "never-awaited")
async def from_a_spec(self):
    yard = mock.create_autospec(Yard)
    yard.open()  # culprit


@twin(1)
async def a_mock_with_a_spec(self):
    yard = mock.AsyncMock(spec=Yard)
    yard.close()
    await yard.open()


@fault(1, "never-awaited")
async def kept_by_a_global(self):
    KEPT.append(herd())  # culprit
    later(KEPT.clear)


@fault(1, "never-awaited")
async def kept_by_the_case(self):
    self.cat = herd()  # culprit


@fault(1, "never-awaited")
async def in_a_cycle(self):
    cats = [herd()]  # culprit
    cats.append(cats)


@fault(1, "never-awaited")
async def in_a_sync_test_too(self):
    def prepare(cats):
        for cat in cats:
            herd(cat)  # culprit

    prepare(["Garfield", "Nermal"])


@fault(1, "never-awaited")
def a_sync_test(self):
    self.assertTrue(herd())  # culprit


@fault(1, "never-awaited")
async def a_generator_of_coroutines(self):
    self.assertTrue(all(herd(cat) for cat in ("Garfield", "Nermal")))  # culprit


@fault(1, "never-awaited", *REFUSED, line=False)
async def a_callback_that_is_a_coroutine_function(self):
    asyncio.get_running_loop().call_soon(functools.partial(herd, "Nermal"))  # culprit
    await asyncio.sleep(0)


@twin(1)
async def in_a_task(self):
    self.assertEqual("Garfield goes", await asyncio.create_task(herd()))


@fault(1, "never-awaited", uvloop="its generators cannot be seen on Python 3.11 and 3.12")
async def anext_of_a_generator(self):
    async def rows():
        yield 1

    anext(rows())  # culprit


@fault(1, "never-awaited", uvloop="its generators cannot be seen on Python 3.11 and 3.12")
async def anext_of_a_generator_that_is_kept(self):
    async def rows():
        yield 1

    self.rows = rows()
    self.assertTrue(anext(self.rows))  # culprit


NOT_THE_FIRST = "Python does not tell of it" if before(3, 13) else ""


@fault(1, "never-awaited", blind=NOT_THE_FIRST)
async def aclose_of_a_generator(self):
    async def rows():
        yield 1
        yield 2

    one = rows()
    await anext(one)
    one.aclose()  # culprit


@fault(1, "never-awaited", blind=NOT_THE_FIRST)
async def asend_to_a_generator(self):
    async def rows():
        while True:
            yield 1

    async with contextlib.aclosing(rows()) as one:
        await anext(one)
        one.asend(2)  # culprit


@twin(1)
async def methods_of_generators(self):
    async def rows():
        while True:
            yield 1

    async with contextlib.aclosing(rows()) as one:
        self.assertEqual(1, await anext(one))
        self.assertEqual(1, await one.asend(2))
        self.assertEqual(1, await asyncio.ensure_future(anext(one, None)))
    await rows().aclose()


@twin(1)
async def a_method_of_a_generator_that_is_cancelled(self):
    async def rows():
        yield 1

    async with contextlib.aclosing(rows()) as one:
        await anext(one)
        task = asyncio.ensure_future(anext(one))
        task.cancel()
        await asyncio.wait([task])


@twin(1)
async def gathered(self):
    await asyncio.gather(*(herd(cat) for cat in ("Garfield", "Nermal")))


@twin(1)
async def closed_on_purpose(self):
    coroutine = herd()
    self.addCleanup(coroutine.close)


@twin(1)
async def kept_and_awaited_in_a_cleanup(self):
    self.cat = herd()

    async def finish():
        await self.cat

    self.addAsyncCleanup(finish)


@twin(1)
async def refused_by_a_timeout(self):
    coroutine = herd()
    with self.assertRaises(TimeoutError):
        await asyncio.wait_for(asyncio.sleep(10), 0)
    await coroutine


# In other places


@fault(1, "never-awaited", code=yard.forgets_to_open)
async def in_another_file(self):
    self.assertEqual([], await yard.forgets_to_open(yard.Yard()))


@fault(1, "never-awaited", code=yard.forgets_to_open)
class InAnotherFileFromSetUp:
    async def asyncSetUp(self):
        if self._testMethodName == "test_1":
            await yard.forgets_to_open(yard.Yard())

    async def test_1(self):
        pass


@fault(1, "never-awaited")
async def in_a_list_of_the_case(self):
    self.kept = []
    self.kept.append(herd())  # culprit


@fault(1, "never-awaited")
async def in_a_table_of_the_module(self):
    TABLE["Garfield"] = herd()  # culprit
    later(TABLE.clear)


TABLE = {}


@fault(1, "never-awaited")
async def in_an_object_that_refers_to_itself(self):
    cat = Yard()
    cat.cat = cat
    cat.order = herd()  # culprit


@fault(1, "never-awaited")
async def in_a_closure_that_refers_to_itself(self):
    def again():
        return again, order

    order = herd()  # culprit
    again()


@fault(1, "never-awaited")
async def in_a_subtest(self):
    for cat in ("Garfield", "Nermal"):
        with self.subTest(cat=cat):
            self.assertTrue(herd(cat))  # culprit


@fault(1, "never-awaited")
class InAsyncTearDown:
    async def test_1(self):
        pass

    async def asyncTearDown(self):
        if self._testMethodName == "test_1":
            herd()  # culprit


@fault(1, "never-awaited")
async def in_a_cleanup(self):
    def clean_up():
        herd()  # culprit

    self.addCleanup(clean_up)


@fault(1, "never-awaited", of_class=True)
class InAsyncSetUpClass:
    @classmethod
    async def asyncSetUpClass(cls):
        herd()  # culprit

    async def test_1(self):
        pass


@twin(1)
async def a_cleanup_that_is_a_coroutine_function(self):
    self.addCleanup(herd)
    self.addAsyncCleanup(herd, "Nermal")


# In other words


@fault(1, "never-awaited")
async def inside_a_condition(self):
    if not herd():  # culprit
        self.fail("the cat stays")


@fault(1, "never-awaited")
async def inside_assert_false_of_a_negation(self):
    self.assertFalse(not herd(None))  # culprit


@fault(1, "never-awaited")
async def inside_assert_not_equal(self):
    self.assertNotEqual("Nermal goes", herd())  # culprit


@fault(1, "never-awaited")
async def in_a_comprehension(self):
    orders = [herd(cat) for cat in ("Garfield", "Nermal")]  # culprit
    self.assertEqual(2, len(orders))


@fault(1, "never-awaited")
async def returned_by_a_helper(self):
    def order():
        return herd()  # culprit

    order()


@fault(1, "never-awaited")
async def a_sleep(self):
    asyncio.sleep(0.01)  # culprit


@fault(1, "never-awaited")
async def a_lock(self):
    lock = asyncio.Lock()
    lock.acquire()  # culprit


@fault(1, "never-awaited")
async def a_queue(self):
    queue = asyncio.Queue()
    queue.put("Garfield")  # culprit
    self.assertFalse(queue.full())


@fault(1, "never-awaited")
async def a_wait_for(self):
    asyncio.wait_for(herd(), 1)  # culprit


@fault(1, "never-awaited")
async def a_context_manager_that_is_not_entered(self):
    class Door:
        async def __aenter__(self):
            return self

        async def __aexit__(self, *exc_info):
            pass

    Door().__aenter__()  # culprit


@fault(1, "never-awaited")
async def a_drain(self):
    ours, theirs = socket.socketpair()
    with theirs:
        reader, writer = await asyncio.open_connection(sock=ours)
        writer.write(b"meow")
        writer.drain()  # culprit
        writer.close()
        await writer.wait_closed()


@fault(1, "never-awaited", "pending-task")
async def a_gather(self):
    async def walk():
        await asyncio.sleep(60)  # culprit

    asyncio.gather(walk(), walk())


@fault(1, "never-awaited")
async def a_static_method(self):
    class Cat:
        @staticmethod
        async def move():
            return True

        @classmethod
        async def purr(cls):
            return True

    self.assertTrue(Cat.move())  # culprit


@fault(1, "never-awaited")
async def a_partial(self):
    order = functools.partial(herd, "Nermal")
    order()  # culprit


@fault(1, "never-awaited")
async def a_lambda(self):
    order = lambda: herd("Nermal")  # noqa: E731  # culprit
    order()


@fault(1, "never-awaited")
async def a_side_effect(self):
    move = mock.Mock(side_effect=herd)
    move("Nermal")  # culprit
    move.assert_called_once_with("Nermal")


@fault(1, "never-awaited", code=yard.forgets_to_open)
async def a_patched_method(self):
    with mock.patch.object(yard.Yard, "open") as is_open:
        await yard.forgets_to_open(yard.Yard())
    is_open.assert_called_once_with()


@fault(1, "never-awaited")
async def in_a_thread(self):
    async def order():  # culprit
        return "Garfield goes"

    await asyncio.to_thread(order)


@fault(
    1,
    "never-awaited",
    *REFUSED,
    uvloop="it refuses such a job, and the test fails",
    line=not IS_DEBUGGING,
)
async def in_an_executor(self):
    async def order():  # culprit
        return "Garfield goes"

    self.assertTrue(await asyncio.get_running_loop().run_in_executor(None, order))


@fault(1, "never-awaited")
async def as_the_target_of_a_thread(self):
    async def order():  # culprit
        return "Garfield goes"

    thread = threading.Thread(target=order)
    thread.start()
    thread.join()


@fault(1, "never-awaited", "wrong-shape")
async def returned_by_the_test(self):
    return herd()  # culprit


@fault(1, "never-awaited")
async def next_to_one_that_is_awaited(self):
    first, second = herd("Garfield"), herd("Nermal")  # culprit
    self.assertEqual("Garfield goes", await first)
    self.assertTrue(second)


@fault(1, "never-awaited")
async def held_while_an_error_is_expected(self):
    with self.assertRaises(ZeroDivisionError) as caught:
        order = herd()  # culprit
        1 / 0
    self.assertIsNotNone(caught.exception)
    self.assertIsNotNone(order)


@twin(1)
async def awaited_in_a_comprehension(self):
    self.assertEqual(2, len([await herd(cat) for cat in ("Garfield", "Nermal")]))


@twin(1)
async def as_completed(self):
    orders = [herd(cat) for cat in ("Garfield", "Nermal")]
    self.assertEqual(2, len([await one for one in asyncio.as_completed(orders)]))


@twin(1)
async def a_mock_that_is_awaited(self):
    move = mock.AsyncMock(return_value="gone")
    self.assertEqual("gone", await move("Garfield"))
    move.assert_awaited_once_with("Garfield")
    door = mock.MagicMock()
    async with door as inside:
        self.assertIsNotNone(inside)


@twin(1)
async def a_thread_that_runs_it(self):
    self.assertEqual("Garfield goes", await asyncio.to_thread(asyncio.run, herd()))


@twin(1)
async def kept_and_awaited_by_another_task(self):
    queue = asyncio.Queue()

    async def work():
        while (order := await queue.get()) is not None:
            await order

    task = asyncio.create_task(work())
    await queue.put(herd())
    await queue.put(None)
    await task


@twin(1)
async def an_async_context_manager(self):
    async with yard.opened(yard.Yard()) as place:
        await place.feed("Garfield")


@twin(1)
async def held_while_an_error_is_raised(self):
    order = herd()
    with self.assertRaises(ZeroDivisionError):
        1 / 0
    await order


@twin(1)
async def subtests(self):
    for cat in ("Garfield", "Nermal"):
        with self.subTest(cat=cat):
            self.assertEqual(f"{cat} goes", await herd(cat))
