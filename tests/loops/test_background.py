"""Tests of asynctesting.loops.background: tasks that are meant to run for ever."""

import asyncio
import unittest

from asynctesting.loops import background


class BackgroundTests(unittest.TestCase):
    def test_a_task_is_one_until_it_ends(self):
        """It is kept as long as it runs, and no longer."""

        async def main():
            others = background.has_any()
            task = asyncio.create_task(asyncio.sleep(0))
            self.assertFalse(background.is_background(task))
            background.mark(task)
            self.assertTrue(background.is_background(task))
            self.assertTrue(background.has_any())
            await task
            await asyncio.sleep(0)
            self.assertFalse(background.is_background(task))
            self.assertEqual(others, background.has_any())

        asyncio.run(main())


if __name__ == "__main__":
    unittest.main()
