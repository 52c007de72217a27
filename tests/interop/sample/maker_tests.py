"""Method makers: parameterized and ddt."""

import asyncio

from ddt import data, ddt, unpack
from parameterized import parameterized, parameterized_class

from asynctesting import AsyncTestCase, on_loops, time_limit


class OtherEventLoop(asyncio.SelectorEventLoop):
    """A loop of the project's own."""


class OneTask(AsyncTestCase):

    async def asyncSetUp(self):
        self.task = asyncio.current_task()

    async def check(self):
        await asyncio.sleep(0)
        self.assertIs(self.task, asyncio.current_task())


class Expanded(OneTask):

    @parameterized.expand([("one", 1), ("two", 2)])
    async def test_expanded(self, name, number):
        await self.check()
        self.assertEqual(1, number, "mark: expanded " + name)

    @parameterized.expand([(1,), (2,)])
    @time_limit(5)
    async def test_with_an_option(self, number):
        await self.check()

    @parameterized.expand([(1,)])
    @on_loops("asyncio", OtherEventLoop)
    async def test_on_loops(self, number):
        await self.check()
        self.assertNotIsInstance(self.loop, OtherEventLoop, "mark: on another loop")


@parameterized_class(("number",), [(1,), (2,)])
class OfClass(OneTask):

    async def test_of_class(self):
        await self.check()
        self.assertEqual(1, self.number, "mark: of a class")


@ddt
class Data(OneTask):

    @data(1, 2)
    async def test_data(self, number):
        await self.check()
        self.assertEqual(1, number, "mark: data")

    @data((1, 1))
    @unpack
    async def test_unpacked(self, one, other):
        await self.check()
        self.assertEqual(one, other)

    @data(1)
    @on_loops("asyncio", OtherEventLoop)
    async def test_on_loops(self, number):
        await self.check()
        self.assertNotIsInstance(self.loop, OtherEventLoop, "mark: on another loop")
