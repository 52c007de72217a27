"""Tests of tests in virtual time, as their users write them."""

import asyncio
import time
import unittest

from asynctesting import AsyncTestCase, RealTimeError, SimulatedLoop, virtual_time
from tests.support import live


class TimeTests(AsyncTestCase, virtual_time=True):
    """The promises of the guide, kept."""

    #: What the clock is to show at the end of the test.
    expected = None

    async def asyncSetUp(self):
        if isinstance(self.loop, SimulatedLoop):
            await asyncio.sleep(1)

    async def asyncTearDown(self):
        if isinstance(self.loop, SimulatedLoop):
            await asyncio.sleep(1)
        if self.expected is not None:
            self.assertEqual(self.expected + 1, self.clock.time())

    async def test_one_clock_for_all_stages(self):
        """Set-up, test, tear-down and cleanups go on where the one before has ended."""
        self.addAsyncCleanup(asyncio.sleep, 1)
        self.assertEqual(1.0, self.clock.time())
        await asyncio.sleep(0.5)
        self.expected = 1.5
        self.addCleanup(lambda: self.assertEqual(2.5, self.clock.time()))

    @virtual_time(start=1e9)
    async def test_a_start(self):
        """The nearest one counts."""
        self.assertEqual(1e9 + 1, self.clock.time())
        self.expected = 1e9 + 1

    async def test_the_clock(self):
        """It is the loop's, and can do what the guide says."""
        self.assertIs(self.loop.clock, self.clock)
        self.assertIsInstance(self.loop, SimulatedLoop)
        await self.clock.advance(2)
        with self.clock.hold():
            await self.settle()
        with self.clock.wall(start=0):
            self.assertEqual(0.0, time.time())
        self.expected = 3.0

    def test_a_synchronous_test(self):
        """It has the clock, too, and may run loops of its own."""
        self.assertEqual(1.0, self.clock.time())
        asyncio.run(asyncio.sleep(0))
        self.expected = 1.0

    @virtual_time(False)
    async def test_real_time(self):
        """A test of such a class may have it."""
        self.assertNotIsInstance(self.loop, SimulatedLoop)
        with self.assertRaises(RealTimeError):
            self.clock.hold()


class SharedTests(AsyncTestCase, virtual_time=True, loop_scope="class"):
    """One loop for the class has one clock for the class."""

    @classmethod
    async def asyncSetUpClass(cls):
        await asyncio.sleep(100)
        cls.told = []

    async def test_a(self):
        """The first one begins where the class has."""
        self.assertEqual(100.0, self.clock.time())
        await asyncio.sleep(10)

    async def test_b(self):
        """The second one where the first one has ended."""
        self.assertEqual(110.0, self.clock.time())


class LifeTests(unittest.TestCase):
    def outcome(self, body, **options):
        """Live a test with this *body* in virtual time."""

        class Tests(AsyncTestCase, **{"virtual_time": True, **options}):
            test = body

        started = time.monotonic()
        record = live(Tests)
        self.elapsed = time.monotonic() - started
        return record

    def test_a_deadlock_fails_the_test_at_once(self):
        """With the line at which it waits; tear-down and cleanups run."""
        ended = []

        async def body(self):
            self.addAsyncCleanup(asyncio.sleep, 5)
            self.addCleanup(ended.append, 1)
            await asyncio.Event().wait()

        record = self.outcome(body)
        self.assertEqual("error", record.outcome)
        self.assertIn("DeadlockError: deadlock: nothing can wake the event loop", record.text)
        self.assertIn("await asyncio.Event().wait()", record.text)
        self.assertEqual([1], ended)
        self.assertLess(self.elapsed, 20)

    def test_until_fails_the_test(self):
        """It is told whose heartbeat goes on."""

        async def body(self):
            async def heart():
                while True:
                    await asyncio.sleep(1)

            asyncio.create_task(heart(), name="heart")
            await asyncio.Event().wait()

        record = self.outcome(body, virtual_time=virtual_time(until=100))
        self.assertEqual("error", record.outcome)
        self.assertIn("LoopTimeExceeded: virtual time has come to its end, until=100", record.text)
        self.assertIn("task 'heart' waits for sleep(1)", record.text)

    def test_a_leftover_is_a_leftover(self):
        """Checks are what they are in real time."""

        async def body(self):
            asyncio.create_task(asyncio.sleep(3600), name="forgotten")
            await asyncio.sleep(0)

        record = self.outcome(body)
        self.assertEqual("failure", record.outcome)
        self.assertIn("[pending-task]", record.text)
        self.assertLess(self.elapsed, 20)

    def test_a_job_that_is_left(self):
        """It is waited for in real time, and is no stuck one."""

        async def body(self):
            self.loop.run_in_executor(None, time.sleep, 0.05)

        self.assertEqual("success", self.outcome(body).outcome)

    def test_a_timeout_in_set_up(self):
        """It spans the test, in loop time."""

        class Tests(AsyncTestCase, virtual_time=True):
            async def asyncSetUp(self):
                await self.enterAsyncContext(asyncio.timeout(5))

            async def test_short(self):
                await asyncio.sleep(4)

            async def test_long(self):
                await asyncio.sleep(6)

        record = live(Tests)
        self.assertEqual([("test_long", "error"), ("test_short", "success")], record.told)
        self.assertIn("TimeoutError", record.text)


if __name__ == "__main__":
    unittest.main()
