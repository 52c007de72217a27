"""What is decided, and who decides it."""

import unittest
from random import Random

from asynctesting.schedules.base import Decisions, Kind, Lane, Replay, Strategy, random_of


LANES = [Lane(Kind.TASK, name) for name in "abc"]


class LaneTests(unittest.TestCase):
    """What runs in order for itself."""

    def test_offer(self):
        """The steps of who may be cancelled are watched."""
        lane = Lane(Kind.TASK, "a")
        self.assertFalse(lane.victim or lane.is_watched)
        lane.offer()
        self.assertTrue(lane.victim and lane.is_watched)


class DecisionsTests(unittest.TestCase):
    """What is known of a run."""

    def test_note(self):
        """Answers other than 0 are kept, each with its number; so are all widths."""
        decisions = Decisions()
        for answer, width in ((0, 2), (1, 2), (0, 3), (2, 3)):
            self.assertEqual(answer, decisions.note(answer, width))
        self.assertEqual({1: 1, 3: 2}, decisions.made)
        self.assertEqual([2, 2, 3, 3], decisions.widths)

    def test_key(self):
        """Two runs are of one order if all was decided alike."""
        one, other = Decisions(), Decisions()
        for decisions in (one, other):
            decisions.note(1, 2)
        self.assertEqual(one.key, other.key)
        one.note(1, 2)
        self.assertNotEqual(one.key, other.key)

    def test_orders(self):
        """The number of orders is estimated, and never above what is asked for."""
        decisions = Decisions()
        self.assertEqual(1, decisions.orders(100))
        for _ in range(5):
            decisions.note(0, 3)
        self.assertEqual(243, decisions.orders(1000))
        self.assertEqual(100, decisions.orders(100))


class StrategyTests(unittest.TestCase):
    """What decides as asyncio does."""

    def test_as_asyncio(self):
        """It takes the first lane, is never late, and strikes nobody."""
        strategy = Strategy()
        self.assertEqual(0, strategy.order(LANES))
        self.assertEqual(0, strategy.stall("timer", 3))
        self.assertEqual(0, strategy.strike(LANES[0], 1, False))

    def test_strikes_once(self):
        """With a moment to strike at, it strikes there, with what is due there."""
        strategy = Strategy(strike_at=3)
        answers = [strategy.strike(LANES[0], kinds, False) for kinds in (1, 1, 3, 1)]
        self.assertEqual([0, 0, 2, 0], answers)
        self.assertEqual(6, strategy.moments)

    def test_lane_is_shown(self):
        """A lane tells who it is, and how far it came."""
        self.assertEqual("<Lane a at step 0>", repr(LANES[0]))


class ReplayTests(unittest.TestCase):
    """What decides as was decided before."""

    def test_all_kinds(self):
        """Decisions are counted together, of whatever kind they are."""
        strategy = Replay({0: 2, 1: 1, 3: 1})
        self.assertEqual(2, strategy.order(LANES))
        self.assertEqual(1, strategy.stall("timer", 2))
        self.assertEqual(0, strategy.order(LANES))
        self.assertEqual(1, strategy.strike(LANES[0], 1, True))
        self.assertEqual(0, strategy.order(LANES))
        self.assertEqual(1, strategy.moments)

    def test_there_are_fewer_answers_now(self):
        """An answer that is none any more becomes the last one that there is."""
        strategy = Replay({0: 7})
        self.assertEqual(2, strategy.order(LANES))


class RandomTests(unittest.TestCase):
    """What is drawn."""

    def test_same_everywhere(self):
        """The same seed and schedule draw the same, on each machine and Python."""
        self.assertEqual(0.15589563242399995, random_of(7, 3).random())

    def test_like_any_other(self):
        """It is one of Python's own generators, with all its ways to draw."""
        for seed in (0, 7, ~7):
            with self.subTest(seed=seed):
                same, one = Random((seed << 32) + 3 * 1_000_003), random_of(seed, 3)
                self.assertIsInstance(one, Random)
                self.assertEqual(same.random(), one.random())
                self.assertEqual(same.choice(range(99)), one.choice(range(99)))
                self.assertEqual(same.gauss(0, 1), one.gauss(0, 1))
                self.assertEqual(same.getstate(), one.getstate())

    def test_others_differ(self):
        """Other seeds and other schedules draw something else."""
        drawn = {random_of(seed, number).random() for seed in range(20) for number in range(20)}
        self.assertEqual(400, len(drawn))


if __name__ == "__main__":
    unittest.main()
