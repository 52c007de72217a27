"""
Step 6: set-up, test and tear-down are one task.

So what is entered in ``asyncSetUp``, a task group, a timeout, spans the test and is left after
it, as if the test were written inside of an ``async with``. If a task of the group fails, the test
fails at once with its error, and does not wait for an answer that never comes.

"""

import asyncio
import unittest

from asynctesting import AsyncTestCase
from examples.herd import Cat, Shepherd, Tiger


class ShepherdTests(AsyncTestCase):
    async def asyncSetUp(self):
        self.group = await self.enterAsyncContext(asyncio.TaskGroup())
        self.shepherd = Shepherd()
        self.group.create_task(self.shepherd.work(), name="shepherd")
        self.task = asyncio.current_task()

    async def asyncTearDown(self):
        await self.shepherd.stop()

    async def test_herds(self):
        """The shepherd works while the test runs."""
        self.assertTrue(await self.shepherd.herd(Cat("Garfield"), "forward"))

    async def test_scratched(self):
        """The shepherd fails, and so does the test that waits for him: meant to fail."""
        await self.shepherd.herd(Tiger("Hobbes"), "forward")

    async def test_one_task(self):
        """Set-up and test run in one task."""
        self.assertIs(asyncio.current_task(), self.task)


if __name__ == "__main__":
    unittest.main()
