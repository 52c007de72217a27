"""Random walks."""

import unittest
from random import Random

from asynctesting.schedules.base import Kind, Lane
from asynctesting.schedules.walk import Walk


LANES = [Lane(Kind.TASK, name) for name in "abc"]


class WalkTests(unittest.TestCase):
    """Each decision is drawn for itself."""

    def test_all_answers(self):
        """It gives each of the answers, and 0 more often than the others."""
        walk = Walk(Random(1), stalls=True)
        answers = [walk.order(LANES) for _ in range(300)]
        self.assertEqual({0, 1, 2}, set(answers))
        self.assertGreater(answers.count(0), answers.count(1))
        self.assertEqual({0, 1}, {walk.stall("timer", 2) for _ in range(100)})

    def test_pure(self):
        """The same random numbers give the same walk."""
        one, other = (Walk(Random(5)) for _ in range(2))
        self.assertEqual(
            [one.order(LANES) for _ in range(50)], [other.order(LANES) for _ in range(50)]
        )

    def test_boldness(self):
        """Some walks keep close to asyncio's order, others do not."""
        shares = []
        for seed in range(40):
            walk = Walk(Random(seed))
            shares.append(sum(walk.order(LANES) > 0 for _ in range(200)) / 200)
        self.assertLess(min(shares), 0.15)
        self.assertGreater(max(shares), 0.5)

    def test_options(self):
        """It strikes, and is late, as it is told to."""
        walk = Walk(Random(1), strike_at=0, stalls=True)
        self.assertTrue(walk.stalls)
        self.assertEqual(1, walk.strike(LANES[0], 1, False))


if __name__ == "__main__":
    unittest.main()
