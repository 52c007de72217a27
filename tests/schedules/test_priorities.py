"""Probabilistic concurrency testing."""

import unittest
from random import Random

from asynctesting.schedules.base import Kind, Lane
from asynctesting.schedules.priorities import Priorities


def lanes(count):
    """Fresh lanes."""
    return [Lane(Kind.TASK, str(number), number) for number in range(count)]


class PrioritiesTests(unittest.TestCase):
    """The task of the highest priority goes on."""

    def test_same_one_goes_on(self):
        """Without changes one and the same task goes on for as long as it can."""
        all = lanes(3)
        strategy = Priorities(Random(1), horizon=10, depth=1)
        self.assertEqual(1, len({strategy.order(all) for _ in range(20)}))

    def test_change(self):
        """At a change the highest one falls behind all others, for good."""
        for seed in range(10):
            all = lanes(3)
            strategy = Priorities(Random(seed), horizon=20, depth=2)
            answers = [strategy.order(all) for _ in range(20)]
            self.assertLessEqual(len(set(answers)), 2)
            changes = sum(one != other for one, other in zip(answers, answers[1:]))
            self.assertLessEqual(changes, 1)

    def test_number_of_changes(self):
        """Some seed makes as many changes as its depth admits."""
        most = 0
        for seed in range(20):
            all = lanes(4)
            strategy = Priorities(Random(seed), horizon=20, depth=4)
            answers = [strategy.order(all) for _ in range(20)]
            most = max(most, sum(one != other for one, other in zip(answers, answers[1:])))
        self.assertEqual(3, most)

    def test_no_horizon(self):
        """A test without decisions can be run, too."""
        self.assertIn(Priorities(Random(1), horizon=0).order(lanes(2)), (0, 1))

    def test_options(self):
        """It strikes, and is late, as it is told to."""
        strategy = Priorities(Random(1), horizon=5, strike_at=0, stalls=True)
        self.assertTrue(strategy.stalls)
        self.assertEqual(1, strategy.strike(lanes(1)[0], 1, False))
        self.assertEqual({0, 1}, {strategy.stall("timer", 2) for _ in range(50)})


if __name__ == "__main__":
    unittest.main()
