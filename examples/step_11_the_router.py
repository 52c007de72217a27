"""
Step 11: a synchronous function that calls into a loop.

``HerdRouter.add_command`` is called by any thread, and does its work on the loop of another one. So
it needs a loop that runs elsewhere, which is one line in a test. Called on the loop's own thread, it
waits for itself for ever: the last test is meant to fail, at once, with the line.

"""

import unittest

from asynctesting import AsyncTestCase
from examples.herd import HerdRouter


class RouterTests(AsyncTestCase):
    def test_command(self):
        """The command is there when the call returns."""
        router = HerdRouter(self.loop_runner().loop)
        router.add_command("forward")
        self.assertEqual({"forward"}, router.commands)

    async def test_own_thread(self):
        """A coroutine blocks the loop that should do the work: meant to fail."""
        HerdRouter(self.loop).add_command("forward")


if __name__ == "__main__":
    unittest.main()
