"""The simplest order that fails in the same way."""

import unittest

from asynctesting.schedules.shrinking import Budget, shrink, without


class WithoutTests(unittest.TestCase):
    """Leaving items out."""

    def test_what_is_needed_stays(self):
        """All that can be spared goes, whatever is needed."""
        for needed in ({3}, {0, 19}, {7, 8, 9}, set()):
            with self.subTest(needed):
                left = without(range(20), lambda items: needed <= set(items), Budget(500))
                self.assertEqual(needed, set(left))

    def test_bounded(self):
        """When the attempts are used up, the best so far is given."""
        asked = []
        left = without(range(64), lambda items: not asked.append(items), Budget(1))
        self.assertEqual([], left)
        left = without(range(64), lambda items: False, Budget(3))
        self.assertEqual(64, len(left))


class ShrinkTests(unittest.TestCase):
    """Making decisions simpler."""

    def test_to_what_is_needed(self):
        """Decisions that do not matter become asyncio's, and answers smaller."""

        def run(made):
            return made if made.get(4) and made.get(9, 0) >= 2 else None

        made = {number: 3 for number in range(20)}
        self.assertEqual({4: 1, 9: 2}, shrink(made, run, Budget(400)))

    def test_what_follows_moves(self):
        """When a decision that is left out changes the numbers of others, they follow."""

        def run(made):
            # Where decision 2 is not asyncio's, there is one decision more behind it.
            at = 7 if made.get(2) else 6
            return made if made.get(at) else None

        self.assertEqual({6: 1}, shrink({2: 1, 7: 1}, run, Budget(100)))

    def test_never_twice(self):
        """Nothing is run twice."""
        seen = []

        def run(made):
            seen.append(tuple(sorted(made.items())))
            return made if made.get(3) else None

        shrink({1: 2, 3: 2, 5: 1}, run, Budget(100))
        self.assertEqual(len(set(seen)), len(seen))

    def test_bounded(self):
        """It takes no more runs than it may."""
        seen = []
        made = {number: 1 for number in range(50)}
        self.assertEqual(made, shrink(made, seen.append, Budget(10)))
        self.assertEqual(10, len(seen))

    def test_what_was_decided(self):
        """What counts is what the run decided, and nothing that is no simpler."""
        self.assertEqual({9: 9}, shrink({9: 9}, lambda made: {9: 9}, Budget(20)))
        self.assertEqual({0: 1}, shrink({9: 9}, lambda made: {0: 1}, Budget(20)))

    def test_nothing(self):
        """Nothing cannot be made simpler."""
        self.assertEqual({}, shrink({}, lambda made: made, Budget(20)))


if __name__ == "__main__":
    unittest.main()
