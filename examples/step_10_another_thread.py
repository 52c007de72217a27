"""
Step 10: a coroutine that runs on another thread's loop.

In production, the main thread often is not the one that herds. ``self.loop_runner()`` starts a
loop in a thread of its own, and stops it after the test, whatever happens; the test need not be
``async def``. A fault in that thread fails the test, too: the last one is meant to.

"""

import asyncio
import threading
import unittest

from asynctesting import AsyncTestCase, LoopRunner
from examples.herd import Cat, herd


class ThreadTests(AsyncTestCase):
    def test_forward(self):
        """The cat is herded there, and the answer comes here."""
        runner = self.loop_runner()
        self.assertTrue(runner.run_coroutine(herd(Cat("Garfield"), "forward")))

    def test_which_thread(self):
        """It is another thread, indeed."""
        runner = self.loop_runner(name="herding")
        self.assertIs(runner, runner.call(threading.current_thread))

    async def test_from_a_coroutine(self):
        """An asynchronous test does not block its own loop meanwhile."""
        runner = self.loop_runner()
        self.assertTrue(
            await asyncio.to_thread(runner.run_coroutine, herd(Cat("Garfield"), "forward"))
        )

    def test_unfinished(self):
        """A task is still pending in the other thread: meant to fail."""

        async def send_off():
            asyncio.create_task(herd(Cat("Garfield", dawdles=60), "forward"), name="herding")
            await asyncio.sleep(0)

        self.loop_runner().run_coroutine(send_off())


class TalkTests(unittest.TestCase):
    """As the talk has it, on a plain test case."""

    def setUp(self):
        self.runner = LoopRunner(asyncio.new_event_loop())
        self.runner.start()

    def tearDown(self):
        self.runner.stop()
        self.runner.join()

    def test_forward(self):
        """The runner is started and stopped by hand."""
        self.assertTrue(self.runner.run_coroutine(herd(Cat("Garfield"), "forward")))


if __name__ == "__main__":
    unittest.main()
