"""Tests of asynctesting.loops.realtime: a clock that goes on."""

import time
import unittest
from unittest import mock

from asynctesting.loops import realtime


class RealTimeTests(unittest.TestCase):
    def test_it_goes_on(self):
        """It never goes back, and seconds are nanoseconds."""
        before = realtime.nanoseconds()
        seconds = realtime.seconds()
        after = realtime.nanoseconds()
        self.assertLessEqual(before, after)
        self.assertTrue(before / 1e9 - 1 <= seconds <= after / 1e9 + 1)

    def test_it_is_not_frozen(self):
        """Whoever replaces the functions of the time module does not reach it."""
        with (
            mock.patch.object(time, "monotonic_ns", return_value=0),
            mock.patch.object(time, "monotonic", return_value=0.0),
            mock.patch.object(time, "perf_counter", return_value=0.0),
        ):
            self.assertGreater(realtime.nanoseconds(), 0)

    def test_without_that_clock(self):
        """Where there is none, as on Windows, a function is kept that was there at first."""
        with mock.patch.object(realtime, "_GETTIME", None):
            before = realtime.nanoseconds()
            self.assertLessEqual(before, realtime.nanoseconds())


if __name__ == "__main__":
    unittest.main()
