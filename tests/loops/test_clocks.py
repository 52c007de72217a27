"""Tests of asynctesting.loops.clocks: what self.clock and loop.clock can do."""

import asyncio
import datetime
import doctest
import math
import time
import unittest

from asynctesting import RealTimeError, SimulatedLoop
from asynctesting.loops import clocks
from asynctesting.loops.clocks import LoopClock, VirtualClock


def load_tests(loader, tests, pattern):
    """Run what its docstrings show."""
    tests.addTests(doctest.DocTestSuite(clocks))
    return tests


def live(main, **options):
    """Run *main*, which gets the clock, to its end on a simulated loop."""

    async def run():
        return await main(asyncio.get_running_loop().clock)

    with asyncio.Runner(loop_factory=lambda: SimulatedLoop(**options)) as runner:
        return runner.run(run())


class LoopClockTests(unittest.TestCase):
    """In real time."""

    def setUp(self):
        self.loop = asyncio.SelectorEventLoop()
        self.addCleanup(self.loop.close)
        self.clock = LoopClock(self.loop)

    def test_it_tells_the_time_of_the_loop(self):
        """That one, and no other."""
        before = self.loop.time()
        self.assertTrue(before <= self.clock.time() <= self.loop.time())
        self.assertRegex(repr(self.clock), r"^<LoopClock at \d+\.\d+ s, in real time>$")

    def test_it_teaches_the_rest(self):
        """What needs virtual time says so, and how to get it."""
        cure = (
            "; for virtual time write @virtual_time above the test, or virtual_time=True into "
            "the head of its class"
        )
        for method, reason in (
            (self.clock.hold, "clock.hold(): real time does not stand still"),
            (self.clock.wall, "clock.wall(): the clocks on the wall go with this loop already"),
        ):
            with self.subTest(method=method), self.assertRaises(RealTimeError) as caught:
                method()
            self.assertEqual(reason + cure, str(caught.exception))
        with self.assertRaises(RealTimeError) as caught:
            asyncio.run(self.clock.advance(1))
        self.assertEqual(
            "clock.advance(): real time passes by itself" + cure, str(caught.exception)
        )


class AdvanceTests(unittest.TestCase):
    def test_all_that_is_due_happens(self):
        """In order, the end included, with what follows from it."""
        seen = []

        async def task(clock):
            for _ in range(5):
                await asyncio.sleep(1)
                await asyncio.sleep(0)
                seen.append(clock.time())

        async def main(clock):
            running = asyncio.create_task(task(clock))
            await asyncio.sleep(0)
            await clock.advance(3)
            self.assertEqual([1.0, 2.0, 3.0], seen)
            self.assertEqual(3.0, clock.time())
            await clock.advance(1.5)
            self.assertEqual([1.0, 2.0, 3.0, 4.0], seen)
            self.assertEqual(4.5, clock.time())
            await running

        live(main)

    def test_nothing(self):
        """To advance by zero lets happen what is due now."""
        seen = []

        async def main(clock):
            asyncio.get_running_loop().call_later(0, seen.append, 1)
            await clock.advance(0)
            self.assertEqual([1], seen)
            self.assertEqual(0.0, clock.time())

        live(main)

    def test_what_cannot_be(self):
        """Time does not go back, and there is no end of it."""

        async def main(clock):
            for seconds in (-1, math.inf, math.nan):
                with self.assertRaisesRegex(ValueError, "a number of seconds, not below zero"):
                    await clock.advance(seconds)

        live(main)

    def test_another_loop(self):
        """A clock is moved on its own loop."""
        loop = SimulatedLoop()
        self.addCleanup(loop.close)
        with self.assertRaisesRegex(RuntimeError, "the clock of another event loop"):
            asyncio.run(loop.clock.advance(1))

    def test_several_at_once(self):
        """Each gets what it asks for."""

        async def main(clock):
            with clock.hold():
                await asyncio.gather(clock.advance(3), clock.advance(1), clock.advance(2))
            self.assertEqual(3.0, clock.time())

        live(main)

    def test_cancelled(self):
        """It leaves nothing behind."""

        async def main(clock):
            task = asyncio.create_task(clock.advance(10))
            await asyncio.sleep(1)
            task.cancel()
            await asyncio.wait([task])
            self.assertEqual(1.0, clock.time())
            self.assertEqual([], clock._targets)
            await asyncio.sleep(1)

        live(main)

    def test_an_advance_that_was_given_up(self):
        """Its timer may still be called."""

        async def main(clock):
            loop = asyncio.get_running_loop()
            arrived = loop.create_future()
            arrived.cancel()
            clocks._arrive(arrived)

        live(main)


class HoldTests(unittest.TestCase):
    def test_time_stands_still(self):
        """Whatever takes how long outside."""

        async def main(clock):
            with clock.hold():
                self.assertTrue(clock.is_held)
                async with asyncio.timeout(0.001):
                    await asyncio.to_thread(time.sleep, 0.7)
            self.assertFalse(clock.is_held)
            self.assertEqual("", clock.held_at)
            self.assertEqual(0.0, clock.time())
            await asyncio.sleep(1)

        live(main)

    def test_it_goes_on_by_hand(self):
        """As far as it is advanced, and not further."""

        async def main(clock):
            nap = asyncio.create_task(asyncio.sleep(4))
            with clock.hold():
                await clock.advance(3.5)
                self.assertFalse(nap.done())
                await clock.advance(0.5)
                self.assertTrue(nap.done())
            self.assertEqual(4.0, clock.time())

        live(main)

    def test_nested(self):
        """Time goes on when the last block is left."""

        async def main(clock):
            with clock.hold():
                with clock.hold():
                    pass
                self.assertTrue(clock.is_held)
                self.assertRegex(clock.held_at, r"test_clocks\.py:\d+$")
            self.assertFalse(clock.is_held)

        live(main)

    def test_an_error_ends_it(self):
        """However the block is left."""

        async def main(clock):
            with self.assertRaises(ZeroDivisionError):
                with clock.hold():
                    1 / 0
            await asyncio.sleep(5)

        live(main)


class WallTests(unittest.TestCase):
    def test_it_follows(self):
        """See the tests of wallclock for all of it."""

        async def main(clock):
            start = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)
            with clock.wall(start=start):
                await asyncio.sleep(3600)
                passed = datetime.datetime.now(datetime.timezone.utc) - start
            self.assertEqual(3600.0, passed.total_seconds())

        live(main)


class CopyTests(unittest.TestCase):
    def test_it_does_not_keep_its_loop(self):
        """Nothing goes round in circles."""
        loop = SimulatedLoop()
        clock = loop.clock
        loop.close()
        self.assertIsInstance(clock, VirtualClock)
        self.assertIsInstance(clock, LoopClock)
        del loop
        with clock.hold():
            self.assertEqual(0.0, clock.time())
        self.assertEqual("<VirtualClock at 0.0 s>", repr(clock))


if __name__ == "__main__":
    unittest.main()
