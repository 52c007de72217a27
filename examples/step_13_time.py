"""
Step 13: a cat may take its time, and the test takes none.

With ``@virtual_time`` a test's loop has a clock of its own. Where everything waits, it jumps to the
next timer: an hour is over in microseconds, exactly, and in the same order each time. Without
it, the cat of the talk took 2.368 seconds.

"""

import asyncio
import time
import unittest

from asynctesting import AsyncTestCase, virtual_time
from examples.herd import Cat, Shepherd, herd


@virtual_time
class TimeTests(AsyncTestCase):
    async def test_dawdles(self):
        """A cat that may take an hour is home at once."""
        began = time.monotonic()
        self.assertTrue(await herd(Cat("Garfield", dawdles=3600), "forward"))
        self.assertLess(time.monotonic() - began, 30)

    async def test_patience(self):
        """A timeout comes exactly when it should."""
        with self.assertRaises(TimeoutError):
            async with asyncio.timeout(4):
                await Shepherd().orders.get()
        self.assertEqual(4, self.clock.time())

    async def test_race(self):
        """Whoever has the shorter way is first, always."""
        order = []

        async def run(name, seconds):
            await asyncio.sleep(seconds)
            order.append(name)

        await asyncio.gather(run("Garfield", 0.3), run("Nermal", 0.1 + 0.2), run("Tom", 0.25))
        self.assertEqual(["Tom", "Garfield", "Nermal"], order)


if __name__ == "__main__":
    unittest.main()
