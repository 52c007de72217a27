"""A suite that only ever passes: a class that runs nothing passes it too."""

import asyncio
import unittest


class Greens(unittest.IsolatedAsyncioTestCase):
    async def test_passes(self):
        await asyncio.sleep(0)

    async def test_also_passes(self):
        self.assertEqual(1, await asyncio.sleep(0, 1))
