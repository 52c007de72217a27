"""Tests of asynctesting.loops.livelock: what a turn costs, and when enough is enough."""

import doctest
import math
import unittest

from asynctesting.loops import livelock
from asynctesting.loops.clock import SECOND
from asynctesting.loops.livelock import Polling, Treadmill


def load_tests(loader, tests, pattern):
    """Run what its docstrings show."""
    tests.addTests(doctest.DocTestSuite(livelock))
    return tests


class PollingTests(unittest.TestCase):
    def test_who_looks_gets_there(self):
        """Any moment is reached within some thousands of turns, a five hundredth too late at most."""
        for seconds in (1e-3, 1, 3600, 1e9):
            with self.subTest(seconds=seconds):
                polling = Polling(0)
                now = turns = 0
                while now < seconds * SECOND:
                    now += polling.cost(now, looked=True)
                    turns += 1
                self.assertLess(turns, 20_000)
                self.assertLess(now, seconds * SECOND * 1.0021)

    def test_who_does_not_look_pays_little(self):
        """A hundred thousand turns cost less than a second, and a million more than an hour."""
        polling = Polling(0)
        cost = 0
        for turn in range(1_000_000):
            cost += polling.cost(cost, looked=False)
            if turn == 100_000:
                self.assertLess(cost, SECOND)
        self.assertGreater(cost, 3600 * SECOND)

    def test_no_turn_costs_all_the_time_there_is(self):
        """It is bounded."""
        self.assertEqual(Polling.MOST, Polling(0).cost(10**30, looked=True))


class TreadmillTests(unittest.TestCase):
    def look(self, treadmill, number, planned=math.inf, has_moved=False, only_background=False):
        """Look *number* times, a second for each jump; tell at which it was enough."""
        for turn in range(number):
            now = (turn + 1) * Treadmill.LOOK * SECOND
            if treadmill.look(now, planned, has_moved=has_moved, only_background=only_background):
                return (turn + 1) * Treadmill.LOOK
        return None

    def test_a_test_that_gets_nowhere(self):
        """It is stopped after many jumps."""
        self.assertEqual(Treadmill.MOST, self.look(Treadmill(0), 1000))

    def test_a_test_that_moves(self):
        """It is not."""
        self.assertIsNone(self.look(Treadmill(0), 1000, has_moved=True))

    def test_what_is_planned_comes_first(self):
        """A moment that time will reach is waited for, but not one that is too far away."""
        near = 300_000 * SECOND
        self.assertIsNone(self.look(Treadmill(0), 29, planned=near))
        self.assertEqual(Treadmill.MOST, self.look(Treadmill(0), 1000, planned=10**9 * SECOND))

    def test_not_for_ever(self):
        """What is always about to happen is no excuse."""
        treadmill = Treadmill(0)
        jumps = 0
        while not treadmill.look(jumps, jumps + 1, has_moved=False, only_background=False):
            jumps += Treadmill.LOOK
        self.assertEqual(Treadmill.AWAY, jumps + Treadmill.LOOK)

    def test_nothing_but_the_background(self):
        """That is told at once."""
        self.assertEqual(Treadmill.LOOK, self.look(Treadmill(0), 9, only_background=True))
        self.assertIsNone(
            self.look(Treadmill(0), 9, only_background=True, planned=10**6 * SECOND)
        )


if __name__ == "__main__":
    unittest.main()
