"""Tests of asynctesting.loops.simulated: time that jumps, and what it must not jump past."""

import asyncio
import doctest
import logging
import time
import unittest

from asynctesting import DeadlockError, LoopTimeExceeded
from asynctesting.loops import simulated
from asynctesting.loops.simulated import SimulatedLoop


def load_tests(loader, tests, pattern):
    """Run what its docstrings show."""
    tests.addTests(doctest.DocTestSuite(simulated))
    return tests


def live(main, *, debug=None, **options):
    """Run *main* to its end on a simulated loop."""
    with asyncio.Runner(loop_factory=lambda: SimulatedLoop(**options), debug=debug) as runner:
        return runner.run(main)


class TimeTests(unittest.TestCase):
    def test_ten_tenths_are_one(self):
        """Ten sleeps of 0.1 make exactly 1.0."""

        async def main():
            for _ in range(10):
                await asyncio.sleep(0.1)
            return asyncio.get_running_loop().time()

        self.assertEqual(1.0, live(main()))

    def test_ties_fire_in_scheduling_order(self):
        """A hundred timers of one moment are called in the order in which they were set."""

        async def main():
            order = []
            loop = asyncio.get_running_loop()
            for number in range(100):
                loop.call_at(5, order.append, number)
            await asyncio.sleep(6)
            return order

        self.assertEqual(list(range(100)), live(main()))

    def test_a_job_holds_the_clock(self):
        """A timeout does not go off while a job is at work that ends in time."""

        async def main():
            async with asyncio.timeout(0.01):
                await asyncio.to_thread(time.sleep, 0.05)
            return asyncio.get_running_loop().time()

        self.assertEqual(0.0, live(main()))

    def test_a_long_job_has_time_run_with_it(self):
        """After half a real second time runs, and a timeout goes off."""

        async def main():
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await asyncio.to_thread(time.sleep, 1)
            return asyncio.get_running_loop().time()

        self.assertEqual(0.01, live(main()))


class EndTests(unittest.TestCase):
    def test_for_ever_is_a_deadlock(self):
        """Nothing is ready, no timer is set, nobody outside: that is told at once."""
        for waiting in (asyncio.sleep(float("inf")), asyncio.Event().wait()):
            with self.assertRaisesRegex(DeadlockError, "nothing can wake the event loop"):
                live(waiting)

    def test_until(self):
        """Time does not go on after its end."""

        async def main():
            while True:
                await asyncio.sleep(1)

        with self.assertRaisesRegex(LoopTimeExceeded, "until=100"):
            live(main(), until=100)


class DebugTests(unittest.TestCase):
    def test_slow_callbacks_are_told_in_real_time(self):
        """asyncio's warning of them is there in debug mode."""

        async def main():
            asyncio.get_running_loop().slow_callback_duration = 0.01
            asyncio.get_running_loop().call_soon(time.sleep, 0.02)
            await asyncio.sleep(1)

        with self.assertLogs("asyncio", logging.WARNING) as caught:
            live(main(), debug=True)
        self.assertRegex(caught.output[-1], r"Executing <Handle .* took \d\.\d\d\d seconds")


if __name__ == "__main__":
    unittest.main()
