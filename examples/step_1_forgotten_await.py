"""
Step 1: the naive test. It calls the coroutine like a function, and forgets to await it.

``herd(...)`` only makes a coroutine: no cat moves. But a coroutine is true, so the assertion
holds. With the standard class the test passes, with a warning at best. Here it fails.

"""

import unittest

from asynctesting import AsyncTestCase
from examples.herd import Cat, herd


class StandardTests(unittest.IsolatedAsyncioTestCase):
    async def test_forward(self):
        """The standard class lets it pass."""
        self.assertTrue(herd(Cat("Garfield"), "forward"))


class HerdTests(AsyncTestCase):
    async def test_forward(self):
        """Ours is meant to fail, and to name the line."""
        self.assertTrue(herd(Cat("Garfield"), "forward"))

    def test_forward_without_async(self):
        """So does a test that is not even asynchronous."""
        self.assertTrue(herd(Cat("Garfield"), "forward"))


if __name__ == "__main__":
    unittest.main()
