"""
Step 3: a test that passes has left nothing behind.

The bodies of these tests are content. But a cat is still on its way when the test ends, or
something went wrong where nobody looked. Each test is meant to fail; the standard class
lets all of them pass.

"""

import asyncio
import unittest

from asynctesting import AsyncTestCase
from examples.herd import Cat, Tiger, herd


class HerdTests(AsyncTestCase):
    async def test_unfinished(self):
        """A task that nobody awaited is still pending: meant to fail."""
        asyncio.create_task(herd(Cat("Garfield", dawdles=60), "forward"), name="herding")
        await asyncio.sleep(0)

    async def test_unread(self):
        """A task failed, and nobody asked it: meant to fail."""
        asyncio.create_task(herd(Tiger("Hobbes"), "forward"), name="herding")
        await asyncio.sleep(0.01)

    async def test_callback(self):
        """A callback failed, and only the event loop knows: meant to fail."""
        asyncio.get_running_loop().call_soon(Tiger("Hobbes").pet)
        await asyncio.sleep(0)


if __name__ == "__main__":
    unittest.main()
