"""uvloop, where it is installed."""

import asyncio

from asynctesting import AsyncTestCase, on_loops


class OnLoops(AsyncTestCase):

    async def asyncSetUp(self):
        self.task = asyncio.current_task()

    @on_loops("asyncio", "uvloop")
    async def test_passes(self):
        await asyncio.sleep(0)
        self.assertIs(self.task, asyncio.current_task())

    @on_loops("asyncio", "uvloop")
    async def test_fails_on_uvloop(self):
        await asyncio.sleep(0)
        self.assertNotIn("uvloop", type(self.loop).__module__, "mark: on uvloop")

    @on_loops("uvloop")
    async def test_leaks_on_uvloop(self):
        asyncio.create_task(asyncio.sleep(60), name="mark: leaked on uvloop")
        await asyncio.sleep(0)
