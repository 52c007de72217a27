"""
Step 7: what is costly to set up is set up once for the class.

``asyncSetUpClass`` and ``enterAsyncClassContext`` run on a loop that lasts as long as the class.
What they make belongs to that loop, so the tests live there, too: ``loop_scope="class"``. Each
test is still checked by itself.

"""

import asyncio
import unittest

from asynctesting import AsyncTestCase
from examples.herd import Cat, shepherd_at_work


class SharedShepherdTests(AsyncTestCase, loop_scope="class"):
    @classmethod
    async def asyncSetUpClass(cls):
        cls.shepherd = await cls.enterAsyncClassContext(shepherd_at_work())
        cls.class_loop = asyncio.get_running_loop()

    async def test_forward(self):
        """One shepherd herds a cat here ..."""
        self.assertTrue(await self.shepherd.herd(Cat("Garfield"), "forward"))

    async def test_backward(self):
        """... and another one there."""
        self.assertTrue(await self.shepherd.herd(Cat("Nermal"), "backward"))

    async def test_loop(self):
        """The tests live on the class's loop."""
        self.assertIs(asyncio.get_running_loop(), self.class_loop)


if __name__ == "__main__":
    unittest.main()
