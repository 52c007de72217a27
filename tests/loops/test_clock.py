"""Tests of asynctesting.loops.clock: integers inside, floats outside."""

import doctest
import math
import unittest

from asynctesting.loops import clock
from asynctesting.loops.clock import SECOND, Clock, nanoseconds, resolution_at


def load_tests(loader, tests, pattern):
    """Run what its docstrings show."""
    tests.addTests(doctest.DocTestSuite(clock))
    return tests


class NanosecondTests(unittest.TestCase):
    def test_the_nearest_one_is_meant(self):
        """What floats make of sums is rounded to what was meant."""
        for seconds, expected in (
            (0.1 + 0.2, 300_000_000),
            (1e-9, 1),
            (0.4e-9, 0),
            (0.6e-9, 1),
            (-0.1, -100_000_000),
            (7, 7 * SECOND),
            (1e300, int(1e300) * SECOND),
        ):
            with self.subTest(seconds=seconds):
                self.assertEqual(expected, nanoseconds(seconds))

    def test_large_times_keep_their_fractions(self):
        """Each float has its own nanosecond, where floats are further apart than nanoseconds."""
        for exponent in range(24, 40):
            for steps in range(50):
                seconds = 2.0**exponent + steps * math.ulp(2.0**exponent)
                with self.subTest(seconds=seconds):
                    self.assertEqual(seconds, nanoseconds(seconds) / SECOND)


class ClockTests(unittest.TestCase):
    def test_a_timer_is_due_when_the_clock_shows_its_moment(self):
        """At each size of times: asyncio runs what is due less than one resolution from now."""
        for exponent in range(-5, 50):
            for steps in range(40):
                when = 2.0**exponent + steps * math.ulp(2.0**exponent) * 7
                watch = Clock(2.0**exponent)
                watch.move_to(nanoseconds(when))
                with self.subTest(when=when):
                    self.assertLess(when, watch.seconds + watch.resolution)
                    self.assertEqual(watch.resolution, resolution_at(watch.seconds))

    def test_it_does_not_move_back(self):
        """A moment that has passed changes nothing."""
        watch = Clock(5.0)
        watch.move_to(4 * SECOND)
        self.assertEqual(5.0, watch.time())

    def test_it_may_begin_below_zero(self):
        """Its resolution follows towards zero, too."""
        watch = Clock(-1e9)
        self.assertEqual(resolution_at(-1e9), watch.resolution)
        watch.move_to(-SECOND)
        self.assertEqual(-1.0, watch.time())
        self.assertEqual(1e-9, watch.resolution)

    def test_it_notes_who_looks(self):
        """Whoever asks for the time is noted, until told otherwise."""
        watch = Clock()
        self.assertFalse(watch.looked)
        watch.time()
        self.assertTrue(watch.looked)

    def test_it_shows_itself(self):
        """Both as what it is, and what it shows."""
        watch = Clock(1.5)
        self.assertEqual("<Clock at 1.5 s>", repr(watch))
        self.assertEqual(1_500_000_000, watch.nanoseconds)


if __name__ == "__main__":
    unittest.main()
