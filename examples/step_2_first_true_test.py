"""
Step 2: the first true test. ``async def`` and ``await`` are all there is to learn.

Each test has an event loop of its own, which is always closed. There is nothing to run, to wrap
or to mark.

"""

import unittest

from asynctesting import AsyncTestCase
from examples.herd import Cat, herd


class HerdTests(AsyncTestCase):
    async def test_forward(self):
        """A cat that was petted moves."""
        self.assertTrue(await herd(Cat("Garfield"), "forward"))

    async def test_displeased(self):
        """A cat that was not petted stays."""
        self.assertFalse(await Cat("Garfield").move("forward"))

    def test_pet(self):
        """Ordinary tests stay ordinary."""
        cat = Cat("Garfield")
        cat.pet()
        self.assertTrue(cat.pleased)


if __name__ == "__main__":
    unittest.main()
