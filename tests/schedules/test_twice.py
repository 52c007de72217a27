"""Two strikes at one victim."""

import unittest

from asynctesting.schedules.base import WAITING, WOKEN, Kind, Lane, Replay, Strategy
from asynctesting.schedules.twice import Twice


A = Lane(Kind.TASK, "a")


class TwiceTests(unittest.TestCase):
    """The first strike is another strategy's, the second one its own."""

    def test_twice(self):
        """It strikes when the other one does, and once more after as many moments as it was told."""
        for then in range(3):
            strategy = Twice(Strategy(strike_at=2), then)
            answers = [strategy.strike(A, 1, when) for when in (WAITING, WOKEN) * 4]
            self.assertEqual([2, 3 + then], [at for at, answer in enumerate(answers) if answer])

    def test_moments(self):
        """The moments of the first strike are counted, which the plan wants to know."""
        strategy = Twice(Strategy(), 0)
        for _ in range(5):
            strategy.strike(A, 1, WAITING)
        self.assertEqual(5, strategy.moments)

    def test_all_else(self):
        """It asks the other one for the order, and for delays."""
        strategy = Twice(Replay({0: 1, 1: 2}), 0)
        self.assertEqual((1, 2), (strategy.order([A, A]), strategy.stall("timer", 3)))
        self.assertTrue(strategy.stalls)
        self.assertTrue(strategy.twice)
        self.assertFalse(Strategy().twice)


if __name__ == "__main__":
    unittest.main()
