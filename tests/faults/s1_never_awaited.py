"""A coroutine was made, and never awaited."""

import asyncio
import functools
from unittest import mock

from .sample import fault, later, twin


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


@fault(1, "never-awaited", line=False)
async def a_callback_that_is_a_coroutine_function(self):
    asyncio.get_running_loop().call_soon(functools.partial(herd, "Nermal"))  # culprit
    await asyncio.sleep(0)


@twin(1)
async def in_a_task(self):
    self.assertEqual("Garfield goes", await asyncio.create_task(herd()))


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
