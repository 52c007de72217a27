"""All orders, one after the other."""

import unittest

from asynctesting.schedules.base import Decisions, Kind, Lane, Replay
from asynctesting.schedules.exhaustive import following


class FollowingTests(unittest.TestCase):
    """What comes after a run."""

    def test_interleavings(self):
        """Two tasks of three steps have as many orders as there are ways to mix them."""
        seen = set()
        made = {}
        while made is not None:
            strategy, decisions, taken = Replay(made), Decisions(), ""
            left = {"a": 3, "b": 3}
            while any(left.values()):
                lanes = [Lane(Kind.TASK, name) for name in left if left[name]]
                answer = 0
                if len(lanes) > 1:
                    answer = decisions.note(strategy.order(lanes), len(lanes))
                taken += lanes[answer].name
                left[lanes[answer].name] -= 1
            self.assertNotIn(taken, seen)
            seen.add(taken)
            made = following(decisions)
        self.assertEqual(20, len(seen))

    def test_nothing_to_decide(self):
        """Where nothing is decided there is one order."""
        self.assertIsNone(following(Decisions()))


if __name__ == "__main__":
    unittest.main()
